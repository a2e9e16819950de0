"""A sync that was cut off leaves a trace that the next session says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.record import RunningOperation
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import Initiator, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.state import StateStore
from tests.support.waiting import until


def test_a_sync_without_an_outcome_is_said_until_the_next_one(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"a/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    with DemoCluster() as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, automatic=False)
        engine = Engine(request, settings)
        engine.start()
        try:
            state = _ready(engine)
            asyncio.run(_cut_off(config, settings, state))
            shown = _until(engine, lambda each: bool(each.conditions)).conditions
            assert [each.message for each in shown if "dana@laptop" in each.message]
            plan = engine.plan(state.key, SyncOptions()).result(120)
            engine.sync(plan).result(120)
            assert not _until(engine, lambda each: not each.conditions).conditions
        finally:
            engine.stop()


async def _cut_off(config: Path, settings: Settings, state: ApplicationState) -> None:
    cluster = Cluster(pick(None, contexts(config)), config, settings)
    await cluster.connect()
    try:
        running = RunningOperation("a" * 40, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "dana@laptop", Initiator.PERSON)
        await StateStore(cluster, settings).update(state.key, lambda record: replace(record, running=running))
    finally:
        await cluster.close()


def _ready(engine: Engine) -> ApplicationState:
    return _until(engine, lambda each: not each.loading)


def _until(engine: Engine, holds) -> ApplicationState:
    def states() -> list[ApplicationState]:
        return list(engine.snapshot.applications.values())

    until(lambda: states() and holds(states()[0]), told=states)
    return states()[0]
