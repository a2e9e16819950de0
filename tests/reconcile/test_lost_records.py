"""A record that somebody deletes or empties is noticed: what a session knew is written back, and what nobody knows any more is
said, with the inventory made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.model.record import AppRecord
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.clusters import on
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {k: v}\n"
CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)


class World:
    def __init__(self, folder: Path, repository: Any, config: Path) -> None:
        self.folder, self.repository, self.config = folder, repository, config
        self.engines: list[Engine] = []

    def start(self, *, automatic: bool = True) -> Engine:
        request = Request(
            repo=str(self.repository.folder),
            pattern="a",
            kubeconfig=self.config,
            namespace="default",
            automatic=automatic,
        )
        place = self.folder / f"session{len(self.engines)}"
        engine = Engine(request, Settings(state_folder=place, cache_folder=self.folder / "cache"))
        self.engines.append(engine)
        engine.start()
        until(lambda: bool(engine.snapshot.applications) and self.state(engine).sync != "Unknown")
        return engine

    def state(self, engine: Engine) -> Any:
        return next(iter(engine.snapshot.applications.values()))

    def said(self, engine: Engine) -> str:
        return "\n".join(each.message for each in engine.snapshot.conditions)

    def ask(self, work: Callable[[Cluster], Any]) -> Any:
        return on(self.config, work)

    def record(self) -> Any:
        return self.ask(lambda cluster: cluster.get(CONFIGMAP, "gitops-tui", "app-a"))

    def delete(self) -> None:
        self.ask(lambda cluster: cluster.delete(CONFIGMAP, "gitops-tui", "app-a", propagation="Background"))

    def empty(self) -> None:
        async def work(cluster: Cluster) -> None:
            found = await cluster.get(CONFIGMAP, "gitops-tui", "app-a")
            assert found is not None
            await cluster.replace({key: value for key, value in found.items() if key != "data"})

        self.ask(work)


@pytest.fixture
def world(made_repository, tmp_path: Path) -> Iterator[World]:
    made_repository.commit({"a/one.yaml": CONFIG % "one", "a/two.yaml": CONFIG % "two"})
    with DemoCluster(delay=0) as demo:
        made = World(tmp_path, made_repository, demo.kubeconfig(tmp_path / "kubeconfig"))
        yield made
        for engine in made.engines:
            engine.stop()


def synced_and_paused(world: World, *, automatic: bool = True) -> Engine:
    engine = world.start(automatic=automatic)
    key = world.state(engine).key
    assert engine.sync(engine.plan(key, SyncOptions()).result(60)).result(60).phase is OperationPhase.SUCCEEDED
    engine.pause(key, "freeze").result(60)
    until(lambda: world.state(engine).record.pause is not None)
    return engine


@pytest.mark.parametrize("how", ["delete", "empty"])
def test_a_session_that_knew_the_record_says_it_and_writes_it_back(world: World, how: str) -> None:
    engine = synced_and_paused(world)
    getattr(world, how)()
    until(lambda: "by somebody" in world.said(engine))
    assert ("deleted" if how == "delete" else "emptied") in world.said(engine)
    assert "its pause holds" in world.said(engine)
    until(lambda: "freeze" in str((world.record() or {}).get("data")))
    assert world.state(engine).record.pause.reason == "freeze"
    assert {item.key.name for item in world.state(engine).record.inventory} == {"one", "two"}


def test_a_session_that_never_knew_it_says_so_and_makes_the_inventory_anew(world: World) -> None:
    synced_and_paused(world).stop()
    world.delete()
    engine = world.start()
    until(lambda: "nothing is recorded of a" in world.said(engine))
    until(lambda: {item.key.name for item in world.state(engine).record.inventory} == {"one", "two"})
    until(lambda: "one" in str((world.record() or {}).get("data")))


def test_a_record_that_was_taken_away_with_its_application_stays_away(world: World) -> None:
    engine = synced_and_paused(world)
    key = world.state(engine).key
    plan = engine.preview_delete(key, SyncOptions()).result(60).plan
    assert engine.delete_app(plan, forget=True).result(60).phase is OperationPhase.SUCCEEDED
    until(lambda: world.state(engine).record == AppRecord())
    assert world.record() is None
    assert "by somebody" not in world.said(engine)
