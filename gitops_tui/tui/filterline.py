"""The line in which a filter is typed; it takes the footer's place meanwhile. The tree follows while one types."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

# Long enough for a word typed quickly to be looked up once.
_PAUSE = 0.1


class FilterLine(Horizontal):
    """Hidden until `begin`."""

    DEFAULT_CSS = """
    FilterLine { height: 1; width: 100%; display: none; background: $panel; }
    FilterLine.open { display: block; }
    FilterLine Static { width: auto; background: $panel; }
    FilterLine Input, FilterLine Input:focus { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    """

    @dataclass
    class Changed(Message):
        text: str

    @dataclass
    class Moved(Message):
        """The arrows move the tree's cursor while one types."""

        by: int

    @dataclass
    class Closed(Message):
        """Done; the text stays as the filter ("" for none)."""

        text: str

    def __init__(self) -> None:
        super().__init__(id="filter")
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(Text(" / "))
        # The focus comes as an event behind the first letters: what it selected, the next letter would take the place of.
        hint = "text kind: ns: status: health: app:   enter keeps, esc clears"
        box = Input(placeholder=hint, select_on_focus=False)
        box.cursor_blink = False
        box.can_focus = False
        yield box

    @property
    def box(self) -> Input:
        return self.query_one(Input)

    @property
    def is_open(self) -> bool:
        return self.has_class("open")

    def begin(self, text: str) -> None:
        """Opens with the filter that is in force."""
        with self.prevent(Input.Changed):
            self.box.value = text
        self.box.cursor_position = len(text)
        self.add_class("open")
        self.screen.add_class("filtering")
        self.box.can_focus = True
        self.screen.set_focus(self.box)

    def _close(self, text: str) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.remove_class("open")
        self.screen.remove_class("filtering")
        self.screen.set_focus(None)
        self.box.can_focus = False
        self.post_message(self.Closed(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, lambda: self.post_message(self.Changed(self.box.value)))

    async def take(self, event: events.Key) -> None:
        """One key, done with when this returns."""
        event.stop()
        if event.key == "escape":
            self._close("")
        elif event.key == "enter":
            self._close(self.box.value)
        elif event.key in ("up", "down"):
            self.post_message(self.Moved(1 if event.key == "down" else -1))
        elif event.is_printable and event.character is not None:
            self.box.insert_text_at_cursor(event.character)
        else:
            for binding in self.box._bindings.key_to_bindings.get(event.key, ()):
                await self.app.run_action(binding.action, self.box)
