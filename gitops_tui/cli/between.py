"""`diff APP --from REV [--to REV]`: what Git renders at two commits, whatever the cluster has."""

from __future__ import annotations

import argparse
import difflib
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.compare.between import ManifestChange, changes_between
from gitops_tui.compare.show import plain
from gitops_tui.render import dump
from gitops_tui.settings import Settings


def between(options: argparse.Namespace, settings: Settings) -> int:
    """Prints the objects that differ between two commits; exit code 0 none, 1 some."""
    with session(options, settings) as work:
        state = work.application(options.app)
        old = work.wait(work.engine.resolve(state.key, options.from_revision))
        wanted = options.to_revision or (state.revision.sha if state.revision else "HEAD")
        new = work.wait(work.engine.resolve(state.key, wanted))
        before, after = (work.wait(work.engine.manifests(state.key, each.sha)) for each in (old, new))
    found = changes_between(before, after, mask_keys=settings.mask_keys)
    if options.output == "json":
        head = {"application": str(state.key), "from": shapes.commit(old), "to": shapes.commit(new)}
        json_out({**head, "changes": [shapes.change(each) for each in found]})
    else:
        for each in found:
            _say(each, old.short, new.short)
    return 1 if found and options.exit_code else 0


def _say(change: ManifestChange, old: str, new: str) -> None:
    out(f"{change.kind.value} {change.key}")
    before, after = _lines(change.old), _lines(change.new)
    for line in difflib.unified_diff(before, after, fromfile=old, tofile=new, lineterm=""):
        out(f"  {line}")


def _lines(obj: Any) -> list[str]:
    return dump(plain(obj)).splitlines() if obj is not None else []
