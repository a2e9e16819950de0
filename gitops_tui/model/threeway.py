"""A resource three ways: what Git said at the last sync, what it says now, and what the cluster has."""

from __future__ import annotations

from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.drift import FieldDifference, Moved
from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class ThreeWayRow:
    """One row; a side that has nothing there is None. kind: as the row of Git now and the cluster is in a `DiffRow`.
    moved: which side is other than at the last sync, NONE where neither is, or where others set it in the cluster."""

    kind: RowKind
    last: DiffCell | None
    desired: DiffCell | None
    live: DiffCell | None
    path: str = ""
    moved: Moved = Moved.NONE
    difference: FieldDifference | None = None
    folded: int = 0


@dataclass(frozen=True, slots=True)
class ThreeWayRows:
    """changes: indexes into `rows` at which each change starts, ascending. truncated: rows past the bound, at least."""

    rows: tuple[ThreeWayRow, ...] = ()
    changes: tuple[int, ...] = ()
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """The engine's answer. revision: the full SHA of the last sync, "" where none is known. problem: why there is no
    third side, "" where there is one; then there are no rows."""

    key: ResourceKey
    rows: ThreeWayRows = ThreeWayRows()
    revision: str = ""
    problem: str = ""
