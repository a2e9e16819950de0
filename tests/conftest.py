"""Fixtures: a repository made on the spot, and a real API server where there is one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# A busy machine is no failure: how long an example takes says nothing about what is right.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


class MadeRepository:
    """A Git repository that a test writes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str) -> str:
        env = {
            **os.environ,
            "GIT_AUTHOR_NAME": "Dana",
            "GIT_AUTHOR_EMAIL": "dana@example.com",
            "GIT_COMMITTER_NAME": "Dana",
            "GIT_COMMITTER_EMAIL": "dana@example.com",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        return subprocess.run(
            ["git", "-C", str(self.folder), *args], check=True, capture_output=True, text=True, env=env
        ).stdout.strip()

    def commit(self, files: dict[str, str | None], message: str = "change") -> str:
        """Writes files (None removes one) and commits; the SHA."""
        for name, text in files.items():
            place = self.folder / name
            if text is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def made_repository(tmp_path: Path) -> MadeRepository:
    folder = tmp_path / "repository"
    folder.mkdir()
    return MadeRepository(folder)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def demo_cluster() -> Iterator[Any]:
    """A running embedded cluster whose pods are ready at once."""
    from gitops_tui.demo import DemoCluster

    with DemoCluster(delay=0) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real_kubeconfig() -> Path:
    """The kubeconfig of a real API server that tests may write to."""
    named = os.environ.get("GITOPS_TUI_TEST_KUBECONFIG")
    if not named:
        pytest.skip("no real API server: set GITOPS_TUI_TEST_KUBECONFIG")
    return Path(named)


Cleanup = Callable[[], None]
__all__ = ["Iterator", "MadeRepository"]
