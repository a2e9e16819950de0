"""Snapshot + what is open + filter -> rows of the tree. Pure: no screen, no clock.

`rows` is a sequence over the blocks' own lists, found by prefix sums: nothing is copied together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import ApplicationState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.tui.blocks import AppBlock
from gitops_tui.tui.filtering import Filter
from gitops_tui.tui.spread import Spread
from gitops_tui.tui.treerow import Node, Opened, Row

__all__ = ["Layout", "Node", "Row", "Rows"]


class Rows(Spread[Row]):
    """All rows, by index, and where a node stands."""

    def __init__(self, blocks: Sequence[AppBlock] = ()) -> None:
        self._segments: list[list[Row]] = []
        self._first: dict[AppKey, int] = {}
        self._blocks = {block.node.app: block for block in blocks}
        for block in blocks:
            self._first[block.node.app] = len(self._segments)
            self._segments += block.segments
        super().__init__(map(len, self._segments), lambda at, within: self._segments[at][within])

    def __iter__(self) -> Iterator[Row]:
        for segment in self._segments:
            yield from segment

    def find(self, node: Node) -> int | None:
        """The index of a node's row, None where it has none."""
        block = self._blocks.get(node.app)
        if block is None:
            return None
        at = block.index(node)
        return None if at is None else self.start(self._first[node.app]) + at


class Layout:
    """Turns Snapshots into rows."""

    def __init__(self, *, drifted_first: bool = True) -> None:
        self.drifted_first = drifted_first
        self.opened = Opened()
        self.filter = Filter()
        self.total = 0
        self.matched = 0
        self._blocks: dict[AppKey, AppBlock] = {}
        self._order: list[AppBlock] = []

    def set(self, node: Node, is_open: bool) -> None:
        """Opens or closes a node (of an application, a kind or a resource that owns others)."""
        self.opened.set(node, is_open)
        if block := self._blocks.get(node.app):
            block.reopen(node)

    def set_filter(self, text: str) -> None:
        self.filter = Filter(text)
        self.opened.filtered = {} if self.filter else None
        self._blocks.clear()

    def rows(self, snapshot: Snapshot) -> Rows:
        applications = snapshot.applications
        for key, state in applications.items():
            block = self._blocks.get(key)
            if block is None:
                only = self.filter.of(state) if self.filter else None
                self._blocks[key] = AppBlock(state, self.opened, self.drifted_first, only)
            elif block.state is not state:
                block.update(state)
        if len(self._blocks) != len(applications):
            for key in [each for each in self._blocks if each not in applications]:
                del self._blocks[key]
        blocks = [self._blocks[key] for key in applications]
        if self.drifted_first:
            blocks = _bad_first(blocks)
        self._order = [block for block in blocks if not block.hidden]
        self.total = sum(len(block.state.resources) for block in blocks)
        self.matched = sum(block.shown for block in self._order)
        return Rows(self._order)

    def applications(self) -> list[Row]:
        """The rows of the applications that are shown, in order."""
        return [block.lines[0] for block in self._order]

    def jump(self, here: Node | None, step: int) -> tuple[Node, int, int] | None:
        """The next (1) or previous (-1) drifted resource from a node on, around the end: (it, its number from 1,
        how many there are). None where there is none. `rows` has to have been called before."""
        lists = [block.drifted() for block in self._order]
        total = sum(map(len, lists))
        if not total:
            return None
        at = next((i for i, block in enumerate(self._order) if here and block.node.app == here.app), 0)
        before = sum(map(len, lists[:at]))
        places = [each[0] for each in lists[at]] if lists else []
        place = self._order[at].place(here) if here else (-2, 0, ())
        number = before + (bisect_right(places, place) if step > 0 else bisect_left(places, place) - 1)
        number %= total
        left = number
        for each in lists:
            if left < len(each):
                return each[left][1], number + 1, total
            left -= len(each)
        return None


def _bad_first(blocks: list[AppBlock]) -> list[AppBlock]:
    """Those with something wrong first; an application of applications stays together with those that it holds."""
    families: dict[AppKey, list[AppBlock]] = {}
    head: dict[AppKey, AppKey] = {}
    for block in blocks:
        parent = block.state.app.parent
        key = block.state.key
        head[key] = head.get(parent, key) if parent is not None else key
        families.setdefault(head[key], []).append(block)
    ordered = sorted(families.values(), key=lambda family: not any(_bad(each.state) for each in family))
    return [block for family in ordered for block in family]


def _bad(state: ApplicationState) -> bool:
    return state.sync is SyncStatus.OUT_OF_SYNC or bool(state.errors)
