"""Since when an object is drifted, and by whom, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops_tui.model.drift import DriftKind, Moved
from gitops_tui.model.explain import Explained
from gitops_tui.model.snapshot import ResourceState

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
# Seconds within which two changes by the same one are told as one.
_SOON = 60
_VERBS = {
    (DriftKind.MISSING, Moved.CLUSTER): "gone from the cluster",
    (DriftKind.MISSING, Moved.GIT): "new in Git",
    (DriftKind.EXTRA, Moved.GIT): "taken out of Git",
}


def ago(when: datetime, now: datetime | None = None) -> str:
    """ "2 min ago"."""
    seconds = max(0, int(((now or datetime.now(UTC)) - when).total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def since_words(state: ResourceState, explained: Explained | None = None, *, clock: bool = False) -> str:
    """ "drifted 2 min ago by kubectl-edit (cluster changed)", what of it is known; "" where it is not drifted, or nothing
    is known. explained: tells more where Git moved. clock: with the time too, and without which side changed."""
    if not state.drift.is_drifted:
        return ""
    moved = explained.moved if explained is not None and explained.moved else state.moved
    began = state.drifted_since or began_in_git(explained)
    by = state.drifted_by if state.drifted_by != "Git" else ""
    verb = _VERBS.get((state.drift.kind, moved), "drifted")
    if began is None and not by and (not moved or (clock and verb == "drifted")):
        return ""
    # These words tell the side already.
    told = verb != "drifted"
    parts = [verb]
    if began is not None and clock:
        local = began.astimezone()
        day = "" if local.date() == datetime.now().astimezone().date() else f"{local:%F} "
        parts.append(f"since {day}{local:%H:%M}, {ago(began)}")
    elif began is not None:
        parts.append(ago(began))
    elif told:
        parts.append("since the last sync")
    parts += [f"by {by}"] if by else []
    parts[-1] += _last_words(state, began)
    parts += [f"({moved.value})"] if moved and not told and not clock else []
    return " ".join(parts)


def _last_words(state: ResourceState, began: datetime | None) -> str:
    """ ", last 2 min ago by kubectl-edit": the newest change, where it is another one than that which it began with."""
    episode = state.episodes[-1] if state.episodes else None
    if began is None or episode is None or episode.changed is None:
        return ""
    if episode.changed_by == episode.by and (episode.changed - began).total_seconds() < _SOON:
        return ""
    return f", last {ago(episode.changed)} by {episode.changed_by}"


def began_in_git(explained: Explained | None) -> datetime | None:
    """When the newest commit was made that moved one of the fields, where only Git moved; None where that is not
    known."""
    if explained is None or explained.moved is not Moved.GIT:
        return None
    moved = [each.path for each in explained.moves if each.moved is Moved.GIT]
    blames = [*(explained.blame.get(path) for path in moved), explained.whole]
    lines = [line for blame in blames if blame is not None for line in (blame.desired, blame.removed)]
    return max((line.time for line in lines if line is not None), default=None)
