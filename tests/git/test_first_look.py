"""What a local repository costs until it can be read: few questions to git, none of them twice."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from gitops_tui.git import command, open_repository
from gitops_tui.settings import Settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that were run."""
    found: list[str] = []
    start = subprocess.Popen

    def heard(line: Any, *args: Any, **kwargs: Any) -> Any:
        found.append(" ".join(line[line.index("--literal-pathspecs") + 1 :][:2]) if "-c" in line else "config")
        return start(line, *args, **kwargs)

    monkeypatch.setattr(command.subprocess, "Popen", heard)
    return found


def test_it_is_opened_and_looked_at_with_few_questions(made_repository: Any, asked: list[str]) -> None:
    made_repository.commit({"web/a.yaml": "a: 1"})
    asked.clear()
    repository = open_repository(str(made_repository.folder), settings=Settings())
    repository.prepare()
    assert not repository.fetch()
    repository.resolve("HEAD")
    once = [each for each in asked if each != "config"]
    assert len(once) <= 10, once
    assert not repository.fetch()
    repository.quicken()
    repository.resolve("HEAD")
    assert [each for each in asked if each != "config"][len(once) :] == ["commit-graph write"], "nothing is asked again"


def test_a_commit_that_comes_after_the_first_look_is_seen(made_repository: Any) -> None:
    made_repository.commit({"web/a.yaml": "a: 1"})
    repository = open_repository(str(made_repository.folder), settings=Settings())
    repository.prepare()
    assert not repository.fetch()
    newer = made_repository.commit({"web/a.yaml": "a: 2"})
    assert repository.fetch()
    assert repository.resolve("HEAD").sha == newer


def test_a_folder_inside_is_known_as_such(made_repository: Any) -> None:
    made_repository.commit({"deep/er/a.yaml": "a: 1"})
    assert open_repository(str(made_repository.folder / "deep" / "er"), settings=Settings()).subfolder == "deep/er"
    assert open_repository(str(made_repository.folder), settings=Settings()).subfolder == ""
