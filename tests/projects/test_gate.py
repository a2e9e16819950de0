"""Sync windows in a running engine, with a clock of the test's own: automatic sync waits for a window and begins with it; a project
that changes counts without a restart; a window that closes stops a sync between two waves."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import start_demo
from gitops_tui.model.keys import GVK
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import Initiator, OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import settings_from
from tests.support.clusters import PROJECTS
from tests.support.waiting import until

DEPLOYMENT = GVK("apps", "v1", "Deployment")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FREE = {
    "sourceRepos": ["*"],
    "destinations": [{"server": "*", "namespace": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=Dana", "-c", "user.email=d@example.com", *words], check=True
    )


def state(engine: Engine) -> ApplicationState:
    return next(iter(engine.snapshot.applications.values()))


def is_read(engine: Engine) -> bool:
    return bool(engine.snapshot.applications) and not state(engine).loading


class Clock:
    """The test's time of day; it goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def world(tmp_path: Path):
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    clock = Clock()
    made: list[Engine] = []

    def engine(**settings: Any) -> Engine:
        data = {"state_folder": str(tmp_path / "state"), "cache_folder": str(tmp_path / "cache"), **settings}
        request = Request(files=(demo.applications / "web.yaml",), kubeconfig=demo.kubeconfig)
        found = Engine(request, settings_from(data, "the test"))
        found.gate.clock = clock
        made.append(found)
        found.start()
        return found

    yield demo, clock, engine
    for each in made:
        each.stop()
    demo.stop()


def replicas(demo) -> int:
    return int(demo.cluster.objects.get(DEPLOYMENT, "web", "frontend")["spec"]["replicas"])


def put(demo, spec: dict[str, Any], name: str = "default") -> None:
    metadata = {"name": name, "namespace": "argocd"}
    obj = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": {**FREE, **spec}}
    demo.cluster.do("test", obj)


def install(demo) -> None:
    demo.cluster.do("test", PROJECTS)
    demo.cluster.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})


def window(**more: Any) -> dict[str, Any]:
    return {"kind": "deny", "schedule": "30 11 * * *", "duration": "1h", "applications": ["web"], **more}


def test_automatic_sync_begins_by_itself_when_the_window_lets_it(world) -> None:
    demo, clock, engine = world
    wanted = replicas(demo)
    # Half a second before its end.
    clock.now = NOON + timedelta(minutes=29, seconds=59.5)
    held = engine(sync_windows=[window()])
    until(lambda: is_read(held) and state(held).auto.startswith("held: sync window deny 30 11 * * * for 1h"))
    assert "closes at 12:30 UTC" in state(held).auto
    demo._scale("web", "frontend", 9)
    until(lambda: any(each.drift.is_drifted for each in state(held).resources.values()))
    assert replicas(demo) == 9
    assert state(held).operation is None
    clock.now = NOON + timedelta(minutes=31)
    # Nothing else happens: the timer that was set for the edge finds that it is open.
    until(lambda: replicas(demo) == wanted)
    until(lambda: state(held).operation is not None and state(held).operation.phase is OperationPhase.SUCCEEDED)
    assert state(held).operation.initiator is not Initiator.PERSON
    assert state(held).gate.automatic


def test_a_manual_sync_is_refused_by_the_plan_and_again_before_the_first_write(world) -> None:
    demo, clock, engine = world
    open_ = engine(sync_windows=[window()])
    clock.now = NOON - timedelta(hours=2)
    until(lambda: is_read(open_))
    open_.pause(state(open_).key).result(120)
    demo._scale("web", "frontend", 9)
    until(lambda: any(each.drift.is_drifted for each in state(open_).resources.values()))
    plan = open_.plan(state(open_).key, SyncOptions()).result(120)
    assert plan.steps
    assert not plan.refused
    # The plan was looked at for two hours, and the window has opened meanwhile.
    clock.now = NOON
    with pytest.raises(Exception, match="sync window deny 30 11") as refused:
        open_.sync(plan).result(120)
    assert "manualSync" in refused.value.hint
    assert replicas(demo) == 9
    assert open_.plan(state(open_).key, SyncOptions()).result(120).refused.startswith("sync window deny 30 11")
    assert not open_.plan(state(open_).key, SyncOptions(dry_run=True)).result(120).refused


def test_a_project_that_changes_in_the_cluster_counts_at_once(world) -> None:
    demo, _, engine = world
    install(demo)
    put(demo, {})
    found = engine()
    until(lambda: is_read(found) and state(found).auto == "on")
    put(demo, {"syncWindows": [window()]})
    until(lambda: state(found).auto.startswith("held: sync window deny"))
    assert "of the project default" in state(found).auto
    put(demo, {"syncWindows": [window(manualSync=True)]})
    until(lambda: state(found).gate.manual)
    put(demo, {"sourceRepos": ["https://git.example.com/**"]})
    until(lambda: state(found).auto.startswith("held: the project default does not permit the repository"))
    assert state(found).errors
    assert found.plan(state(found).key, SyncOptions()).result(120).refused
    demo.cluster.remove(GVK("argoproj.io", "v1alpha1", "AppProject"), "argocd", "default")
    until(lambda: state(found).auto == "on")
    assert not state(found).errors


