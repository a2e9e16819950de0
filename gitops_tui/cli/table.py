"""Which module has which command: only what was asked for is imported."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import TypeAlias

from gitops_tui.settings import Settings

Command: TypeAlias = Callable[[argparse.Namespace, Settings], int]

PLACES = {
    **dict.fromkeys(("status", "diff", "sync", "rollback", "undo", "unpin"), "commands"),
    **dict.fromkeys(("pause", "resume", "audit"), "steering"),
    **dict.fromkeys(("history", "blame", "revert"), "git_commands"),
    **dict.fromkeys(("why", "events", "links", "orphaned", "usage"), "inspect_commands"),
    "render": "render",
    "ignore": "ignore",
    "logs": "logs",
    "delete": "delete",
    "windows": "windows",
    "action": "actions",
}


def command(name: str) -> Command:
    """The function of a command. Raises KeyError for a name that is none."""
    found: Command = getattr(importlib.import_module(f"gitops_tui.cli.{PLACES[name]}"), name)
    return found
