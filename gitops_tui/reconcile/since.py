"""When drift began, how often, and by whom: kept for the session."""

from __future__ import annotations

from datetime import datetime

from gitops_tui.compare.blame import earliest, latest
from gitops_tui.model.drift import Drift, DriftEpisode, DriftKind, FieldDifference, Moved
from gitops_tui.model.owners import who
from gitops_tui.records import replace
from gitops_tui.settings import FIELD_MANAGER

KEPT = 20
_PATHS = 5


def episodes(
    before: tuple[DriftEpisode, ...],
    drift: Drift,
    moved: Moved,
    now: datetime,
    git_time: datetime | None,
    *,
    seen: bool = True,
) -> tuple[DriftEpisode, ...]:
    """The history with the newest verdict. git_time: when the commit that Git is at was made. seen: whether this session
    knew the object before this drift.

    A drift of the cluster's began when the first of its owners says it did; Git's began with the commit that this session saw come;
    else when it was seen.
    """
    last = before[-1] if before and before[-1].ended is None else None
    if not drift.is_drifted:
        return (*before[:-1], replace(last, ended=now)) if last is not None else before
    seen = last.seen if last is not None else seen
    began, by, dated = _beginning(drift, moved, now, git_time, seen)
    if last is not None and (last.moved or not moved):
        # Which side moved is told a little later; until then the beginning is a guess.
        began, dated, by = last.began, last.dated, last.by or by
    elif last is not None and began == now:
        began = last.began
    paths = tuple(each.path for each in drift.differences[:_PATHS])
    side = moved or (last.moved if last is not None else moved)
    made = DriftEpisode(began, None, by, paths, side, seen, dated, *_changed(drift, side, began))
    if last is not None:
        return before if made == last else (*before[:-1], made)
    return (*before, made)[-KEPT:]


def _theirs(drift: Drift) -> list[FieldDifference]:
    """What others than we have set in the cluster."""
    return [each for each in drift.differences if each.live_owner and each.live_owner.manager != FIELD_MANAGER]


def _changed(drift: Drift, moved: Moved, began: datetime) -> tuple[datetime | None, str]:
    """When and by whom the cluster was changed last, where that is not how it began."""
    owner = latest(_theirs(drift)) if moved is not Moved.GIT else None
    if owner is None or owner.time is None or owner.time <= began:
        return None, ""
    return owner.time, who(owner)


def _beginning(
    drift: Drift, moved: Moved, now: datetime, git_time: datetime | None, seen: bool
) -> tuple[datetime, str, bool]:
    """When it began, by whom, and whether that is known."""
    # Where Git has another value than we set, Git moved.
    owners = [each.live_owner.manager for each in drift.differences if each.live_owner is not None]
    owner = earliest(_theirs(drift))
    if moved is Moved.GIT or (not moved and owners and owner is None):
        known = seen and git_time is not None and git_time < now
        return (git_time if known and git_time is not None else now), "Git", seen
    if owner is None:
        return now, "Git" if drift.kind is DriftKind.EXTRA else "", seen
    if owner.time is not None and owner.time < now:
        return owner.time, who(owner), True
    return now, who(owner), seen
