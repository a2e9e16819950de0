"""What differs between a Manifest and its live object."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from gitops_tui.records import dataclass


class Absent:
    """The one value that stands for "no such field"; falsy, and not None, since null is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Masked:
    """A secret value that is not shown. Equal values of one comparison have the same mark ("A", "B", …), so that
    equality stays visible; the value itself is not kept."""

    mark: str

    def __str__(self) -> str:
        return f"•••••••• ({self.mark})"


class DriftKind(StrEnum):
    NONE = "None"
    MISSING = "Missing"
    MODIFIED = "Modified"
    EXTRA = "Extra"


class Reason(StrEnum):
    """Why a field counts as different."""

    DIFFERS = "set in Git and differs"
    NOT_LIVE = "set in Git and not in the cluster"
    REMOVED = "removed from Git and ours"
    BEYOND = "not in Git, which sets all that is around it"
    ORDER = "set in Git in another order"
    ADMISSION = "the cluster's admission changes this field"


class Moved(StrEnum):
    """Which side moved since the last sync: Git, the cluster, or both; NONE where nothing did or no sync is known."""

    NONE = ""
    GIT = "Git changed"
    CLUSTER = "cluster changed"
    BOTH = "both changed"


@dataclass(frozen=True, slots=True)
class MovedCounts:
    """How many drifted objects Git moved, the cluster moved, and both did."""

    git: int = 0
    cluster: int = 0
    both: int = 0

    def __bool__(self) -> bool:
        return bool(self.git or self.cluster or self.both)

    @property
    def words(self) -> str:
        """ "2 Git, 1 cluster, 1 both", "" for none."""
        sides = ((self.git, "Git"), (self.cluster, "cluster"), (self.both, "both"))
        return ", ".join(f"{number:,} {side}" for number, side in sides if number)


NO_MOVES: Final = MovedCounts()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who set a live field: one entry of metadata.managedFields. time: aware, UTC, None where not recorded."""

    manager: str
    operation: str = ""
    time: datetime | None = None
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    path: as `spec.template.spec.containers[name=app].image`, list items by merge key or index, keys with a dot or
    other odd characters as `metadata.annotations["a.b/c"]`. desired, live: JSON values, ABSENT, or Masked. note: what
    else a person should know of it, "" for nothing (what the cluster's admission would make of it). ignored_by: the
    rule that hides it, "" for none.
    """

    path: str
    desired: Any
    live: Any
    reason: Reason
    live_owner: Owner | None = None
    note: str = ""
    ignored_by: str = ""


@dataclass(frozen=True, slots=True)
class FieldMove:
    """One field three ways. last: as Git had it at the last sync; desired: in Git now; live: in the cluster; each a JSON
    value, ABSENT or Masked. moved: which side changed."""

    path: str
    last: Any
    desired: Any
    live: Any
    moved: Moved


@dataclass(frozen=True, slots=True)
class DriftEpisode:
    """One time that an object was drifted, as this session saw it. began: when (the live owner's time where the
    cluster moved and tells, else when it was seen); ended: None while it lasts; by: who set the live values, "Git" where
    Git did; changed, changed_by: when and by whom the cluster was changed last since then, where that is another time or
    somebody else; paths: the fields, at most a few. moved: which side did, NONE as long as that is not known. seen: whether
    this session saw it begin; dated: whether `began` is when it began, and not when it was first looked at. Times are
    aware, UTC."""

    began: datetime
    ended: datetime | None = None
    by: str = ""
    paths: tuple[str, ...] = ()
    moved: Moved = Moved.NONE
    seen: bool = True
    dated: bool = True
    changed: datetime | None = None
    changed_by: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Drift:
    """The verdict on one object.

    differences: what Git sets, in its order, then what was removed from it; empty for Missing and Extra. ignored: how
    many differences ignore rules hide; hidden: those differences. confirmed: whether the API server's dry run settled
    it; refused: why it refused ("" where it didn't). ignored_by: the option by which an Extra object doesn't count, ""
    for none. masked: keys of a ConfigMap whose values are to be masked wherever it is shown. types: the kind's types (a
    schema's Node) that the verdict was made with, for laying out rows. warnings: what a person should know about the comparison itself (a bad ignore rule, …).
    """

    kind: DriftKind
    differences: tuple[FieldDifference, ...] = ()
    ignored: int = 0
    confirmed: bool = False
    warnings: tuple[str, ...] = ()
    hidden: tuple[FieldDifference, ...] = ()
    refused: str = ""
    ignored_by: str = ""
    masked: tuple[str, ...] = ()
    types: object = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def is_drifted(self) -> bool:
        return self.kind is not DriftKind.NONE

    def at(self, path: str) -> FieldDifference | None:
        """The difference that a field's path belongs to: its own, else that of what it lies in."""
        within = [each for each in self.differences if path.startswith(each.path)]
        within = [each for each in within if path[len(each.path) :][:1] in ("", ".", "[")]
        return max(within, key=lambda each: len(each.path), default=None)


NO_DRIFT: Final = Drift(DriftKind.NONE)
