"""Who commits: the user's own name, mail and signing settings."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError, RevertRefused
from gitops_tui.git.environment import config_environment
from gitops_tui.git.signature import verification_entries
from gitops_tui.records import dataclass

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_IDENT = re.compile(r"^(?P<name>.*) <(?P<mail>[^<>]*)> \d+ [+-]\d{4}$", re.DOTALL)
_FROM_ENVIRONMENT = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


@dataclass(frozen=True, slots=True)
class Identity:
    """name, mail: of the author. sign: commits are signed, as `commit.gpgSign` says."""

    name: str
    mail: str
    sign: bool = False

    def __str__(self) -> str:
        return f"{self.name} <{self.mail}>"


def commit_environment() -> dict[str, str]:
    """For commands that make commits: the user's environment says who, the user's configuration which programs sign."""
    env = {name: os.environ[name] for name in _FROM_ENVIRONMENT if os.environ.get(name)}
    return {**env, **config_environment([*verification_entries(), ("user.useConfigOnly", "true")])}


def identity(repository: Repository) -> Identity:
    """As git would commit in that repository. Raises RevertRefused where git doesn't know who."""
    env = {**repository.env, **commit_environment()}
    try:
        out = repository.git("var", "GIT_AUTHOR_IDENT", env=env).decode("utf-8", "replace").strip()
        repository.git("var", "GIT_COMMITTER_IDENT", env=env)
    except GitError as error:
        raise RevertRefused(
            "git does not know who you are",
            hint="git config --global user.name 'Your Name'; git config --global user.email you@example.com",
        ) from error
    found = _IDENT.match(out)
    if found is None:
        raise RevertRefused(f"git's answer to who you are makes no sense: {out[:80]!r}")
    signs = repository.git("config", "--type=bool", "--get", "commit.gpgSign", ok=(0, 1, 128)).strip() == b"true"
    return Identity(found["name"], found["mail"], signs)
