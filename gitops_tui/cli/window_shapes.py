"""The JSON shapes of sync windows; the README documents them."""

from __future__ import annotations

from typing import Any

from gitops_tui.cli.output import time
from gitops_tui.model.windows import SyncGate, WindowLine, WindowState


def window(state: WindowState) -> dict[str, Any]:
    found = state.window
    return {
        "source": found.source,
        "number": found.number,
        "kind": found.kind,
        "schedule": found.schedule,
        "duration": found.duration,
        "timeZone": found.time_zone,
        "applications": list(found.applications),
        "namespaces": list(found.namespaces),
        "clusters": list(found.clusters),
        "andOperator": found.and_operator,
        "manualSync": found.manual_sync,
        "syncOverrun": found.sync_overrun,
        "description": found.description,
        "active": state.active,
        "changes": time(state.changes),
        "problem": found.problem,
    }


def line(found: WindowLine) -> dict[str, Any]:
    return {**window(found.state), "matches": list(found.applications)}


def gate(found: SyncGate) -> dict[str, Any]:
    """Whether syncs may begin, and the windows about the application."""
    return {
        "automatic": found.automatic,
        "manual": found.manual,
        "why": found.why,
        "opens": time(found.opens),
        "windows": [window(each) for each in found.windows],
    }
