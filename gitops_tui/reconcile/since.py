"""When drift began, how often, and by whom: kept for the session."""

from __future__ import annotations

from datetime import datetime

from gitops_tui.compare.blame import latest, who
from gitops_tui.model.drift import Drift, DriftEpisode, DriftKind, Moved
from gitops_tui.records import replace

KEPT = 20
_PATHS = 5


def episodes(
    before: tuple[DriftEpisode, ...], drift: Drift, moved: Moved, now: datetime, git_time: datetime | None
) -> tuple[DriftEpisode, ...]:
    """The history with the newest verdict. git_time: when the commit that Git is at was made.

    A drift of the cluster's began when its owner says it did; Git's began with the commit; else when it was seen.
    """
    last = before[-1] if before and before[-1].ended is None else None
    if not drift.is_drifted:
        return (*before[:-1], replace(last, ended=now)) if last is not None else before
    owner = latest(drift.differences)
    by = ""
    began = last.began if last is not None else now
    if moved is Moved.GIT:
        by = "Git"
        if last is None and git_time is not None and git_time < now:
            began = git_time
    elif owner is not None:
        by = who(owner)
        if last is None and owner.time is not None and owner.time < now:
            began = owner.time
    elif drift.kind is DriftKind.EXTRA:
        by = "Git"
    paths = tuple(each.path for each in drift.differences[:_PATHS])
    made = DriftEpisode(began, None, by, paths)
    if last is not None:
        return before if made == last else (*before[:-1], made)
    return (*before, made)[-KEPT:]
