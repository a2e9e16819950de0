"""The command that lists sync windows: which are open, until when, and what they hold."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from gitops_tui.cli import window_shapes as shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.windows import WindowLine
from gitops_tui.model.windowwords import about, allowed, standing, until
from gitops_tui.settings import Settings


def windows(options: argparse.Namespace, settings: Settings) -> int:
    """The sync windows, and for each application whether it may be synced; exit code 0 where automatic sync of all that is
    asked for may begin, 1 where a window holds it."""
    with session(options, settings) as work:
        chosen = [work.application(options.app)] if options.app else list(work.ready().applications.values())
        names = {str(each.key) for each in chosen}
        lines = [each for each in work.wait(work.engine.windows()) if not options.app or names & set(each.applications)]
    if options.output == "json":
        json_out(
            {
                "now": datetime.now(UTC).isoformat(timespec="seconds"),
                "applications": [{"application": str(each.key), **_without_windows(each)} for each in chosen],
                "windows": [shapes.line(each) for each in lines],
            }
        )
    else:
        for each in lines:
            for text in _text(each):
                out(text)
        if not lines:
            out("no sync windows: syncs may begin at any time")
        for state in chosen:
            if state.gate.windows:
                out(f"{state.key}: {allowed(state.gate)}")
    return 0 if all(each.gate.automatic for each in chosen) else 1


def _without_windows(state: ApplicationState) -> dict[str, object]:
    made = shapes.gate(state.gate)
    del made["windows"]
    return made


def _text(line: WindowLine) -> list[str]:
    window, now = line.state.window, datetime.now(UTC)
    head = f"{standing(line.state):10} {window.words}  {until(line.state, now)}".rstrip()
    said = [head, f"           {window.source}, window {window.number}; {about(line)}"]
    extra = [
        "manual syncs are allowed" if window.manual_sync else "",
        "syncs under way go on (syncOverrun)" if window.sync_overrun else "",
        window.description,
    ]
    if any(extra):
        said.append(f"           {'; '.join(filter(None, extra))}")
    if window.problem:
        said.append(f"           can't be read, so it holds all syncs that it may be about: {window.problem}")
    return said
