"""A sync of many applications: its order, its limit, its stop, and other people's operations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.errors import OperationRunning, PlanRefused
from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import ManyStatus
from gitops_tui.model.sync import SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.many_order import Order, lineage
from gitops_tui.settings import Settings
from gitops_tui.sync.execute import Executor
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: default}\n"


class World:
    """Applications a, b, c, d of one repository; sessions on the same cluster."""

    names = "abcd"

    def __init__(self, folder: Path, repository: Any, kubeconfig: Path) -> None:
        self.folder, self.repository, self.kubeconfig = folder, repository, kubeconfig
        self.engines: list[Engine] = []
        repository.commit({f"apps/{name}/a.yaml": CONFIG % name for name in self.names})

    def start(self) -> Engine:
        request = Request(
            repo=str(self.repository.folder), pattern="apps/*", kubeconfig=self.kubeconfig, automatic=False
        )
        place = self.folder / f"session{len(self.engines)}"
        engine = Engine(request, Settings(state_folder=place, cache_folder=self.folder / "cache", wave_timeout=30))
        self.engines.append(engine)
        engine.start()
        until(
            lambda: (
                len(engine.snapshot.applications) == len(self.names)
                and not any(each.loading for each in engine.snapshot.applications.values())
            )
        )
        return engine


@pytest.fixture
def world(made_repository, tmp_path: Path) -> Iterator[World]:
    with DemoCluster(delay=0) as cluster:
        made = World(tmp_path, made_repository, cluster.kubeconfig(tmp_path / "kubeconfig"))
        yield made
        for engine in made.engines:
            engine.stop()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Operations that wait: `running` are those under way, `go` lets them end."""
    run = Executor.run
    state: dict[str, Any] = {"running": set(), "most": 0, "go": False}

    async def slow(self: Executor) -> Any:
        name = self._plan.app.name
        state["running"].add(name)
        state["most"] = max(state["most"], len(state["running"]))
        while not state["go"] and not self._stop:
            await asyncio.sleep(0.02)
        try:
            return await run(self)
        finally:
            state["running"].discard(name)

    monkeypatch.setattr(Executor, "run", slow)
    yield state
    state["go"] = True


def keys(engine: Engine) -> list[AppKey]:
    return list(engine.snapshot.applications)


def statuses(operation: Any) -> dict[str, str]:
    return {each.app.name: each.status.value for each in operation.results}


def test_no_more_at_a_time_than_the_limit_says_and_what_is_left_stops(world, held) -> None:
    engine = world.start()
    plan = engine.plan_many(keys(engine), SyncOptions()).result(30)
    running = engine.sync_many(plan, 2)
    until(lambda: len(held["running"]) == 2)
    with pytest.raises(OperationRunning):
        engine.sync_many(plan, 2).result(30)
    engine.stop_many()
    found = running.result(60)
    assert held["most"] == 2
    assert set(statuses(found).values()) == {"Stopped"}
    assert found.count(ManyStatus.STOPPED) == 4
    assert all(each.operation is None for each in found.results if "before its turn" in each.message)
    held["go"] = True
    plan = engine.plan_many(keys(engine), SyncOptions()).result(30)
    assert set(statuses(engine.sync_many(plan, 2).result(60)).values()) == {"Succeeded"}
    assert held["most"] == 2
    until(lambda: engine.snapshot.many is not None and engine.snapshot.many.is_fine)


def test_another_persons_operation_is_said_and_skipped(world, held) -> None:
    first, second = world.start(), world.start()
    one = next(key for key in keys(first) if key.name == "a")
    theirs = first.sync(first.plan(one, SyncOptions()).result(30))
    until(lambda: held["running"] == {"a"})
    plan = second.plan_many(keys(second), SyncOptions()).result(30)
    mine = second.sync_many(plan)
    until(lambda: held["running"] == {"a", "b", "c", "d"})
    until(lambda: second.snapshot.many is not None and statuses(second.snapshot.many)["a"] == "Skipped")
    held["go"] = True
    found = mine.result(60)
    assert statuses(found) == {"a": "Skipped", "b": "Succeeded", "c": "Succeeded", "d": "Succeeded"}
    assert "started by" in next(each.message for each in found.results if each.app.name == "a")
    assert theirs.result(60).phase.value == "Succeeded"


