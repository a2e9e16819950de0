"""A part of `EngineApi`: the sync of many applications."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import ManyOperation, ManyPlan
from gitops_tui.model.sync import SyncOptions


class ManyApi(Protocol):
    """Planned together, agreed to once, synced some at a time; what happens to one stops no other."""

    def plan_many(self, apps: Sequence[AppKey], options: SyncOptions) -> Future[ManyPlan]:
        """What a sync of each would do now, in the order in which they begin. Changes nothing."""

    def sync_many(self, plan: ManyPlan, at_once: int = 0) -> Future[ManyOperation]:
        """Runs it; done when all are over. Progress comes with the Snapshots (`Snapshot.many`). at_once: how many at a
        time (0: the setting `sync_at_once`). Raises OperationRunning where this session runs one already."""

    def stop_many(self) -> None:
        """Those whose turn has not come are left; those that run stop after the objects that they are at."""
