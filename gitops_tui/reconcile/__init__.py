"""The background worker: owns the loop, turns events into Snapshots, takes commands."""

from gitops_tui.reconcile.api import EngineApi, HistoryCommit
from gitops_tui.reconcile.request import Request
from gitops_tui.reconcile.worker import Engine

__all__ = ["Engine", "EngineApi", "HistoryCommit", "Request"]
