"""Deletes an application: what goes and what stays, what runs before and after; its name is typed before anything is sent."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import CASCADES, OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.hints import Hint, tick
from gitops_tui.tui.screens.plan_rows import deleted
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.sync import SyncScreen
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, RevisionPreview

_WHAT = {
    "foreground": "its objects are deleted, each after what it owns",
    "background": "its objects are deleted, what they own goes by itself",
    "orphan": "its objects stay in the cluster",
}


class DeleteScreen(SyncScreen):
    """As the sync dialog, for a deletion. `w` changes what becomes of the objects."""

    BINDINGS = [Binding("w", "cascade", show=False), Binding("h", "hooks", show=False)]

    def __init__(self, engine: EngineApi, app_key: AppKey) -> None:
        super().__init__(engine, app_key, SyncOptions())

    def heading(self) -> str:
        return f"{'DRY RUN of deleting' if self.options.dry_run else 'Delete'} {printable(self.app_key.name)}"

    def target(self) -> list[Row]:
        cascade = self.plan.options.cascade if self.plan else self.options.cascade
        said = f"cascade {cascade}: {_WHAT[cascade]}" if cascade else "…"
        return [
            row((f"cluster {printable(self.app_key.cluster)}", "text")),
            row((said, "bad" if cascade != "orphan" else "info")),
        ]

    def after(self) -> list[Row]:
        over = self.operation
        if over is None or over.dry_run or over.phase is not OperationPhase.SUCCEEDED or self.state is None:
            return []
        gone = self.state.record.deleted
        if gone is not None and not gone.done:
            return self.note("what waits for a person's word is still there: r plans again, c approves it", "warn")
        return self.note("it is gone; as long as it is declared, a sync by a person brings it back", "info")

    def switches(self) -> list[Hint]:
        cascade = self.plan.options.cascade if self.plan else self.options.cascade or "…"
        return [
            Hint("w", f"cascade: {cascade}", "screen.cascade"),
            Hint("d", f"{tick(self.options.dry_run)} dry run", "screen.switch('dry_run')"),
            *self.approval("Delete=confirm"),
            Hint("h", f"{tick(self.options.hooks)} hooks", "screen.hooks"),
        ]

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "delete"

    @property
    def can_run(self) -> bool:
        # Without an object left there is still the record to take away.
        return self.plan is not None and not self.plan.refused

    def question(self) -> Future[RevisionPreview]:
        return self.engine.preview_delete(self.app_key, self.options)

    def confirmation(self, plan: SyncPlan) -> ConfirmDelete:
        return ConfirmDeleteApp(self.app_key, plan)

    def action_cascade(self) -> None:
        if self.mode != "plan" or self.plan is None:
            return
        at = CASCADES.index(self.plan.options.cascade)
        self._changed(cascade=CASCADES[(at + 1) % len(CASCADES)])

    def action_hooks(self) -> None:
        if self.mode == "plan":
            self._changed(hooks=not self.options.hooks)

    def action_switch(self, name: str) -> None:
        if name in ("dry_run", "confirm_prune"):
            super().action_switch(name)

    def _changed(self, **fields: object) -> None:
        self.options = replace(self.options, **fields)  # type: ignore[arg-type]
        self.action_replan()

    def action_labels(self) -> None:
        """An application is deleted as a whole."""

    def start(self, plan: SyncPlan) -> None:
        self.options = replace(self.options, cascade=plan.options.cascade)
        super().start(plan)

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.delete_app(plan)


class ConfirmDeleteApp(ConfirmDelete):
    """Names what will be deleted; the application's name has to be typed, however little it is."""

    def __init__(self, app_key: AppKey, plan: SyncPlan) -> None:
        super().__init__(app_key, deleted(plan))
        self.types = True
        self.plan = plan

    @property
    def does(self) -> str:
        return super().does if self.steps else "deletes it"

    def question(self) -> list[Row]:
        if self.steps:
            return super().question()
        kept = len(self.plan.kept)
        stay = f"{plural(kept, 'object')} stay in the cluster" if kept else "none of its objects is there"
        name = printable(self.app_key.name)
        return [self.headline(f"Delete the application {name}?", role="bad bold"), *self.note(stay)]
