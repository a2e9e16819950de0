"""Snapshot + what is open + filter -> rows of the tree. Pure: no screen, no clock.

`Layout.rows` keeps each application's block as long as its state is the same object and nothing was opened.
"""

from __future__ import annotations

from typing import NamedTuple

from gitops_tui.model.drift import DriftKind
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.text import printable


class Node(NamedTuple):
    """The identity of a row: it stays when others come and go. uid: of an owned object."""

    app: AppKey
    kind: str = ""
    key: ResourceKey | None = None
    uid: str = ""


class Row(NamedTuple):
    """One row. role: "ok", "bad", "warn", "muted" or "" (the theme's colours). is_open: None for a leaf."""

    node: Node
    depth: int
    name: str
    status: str
    role: str = ""
    is_open: bool | None = None
    drifted: bool = False
    stale: bool = False


HEALTH_SIGNS = {
    HealthStatus.HEALTHY: "♥",
    HealthStatus.PROGRESSING: "◐",
    HealthStatus.SUSPENDED: "⏸",
    HealthStatus.DEGRADED: "✗",
    HealthStatus.MISSING: "−",
    HealthStatus.UNKNOWN: "?",
}
_DRIFT = {DriftKind.MISSING: ("− Missing", "bad"), DriftKind.EXTRA: ("+ not in Git", "warn")}


def _health(status: HealthStatus) -> str:
    return f"{HEALTH_SIGNS[status]} {status.value}"


def resource_status(state: ResourceState) -> tuple[str, str]:
    """Words and role for one resource."""
    if state.error:
        return f"? {printable(state.error)}", "warn"
    if state.drift.kind is DriftKind.MODIFIED:
        paths = ", ".join(printable(each.path.rpartition(".")[2] or each.path) for each in state.drift.differences[:4])
        return f"≠ {paths or 'Modified'}", "bad"
    if state.drift.kind in _DRIFT:
        return _DRIFT[state.drift.kind]
    if state.sync is SyncStatus.UNKNOWN:
        return "? Unknown", "warn"
    if state.health and state.health.status is not HealthStatus.HEALTHY:
        role = "bad" if state.health.status is HealthStatus.DEGRADED else "warn"
        return f"✓ {_health(state.health.status)}", role
    return "✓", "ok"


def app_status(state: ApplicationState) -> tuple[str, str]:
    """Words and role for one application; never calm while loading or in error."""
    if state.loading:
        return "… loading", "muted"
    words, role = f"{'✓' if state.sync is SyncStatus.SYNCED else '?'} {state.sync.value}", "ok"
    if state.sync is SyncStatus.OUT_OF_SYNC:
        words, role = "✗ OutOfSync", "bad"
    elif state.sync is SyncStatus.UNKNOWN:
        role = "warn"
    words += f" {_health(state.health)}"
    if role == "ok" and state.health is not HealthStatus.HEALTHY:
        role = "bad" if state.health is HealthStatus.DEGRADED else "warn"
    if state.errors:
        words, role = f"✗ error · {words}", "bad"
    held = [word for word, there in (("paused", state.record.pause), ("pinned", state.record.pin)) if there]
    if held:
        words = f"⏸ {', '.join(held)} · {words}"
    return words, role


class Filter:
    """`text kind:x ns:x status:x health:x`; all words must match, letters' case aside."""

    def __init__(self, text: str) -> None:
        self.words = tuple(word.partition(":") for word in text.lower().split())

    def __bool__(self) -> bool:
        return bool(self.words)

    def matches(self, app: ApplicationState, state: ResourceState) -> bool:
        key = state.key
        has = {
            "kind": key.kind.lower(),
            "ns": key.namespace.lower(),
            "status": f"{state.sync.value} {state.drift.kind.value}".lower(),
            "health": state.health.status.value.lower() if state.health else "",
        }
        everything = f"{app.app.name} {key.kind} {key.namespace} {key.name}".lower()
        return all(
            (value in has[name] if colon and name in has else name + colon + value in everything)
            for name, colon, value in self.words
        )


