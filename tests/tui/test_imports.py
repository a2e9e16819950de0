"""What the first frame must not wait for: the worker, the cluster's client, git, schemas and pygments."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "aiohttp",
    "kubernetes",
    "git",
    "pygments.lexers.data",
    "gitops_tui.reconcile.worker",
    "gitops_tui.compare",
    "yaml",
)


def test_the_screen_is_there_before_the_worker_is_imported() -> None:
    code = f"import sys, gitops_tui.tui.app, gitops_tui.cli.demo; print([n for n in {HEAVY!r} if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
