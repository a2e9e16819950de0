"""Sync: the plan to read and to change, then its run, object by object.

Nothing is sent before `enter`; what deletes asks once more. The dialog may be closed while a sync runs: it goes on, and
opening the dialog again shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding

from gitops_tui.model.drift import Drift
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.screens.ask import Ask
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.operation_rows import operation_rows, summary
from gitops_tui.tui.screens.plan_rows import (
    Differences,
    StepKey,
    counts,
    deleted,
    namespaces,
    place,
    plan_rows,
)
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.stages import after_sync, stage_pieces
from gitops_tui.tui.words import age

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, RevisionPreview

Remember = Callable[[AppKey, SyncOptions], None]
# Opened from the start where the whole plan is this small.
_SMALL = 6


class SyncScreen(Dialog[bool]):
    """options: what to begin with. only: what "only …" stands for (None where nothing is selected)."""

    DEFAULT_CSS = "SyncScreen #switches { margin: 0; }"
    BINDINGS = [
        Binding("enter", "run", show=False),
        Binding("p", "switch('prune')", show=False),
        Binding("d,D", "switch('dry_run')", show=False),
        Binding("o", "only", show=False),
        Binding("a", "switch('adopt')", show=False),
        Binding("c", "switch('confirm_prune')", show=False),
        Binding("l", "labels", show=False),
        Binding("r", "replan", show=False),
        Binding("x", "stop", show=False),
        Binding("space", "expand", show=False),
        Binding("v", "expand_all", show=False),
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
        super().__init__()
        self.engine, self.app_key, self.options, self.only, self.remember = engine, app_key, options, only, remember
        self.plan: SyncPlan | None = None
        self.error: BaseException | None = None
        self.operation: SyncOperation | None = None
        self.sent = False
        self.stale = False
        self.opened: set[StepKey] = set()
        self.differences: Differences = {}
        self.watched = False  # the person moved the cursor: it no longer follows the run
        self._before: SyncOperation | None = None
        self._planned_from: dict[ResourceKey, Drift] = {}
        self._fresh = True

    # --- what it looks like -----------------------------------------------------------------------------------------

    def between(self) -> ComposeResult:
        yield Hints("switches")

    def extra(self) -> int:
        return self._switch_lines

    _switch_lines = 1

    @property
    def state(self) -> ApplicationState | None:
        return self.engine.snapshot.applications.get(self.app_key)

    def heading(self) -> str:
        return f"{'DRY RUN of sync' if self.options.dry_run else 'Sync'} {printable(self.app_key.name)}"

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

    def switches(self) -> list[Hint]:
        if self.mode != "plan":
            return []
        waiting = sum(step.blocked == "prune is off" for step in self.plan.kept) if self.plan else 0
        going = len(deleted(self.plan)) if self.plan else 0
        number = f" {waiting or going}" if waiting or going else ""
        made = [
            Hint("p", f"{_tick(self.options.prune)} prune{number}", "screen.switch('prune')"),
            Hint("d", f"{_tick(self.options.dry_run)} dry run", "screen.switch('dry_run')"),
        ]
        asking = sum(step.confirm for step in (*self.plan.kept, *self.plan.steps)) if self.plan else 0
        if asking or self.options.confirm_prune:
            word = f"{_tick(self.options.confirm_prune)} approve Prune=confirm {asking or ''}".rstrip()
            made.append(Hint("c", word, "screen.switch('confirm_prune')"))
        made.append(Hint("a", f"{_tick(self.options.adopt)} adopt", "screen.switch('adopt')"))
        labels = f" {printable(self.options.selector)}" if self.options.selector else ""
        made.append(Hint("l", f"{_tick(bool(labels))} labels{labels}", "screen.labels"))
        if self.only:
            one = place(next(iter(self.only))) if len(self.only) == 1 else f"the {len(self.only)} marked"
            made.append(Hint("o", f"{_tick(self.options.only is not None)} only {one}", "screen.only"))
        return made

    @property
    def mode(self) -> str:
        return "run" if self.operation is not None or self.sent else "error" if self.error else "plan"

    def build(self) -> None:
        if not self.is_mounted:
            return
        head = [self.headline(self.heading()), *self.target()]
        self.box.set_class(self.options.dry_run and self.mode == "plan", "dry")
        body: list[Row]
        if self.mode == "run":
            head += [row(*summary(self.operation))] if self.operation else [row(("starting…", "muted"))]
            passed = self.operation and self.operation.dry_run and self.operation.phase is OperationPhase.SUCCEEDED
            if self.operation and (self.operation.message or self.operation.doing) and not passed:
                bad = self.operation.phase in (OperationPhase.FAILED, OperationPhase.UNKNOWN)
                head += self.note(self.operation.message or self.operation.doing, "bad" if bad else "muted")
            if self.error:
                head += self.error_rows(self.error)
            head += self.after()
            body = operation_rows(self.operation, self.text_width) if self.operation else []
        elif self.error:
            body = self.error_rows(self.error)
        elif self.plan is None:
            body = [row(("planning…", "muted"))]
        else:
            head.append(row(*counts(self.plan)))
            if self.stale:
                head.append(row(("! Git or the cluster changed since this was planned: r plans again", "warn")))
            head += self.facts()
            body = plan_rows(self.plan, self.text_width, self.differences, self.opened)
        switches = self.query_one("#switches", Hints)
        self._switch_lines = switches.lay(self.switches(), self.text_width) if self.switches() else 0
        switches.styles.height = self._switch_lines
        switches.display = self._switch_lines > 0
        head.append(row(("─" * self.text_width, "muted")))
        self.show(head, body, self.hints(), goal=self._goal(), tall=self.mode == "run" or self.plan is None)
        switches.paint()

    def hints(self) -> list[Hint]:
        leave = Hint("esc", "leave", "screen.back")
        if self.mode == "run":
            if self.under_way:
                return [Hint("x", "stop", "screen.stop"), Hint("esc", "close (it goes on)", "screen.back")]
            return [Hint("r", "plan again", "screen.replan"), leave]
        if self.error:
            return [Hint("r", "try again", "screen.replan"), leave]
        made = [Hint("space", "fields", "screen.expand"), Hint("v", "all", "screen.expand_all")]
        made += [Hint("r", "plan again", "screen.replan")]
        if self.state and self.state.operation:
            made.append(Hint("L", "last run", "screen.last"))
        if self.can_run:
            made.insert(0, Hint("enter", self.verb(), "screen.run"))
        return [*made, leave]

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "sync"

    @property
    def under_way(self) -> bool:
        return self.sent or (self.operation is not None and self.operation.phase is OperationPhase.RUNNING)

    @property
    def can_run(self) -> bool:
        return self.plan is not None and not self.plan.refused and not self.plan.is_empty

    def _goal(self) -> StepKey | None:
        """Where the cursor goes by itself: to what is under way, or to what failed."""
        if self.mode != "run" or self.watched or self.operation is None:
            return None
        results = self.operation.results
        wanted = ("failed",) if self.operation.phase is not OperationPhase.RUNNING else ("running", "waiting")
        at = next((each.step for each in results if each.status.value in wanted), None)
        return StepKey(at.key, at.phase) if at else None

    # --- planning ---------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        super().ready()
        state = self.state
        if state and state.operation and state.operation.phase is OperationPhase.RUNNING:
            self.operation = state.operation
            self.build()
        else:
            self.action_replan()

    def action_replan(self) -> None:
        if self.under_way:
            return
        self.plan, self.error, self.operation, self.stale, self.watched = None, None, None, False, False
        self._planned_from = self._drifts()
        self.build()
        self.ask(self.question(), self._planned, self._failed, latest=True)

    def question(self) -> Future[RevisionPreview]:
        """Asks for the plan."""
        return self.engine.preview(self.app_key, self.options)

    def _drifts(self) -> dict[ResourceKey, Drift]:
        state = self.state
        return {key: each.drift for key, each in state.resources.items() if each.drift.is_drifted} if state else {}

    def _planned(self, found: RevisionPreview) -> None:
        self.plan = plan = found.plan
        self.differences = {each.key: each.drift.differences for each in found.resources if each.drift.differences}
        if self._fresh and len(plan.steps) <= _SMALL:
            self._fresh = False
            self.opened = {StepKey(step.key, step.phase) for step in plan.steps if step.fields}
        self.build()

    def _failed(self, error: BaseException) -> None:
        self.sent = False
        self.error = error
        self.build()

    def action_switch(self, name: str) -> None:
        if self.mode == "plan":
            self.options = _switched(self.options, name)
            self.action_replan()

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
            every = {StepKey(step.key, step.phase) for step in self.plan.steps if step.fields}
            self.opened = set() if self.opened >= every else every
            self.build()

    def on_rows_chosen(self) -> None:
        self.action_expand()

    def action_last(self) -> None:
        state = self.state
        if self.mode == "plan" and state and state.operation:
            self.operation = state.operation
            self.build()

    # --- running ----------------------------------------------------------------------------------------------------

    def action_run(self) -> None:
        plan = self.plan
        if self.mode == "run" and not self.under_way:
            self.dismiss(True)
        if self.mode != "plan" or plan is None or not self.can_run:
            return
        going = deleted(plan)
        if going and not plan.options.dry_run:
            self.app.push_screen(ConfirmDelete(self.app_key, going), partial(self._agreed, plan))
        else:
            self.start(plan)

    def _agreed(self, plan: SyncPlan, yes: bool | None) -> None:
        if yes and self.plan is plan and not self.under_way:
            self.start(plan)

    def start(self, plan: SyncPlan) -> None:
        """Runs the plan, once."""
        self.sent, self.plan = True, None
        state = self.state
        self._before = state.operation if state else None
        if self.remember:
            # What takes over or deletes against a person's wish is asked for each time.
            kept = replace(plan.options, dry_run=False, only=None, revision="", selector="")
            self.remember(self.app_key, replace(kept, adopt=False, confirm_prune=False))
        self.build()
        self.ask(self.send(plan), self._finished, self._failed, orphan=self._ended_unseen)

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.sync(plan)

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
        self.sent, self.operation, self.watched = False, operation, False
        self.build()

    def _ended_unseen(self, operation: SyncOperation | None, error: BaseException | None) -> None:
        if error is not None:
            self.host.say(f"{self.app_key.name}: {error}", "error")
        elif operation is not None:
            said = "".join(text for text, _ in summary(operation))
            fine = operation.phase is OperationPhase.SUCCEEDED
            self.host.say(f"{self.app_key.name}: {said}", "information" if fine else "error")

    def action_back(self) -> None:
        self.dismiss(self.operation is not None)


def _tick(on: bool) -> str:
    return "[x]" if on else "[ ]"


def _switched(options: SyncOptions, name: str) -> SyncOptions:
    if name == "prune":
        return replace(options, prune=not options.prune)
    if name == "adopt":
        return replace(options, adopt=not options.adopt)
    if name == "confirm_prune":
        # Approving means to prune.
        return replace(options, confirm_prune=not options.confirm_prune, prune=True)
    return replace(options, dry_run=not options.dry_run)
