"""Commits, as the history shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """A resolved revision.

    sha: the full SHA (40 or 64 hex digits). author_time, commit_time: aware, UTC. subject: the first line of the
    message; body: the rest. parents: full SHAs. refs: branches and tags on it. pull_request: its number as the
    subject tells it ("" if none).
    """

    sha: str
    author: str
    author_email: str
    author_time: datetime
    commit_time: datetime
    subject: str
    body: str = ""
    parents: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    pull_request: str = ""

    @property
    def short(self) -> str:
        """The first seven digits."""
        return self.sha[:7]
