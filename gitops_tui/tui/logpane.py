"""The lines of a log on the screen: drawn by the line API, so that 50,000 lines cost what a screenful costs.

The place is kept as a position in the buffer's view, not as a number of rows: wrapped lines need no counting, and what is
read stays where it is while old lines go and new ones come.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding
from textual.strip import Strip

from gitops_tui.model.logs import LogFeed, LogLine
from gitops_tui.model.logtext import short_time, shown
from gitops_tui.model.text import printable
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.logbuffer import LogBuffer
from gitops_tui.tui.paint import SOURCE_ROLES, Pieces, cut_middle, strip_of, width_of

_LABEL = 34
_SIDEWAYS = 16


class Look(NamedTuple):
    """How lines are shown. left: cells that are scrolled past, where lines are not wrapped."""

    wrap: bool = False
    times: bool = False
    json: bool = True
    left: int = 0


class _Place(NamedTuple):
    """A row: the position of its line and which of the line's rows it is."""

    position: int
    part: int


class LogPane(Lines, can_focus=True):
    """Shows a LogBuffer. following: the end stays in sight."""

    BINDINGS = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f,space", "page(1)", show=False),
        Binding("home,g", "top", show=False),
        Binding("end,G", "bottom", show=False),
        Binding("left", "shift(-1)", show=False),
        Binding("right", "shift(1)", show=False),
    ]
    DEFAULT_CSS = "LogPane { width: 1fr; height: 1fr; }"

    def __init__(self, buffer: LogBuffer, feed: LogFeed) -> None:
        super().__init__("log")
        self.buffer, self.feed = buffer, feed
        self.look = Look()
        self.following = True
        self.hit = -1
        self.empty = ""
        self._place = _Place(0, 0)
        self._rows: list[tuple[_Place, Pieces]] = []
        self._labels: list[tuple[str, str]] = []

    # --- what is in sight -------------------------------------------------------------------------------------------

    def paint(self) -> None:
        if not self.is_mounted or not self.size:
            return
        self._name_sources()
        self._rows = self._window()
        first = self._rows[0][0].position - self.buffer.first if self._rows else 0
        body = self.body
        self.count = max(len(self.buffer.view), len(self._rows), 1)
        if self.look.wrap and len(self._rows) == body:
            self.count = max(self.count, first + body)
        self.top = max(0, min(first, self.count - body))
        super().paint()

    def line(self, index: int, width: int) -> Pieces | Strip:
        at = index - self.top
        if not self._rows:
            return [(self.empty, "muted")] if at == 0 else []
        if at >= len(self._rows):
            return []
        place, pieces = self._rows[at]
        if place.position == self.hit:
            return strip_of([(text, f"{role} on blurred") for text, role in pieces], width, self.palette, "on blurred")
        return pieces

    def _window(self) -> list[tuple[_Place, Pieces]]:
        buffer, body = self.buffer, self.body
        if not buffer.view or not body:
            return []
        if not self.following:
            rows: list[tuple[_Place, Pieces]] = []
            position = max(self._place.position, buffer.first)
            skip = self._place.part if position == self._place.position else 0
            while len(rows) < body and position < buffer.end:
                rows += self._line_rows(position)[skip:]
                skip, position = 0, position + 1
            if len(rows) >= body or (rows and rows[0][0] == (buffer.first, 0)):
                rows = rows[:body]
                self._place = rows[0][0]
                return rows
        rows = []
        position = buffer.end - 1
        while len(rows) < body and position >= buffer.first:
            rows = self._line_rows(position) + rows
            position -= 1
        rows = rows[-body:]
        self._place = rows[0][0]
        return rows

    def _line_rows(self, position: int) -> list[tuple[_Place, Pieces]]:
        line = self.buffer.at(position)
        if line is None:
            return []
        head, text = self._head(line), shown(line.text, json=self.look.json and not line.note)
        if line.note:
            text = f"— {text} —"
        role = "warn" if line.note else "text"
        width = self.text_width
        room = max(10, width - sum(width_of(each) for each, _ in head))
        if not self.look.wrap:
            return [(_Place(position, 0), head + self._marked(_from(text, self.look.left), role))]
        parts = _broken(text, room)
        blank: Pieces = [(" " * (width - room), "text")] if width > room else []
        return [
            (_Place(position, at), (head if at == 0 else blank) + self._marked(part, role))
            for at, part in enumerate(parts)
        ]

    def _head(self, line: LogLine) -> Pieces:
        pieces: Pieces = []
        if self.look.times and not line.note:
            pieces.append((f"{printable(short_time(line.time))} ", "muted"))
        if len(self._labels) > 1 and 0 <= line.source < len(self._labels):
            label, role = self._labels[line.source]
            pieces.append((f"{label} ", role))
        return pieces

    def _marked(self, text: str, role: str) -> Pieces:
        """The text with what is searched for marked."""
        wanted = self.buffer.search.lstrip("!")
        if not wanted:
            return [(text, role)]
        within = text.lower() if wanted == wanted.lower() else text
        if len(within) != len(text):
            return [(text, role)]  # a letter whose small form is longer: places would not fit
        pieces: Pieces = []
        at = 0
        while (found := within.find(wanted, at)) >= 0:
            pieces += [(text[at:found], role), (text[found : found + len(wanted)], "selected bold")]
            at = found + len(wanted)
        return [*pieces, (text[at:], role)]

    def _name_sources(self) -> None:
        sources = self.feed.sources
        if len(self._labels) == len(sources):
            return
        pods = [each.pod for each in sources]
        common = _same_start(pods) if len(set(pods)) > 1 else ""
        several = len({each.container for each in sources}) > 1
        names = [
            cut_middle(
                printable(
                    (each.pod[len(common) :] or each.pod) + (f"/{each.container}" if several else "")
                    if len(set(pods)) > 1
                    else each.container
                ),
                _LABEL,
            )
            for each in sources
        ]
        wide = max(map(width_of, names), default=0)
        order = {source: at for at, source in enumerate(sorted(set(sources)))}
        self._labels = [
            (name + " " * (wide - width_of(name)), SOURCE_ROLES[order[source] % len(SOURCE_ROLES)])
            for name, source in zip(names, sources, strict=True)
        ]

    # --- moving -----------------------------------------------------------------------------------------------------

    def scroll_lines(self, by: int) -> None:
        if by < 0:
            self.following = False
            place = self._place
            position, part = place.position, place.part + by
            while part < 0 and position > self.buffer.first:
                position -= 1
                part += len(self._line_rows(position)) if self.look.wrap else 1
            self._place = _Place(position, max(0, part))
        elif self._rows and not self.following:
            if by < len(self._rows):
                self._place = self._rows[by][0]
            else:
                self._place = _Place(self._rows[-1][0].position + 1 + by - len(self._rows), 0)
            self._stick()
        self.paint()

    def _stick(self) -> None:
        """At the end the view follows by itself again."""
        last = self._rows[-1][0] if self._rows else None
        if last is not None and self._place.position >= self.buffer.end:
            self.following = True
        elif len(rows := self._window()) and rows[-1][0].position == self.buffer.end - 1 and len(rows) <= self.body:
            whole = self._line_rows(self.buffer.end - 1)
            self.following = rows[-1][0].part == len(whole) - 1

    def scroll_top(self, top: int) -> None:
        self.following = False
        self._place = _Place(self.buffer.first + max(0, min(top, len(self.buffer.view) - 1)), 0)
        self._stick()
        self.paint()

    def go(self, position: int) -> None:
        """Brings a line into sight, a third from the top where it was not."""
        self.following = False
        if not any(place.position == position for place, _ in self._rows):
            self._place = _Place(max(self.buffer.first, position - self.body // 3), 0)
        self.hit = position
        self.paint()

    @property
    def here(self) -> int:
        """Where a search begins: the hit that is shown, else the line above the first one in sight."""
        if any(place.position == self.hit for place, _ in self._rows):
            return self.hit
        return self._rows[0][0].position - 1 if self._rows else -1

    def action_move(self, by: int) -> None:
        self.scroll_lines(by)

    def action_page(self, way: int) -> None:
        self.scroll_lines(way * max(1, self.body - 1))

    def action_top(self) -> None:
        self.following = False
        self._place = _Place(self.buffer.first, 0)
        self.paint()

    def action_bottom(self) -> None:
        self.following = True
        self.paint()

    def action_shift(self, way: int) -> None:
        if not self.look.wrap:
            self.look = self.look._replace(left=max(0, self.look.left + way * _SIDEWAYS))
            self.paint()

    @property
    def text(self) -> str:
        """What is in sight, as plain text."""
        return "\n".join("".join(text for text, _ in pieces) for _, pieces in self._rows)


def _same_start(names: list[str]) -> str:
    """What all names begin with, up to a dash."""
    low, high = min(names), max(names)
    at = next((at for at, (one, two) in enumerate(zip(low, high, strict=False)) if one != two), len(low))
    return low[: low.rfind("-", 0, at) + 1]


def _from(text: str, cells: int) -> str:
    if not cells:
        return text
    if text.isascii():
        return text[cells:]
    at = used = 0
    while at < len(text) and used < cells:
        used += width_of(text[at])
        at += 1
    return text[at:]


def _broken(text: str, width: int) -> list[str]:
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    parts, begun, used = [], 0, 0
    for at, letter in enumerate(text):
        size = width_of(letter)
        if used + size > width:
            parts.append(text[begun:at])
            begun, used = at, 0
        used += size
    return [*parts, text[begun:]]
