"""A list of rows with a cursor, drawn by the line API: as fast with 50,000 rows as with five.

Rows are data: pieces of text with a role each. Rows without a `key` (headings, notes) are skipped by the cursor.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from textual import events
from textual.binding import Binding
from textual.message import Message

from gitops_tui.tui.lines import Lines
from gitops_tui.tui.paint import Piece, Pieces, width_of


class Row(NamedTuple):
    """One line. key: what it stands for; None where the cursor passes over it."""

    pieces: tuple[Piece, ...]
    key: Hashable = None


def row(*pieces: Piece, key: Hashable = None) -> Row:
    """A Row of its pieces."""
    return Row(pieces, key)


def wrapped(text: str, width: int, role: str = "text", *, first: str = "", indent: str = "") -> list[Row]:
    """Rows of at most `width` cells for a text of any length, broken at spaces where there are some. `text` must be
    printable; its line feeds are kept. first, indent: what stands before the first and the other rows."""
    made: list[Row] = []
    for part in text.split("\n"):
        for line in _broken(part, max(8, width - width_of(indent))):
            made.append(Row(((indent if made else first, role), (line, role))))
    return made


def _broken(text: str, width: int) -> Iterator[str]:
    while width_of(text) > width:
        at = width
        while width_of(text[:at]) > width:
            at -= max(1, (width_of(text[:at]) - width) // 2)
        space = text.rfind(" ", width // 3, at + 1)
        cut = space if space > 0 else at
        yield text[:cut]
        text = text[cut + 1 if space > 0 else cut :]
    yield text


class Rows(Lines, can_focus=True):
    """Shows what `fill` gives. `cursor` is an index into `rows`, -1 where nothing can be chosen."""

    BINDINGS = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("home,g", "end(-1)", show=False),
        Binding("end,G", "end(1)", show=False),
        Binding("left", "shift(-8)", show=False),
        Binding("right", "shift(8)", show=False),
    ]
    DEFAULT_CSS = "Rows { width: 1fr; height: 1fr; }"

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        rows: Rows
        key: Hashable

    @dataclass
    class Chosen(Message):
        """A row was clicked a second time."""

        rows: Rows
        key: Hashable

    def __init__(self, id: str | None = None, *, reads: bool = False) -> None:  # noqa: A002 - Textual's name
        """reads: a text to scroll, without a cursor."""
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self.reads = reads
        self.cursor = -1
        self.shifted = 0
        self.empty = ""
        # The ground of every line ("bar" for a head); "" for the theme's own.
        self.ground = ""

    @property
    def key(self) -> Hashable:
        """What the cursor stands on, None for nothing."""
        return self.rows[self.cursor].key if 0 <= self.cursor < len(self.rows) else None

    def fill(self, rows: Sequence[Row], *, goal: Hashable = None) -> None:
        """Shows these rows. The cursor stays on what it stands on (or goes to `goal`) where that is still there."""
        before = self.key
        wanted = goal if goal is not None else before
        here = self.cursor
        self.rows = rows
        self.count = max(1, len(rows))
        if not self.reads:
            same = 0 <= here < len(rows) and rows[here].key is not None and rows[here].key == wanted
            if not same:
                self.cursor = self._find(wanted) if wanted is not None else -1
                if self.cursor < 0:
                    self.cursor = self._near(max(0, here), 1)
            if self.cursor >= 0 and (self.cursor != here or goal is not None):
                self._bring(self.cursor)
        self.paint()
        if self.key != before:
            self.post_message(self.Moved(self, self.key))

    def _find(self, key: Hashable) -> int:
        return next((at for at, each in enumerate(self.rows) if each.key == key), -1)

    def _near(self, at: int, step: int) -> int:
        """The nearest row that can be chosen, looking first that way and then back; -1 for none."""
        for way in (step, -step):
            place = min(max(at, 0), len(self.rows) - 1)
            while 0 <= place < len(self.rows):
                if self.rows[place].key is not None:
                    return place
                place += way
        return -1

    def _bring(self, at: int) -> None:
        # The heading above the first row that can be chosen stays in sight.
        if self.body < 2:
            return  # not laid out yet
        above = at
        while above > 0 and self.rows[above - 1].key is None and at - above < 3:
            above -= 1
        self.bring(above)
        self.bring(at)

    def go(self, at: int, step: int = 1) -> None:
        """Puts the cursor on that row, or the nearest one that can be chosen."""
        place = self._near(at, step)
        if place < 0 or place == self.cursor:
            return
        self.cursor = place
        self._bring(place)
        self.paint()
        self.post_message(self.Moved(self, self.key))

    def line(self, index: int, width: int) -> Pieces:
        if index >= len(self.rows):
            return [(self.empty, "muted")]
        pieces = list(self.rows[index].pieces)
        if self.shifted:
            pieces = _shifted(pieces, self.shifted)
        if self.ground:
            return _on(pieces, width, self.ground)
        return self.under_cursor(pieces, width) if index == self.cursor and not self.reads else pieces

    def under_cursor(self, pieces: Pieces, width: int) -> Pieces:
        """The line that the cursor stands on."""
        # One colour for the whole line, as in the tree: the others may not be readable on this ground.
        text = "".join(text for text, _ in pieces)
        return [(text + " " * max(0, width - width_of(text)), "selected" if self.has_focus else "blurred")]

    def blur(self) -> Self:
        """Does nothing: Textual would give the focus to a neighbour whenever the list has no size for a moment, and
        keys would land in a text box."""
        return self

    def on_resize(self) -> None:
        if self.cursor >= 0:
            self._bring(self.cursor)

    def on_focus(self) -> None:
        self.paint()

    def on_blur(self) -> None:
        self.paint()

    def action_move(self, by: int) -> None:
        if self.reads or self.cursor < 0:
            self.scroll_lines(by)
            return
        place = self.cursor + by
        while 0 <= place < len(self.rows) and self.rows[place].key is None:
            place += by
        if 0 <= place < len(self.rows):
            self.go(place, by)
        else:
            self.scroll_lines(by)  # notes below the last row that can be chosen

    def action_page(self, way: int) -> None:
        step = max(1, self.body - 1) * way
        if self.reads or self.cursor < 0:
            self.scroll_lines(step)
        else:
            self.scroll_lines(step)
            self.go(self.cursor + step, way)

    def action_end(self, way: int) -> None:
        if self.reads or self.cursor < 0:
            self.scroll_top(0 if way < 0 else self.count)
        else:
            self.scroll_top(0 if way < 0 else self.count)
            self.go(0 if way < 0 else len(self.rows) - 1, -way)

    def action_shift(self, by: int) -> None:
        """Shows what stands further right, or left again."""
        self.shifted = max(0, self.shifted + by)
        self.paint()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if self.bar_clicked(event):
            return
        at = self.top + event.y
        if self.reads or at >= len(self.rows) or self.rows[at].key is None:
            return
        if at == self.cursor:
            self.post_message(self.Chosen(self, self.key))
        else:
            self.go(at)


def _on(pieces: Pieces, width: int, ground: str) -> Pieces:
    """The pieces on another ground, to the end of the line."""
    used = sum(width_of(text) for text, _ in pieces)
    return [(text, f"{role} on {ground}") for text, role in (*pieces, (" " * max(0, width - used), "text"))]


def _shifted(pieces: Pieces, by: int) -> Pieces:
    made: Pieces = []
    for text, role in pieces:
        if by >= len(text):
            by -= len(text)
            continue
        made.append((text[by:], role))
        by = 0
    return made
