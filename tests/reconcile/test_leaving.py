"""A session that is left in the middle of an automatic sync holds no commit back: the next session goes on with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import Initiator, OperationPhase, SyncOptions, SyncStatus
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.clusters import on
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\ndata: {k: v}\n"
# It stays suspended until somebody says so: the sync waits for it.
HOOK = """apiVersion: batch/v1
kind: Job
metadata:
  name: before
  annotations: {argocd.argoproj.io/hook: PreSync}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: busybox}]
"""
JOB = GVK("batch", "v1", "Job")


def application(folder: Path, *, automated: bool) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {
            "source": {"repoURL": str(folder), "path": "a", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            "syncPolicy": {"automated": {}} if automated else {},
        },
    }


@pytest.fixture
def sessions(made_repository, tmp_path: Path):
    """Sessions on one cluster, one after another; with the cluster."""
    made_repository.commit({"a/late.yaml": CONFIG, "a/before.yaml": HOOK})
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    file = tmp_path / "apps.yaml"
    running: list[Engine] = []
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")

        def begin(*, automated: bool) -> Engine:
            file.write_text(yaml.safe_dump(application(made_repository.folder, automated=automated)))
            engine = Engine(Request(files=(file,), kubeconfig=kubeconfig), settings)
            running.append(engine)
            engine.start()
            return engine

        try:
            yield begin, cluster
        finally:
            for engine in running:
                engine.stop()


def state(engine: Engine) -> ApplicationState | None:
    return next(iter(engine.snapshot.applications.values()), None)


def until_it(engine: Engine, holds: Callable[[ApplicationState], object]) -> ApplicationState:
    until(lambda: (found := state(engine)) is not None and holds(found), told=lambda: state(engine))
    found = state(engine)
    assert found is not None
    return found


def hook(cluster: DemoCluster) -> dict[str, Any] | None:
    found: dict[str, Any] | None = cluster.call(cluster.objects.get, JOB, "default", "before")
    return found


def release(kubeconfig: Path) -> None:
    """Lets the hook run to its end."""

    async def work(cluster: Cluster) -> None:
        live = await cluster.get(ResourceType(JOB, "jobs", True), "default", "before")
        assert live is not None
        await cluster.replace({**live, "spec": {**live["spec"], "suspend": False}})

    on(kubeconfig, work)


def test_an_automatic_sync_goes_on_in_the_next_session_and_runs_no_hook_twice(sessions, tmp_path: Path) -> None:
    begin, cluster = sessions
    first = begin(automated=True)
    until(lambda: hook(cluster) is not None)
    until_it(first, lambda each: each.operation is not None and "waiting" in each.operation.doing)
    first.stop()
    begun = hook(cluster)
    assert begun is not None
    assert not begun["metadata"].get("deletionTimestamp")

    second = begin(automated=True)
    shown = until_it(second, lambda each: each.operation is not None and not each.operation.elsewhere)
    assert shown.operation is not None
    assert shown.operation.initiator is Initiator.AUTO_SYNC
    assert shown.record.failed_revision == ""
    release(tmp_path / "kubeconfig")
    done = until_it(second, lambda each: each.sync is SyncStatus.SYNCED and each.record.running is None)
    after = hook(cluster)
    assert after is not None
    assert after["metadata"]["uid"] == begun["metadata"]["uid"]
    assert [each.phase for each in done.record.history] == [OperationPhase.SUCCEEDED]


def test_a_persons_sync_that_was_left_is_said_and_goes_on_with_the_next(sessions, tmp_path: Path) -> None:
    begin, cluster = sessions
    first = begin(automated=False)
    key = until_it(first, lambda each: each.sync is SyncStatus.OUT_OF_SYNC).key
    first.sync(first.plan(key, SyncOptions()).result(120))
    until_it(first, lambda each: each.operation is not None and "waiting" in each.operation.doing)
    first.stop()
    begun = hook(cluster)
    assert begun is not None

    second = begin(automated=False)
    shown = until_it(second, lambda each: each.sync is SyncStatus.OUT_OF_SYNC and each.conditions)
    assert "was left when its session ended, after 1 of 2 steps" in shown.conditions[0].message
    release(tmp_path / "kubeconfig")
    done = second.sync(second.plan(key, SyncOptions()).result(120)).result(120)
    assert done.phase is OperationPhase.SUCCEEDED
    after = hook(cluster)
    assert after is not None
    assert after["metadata"]["uid"] == begun["metadata"]["uid"]


def test_one_that_a_person_stops_before_leaving_stays_stopped(sessions) -> None:
    begin, cluster = sessions
    first = begin(automated=True)
    until(lambda: hook(cluster) is not None)
    shown = until_it(first, lambda each: each.operation is not None and "waiting" in each.operation.doing)
    first.stop_sync(shown.key)
    until_it(first, lambda each: each.operation is not None and each.operation.phase is OperationPhase.STOPPED)
    first.stop()
    assert hook(cluster) is None

    second = begin(automated=True)
    until_it(second, lambda each: each.auto.startswith("held") and "stopped by a person" in each.auto)


def test_ctrl_c_on_a_command_is_a_persons_stop(sessions, tmp_path: Path) -> None:
    begin, cluster = sessions
    first = begin(automated=False)
    key = until_it(first, lambda each: each.sync is SyncStatus.OUT_OF_SYNC).key
    # What runs in a shell's background is born deaf to it.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    line = [
        sys.executable,
        "-c",
        f"{hears}; import sys; from gitops_tui.cli.main import run; sys.exit(run(sys.argv[1:]))",
    ]
    line += ["-f", str(tmp_path / "apps.yaml"), "--kubeconfig", str(tmp_path / "kubeconfig"), "sync", key.name, "--yes"]
    command = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until(lambda: hook(cluster) is not None)
    until_it(first, lambda each: each.operation is not None and "waiting" in each.operation.doing)
    command.send_signal(signal.SIGINT)
    assert command.wait(120) == 130, command.communicate()[0]
    shown = until_it(first, lambda each: each.record.history)
    assert shown.record.history[-1].phase is OperationPhase.STOPPED
    assert shown.record.failed_message == "stopped by a person"
    assert hook(cluster) is None
