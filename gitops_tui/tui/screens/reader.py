"""Texts to read."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from gitops_tui.model.text import printable

CSS = """
ModalScreen { align: center middle; }
.box { width: 90%; max-width: 110; height: auto; max-height: 90%; border: solid $primary; padding: 0 1; background: $surface; }
.box VerticalScroll { height: auto; max-height: 100%; }
.box Static { width: 100%; }
"""


class Reader(ModalScreen[bool]):
    """A text that stays until dismissed. `enter` dismisses with True where `asks`."""

    DEFAULT_CSS = CSS
    BINDINGS = [
        Binding("escape,q", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
    ]

    def __init__(self, text: str, *, asks: bool = False) -> None:
        super().__init__()
        self.text = text
        self.asks = asks

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static(Text(printable(self.text, keep_newlines=True)), id="body")

    def say(self, text: str) -> None:
        self.text = text
        if self.is_mounted:
            self.query_one("#body", Static).update(Text(printable(text, keep_newlines=True)))

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes and self.asks)
