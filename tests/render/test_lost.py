"""Which commit took a field out of Git: through documents that move inside a file, merges, and Kustomize's files."""

from __future__ import annotations

from typing import Any

import yaml

from gitops_tui.git import open_repository
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import BlameLine
from gitops_tui.render.lost import Lost
from gitops_tui.settings import Settings


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def text(*objects: dict[str, Any]) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False)


def taken_out(made_repository: Any, field: str, *, path: str = "app/all.yaml", line: int = 1) -> BlameLine | None:
    repository = open_repository(str(made_repository.folder), settings=Settings())
    commit = repository.resolve("main")
    obj = config("b")
    manifest = Manifest(ResourceKey("", "ConfigMap", "", "b"), "v1", obj, Origin(path, 1, line, commit.sha), "x")
    return Lost(repository, commit, ("app",), manifest).taken_out(field)


def test_the_object_may_have_stood_in_another_document_of_the_file(made_repository: Any) -> None:
    made_repository.commit({"app/all.yaml": text(config("a", x="1"), config("b", x="1", y="2"))}, "both")
    taken = made_repository.commit(
        {"app/all.yaml": text(config("b", x="1"), config("a", x="1"))}, "the other way round"
    )
    made_repository.commit({"app/all.yaml": text(config("b", x="2"), config("a", x="1"))}, "something else")
    found = taken_out(made_repository, "data.y")
    assert found is not None and found.commit == taken
    assert found.path == "app/all.yaml"
    assert made_repository.git("show", f"{taken}^:app/all.yaml").splitlines()[found.line - 1].strip() == "y: '2'"


def test_a_commit_of_a_merged_branch_is_named_and_not_the_merge(made_repository: Any) -> None:
    made_repository.commit({"app/all.yaml": text(config("b", x="1", y="2"))}, "all")
    made_repository.git("checkout", "-q", "-b", "side")
    taken = made_repository.commit({"app/all.yaml": text(config("b", x="1"))}, "without y")
    made_repository.git("checkout", "-q", "main")
    made_repository.commit({"app/other.yaml": text(config("c", x="1"))}, "beside it")
    made_repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    found = taken_out(made_repository, "data.y")
    assert found is not None and (found.commit, found.subject) == (taken, "without y")


def test_the_latest_time_counts_and_what_was_never_there_has_no_commit(made_repository: Any) -> None:
    for number in range(2):
        made_repository.commit({"app/all.yaml": text(config("b", x="1", y=str(number)))}, f"with y {number}")
        taken = made_repository.commit({"app/all.yaml": text(config("b", x="1"))}, f"without y {number}")
    found = taken_out(made_repository, "data.y")
    assert found is not None and found.commit == taken
    assert taken_out(made_repository, "data.z") is None
    assert taken_out(made_repository, "no path at all [") is None


def test_the_object_may_have_come_from_another_file(made_repository: Any) -> None:
    made_repository.commit({"app/all.yaml": text(config("a", x="1"), config("b", x="1", y="2", z="3"))}, "all")
    early = made_repository.commit({"app/all.yaml": text(config("a", x="1"), config("b", x="1", y="2"))}, "without z")
    made_repository.commit({"app/note.yaml": text(config("c", x="1"))}, "beside it")
    taken = made_repository.commit(
        {"app/all.yaml": text(config("a", x="1")), "app/b.yaml": text(config("b", x="1"))}, "a file of its own"
    )
    made_repository.commit({"app/b.yaml": text(config("b", x="2"))}, "something else")
    found = taken_out(made_repository, "data.y", path="app/b.yaml")
    assert found is not None and (found.commit, found.path) == (taken, "app/all.yaml")
    found = taken_out(made_repository, "data.z", path="app/b.yaml")
    assert found is not None and (found.commit, found.path) == (early, "app/all.yaml")
    assert taken_out(made_repository, "data.never", path="app/b.yaml") is None


def test_of_what_kustomize_makes_the_files_are_searched(made_repository: Any) -> None:
    kustomization = "resources: [b.yaml]\n"
    made_repository.commit({"app/kustomization.yaml": kustomization, "app/b.yaml": text(config("b", x="1", y="2"))})
    taken = made_repository.commit({"app/b.yaml": text(config("b", x="1"))}, "without y")
    found = taken_out(made_repository, "data.y", path="app", line=0)
    assert found is not None and (found.commit, found.path) == (taken, "app/b.yaml")
