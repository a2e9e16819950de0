"""`:` the command line with completion, and `ctrl+p` the palette: every key's action and every application by a word."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.text import printable
from gitops_tui.tui.commands import complete, find, parse
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.holding import HoldsKeys
from gitops_tui.tui.screens.rows import Row, Rows, row

_MOST = 12


class _Line(HoldsKeys, Dialog[str | None]):
    """A text box with a list above it. The list follows what is typed; up and down choose in it."""

    DEFAULT_CSS = "_Line { align: center bottom; }"
    BINDINGS = [
        Binding("escape,ctrl+c", "back", show=False, priority=True),
        Binding("up", "choose(-1)", show=False, priority=True),
        Binding("down", "choose(1)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
    ]

    def __init__(self, value: str = "") -> None:
        super().__init__()
        self.value = value
        self.problem = ""
        self._typed = value

    def below(self) -> ComposeResult:
        yield TextBox(self.value, select_on_focus=False)

    def extra(self) -> int:
        return 1

    @property
    def input(self) -> TextBox:
        return self.query_one(TextBox)

    def ready(self) -> None:
        super().ready()
        self.input.focus()
        # Behind the focus in the app's own queue, and before any key that comes later.
        self.host.call_later(self.host.give_held, self)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.problem = ""
        self.build()

    def first(self, rows: Sequence[Row]) -> Hashable:
        """Where the cursor goes: to the best line as soon as something else is typed, else it stays."""
        before, self._typed = self._typed, self.input.value
        return next((each.key for each in rows if each.key is not None), None) if before != self._typed else None

    def action_choose(self, by: int) -> None:
        self.body.action_move(by)

    def action_complete(self) -> None:
        """Takes what the list has first, or what was chosen in it."""

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        self.chose(event.key)

    def chose(self, key: Hashable) -> None:
        """A line was clicked a second time."""
        self.action_complete()

    @property
    def box_width(self) -> int:
        return min(self.app.size.width, 100)


class CommandScreen(_Line):
    """Answers with a whole line that parses. apps, themes: for completion."""

    def __init__(self, apps: Sequence[str], themes: Sequence[str], value: str = "") -> None:
        super().__init__(value)
        self.apps, self.themes = apps, themes

    def build(self) -> None:
        text = self.input.value
        words = text.split(" ")
        rows: list[Row] = []
        for line in complete(text, self.apps, self.themes)[:_MOST]:
            command = find(line.split(" ")[0])
            what = command.what if command and len(words) <= 1 else ""
            shown = command.usage if command and len(words) <= 1 else line
            rows.append(row((f" {printable(shown):<28}", "text"), (what, "muted"), key=line))
        command = find(words[0]) if len(words) > 1 else None
        head = [row((command.usage, "head"), (f"  {command.what}", "muted"))] if command else []
        head += self.note(self.problem, "bad", first="✗ ", indent="  ") if self.problem else []
        hints = [Hint("enter", "run"), Hint("tab", "complete", "screen.complete"), Hint("esc", "leave", "screen.back")]
        self.show(head, rows, hints, goal=self.first(rows))

    def action_complete(self) -> None:
        line = self.body.key
        if isinstance(line, str):
            command = find(line.split(" ")[0])
            more = command is not None and len(command.arguments) > line.count(" ")
            self.input.value = line + (" " if more else "")
            self.input.cursor_position = len(self.input.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        found = parse(event.value)
        if found.problem:
            self.problem = found.problem
            self.build()
            return
        self.dismiss(event.value)


class Offer(NamedTuple):
    """One line of the palette. name: what the palette answers."""

    name: str
    what: str
    keys: str = ""


class PaletteScreen(_Line):
    """Answers with the name of an Offer."""

    def __init__(self, offers: Callable[[], Sequence[Offer]]) -> None:
        super().__init__()
        self.offers = offers()

    def build(self) -> None:
        words = self.input.value.lower().split()
        found = [each for each in self.offers if all(word in each.what.lower() for word in words)]
        if words:
            found.sort(key=lambda each: (not each.what.lower().startswith(words[0]), each.what))
        # Only as many as a person would read; typing narrows it.
        rows = [
            row((f" {printable(each.what)}", "text"), (f"  {each.keys}", "head"), key=each.name)
            for each in found[: max(_MOST, self.app.size.height - 8)]
        ]
        if not rows:
            rows = [row((" nothing is called that", "muted"))]
        self.show(
            [],
            rows,
            [Hint("enter", "take"), Hint("↑ ↓", "choose"), Hint("esc", "leave", "screen.back")],
            goal=self.first(rows),
        )

    def chose(self, key: Hashable) -> None:
        if isinstance(key, str):
            self.dismiss(key)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        key = self.body.key
        if isinstance(key, str):
            self.dismiss(key)
