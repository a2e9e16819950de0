"""Notes in the record that an application was Healthy at the commit that was synced, so that there is a way back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.record import AppRecord
from gitops_tui.model.sync import OperationPhase
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.tasks import OPERATION
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


class Milestones:
    """Of one engine. A session that only looks writes nothing: the one that synced does, or a screen that may act."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._noted: set[tuple[object, int, str]] = set()

    def consider(self, runtime: Runtime) -> None:
        """Called with each new verdict; writes once for each sync."""
        state, done = runtime.state, runtime.record.deployed
        if done is None or done.healthy or state.loading or state.stale_since is not None:
            return
        own = runtime.operation is not None and not runtime.operation.dry_run and runtime.operation.finished is not None
        if self._engine.settings.read_only or not (own or self._engine.request.automatic):
            return
        at = state.revision.sha if state.revision is not None else ""
        if at != done.revision or not state.applied or state.health is not HealthStatus.HEALTHY:
            return
        if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
            return
        mark = (runtime.app.key, done.id, done.revision)
        if mark not in self._noted and runtime.record_known:
            self._noted.add(mark)
            self._engine.spawn(self._note(runtime, done.id, done.revision), OPERATION)

    async def _note(self, runtime: Runtime, number: int, revision: str) -> None:
        def change(record: AppRecord) -> AppRecord:
            history = tuple(
                replace(each, healthy=True) if (each.id, each.revision) == (number, revision) else each
                for each in record.history
            )
            return replace(record, history=history)

        try:
            await self._engine.records.update(runtime, change)
        except GitOpsError:
            # It is asked again at the next verdict: nothing but a mark is missing until then.
            self._noted.discard((runtime.app.key, number, revision))
