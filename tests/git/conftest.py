"""Servers, a bare upstream, and a person with a name, for the tests of Git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.git.servers import HttpServer, SshServer, http_server, sshd


@pytest.fixture
def me(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a global git configuration of their own, which is returned."""
    home = tmp_path / "home"
    home.mkdir()
    config = home / "gitconfig"
    config.write_text("[user]\n\tname = Mia\n\temail = mia@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("HOME", str(home))
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    return config


@pytest.fixture
def upstream(made_repository, tmp_path: Path):
    """(the repository that a test writes to, its bare upstream "served/web.git", a function that pushes to it)."""
    bare = tmp_path / "served" / "web.git"
    bare.parent.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    for name, value in (
        ("http.receivepack", "true"),
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
    ):
        subprocess.run(["git", "-C", str(bare), "config", name, value], check=True)

    def push(*args: str) -> None:
        made_repository.git("push", "-q", "--force", str(bare), *(args or ("--all",)))

    return made_repository, bare, push


@pytest.fixture
def served(tmp_path: Path, upstream) -> Iterator[HttpServer]:
    with http_server(tmp_path / "served") as server:
        yield server


@pytest.fixture
def ssh_server(tmp_path: Path) -> Iterator[SshServer]:
    if not sshd():
        pytest.skip("needs the program sshd (apt-get install openssh-server)")
    folder = tmp_path / "sshd"
    folder.mkdir()
    server = SshServer(folder)
    yield server
    server.close()
