"""Object by object against helm and kustomize, over checkouts in the folder GITOPS_TUI_TEST_CHECKOUTS: those that the
project names are argocd-example-apps, kube-prometheus, podinfo and flux2-kustomize-helm-example."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

from gitops_tui.errors import RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import render
from gitops_tui.render.loader import load
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


@pytest.mark.parametrize("top", checkouts(), ids=lambda each: each.name)
def test_every_chart_and_kustomization_renders_to_what_the_programs_give(top: Path) -> None:
    settings = Settings()
    repository = open_repository(str(top), settings=settings)
    commit = repository.resolve("HEAD")
    compared, random = 0, 0
    tracked = subprocess.run(["git", "-C", str(top), "ls-files"], check=True, capture_output=True, text=True).stdout
    for place in sorted({Path(each).parent for each in tracked.splitlines() if Path(each).name in FILES}):
        is_chart = (top / place / "Chart.yaml").exists()
        line = HELM if is_chart else ["kustomize", "build", "."]
        asked = subprocess.run(line, cwd=top / place, capture_output=True, check=False)
        theirs = [each for _, _, each in load(asked.stdout, "")[0] if each]
        if asked.returncode or not theirs:
            continue  # a chart whose dependencies are elsewhere; an overlay that another program fills
        try:
            made = render(
                repository, commit, Source("x", path=str(place)), app_name="app", namespace="d", settings=settings, kube_version="1.31.0"
            )  # fmt: skip
        except RenderError as error:
            pytest.fail(f"{place}: {error}")
        if any("every rendering" in each for each in made.warnings):
            random += 1  # no two runs of helm agree either
            continue
        assert canonical([each.obj for each in made.manifests]) == canonical(theirs), place
        compared += 1
    repository.close()
    assert compared + random
