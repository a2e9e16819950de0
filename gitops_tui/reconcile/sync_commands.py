"""Plans, syncs, and what Git holds: the engine's answers to the first part of `EngineApi`."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile.part import EnginePart

if TYPE_CHECKING:
    from gitops_tui.model.manifest import Manifest
    from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan
    from gitops_tui.reconcile.api import RevisionPreview


class SyncCommands(EnginePart):
    """A part of `Engine`."""

    def plan(self, app: AppKey, options: SyncOptions) -> Future[SyncPlan]:
        return self._ask(self.operations.plan(app, options))

    def sync(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self._ask(self.operations.sync(plan))

    def rollback(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._ask(self.operations.rollback(plan, message))

    def stop_sync(self, app: AppKey) -> None:
        executor = self.runtime(app).executor
        if executor is not None:
            executor.stop()

    def preview(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        return self._ask(self.operations.preview(app, options))

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        return self._ask(self.following.look(app, hard=hard))

    def manifests(self, app: AppKey, revision: str = "") -> Future[tuple[Manifest, ...]]:
        return self._ask(self.following.render(app, revision))
