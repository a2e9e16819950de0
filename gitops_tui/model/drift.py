"""What differs between a Manifest and its live object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


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
    other odd characters as `metadata.annotations["a.b/c"]`. desired, live: JSON values, ABSENT, or Masked.
    """

    path: str
    desired: Any
    live: Any
    reason: Reason
    live_owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """The verdict on one object.

    differences: in the order of their paths; empty for Missing and Extra. ignored: how many differences ignore rules
    hide. confirmed: whether the API server's dry run settled it. warnings: what a person should know about the
    comparison itself (a bad ignore rule, …).
    """

    kind: DriftKind
    differences: tuple[FieldDifference, ...] = ()
    ignored: int = 0
    confirmed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def is_drifted(self) -> bool:
        return self.kind is not DriftKind.NONE


NO_DRIFT: Final = Drift(DriftKind.NONE)
