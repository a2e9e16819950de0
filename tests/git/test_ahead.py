"""A repository that is opened ahead is the one that `open_repository` gives, once; what goes wrong there is said later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops_tui import ahead
from gitops_tui.errors import CloneError
from gitops_tui.git import open_repository
from gitops_tui.git.open import looked_at
from gitops_tui.settings import Settings


def test_it_is_taken_once_and_has_looked_already(made_repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = made_repository.commit({"web/a.yaml": "a: 1"})
    url, settings = str(made_repository.folder), Settings()
    ahead.begin(("repository", url), lambda: looked_at(url, "HEAD", settings))
    found = open_repository(url, settings=settings)
    with monkeypatch.context() as patched:
        patched.setattr(type(found), "git", lambda *_, **__: pytest.fail("git was asked again"))
        assert found.resolve("HEAD").sha == sha
        assert not found.fetch()
    assert open_repository(url, settings=settings) is not found
    # A commit that comes in between is seen.
    newer = made_repository.commit({"web/a.yaml": "a: 2"})
    assert found.fetch()
    assert found.resolve("HEAD").sha == newer


def test_other_settings_open_it_anew(made_repository: Any) -> None:
    made_repository.commit({"web/a.yaml": "a: 1"})
    url, settings = str(made_repository.folder), Settings()
    ahead.begin(("repository", url), lambda: looked_at(url, "HEAD", settings))
    other = Settings()
    assert open_repository(url, settings=other).settings is other


def test_what_goes_wrong_is_said_by_who_wants_it(tmp_path: Path) -> None:
    url, settings = str(tmp_path / "none"), Settings()
    ahead.begin(("repository", url), lambda: looked_at(url, "HEAD", settings))
    with pytest.raises(CloneError, match="there is no folder"):
        open_repository(url, settings=settings)


def test_remote_repositories_are_not_asked_ahead() -> None:
    assert looked_at("https://git.example/web.git", "HEAD", Settings()) is None


def test_an_error_of_ours_does_not_end_a_thread_in_silence(made_repository: Any) -> None:
    made_repository.commit({"web/a.yaml": "a: 1"})
    url, settings = str(made_repository.folder), Settings()
    ahead.begin(("repository", url), lambda: looked_at(url, "no such revision", settings))
    assert open_repository(url, settings=settings).resolve("HEAD")
