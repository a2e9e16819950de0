"""The commits that touch an application, with what the records say of each.

A record names the commit that was synced, which need not touch the application: the mark stands on the newest commit
up to it that does. Which one that is never changes for a commit and its paths, so it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gitops_tui.errors import GitError
from gitops_tui.model.application import Application
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.model.revision import Commit
from gitops_tui.reconcile.api import HistoryCommit
from gitops_tui.reconcile.git_questions import GitQuestions

_PAGE = 500


class _Asked(NamedTuple):
    app: Application
    first_parent: bool


class Histories:
    """Pages of commits with their marks. Blocking; called in threads."""

    def __init__(self, git: GitQuestions) -> None:
        self._git = git
        self._standing: dict[tuple[AppKey, str, str], str] = {}
        self._waiting: dict[tuple[AppKey, str, str], int] = {}

    def page(
        self,
        app: Application,
        record: AppRecord,
        limit: int,
        skip: int,
        search: str = "",
        *,
        first_parent: bool = True,
    ) -> tuple[HistoryCommit, ...]:
        """search: only commits in whose message, author, SHA or pull request all of its words stand."""
        target = self._git.resolve(app, app.source.target_revision)
        done = record.deployed
        deployed = self._stands(app, target, done.revision) if done else ""
        pinned = self._stands(app, target, record.pin.revision) if record.pin else ""
        failed = self._stands(app, target, record.failed_revision)
        left = self._stands(app, target, record.pin.rolled_back_from) if record.pin else ""
        waiting = self._count(app, target, deployed) if deployed and first_parent else 0
        newest = self._stands(app, target, target.sha)
        asked = _Asked(app, first_parent)
        chosen = self._found(asked, search, limit, skip) if search.split() else self._listed(asked, limit, skip)
        return tuple(
            HistoryCommit(
                commit,
                deployed=commit.sha == deployed,
                pinned=commit.sha == pinned,
                failed=commit.sha == failed,
                target=commit.sha == newest,
                waiting=at < waiting,
                rolled_back_from=commit.sha == left,
                syncs=tuple(each for each in reversed(record.history) if each.revision == commit.sha),
            )
            for at, commit in chosen
        )

    def _page(self, asked: _Asked, limit: int, skip: int) -> list[Commit]:
        return self._git.log(asked.app, limit, skip, first_parent=asked.first_parent)

    def _listed(self, asked: _Asked, limit: int, skip: int) -> Iterator[tuple[int, Commit]]:
        return enumerate(self._page(asked, limit, skip), skip)

    def _found(self, asked: _Asked, search: str, limit: int, skip: int) -> list[tuple[int, Commit]]:
        words = search.lower().split()
        found: list[tuple[int, Commit]] = []
        start = 0
        while len(found) < skip + limit:
            page = self._page(asked, _PAGE, start)
            found += [(at, each) for at, each in enumerate(page, start) if _says(each, words)]
            start += len(page)
            if len(page) < _PAGE:
                break
        return found[skip : skip + limit]

    def _stands(self, app: Application, target: Commit, revision: str) -> str:
        """The newest commit up to `revision` that touches the application, "" where there is none."""
        if not revision:
            return ""
        key = (app.key, target.sha, revision)
        if key not in self._standing:
            try:
                self._standing[key] = self._git.newest(app, target, revision)
            except GitError:
                return ""  # a commit that this repository doesn't have (any more)
        return self._standing[key]

    def _count(self, app: Application, target: Commit, deployed: str) -> int:
        """How many commits lie between; 0 where the deployed one is no ancestor of the target."""
        key = (app.key, target.sha, deployed)
        if key not in self._waiting:
            self._waiting[key] = max(0, self._git.between(app, target, deployed))
        return self._waiting[key]


def _says(commit: Commit, words: list[str]) -> bool:
    number = f"#{commit.pull_request}" if commit.pull_request else ""
    everything = f"{commit.subject}\n{commit.body}\n{commit.author} {commit.author_email} {number}".lower()
    return all(word in everything or (len(word) > 3 and commit.sha.startswith(word)) for word in words)
