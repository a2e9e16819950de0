"""The screens beside the main one, one a file."""

from gitops_tui.tui.screens.ask import Ask
from gitops_tui.tui.screens.audit import AuditScreen
from gitops_tui.tui.screens.blame import BlameScreen
from gitops_tui.tui.screens.choice import Choice
from gitops_tui.tui.screens.confirm import Confirm, ConfirmDelete
from gitops_tui.tui.screens.delete import ConfirmDeleteApp, DeleteScreen
from gitops_tui.tui.screens.errors import ErrorsScreen
from gitops_tui.tui.screens.events import EventsScreen
from gitops_tui.tui.screens.following import Following
from gitops_tui.tui.screens.history import HistoryScreen
from gitops_tui.tui.screens.links import LinksScreen
from gitops_tui.tui.screens.manifest import ManifestScreen
from gitops_tui.tui.screens.many import ConfirmDeleteMany, SyncManyScreen
from gitops_tui.tui.screens.orphaned import OrphanedScreen
from gitops_tui.tui.screens.pause import PauseScreen
from gitops_tui.tui.screens.quick import QuickSync
from gitops_tui.tui.screens.reader import Reader
from gitops_tui.tui.screens.revert import RevertScreen
from gitops_tui.tui.screens.rollback import RollbackScreen, UnpinScreen
from gitops_tui.tui.screens.sync import SyncScreen
from gitops_tui.tui.screens.undo import UndoScreen
from gitops_tui.tui.screens.why import WhyScreen
from gitops_tui.tui.screens.windows import WindowsScreen

__all__ = [
    "Ask",
    "AuditScreen",
    "BlameScreen",
    "Choice",
    "Confirm",
    "ConfirmDelete",
    "ConfirmDeleteApp",
    "ConfirmDeleteMany",
    "DeleteScreen",
    "ErrorsScreen",
    "EventsScreen",
    "Following",
    "HistoryScreen",
    "LinksScreen",
    "ManifestScreen",
    "OrphanedScreen",
    "PauseScreen",
    "QuickSync",
    "Reader",
    "RevertScreen",
    "RollbackScreen",
    "SyncManyScreen",
    "SyncScreen",
    "UndoScreen",
    "UnpinScreen",
    "WhyScreen",
    "WindowsScreen",
]