def test_a_window_that_closes_stops_a_sync_between_two_waves_and_it_goes_on_by_itself(world) -> None:
    demo, clock, engine = world
    wanted = replicas(demo)
    late = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: late\n  annotations: {argocd.argoproj.io/sync-wave: '5'}\n"
        "data: {a: b}\n"
    )
    (demo.repository / "apps" / "web" / "late.yaml").write_text(late, encoding="utf-8")
    git(demo.repository, "add", "-A")
    git(demo.repository, "commit", "-qm", "A late one")
    demo._scale("web", "frontend", 9)

    def there() -> bool:
        return demo.cluster.objects.get(GVK("", "v1", "ConfigMap"), "web", "late") is not None

    found = engine(sync_windows=[window(schedule="30 12 * * *")])
    # The window opens once the first wave is written.
    found.gate.clock = lambda: max(clock.now, NOON if replicas(demo) == 9 else NOON + timedelta(minutes=31))
    until(lambda: is_read(found) and state(found).operation is not None)
    until(lambda: state(found).operation.phase is not OperationPhase.RUNNING)
    assert state(found).operation.phase is OperationPhase.STOPPED
    assert "stopped between two waves: sync window deny 30 12 * * *" in state(found).operation.message
    assert replicas(demo) == wanted
    assert not there()
    until(lambda: state(found).auto.startswith("held: sync window deny"))
    assert not state(found).record.failed_revision
    clock.now = NOON + timedelta(hours=3)
    found.refresh(state(found).key).result(120)
    until(there)


def test_sync_overrun_lets_the_same_sync_go_on(world) -> None:
    demo, clock, engine = world
    late = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: late\n  annotations: {argocd.argoproj.io/sync-wave: '5'}\n"
        "data: {a: b}\n"
    )
    (demo.repository / "apps" / "web" / "late.yaml").write_text(late, encoding="utf-8")
    git(demo.repository, "add", "-A")
    git(demo.repository, "commit", "-qm", "A late one")
    demo._scale("web", "frontend", 9)
    found = engine(sync_windows=[window(schedule="30 12 * * *", syncOverrun=True)])
    found.gate.clock = lambda: max(clock.now, NOON if replicas(demo) == 9 else NOON + timedelta(minutes=31))
    until(lambda: is_read(found) and state(found).operation is not None)
    until(lambda: state(found).operation.phase is not OperationPhase.RUNNING)
    assert state(found).operation.phase is OperationPhase.SUCCEEDED
    assert demo.cluster.objects.get(GVK("", "v1", "ConfigMap"), "web", "late") is not None


class NoProjects:
    """Lets everybody do everything but read AppProjects."""

    def allows(
        self, user: Any, verb: str, group: str, resource: str, subresource: str, namespace: str, name: str
    ) -> bool:
        return resource != "appprojects"

    def allows_path(self, user: Any, verb: str, path: str) -> bool:
        return True

    def rules(self, user: Any, namespace: str) -> Any:
        return [], []


def test_projects_that_may_not_be_read_hold_automatic_sync_and_are_said(world) -> None:
    demo, _, engine = world
    install(demo)
    put(demo, {"syncWindows": [window()]})
    demo.cluster.authorizer = NoProjects()
    found = engine()
    until(lambda: is_read(found) and state(found).auto.startswith("held: the projects of"))
    assert any("can't be read" in each.message and "argocd_namespace" in each.hint for each in state(found).conditions)
    demo._scale("web", "frontend", 9)
    until(lambda: any(each.drift.is_drifted for each in state(found).resources.values()))
    plan = found.plan(state(found).key, SyncOptions()).result(120)
    assert not plan.refused
    assert any("whether a sync window or a rule forbids this is not known" in each for each in plan.warnings)
    assert replicas(demo) == 9
    # Who wants none of an Argo CD's rules says so.
    found.stop()
    other = engine(argocd_namespace="")
    until(lambda: is_read(other) and not state(other).auto.startswith("held"))


def config(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "web"}, "data": {"a": "b"}}


def test_orphaned_resources_are_warned_of_where_the_project_asks_for_that(world) -> None:
    demo, _, engine = world
    install(demo)
    demo.cluster.do("kubectl", config("stray"))
    demo.cluster.do("kubectl", config("left-alone"))
    put(demo, {"orphanedResources": {"ignore": [{"kind": "ConfigMap", "name": "left-*"}]}})
    found = engine()

    def warned() -> list[str]:
        return [each.message for each in state(found).conditions if "OrphanedResourceWarning" in each.message]

    until(lambda: is_read(found) and bool(warned()))
    assert "ConfigMap web/stray" in warned()[0]
    assert "left-alone" not in warned()[0]
    listed = found.orphaned(state(found).key).result(120)
    assert [each.key.name for each in listed.orphans] == ["stray"]
    put(demo, {"orphanedResources": {"warn": False}})
    until(lambda: not warned())


def test_who_must_sign_follows_the_project_without_a_restart(world) -> None:
    demo, _, engine = world
    install(demo)
    put(demo, {})
    found = engine()
    until(lambda: is_read(found) and state(found).auto == "on")
    put(demo, {"signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}]})
    until(lambda: state(found).auto == "held: the revision is not signed as demanded")
    put(demo, {"signatureKeys": []})
    until(lambda: state(found).auto == "on")
