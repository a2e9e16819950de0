"""Sync of many applications: all plans to read, one question, one summary.

Nothing is sent before `enter`; what deletes asks for words once more. The dialog may be closed while it runs: it goes
on, and opening it again shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import Action, SyncOptions
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.many_rows import many_operation_rows, many_plan_rows, summary, taken_away, total
from gitops_tui.tui.screens.plan_rows import place
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.sync import _switched, _tick
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

# Opened from the start where there are no more applications than these.
_FEW = 2


class SyncManyScreen(Dialog[bool]):
    """apps: which; done: called once a run has begun."""

    DEFAULT_CSS = "SyncManyScreen #switches { margin: 0; }"
    BINDINGS = [
        Binding("enter", "run", show=False),
        Binding("p", "switch('prune')", show=False),
        Binding("d,D", "switch('dry_run')", show=False),
        Binding("a", "switch('adopt')", show=False),
        Binding("c", "switch('confirm_prune')", show=False),
        Binding("r", "replan", show=False),
        Binding("x", "stop", show=False),
        Binding("space", "expand", show=False),
        Binding("v", "expand_all", show=False),
    ]

    def __init__(self, engine: EngineApi, apps: Sequence[AppKey], begun: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.engine, self.apps, self.begun = engine, tuple(apps), begun
        self.options = SyncOptions()
        self.plan: ManyPlan | None = None
        self.operation: ManyOperation | None = None
        self.error: BaseException | None = None
        self.sent = False
        self.opened: set[AppKey] = set(self.apps) if len(self.apps) <= _FEW else set()
        self._before: ManyOperation | None = None

    # --- what it looks like -----------------------------------------------------------------------------------------

    _switch_lines = 1

    def between(self) -> ComposeResult:
        yield Hints("switches")

    def extra(self) -> int:
        return self._switch_lines

    @property
    def mode(self) -> str:
        return "run" if self.operation is not None or self.sent else "error" if self.error else "plan"

    @property
    def under_way(self) -> bool:
        return self.sent or (self.operation is not None and self.operation.finished is None)

    def build(self) -> None:
        if not self.is_mounted:
            return
        number = len(self.operation.results) if self.operation is not None else len(self.apps)
        clusters = ", ".join(sorted({printable(each.cluster) for each in self.apps}))
        word = "DRY RUN of sync of" if self.options.dry_run else "Sync"
        head = [self.headline(f"{word} {plural(number, 'application')}", f"cluster {clusters}")]
        self.box.set_class(self.options.dry_run and self.mode == "plan", "dry")
        body: list[Row] = []
        if self.mode == "run":
            head.append(row(*summary(self.operation)) if self.operation else row(("starting…", "muted")))
            if self.error:
                head += self.error_rows(self.error)
            if self.operation:
                body = many_operation_rows(self.operation, self._results(), self.text_width, self.opened)
        elif self.error:
            body = self.error_rows(self.error)
        elif self.plan is None:
            body = [row(("planning…", "muted"))]
        else:
            head.append(row(*total(self.plan)))
            body = many_plan_rows(self.plan, self.text_width, self.opened)
        switches = self.query_one("#switches", Hints)
        offered = self.switches()
        self._switch_lines = switches.lay(offered, self.text_width) if offered else 0
        switches.styles.height = self._switch_lines
        switches.display = self._switch_lines > 0
        head.append(row(("─" * self.text_width, "muted")))
        self.show(head, body, self.hints(), tall=self.mode == "run" or self.plan is None)
        switches.paint()

    def _results(self) -> list[AppResult]:
        """With the operations as they are just now."""
        assert self.operation is not None
        known = self.engine.snapshot.applications

        def newest(each: AppResult) -> AppResult:
            state = known.get(each.app)
            if each.status is ManyStatus.RUNNING and state is not None:
                return replace(each, operation=state.operation)
            return each

        return [newest(each) for each in self.operation.results]

    def switches(self) -> list[Hint]:
        if self.mode != "plan":
            return []
        parts = [each.plan for each in self.plan.apps if each.plan is not None] if self.plan else []
        waiting = sum(step.blocked == "prune is off" for plan in parts for step in plan.kept)
        going = taken_away(self.plan) if self.plan else 0
        number = f" {waiting or going}" if waiting or going else ""
        made = [
            Hint("p", f"{_tick(self.options.prune)} prune{number}", "screen.switch('prune')"),
            Hint("d", f"{_tick(self.options.dry_run)} dry run", "screen.switch('dry_run')"),
        ]
        asking = sum(step.confirm for plan in parts for step in (*plan.kept, *plan.steps))
        if asking or self.options.confirm_prune:
            said = f"{_tick(self.options.confirm_prune)} approve Prune=confirm {asking or ''}".rstrip()
            made.append(Hint("c", said, "screen.switch('confirm_prune')"))
        return [*made, Hint("a", f"{_tick(self.options.adopt)} adopt", "screen.switch('adopt')")]

    def hints(self) -> list[Hint]:
        leave = Hint("esc", "leave", "screen.back")
        objects = [Hint("space", "objects", "screen.expand"), Hint("v", "all", "screen.expand_all")]
        if self.mode == "run":
            if self.under_way:
                return [Hint("x", "stop", "screen.stop"), *objects, Hint("esc", "close (it goes on)", "screen.back")]
            return [Hint("r", "plan again", "screen.replan"), *objects, leave]
        if self.error:
            return [Hint("r", "try again", "screen.replan"), leave]
        made = [*objects, Hint("r", "plan again", "screen.replan"), leave]
        if self.plan is not None and self.plan.going:
            verb = "dry run" if self.options.dry_run else "sync"
            made.insert(0, Hint("enter", f"{verb} {len(self.plan.going)}", "screen.run"))
        return made

    # --- planning ---------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        super().ready()
        running = self.engine.snapshot.many
        if running is not None and running.finished is None:
            self.operation = running
            self.build()
        else:
            self.action_replan()

    def action_replan(self) -> None:
        if self.under_way:
            return
        self.plan, self.error, self.operation = None, None, None
        self.build()
        self.ask(self.engine.plan_many(self.apps, self.options), self._planned, self._failed, latest=True)

    def _planned(self, plan: ManyPlan) -> None:
        self.plan = plan
        self.build()

    def _failed(self, error: BaseException) -> None:
        self.sent, self.error = False, error
        self.build()

    def action_switch(self, name: str) -> None:
        if self.mode == "plan":
            self.options = _switched(self.options, name)
            self.action_replan()

    def action_expand(self) -> None:
        key = self.body.key
        if isinstance(key, AppKey):
            self.opened ^= {key}
            self.build()

    def action_expand_all(self) -> None:
        every = set(self.apps)
        self.opened = set() if self.opened >= every else every
        self.build()

    def on_rows_chosen(self) -> None:
        self.action_expand()

    # --- running ----------------------------------------------------------------------------------------------------

    def action_run(self) -> None:
        plan = self.plan
        if self.mode == "run" and not self.under_way:
            self.dismiss(True)
        if self.mode != "plan" or plan is None or not plan.going:
            return
        if taken_away(plan) and not plan.options.dry_run:
            self.app.push_screen(ConfirmDeleteMany(plan), partial(self._agreed, plan))
        else:
            self.start(plan)

    def _agreed(self, plan: ManyPlan, yes: bool | None) -> None:
        if yes and self.plan is plan and not self.under_way:
            self.start(plan)

    def start(self, plan: ManyPlan) -> None:
        """Runs it, once."""
        self.sent, self.plan = True, None
        self.opened = set()
        self._before = self.engine.snapshot.many
        if self.begun is not None and not plan.options.dry_run:
            self.begun()
        self.build()
        self.ask(self.engine.sync_many(plan), self._finished, self._failed, orphan=self._ended_unseen)

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

    def _finished(self, operation: ManyOperation) -> None:
        self.sent, self.operation = False, operation
        self.build()

    def _ended_unseen(self, operation: ManyOperation | None, error: BaseException | None) -> None:
        if error is not None:
            self.host.say(f"sync of many: {error}", "error")
        elif operation is not None:
            said = "".join(text for text, _ in summary(operation))
            self.host.say(said, "information" if operation.is_fine else "error")

    def action_back(self) -> None:
        self.dismiss(self.operation is not None)


class ConfirmDeleteMany(ConfirmDelete):
    """Names what will be deleted in which application; `delete` and how many have to be typed."""

    def __init__(self, plan: ManyPlan) -> None:
        self.plan = plan
        steps = [
            step
            for each in plan.going
            if each.plan is not None
            for step in each.plan.steps
            if step.action is Action.PRUNE
        ]
        super().__init__(plan.going[0].app, steps)
        self.types = True

    @property
    def word(self) -> str:
        return f"delete {len(self.steps)}"

    def below(self) -> ComposeResult:
        from gitops_tui.tui.screens.ask import TextBox

        yield TextBox(placeholder=f"type {self.word} and press enter")

    def build(self) -> None:
        self.body.reads = True
        head = [self.headline(f"Delete {plural(len(self.steps), 'object')}?", role="bad bold"), row(("", "text"))]
        body: list[Row] = []
        for each in self.plan.going:
            gone = [step for step in each.plan.steps if step.action is Action.PRUNE] if each.plan is not None else []
            if gone:
                body.append(row((printable(f"{each.app} on {each.app.cluster}"), "head")))
            body += [row(("  − delete  ", "bad"), (place(step.key), "text")) for step in gone]
        if self.wrong:
            body.append(row((f"that is not {self.word!r}: nothing was deleted", "warn")))
        hints = [
            Hint("enter", f"syncs once {self.word} is typed"),
            Hint("esc", "change nothing", "screen.answer(False)"),
        ]
        self.show(head, body, hints)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if " ".join(event.value.split()) == self.word:
            self.dismiss(True)
            return
        self.wrong = True
        self.build()
        self.body.scroll_top(self.body.count)
