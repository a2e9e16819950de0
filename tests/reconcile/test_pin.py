"""A pin is known before anything is said of an application or done to it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.snapshot import ApplicationState, Snapshot
from gitops_tui.model.sync import SyncOptions, SyncStatus
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.settings import Settings
from gitops_tui.state import StateStore
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '%d'}\n"


def started(request: Request, tmp_path: Path) -> tuple[Engine, list[ApplicationState]]:
    """An engine, and every state with a verdict that it published."""
    engine = Engine(request, Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache"))
    verdicts: list[ApplicationState] = []

    def keep(snapshot: Snapshot) -> None:
        verdicts.extend(each for each in snapshot.applications.values() if not each.loading)

    engine.subscribe(keep)
    engine.start()
    until(lambda: verdicts)
    return engine, verdicts


def test_the_first_verdict_of_a_pinned_application_is_against_its_pin(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = made_repository.commit({"a/c.yaml": CONFIG % 1})
    made_repository.commit({"a/c.yaml": CONFIG % 2})
    with DemoCluster() as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, automatic=False)
        engine, verdicts = started(request, tmp_path)
        key = verdicts[0].key
        engine.rollback(engine.plan(key, SyncOptions(revision=old)).result(120)).result(120)
        engine.stop()

        read = StateStore.load

        async def slowly(self: StateStore, app):
            await asyncio.sleep(0.8)
            return await read(self, app)

        render = Repositories.render

        def less_slowly(*arguments):
            time.sleep(0.4)
            return render(*arguments)

        # The cluster is connected, the branch rendered, and the pin not read yet.
        monkeypatch.setattr(StateStore, "load", slowly)
        monkeypatch.setattr(Repositories, "render", less_slowly)
        again, verdicts = started(request, tmp_path)
        again.stop()
    assert verdicts[0].record.pin is not None
    assert verdicts[0].revision is not None
    assert (verdicts[0].revision.sha, verdicts[0].behind, verdicts[0].sync) == (old, 1, SyncStatus.SYNCED)


def test_the_first_verdict_knows_what_only_the_inventory_names(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: []\n"
    made_repository.commit({"a/c.yaml": CONFIG % 1, "a/r.yaml": role})
    with DemoCluster() as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, automatic=False)
        engine, verdicts = started(request, tmp_path)
        engine.sync(engine.plan(verdicts[0].key, SyncOptions()).result(120)).result(120)
        engine.stop()
        made_repository.commit({"a/r.yaml": None})

        read = StateStore.load
        render = Repositories.render

        async def slowly(self: StateStore, app):
            await asyncio.sleep(1.5)
            return await read(self, app)

        def less_slowly(*arguments):
            time.sleep(0.4)
            return render(*arguments)

        # The state comes by its watch, before it was read, when the Roles are not listed yet.
        monkeypatch.setattr(StateStore, "load", slowly)
        monkeypatch.setattr(Repositories, "render", less_slowly)
        again, verdicts = started(request, tmp_path)
        again.stop()
    drift = {key.name: each.drift.kind for key, each in verdicts[0].resources.items() if each.drift}
    assert drift == {"c": DriftKind.NONE, "r": DriftKind.EXTRA}
