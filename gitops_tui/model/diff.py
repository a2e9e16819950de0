"""Rows of a side-by-side diff, as `gitops_tui.compare.rows` lays them out and the screens draw them."""

from __future__ import annotations

from enum import StrEnum

from gitops_tui.model.drift import FieldDifference
from gitops_tui.records import dataclass


class RowKind(StrEnum):
    """EQUAL: both sides alike. CHANGED: a field that differs, on both sides. LEFT: only in Git (Missing or not live).
    RIGHT: only in the cluster and counts as drift (removed from Git, ours). EXTRA: only in the cluster, set by others
    or by default, no drift: drawn dimmed. IGNORED: differs, but an ignore rule hides it: drawn dimmed.
    FOLD: stands for `folded` equal rows; its path is where the next change is, where no row tells that."""

    EQUAL = "equal"
    CHANGED = "changed"
    LEFT = "left"
    RIGHT = "right"
    EXTRA = "extra"
    IGNORED = "ignored"
    FOLD = "fold"


@dataclass(frozen=True, slots=True)
class DiffCell:
    """One line of YAML on one side. number: its line from 1 in that side's YAML. text: printable, one line.
    changed: character ranges (start, end) inside `text` that differ from the other side."""

    number: int
    text: str
    changed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row; a side that has nothing there is None. path: the field's path ("" where there is none).
    difference: set on the first row of each FieldDifference. moved: the first row of a list item that stands
    elsewhere in the cluster's list than in Git's, which is no change."""

    kind: RowKind
    left: DiffCell | None
    right: DiffCell | None
    path: str = ""
    folded: int = 0
    difference: FieldDifference | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class DiffRows:
    """A whole diff. changes: indexes into `rows` at which each change starts, ascending. truncated: how many rows past
    the bound were left out, at least."""

    rows: tuple[DiffRow, ...]
    changes: tuple[int, ...] = ()
    truncated: int = 0
