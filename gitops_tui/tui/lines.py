"""A scrolling list of lines drawn by the line API.

It scrolls by itself and remembers what it has drawn, so that one `paint` compares the new lines with the old and
repaints just the cells that differ, once, whether the cursor moved, the list scrolled or the data changed.
"""

from __future__ import annotations

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from gitops_tui.tui.paint import Palette, Pieces, regions, strip_of

_WHEEL = 3


class Lines(Widget, can_focus=False):
    """Draws `line(index, width)` for the lines in sight, with `head_rows` fixed lines above and `foot_rows` below."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Lines { width: 1fr; height: 1fr; }"

    head_rows = 0
    foot_rows = 0

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.top = 0
        self.count = 0
        self._drawn: list[Strip] = []

    # --- what a subclass says ---------------------------------------------------------------------------------

    def line(self, index: int, width: int) -> Pieces | Strip:
        raise NotImplementedError

    def head(self, y: int, width: int) -> Pieces | Strip:
        return []

    def foot(self, y: int, width: int) -> Pieces | Strip:
        return []

    # --- drawing ----------------------------------------------------------------------------------------------

    @property
    def palette(self) -> Palette:
        return Palette.of(self.app)

    @property
    def body(self) -> int:
        """How many lines are in sight."""
        return max(0, self.size.height - self.head_rows - self.foot_rows)

    @property
    def text_width(self) -> int:
        """The columns of a line; the last one is the scroll bar's."""
        return max(0, self.size.width - 1)

    def _strip(self, y: int) -> Strip:
        width = self.size.width
        palette = self.palette
        inside = y - self.head_rows
        if inside < 0:
            made = self.head(y, width)
            return made if isinstance(made, Strip) else strip_of(made, width, palette)
        if inside >= self.body:
            made = self.foot(inside - self.body, width)
            return made if isinstance(made, Strip) else strip_of(made, width, palette)
        index = self.top + inside
        made = self.line(index, width - 1) if index < self.count else []
        strip = made if isinstance(made, Strip) else strip_of(made, width - 1, palette)
        return Strip.join([strip, strip_of([self._bar(inside)], 1, palette)])

    def _bar(self, y: int) -> tuple[str, str]:
        body = self.body
        if self.count <= body:
            return " ", "text"
        size = max(1, body * body // self.count)
        at = (body - size) * self.top // max(1, self.count - body)
        return ("┃" if at <= y < at + size else " "), "muted"

    def render_line(self, y: int) -> Strip:
        if len(self._drawn) != self.size.height or (self._drawn and self._drawn[0].cell_length != self.size.width):
            self._drawn = [self._strip(each) for each in range(self.size.height)]
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)

    def paint(self) -> None:
        """Draws what is in sight and has what differs from before sent."""
        if not self.is_mounted or not self.size:
            return
        self.top = max(0, min(self.top, self.count - self.body))
        new = [self._strip(y) for y in range(self.size.height)]
        old, self._drawn = self._drawn, new
        if len(old) != len(new) or old[0].cell_length != new[0].cell_length:
            self.refresh()
        elif changed := regions(old, new):
            self.refresh(*changed)

    def repaint_all(self) -> None:
        """After a change of theme."""
        self._drawn = []
        self.refresh()

    def on_resize(self) -> None:
        self.paint()

    # --- scrolling --------------------------------------------------------------------------------------------

    def bring(self, index: int, margin: int = 0) -> None:
        """Moves the view so that the line is in sight, with `margin` lines around it where it has to move; `paint`
        follows by whoever asks."""
        body = max(1, self.body)
        margin = min(margin, body // 2)
        if index < self.top:
            self.top = max(0, index - margin)
        elif index >= self.top + body:
            self.top = min(index - body + 1 + margin, max(0, self.count - body))

    def scroll_lines(self, by: int) -> None:
        self.scroll_top(self.top + by)

    def scroll_top(self, top: int) -> None:
        """The line that stands first."""
        before, self.top = self.top, max(0, min(top, self.count - self.body))
        if self.top != before:
            self.paint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-_WHEEL)

    def bar_clicked(self, event: events.Click) -> bool:
        """Whether the click was on the scroll bar; then the view goes there."""
        if event.x != self.size.width - 1 or self.count <= self.body:
            return False
        self.scroll_top((event.y - self.head_rows) * self.count // max(1, self.body))
        return True
