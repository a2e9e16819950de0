"""The background worker: owns the loop, turns events into Snapshots, takes commands.

The worker is imported when it is first asked for: the screen's first frame needs its words only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_tui.reconcile.api import EngineApi, HistoryCommit
from gitops_tui.reconcile.request import Request

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

__all__ = ["Engine", "EngineApi", "HistoryCommit", "Request"]


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from gitops_tui.reconcile.worker import Engine

        return Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
