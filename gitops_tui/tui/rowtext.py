"""How a row of the tree reads: its name, then sync and health in aligned columns, each as sign, word and colour.

Pure but for the age of a pause, which is told as of the moment of drawing.
"""

from __future__ import annotations

from gitops_tui.model.drift import DriftKind, Moved, MovedCounts
from gitops_tui.model.health import HealthStatus, worst
from gitops_tui.model.snapshot import ApplicationState, Condition, OwnedObject, ResourceState, Severity
from gitops_tui.model.sync import OperationPhase, SyncStatus
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Pieces, cut, cut_middle, width_of
from gitops_tui.tui.treerow import KindSummary, Note, Row
from gitops_tui.tui.windowwords import gate_words
from gitops_tui.tui.words import (
    HEALTH_ROLES,
    HEALTH_SIGNS,
    SYNC_ROLES,
    SYNC_SIGNS,
    drift_words,
    health_words,
    pause_words,
    pin_words,
)

Said = tuple[str, str]  # words and their role


def sync_of(state: ResourceState) -> Said:
    """A resource's sync status."""
    if state.error:
        return f"? {printable(state.error)}", "warn"
    if state.drift.kind is not DriftKind.NONE:
        return drift_words(state.drift), "warn" if state.drift.kind is DriftKind.EXTRA else "bad"
    if state.hook:
        return f"⚓ {', '.join(state.hook)} hook", "muted"
    return f"{SYNC_SIGNS[state.sync]} {state.sync.value}", SYNC_ROLES[state.sync]


def app_sync(state: ApplicationState) -> Said:
    """An application's sync status; never calm while loading or in error."""
    if state.loading:
        return "… loading", "muted"
    if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
        return "↻ syncing", "info"
    if state.errors:
        return "✗ error", "bad"
    return f"{SYNC_SIGNS[state.sync]} {state.sync.value}", SYNC_ROLES[state.sync]


def app_health(state: ApplicationState) -> Said:
    if state.loading or (state.errors and not state.resources):
        return "", "muted"
    return health_words(state.health), HEALTH_ROLES[state.health]


def _kind(what: KindSummary) -> tuple[Said, Said]:
    if what.drifted:
        sync = f"✗ {what.drifted} of {what.total}", "bad"
    elif what.unknown:
        sync = f"? {what.unknown} of {what.total}", "warn"
    else:
        sync = f"✓ {what.total}", "ok"
    if not what.health:
        return sync, ("", "muted")
    status = worst(status for status, _ in what.health)
    number = dict(what.health)[status]
    # Every member of one health: its word; otherwise how many are worst.
    total = sum(count for _, count in what.health)
    words = health_words(status) if number == total else f"{HEALTH_SIGNS[status]} {number} {status.value}"
    return sync, (words, HEALTH_ROLES[status])


# The short words for a side, where "cluster changed" has no room.
_SIDES = {Moved.GIT: "Git", Moved.CLUSTER: "cluster", Moved.BOTH: "both"}
# What must be left of the sync words beside a side's: their sign and a field's name.
_LEAST = 10


def with_side(said: str, moved: Moved, room: int) -> str:
    """The sync words with which side moved since the last sync, in `room` cells: "≠ replicas · cluster changed", shorter
    where there is less room, without the side where there is none for it."""
    if not moved:
        return cut(said, room)
    least = min(_LEAST, width_of(said))
    for words in (moved.value, _SIDES[moved]):
        left = room - len(words) - 3
        if left >= least:
            return f"{cut(said, left)} · {words}"
    return cut(said, room)


def with_counts(said: str, counts: MovedCounts, room: int) -> str:
    """ "✗ OutOfSync · 2 Git, 1 cluster"; only the sign before the counts where there is no room for the word."""
    if not counts or not said:
        return cut(said, room)
    words = counts.words
    for text in (f"{said} · {words}", f"{said} {words.replace(',', '')}", f"{said[:1]} {words}"):
        if width_of(text) <= room:
            return text
    return cut(said, room)


def _sided(row: Row, said: str, room: int) -> str:
    """A row's sync words with the side that moved, where there is one."""
    what = row.what
    if isinstance(what, ResourceState) and what.drift.kind is not DriftKind.NONE and not what.error:
        return with_side(said, what.moved, room)
    if isinstance(what, ApplicationState) and said.startswith(SYNC_SIGNS[SyncStatus.OUT_OF_SYNC]) and not what.errors:
        return with_counts(said, what.moved, room)
    if isinstance(what, KindSummary) and what.drifted:
        return with_counts(said, what.moved, room)
    return cut(said, room)