def test_what_git_holds_since_the_plan_refuses_that_application_alone(world) -> None:
    engine = world.start()
    plan = engine.plan_many(keys(engine), SyncOptions()).result(30)
    head = world.repository.commit({"apps/a/a.yaml": CONFIG % "other"})
    engine.refresh().result(30)
    until(lambda: all(each.revision.sha == head for each in engine.snapshot.applications.values()))
    found = statuses(engine.sync_many(plan).result(60))
    assert found == {"a": "Refused", "b": "Succeeded", "c": "Succeeded", "d": "Succeeded"}


def test_options_that_mean_one_application_are_refused(world) -> None:
    engine = world.start()
    with pytest.raises(PlanRefused):
        engine.plan_many(keys(engine), SyncOptions(revision="0" * 40)).result(30)


def application(name: str, parent: str = "", wave: str = "") -> Any:
    from gitops_tui.model.application import Application, Destination, Source

    return Application(
        AppKey("c", "", name),
        (Source("x"),),
        Destination(),
        annotations={"argocd.argoproj.io/sync-wave": wave} if wave else {},
        parent=AppKey("c", "", parent) if parent else None,
    )


def test_parents_go_first_and_siblings_by_their_waves() -> None:
    apps = {
        each.key: each
        for each in (
            application("root", wave="7"),
            application("early", "root", "-1"),
            application("middle", "root"),
            application("below", "middle", "9"),
            application("late", "root", "2"),
            application("alone"),
        )
    }
    named = {key.name: key for key in apps}
    order = Order({key: lineage(app, apps) for key, app in apps.items()})

    def ready() -> set[str]:
        return {key.name for key in left if order.is_ready(key)}

    left = set(apps)
    seen = []
    while left:
        now = ready()
        seen.append(now)
        for name in now:
            order.ended(named[name])
            left.discard(named[name])
    assert seen == [{"root", "alone"}, {"early"}, {"middle"}, {"below"}, {"late"}]


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: slow, namespace: default}
spec:
  selector: {matchLabels: {app: slow}}
  template:
    metadata: {labels: {app: slow}}
    spec: {containers: [{name: a, image: busybox}]}
"""


def declared(name: str, repository: Any, path: str, wave: int = 0) -> str:
    notes = f"annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}"
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, {notes}}}\n"
        f"spec:\n  source: {{repoURL: '{repository.folder}', path: {path}, targetRevision: main}}\n"
        "  destination: {server: 'https://kubernetes.default.svc', namespace: default}\n"
    )


def test_the_next_wave_begins_once_the_one_before_is_healthy_and_a_broken_one_holds_nothing(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_repository.commit({"first/d.yaml": DEPLOYMENT, "second/c.yaml": CONFIG % "second", "bad/x.yaml": "a: [\n"})
    made_repository.commit(
        {
            "root/first.yaml": declared("first", made_repository, "first"),
            "root/bad.yaml": declared("bad", made_repository, "bad"),
            "root/second.yaml": declared("second", made_repository, "second", 1),
        }
    )
    file = tmp_path / "root.yaml"
    file.write_text(declared("root", made_repository, "root"))
    seen: list[str] = []
    with DemoCluster(delay=0.5) as cluster:
        request = Request(files=(file,), kubeconfig=cluster.kubeconfig(tmp_path / "kubeconfig"), automatic=False)
        place = {"state_folder": tmp_path / "s", "cache_folder": tmp_path / "c"}
        engine = Engine(request, Settings(run_child_applications=True, wave_timeout=90, **place))

        run = Executor.run

        async def told(self: Executor) -> Any:
            if self._plan.app.name == "second":
                seen.extend(each.state.health.value for key, each in engine.runtimes.items() if key.name == "first")
            return await run(self)

        monkeypatch.setattr(Executor, "run", told)
        engine.start()
        try:
            until(lambda: len(engine.snapshot.applications) == 4)
            until(lambda: not any(each.loading for each in engine.snapshot.applications.values()))
            plan = engine.plan_many(keys(engine), SyncOptions()).result(60)
            found = statuses(engine.sync_many(plan).result(120))
        finally:
            engine.stop()
    assert found == {"root": "Unchanged", "first": "Succeeded", "second": "Succeeded", "bad": "Refused"}
    assert seen == ["Healthy"]
