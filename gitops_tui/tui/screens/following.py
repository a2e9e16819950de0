"""Screens that hear of new Snapshots while they are open."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gitops_tui.model.snapshot import Snapshot


@runtime_checkable
class Following(Protocol):
    """`follow` is called on the screen's thread for each new Snapshot (coalesced)."""

    def follow(self, snapshot: Snapshot) -> None: ...
