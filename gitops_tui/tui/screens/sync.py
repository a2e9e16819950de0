"""Sync: the plan to read and to change, then its run, object by object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.drift import Drift
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.ask import Ask
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.hints import Hint, tick
from gitops_tui.tui.screens.operation_rows import operation_rows, summary
from gitops_tui.tui.screens.plan_rows import (
    Differences,
    StepKey,
    counts,
    deleted,
    namespaces,
    place,
    plan_rows,
    step_key,
)
from gitops_tui.tui.screens.planned import Planned
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.stages import after_sync, stage_pieces
from gitops_tui.tui.words import age

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, RevisionPreview

Remember = Callable[[AppKey, SyncOptions], None]
# Opened from the start where the whole plan is this small.
_SMALL = 6


class SyncScreen(Planned[SyncPlan, SyncOperation, StepKey]):
    """options: what to begin with. only: what "only …" stands for (None where nothing is selected)."""

    BINDINGS = [
        Binding("o", "only", show=False),
        Binding("l", "labels", show=False),
        Binding("L", "last", show=False),
    ]

    def __init__(
        self,
        engine: EngineApi,
        app_key: AppKey,
        options: SyncOptions,
        only: frozenset[ResourceKey] | None = None,
        remember: Remember | None = None,
    ) -> None:
        super().__init__(engine, options)
        self.app_key, self.only, self.remember = app_key, only, remember
        self.stale = False
        self.differences: Differences = {}
        self.watched = False  # the person moved the cursor: it no longer follows the run
        self._planned_from: dict[ResourceKey, Drift] = {}
        self._fresh = True

    # --- what it is about -------------------------------------------------------------------------------------------

    @property
    def state(self) -> ApplicationState | None:
        return self.engine.snapshot.applications.get(self.app_key)

    def newest(self, snapshot: Snapshot) -> SyncOperation | None:
        state = snapshot.applications.get(self.app_key)
        return state.operation if state else None

    def goes_on(self, operation: SyncOperation) -> bool:
        return operation.phase is OperationPhase.RUNNING

    def question(self) -> Future[RevisionPreview]:
        return self.engine.preview(self.app_key, self.options)

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.sync(plan)

    def confirmation(self, plan: SyncPlan) -> ConfirmDelete | None:
        going = deleted(plan)
        return ConfirmDelete(self.app_key, going) if going else None

    def outcome(self, operation: SyncOperation) -> tuple[str, bool]:
        said = "".join(text for text, _ in summary(operation))
        return f"{self.app_key.name}: {said}", operation.phase is OperationPhase.SUCCEEDED

    def failure(self, error: BaseException) -> str:
        return f"{self.app_key.name}: {error}"

    @property
    def can_run(self) -> bool:
        return self.plan is not None and not self.plan.refused and not self.plan.is_empty

    # --- what it looks like -----------------------------------------------------------------------------------------

    def heading(self) -> str:
        return f"{'DRY RUN of sync' if self.options.dry_run else 'Sync'} {printable(self.app_key.name)}"

    def subject(self) -> list[Row]:
        return [self.headline(self.heading()), *self.target()]

    def target(self) -> list[Row]:
        """Where to: the revision, the cluster, the namespaces."""
        sha = self.operation.revision if self.operation else self.plan.revision if self.plan else self.options.revision
        state = self.state
        commit = state.revision if state and state.revision and (not sha or state.revision.sha == sha) else None
        if commit:
            said = f'{commit.short} "{commit.subject}" {commit.author} {age(commit.commit_time)}'
        else:
            said = sha[:7] or "…"
        where = f"cluster {printable(self.app_key.cluster)}"
        if self.plan and self.plan.steps:
            where += f" · {namespaces(self.plan)}"
        elif state and state.app.destination.namespace:
            where += f" · namespace {printable(state.app.destination.namespace)}"
        return [row(("to ", "muted"), (printable(said), "text")), row((where, "text"))]

    def facts(self) -> list[Row]:
        """More to know before one agrees."""
        return []

    def after(self) -> list[Row]:
        """How it goes on once the operation is over: synced, then healthy."""
        over, state = self.operation, self.state
        if over is None or over.dry_run or over.phase is not OperationPhase.SUCCEEDED or state is None:
            return []
        return [row(*stage_pieces(after_sync(state, over.revision)))]

    def summary(self, operation: SyncOperation) -> list[Piece]:
        return summary(operation)

    def doing(self, operation: SyncOperation) -> list[Row]:
        passed = operation.dry_run and operation.phase is OperationPhase.SUCCEEDED
        said = operation.message or operation.doing
        if not said or passed:
            return []
        return self.note(said, "bad" if operation.phase in (OperationPhase.FAILED, OperationPhase.UNKNOWN) else "muted")

    def plan_head(self, plan: SyncPlan) -> list[Row]:
        rows = [row(*counts(plan))]
        if self.stale:
            rows.append(row(("! Git or the cluster changed since this was planned: r plans again", "warn")))
        return rows + self.facts()

    def plan_body(self, plan: SyncPlan) -> list[Row]:
        return plan_rows(plan, self.text_width, self.differences, self.opened)

    def run_body(self, operation: SyncOperation) -> list[Row]:
        return operation_rows(operation, self.text_width)

    def plans(self) -> Sequence[SyncPlan]:
        return [self.plan] if self.plan else []

    def deletions(self) -> int:
        return len(deleted(self.plan)) if self.plan else 0

    def switches(self) -> list[Hint]:
        labels = f" {printable(self.options.selector)}" if self.options.selector else ""
        made = [*super().switches(), Hint("l", f"{tick(bool(labels))} labels{labels}", "screen.labels")]
        if self.only:
            one = place(next(iter(self.only))) if len(self.only) == 1 else f"the {len(self.only)} marked"
            made.append(Hint("o", f"{tick(self.options.only is not None)} only {one}", "screen.only"))
        return made

    def plan_hints(self) -> list[Hint]:
        made = [Hint("space", "fields", "screen.expand"), Hint("v", "all", "screen.expand_all")]
        made.append(Hint("r", "plan again", "screen.replan"))
        return [*made, Hint("L", "last run", "screen.last")] if self.state and self.state.operation else made

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "sync"

    def goal(self) -> StepKey | None:
        """Where the cursor goes by itself: to what is under way, or to what failed."""
        if self.mode != "run" or self.watched or self.operation is None:
            return None
        results = self.operation.results
        wanted = ("failed",) if self.operation.phase is not OperationPhase.RUNNING else ("running", "waiting")
        at = next((each.step for each in results if each.status.value in wanted), None)
        return StepKey(at.key, at.phase) if at else None

    # --- planning ---------------------------------------------------------------------------------------------------

    def action_replan(self) -> None:
        if not self.under_way:
            self.stale, self.watched = False, False
            self._planned_from = self._drifts()
        super().action_replan()

    def _drifts(self) -> dict[ResourceKey, Drift]:
        state = self.state
        return {key: each.drift for key, each in state.resources.items() if each.drift.is_drifted} if state else {}

    def planned(self, found: RevisionPreview) -> None:
        self.plan = plan = found.plan
        self.differences = {each.key: each.drift.differences for each in found.resources if each.drift.differences}
        if self._fresh and len(plan.steps) <= _SMALL:
            self._fresh = False
            self.opened = {step_key(step) for step in plan.steps if step.fields}
        self.build()

    def action_labels(self) -> None:
        """Only objects with some labels."""

        def typed(text: str | None) -> None:
            if text is not None:
                self.options = replace(self.options, selector=text.strip())
                self.action_replan()

        if self.mode == "plan":
            question = "Only objects whose labels fit (app=web,tier!=cache; empty for all); hooks don't run then"
            self.app.push_screen(Ask(question, self.options.selector), typed)

    def action_only(self) -> None:
        if self.mode == "plan" and self.only:
            self.options = replace(self.options, only=None if self.options.only is not None else self.only)
            self.action_replan()

    def action_expand(self) -> None:
        key = self.body.key
        if self.mode == "plan" and isinstance(key, StepKey):
            self.opened ^= {key}
            self.build()

    def action_expand_all(self) -> None:
        if self.mode == "plan" and self.plan:
            every = {step_key(step) for step in self.plan.steps if step.fields}
            self.opened = set() if self.opened >= every else every
            self.build()

    def action_last(self) -> None:
        state = self.state
        if self.mode == "plan" and state and state.operation:
            self.operation = state.operation
            self.build()

    # --- running ----------------------------------------------------------------------------------------------------

    def start(self, plan: SyncPlan) -> None:
        if self.remember:
            # What takes over or deletes against a person's wish is asked for each time.
            kept = replace(plan.options, dry_run=False, only=None, revision="", selector="")
            self.remember(self.app_key, replace(kept, adopt=False, confirm_prune=False))
        super().start(plan)

    def action_stop(self) -> None:
        if self.under_way and self.operation is not None and self.operation.elsewhere:
            self.host.say(f"it runs in the session of {self.operation.who}: it is stopped there", "warning")
        elif self.under_way:
            self.engine.stop_sync(self.app_key)
            self.host.say("stops after the objects under way")

    def follow(self, snapshot: Snapshot) -> None:
        """Shows how the run goes; says when a plan has grown old."""
        state = snapshot.applications.get(self.app_key)
        if state is None or not self.is_mounted:
            return
        new = state.operation
        if self.under_way and new is not None and new is not self._before and new is not self.operation:
            self.operation = new
            self.build()
        elif self.mode == "run" and not self.under_way:
            self.build()
        elif self.mode == "plan" and self.plan is not None and not self.stale and not self.options.revision:
            if self._drifts() != self._planned_from:
                self.stale = True
                self.build()

    def on_rows_moved(self) -> None:
        self.watched = True

    def _finished(self, operation: SyncOperation) -> None:
        self.watched = False
        super()._finished(operation)
