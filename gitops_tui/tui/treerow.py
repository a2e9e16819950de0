"""What one row of the tree is, and which nodes are open. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gitops_tui.model.drift import MovedCounts
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, Condition, OwnedObject, ResourceState


class Node(NamedTuple):
    """The identity of a row: it stays when others come and go. uid: of an owned object."""

    app: AppKey
    kind: str = ""
    key: ResourceKey | None = None
    uid: str = ""


class KindSummary(NamedTuple):
    """What a kind's row says. unknown: how many could not be read. moved: of the drifted ones, which side."""

    total: int
    drifted: int
    unknown: int
    health: tuple[tuple[HealthStatus, int], ...]
    moved: MovedCounts = MovedCounts()


class Note(NamedTuple):
    """A line beneath an application: what: "pause", "window", "pin", "operation", "loading", "empty"."""

    what: str
    state: ApplicationState


What = ApplicationState | KindSummary | ResourceState | OwnedObject | Condition | Note


class Row(NamedTuple):
    """One row. what: the state it shows, by which it is drawn. is_open: None for a leaf."""

    node: Node
    depth: int
    name: str
    what: What
    is_open: bool | None = None


class Opened:
    """What a person, or the first sight of drift, opened or closed. Under a filter everything is open unless closed
    there."""

    def __init__(self) -> None:
        self.said: dict[Node, bool] = {}
        self.filtered: dict[Node, bool] | None = None

    def is_open(self, node: Node, *, drifted: bool) -> bool:
        if self.filtered is not None:
            return self.filtered.get(node, True)
        if drifted:
            return self.said.setdefault(node, True)
        return self.said.get(node, False)

    def set(self, node: Node, is_open: bool) -> None:
        (self.said if self.filtered is None else self.filtered)[node] = is_open
