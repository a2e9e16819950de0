"""A server that falls silent is told from a quiet one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_tui.model.snapshot import Link
from gitops_tui.reconcile import Engine, Request, session
from gitops_tui.settings import Settings
from tests.support.waiting import until

SERVER = """
import sys, time
from pathlib import Path
from gitops_tui.demo import DemoCluster
cluster = DemoCluster()
cluster.start()
cluster.kubeconfig(Path(sys.argv[1] + ".new")).rename(sys.argv[1])
time.sleep(600)
"""


def test_a_frozen_server_makes_what_is_shown_stale_and_live_again_when_it_answers(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_PULSE", 0.2)
    monkeypatch.setattr(session, "_PULSE_WAIT", 0.5)
    made_repository.commit({"a/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    config = tmp_path / "kubeconfig"
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(config)])
    engine = None
    try:
        until(config.exists)
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, automatic=False)
        engine = Engine(request, Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache"))
        engine.start()

        def link() -> Link | None:
            clusters = engine.snapshot.clusters
            return clusters[0].link if clusters else None

        until(lambda: any(not each.loading for each in engine.snapshot.applications.values()))
        os.kill(server.pid, signal.SIGSTOP)
        until(lambda: link() is Link.RECONNECTING)
        assert "has not answered" in engine.snapshot.clusters[0].message
        assert all(each.stale_since for each in engine.snapshot.applications.values())
        os.kill(server.pid, signal.SIGCONT)
        until(lambda: link() is Link.LIVE)
        until(lambda: not any(each.stale_since for each in engine.snapshot.applications.values()))
    finally:
        if engine is not None:
            engine.stop()
        server.kill()
        server.wait()
