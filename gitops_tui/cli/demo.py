"""`gitops-tui demo`: the screen on the embedded cluster and the sample repository."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gitops_tui.errors import ConfigError
from gitops_tui.reconcile import Engine, EngineApi, Request
from gitops_tui.settings import Settings


def demo(settings: Settings) -> int:
    """Runs the demo until the person leaves; nothing of it stays."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise ConfigError("the demo needs a terminal")
    from gitops_tui.demo.demo import HINT, Demo
    from gitops_tui.tui import run

    with tempfile.TemporaryDirectory(prefix="gitops-tui-demo-") as temporary:
        running = Demo(Path(temporary))

        def engine() -> EngineApi:
            running.start()
            running.start_drifting()
            request = Request(files=(running.applications,), kubeconfig=running.kubeconfig)
            return Engine(request, settings)

        try:
            return run(engine, settings, title="demo", hint=HINT)
        finally:
            running.stop()
