"""A program that dies at any write of a sync or of a deletion, its record's and its Lease's included: every object that it made
is named by the inventory, the outcome is known, and the next session goes on without running a hook twice."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.errors import Unreachable
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.clusters import on
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  annotations: {argocd.argoproj.io/sync-wave: '%d'}\ndata: {k: '%d'}\n"
HOOK = """apiVersion: batch/v1
kind: Job
metadata: {name: %s, annotations: {argocd.argoproj.io/hook: %s, argocd.argoproj.io/hook-delete-policy: HookFailed}}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
"""
CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
JOB = ResourceType(GVK("batch", "v1", "Job"), "jobs", True)
OLD = {f"a/old-{number}.yaml": CONFIG % (f"old-{number}", number, 1) for number in range(3)}
NEW: dict[str, str | None] = {
    **{f"a/new-{number:02}.yaml": CONFIG % (f"new-{number:02}", number % 3, 2) for number in range(30)},
    **dict.fromkeys(OLD),
    "a/before.yaml": HOOK % ("before", "PreSync"),
    "a/after.yaml": HOOK % ("after", "PostSync"),
    "a/gone.yaml": HOOK % ("leaving", "PreDelete"),
}
NEW_NAMES = {f"new-{number:02}" for number in range(30)}
# Lease, record, Event, hook, 30 objects, 3 to prune, hook, record, Event, Lease.
SYNC_WRITES = 41
DELETE_WRITES = 39


def state(engine: Engine) -> ApplicationState:
    return next(iter(engine.snapshot.applications.values()))


class Dying:
    """A session whose program dies at its nth real write: that one is sent or not, and nothing after it is."""

    def __init__(self, engine: Engine, write: int, *, sent: bool) -> None:
        self.dead = threading.Event()
        self.over = threading.Event()
        self.writes: list[str] = []
        transport = engine.session(next(iter(engine.runtimes.values()))).cluster.transport
        request = transport.request

        async def dying(method: str, path: str, **options: Any) -> Any:
            body = options.get("body")
            dry = (options.get("params") or {}).get("dryRun") or (isinstance(body, dict) and body.get("dryRun"))
            if method != "GET" and not dry and "/selfsubject" not in path and not self.dead.is_set():
                self.writes.append(f"{method} {path}")
                if len(self.writes) == write:
                    if sent:
                        await request(method, path, **options)
                    self.dead.set()
            while self.dead.is_set():
                if self.over.is_set():
                    raise Unreachable("the program is gone")
                await asyncio.sleep(0.02)
            return await request(method, path, **options)

        transport.request = dying  # type: ignore[method-assign]


class World:
    def __init__(self, folder: Path, repository: Any, demo: DemoCluster) -> None:
        self.folder, self.repository = folder, repository
        self.config = demo.kubeconfig(folder / "kubeconfig")
        self.engines: list[Engine] = []
        self.dying: list[Dying] = []

    def start(self) -> Engine:
        request = Request(
            repo=str(self.repository.folder), pattern="a", kubeconfig=self.config, namespace="default", automatic=False
        )
        place = self.folder / f"session{len(self.engines)}"
        engine = Engine(request, Settings(state_folder=place, cache_folder=self.folder / "cache"))
        self.engines.append(engine)
        engine.start()
        until(lambda: bool(engine.snapshot.applications) and state(engine).sync != "Unknown")
        return engine

    def stop(self) -> None:
        for each in self.dying:
            each.dead.set()
            each.over.set()
        for engine in self.engines:
            engine.stop()

    def ask(self, work: Callable[[Cluster], Any]) -> Any:
        return on(self.config, work)

    def uids(self, kind: ResourceType) -> dict[str, str]:
        found = self.ask(lambda cluster: cluster.list(kind, "default"))
        return {each["metadata"]["name"]: each["metadata"]["uid"] for each in found if each["metadata"].get("labels")}

    def record(self) -> dict[str, Any]:
        found = self.ask(lambda cluster: cluster.get(CONFIGMAP, "gitops-tui", "app-a"))
        return {name: json.loads(text) for name, text in found["data"].items() if text[:1] in "[{"}

    def named(self) -> set[str]:
        return {item[3] for item in self.record().get("inventory", [])}

    def sync(self, engine: Engine) -> Any:
        key = state(engine).key
        return engine.sync(engine.plan(key, SyncOptions(prune=True)).result(90))

    def delete(self, engine: Engine) -> Any:
        return engine.delete_app(engine.preview_delete(AppKey(*state(engine).key), SyncOptions()).result(90).plan)

    def dies(self, write: int, *, sent: bool, does: Callable[[Engine], Any]) -> list[str]:
        """What the session had written when it died."""
        engine = self.start()
        dying = Dying(engine, write, sent=sent)
        self.dying.append(dying)
        running = does(engine)
        until(lambda: dying.dead.is_set() or running.done())
        assert dying.dead.is_set(), dying.writes
        return dying.writes


@pytest.fixture
def world(made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # A dead session's Lease is taken over after this long; the tests need not wait for that.
    for module in ("gitops_tui.state.lease", "gitops_tui.reconcile.holding"):
        monkeypatch.setattr(f"{module}.SILENCE", 1.0)
    with DemoCluster(delay=0) as demo:
        made = World(tmp_path, made_repository, demo)
        made_repository.commit(dict(OLD))
        first = made.start()
        assert made.sync(first).result(90).phase is OperationPhase.SUCCEEDED
        first.stop()
        made_repository.commit(NEW)
        yield made
        made.stop()


def dies_in_a_sync(world: World, write: int, *, sent: bool) -> None:
    world.dies(write, sent=sent, does=world.sync)
    assert set(world.uids(CONFIGMAP)) <= world.named()
    begun = world.uids(JOB)
    again = world.start()
    ended = world.sync(again).result(90) if state(again).sync != "Synced" or state(again).record.running else None
    assert ended is None or ended.phase is OperationPhase.SUCCEEDED, ended
    assert set(world.uids(CONFIGMAP)) == NEW_NAMES == world.named()
    after = world.uids(JOB)
    assert set(after) == {"before", "after"}
    assert begun.items() <= after.items()
    record = world.record()
    assert "running" not in record
    assert record["history"][-1]["phase"] == "Succeeded"


def dies_in_a_deletion(world: World, write: int, *, sent: bool) -> None:
    first = world.start()
    assert world.sync(first).result(90).phase is OperationPhase.SUCCEEDED
    first.stop()
    world.dies(write, sent=sent, does=world.delete)
    left = set(world.uids(CONFIGMAP))
    record = world.record()
    if left != NEW_NAMES and left:
        assert not record["deleted"]["done"]
    assert left <= world.named()
    begun = world.uids(JOB)
    again = world.start()
    if not (state(again).record.deleted and state(again).record.deleted.done):
        ended = world.delete(again).result(90)
        assert ended.phase is OperationPhase.SUCCEEDED, ended.message
    assert world.uids(CONFIGMAP) == {}
    record = world.record()
    assert record["deleted"]["done"]
    assert "inventory" not in record
    assert "running" not in record
    assert record["history"][-1]["initiator"] == "delete"
    # A hook that was made is waited for, not made anew; its policy keeps it.
    leaving = {name: uid for name, uid in begun.items() if name == "leaving"}
    assert leaving.items() <= world.uids(JOB).items()


@pytest.mark.parametrize(("write", "sent"), [(2, True), (5, False), (20, True), (37, True)])
def test_a_sync_that_dies_is_gone_on_with(world: World, write: int, sent: bool) -> None:
    dies_in_a_sync(world, write, sent=sent)


@pytest.mark.parametrize(("write", "sent"), [(3, True), (5, True), (20, False), (36, True)])
def test_a_deletion_that_dies_is_gone_on_with(world: World, write: int, sent: bool) -> None:
    dies_in_a_deletion(world, write, sent=sent)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("write", range(1, SYNC_WRITES))
def test_at_every_write_of_a_sync(world: World, write: int, sent: bool) -> None:
    dies_in_a_sync(world, write, sent=sent)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("write", range(1, DELETE_WRITES))
def test_at_every_write_of_a_deletion(world: World, write: int, sent: bool) -> None:
    dies_in_a_deletion(world, write, sent=sent)


def test_what_became_of_a_sync_that_died_is_in_the_history_though_the_next_is_to_another_commit(world: World) -> None:
    world.dies(20, sent=True, does=world.sync)
    world.repository.commit({"a/more.yaml": CONFIG % ("more", 0, 1)})
    again = world.start()
    assert world.sync(again).result(90).phase is OperationPhase.SUCCEEDED
    cut, last = world.record()["history"][-2:]
    assert (cut["phase"], last["phase"]) == ("Unknown", "Succeeded")
    assert "of 30 objects are as in that commit" in cut["message"]