def _columns(row: Row) -> tuple[Said, Said]:
    what = row.what
    if isinstance(what, ApplicationState):
        return app_sync(what), app_health(what)
    if isinstance(what, KindSummary):
        return _kind(what)
    if isinstance(what, ResourceState):
        health: Said = ("", "muted")
        if what.health is not None:
            words = health_words(what.health.status)
            said = what.summary or what.health.message
            # That it is not there says the column before.
            if said and what.health.status not in (HealthStatus.HEALTHY, HealthStatus.MISSING):
                words += f" {printable(said)}"
            health = words, HEALTH_ROLES[what.health.status]
        return sync_of(what), health
    if isinstance(what, OwnedObject):
        said = printable(what.summary)
        if what.health is None:
            return (said, "muted"), ("", "muted")
        role = HEALTH_ROLES[what.health.status]
        return (said, "muted" if role == "ok" else role), (health_words(what.health.status), role)
    return ("", "muted"), ("", "muted")


def note_of(row: Row) -> Said | None:
    """A line that is one text across all columns, None for the others."""
    what = row.what
    if isinstance(what, Condition):
        bad = what.severity is Severity.ERROR
        return f"{'✗' if bad else '!'} {row.name}", "bad" if bad else "warn"
    if isinstance(what, Note):
        state = what.state
        if what.what == "pause":
            return pause_words(state) or "⏸ the pause is over", "warn"
        if what.what == "window":
            return gate_words(state.gate), "warn"
        if what.what == "pin":
            return pin_words(state), "warn"
        if what.what == "operation" and state.operation is not None:
            done = sum(each.status.value in ("done", "failed", "skipped") for each in state.operation.results)
            doing = f" · {printable(state.operation.doing)}" if state.operation.doing else ""
            return f"↻ {done} of {len(state.operation.results)}{doing}", "info"
        if what.what == "loading":
            return "… loading", "muted"
        return "no objects in Git and none of ours in the cluster", "muted"
    return None


class Columns:
    """Where the columns of a tree of that width start."""

    def __init__(self, width: int) -> None:
        self.width = width
        # Health needs 14 columns for its longest word, sync 13 and better 22 for a field and the side that changed.
        self.name = width if width < 30 else max(28, min(width - 36, 48)) if width >= 60 else max(14, width - 29)
        self.sync = min(24, max(14, width - self.name - 14))
        self.health = self.name + self.sync


def row_pieces(row: Row, columns: Columns) -> Pieces:
    """The row without cursor and staleness."""
    width = columns.width
    arrow = "  " if row.is_open is None else "▾ " if row.is_open else "▸ "
    start = f" {'  ' * row.depth}{arrow}"
    if (note := note_of(row)) is not None:
        return [(start, "text"), (cut(note[0], max(0, width - len(start))), note[1])]
    (sync, sync_role), (health, health_role) = _columns(row)
    what = row.what
    drifted = isinstance(what, ResourceState) and what.drift.kind is not DriftKind.NONE
    moved = isinstance(what, ResourceState | ApplicationState | KindSummary) and bool(what.moved)
    role = "muted" if isinstance(row.what, OwnedObject | KindSummary) else "text"
    if row.depth == 0:
        role = "bold text"
    if columns.name >= width:
        # Too narrow for columns: the sign before the name says it.
        name = cut_middle(row.name, max(1, width - len(start) - 2))
        return [(start, role), (f"{sync[:1] or ' '} ", sync_role), (name, role)]
    name = cut_middle(row.name, max(1, columns.name - len(start) - 1))
    pieces: Pieces = [(f"{start}{name}".ljust(columns.name - width_of(name) + len(name)), role)]
    room = width - columns.name
    calm = health_role == "ok" or not health
    if (moved or drifted) and calm and health and width_of(_sided(row, sync, room)) >= columns.sync:
        # What drifts says more than a healthy "Healthy": that stands behind it as a word where what drifts loses nothing by
        # it, else as its sign.
        beside = _sided(row, sync, room - width_of(health) - 2)
        if beside == _sided(row, sync, room):
            return [*pieces, (f"{beside}  ", sync_role), (health, health_role)]
        sync = _sided(row, sync, room - 2)
        pieces += [(sync, sync_role), (f" {health[:1]}", health_role)]
        return pieces
    if isinstance(row.what, OwnedObject) and width_of(sync) >= columns.sync:
        return [*pieces, (f"{health[:1]} " if health else "", health_role), (cut(sync, room - 2), sync_role)]
    if not health:
        return [*pieces, (_sided(row, sync, room), sync_role)]
    sync = _sided(row, sync, columns.sync - 1)
    pieces.append((sync + " " * (columns.sync - width_of(sync)), sync_role))
    pieces.append((cut(health, width - columns.health), health_role))
    return pieces


__all__ = ["Columns", "SyncStatus", "app_health", "app_sync", "row_pieces", "sync_of"]
