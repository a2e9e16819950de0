"""Events are watched while somebody follows them, whatever comes and goes meanwhile; rights that are missing are said."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import Demo, start_demo
from gitops_tui.model.inspect import Events
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Demo, Engine]]:
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    settings = Settings(state_folder=tmp_path / "s", cache_folder=tmp_path / "c", read_only=True)
    engine = Engine(Request(files=(demo.applications / "web.yaml",), kubeconfig=demo.kubeconfig), settings)
    engine.start()
    try:
        until(
            lambda: engine.snapshot.applications and not any(a.loading for a in engine.snapshot.applications.values())
        )
        yield demo, engine
    finally:
        engine.stop()
        demo.stop()


def deployment(engine: Engine) -> tuple[AppKey, ResourceKey]:
    app, state = next(iter(engine.snapshot.applications.items()))
    return app, next(key for key, each in state.resources.items() if key.kind == "Deployment" and each.live is not None)


def event(about: ResourceKey, name: str, reason: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace},
        "involvedObject": {"kind": about.kind, "namespace": about.namespace, "name": about.name},
        "type": "Warning",
        "reason": reason,
        "message": "said by a test",
        "count": 1,
    }


def test_new_events_come_while_they_are_followed_and_none_afterwards(place) -> None:
    demo, engine = place
    app, key = deployment(engine)
    heard: list[Events] = []
    end = engine.follow_events(app, key, "", heard.append)
    until(lambda: heard and not heard[-1].loading and not heard[-1].problems)
    demo.cluster.do("test", event(key, "one", "SaidOnce"), operation="Update")
    until(lambda: any(each.reason == "SaidOnce" for each in heard[-1].lines))
    assert heard[-1].lines[0].warning
    other = key._replace(name="another")
    demo.cluster.do("test", event(other, "two", "NotMine"), operation="Update")
    demo.cluster.do("test", event(key, "three", "SaidLater"), operation="Update")
    until(lambda: any(each.reason == "SaidLater" for each in heard[-1].lines))
    assert not any(each.reason == "NotMine" for each in heard[-1].lines)
    tasks = {each.get_name() for each in _tasks(engine)}
    assert any(name.startswith("watch events") for name in tasks)
    end()
    until(lambda: not any(each.get_name().startswith("watch events") for each in _tasks(engine)))


def _tasks(engine: Engine) -> set[Any]:
    import asyncio

    return asyncio.all_tasks(engine.loop)


def test_what_may_not_be_read_is_said(place) -> None:
    demo, engine = place
    app, key = deployment(engine)
    faults = {"does": "error", "status": 403, "reason": "Forbidden", "message": "no", "resources": ["events"]}
    demo.cluster.scripted.add(**faults)
    demo.cluster.faults = demo.cluster.scripted
    found = engine.events(app, key).result(120)
    assert found.lines == ()
    assert found.problems == (f"no rights to see Events in {key.namespace}",)
    heard: list[Events] = []
    end = engine.follow_events(app, key, "", heard.append)
    until(lambda: heard and heard[-1].problems == found.problems)
    end()


def test_an_engine_that_stops_leaves_nothing_running_behind(place, caplog: pytest.LogCaptureFixture) -> None:
    """Also what was asked in the same moment: a task that is left on a closed loop is destroyed while it is pending."""
    demo, engine = place
    app, key = deployment(engine)
    demo.cluster.scripted.add(does="latency", seconds=20, verbs=["list"], resources=["events"])
    demo.cluster.faults = demo.cluster.scripted
    ends = [engine.follow_events(app, key, "", lambda _: None) for _ in range(5)]
    until(lambda: any(each.get_name().startswith("watch events") for each in _tasks(engine)))
    asked = [engine.why(app, key) for _ in range(20)] + [engine.events(app) for _ in range(20)]  # type: ignore[operator]
    ends += [engine.follow_events(app, key, "", lambda _: None) for _ in range(5)]
    engine.stop(30)
    assert engine.loop.is_closed()
    assert _tasks(engine) == set()
    assert all(each.done() for each in asked)
    for end in ends:
        end()
    gc.collect()
    assert "destroyed" not in caplog.text
