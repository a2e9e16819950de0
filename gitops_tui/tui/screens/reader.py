"""Texts to read."""

from __future__ import annotations

from textual.binding import Binding

from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint


class Reader(Dialog[bool]):
    """A text that stays until dismissed. `enter` dismisses with True where `asks`."""

    BINDINGS = [
        Binding("escape,q", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
    ]

    def __init__(self, text: str, *, asks: bool = False, title: str = "") -> None:
        super().__init__()
        self.said, self.asks, self.heading = text, asks, title

    def build(self) -> None:
        self.body.reads = True
        hints = [Hint("esc", "close", "screen.answer(False)")]
        if self.asks:
            hints.insert(0, Hint("enter", "agree", "screen.answer(True)"))
        self.show([self.headline(self.heading)] if self.heading else [], self.note(self.said), hints)

    def say(self, text: str) -> None:
        self.said = text
        self.build()

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes and self.asks)
