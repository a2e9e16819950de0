"""Where the changes of a diff begin, which equal rows are folded away, and the diff as plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress, pairwise
from typing import TypeVar

from gitops_tui.model import fieldpath
from gitops_tui.model.diff import DiffCell, DiffRow, DiffRows, RowKind
from gitops_tui.model.threeway import ThreeWayRow
from gitops_tui.records import replace

_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)


def is_change(row: DiffRow) -> bool:
    """Whether it tells a difference that counts."""
    return row.kind in _COUNTED or (row.difference is not None and not row.difference.ignored_by)


def changes(rows: list[DiffRow]) -> list[int]:
    """The indexes at which changes begin."""
    found = []
    before = False
    for at, row in enumerate(rows):
        counted = is_change(row)
        if counted and (not before or row.difference is not None):
            found.append(at)
        before = counted
    return found


def first_line(row: DiffRow) -> str:
    """The text of a row, Git's before the cluster's."""
    cell = row.left or row.right
    return cell.text if cell is not None else ""


_NEAR = 40
_Row = TypeVar("_Row", DiffRow, ThreeWayRow)


def place(rows: Sequence[_Row], at: int, counts: Callable[[_Row], bool], line: Callable[[_Row], str]) -> str:
    """Where the change is that comes next in rows[at:], where none of the rows before it tells that: "" otherwise.
    counts: whether a row tells a change; line: a row's text."""

    def begins_item(row: _Row) -> bool:
        return line(row).lstrip().startswith("- ")

    def heads(each: int, path: str) -> bool:
        """Whether a row is the first of a field or of a list's item."""
        row = rows[each]
        if row.path == path:
            return each == 0 or rows[each - 1].path != path
        return begins_item(row) and fieldpath.parent(row.path) == path

    # A change that is kept in sight begins within its context.
    near = next((near for near in range(at, min(len(rows), at + _NEAR)) if counts(rows[near])), None)
    if near is None:
        return ""
    row = rows[near]
    if near > 0 and rows[near - 1].path == row.path:
        found = row.path  # a line of a text of several
    else:
        found = fieldpath.parent(row.path)
        found = fieldpath.parent(found) if begins_item(row) else found
    return "" if any(heads(each, found) for each in range(at, near)) else found


def loud(rows: Sequence[DiffRow]) -> list[DiffRow]:
    """The rows without what is no drift (set in the cluster only, or hidden by a rule), but for the headings above a
    change."""
    above: set[str] = set()
    made: list[DiffRow] = []
    for row in reversed(rows):
        if row.kind in (RowKind.EXTRA, RowKind.IGNORED):
            if row.path not in above:
                continue
            row = replace(row, kind=RowKind.EQUAL)
        elif is_change(row):
            path = row.path
            while path and (path := fieldpath.parent(path)) not in above:
                above.add(path)
        made.append(row)
    return made[::-1]


def lined_in(rows: Sequence[DiffRow]) -> dict[str, bool]:
    """The fields whose texts stand line by line, and whether as JSON."""
    found: dict[str, bool] = {}
    for row, after in pairwise(rows):
        if row.path and row.path == after.path and row.path not in found:
            found[row.path] = "  # JSON" in first_line(row)
    return found


def runs(tells: Sequence[bool], context: int) -> Iterator[tuple[int, int, bool]]:
    """The rows in runs (from, to, whether it is folded away). tells: which of them tell something; `context` rows around
    those are kept, and so are runs of two others at the most."""
    total = len(tells)
    begin = end = 0
    for at in compress(range(total), tells):
        first = max(0, at - context)
        if first - end > 2:
            if end > begin:
                yield begin, end, False
            yield end, first, True
            begin = first
        end = min(total, at + context + 1)
    if total - end > 2:
        if end > begin:
            yield begin, end, False
        yield end, total, True
    elif total:
        yield begin, total, False


def folded(rows: list[DiffRow], context: int) -> tuple[list[DiffRow], list[int]]:
    """The rows with longer runs of equal ones folded, `context` of them kept around what differs or is ignored."""
    tells = [is_change(row) or row.kind is RowKind.IGNORED for row in rows]
    if not any(tells):
        return rows, []
    made: list[DiffRow] = []
    for start, end, away in runs(tells, context):
        made += [fold_of(rows, start, end)] if away else rows[start:end]
    return made, changes(made)


def fold_of(rows: Sequence[DiffRow], start: int, end: int) -> DiffRow:
    """The row that stands for rows[start:end]."""
    return DiffRow(RowKind.FOLD, None, None, place(rows, end, is_change, first_line), folded=end - start)


def unified(diff: DiffRows) -> list[tuple[str, str]]:
    """The rows as (sign, text): "-" what the cluster has, "+" what Git has, " " both, "~" only in the cluster and no
    drift, "…" a fold. As `kubectl diff`: applying turns "-" into "+"."""
    made: list[tuple[str, str]] = []
    plus: list[tuple[str, str]] = []

    def flush() -> None:
        made.extend(plus)
        plus.clear()

    for row in diff.rows:
        if row.kind in _COUNTED:
            if row.right is not None:
                made.append(("-", row.right.text))
            if row.left is not None:
                plus.append(("+", row.left.text))
            continue
        flush()
        if row.kind is RowKind.FOLD:
            made.append(("…", f"{row.folded} lines{f', in {row.path}' if row.path else ''}"))
        elif row.kind in (RowKind.EXTRA, RowKind.IGNORED):
            made.append(("~", (row.right or row.left or DiffCell(0, "")).text))
        elif row.left is not None or row.right is not None:
            made.append((" ", (row.left or row.right or DiffCell(0, "")).text))
    flush()
    return made
