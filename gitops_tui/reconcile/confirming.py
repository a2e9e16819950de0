"""Asks the API server's dry runs that settle local verdicts, each once for what it depends on (`answers`).

What fails in passing (a busy or unreachable server) is asked again a little later, and until then the local verdict
stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from gitops_tui.compare import scrubbed
from gitops_tui.errors import ApiError, GitOpsError, Invalid
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.answers import Answer, answer_for, content_of
from gitops_tui.reconcile.judging import asks_server
from gitops_tui.reconcile.rules import compare_options
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.sync.emptied import applied

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

RETRY = 5.0
# Seconds after which a right that was missing is tried again.
_RIGHTS = 300.0
_NO_RIGHT = re.compile(r'is forbidden: (User "[^"]*" cannot (?:patch|create) resource .{0,300})')
_PASSING = (0, 408, 429, 500, 502, 503, 504)


class Confirming:
    """Asks for one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._barred: dict[tuple[str, str, str, str], tuple[float, str]] = {}

    def _where(self, runtime: Runtime, key: ResourceKey) -> tuple[str, str, str, str]:
        return runtime.app.key.cluster, key.group, key.kind, key.namespace

    def _is_barred(self, runtime: Runtime, key: ResourceKey) -> str:
        """Which right this user lacks for such a dry run, "" where none is known to be missing."""
        until, words = self._barred.get(self._where(runtime, key), (0.0, ""))
        return words if self._engine.loop.time() < until else ""

    def said(self, runtime: Runtime) -> tuple[str, ...]:
        """That verdicts are the local ones, since the user may not have them settled."""
        if not self._barred:
            # For nearly everybody, at each event: nothing to look through.
            return ()
        found = {
            each.key.kind: words
            for each in runtime.resources.values()
            if each.drift.kind is DriftKind.MODIFIED and (words := self._is_barred(runtime, each.key))
        }
        if not found:
            return ()
        kinds = ", ".join(sorted(found)[:3]) + (f" and {len(found) - 3} more kinds" if len(found) > 3 else "")
        return (f"no dry run settles what differs ({kinds}), and a sync would fail: {next(iter(found.values()))}",)

    def consider(self, runtime: Runtime, session: ClusterSession, state: ResourceState) -> None:
        """Asks the server where a verdict is to be settled and nothing is known yet."""
        manifest, live = state.manifest, state.live
        if manifest is None or live is None or state.hook or state.key in runtime.confirming or self._engine.stopping:
            return
        if not self._engine.request.is_about(runtime.app.key):
            return
        if not asks_server(state.drift, compare_options(runtime.app, manifest.obj, live), self._engine.settings):
            return
        known = answer_for(runtime.confirmed, manifest, live)
        if known is not None and (known.result is not None or self._engine.loop.time() < known.again):
            return
        if self._is_barred(runtime, state.key):
            return
        runtime.confirming.add(state.key)
        self._engine.spawn(self._ask(runtime, session, manifest, live))

    async def _ask(
        self, runtime: Runtime, session: ClusterSession, manifest: Manifest, live: Mapping[str, Any]
    ) -> None:
        result: dict[str, Any] | str | None = None
        again, asked, trouble = 0.0, self._engine.loop.time(), ""
        try:
            obj = self._engine.operations.desired(runtime, manifest)
            result = await applied(partial(session.cluster.apply, dry_run=True), obj, live, dry_run=True)
        except ApiError as error:
            missing = _NO_RIGHT.search(error.message) if error.status == 403 else None
            if missing is not None:
                # No word on the object: the local verdict stands.
                again = self._engine.loop.time() + _RIGHTS
                self._barred[self._where(runtime, manifest.key)] = (again, printable(redact(missing[1])))
            else:
                said = scrubbed(str(error), manifest.obj, live, mask_keys=self._engine.settings.mask_keys)
                said = printable(redact(said)).removeprefix(f"dry run of {manifest.key}: ")
                passing = error.status in _PASSING and not isinstance(error, Invalid)
                result, trouble = (None, said) if passing else (said, "")
        except GitOpsError:
            # The link is down: the local verdict stands until it is back.
            pass
        finally:
            if result is None and not again:
                again = self._engine.loop.time() + RETRY
                self._engine.loop.call_later(RETRY + 0.1, self._once_more, runtime, manifest)
            version = str(live["metadata"].get("resourceVersion"))
            runtime.confirmed[manifest.key] = Answer(
                manifest.digest, version, content_of(live), result, again, asked, trouble
            )
            runtime.confirming.discard(manifest.key)
            runtime.dirty.add(manifest.key)
            self._engine.wake(now=runtime.state.loading and not runtime.confirming)

    def _once_more(self, runtime: Runtime, manifest: Manifest) -> None:
        known = runtime.confirmed.get(manifest.key)
        if known is not None and known.result is None:
            runtime.dirty.add(manifest.key)
            self._engine.wake()
