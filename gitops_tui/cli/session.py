"""An engine for one command: started, waited for, stopped."""

from __future__ import annotations

import argparse
import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import TypeVar

from gitops_tui.cli.main import request_of
from gitops_tui.errors import GitOpsError, UnknownApplication
from gitops_tui.model.snapshot import ApplicationState, Snapshot
from gitops_tui.reconcile import Engine
from gitops_tui.settings import Settings

T = TypeVar("T")


class Session:
    """The engine and how long to wait for it."""

    def __init__(self, engine: Engine, timeout: float) -> None:
        self.engine = engine
        self._timeout = timeout
        self._news = threading.Event()
        engine.subscribe(lambda _: self._news.set())

    def ready(self) -> Snapshot:
        """The first Snapshot in which every application has a verdict or an error. Raises GitOpsError."""
        deadline = time.monotonic() + self._timeout
        while True:
            snapshot = self.engine.snapshot
            if not snapshot.starting:
                fatal = [each for each in snapshot.conditions if each.where in ("start", "session")]
                if fatal and not snapshot.applications:
                    raise GitOpsError(fatal[0].message, hint=fatal[0].hint)
                if snapshot.applications and not any(each.loading for each in snapshot.applications.values()):
                    if not gc.isenabled():
                        # What was read stays: it is not looked through for cycles again.
                        gc.freeze()
                        gc.enable()
                    return snapshot
            left = deadline - time.monotonic()
            if left <= 0:
                waiting = [str(key) for key, each in snapshot.applications.items() if each.loading]
                raise GitOpsError(
                    f"no verdict within {self._timeout:.0f} s" + (f" for {', '.join(waiting[:5])}" if waiting else ""),
                    hint="raise --timeout, and look at the cluster's and the repository's answers",
                )
            self._news.wait(min(left, 1.0))
            self._news.clear()

    def application(self, name: str) -> ApplicationState:
        """The application of that name, once it has a verdict. Raises UnknownApplication."""
        found = self.ready().applications
        same = [state for key, state in found.items() if name in key.names]
        if len(same) == 1:
            return same[0]
        if same:
            raise UnknownApplication(
                f"{name} names {len(same)} applications", hint=f"say which: {', '.join(str(each.key) for each in same)}"
            )
        names = ", ".join(sorted(str(key) for key in found)[:10])
        raise UnknownApplication(f"there is no application {name!r}", hint=f"there are: {names}")

    def news(self, timeout: float) -> None:
        """Waits for the next Snapshot, at most that many seconds."""
        self._news.wait(timeout)
        self._news.clear()

    def wait(self, future: Future[T], timeout: float | None = None) -> T:
        """A future's result. Raises GitOpsError."""
        try:
            return future.result(timeout or self._timeout)
        except FutureTimeout as error:
            raise GitOpsError(f"no answer within {timeout or self._timeout:.0f} s", hint="raise --timeout") from error


@contextmanager
def session(
    options: argparse.Namespace, settings: Settings, *, beneath: bool = True, about: str = ""
) -> Iterator[Session]:
    """A running engine that never syncs by itself. beneath: whether it looks at what objects own; about: the one
    application that is asked about, "" for all."""
    engine = Engine(request_of(options, automatic=False, beneath=beneath, about=about), settings)
    made = Session(engine, options.timeout)
    engine.start()
    try:
        yield made
    except KeyboardInterrupt:
        # A person stops it: that is more than leaving.
        for app in engine.snapshot.applications:
            engine.stop_sync(app)
        raise
    finally:
        gc.enable()
        engine.stop()
