"""The screens beside the main one, one a file."""

from gitops_tui.tui.screens.ask import Ask
from gitops_tui.tui.screens.following import Following
from gitops_tui.tui.screens.history import HistoryScreen
from gitops_tui.tui.screens.reader import Reader
from gitops_tui.tui.screens.sync import SyncScreen

__all__ = ["Ask", "Following", "HistoryScreen", "Reader", "SyncScreen"]
