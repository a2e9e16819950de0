"""Signs and words of the screens: one place, so that a status looks the same in the tree, the pane and the dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gitops_tui.model.drift import Drift, DriftEpisode, DriftKind
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.record import PauseKind
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.text import plural as plural
from gitops_tui.model.text import printable

HEALTH_SIGNS = {
    HealthStatus.HEALTHY: "♥",
    HealthStatus.PROGRESSING: "◐",
    HealthStatus.SUSPENDED: "⏸",
    HealthStatus.DEGRADED: "↯",
    HealthStatus.MISSING: "−",
    HealthStatus.UNKNOWN: "?",
}
HEALTH_ROLES = {
    HealthStatus.HEALTHY: "ok",
    HealthStatus.PROGRESSING: "info",
    HealthStatus.SUSPENDED: "warn",
    HealthStatus.DEGRADED: "bad",
    HealthStatus.MISSING: "bad",
    HealthStatus.UNKNOWN: "warn",
}
SYNC_SIGNS = {SyncStatus.SYNCED: "✓", SyncStatus.OUT_OF_SYNC: "✗", SyncStatus.UNKNOWN: "?"}
SYNC_ROLES = {SyncStatus.SYNCED: "ok", SyncStatus.OUT_OF_SYNC: "bad", SyncStatus.UNKNOWN: "warn"}


def age(when: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in one unit ("4m"); "" for None."""
    if when is None:
        return ""
    seconds = max(0, int(((now or datetime.now(UTC)) - when).total_seconds()))
    if seconds >= 1000 * 86400:  # more than the columns for it hold
        return f"{seconds // (365 * 86400)}y"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def health_words(status: HealthStatus) -> str:
    return f"{HEALTH_SIGNS[status]} {status.value}"


def drift_words(drift: Drift) -> str:
    """ "≠ replicas, image", "⊘ would fail ≠ image", "≠ replicas (admission)", "− missing", "+ not in Git", "" for none."""
    if drift.kind is DriftKind.MISSING:
        return "− missing"
    if drift.kind is DriftKind.EXTRA:
        return "+ not in Git"
    if drift.kind is DriftKind.NONE:
        return ""
    names = dict.fromkeys(_last(each.path) for each in drift.differences)
    said = f"≠ {', '.join(names) or 'modified'}"
    if drift.refused:
        return f"⊘ would fail {said}"
    return f"{said} (admission)" if any(each.note for each in drift.differences) else said


def _last(path: str) -> str:
    """The last word of a field's path: "image" of `containers[name=app].image`, "a.b/c" of `annotations["a.b/c"]`,
    "ports[http]" of `ports[name=http]`."""
    if path.endswith('"]'):
        return printable(path[path.rfind('["') + 2 : -2] or path)
    if path.endswith("]"):
        opened = path.rfind("[")
        field = path[:opened].rpartition(".")[2]
        identity = ",".join(part.rpartition("=")[2] for part in path[opened + 1 : -1].split(","))
        return printable(f"{field}[{identity}]")
    return printable(path.rpartition(".")[2] or path)


_PAUSED = {
    PauseKind.ALL: "paused",
    PauseKind.HEAL_OFF: "healing off",
    PauseKind.HOLD_COMMITS: "new commits held",
}


def history_words(episodes: Sequence[DriftEpisode]) -> str:
    """ "drifted 3 times in this session: since 12:03 by kubectl-edit, 11:40 to 11:52 by argocd": newest first."""
    told = []
    for each in reversed(episodes[-3:]):
        begun = f"{each.began.astimezone():%H:%M}"
        by = f" by {printable(each.by)}" if each.by else ""
        ended = f"{each.ended.astimezone():%H:%M}" if each.ended else ""
        begun = begun if each.dated else f"before {begun}"
        told.append(f"since {begun}{by}" if not ended else begun + (f" to {ended}" if ended != begun else "") + by)
    more = ", …" if len(episodes) > 3 else ""
    return f"drifted {plural(len(episodes), 'time')} in this session: {', '.join(told)}{more}"


def pause_words(state: ApplicationState, now: datetime | None = None) -> str:
    """ "⏸ paused by dana 2h "INC-42"", "" where it is not paused."""
    pause = state.record.pause
    now = now or datetime.now(UTC)
    if pause is None or not pause.active(now):
        return ""
    who = printable(pause.who.partition("@")[0])
    reason = f' "{printable(pause.reason)}"' if pause.reason else ""
    left = ""
    if pause.until is not None:
        left = f", {age(now - (pause.until - now), now)} left"
    if pause.kind is PauseKind.HOLD_COMMITS:
        behind = f", {state.behind} behind" if state.behind > 0 else ""
        left = f" at {pause.revision[:7]}{behind}{left}"
    return f"⏸ {_PAUSED[pause.kind]} by {who} {age(pause.since, now)}{left}{reason}"


def pin_words(state: ApplicationState) -> str:
    """ "⚲ pinned 3f2c1d9, 4 behind", "" where it is not pinned."""
    pin = state.record.pin
    if pin is None:
        return ""
    behind = "" if not state.behind else ", behind" if state.behind < 0 else f", {state.behind} behind"
    return f"⚲ pinned {pin.revision[:7]}{behind}"
