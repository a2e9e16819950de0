"""One line of text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint


class TextBox(Input):
    """An Input of one line without a frame, whose cursor doesn't blink (idle sends nothing). The focus selects nothing: it
    comes behind the first letters on a slow line, and the next one would take their place."""

    DEFAULT_CSS = """
    TextBox { height: 1; border: none; padding: 0; background: $panel; }
    TextBox:focus { border: none; }
    """

    def on_mount(self) -> None:
        self.cursor_blink = False
        self.select_on_focus = False


class Ask(Dialog[str | None]):
    """One line of text, or None when left."""

    BINDINGS = [Binding("escape", "back", show=False)]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self.question, self.value = question, value

    def below(self) -> ComposeResult:
        yield TextBox(self.value)

    def extra(self) -> int:
        return 1

    def ready(self) -> None:
        super().ready()
        self.query_one(Input).focus()

    def build(self) -> None:
        self.show(self.note(self.question), [], [Hint("enter", "takes it", ""), Hint("esc", "leaves", "screen.back")])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)
