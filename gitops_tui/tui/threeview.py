"""The three-way view of the right pane: three columns where there is room, one with named lines elsewhere. Pure."""

from __future__ import annotations

from rich.cells import chop_cells

from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.drift import FieldDifference, Moved
from gitops_tui.model.threeway import ThreeWay, ThreeWayRow
from gitops_tui.tui.diffview import Look
from gitops_tui.tui.paint import Pieces, cut, width_of
from gitops_tui.tui.words import plural

# Three columns need this many cells; below that lines stand one under the other.
COLUMNS_FROM = 84
_NAME = 10
_GIT = (Moved.GIT, Moved.BOTH)
_CLUSTER = (Moved.CLUSTER, Moved.BOTH)
_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)


class ThreeLines:
    """Lines made for a width: `lines`; `changes`, at which of them each change starts; the difference of each change."""

    def __init__(self, found: ThreeWay, look: Look, width: int) -> None:
        from gitops_tui.compare.threeway import folded  # pulls in the schemas: after the first paint

        self.look, self.width = look, width
        self.columns = width >= COLUMNS_FROM and not look.unified
        self.lines: list[Pieces] = []
        self.changes: list[int] = []
        self.differences: list[FieldDifference | None] = []
        rows = folded(found.rows, look.context)
        starts = set(rows.changes)
        for at, row in enumerate(rows.rows):
            if at in starts:
                self.changes.append(len(self.lines))
                self.differences.append(row.difference)
            if row.kind is RowKind.FOLD:
                self.lines.append([(f" ⋯ {plural(row.folded, 'line')} that nobody moved", "muted")])
            elif self.columns:
                self._three(row)
            else:
                self._one(row)
        if rows.truncated:
            self.lines.append([(f" … {plural(rows.truncated, 'more line')} at least", "muted")])

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

    def _three(self, row: ThreeWayRow) -> None:
        quiet = row.kind not in _COUNTED and not row.moved
        sides = (
            (row.last, "muted", row.moved is not Moved.NONE and row.last is not None, "", ""),
            (row.desired, "muted" if quiet and row.desired is None else "text", row.moved in _GIT, "git", "≠"),
            (row.live, "muted" if row.desired is None and quiet else "text", row.moved in _CLUSTER, "cluster", "≠"),
        )
        chunks = [self._chunks(cell, width - 2) for (cell, *_), width in zip(sides, self.widths, strict=True)]
        for part in range(max(map(len, chunks)) or 1):
            pieces: Pieces = []
            for at, ((_, base, changed, name, sign), width) in enumerate(zip(sides, self.widths, strict=True)):
                text = chunks[at][part] if part < len(chunks[at]) else ""
                role = f"{name} on {name}-ground" if changed and name else base
                start = f"{sign if changed and sign and not part else ' '} "
                said = cut(text, width - 2)
                pieces += [("│", "muted")] if at else []
                pieces.append((start + said + " " * max(0, width - 2 - width_of(said)), role))
            self.lines.append(pieces)

    def _one(self, row: ThreeWayRow) -> None:
        from gitops_tui.compare.threeway import sides_of

        for name, text in sides_of(row):
            role, ground = "text", ""
            if name == "~":
                role = "muted"
            elif "live" in name and "Git" not in name:
                role, ground = "cluster", " on cluster-ground" if row.moved in _CLUSTER else ""
            elif "Git" in name and name != "":
                role, ground = "git", " on git-ground" if row.moved in _GIT else ""
            elif name == "last":
                role = "muted"
            cell = DiffCell(0, text)
            for part, chunk in enumerate(self._chunks(cell, self.width - _NAME - 1)):
                shown = name if not part else ""
                said = cut(chunk, self.width - _NAME - 1)
                pieces: Pieces = [(f" {shown:<{_NAME}}", f"bold {role}" if name else "muted"), (said, role + ground)]
                self.lines.append(pieces)

    def _chunks(self, cell: DiffCell | None, room: int) -> list[str]:
        if cell is None:
            return []
        if not self.look.wrap:
            return [cell.text[self.look.left : self.look.left + 2 * max(1, room)]]
        return chop_cells(cell.text, max(1, room)) or [""]
