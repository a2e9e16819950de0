"""A scrolling list of lines drawn by the line API: only the rows that changed are painted."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Lines(ScrollView, can_focus=False):
    """Draws `line(y, width)` for the visible rows."""

    DEFAULT_CSS = "Lines { scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; background: $background; }"

    def line(self, y: int, width: int) -> Text:
        raise NotImplementedError

    def set_count(self, count: int) -> None:
        self.virtual_size = Size(0, count)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = y + int(self.scroll_offset.y)
        base = self.rich_style
        if index >= self.virtual_size.height:
            return Strip.blank(width, base)
        text = self.line(index, width)
        text.truncate(width, overflow="ellipsis", pad=True)
        segments = [
            Segment(s.text, base + s.style if isinstance(s.style, Style) else base)
            for s in text.render(self.app.console)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def refresh_row(self, index: int) -> None:
        y = index - int(self.scroll_offset.y)
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def show_row(self, index: int, *, margin: int = 0) -> None:
        """Scrolls so that the row is visible, without animation."""
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        if index < top + margin:
            self.scroll_to(y=max(0, index - margin), animate=False, force=True)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, force=True)

    def role(self, name: str) -> Style:
        """The theme's colour for a role, as a style."""
        theme = self.app.current_theme
        colours = {"ok": theme.success, "bad": theme.error, "warn": theme.warning, "head": theme.primary}
        if name == "muted":
            return Style(dim=True)
        colour = colours.get(name)
        return Style(color=colour) if colour and colour.startswith("#") else Style()
