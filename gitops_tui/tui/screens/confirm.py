"""Questions before something is done: a word to type where it can't be taken back easily, one key elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import PlanStep
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.plan_rows import HEAVY, asks_name, place
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import plural


class Confirm(Dialog[bool]):
    """One key: `y` agrees, `esc` doesn't. rows: what is agreed to."""

    BINDINGS = [
        Binding("y", "answer(True)", show=False),
        Binding("escape,n,q", "answer(False)", show=False),
    ]

    def __init__(
        self, title: str, rows: Sequence[str], yes: str, no: str = "leave it", *, danger: bool = False
    ) -> None:
        super().__init__()
        self.heading, self.lines, self.yes, self.no, self.danger = title, rows, yes, no, danger

    def build(self) -> None:
        self.body.reads = True
        self.box.set_class(self.danger, "danger")
        body: list[Row] = []
        for line in self.lines:
            body += self.note(line)
        hints = [Hint("y", self.yes, "screen.answer(True)"), Hint("esc", self.no, "screen.answer(False)")]
        self.show([self.headline(self.heading, role="bad bold" if self.danger else "head bold")], body, hints)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class ConfirmDelete(Dialog[bool]):
    """Names what will be deleted. For more than a few objects, or kinds that take others with them, the application's
    name has to be typed."""

    BINDINGS = [
        Binding("y", "answer(True)", show=False),
        Binding("escape", "answer(False)", show=False),
        Binding("up", "scroll(-1)", show=False, priority=True),
        Binding("down", "scroll(1)", show=False, priority=True),
        Binding("pageup", "scroll(-10)", show=False, priority=True),
        Binding("pagedown", "scroll(10)", show=False, priority=True),
    ]

    def __init__(self, app_key: AppKey, steps: Sequence[PlanStep]) -> None:
        super().__init__()
        self.app_key, self.steps = app_key, steps
        self.types = asks_name(steps)
        self.wrong = False

    @property
    def word(self) -> str:
        """What has to be typed."""
        return self.app_key.name

    @property
    def called(self) -> str:
        """What that is."""
        return "the application's name"

    @property
    def does(self) -> str:
        """What happens once it is typed."""
        return "deletes them"

    def fits(self, typed: str) -> bool:
        return typed.strip() == self.word

    def below(self) -> ComposeResult:
        if self.types:
            yield TextBox(placeholder=f"type {printable(self.word)} and press enter")

    def extra(self) -> int:
        return 1 if self.types else 0

    def ready(self) -> None:
        super().ready()
        self.box.add_class("danger")
        if self.types:
            self.query_one(Input).focus()

    def question(self) -> list[Row]:
        """What is asked, and about what."""
        spaces = (
            ", ".join(sorted({printable(s.key.namespace) for s in self.steps if s.key.namespace})) or "cluster-wide"
        )
        name, cluster = printable(self.app_key.name), printable(self.app_key.cluster)
        return [
            self.headline(f"Delete {plural(len(self.steps), 'object')}?", role="bad bold"),
            *self.note(f"application {name} · cluster {cluster} · namespace {spaces}"),
            row(("", "text")),
        ]

    def listed(self) -> list[Row]:
        """Each object."""
        rows: list[Row] = []
        for step in self.steps:
            heavy = (step.key.group, step.key.kind) in HEAVY
            more = "  takes everything in it along" if heavy else ""
            rows.append(row(("− delete  ", "bad"), (place(step.key), "text"), (more, "bad")))
        return rows

    def build(self) -> None:
        self.body.reads = True
        body = self.listed()
        if self.wrong:
            body.append(row((f"that is not {self.called}: nothing was deleted", "warn")))
        if self.types:
            agree = Hint("enter", f"{self.does} once {printable(self.word)} is typed")
        else:
            agree = Hint("y", "delete and sync", "screen.answer(True)")
        self.show(self.question(), body, [agree, Hint("esc", "change nothing", "screen.answer(False)")])

    def action_scroll(self, by: int) -> None:
        self.body.scroll_lines(by)

    def action_answer(self, yes: bool) -> None:
        if not (yes and self.types):
            self.dismiss(yes)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.fits(event.value):
            self.dismiss(True)
            return
        self.wrong = True
        self.build()
        self.body.scroll_top(self.body.count)
