"""Deletions in sessions: automatic sync does not work against them, they stop between objects, another session sees them; a Lease
that is stolen ends an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.errors import GitOpsError
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.sync.execute import Executor
from tests.support.clusters import on
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, annotations: {argocd.argoproj.io/sync-wave: '%d'}}\n"
CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
LEASE = ResourceType(GVK("coordination.k8s.io", "v1", "Lease"), "leases", True)


class World:
    """An application that syncs and heals by itself, of four ConfigMaps in four waves."""

    def __init__(self, folder: Path, repository: Any, config: Path, name: str) -> None:
        self.folder, self.repository, self.config, self.name = folder, repository, config, name
        self.engines: list[Engine] = []
        repository.commit({f"a/c{number}.yaml": CONFIG % (f"c{number}", number) for number in range(4)})
        self.file = folder / "app.yaml"
        spec = {
            "source": {"repoURL": str(repository.folder), "path": "a", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {"automated": {"selfHeal": True, "prune": True}, "syncOptions": ["CreateNamespace=true"]},
        }
        finalizers = ["resources-finalizer.argocd.argoproj.io"]
        made = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": spec}
        self.file.write_text(yaml.safe_dump({**made, "metadata": {"name": name, "finalizers": finalizers}}))

    def start(self, *, automatic: bool = True) -> Engine:
        place = self.folder / f"session{len(self.engines)}"
        request = Request(files=(self.file,), kubeconfig=self.config, automatic=automatic)
        engine = Engine(request, Settings(state_folder=place, cache_folder=self.folder / "cache", wave_timeout=60))
        self.engines.append(engine)
        engine.start()
        until(lambda: bool(engine.snapshot.applications) and self.state(engine).sync != "Unknown")
        return engine

    def state(self, engine: Engine) -> Any:
        return next(iter(engine.snapshot.applications.values()))

    def ask(self, work: Callable[[Cluster], Any]) -> Any:
        return on(self.config, work)

    def names(self) -> set[str]:
        found = self.ask(lambda cluster: cluster.list(CONFIGMAP, self.name))
        return {each["metadata"]["name"] for each in found} - {"kube-root-ca.crt"}

    def synced(self, engine: Engine) -> None:
        until(lambda: self.state(engine).sync == "Synced" and self.state(engine).record.deployed is not None)
        until(lambda: self.state(engine).operation is None or self.state(engine).operation.finished is not None)

    def plan(self, engine: Engine, **options: Any) -> Any:
        return engine.preview_delete(self.state(engine).key, SyncOptions(**options)).result(90).plan


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
def world(request: pytest.FixtureRequest, made_repository, tmp_path: Path) -> Iterator[World]:
    from uuid import uuid4

    name = f"del-{uuid4().hex[:8]}"
    demo = DemoCluster(delay=0) if request.param == "demo" else None
    if demo is not None:
        demo.start()
        config = demo.kubeconfig(tmp_path / "kubeconfig")
    else:
        config = request.getfixturevalue("real_kubeconfig")
    made = World(tmp_path, made_repository, config, name)
    try:
        yield made
    finally:
        for engine in made.engines:
            engine.stop()
        if demo is not None:
            demo.stop()


def test_automatic_sync_does_not_bring_back_what_was_deleted_until_a_person_syncs(world: World) -> None:
    first, second = world.start(), world.start()
    world.synced(first)
    assert world.names() == {"c0", "c1", "c2", "c3"}
    done = first.delete_app(world.plan(first), "INC-42").result(120)
    assert done.phase is OperationPhase.SUCCEEDED, done.message
    assert world.names() == set()
    for engine in (first, second):
        until(lambda engine=engine: world.state(engine).record.deleted is not None)
        until(lambda engine=engine: world.state(engine).auto == "off: it was deleted")
        until(lambda engine=engine: "it was deleted by" in "".join(x.message for x in world.state(engine).conditions))
    # Whoever leads now, and another look at Git: it stays gone.
    first.stop()
    until(lambda: second.leadership.leads(world.state(second).key.cluster))
    second.refresh().result(60)
    until(lambda: world.state(second).auto == "off: it was deleted")
    assert world.names() == set()
    key = world.state(second).key
    assert second.sync(second.plan(key, SyncOptions()).result(60)).result(90).phase is OperationPhase.SUCCEEDED
    assert world.names() == {"c0", "c1", "c2", "c3"}
    until(lambda: world.state(second).record.deleted is None)


def test_a_deletion_is_stopped_between_objects_and_gone_on_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = world.start()
    world.synced(engine)
    delete, seen = Executor._delete, []

    async def slow(self: Executor, at: int, step: Any) -> str:
        seen.append(step.key.name)
        if len(seen) == 2:
            self.stop()
        return await delete(self, at, step)

    with monkeypatch.context() as patch:
        patch.setattr(Executor, "_delete", slow)
        stopped = engine.delete_app(world.plan(engine)).result(120)
    assert stopped.phase is OperationPhase.STOPPED
    assert seen == ["c3", "c2"]
    until(
        lambda: (
            world.state(engine).record.deleted is not None and world.state(engine).auto == "off: it is being deleted"
        )
    )
    assert world.names() == {"c0", "c1", "c2"}
    assert {"c0", "c1", "c2"} <= {item.key.name for item in world.state(engine).record.inventory}
    assert engine.delete_app(world.plan(engine)).result(120).phase is OperationPhase.SUCCEEDED
    assert world.names() == set()


def test_what_came_since_the_plan_is_not_deleted_on_its_word(world: World) -> None:
    engine = world.start(automatic=False)
    key = world.state(engine).key
    assert engine.sync(engine.plan(key, SyncOptions()).result(60)).result(90).phase is OperationPhase.SUCCEEDED
    plan = world.plan(engine)
    world.repository.commit({"a/new.yaml": CONFIG % ("new", 0)})
    engine.refresh().result(60)
    until(lambda: len(world.state(engine).resources) == 5)
    assert engine.sync(engine.plan(key, SyncOptions()).result(60)).result(90).phase is OperationPhase.SUCCEEDED
    with pytest.raises(GitOpsError, match="new"):
        engine.delete_app(plan).result(90)
    assert world.names() == {"c0", "c1", "c2", "c3", "new"}


def test_a_lease_that_is_stolen_ends_the_operation_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = world.start(automatic=False)
    key = world.state(engine).key
    run, held = Executor.run, True

    async def slow(self: Executor) -> Any:
        while held and not self._stop:
            await asyncio.sleep(0.02)
        return await run(self)

    monkeypatch.setattr(Executor, "run", slow)
    running = engine.sync(engine.plan(key, SyncOptions()).result(60))
    until(lambda: engine.runtimes[key].executor is not None)

    async def steal(cluster: Cluster) -> bool:
        found = await cluster.get(LEASE, "gitops-tui", f"app-{world.name}")
        if found is None:
            return False
        spec = {**found["spec"], "holderIdentity": "mallory@elsewhere/1"}
        try:
            await cluster.replace({**found, "spec": spec})
        except GitOpsError:
            return False  # it was renewed in between
        return True

    until(lambda: world.ask(steal))
    ended = running.result(90)
    held = False
    assert ended.phase is OperationPhase.STOPPED
    assert "another session, which has taken the operation's Lease" in ended.message
    # Nothing was written by two at once: this one had not begun.
    assert world.names() == set()
