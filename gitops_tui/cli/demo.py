"""`gitops-tui demo`: the screen on the embedded cluster and the sample repository."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import ConfigError
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.reconcile import EngineApi

HINT = "demo · try: ] next drift · s sync · h history, then R to roll back · p pause · ? all keys"


def demo(settings: Settings) -> int:
    """Runs the demo until the person leaves; nothing of it stays."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise ConfigError("the demo needs a terminal")
    from gitops_tui.tui import run

    with tempfile.TemporaryDirectory(prefix="gitops-tui-demo-") as temporary, ExitStack() as ends:

        def engine() -> EngineApi:
            # Cluster and worker are imported here, after the first frame.
            from gitops_tui.demo.demo import Demo
            from gitops_tui.reconcile import Engine, Request

            running = Demo(Path(temporary))
            ends.callback(running.stop)
            running.start()
            running.start_drifting()
            request = Request(files=(running.applications,), kubeconfig=running.kubeconfig)
            return Engine(request, settings)

        return run(engine, settings, title="demo", hint=HINT)
