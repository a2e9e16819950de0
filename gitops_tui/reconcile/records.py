"""What is kept in the cluster for each application (pause, pin, inventory, history), as the engine knows it.

Loaded when a cluster is connected, again until it could be, and followed by the watch on the state namespace: what
another person changes shows here at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError
from gitops_tui.model.record import AppRecord
from gitops_tui.model.snapshot import Condition, Severity
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.state import STATE_LABEL, configmap_name, decode

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_LOAD_AGAIN = 3.0


class Records:
    """The records of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _load_again(self, session: ClusterSession, runtime: Runtime) -> None:
        if not runtime.record_known and not self._engine.stopping:
            self._engine.spawn(self._loaded_late(session, runtime))

    async def _loaded_late(self, session: ClusterSession, runtime: Runtime) -> None:
        await self.load(session, runtime)
        if runtime.record_known:
            # A pin may say another commit than the one shown until now.
            await self._engine.following.refresh(runtime)

    async def load(self, session: ClusterSession, runtime: Runtime) -> None:
        try:
            runtime.record = await session.store.load(runtime.app.key)
        except GitOpsError as error:
            # Whether it is paused or pinned is not known: nothing is changed until it is.
            runtime.record_error = Condition(Severity.ERROR, "state", error.message, datetime.now(UTC), error.hint)
            self._engine.loop.call_later(_LOAD_AGAIN, self._load_again, session, runtime)
            return
        if not runtime.record_known and runtime.record.inventory:
            # What only the inventory names is not watched yet: no verdict before the rendering that follows sees to it.
            runtime.rendered = False
        runtime.record_known, runtime.record_error = True, None
        self._say_where(session)

    def _say_where(self, session: ClusterSession) -> None:
        """That others can't see what is kept, where they can't."""
        if session.store.local_reason:
            self._engine.say(
                Severity.WARNING,
                "state",
                f"the state (pause, pin, history) is kept on this machine only: {session.store.local_reason}",
            )

    def changed(self, session: ClusterSession, obj: Any, metadata: Any) -> None:
        if (metadata.get("labels") or {}).get(STATE_LABEL) != "application" or session.store.local_reason:
            # Who may read but not write keeps their own state; the cluster's must not take its place.
            return
        for runtime in self._engine.runtimes.values():
            app = runtime.app.key
            if app.cluster == session.cluster.name and configmap_name(app) == metadata["name"]:
                before = runtime.record
                data = (obj or {}).get("data") or {}
                if not data.get("application") and self._engine.recovery.is_lost(runtime, deleted=obj is None):
                    # Deleted or emptied by hand: what is known of it stays true here.
                    continue
                runtime.record = decode(data)
                runtime.record_known, runtime.record_error = True, None
                if runtime.record.stays_at != before.stays_at:
                    self._engine.spawn(self._engine.following.refresh(runtime))
                if runtime.record != before:
                    runtime.state_dirty = True
                    self._engine.wake()
                if runtime.record.inventory != before.inventory and not runtime.watched <= session.wanted:
                    self._engine.spawn(self._engine.set_watches(session))

    async def forget(self, runtime: Runtime) -> None:
        """Takes away all that is kept of an application. Raises GitOpsError."""
        session = self._engine.session(runtime)
        await session.store.remove(runtime.app.key)
        runtime.record = AppRecord()
        self._engine.touch(runtime)

    async def update(self, runtime: Runtime, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        """Changes what is kept of an application."""
        session = self._engine.session(runtime)
        if not session.connected.is_set():
            raise session.error or GitOpsError(f"not connected to {session.cluster.name} yet")
        runtime.record = await session.store.update(runtime.app.key, change)
        self._say_where(session)
        self._engine.touch(runtime)
        return runtime.record
