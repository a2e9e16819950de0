"""Deletes an application: what goes and what stays, what runs before and after; its name is typed before anything is sent."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import CASCADES, Action, OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.sync import SyncScreen, _switched, _tick
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
        if self.mode != "plan":
            return []
        cascade = self.plan.options.cascade if self.plan else self.options.cascade or "…"
        made = [
            Hint("w", f"cascade: {cascade}", "screen.cascade"),
            Hint("d", f"{_tick(self.options.dry_run)} dry run", "screen.switch('dry_run')"),
        ]
        asking = sum(step.confirm for step in (*self.plan.kept, *self.plan.steps)) if self.plan else 0
        if asking or self.options.confirm_prune:
            said = f"{_tick(self.options.confirm_prune)} approve Delete=confirm {asking or ''}".rstrip()
            made.append(Hint("c", said, "screen.switch('confirm_prune')"))
        return [*made, Hint("h", f"{_tick(self.options.hooks)} hooks", "screen.hooks")]

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "delete"

    @property
    def can_run(self) -> bool:
        # Without an object left there is still the record to take away.
        return self.plan is not None and not self.plan.refused

    def question(self) -> Future[RevisionPreview]:
        return self.engine.preview_delete(self.app_key, self.options)

    def action_cascade(self) -> None:
        if self.mode != "plan" or self.plan is None:
            return
        at = CASCADES.index(self.plan.options.cascade)
        self._changed(cascade=CASCADES[(at + 1) % len(CASCADES)])

    def action_hooks(self) -> None:
        if self.mode == "plan":
            self._changed(hooks=not self.options.hooks)

    def action_switch(self, name: str) -> None:
        if self.mode == "plan" and name in ("dry_run", "confirm_prune"):
            self.options = _switched(self.options, name)
            self.action_replan()

    def _changed(self, **fields: object) -> None:
        self.options = replace(self.options, **fields)  # type: ignore[arg-type]
        self.action_replan()

    def action_labels(self) -> None:
        """An application is deleted as a whole."""

    def action_run(self) -> None:
        plan = self.plan
        if self.mode == "run" and not self.under_way:
            self.dismiss(True)
        if self.mode != "plan" or plan is None or not self.can_run:
            return
        if plan.options.dry_run:
            self.start(plan)
        else:
            self.app.push_screen(ConfirmDeleteApp(self.app_key, plan), partial(self._agreed, plan))

    def start(self, plan: SyncPlan) -> None:
        self.options = replace(self.options, cascade=plan.options.cascade)
        super().start(plan)

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.delete_app(plan)


class ConfirmDeleteApp(ConfirmDelete):
    """Names what will be deleted; the application's name has to be typed, however little it is."""

    def __init__(self, app_key: AppKey, plan: SyncPlan) -> None:
        super().__init__(app_key, [step for step in plan.steps if step.action is Action.PRUNE])
        self.types = True
        self.plan = plan

    def build(self) -> None:
        super().build()
        if not self.steps:
            name = printable(self.app_key.name)
            stay = (
                f"{plural(len(self.plan.kept), 'object')} stay in the cluster"
                if self.plan.kept
                else "none of its objects is there"
            )
            head = [self.headline(f"Delete the application {name}?", role="bad bold"), *self.note(stay)]
            body = [row(("that is not the application's name: nothing was deleted", "warn"))] if self.wrong else []
            hints = [
                Hint("enter", f"deletes it once {name} is typed"),
                Hint("esc", "change nothing", "screen.answer(False)"),
            ]
            self.show(head, body, hints)
