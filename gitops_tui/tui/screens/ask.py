"""One line of text."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from gitops_tui.model.text import printable
from gitops_tui.tui.screens.reader import CSS


class Ask(ModalScreen[str | None]):
    """One line of text, or None when left."""

    DEFAULT_CSS = CSS
    BINDINGS = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self.question = question
        self.value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Text(printable(self.question, keep_newlines=True)))
            box = Input(self.value)
            box.cursor_blink = False
            yield box

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)