class Layout:
    """Turns Snapshots into rows. opened: what a person (or first sight of drift) opened or closed."""

    def __init__(self, *, drifted_first: bool = True) -> None:
        self.drifted_first = drifted_first
        self.opened: dict[Node, bool] = {}
        self.filter = Filter("")
        self._blocks: dict[AppKey, tuple[ApplicationState, list[Row]]] = {}

    def set(self, node: Node, is_open: bool) -> None:
        self.opened[node] = is_open
        self._blocks.pop(node.app, None)

    def set_filter(self, text: str) -> None:
        self.filter = Filter(text)
        self._blocks.clear()

    def rows(self, snapshot: Snapshot) -> list[Row]:
        states = list(snapshot.applications.values())
        if self.drifted_first:
            states.sort(key=lambda each: not (each.sync is SyncStatus.OUT_OF_SYNC or each.errors))
        made: list[Row] = []
        for state in states:
            kept = self._blocks.get(state.key)
            if kept is None or kept[0] is not state:
                kept = self._blocks[state.key] = (state, self._block(state))
            made += kept[1]
        return made

    def _open(self, node: Node, drifted: bool) -> bool:
        if self.filter:
            return True
        if drifted:
            return self.opened.setdefault(node, True)
        return self.opened.get(node, False)

    def _block(self, state: ApplicationState) -> list[Row]:
        node = Node(state.key)
        stale = state.stale_since is not None
        status, role = app_status(state)
        shown: dict[str, list[ResourceState]] = {}
        for resource in state.resources.values():
            if not self.filter or self.filter.matches(state, resource):
                shown.setdefault(resource.key.group_kind, []).append(resource)
        if self.filter and not shown and not all(n + c + v in state.app.name.lower() for n, c, v in self.filter.words):
            return []
        is_open = self._open(node, state.sync is SyncStatus.OUT_OF_SYNC or bool(state.errors))
        rows = [Row(node, 0, printable(state.app.name), status, role, is_open, False, stale)]
        if not is_open:
            return rows
        for each in state.conditions:
            bad = each.severity.value == "error"
            rows.append(Row(node, 1, f"{'✗' if bad else '!'} {printable(each.message)}", "", "bad" if bad else "warn"))
        if state.loading and not shown:
            rows.append(Row(node, 1, "loading…", "", "muted"))
        for kind in sorted(shown, key=lambda name: (not any(r.drift.is_drifted for r in shown[name]), name)):
            rows += self._kind(state, kind, shown[kind], stale)
        return rows

    def _kind(self, state: ApplicationState, kind: str, members: list[ResourceState], stale: bool) -> list[Row]:
        node = Node(state.key, kind)
        drifted = sum(member.drift.is_drifted for member in members)
        is_open = self._open(node, drifted > 0)
        words = f"✗ {drifted} of {len(members)}" if drifted else f"{len(members)}"
        rows = [Row(node, 1, printable(kind), words, "bad" if drifted else "muted", is_open, False, stale)]
        if not is_open:
            return rows
        for member in sorted(members, key=lambda m: (not m.drift.is_drifted, m.key)):
            leaf = Node(state.key, kind, member.key)
            status, role = resource_status(member)
            inner = self._open(leaf, False) if member.owned and not self.filter else None
            if not member.owned:
                inner = None
            name = printable(member.key.name)
            rows.append(Row(leaf, 2, name, status, role, inner, member.drift.is_drifted, stale))
            if inner:
                rows += self._owned(leaf, member.owned, 3, stale)
        return rows

    def _owned(self, parent: Node, owned: tuple[OwnedObject, ...], depth: int, stale: bool) -> list[Row]:
        rows = []
        for each in owned:
            status = f"{_health(each.health.status) if each.health else ''} {printable(each.summary)}".strip()
            bad = each.health is not None and each.health.status is HealthStatus.DEGRADED
            name = f"{printable(each.key.kind)} {printable(each.key.name)}"
            rows.append(
                Row(parent._replace(uid=each.uid), depth, name, status, "bad" if bad else "muted", None, False, stale)
            )
            rows += self._owned(parent, each.children, depth + 1, stale)
        return rows

    def drifted(self, snapshot: Snapshot) -> list[Node]:
        """All drifted resources in the order of the tree, whether open or not."""
        states = sorted(
            snapshot.applications.values(), key=lambda s: not (s.sync is SyncStatus.OUT_OF_SYNC or s.errors)
        )
        found = []
        for state in states if self.drifted_first else snapshot.applications.values():
            keys = sorted((r.key.group_kind, r.key) for r in state.resources.values() if r.drift.is_drifted)
            found += [Node(state.key, kind, key) for kind, key in keys]
        return found
