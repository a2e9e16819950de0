"""Whether sync windows let a sync begin, go on, and when that changes: pure.

After argo-cd `pkg/apis/application/v1alpha1/types.go` (SyncWindows.Matches, CanSync). Times are compared by the wall clock of
the window's zone, as Argo CD does: a window from 01:00 for four hours ends at 05:00 on the clock, also where the clock is set
forward or back between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from gitops_tui.model.globs import glob_match
from gitops_tui.model.windows import OPEN_GATE, SyncGate, SyncWindow, WindowKind, WindowState
from gitops_tui.model.windowwords import moment
from gitops_tui.records import dataclass
from gitops_tui.windowsettings import zone_of

_TICK = timedelta(microseconds=1)
_HALF_DAY = timedelta(hours=12)
# How far it is looked for when automatic sync may begin: in edges of all windows.
_MOST_EDGES = 400


@dataclass(frozen=True, slots=True)
class Target:
    """What a window may be about. clusters: all the names and addresses by which the application's cluster goes."""

    application: str
    namespace: str
    clusters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """automatic, manual: whether such a sync may begin. holders: the windows that hold it."""

    automatic: bool = True
    manual: bool = True
    holders: tuple[SyncWindow, ...] = ()


_FREE = Verdict()


def is_about(window: SyncWindow, target: Target) -> bool:
    """Whether a window is about an application; one without a selector is about none."""
    if window.for_all:
        return True
    asked = (
        (window.applications, (target.application,)),
        (window.clusters, target.clusters),
        (window.namespaces, (target.namespace,)),
    )
    found = [
        any(glob_match(pattern, name) for pattern in patterns for name in names)
        for patterns, names in asked
        if patterns
    ]
    return bool(found) and (all(found) if window.and_operator else any(found))


def is_active(window: SyncWindow, now: datetime) -> bool:
    """Whether a window that could be read is open at `now` (aware): after its start, and before its end."""
    clock = _clock(window, now)
    assert window.starts is not None
    start = window.starts.next(clock - window.length)
    return start is not None and start < clock


def judge(windows: Iterable[SyncWindow], now: datetime) -> Verdict:
    """What the windows of one source that are about an application say at `now`."""
    windows = tuple(windows)
    unread = [each for each in windows if each.problem]
    read = [each for each in windows if not each.problem]
    active = [each for each in read if is_active(each, now)]
    deny = unread + [each for each in active if each.kind == WindowKind.DENY]
    if deny:
        return Verdict(False, all(each.manual_sync for each in deny), tuple(deny))
    if any(each.kind == WindowKind.ALLOW for each in active):
        return _FREE
    closed = [each for each in read if each.kind == WindowKind.ALLOW]
    if closed:
        return Verdict(False, all(each.manual_sync for each in closed), tuple(closed))
    return _FREE


def may_go_on(windows: Sequence[SyncWindow], now: datetime, began: datetime, *, automatic: bool) -> bool:
    """Whether a sync that began at `began` may go on at `now`: where a new one might, or where all windows that hold it have
    syncOverrun and it might begin when it did."""
    found = judge(windows, now)
    if found.automatic if automatic else found.manual:
        return True
    if any(each.problem or not each.sync_overrun for each in found.holders):
        return False
    then = judge(windows, began)
    return then.automatic if automatic else then.manual


def next_change(window: SyncWindow, now: datetime) -> datetime | None:
    """When a window that could be read opens or closes next (aware, UTC); None where it does not within sight."""
    state, at = is_active(window, now), now
    for _ in range(_MOST_EDGES):
        edge = _edge(window, _clock(window, at), active=state)
        if edge is None:
            return None
        found = at + (edge - _clock(window, at))
        # Where the clock is set forward or back before that, it is looked at again from there.
        shift = _clock_set(window, at, found)
        if shift is None:
            return found
        if is_active(window, shift) != state:
            return shift
        at = shift
    return None


