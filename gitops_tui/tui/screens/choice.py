"""A menu: one key, or the cursor and `enter`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.binding import Binding

from gitops_tui.model.text import printable
from gitops_tui.tui.paint import cut
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import row


class Item(NamedTuple):
    """key: the letter. what: in words. shown: the first line of what it gives. name: what the menu answers."""

    key: str
    what: str
    shown: str
    name: str


class Choice(Dialog[str | None]):
    """Answers with the name of an item, None where it was left."""

    BINDINGS = [Binding("enter", "take", show=False)]

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        super().__init__()
        self.heading, self.items = title, items

    def build(self) -> None:
        wide = max((len(each.what) for each in self.items), default=0)
        room = self.text_width - wide - 8
        rows = [
            row(
                (f" {each.key} ", "head bold"),
                (f" {each.what:<{wide}}  ", "text"),
                (cut(printable(each.shown), max(4, room)), "muted"),
                key=each.name,
            )
            for each in self.items
        ]
        self.show(
            [self.headline(self.heading)],
            rows,
            [Hint("enter", "take", "screen.take"), Hint("esc", "leave", "screen.back")],
        )

    def on_key(self, event: events.Key) -> None:
        found = next((each for each in self.items if each.key == event.character), None)
        if found:
            event.stop()
            event.prevent_default()
            self.dismiss(found.name)

    def on_rows_chosen(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        key = self.body.key
        if isinstance(key, str):
            self.dismiss(key)
