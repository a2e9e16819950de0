"""Operations of other sessions are seen live; of those that were cut off it is found out what became of them; an
inventory that a hand has spoilt is made anew."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.record import RunningOperation
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import Initiator, OperationPhase, ResultStatus, SyncOperation, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.progress import heard, told
from gitops_tui.settings import Settings
from gitops_tui.sync.execute import Executor
from tests.support.clusters import on
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  annotations: {argocd.argoproj.io/sync-wave: '%d'}\ndata: {k: '%d'}\n"
HOOK = """apiVersion: batch/v1
kind: Job
metadata:
  %s
  annotations: {argocd.argoproj.io/hook: %s}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: busybox}]
"""
CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
JOB = ResourceType(GVK("batch", "v1", "Job"), "jobs", True)


def state(engine: Engine) -> ApplicationState:
    return next(iter(engine.snapshot.applications.values()))


def ready(engine: Engine) -> ApplicationState:
    until(lambda: bool(engine.snapshot.applications) and state(engine).sync != "Unknown")
    return state(engine)


def on_cluster(config: Path, work: Callable[[Cluster], Any]) -> Any:
    """Runs work on a connection of its own."""

    return on(config, work)


def objects(config: Path, kind: ResourceType, namespace: str) -> list[dict[str, Any]]:
    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return list(await cluster.list(kind, namespace))

    return on_cluster(config, work)


# --- told and heard ---------------------------------------------------------------------------------------------------


def test_what_a_session_tells_of_its_operation_another_hears() -> None:
    from gitops_tui.model.keys import ResourceKey
    from gitops_tui.model.sync import Action, PlanStep, StepResult

    step = PlanStep(ResourceKey("", "ConfigMap", "shop", "c"), "v1", Action.CHANGE, wave=2)
    now = datetime.now(UTC)
    app = AppKey("prod", "", "shop")
    results = (StepResult(step, ResultStatus.DONE, "changed"), StepResult(step, ResultStatus.PENDING))
    operation = SyncOperation(app, "a" * 40, OperationPhase.RUNNING, now, results, doing="Sync, wave 2")
    running = RunningOperation("a" * 40, now, "dana@x", Initiator.PERSON, "id")
    found = heard(told(operation), app, running)
    assert [each.status for each in found.results] == [ResultStatus.DONE, ResultStatus.PENDING]
    assert (found.doing, found.who, found.elsewhere) == ("Sync, wave 2", "dana@x", True)
    assert found.results[0].step.key == step.key


@pytest.mark.parametrize("text", ["", "{", "[]", '{"steps": [["x"]]}', '{"steps": 5}', '{"doing": "\\u001b[31m"}'])
def test_nonsense_in_a_lease_still_says_that_somebody_is_at_it(text: str) -> None:
    running = RunningOperation("a" * 40, datetime.now(UTC), "dana@x", Initiator.PERSON, "id")
    found = heard(text, AppKey("prod", "", "shop"), running)
    assert (found.phase, found.results) == (OperationPhase.RUNNING, ())
    assert "\x1b" not in found.doing


# --- two people -------------------------------------------------------------------------------------------------------


def test_a_second_person_sees_the_operation_of_the_first_live_whatever_the_clock_says(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_repository.commit({f"a/{name}.yaml": CONFIG % (name, 0, 1) for name in ("one", "two")})
    with DemoCluster(delay=0) as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        request = Request(repo=str(made_repository.folder), pattern="a", kubeconfig=config, namespace="default")
        first, second = (
            Engine(request, Settings(state_folder=tmp_path / name, cache_folder=tmp_path / name)) for name in "ab"
        )
        run, go_on = Executor.run, False

        async def slow(self: Executor) -> Any:
            self._report._progress(tuple(self._report.results), "waiting for the test")
            while not go_on:
                await asyncio.sleep(0.02)
            return await run(self)

        monkeypatch.setattr(Executor, "run", slow)
        # The first person's clock is an hour off.
        import gitops_tui.state.lease as lease_module

        class Late(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) - timedelta(hours=1)

        monkeypatch.setattr(lease_module, "datetime", Late)
        try:
            for engine in (first, second):
                engine.start()
                ready(engine)
            key = state(first).key
            under_way = first.sync(first.plan(key, SyncOptions()).result(120))
            until(lambda: state(second).operation is not None and state(second).operation.elsewhere)
            until(lambda: len(state(second).operation.results) == 2)
            seen = state(second).operation
            assert (seen.phase, seen.who) == (OperationPhase.RUNNING, first.operations.who)
            until(lambda: state(second).operation.doing == "waiting for the test")
            go_on = True
            assert under_way.result(120).phase is OperationPhase.SUCCEEDED
            until(lambda: state(second).operation.phase is OperationPhase.SUCCEEDED)
            assert state(second).sync == "Synced"
        finally:
            go_on = True
            first.stop()
            second.stop()


# --- killed -----------------------------------------------------------------------------------------------------------

OLD = {f"a/old-{number}.yaml": CONFIG % (f"old-{number}", number, 1) for number in range(3)}
NEW: dict[str, str | None] = {
    **{f"a/new-{number:02}.yaml": CONFIG % (f"new-{number:02}", number % 3, 2) for number in range(30)},
    **dict.fromkeys(OLD),
    "a/before.yaml": HOOK % ("name: before", "PreSync"),
    "a/after.yaml": HOOK % ("generateName: after-", "PostSync"),
}


def command(config: Path, folder: Path, *words: str) -> list[str]:
    where = ["--repo", str(folder), "--path", "a", "-n", "default", "--kubeconfig", str(config)]
    return [
        sys.executable,
        "-c",
        "import sys; from gitops_tui.cli.main import run; sys.exit(run(sys.argv[1:]))",
        *where,
        *words,
    ]


def uids(config: Path) -> dict[str, str]:
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in objects(config, JOB, "default")}


def killed_and_resumed(made_repository, tmp_path: Path, fault: dict[str, Any], reached: Callable[[Path], bool]) -> None:
    """A real `kill -9` of `gitops-tui sync` on a slow cluster once that is reached; then another sync, then the facts."""
    made_repository.commit(dict(OLD))
    with DemoCluster(delay=0, admin=True) as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        folder = made_repository.folder
        subprocess.run(command(config, folder, "sync", "a", "--yes"), check=True, capture_output=True)
        sha = made_repository.commit(NEW)
        demo.scripted.add(does="latency", **fault)
        victim = subprocess.Popen(
            command(config, folder, "sync", "a", "--yes", "--prune"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: reached(config))
        finally:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        demo.scripted.clear()
        begun = uids(config)
        # The next session finds out what became of it, from what is there.
        request = Request(repo=str(folder), pattern="a", kubeconfig=config, namespace="default")
        settings = Settings(state_folder=tmp_path / "s", cache_folder=tmp_path / "c")
        engine = Engine(request, settings)
        engine.start()
        try:
            ready(engine)
            until(lambda: state(engine).record.running is not None and state(engine).record.running.outcome)

            def told() -> list[str]:
                return [each.message for each in state(engine).conditions if "was cut off" in each.message]

            until(told)
            assert "objects are as in that commit" in told()[0]
            operations = engine.audit().result(120)
            assert operations[0].entry.phase is OperationPhase.UNKNOWN
            assert "was cut off" in operations[0].entry.message
        finally:
            engine.stop()
        done = subprocess.run(
            command(config, folder, "sync", "a", "--yes", "--prune", "-o", "json"), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["operation"]["phase"] == "Succeeded"
        names = {each["metadata"]["name"] for each in objects(config, CONFIGMAP, "default")} - {"kube-root-ca.crt"}
        assert names == {f"new-{number:02}" for number in range(30)}
        after = uids(config)
        assert len(after) == 2
        assert begun.items() <= after.items()
        audit = subprocess.run(command(config, folder, "audit", "-o", "json"), capture_output=True, check=True)
        found = json.loads(audit.stdout)["operations"][0]
        assert (found["revision"], found["phase"]) == (sha, "Succeeded")


def applied(number: int) -> Callable[[Path], bool]:
    def reached(config: Path) -> bool:
        found = objects(config, CONFIGMAP, "default")
        return sum(each["metadata"]["name"].startswith("new-") for each in found) >= number

    return reached


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reached"),
    [
        ({"verbs": ["create", "patch"], "seconds": 0.3}, lambda config: "before" in uids(config)),
        ({"verbs": ["patch"], "resources": ["configmaps"], "seconds": 0.6}, applied(12)),
        ({"verbs": ["delete"], "resources": ["configmaps"], "seconds": 2}, applied(30)),
    ],
    ids=["after the first hook", "in the middle of a wave", "at the pruning"],
)
def test_kill_9_loses_nothing_and_runs_no_hook_twice(made_repository, tmp_path: Path, fault, reached) -> None:
    killed_and_resumed(made_repository, tmp_path, fault, reached)


# --- a record that a hand has spoilt -----------------------------------------------------------------------------------


def test_an_inventory_edited_into_nonsense_is_kept_aside_said_and_made_anew(made_repository, tmp_path: Path) -> None:
    # No ConfigMap is left in Git: only the inventory would have told that there are some to look for.
    made_repository.commit(
        {
            "a/c.yaml": CONFIG % ("c", 0, 1),
            "a/s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}\n",
        }
    )
    with DemoCluster(delay=0) as demo:
        config = demo.kubeconfig(tmp_path / "kubeconfig")
        folder = made_repository.folder
        subprocess.run(command(config, folder, "sync", "a", "--yes"), check=True, capture_output=True)
        made_repository.commit({"a/c.yaml": None})

        async def spoil(cluster: Cluster) -> None:
            found = await cluster.get(CONFIGMAP, "gitops-tui", "app-a")
            assert found is not None
            await cluster.replace({**found, "data": {**found["data"], "inventory": "oh [ no"}})
            # Somebody's copy, with the tracking annotation of the original: it is not ours.
            original = await cluster.get(CONFIGMAP, "default", "c")
            assert original is not None
            metadata = {
                "name": "copy",
                "namespace": "default",
                "labels": original["metadata"]["labels"],
                "annotations": original["metadata"]["annotations"],
            }
            await cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

        on_cluster(config, spoil)
        request = Request(repo=str(folder), pattern="a", kubeconfig=config, namespace="default")
        engine = Engine(request, Settings(state_folder=tmp_path / "s", cache_folder=tmp_path / "c"))
        engine.start()
        try:
            ready(engine)
            until(lambda: any("made anew from the 2 objects" in each.message for each in engine.snapshot.conditions))
            until(lambda: {item.key.name for item in state(engine).record.inventory} == {"c", "s"})
            until(lambda: any(each.drift.kind == "Extra" for each in state(engine).resources.values()))
            extra = [key.name for key, each in state(engine).resources.items() if each.drift.kind == "Extra"]
            assert extra == ["c"]
        finally:
            engine.stop()

        async def record(cluster: Cluster) -> Any:
            return await cluster.get(CONFIGMAP, "gitops-tui", "app-a")

        assert on_cluster(config, record)["data"]["broken.inventory"] == "oh [ no"
        done = subprocess.run(
            command(config, folder, "sync", "a", "--yes", "--prune"), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        names = {each["metadata"]["name"] for each in objects(config, CONFIGMAP, "default")} - {"kube-root-ca.crt"}
        assert names == {"copy"}
