"""What is said of sync windows, in lists and on the screen; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops_tui.model.windows import SyncGate, WindowLine, WindowState

_SHOWN = 6


def standing(state: WindowState) -> str:
    """ "active", "inactive" or "unreadable"."""
    return "unreadable" if state.active is None else "active" if state.active else "inactive"


def until(state: WindowState, now: datetime) -> str:
    """When it closes or opens next, "" for a window that can't be read."""
    if state.active is None:
        return ""
    if state.changes is None:
        return "never closes" if state.active else "opens not within sight"
    return f"{'closes' if state.active else 'opens'} {moment(state.changes, now)}"


def about(line: WindowLine) -> str:
    """Which of the session's applications it is about."""
    names = line.applications
    if not names:
        return "about no application here"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"about {', '.join(names[:_SHOWN])}{more}"


def allowed(gate: SyncGate) -> str:
    """Whether syncs may begin, in one line."""
    return "automatic and manual syncs may begin" if gate.automatic else f"automatic sync is held: {gate.why}"


def moment(when: datetime, now: datetime) -> str:
    """ "at 23:00 UTC", with the day where it is another one."""
    when, now = when.astimezone(UTC), now.astimezone(UTC)
    seconds = ":%S" if when.second else ""
    day = "" if when.date() == now.date() else "%a %Y-%m-%d "
    return f"{when:{'on ' if day else 'at '}{day}%H:%M{seconds} UTC}"
