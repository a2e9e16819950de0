"""Symlinks and odd names in folders of manifests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_tui.errors import RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import render
from gitops_tui.render.dependencies import dependencies
from gitops_tui.settings import Settings

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def rendered(made, path: str = "web") -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    repository = open_repository(str(made.folder), settings=Settings())
    commit = repository.resolve("HEAD")
    found = render(repository, commit, Source("x", path=path), app_name="a", namespace="d", settings=Settings())
    return [(each.key.name, each.origin.path) for each in found.manifests], found.warnings


def link(made, name: str, to: str) -> None:
    place = made.folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to)
    made.commit({})


@pytest.mark.parametrize("through", ["file", "link", "folder"])
def test_a_symlink_inside_the_repository_is_followed_and_watched(made_repository, through: str) -> None:
    made_repository.commit({"web/a.yaml": CONFIG % "a", "base/b.yaml": CONFIG % "b"})
    if through == "file":
        link(made_repository, "web/link.yaml", "../base/b.yaml")
    elif through == "link":
        link(made_repository, "other/first.yaml", "../base/./b.yaml")
        link(made_repository, "web/link.yaml", "../other/first.yaml")
    else:
        link(made_repository, "other", "base")
        link(made_repository, "web/link.yaml", "../other/b.yaml")
    assert rendered(made_repository)[0] == [("a", "web/a.yaml"), ("b", "base/b.yaml")]

    repository = open_repository(str(made_repository.folder), settings=Settings())
    old = repository.resolve("HEAD")
    needs = dependencies(repository, old, Source("x", path="web"))
    new = made_repository.commit({"base/b.yaml": CONFIG % "changed"})

    assert repository.touched(old.sha, new, {"it": needs.inputs}) == {"it"}
    assert rendered(made_repository)[0] == [("a", "web/a.yaml"), ("changed", "base/b.yaml")]


@pytest.mark.parametrize("to", ["/etc/passwd", "../../outside.yaml", "../base/../../x", "link.yaml"])
def test_a_symlink_that_leads_out_or_round_is_an_error_that_names_it(made_repository, to: str) -> None:
    made_repository.commit({"web/a.yaml": CONFIG % "a", "base/b.yaml": CONFIG % "b"})
    link(made_repository, "web/link.yaml", to)

    with pytest.raises(RenderError) as caught:
        rendered(made_repository)
    assert "web/link.yaml" in str(caught.value.problems[0])


def test_a_symlink_that_leads_to_no_file_is_passed_over_and_said(made_repository) -> None:
    made_repository.commit({"web/a.yaml": CONFIG % "a", "base/b.yaml": CONFIG % "b"})
    link(made_repository, "web/gone.yaml", "nowhere.yaml")
    link(made_repository, "web/folder.yaml", "../base")

    found, warnings = rendered(made_repository)

    assert found == [("a", "web/a.yaml")]
    assert sorted(each.split(" ")[0] for each in warnings) == ["web/folder.yaml", "web/gone.yaml"]


@pytest.mark.parametrize("name", ["a\\b", "n\udcff\udcfe", "-dash", ":colon", "new\nline"])
def test_folders_of_odd_names_are_rendered(made_repository, name: str) -> None:
    place = Path(os.fsdecode(bytes(made_repository.folder) + b"/" + name.encode("utf-8", "surrogateescape")))
    place.mkdir()
    (place / "a.yaml").write_text(CONFIG % "a")
    made_repository.commit({})

    assert [each for each, _ in rendered(made_repository, name)[0]] == ["a"]
