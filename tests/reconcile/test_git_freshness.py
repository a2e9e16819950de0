"""What is shown while a repository can't be reached, and how a new commit comes in."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  level: {level}\n"


@pytest.fixture
def engine(made_repository, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    started: list[Engine] = []
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")

        def make(repo: str) -> Engine:
            settings = replace(Settings(), git_interval=0.3)
            made = Engine(Request(repo=repo, pattern="apps/*", kubeconfig=kubeconfig, automatic=False), settings)
            started.append(made)
            made.start()
            until(
                lambda: made.snapshot.applications and not any(a.loading for a in made.snapshot.applications.values())
            )
            return made

        yield make
        for each in started:
            each.stop()


def _app(engine: Engine, name: str) -> ApplicationState:
    return next(each for key, each in engine.snapshot.applications.items() if key.name == name)


def _declared(folder: Path, source: dict[str, object], destination: dict[str, str]) -> Path:
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web"},
        "spec": {"source": source, "destination": destination},
    }
    (folder / "web.json").write_text(json.dumps(application))
    return folder / "web.json"


def test_a_commit_is_seen_and_leaves_other_applications_objects_as_they_are(engine, made_repository) -> None:
    made_repository.commit(
        {f"apps/{name}/c.yaml": CONFIG.format(name=name, level="one") for name in ("web", "db")}, "first"
    )
    running = engine(str(made_repository.folder))
    before = {name: _app(running, name) for name in ("web", "db")}
    sha = made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="two")}, "second")
    until(lambda: all(_app(running, name).revision.sha == sha for name in ("web", "db")))

    def manifest(state: ApplicationState) -> object:
        return next(iter(state.resources.values())).manifest

    until(lambda: manifest(_app(running, "web")) != manifest(before["web"]))
    assert manifest(_app(running, "db")) is manifest(before["db"])


def test_what_failed_while_a_repository_was_away_is_asked_again_when_it_is_back(
    engine, made_repository, tmp_path: Path
) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="one")}, "first")
    running = engine(str(made_repository.folder))
    made_repository.folder.rename(tmp_path / "moved")
    running.refresh().result(120)
    until(lambda: _app(running, "web").errors)
    (tmp_path / "moved").rename(made_repository.folder)
    until(lambda: not _app(running, "web").errors and _app(running, "web").stale_since is None)
    assert len(_app(running, "web").resources) == 1


def test_a_repository_that_was_not_there_at_the_start_comes_in_when_it_is(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="one")}, "first")
    made_repository.folder.rename(tmp_path / "moved")
    source = {"repoURL": str(made_repository.folder), "path": "apps/web"}
    declared = _declared(tmp_path, source, {"namespace": "default"})
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        request = Request(files=(declared,), kubeconfig=kubeconfig, automatic=False)
        running = Engine(request, replace(Settings(), git_interval=0.3))
        running.start()
        try:
            until(lambda: running.snapshot.applications and _app(running, "web").errors)
            (tmp_path / "moved").rename(made_repository.folder)
            until(lambda: not _app(running, "web").errors and len(_app(running, "web").resources) == 1)
        finally:
            running.stop()


def test_the_last_good_state_stays_marked_stale_until_the_repository_is_back(
    engine, made_repository, tmp_path: Path
) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="one")}, "first")
    moved = tmp_path / "moved"
    running = engine(str(made_repository.folder))
    made_repository.folder.rename(moved)
    until(lambda: _app(running, "web").stale_since is not None)
    shown = _app(running, "web")
    assert shown.revision is not None
    assert shown.revision.subject == "first"
    assert len(shown.resources) == 1
    assert any("can't be read" in each.message for each in shown.conditions)
    moved.rename(made_repository.folder)
    until(lambda: _app(running, "web").stale_since is None)


def test_a_branch_that_was_forced_is_said_on_the_application(engine, made_repository) -> None:
    first = made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="one")}, "first")
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="two")}, "second")
    running = engine(str(made_repository.folder))
    subprocess.run(["git", "-C", str(made_repository.folder), "reset", "-q", "--hard", first], check=True)
    third = made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="three")}, "third")
    until(lambda: _app(running, "web").revision.sha == third)
    until(lambda: any("the branch main was force-pushed" in each.message for each in _app(running, "web").conditions))


def test_git_never_runs_on_the_loop_where_a_revision_is_not_there(
    made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(name="web", level="one")}, "first")
    source = {"repoURL": str(made_repository.folder), "path": "apps/web", "targetRevision": "nowhere"}
    declared = _declared(tmp_path, source, {"namespace": "default"})
    on_a_loop: list[bool] = []
    begin = subprocess.Popen.__init__

    def begun(self: subprocess.Popen[bytes], *args: object, **options: object) -> None:
        try:
            asyncio.get_running_loop()
            on_a_loop.append(True)
        except RuntimeError:
            on_a_loop.append(False)
        begin(self, *args, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        running = Engine(Request(files=(declared,), kubeconfig=kubeconfig, automatic=False), Settings())
        running.start()
        try:
            until(lambda: running.snapshot.applications and _app(running, "web").errors)
            running.refresh().result(120)
        finally:
            running.stop()
    assert on_a_loop
    assert not any(on_a_loop)


def test_a_value_file_named_by_the_namespace_counts_in_the_history(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}, "chart")
    values = made_repository.commit({"env/default.yaml": "level: one\n"}, "values")
    made_repository.commit({"env/other.yaml": "level: one\n"}, "another namespace's")
    helm = {"valueFiles": ["../env/$ARGOCD_APP_NAMESPACE.yaml"]}
    source = {"repoURL": str(made_repository.folder), "path": "chart", "helm": helm}
    # It names no namespace: the context's counts.
    declared = _declared(tmp_path, source, {})
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        running = Engine(Request(files=(declared,), kubeconfig=kubeconfig, automatic=False), Settings())
        running.start()
        try:
            until(lambda: running.snapshot.applications)
            page = running.history(_app(running, "web").app.key).result(120)
        finally:
            running.stop()
    assert [each.commit.subject for each in page] == ["values", "chart"]
    assert page[0].commit.sha == values
