"""Rows of a three-way diff: what Git said at the last sync, what it says now, and the cluster.

Two diffs of Git now, one beside the cluster and one beside the last sync, put together row by row: lines of Git now meet
by their path and text, lines that Git has no longer by their path. Values that are to be masked are masked first, with the
same marks on all three sides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.compare.blame import three_way
from gitops_tui.compare.compare import CLIENT_MANAGERS, compare
from gitops_tui.compare.fold import lined_in, place, runs
from gitops_tui.compare.rows import diff_rows
from gitops_tui.compare.show import Masks, masked_keys
from gitops_tui.compare.values import normalised
from gitops_tui.model.diff import DiffCell, DiffRow, DiffRows, RowKind
from gitops_tui.model.drift import Drift, Moved
from gitops_tui.model.threeway import ThreeWayRow, ThreeWayRows
from gitops_tui.records import replace
from gitops_tui.schema import SchemaSet

_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)


def three_way_rows(
    last: Mapping[str, Any] | None,
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    drift: Drift,
    *,
    schema: SchemaSet | None = None,
    client_managers: Sequence[str] = CLIENT_MANAGERS,
    mask_keys: Sequence[str] = (),
) -> ThreeWayRows:
    """Lays out all rows, unfolded. last: the object as Git had it at the last sync, None where it had none; drift: the
    verdict on `desired` and `live`. Pure."""
    masks = Masks()
    shown = normalised(desired) if desired is not None and desired.get("kind") == "Secret" else desired
    masks.learn_from((*drift.differences, *drift.hidden), shown, live)
    masked = tuple(dict.fromkeys((*drift.masked, *masked_keys(mask_keys, last, desired, live))))
    if last is not None and last.get("kind") == "Secret":
        last = normalised(last)
    before = compare(desired, last, schema=schema, mask_keys=mask_keys) if desired is not None else Drift(drift.kind)

    def laid_out(lined: Mapping[str, bool]) -> tuple[DiffRows, DiffRows]:
        made = [
            diff_rows(
                desired, side, replace(verdict, masked=masked), schema=schema, fold=False, masks=masks, lined=lined
            )
            for side, verdict in ((live, drift), (last, before))
        ]
        return made[0], made[1]

    now, then = laid_out({})
    lined = [lined_in(each.rows) for each in (now, then)]
    if lined[0] != lined[1]:
        # A text that stands line by line beside one side does so beside the other.
        now, then = laid_out({**lined[1], **lined[0]})
    moves: dict[str, Moved] = {}
    if desired is not None and live is not None:
        found = three_way(last, desired, live, drift, schema=schema, client_managers=client_managers)
        # Of a text that stands line by line each line tells for itself.
        moves = {each.path: each.moved for each in found if each.path not in lined[0]}
    rows = [_row(one, other, moves) for one, other in _paired(now.rows, then.rows)]
    return ThreeWayRows(tuple(rows), tuple(_changes(rows)), now.truncated + then.truncated)


def _paired(now: Sequence[DiffRow], then: Sequence[DiffRow]) -> list[tuple[DiffRow | None, DiffRow | None]]:
    """Rows of both diffs that tell the same place, in the order of the first; those of the second alone stand behind
    what stands before them there."""
    by_text: dict[tuple[str, str], deque[int]] = {}
    by_path: dict[str, deque[int]] = {}
    gone: dict[str, deque[int]] = {}
    for at, row in enumerate(then):
        if row.left is not None:
            by_text.setdefault((row.path, row.left.text), deque()).append(at)
            by_path.setdefault(row.path, deque()).append(at)
        elif row.right is not None:
            gone.setdefault(row.path, deque()).append(at)
    partner: dict[int, int] = {}
    used: set[int] = set()

    def take(queue: deque[int] | None) -> int | None:
        while queue:
            at = queue.popleft()
            if at not in used:
                used.add(at)
                return at
        return None

    for at, row in enumerate(now):
        if row.left is not None:
            found = take(by_text.get((row.path, row.left.text)))
        else:
            found = take(gone.get(row.path))
        if found is not None:
            partner[at] = found
    for at, row in enumerate(now):
        # A line that is written otherwise beside the other side (a list's first field, JSON in a string).
        if at not in partner and row.left is not None and (found := take(by_path.get(row.path))) is not None:
            partner[at] = found
    behind: dict[int, list[int]] = {}
    anchors = {other: at for at, other in partner.items()}
    anchor = -1
    for at, row in enumerate(then):
        if at in anchors:
            anchor = anchors[at]
        elif row.right is not None and row.left is None:
            behind.setdefault(anchor, []).append(at)
    made: list[tuple[DiffRow | None, DiffRow | None]] = [(None, then[at]) for at in behind.get(-1, ())]
    for at, row in enumerate(now):
        other = partner.get(at)
        made.append((row, then[other] if other is not None else None))
        made += [(None, then[each]) for each in behind.get(at, ())]
    return made


def _row(now: DiffRow | None, then: DiffRow | None, moves: Mapping[str, Moved]) -> ThreeWayRow:
    last = then.right if then is not None else None
    desired = now.left if now is not None else None
    live = now.right if now is not None else None
    if now is not None and then is not None:
        # Beside what it differs from a value may be written otherwise (spelt out, JSON line by line) than beside its like.
        if then.kind is RowKind.EQUAL and now.kind is RowKind.CHANGED:
            last = desired
        elif now.kind is RowKind.EQUAL and then.kind is RowKind.CHANGED and then.left is not None:
            live = desired = then.left
    kind = now.kind if now is not None else RowKind.EXTRA
    path = now.path if now is not None else then.path if then is not None else ""
    git = then is not None and (then.kind in _COUNTED or desired is None)
    git = git or (then is None and desired is not None)
    difference = now.difference if now is not None else None
    moved = Moved.GIT if git else Moved.NONE
    if kind in _COUNTED:
        moved = Moved.CLUSTER
        if git:
            moved = Moved.GIT if _text(last) == _text(live) else Moved.BOTH
        if difference is not None:
            moved = moves.get(difference.path, moved)
    elif kind in (RowKind.EXTRA, RowKind.IGNORED) and last is None:
        moved = Moved.NONE
    return ThreeWayRow(kind, last, desired, live, path, moved, difference)


def _text(cell: DiffCell | None) -> str | None:
    return cell.text if cell is not None else None


def _changes(rows: Sequence[ThreeWayRow]) -> list[int]:
    found = []
    before = False
    for at, row in enumerate(rows):
        counted = row.kind in _COUNTED or bool(row.moved)
        if counted and (not before or row.difference is not None):
            found.append(at)
        before = counted
    return found


def _tells(row: ThreeWayRow) -> bool:
    return row.kind in _COUNTED or bool(row.moved) or row.difference is not None


def _line(row: ThreeWayRow) -> str:
    cell = row.desired or row.live or row.last
    return cell.text if cell is not None else ""


def folded(rows: ThreeWayRows, context: int) -> ThreeWayRows:
    """With longer runs of rows that tell nothing as one FOLD row each; context: how many are kept, -1 for all."""
    if context < 0 or not rows.changes:
        return rows
    made: list[ThreeWayRow] = []
    for start, end, away in runs([_tells(row) for row in rows.rows], context):
        if away:
            where = place(rows.rows, end, _tells, _line)
            made.append(ThreeWayRow(RowKind.FOLD, None, None, None, where, folded=end - start))
        else:
            made += rows.rows[start:end]
    return replace(rows, rows=tuple(made), changes=tuple(_changes(made)))


LAST, GIT, LIVE = "last", "Git", "live"


def sides_of(row: ThreeWayRow) -> list[tuple[str, DiffCell]]:
    """The row in one column: (whose line it is, the line), sides that say the same together: ("last=Git", …),
    ("live", …). ("", …) where all say the same."""
    if row.kind not in _COUNTED and not row.moved:
        # Equal in Kubernetes' eyes, or set by others in the cluster: told once.
        shown = row.desired or row.live or row.last
        return [("~" if row.desired is None else "", shown)] if shown is not None else []
    named: dict[str, tuple[str, DiffCell]] = {}
    for name, cell in ((LAST, row.last), (GIT, row.desired), (LIVE, row.live)):
        if cell is not None:
            before = named.get(cell.text)
            named[cell.text] = (f"{before[0]}={name}" if before else name, cell)
    return list(named.values())
