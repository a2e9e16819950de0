"""A part of `EngineApi`: deleting an application."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import RevisionPreview


class DeletingApi(Protocol):
    """Planned, agreed to, carried out; recorded as every operation is."""

    def preview_delete(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        """What deleting an application would do now: hooks, what goes, what stays and why. Changes nothing.
        options.cascade: "foreground", "background", "orphan", or "" for as its finalizer says; options.confirm_prune: also what
        waits for a person's word; options.hooks: whether its PreDelete and PostDelete hooks run."""

    def delete_app(self, plan: SyncPlan, message: str = "", *, forget: bool = False) -> Future[SyncOperation]:
        """Runs such a plan. forget: the application's record goes too, and with it what the audit knows of it."""
