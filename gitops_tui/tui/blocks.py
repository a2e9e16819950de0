"""The pieces that the tree's rows stand in: a block for each application, in it one for each kind.

A block keeps its rows and changes just those whose state is another object (`is`) than before; so one changed
resource among 20,000 open rows costs a look at each state's identity and one new row. Pure: no screen, no clock.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from operator import is_not
from typing import Any

from gitops_tui.model.drift import DriftKind, Moved, MovedCounts
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import ResourceKey, Sorted, in_order
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState
from gitops_tui.model.sync import OperationPhase, SyncStatus
from gitops_tui.model.text import printable
from gitops_tui.tui.filtering import AppFilter
from gitops_tui.tui.treerow import KindSummary, Node, Note, Opened, Row
from gitops_tui.tui.windowwords import is_held

# A kind with more drifted members than this is not opened by itself: a count says more than a screen full of lines.
_OPENED_UP_TO = 20


Resources = Mapping[ResourceKey, ResourceState]
Order = tuple[int, Sorted, ResourceKey]
# Where a node stands in its application: its kind's place, 0 for the drifted ones, what its key is sorted by.
Place = tuple[int, int, tuple[Any, ...]]


class KindBlock:
    """The members of one kind in one application, and their rows. `rows[0]` is the kind's own."""

    def __init__(self, node: Node, name: str, opened: Opened, drifted_first: bool) -> None:
        self.node, self.name, self.opened, self.drifted_first = node, name, opened, drifted_first
        self.members: dict[ResourceKey, ResourceState] = {}
        self.drifted = 0
        self.unknown = 0
        self.health: Counter[HealthStatus] = Counter()
        self.moved: Counter[Moved] = Counter()
        self.is_open = False
        self.order: list[Order] = []
        self.extra: dict[ResourceKey, int] = {}
        self.rows: list[Row] = []

    def _rank(self, state: ResourceState) -> Order:
        first = self.drifted_first and state.drift.kind is not DriftKind.NONE
        return (0 if first else 1, in_order(state.key), state.key)

    def _count(self, state: ResourceState, by: int) -> None:
        if state.drift.kind is not DriftKind.NONE and not state.drift.ignored_by:
            self.drifted += by
            self.moved[state.moved] += by
        if state.sync is SyncStatus.UNKNOWN:
            self.unknown += by
        if state.health is not None:
            self.health[state.health.status] += by

    def _head(self) -> Row:
        found = tuple((status, self.health[status]) for status in HealthStatus if self.health[status])
        what = KindSummary(len(self.members), self.drifted, self.unknown, found, self._moved())
        return Row(self.node, 1, self.name, what, self.is_open)

    def _moved(self) -> MovedCounts:
        return MovedCounts(self.moved[Moved.GIT], self.moved[Moved.CLUSTER], self.moved[Moved.BOTH])

    def change(self, states: Iterable[ResourceState], gone: Iterable[ResourceKey]) -> None:
        """Takes in members that are new or other than before, and those that went."""
        was_open, fresh = self.is_open, not self.members
        states = list(states)
        for key in gone:
            self._drop(key, was_open)
        for state in states:
            before = self.members.get(state.key)
            if before is not None:
                self._count(before, -1)
            self._count(state, 1)
            self.members[state.key] = state
            if was_open and not fresh:
                self._place(before, state)
        self.is_open = self.opened.is_open(self.node, drifted=0 < self.drifted <= _OPENED_UP_TO)
        if self.is_open != was_open or fresh:
            self._lay()
        elif self.rows:
            self.rows[0] = self._head()
        else:
            self.rows = [self._head()]

    def lay_again(self) -> None:
        """After something was opened or closed."""
        self.is_open = self.opened.is_open(self.node, drifted=0 < self.drifted <= _OPENED_UP_TO)
        self._lay()

    def _lay(self) -> None:
        self.rows, self.order = [self._head()], []
        self.extra = {}
        if self.is_open:
            self.order = sorted(map(self._rank, self.members.values()))
            rows = self.rows
            for _, _, key in self.order:
                rows += self._of(self.members[key])

    def _of(self, state: ResourceState) -> list[Row]:
        """A member's row and those of what it owns, where that is open."""
        node = Node(self.node.app, self.node.kind, state.key)
        if not state.owned:
            self.extra.pop(state.key, None)
            return [Row(node, 2, printable(state.key.name), state)]
        # Under a filter too: what a resource owns stays closed until somebody asks.
        is_open = (self.opened.said if self.opened.filtered is None else self.opened.filtered).get(node, False)
        rows = [Row(node, 2, printable(state.key.name), state, is_open)]
        self.extra.pop(state.key, None)
        if is_open:
            rows += _owned(node, state.owned, 3)
            self.extra[state.key] = len(rows) - 1
        return rows

    def at(self, rank: Order) -> int:
        """The index in `rows` at which a member of that rank stands, or would."""
        place = 1 + bisect_left(self.order, rank)
        for key, more in self.extra.items():
            if self._rank(self.members[key]) < rank:
                place += more
        return place

    def _drop(self, key: ResourceKey, was_open: bool) -> None:
        state = self.members.get(key)
        if state is None:
            return
        if was_open:
            rank = self._rank(state)
            place = self.at(rank)
            del self.rows[place : place + 1 + self.extra.pop(key, 0)]
            del self.order[bisect_left(self.order, rank)]
        self._count(state, -1)
        del self.members[key]

    def _place(self, before: ResourceState | None, state: ResourceState) -> None:
        rank = self._rank(state)
        if before is not None and self._rank(before) == rank:
            place = self.at(rank)
            old = 1 + self.extra.get(state.key, 0)
            self.rows[place : place + old] = self._of(state)
            return
        if before is not None:
            self.members[state.key] = before
            place = self.at(self._rank(before))
            del self.rows[place : place + 1 + self.extra.pop(state.key, 0)]
            del self.order[bisect_left(self.order, self._rank(before))]
            self.members[state.key] = state
        place = self.at(rank)
        insort(self.order, rank)
        self.rows[place:place] = self._of(state)

    def index(self, node: Node) -> int | None:
        """Where a node stands in `rows`."""
        if node.key is None:
            return 0
        state = self.members.get(node.key)
        if state is None or not self.is_open:
            return None
        place = self.at(self._rank(state))
        for at in range(place, place + 1 + self.extra.get(node.key, 0)):
            if self.rows[at].node == node:
                return at
        return None


