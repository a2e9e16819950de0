"""A pause that can't be read holds automatic sync; nothing is changed on a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gitops_tui.demo import start_demo
from gitops_tui.errors import Unreachable
from gitops_tui.model.keys import GVK
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import SyncOptions
from gitops_tui.reconcile import Engine, Request, records
from gitops_tui.settings import Settings
from gitops_tui.state import StateStore
from tests.support.waiting import until


def test_automatic_sync_waits_until_the_pause_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    file = demo.applications / "web.yaml"
    request = Request(files=(file,), kubeconfig=demo.kubeconfig)
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    deployment = GVK("apps", "v1", "Deployment")

    def replicas() -> int:
        return int(demo.cluster.objects.get(deployment, "web", "frontend")["spec"]["replicas"])

    def state(engine: Engine) -> ApplicationState:
        return next(iter(engine.snapshot.applications.values()))

    first = Engine(request, settings)
    first.start()
    until(lambda: bool(first.snapshot.applications) and not state(first).loading)
    first.pause(state(first).key, "INC-42").result(120)
    first.stop()
    wanted = replicas()
    demo._scale("web", "frontend", 9)

    read, blind = StateStore.load, True

    async def load(self: StateStore, app):
        if blind:
            raise Unreachable("the state can't be read just now")
        return await read(self, app)

    monkeypatch.setattr(StateStore, "load", load)
    monkeypatch.setattr(records.Records, "changed", lambda *_: None)
    monkeypatch.setattr(records, "_LOAD_AGAIN", 0.2)
    engine = Engine(request, settings)
    engine.start()
    try:
        until(lambda: bool(engine.snapshot.applications) and state(engine).auto.startswith("held: its pause"))
        until(lambda: bool(state(engine).resources))
        assert any("can't be read just now" in each.message for each in state(engine).errors)
        assert "pause and pin" in engine.plan(state(engine).key, SyncOptions()).result(120).refused
        blind = False
        until(lambda: state(engine).auto == "paused")
        assert replicas() == 9
        engine.resume(state(engine).key).result(120)
        until(lambda: replicas() == wanted)

        engine.pause(state(engine).key, "a moment", datetime.now(UTC) + timedelta(seconds=1.5)).result(120)
        until(lambda: state(engine).auto == "paused")
        demo._scale("web", "frontend", 8)
        assert state(engine).record.pause is not None
        until(lambda: replicas() == wanted)
        until(lambda: state(engine).record.pause is None)
    finally:
        engine.stop()
        demo.stop()
