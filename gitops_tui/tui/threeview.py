"""The three-way view of the right pane: three columns where there is room, one with named lines elsewhere. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.drift import Moved
from gitops_tui.model.text import printable
from gitops_tui.model.threeway import ThreeWay, ThreeWayRow
from gitops_tui.tui.diffview import Look, most_chunks, shift_of
from gitops_tui.tui.paint import Pieces, chunk, chunk_count, cut, cut_start, width_of
from gitops_tui.tui.spread import Spread
from gitops_tui.tui.words import plural

# Three columns need this many cells; below that lines stand one under the other.
COLUMNS_FROM = 84
_NAME = 10
_GIT = (Moved.GIT, Moved.BOTH)
_CLUSTER = (Moved.CLUSTER, Moved.BOTH)
_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)


class ThreeLine(NamedTuple):
    """One line: a row, or one side of it by its `name`; which part, where it is wrapped."""

    row: ThreeWayRow
    part: int = 0
    name: str | None = None
    cell: DiffCell | None = None


class ThreeLines:
    """Lines for a width: `lines`, drawn by `draw`; `changes`, at which of them each change starts; the row of each
    change."""

    def __init__(self, found: ThreeWay, look: Look, width: int) -> None:
        from gitops_tui.compare.threeway import folded, sides_of  # pulls in the schemas: after the first paint

        self.look, self.width = look, width
        self.columns = width >= COLUMNS_FROM and not look.unified
        self._sides = sides_of
        # The cells of a line's text where it is wrapped.
        self._room = max(1, self.widths[0] - 2 if self.columns else width - _NAME - 1)
        rows = folded(found.rows, look.context)
        self._rows, self._truncated = rows.rows, rows.truncated
        heights = [self._height(row) for row in rows.rows]
        self.lines = Spread([*heights, 1] if rows.truncated else heights, self._line)
        self.changes = [self.lines.start(at) for at in rows.changes]
        self.rows = [rows.rows[at] for at in rows.changes]

    def _height(self, row: ThreeWayRow) -> int:
        """How many lines a row takes."""
        if self.columns:
            return most_chunks((row.last, row.desired, row.live), self._room) if self.look.wrap else 1
        return 1 if row.kind is RowKind.FOLD else sum(self._parts(cell) for _, cell in self._sides(row))

    def _parts(self, cell: DiffCell | None) -> int:
        return chunk_count(cell.text, self._room) if self.look.wrap and cell is not None else 1

    def _line(self, at: int, part: int) -> ThreeLine | Pieces:
        if at == len(self._rows):
            return [(f" … {plural(self._truncated, 'more line')} at least", "muted")]
        row = self._rows[at]
        if row.kind is RowKind.FOLD:
            said = f" ⋯ {plural(row.folded, 'line')} that nobody moved"
            place = cut_start(printable(row.path), self.width - width_of(said) - 7)
            return [(f"{said} · in {place}" if len(place) > 1 else said, "muted")]
        if self.columns:
            return ThreeLine(row, part)
        for name, cell in self._sides(row):
            if part < (parts := self._parts(cell)):
                return ThreeLine(row, part, name, cell)
            part -= parts
        raise IndexError(part)

    @property
    def widths(self) -> tuple[int, int, int]:
        """Cells of each column, the two bars between them aside."""
        each = (self.width - 2) // 3
        return each, each, self.width - 2 - 2 * each

    def head(self, cluster: str, revision: str, now: str) -> Pieces:
        """What stands in which column."""
        last, git = f"last sync {revision[:7]}", f"Git now {now[:7]}".rstrip()
        if not self.columns:
            return [(f" last {revision[:7]}", "muted"), (f" · {git}", "git"), (f" · live {cluster}", "cluster")]
        one, two, _ = self.widths
        return [
            (f" {cut(last, one - 1)}".ljust(one), "muted"),
            ("│", "muted"),
            (f" {cut(git, two - 1)}".ljust(two), "git"),
            ("│", "muted"),
            (f" live {cluster}", "cluster"),
        ]

    def draw(self, line: ThreeLine) -> Pieces:
        """One line in colours."""
        return self._three(line.row, line.part) if line.name is None else self._one(line)

    def _three(self, row: ThreeWayRow, part: int) -> Pieces:
        quiet = row.kind not in _COUNTED and not row.moved
        sides = (
            (row.last, "muted", row.moved is not Moved.NONE and row.last is not None, "", ""),
            (row.desired, "muted" if quiet and row.desired is None else "text", row.moved in _GIT, "git", "≠"),
            (row.live, "muted" if row.desired is None and quiet else "text", row.moved in _CLUSTER, "cluster", "≠"),
        )
        shift = shift_of((row.last, row.desired, row.live), self.look, self.widths[0] - 2)
        pieces: Pieces = []
        for at, ((cell, base, changed, name, sign), width) in enumerate(zip(sides, self.widths, strict=True)):
            role = f"{name} on {name}-ground" if changed and name else base
            start = f"{sign if changed and sign and not part else ' '} "
            said = cut(self._text(cell, width - 2, part, shift), width - 2)
            pieces += [("│", "muted")] if at else []
            pieces.append((start + said + " " * max(0, width - 2 - width_of(said)), role))
        return pieces

    def _one(self, line: ThreeLine) -> Pieces:
        row, name = line.row, line.name or ""
        role, ground = "text", ""
        if name == "~":
            role = "muted"
        elif "live" in name and "Git" not in name:
            role, ground = "cluster", " on cluster-ground" if row.moved in _CLUSTER else ""
        elif "Git" in name:
            role, ground = "git", " on git-ground" if row.moved in _GIT else ""
        elif name == "last":
            role = "muted"
        room = self._room
        shift = shift_of([cell for _, cell in self._sides(row)], self.look, room)
        said = cut(self._text(line.cell, room, line.part, shift), room)
        shown = name if not line.part else ""
        return [(f" {shown:<{_NAME}}", f"bold {role}" if name else "muted"), (said, role + ground)]

    def _text(self, cell: DiffCell | None, room: int, part: int, shift: tuple[int, int]) -> str:
        room = max(1, room)
        if cell is None:
            return ""
        if self.look.wrap:
            return chunk(cell.text, room, part)[1]
        if shift[1]:
            return f"{cell.text[: shift[0]]}…{cell.text[shift[1] : shift[1] + 2 * room]}"
        return cell.text[self.look.left : self.look.left + 2 * room]