def _owned(parent: Node, owned: tuple[OwnedObject, ...], depth: int) -> list[Row]:
    rows = []
    for each in owned:
        name = f"{printable(each.key.kind)} {printable(each.key.name)}"
        rows.append(Row(parent._replace(uid=each.uid), depth, name, each))
        rows += _owned(parent, each.children, depth + 1)
    return rows


class AppBlock:
    """One application: its own lines, then its kinds. segments: lists of rows, in order."""

    def __init__(self, state: ApplicationState, opened: Opened, drifted_first: bool, only: AppFilter | None) -> None:
        self.node = Node(state.key)
        self.opened, self.drifted_first, self.only = opened, drifted_first, only
        self.state = state
        self.kinds: dict[str, KindBlock] = {}
        self.order: list[KindBlock] = []
        self.lines: list[Row] = []
        self.shown = 0
        self.is_open = False
        self._drifted: list[tuple[Place, Node]] | None = None
        self._take(state, {})

    @property
    def segments(self) -> list[list[Row]]:
        return [self.lines, *(kind.rows for kind in self.order)] if self.is_open else [self.lines]

    @property
    def hidden(self) -> bool:
        """True where a filter leaves nothing of it."""
        return self.only is not None and not self.shown and not self.only.everything

    def update(self, state: ApplicationState) -> None:
        before = self.state.resources
        self.state = state
        self._take(state, before if self.kinds else {})

    def _wants(self, state: ApplicationState) -> bool:
        bad = state.sync is SyncStatus.OUT_OF_SYNC or bool(state.errors)
        return self.opened.is_open(self.node, drifted=bad)

    def _take(self, state: ApplicationState, before: Resources) -> None:
        self._drifted = None
        self.is_open = self._wants(state)
        if self.is_open or self.only is not None:
            self._resources(state, before)
        else:
            self.kinds, self.order = {}, []
            self.shown = len(state.resources)
        self._own_lines(state)

    def reopen(self, node: Node) -> None:
        """After that node was opened or closed."""
        if node.key is None and not node.kind:
            self._take(self.state, {} if not self.kinds else self.state.resources)
        elif kind := self.kinds.get(node.kind):
            kind.lay_again()

    def _resources(self, state: ApplicationState, before: Resources) -> None:
        now = state.resources
        if now is not before or not self.kinds:
            changed, gone = _changes(before if self.kinds else {}, now)
            only = self.only
            by_kind: dict[str, tuple[list[ResourceState], list[ResourceKey]]] = {}
            for each in changed:
                if only is None or only.matches(each):
                    by_kind.setdefault(each.key.group_kind, ([], []))[0].append(each)
                elif each.key in before:
                    by_kind.setdefault(each.key.group_kind, ([], []))[1].append(each.key)
            for key in gone:
                by_kind.setdefault(key.group_kind, ([], []))[1].append(key)
            for name, (states, left) in by_kind.items():
                block = self.kinds.get(name)
                if block is None:
                    block = self.kinds[name] = KindBlock(Node(state.key, name), name, self.opened, self.drifted_first)
                block.change(states, left)
                if not block.members:
                    del self.kinds[name]
        self._name_kinds()
        first = self.drifted_first
        self.order = sorted(self.kinds.values(), key=lambda kind: (not (first and kind.drifted), kind.node.kind))
        self.shown = sum(len(kind.members) for kind in self.order)

    def _name_kinds(self) -> None:
        """A kind's short name, and its group where two have the same."""
        count = Counter(name.partition(".")[0] for name in self.kinds)
        for name, block in self.kinds.items():
            short = name.partition(".")[0]
            wanted = printable(short if count[short] == 1 else name)
            if block.name != wanted:
                block.name = wanted
                block.rows[0] = block.rows[0]._replace(name=wanted)

    def _own_lines(self, state: ApplicationState) -> None:
        node = self.node
        name = ("└ " if state.app.parent is not None else "") + printable(str(state.key))
        rows = [Row(node, 0, name, state, self.is_open)]
        if state.record.pause is not None:
            rows.append(Row(node._replace(uid="pause"), 1, "", Note("pause", state)))
        if is_held(state):
            rows.append(Row(node._replace(uid="window"), 1, "", Note("window", state)))
        if state.record.pin is not None:
            rows.append(Row(node._replace(uid="pin"), 1, "", Note("pin", state)))
        if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
            rows.append(Row(node._replace(uid="operation"), 1, "", Note("operation", state)))
        if self.is_open:
            for at, each in enumerate(state.conditions):
                rows.append(
                    Row(node._replace(uid=f"condition {at}"), 1, printable(" ".join(each.message.split())), each)
                )
            if not state.resources and not state.errors:
                what = "loading" if state.loading else "empty"
                rows.append(Row(node._replace(uid=what), 1, "", Note(what, state)))
        self.lines = rows

    def index(self, node: Node) -> int | None:
        """Where a node stands among this application's rows."""
        if not node.kind:
            return next((at for at, row in enumerate(self.lines) if row.node == node), None)
        if not self.is_open:
            return None
        place = len(self.lines)
        for kind in self.order:
            if kind.node.kind == node.kind:
                at = kind.index(node)
                return None if at is None else place + at
            place += len(kind.rows)
        return None

    def drifted(self) -> list[tuple[Place, Node]]:
        """All drifted resources with their place, in the order of the tree, whether open or not."""
        if self._drifted is None:
            ranks = self._ranks()
            only = self.only
            found: list[tuple[Place, Node]] = []
            for each in self.state.resources.values():
                if each.drift.kind is not DriftKind.NONE and (only is None or only.matches(each)):
                    kind = each.key.group_kind
                    place = (ranks[kind], 0 if self.drifted_first else 1, in_order(each.key))
                    found.append((place, Node(self.node.app, kind, each.key)))
            found.sort(key=lambda each: each[0])
            self._drifted = found
        return self._drifted

    def _ranks(self) -> dict[str, int]:
        if self.order:
            return {kind.node.kind: at for at, kind in enumerate(self.order)}
        drifted: dict[str, bool] = {}
        for each in self.state.resources.values():
            kind = each.key.group_kind
            drifted[kind] = drifted.get(kind, False) or each.drift.kind is not DriftKind.NONE
        order = sorted(drifted, key=lambda name: (not (self.drifted_first and drifted[name]), name))
        return {name: at for at, name in enumerate(order)}

    def place(self, node: Node) -> Place:
        """A node's place, comparable with those of `drifted`."""
        if not node.kind:
            return (-1, 0, ())
        rank = self._ranks().get(node.kind, -1)
        if node.key is None:
            return (rank, -1, ())
        state = self.state.resources.get(node.key)
        first = self.drifted_first and state is not None and state.drift.is_drifted
        return (rank, 0 if first else 1, in_order(node.key))


def _changes(before: Resources, now: Resources) -> tuple[list[ResourceState], list[ResourceKey]]:
    """States that are new or other objects than before, and the keys that went."""
    if not before:
        return list(now.values()), []
    if len(before) == len(now):
        # The usual case, one state replaced: the same keys in the same order, seen without hashing any.
        same = not any(map(is_not, before, now))
        if same:
            return [new for old, new in zip(before.values(), now.values(), strict=True) if old is not new], []
    changed = [state for key, state in now.items() if before.get(key) is not state]
    return changed, [key for key in before if key not in now]
