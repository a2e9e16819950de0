"""Several clusters: the project of the cluster that the session looks from counts where the application's own has none of that name;
projects that an application of applications holds in Git count where the cluster has no such kind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import settings_from
from tests.support.clusters import PROJECTS
from tests.support.waiting import until

FREE = {
    "sourceRepos": ["*"],
    "destinations": [{"server": "*", "namespace": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}
ALWAYS = {"kind": "deny", "schedule": "* * * * *", "duration": "2h", "applications": ["*"]}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n"


def project(spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "argocd"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": {**FREE, **spec}}


def application(name: str, repository: Path, path: str, **spec: Any) -> dict[str, Any]:
    source = {"repoURL": str(repository), "path": path, "targetRevision": "HEAD"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {"project": "web", "source": source, "destination": {"name": "b", "namespace": "web"}, **spec},
    }


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Dana", "-c", "user.email=d@example.com")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True)


def repository(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "First")
    return folder


@pytest.fixture
def world(tmp_path: Path):
    """Two clusters, a (the current context) and b, and engines over Application documents."""
    made: list[Engine] = []
    with DemoCluster(delay=0) as a, DemoCluster(delay=0) as b:
        config: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": "a"}
        for name, cluster in (("a", a), ("b", b)):
            found = json.loads(cluster.kubeconfig(tmp_path / name).read_text())
            entry = {"name": name}
            config.setdefault("clusters", []).append({**entry, "cluster": found["clusters"][0]["cluster"]})
            config.setdefault("users", []).append({**entry, "user": found["users"][0]["user"]})
            config.setdefault("contexts", []).append({**entry, "context": {"cluster": name, "user": name}})
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(json.dumps(config), encoding="utf-8")

        def engine(*documents: dict[str, Any], **settings: Any) -> Engine:
            file = tmp_path / "apps.yaml"
            file.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
            data = {"state_folder": str(tmp_path / "state"), "cache_folder": str(tmp_path / "cache"), **settings}
            request = Request(files=(file,), kubeconfig=kubeconfig, automatic=False)
            made.append(Engine(request, settings_from(data, "the test")))
            made[-1].start()
            return made[-1]

        yield a, b, engine
        for each in made:
            each.stop()


def state(engine: Engine, name: str) -> ApplicationState | None:
    return next((each for key, each in engine.snapshot.applications.items() if key.name == name), None)


def is_read(engine: Engine, name: str) -> bool:
    found = state(engine, name)
    return found is not None and not found.loading


def test_the_project_of_the_cluster_that_is_looked_from_counts_for_others(world, tmp_path: Path) -> None:
    a, b, engine = world
    repo = repository(tmp_path / "repo", {"apps/web/a.yaml": CONFIG})
    a.do("test", PROJECTS)
    a.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
    a.do("test", project({"syncWindows": [ALWAYS]}))
    found = engine(application("web", repo, "apps/web"))
    until(lambda: is_read(found, "web"))
    # The first picture has it already.
    assert not state(found, "web").gate.automatic
    assert not state(found, "web").errors
    # The application's own cluster has one of that name: that one counts.
    b.do("test", PROJECTS)
    b.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
    b.do("test", project({"destinations": []}))
    other = engine(application("web", repo, "apps/web"))
    until(lambda: is_read(other, "web"))
    assert state(other, "web").gate.automatic
    assert "does not permit the destination b" in state(other, "web").errors[0].message


def test_projects_that_an_application_holds_in_git_count_where_the_cluster_has_no_such_kind(
    world, tmp_path: Path
) -> None:
    _, _, engine = world
    repo = tmp_path / "repo"
    child = application("child", repo, "apps/child")
    held = project({"syncWindows": [ALWAYS], "clusterResourceWhitelist": []})
    repository(
        repo,
        {
            "apps/child/a.yaml": CONFIG,
            "root/child.yaml": yaml.safe_dump(child),
            "root/project.yaml": yaml.safe_dump(held),
        },
    )
    root = application("root", repo, "root", project="default")
    found = engine(root, run_child_applications=True)
    until(lambda: is_read(found, "root") and is_read(found, "child"))
    until(lambda: not state(found, "child").gate.automatic)
    assert not state(found, "child").errors
    assert state(found, "root").gate.automatic
    (line,) = found.windows().result(120)
    assert line.applications == ("child",)


def test_a_project_of_a_file_that_changes_counts_after_a_refresh_and_a_broken_one_leaves_what_was(
    world, tmp_path: Path
) -> None:
    _, _, engine = world
    repo = repository(tmp_path / "repo", {"apps/web/a.yaml": CONFIG})
    app = application("web", repo, "apps/web")
    found = engine(app, project({"syncWindows": [ALWAYS]}))
    until(lambda: is_read(found, "web") and not state(found, "web").gate.automatic)
    file = tmp_path / "apps.yaml"
    file.write_text(yaml.safe_dump_all([app, project({})]), encoding="utf-8")
    found.refresh().result(120)
    until(lambda: state(found, "web").gate.automatic)
    file.write_text("a: b: c\n", encoding="utf-8")
    found.refresh().result(120)
    until(lambda: any("are those read before" in each.message for each in found.snapshot.conditions))
    assert not state(found, "web").errors
