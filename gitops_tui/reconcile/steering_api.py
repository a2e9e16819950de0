"""A part of `EngineApi`: pause and its halves, undo, audit."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

from gitops_tui.model.audit import AuditLine
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord, PauseKind
from gitops_tui.model.sync import SyncOperation, SyncPlan


class SteeringApi(Protocol):
    """A part of `EngineApi`: what holds an application, what was done to it, and the way back."""

    def pause(
        self, app: AppKey, reason: str = "", until: datetime | None = None, kind: PauseKind = PauseKind.ALL
    ) -> Future[AppRecord]:
        """Pauses automatic sync, or half of it; kept in the cluster."""

    def resume(self, app: AppKey) -> Future[AppRecord]:
        """Takes the pause away."""

    def undo(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        """Runs a plan to the commit before the last sync (`AppRecord.before_last`): pins there, or goes back to the
        branch where that is its head."""

    def audit(self) -> Future[tuple[AuditLine, ...]]:
        """Every recorded operation on the clusters of this session, newest first."""
