"""Why an object is drifted: who set each field on both sides, and what Git said at the last sync."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.drift import FieldMove, Moved, Owner
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.revision import BlameLine
from gitops_tui.records import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldBlame:
    """Who set a field. desired: the line of Git that last set it, None where no line does (a default of a chart, a field
    that Git has lost). live: who set it in the cluster, None where that is not known. removed: for a field that Git has
    lost, the commit that took it out and the line where it stood before, None where that is not known."""

    desired: BlameLine | None = None
    live: Owner | None = None
    removed: BlameLine | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """blame: by the path of each difference, of the first 50 where there are more. whole: of an object that is not in the
    cluster the line that has it in Git, of one that is not in Git any more the commit that took it out. moved: which side changed since the last sync. moves: each difference three ways, empty where no sync is known.
    last_synced: the object as Git had it at the last sync, its Secret values masked; None where it had no such object or
    where that is not known. last_synced_revision: that commit's full SHA, "" where no sync is known. problem: why the
    Git side could not be blamed, "" if it could."""

    key: ResourceKey
    blame: Mapping[str, FieldBlame] = field(default_factory=dict)
    moved: Moved = Moved.NONE
    moves: tuple[FieldMove, ...] = ()
    last_synced: Mapping[str, Any] | None = None
    last_synced_revision: str = ""
    problem: str = ""
    whole: FieldBlame | None = None
