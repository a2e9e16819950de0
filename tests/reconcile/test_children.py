"""Applications of applications: children come from Git, run where a setting says so, and leave with Git."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOptions, SyncStatus
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: default}\n"


def application(name: str, repository: Any, path: str, **spec: Any) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "source": {"repoURL": str(repository.folder), "path": path, "targetRevision": "main"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
                **spec,
            },
        }
    )


class World:
    def __init__(self, folder: Path, repository: Any, kubeconfig: Path) -> None:
        self.folder, self.repository, self.kubeconfig = folder, repository, kubeconfig
        self.engine: Engine | None = None

    def start(self, *documents: str, **settings: Any) -> None:
        file = self.folder / "apps.yaml"
        file.write_text("---\n".join(documents))
        made = Settings(state_folder=self.folder / "state", cache_folder=self.folder / "cache", **settings)
        self.engine = Engine(Request(files=(file,), kubeconfig=self.kubeconfig, automatic=False), made)
        self.engine.start()

    @property
    def snapshot(self) -> Snapshot:
        assert self.engine is not None
        return self.engine.snapshot

    @property
    def names(self) -> list[str]:
        return [str(key) for key in self.snapshot.applications]

    def state(self, name: str) -> Any:
        return next(each for key, each in self.snapshot.applications.items() if str(key) == name)

    def until(self, done: Callable[[], object]) -> None:
        until(done, told=lambda: (self.names, self.snapshot.conditions))

    def settled(self, *names: str) -> None:
        self.until(
            lambda: self.names == list(names) and not any(each.loading for each in self.snapshot.applications.values())
        )

    def said(self) -> str:
        return "\n".join(each.message for each in self.snapshot.conditions)


@pytest.fixture
def world(made_repository, tmp_path: Path) -> Iterator[World]:
    with DemoCluster(delay=0) as cluster:
        made = World(tmp_path, made_repository, cluster.kubeconfig(tmp_path / "kubeconfig"))
        yield made
        if made.engine is not None:
            made.engine.stop()


def test_children_are_run_where_the_setting_says_so_and_the_missing_kind_breaks_nothing(world, made_repository) -> None:
    made_repository.commit(
        {
            "root/web.yaml": application("web", made_repository, "web"),
            "root/own.yaml": CONFIG % "own",
            "web/c.yaml": CONFIG % "web",
        }
    )
    world.start(application("root", made_repository, "root"), run_child_applications=True)
    world.settled("root", "web")
    assert world.state("web").app.parent == world.state("root").key
    assert world.engine is not None
    plan = world.engine.plan(world.state("root").key, SyncOptions()).result(120)
    assert [str(step.key) for step in plan.steps] == ["ConfigMap default/own"]
    assert world.engine.sync(plan).result(120).phase is OperationPhase.SUCCEEDED
    world.until(lambda: world.state("root").sync is SyncStatus.SYNCED)
    row = next(each for key, each in world.state("root").resources.items() if key.kind == "Application")
    world.until(
        lambda: any(
            "OutOfSync" in each.summary
            for key, each in world.state("root").resources.items()
            if key.kind == "Application"
        )
    )
    assert row.error == ""


def test_without_the_setting_children_are_shown_as_objects_only(world, made_repository) -> None:
    made_repository.commit({"root/web.yaml": application("web", made_repository, "web"), "web/c.yaml": CONFIG % "web"})
    world.start(application("root", made_repository, "root"))
    world.settled("root")
    (row,) = world.state("root").resources.values()
    assert "no Argo CD there" in row.summary
    assert world.state("root").sync is SyncStatus.SYNCED


def test_children_follow_git_and_what_they_deployed_stays(world, made_repository) -> None:
    made_repository.commit({"root/web.yaml": application("web", made_repository, "web"), "web/c.yaml": CONFIG % "web"})
    world.start(application("root", made_repository, "root"), run_child_applications=True)
    world.settled("root", "web")
    made_repository.commit(
        {
            "root/web.yaml": None,
            "root/db.yaml": application("db", made_repository, "db"),
            "db/c.yaml": CONFIG % "db",
        }
    )
    world.settled("root", "db")
    assert "web is no longer in Git" in world.said()


def test_cycles_and_broken_children_are_told_and_stop_nothing_else(world, made_repository) -> None:
    made_repository.commit(
        {
            "root/a.yaml": application("a", made_repository, "a"),
            "root/broken.yaml": application("broken", made_repository, "a").replace("server:", "name: nowhere #"),
            "a/root.yaml": application("root", made_repository, "root"),
            "a/self.yaml": application("a", made_repository, "a"),
        }
    )
    world.start(application("root", made_repository, "root"), run_child_applications=True)
    world.settled("root", "a")
    assert "a cycle of applications, root → a → root" in world.said()
    assert "a cycle of applications, root → a → a" in world.said()
    assert "'nowhere' is not a context of the kubeconfig" in world.said()


def test_a_new_folder_that_matches_the_pattern_is_an_application_without_a_restart(world, made_repository) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG % "web"})
    settings = Settings(state_folder=world.folder / "state", cache_folder=world.folder / "cache")
    request = Request(repo=str(made_repository.folder), pattern="apps/*", kubeconfig=world.kubeconfig, automatic=False)
    world.engine = Engine(request, settings)
    world.engine.start()
    world.settled("web")
    made_repository.commit({"apps/db/c.yaml": CONFIG % "db"})
    world.settled("db", "web")


def test_an_application_set_follows_git_and_keeps_what_it_made_while_it_is_broken(world, made_repository) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG % "web"})
    folder = str(made_repository.folder)
    template = yaml.safe_load(application("{{path.basename}}", made_repository, "{{path}}"))
    template = {"metadata": {"name": "{{path.basename}}"}, "spec": template["spec"]}
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all"},
        "spec": {
            "generators": [
                {"git": {"repoURL": folder, "revision": "main", "directories": [{"path": "apps/*"}]}},
                {"git": {"repoURL": folder, "revision": "main", "files": [{"path": "more/*.yaml"}]}},
            ],
            "template": template,
        },
    }
    world.start(yaml.safe_dump(made))
    world.settled("web")
    made_repository.commit({"apps/db/c.yaml": CONFIG % "db"})
    world.settled("db", "web")
    made_repository.commit({"apps/db/c.yaml": None, "more/broken.yaml": "a: b: c"})
    world.until(lambda: "generators[1]: git: a file can't be read: more/broken.yaml:1:5" in world.said())
    assert sorted(world.names) == ["db", "web"]
    made_repository.commit({"more/broken.yaml": None})
    world.settled("web")


def test_an_application_set_that_an_application_holds_makes_its_children(world, made_repository) -> None:
    template = yaml.safe_load(application("x", made_repository, "{{folder}}"))["spec"]
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all", "namespace": "argocd"},
        "spec": {
            "generators": [{"list": {"elements": [{"folder": "web"}]}}],
            "template": {"metadata": {"name": "{{folder}}"}, "spec": template},
        },
    }
    made_repository.commit({"root/set.yaml": yaml.safe_dump(made), "web/c.yaml": CONFIG % "web"})
    world.start(application("root", made_repository, "root"), run_child_applications=True)
    world.settled("root", "web")
    assert world.state("web").app.parent == world.state("root").key
