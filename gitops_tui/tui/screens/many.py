"""Sync of many applications: all plans to read, one question, one summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.many_rows import many_operation_rows, many_plan_rows, summary, taken_away, total
from gitops_tui.tui.screens.plan_rows import deleted, place
from gitops_tui.tui.screens.planned import Planned
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

# Opened from the start where there are no more applications than these.
_FEW = 2


class SyncManyScreen(Planned[ManyPlan, ManyOperation, AppKey]):
    """apps: which; begun: called once a run has begun."""

    def __init__(self, engine: EngineApi, apps: Sequence[AppKey], begun: Callable[[], None] | None = None) -> None:
        super().__init__(engine, SyncOptions())
        self.apps, self.begun = tuple(apps), begun
        self.opened = set(self.apps) if len(self.apps) <= _FEW else set()

    # --- what it is about -------------------------------------------------------------------------------------------

    def newest(self, snapshot: Snapshot) -> ManyOperation | None:
        return snapshot.many

    def goes_on(self, operation: ManyOperation) -> bool:
        return operation.finished is None

    def question(self) -> Future[ManyPlan]:
        return self.engine.plan_many(self.apps, self.options)

    def send(self, plan: ManyPlan) -> Future[ManyOperation]:
        return self.engine.sync_many(plan)

    def confirmation(self, plan: ManyPlan) -> ConfirmDelete | None:
        return ConfirmDeleteMany(plan) if taken_away(plan) else None

    def outcome(self, operation: ManyOperation) -> tuple[str, bool]:
        return "".join(text for text, _ in summary(operation)), operation.is_fine

    def failure(self, error: BaseException) -> str:
        return f"sync of many: {error}"

    @property
    def can_run(self) -> bool:
        return self.plan is not None and bool(self.plan.going)

    # --- what it looks like -----------------------------------------------------------------------------------------

    def subject(self) -> list[Row]:
        number = len(self.operation.results) if self.operation is not None else len(self.apps)
        clusters = ", ".join(sorted({printable(each.cluster) for each in self.apps}))
        word = "DRY RUN of sync of" if self.options.dry_run else "Sync"
        return [self.headline(f"{word} {plural(number, 'application')}", f"cluster {clusters}")]

    def summary(self, operation: ManyOperation) -> list[Piece]:
        return summary(operation)

    def plan_head(self, plan: ManyPlan) -> list[Row]:
        return [row(*total(plan))]

    def plan_body(self, plan: ManyPlan) -> list[Row]:
        return many_plan_rows(plan, self.text_width, self.opened)

    def run_body(self, operation: ManyOperation) -> list[Row]:
        return many_operation_rows(operation, self._results(operation), self.text_width, self.opened)

    def _results(self, operation: ManyOperation) -> list[AppResult]:
        """With the operations as they are just now."""
        known = self.engine.snapshot.applications

        def newest(each: AppResult) -> AppResult:
            state = known.get(each.app)
            if each.status is ManyStatus.RUNNING and state is not None:
                return replace(each, operation=state.operation)
            return each

        return [newest(each) for each in operation.results]

    def plans(self) -> Sequence[SyncPlan]:
        return [each.plan for each in self.plan.apps if each.plan is not None] if self.plan else []

    def deletions(self) -> int:
        return taken_away(self.plan) if self.plan else 0

    def run_hints(self) -> list[Hint]:
        return [Hint("space", "objects", "screen.expand"), Hint("v", "all", "screen.expand_all")]

    def plan_hints(self) -> list[Hint]:
        return [*self.run_hints(), Hint("r", "plan again", "screen.replan")]

    def verb(self) -> str:
        number = len(self.plan.going) if self.plan is not None else 0
        return f"{'dry run' if self.options.dry_run else 'sync'} {number}"

    # --- planning and running ---------------------------------------------------------------------------------------

    def planned(self, found: ManyPlan) -> None:
        self.plan = found
        self.build()

    def action_expand(self) -> None:
        key = self.body.key
        if isinstance(key, AppKey):
            self.opened ^= {key}
            self.build()

    def action_expand_all(self) -> None:
        every = set(self.apps)
        self.opened = set() if self.opened >= every else every
        self.build()

    def start(self, plan: ManyPlan) -> None:
        self.opened = set()
        if self.begun is not None and not plan.options.dry_run:
            self.begun()
        super().start(plan)

    def action_stop(self) -> None:
        if self.under_way:
            self.engine.stop_many()
            self.host.say("stops after the objects under way; what has not begun is left")

    def follow(self, snapshot: Snapshot) -> None:
        """Shows how it goes."""
        if not self.is_mounted or not self.under_way or snapshot.many is None:
            return
        if snapshot.many is not self._before or self.operation is not None:
            self.operation = snapshot.many
            self.build()


class ConfirmDeleteMany(ConfirmDelete):
    """Names what will be deleted in which application; `delete` and how many have to be typed."""

    def __init__(self, plan: ManyPlan) -> None:
        self.plan = plan
        steps = [step for each in plan.going if each.plan is not None for step in deleted(each.plan)]
        super().__init__(plan.going[0].app, steps)
        self.types = True

    @property
    def word(self) -> str:
        return f"delete {len(self.steps)}"

    @property
    def called(self) -> str:
        return repr(self.word)

    @property
    def does(self) -> str:
        return "syncs"

    def fits(self, typed: str) -> bool:
        return " ".join(typed.split()) == self.word

    def question(self) -> list[Row]:
        return [self.headline(f"Delete {plural(len(self.steps), 'object')}?", role="bad bold"), row(("", "text"))]

    def listed(self) -> list[Row]:
        rows: list[Row] = []
        for each in self.plan.going:
            gone = deleted(each.plan) if each.plan is not None else []
            if gone:
                rows.append(row((printable(f"{each.app} on {each.app.cluster}"), "head")))
            rows += [row(("  − delete  ", "bad"), (place(step.key), "text")) for step in gone]
        return rows
