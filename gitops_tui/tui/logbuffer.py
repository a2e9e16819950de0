"""The lines that the view of logs keeps: a ring with a filter and a search over it. Knows no screen.

Positions are counted from the first line that ever came into the view, so that they stay what they are while old lines go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import attrgetter

from gitops_tui.model.logs import LogLine

_CHARS_A_LINE = 512
# How far back a line that comes late is put in its place by its time.
_REORDER = 2_000
_time = attrgetter("time")


def matcher(text: str) -> Callable[[LogLine], bool] | None:
    """Whether a line has that text; small letters find both cases, "!" in front turns it round. None for no text."""
    negative = text.startswith("!") and len(text) > 1
    wanted = text[1:] if negative else text
    if not wanted:
        return None
    if wanted == wanted.lower():
        found: Callable[[LogLine], bool] = lambda line: wanted in line.text.lower()  # noqa: E731
    else:
        found = lambda line: wanted in line.text  # noqa: E731
    return (lambda line: line.note or not found(line)) if negative else (lambda line: line.note or found(line))


def _timed(lines: Sequence[LogLine], last: str) -> list[LogLine]:
    """Lines without a time take that of the line before, so that they stay behind it."""
    made = []
    for line in lines:
        last = line.time or last
        made.append(line if line.time else line._replace(time=last))
    return made


class LogBuffer:
    """At most `limit` lines, and at most 512 characters a line on the whole; the oldest go first.

    view: the lines that the filter lets through. first: the position of view[0]. hits: positions of the lines that the
    search finds, ascending. dropped: how many lines are gone.
    """

    def __init__(self, limit: int) -> None:
        self.limit = max(100, limit)
        self.lines: list[LogLine] = []
        self.view: list[LogLine] = []
        self.first = 0
        self.hits: list[int] = []
        self.dropped = 0
        self.filter = self.search = ""
        self._fits: Callable[[LogLine], bool] | None = None
        self._finds: Callable[[LogLine], bool] | None = None
        self._chars = 0

    @property
    def end(self) -> int:
        """The position behind the last line."""
        return self.first + len(self.view)

    def clear(self) -> None:
        """Forgets all lines; filter and search stay."""
        self.first, self.dropped, self._chars = 0, 0, 0
        self.lines, self.view, self.hits = [], [], []

    def at(self, position: int) -> LogLine | None:
        index = position - self.first
        return self.view[index] if 0 <= index < len(self.view) else None

    # --- lines come -------------------------------------------------------------------------------------------------

    def add(self, batch: Sequence[LogLine]) -> None:
        """Takes lines in, by their times where several sources speak at once."""
        if not batch:
            return
        if len(batch) > self.limit:
            self.dropped += len(batch) - self.limit
            batch = batch[-self.limit :]
        last = self.lines[-1].time if self.lines else ""
        lines = list(batch)
        if not all(map(_time, lines)):
            lines = _timed(lines, last)
        if any(one.time > two.time for one, two in pairwise(lines)):
            lines.sort(key=_time)
        if lines[0].time < last:
            lines = self._late(lines[0].time, lines)
        self.lines += lines
        self._chars += sum(len(line.text) for line in lines)
        self._show(lines)
        self._shrink()

    def _late(self, first: str, lines: list[LogLine]) -> list[LogLine]:
        """The lines with those that stood behind their place, which are taken out."""
        low = max(0, len(self.lines) - _REORDER)
        start = bisect_right(self.lines, first, lo=low, key=_time)
        back = self.lines[start:]
        if not back:
            return lines
        del self.lines[start:]
        self._chars -= sum(len(line.text) for line in back)
        shown = sum(map(self._fits, back)) if self._fits else len(back)
        if shown:
            del self.view[len(self.view) - shown :]
        del self.hits[bisect_left(self.hits, self.end) :]
        return sorted([*back, *lines], key=_time)

    def _show(self, lines: Sequence[LogLine]) -> None:
        shown = [line for line in lines if self._fits(line)] if self._fits else lines
        start = self.end
        self.view += shown
        if self._finds:
            finds = self._finds
            self.hits += [start + at for at, line in enumerate(shown) if not line.note and finds(line)]

    def _shrink(self) -> None:
        over = max(0, len(self.lines) - self.limit)
        chars = self._chars - sum(len(line.text) for line in self.lines[:over])
        while chars > self.limit * _CHARS_A_LINE and over < len(self.lines) - 1:
            chars -= len(self.lines[over].text)
            over += 1
        if not over:
            return
        gone = self.lines[:over]
        shown = sum(map(self._fits, gone)) if self._fits else over
        del self.lines[:over]
        del self.view[:shown]
        self.first += shown
        self.dropped += over
        self._chars = chars
        del self.hits[: bisect_left(self.hits, self.first)]

    # --- filter and search ------------------------------------------------------------------------------------------

    def set_filter(self, text: str) -> None:
        """Shows only lines that have that text ("!text": that have it not); "" shows all."""
        if text == self.filter:
            return
        self.filter, self._fits = text, matcher(text)
        self.view = [line for line in self.lines if self._fits(line)] if self._fits else list(self.lines)
        self.first, self.hits = 0, []
        self._find_all()

    def set_search(self, text: str) -> None:
        """What n and N go to; "" for nothing."""
        if text == self.search:
            return
        self.search, self._finds = text, matcher(text.lstrip("!"))
        self._find_all()

    def _find_all(self) -> None:
        finds = self._finds
        first = self.first
        self.hits = [first + at for at, line in enumerate(self.view) if finds(line) and not line.note] if finds else []

    def next_hit(self, position: int, step: int) -> int | None:
        """The next (1) or previous (-1) hit beyond a position, from the other end where there is none; None for no hit."""
        if not self.hits:
            return None
        if step > 0:
            at = bisect_right(self.hits, position)
            return self.hits[at if at < len(self.hits) else 0]
        return self.hits[bisect_left(self.hits, position) - 1]

    def hit_number(self, position: int) -> int:
        """Which of the hits stands at a position, from 1; 0 for none."""
        at = bisect_left(self.hits, position)
        return at + 1 if at < len(self.hits) and self.hits[at] == position else 0
