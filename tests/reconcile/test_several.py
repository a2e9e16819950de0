"""Several sessions on one cluster: one of them syncs by itself, and one operation at a time runs on an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_tui.demo import start_demo
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.state import lease
from gitops_tui.sync.execute import Executor
from tests.support.waiting import until


def state(engine: Engine) -> ApplicationState:
    return next(iter(engine.snapshot.applications.values()))


@pytest.fixture
def two(tmp_path: Path):
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    request = Request(files=(demo.applications / "web.yaml",), kubeconfig=demo.kubeconfig)
    engines = [
        Engine(request, Settings(state_folder=tmp_path / name, cache_folder=tmp_path / name)) for name in ("a", "b")
    ]
    yield demo, engines
    for engine in engines:
        engine.stop()


def test_one_session_syncs_by_itself_and_the_next_takes_its_place_at_once(two, monkeypatch) -> None:
    _, (first, second) = two
    # Nobody is taken for gone: the place is free since the first session gives it up.
    monkeypatch.setattr(lease, "SILENCE", 3600.0)
    first.start()
    until(lambda: first.snapshot.worker == "this session" and bool(first.snapshot.applications))
    until(lambda: first.leadership.leads(state(first).key.cluster))
    second.start()
    until(lambda: bool(second.snapshot.applications) and state(second).auto == f"on, by {first.operations.who}")
    assert not second.leadership.leads(state(second).key.cluster)
    assert second.snapshot.worker == first.operations.who
    first.stop()
    until(lambda: second.leadership.leads(state(second).key.cluster))
    until(lambda: second.snapshot.worker == "this session")


def test_a_second_person_can_not_start_an_operation_that_another_has_under_way(two, monkeypatch) -> None:
    demo, (first, second) = two
    for engine in (first, second):
        engine.start()
        until(lambda engine=engine: bool(engine.snapshot.applications) and not state(engine).loading)
        engine.pause(state(engine).key, "a test").result(120)
    demo._scale("web", "frontend", 9)
    for engine in (first, second):
        until(lambda engine=engine: state(engine).sync == "OutOfSync")
    run, go_on = Executor.run, False

    async def slow(self: Executor):
        import asyncio

        while not go_on:
            await asyncio.sleep(0.02)
        return await run(self)

    monkeypatch.setattr(Executor, "run", slow)
    key = state(first).key
    under_way = first.sync(first.plan(key, SyncOptions()).result(120))
    until(lambda: first.runtimes[key].executor is not None)
    refused = second.sync(second.plan(key, SyncOptions()).result(120))
    ended = refused.result(120)
    assert ended.phase is OperationPhase.FAILED
    assert f"under way, started by {first.operations.who}" in ended.message
    go_on = True
    assert under_way.result(120).phase is OperationPhase.SUCCEEDED
    until(lambda: state(second).sync == "Synced")