def gate_of(sources: Sequence[Sequence[SyncWindow]], now: datetime) -> SyncGate:
    """What the windows that are about an application say, source by source (the settings, each project): all of them must let
    a sync begin."""
    everything = [each for windows in sources for each in windows]
    if not everything:
        return OPEN_GATE
    states = tuple(_state(each, now) for each in everything)
    changes = min((each.changes for each in states if each.changes is not None), default=None)
    found = [judge(windows, now) for windows in sources]
    if all(each.automatic for each in found):
        return SyncGate(changes=changes, windows=states)
    manual = all(each.manual for each in found)
    opens = _opens(sources, now)
    why = _why(found, states, now, manual=manual, opens=opens)
    return SyncGate(False, manual, why, opens, changes, states)


def _opens(sources: Sequence[Sequence[SyncWindow]], now: datetime) -> datetime | None:
    """When all of them let automatic sync begin, None where that is not within sight."""
    read = [each for windows in sources for each in windows if not each.problem]
    at = now
    for _ in range(max(3, _MOST_EDGES // max(1, len(read)))):
        edges = [found for each in read if (found := next_change(each, at)) is not None]
        if not edges:
            return None
        edge = min(edges)
        if all(judge(windows, edge + _TICK).automatic for windows in sources):
            return edge
        at = edge + _TICK
    return None


def _why(
    verdicts: Sequence[Verdict], states: Sequence[WindowState], now: datetime, *, manual: bool, opens: datetime | None
) -> str:
    holders = [each for found in verdicts for each in found.holders]
    first = holders[0]
    more = f" and {len(holders) - 1} more" if len(holders) > 1 else ""
    allowed = "manual syncs are allowed" if manual else "no manual syncs either"
    if first.problem:
        return f"sync window {first.number} of {first.source} can't be read ({first.problem}){more}; {allowed}"
    state = next(each for each in states if each.window is first)
    if first.kind == WindowKind.DENY:
        until = f" closes {moment(state.changes, now)}" if state.changes else " never closes"
        said = f"sync window {first.words} of {first.source}{more}{until}"
    else:
        until = f" opens {moment(state.changes, now)}" if state.changes else " does not open"
        said = f"outside the sync window {first.words} of {first.source}{more}, which{until}"
    if opens is not None and opens != state.changes:
        said += f", automatic sync goes on {moment(opens, now)}"
    return f"{said}; {allowed}"


def _state(window: SyncWindow, now: datetime) -> WindowState:
    if window.problem:
        return WindowState(window, None)
    return WindowState(window, is_active(window, now), next_change(window, now))


def _clock(window: SyncWindow, now: datetime) -> datetime:
    """What the clock on the wall shows in the window's zone."""
    zone = zone_of(window.time_zone)
    return now.astimezone(zone or UTC).replace(tzinfo=None)


def _edge(window: SyncWindow, clock: datetime, *, active: bool) -> datetime | None:
    """When an active window ends, or another one begins, on the wall's clock."""
    starts, length = window.starts, window.length
    assert starts is not None
    if not active:
        # Just at a start it is not active yet: that is the edge.
        return starts.next(clock - _TICK)
    begun = starts.next(clock - length)
    # One that begins just where another ends goes on with it.
    last = starts.last_before_gap(begun, length) if begun is not None else None
    return last + length if last is not None else None


@lru_cache(maxsize=4096)
def _offset(zone: str, when: datetime) -> timedelta:
    return when.astimezone(zone_of(zone) or UTC).utcoffset() or timedelta()


def _clock_set(window: SyncWindow, after: datetime, before: datetime) -> datetime | None:
    """The first instant in (after, before) from which the zone's clock shows another offset, None where there is none."""
    if window.time_zone == "UTC":
        return None
    zone, low = window.time_zone, after
    while low < before:
        high = min(low + _HALF_DAY * 28, before)
        if _offset(zone, high) == _offset(zone, low):
            low = high
            continue
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
        return high.replace(microsecond=0) if high.replace(microsecond=0) > low else high
    return None
