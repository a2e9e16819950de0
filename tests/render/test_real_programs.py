"""Object by object against helm and kustomize, over checkouts in the folder GITOPS_TUI_TEST_CHECKOUTS: those that the
project names are argocd-example-apps, kube-prometheus, podinfo and flux2-kustomize-helm-example."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from gitops_tui.compare.ignore import without_ignored
from gitops_tui.errors import RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import IgnoreRule, Source
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Origin
from gitops_tui.render import Rendered, render
from gitops_tui.render.helmlibrary import library_version
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.settings import Settings

FOLDER = os.environ.get("GITOPS_TUI_TEST_CHECKOUTS", "")
HELM = ["helm", "template", "app", ".", "--include-crds", "--namespace", "d", "--kube-version", "1.31.0"]
FILES = ("Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="needs checkouts: set GITOPS_TUI_TEST_CHECKOUTS"),
    pytest.mark.skipif(not (shutil.which("helm") and shutil.which("kustomize")), reason="needs helm and kustomize"),
]


def checkouts() -> list[Path]:
    return sorted(each.parent for each in Path(FOLDER).glob("*/.git")) if FOLDER else []


def canonical(objects: list[object]) -> list[bytes]:
    return sorted(orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in objects)


def told_apart(made: Rendered, theirs: list[Any]) -> tuple[list[bytes], list[bytes]]:
    """Both sides without what the chart gives at random, of which no two runs of helm agree either."""
    wild = {each.key: each.random for each in made.manifests}
    mine = {each.key: each.obj for each in made.manifests}
    other = {each.key: each.obj for one in theirs for each in manifests_of(one, Origin("x"), [])}
    shared = [key for key in mine if key in other]
    # Only what has a random name is on one side alone.
    assert len(mine) == len(other)
    assert all("metadata.name" in " ".join(made.warnings) for key in mine if key not in other)

    def tame(key: ResourceKey, obj: dict[str, Any]) -> object:
        rules = [IgnoreRule(key.group, key.kind, json_pointers=wild[key])]
        return without_ignored(obj, rules, key)

    return canonical([tame(key, mine[key]) for key in shared]), canonical([tame(key, other[key]) for key in shared])


@pytest.mark.parametrize("in_process", [True, False], ids=["in process", "by the program"])
@pytest.mark.parametrize("top", checkouts(), ids=lambda each: each.name)
def test_every_chart_and_kustomization_renders_to_what_the_programs_give(top: Path, in_process: bool) -> None:
    if in_process and not library_version():
        pytest.skip("needs the extra helm: pip install 'gitops-tui[helm]'")
    settings = Settings(helm_in_process=in_process)
    repository = open_repository(str(top), settings=settings)
    commit = repository.resolve("HEAD")
    compared = objects = 0
    tracked = subprocess.run(["git", "-C", str(top), "ls-files"], check=True, capture_output=True, text=True).stdout
    for place in sorted({Path(each).parent for each in tracked.splitlines() if Path(each).name in FILES}):
        is_chart = (top / place / "Chart.yaml").exists()
        line = HELM if is_chart else ["kustomize", "build", "."]
        asked = subprocess.run(line, cwd=top / place, capture_output=True, check=False)
        theirs = [each for _, _, each in load(asked.stdout, "")[0] if each]
        if asked.returncode:
            continue  # a chart whose dependencies are elsewhere; an overlay that another program fills
        try:
            made = render(
                repository, commit, Source("x", path=str(place)), app_name="app", namespace="d", settings=settings, kube_version="1.31.0"
            )  # fmt: skip
        except RenderError as error:
            pytest.fail(f"{place}: {error}")
        mine, other = told_apart(made, theirs)
        assert mine == other, place
        compared += 1
        objects += len(mine)
    repository.close()
    print(f"\n{top.name}: {compared} charts and kustomizations, {objects} objects")
    assert compared
