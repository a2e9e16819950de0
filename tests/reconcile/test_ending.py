"""A session ends without a word, whatever is still under way then."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until


@pytest.fixture
def engine(made_repository, tmp_path: Path):
    made_repository.commit({"a/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    with DemoCluster(delay=0) as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, automatic=False)
        made = Engine(request, Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache"))
        made.start()
        until(lambda: any(not each.loading for each in made.snapshot.applications.values()))
        yield made
        made.stop()


def said(engine: Engine, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the end of the engine's loop leaves in the log."""
    with caplog.at_level(logging.WARNING):
        engine.stop(60)
        assert not engine._thread.is_alive()
        gc.collect()
    return [each.getMessage() for each in caplog.records]


def test_a_thread_that_ends_late_and_tells_its_news_begins_nothing(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """As git does where the machine is busy."""
    begun, ending = threading.Event(), threading.Event()
    shutdown = engine.loop.shutdown_default_executor

    async def shut_down() -> None:
        ending.set()
        await shutdown()

    engine.loop.shutdown_default_executor = shut_down  # type: ignore[method-assign]

    def slow() -> None:
        begun.set()
        assert ending.wait(60)
        engine.loop.call_soon_threadsafe(lambda: engine.spawn(asyncio.sleep(60)))

    engine.loop.call_soon_threadsafe(lambda: engine.loop.run_in_executor(None, slow))
    assert begun.wait(60)
    assert said(engine, caplog) == []
    assert not asyncio.all_tasks(engine.loop)


@pytest.mark.parametrize("times", [3, 1000])
def test_a_task_that_takes_its_time_is_waited_for_a_while(
    engine: Engine, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    async def stubborn() -> None:
        for _ in range(times):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    asyncio.run_coroutine_threadsafe(stubborn(), engine.loop)
    assert said(engine, caplog) == []
