"""Undo of the last sync: the plan back to the commit that was deployed before it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import HistoryEntry
from gitops_tui.model.revision import Commit
from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.rollback import RollbackScreen
from gitops_tui.tui.screens.rows import Row
from gitops_tui.tui.words import age

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class UndoScreen(RollbackScreen):
    """As a roll back; where the branch is at that commit, the pin goes in its place. Prune is on where the last sync
    created something: it was not there before."""

    def __init__(self, engine: EngineApi, app_key: AppKey, commit: Commit) -> None:
        super().__init__(engine, app_key, commit)
        last = self.last
        created = last is not None and dict(last.counts).get("create", 0) > 0
        self.options = SyncOptions(revision=commit.sha, prune=created)

    @property
    def last(self) -> HistoryEntry | None:
        """The sync that is undone."""
        state = self.state
        whole = [each for each in state.record.history if not each.partial] if state else []
        return whole[-1] if whole else None

    def heading(self) -> str:
        return (
            f"{'DRY RUN of undo' if self.options.dry_run else 'Undo the last sync of'} {printable(self.app_key.name)}"
        )

    def facts(self) -> list[Row]:
        state, last = self.state, self.last
        if state is None or last is None:
            return []
        said = f"undoes the {last.initiator.value} sync to {last.revision[:7]} of {age(last.started)} ago by {last.who}"
        rows = self.note(said, "info")
        if state.target is not None and state.target.sha == self.commit.sha:
            return [*rows, *self.note("its branch is at that commit: it follows the branch again", "info")]
        return [*rows, *super().facts()]

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "undo"

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.undo(plan, self.why)
