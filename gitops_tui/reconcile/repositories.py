"""All repositories of a session: opened once each, fetched on an interval, rendered from. Blocking; called in threads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gitops_tui.errors import GitError, GitOpsError
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.open import is_remote
from gitops_tui.model.application import Application
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import RepositoryState
from gitops_tui.model.text import printable, redact
from gitops_tui.render import render
from gitops_tui.render.manifests import without_duplicates
from gitops_tui.settings import Settings

_LOCAL_INTERVAL = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """An application rendered: its commits, its objects."""

    target: Commit
    revision: Commit
    behind: int
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...]
    source_type: str


class Repositories:
    """The repositories by the URL that the applications give."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, Repository] = {}
        self._states: dict[str, RepositoryState] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}

    def open(self, url: str) -> Repository:
        """The repository, cloned where needed. Raises CloneError."""
        with self._lock:
            lock = self._locks.setdefault(url, threading.Lock())
        with lock:
            if url not in self._open:
                shown = printable(redact(url))
                self._states[url] = RepositoryState(shown, fetching=True)
                try:
                    repository = open_repository(url, settings=self._settings)
                    repository.fetch()
                except GitOpsError as error:
                    self._states[url] = RepositoryState(shown, error=error.message)
                    raise
                self._open[url] = repository
                self._states[url] = RepositoryState(repository.url, fetched=datetime.now(UTC))
                self._due[url] = time.monotonic() + self._interval(url)
            return self._open[url]

    def _interval(self, url: str) -> float:
        if not is_remote(url):
            return _LOCAL_INTERVAL
        return self._settings.git_interval * random.uniform(1.0, 1.1)  # noqa: S311

    def states(self) -> tuple[RepositoryState, ...]:
        return tuple(self._states.values())

    def next_look(self) -> float:
        """Seconds until a repository is due."""
        due = min(self._due.values(), default=time.monotonic() + _LOCAL_INTERVAL)
        return max(0.2, due - time.monotonic())

    def moved(self) -> list[str]:
        """Fetches what is due; the URLs where something moved."""
        now = time.monotonic()
        return self.fetch([url for url, due in self._due.items() if due <= now])

    def fetch(self, urls: Iterable[str]) -> list[str]:
        """Fetches; the URLs where a ref moved. What fails is kept in the repository's state."""
        found = []
        for url in urls:
            repository = self._open.get(url)
            if repository is None:
                continue
            self._due[url] = time.monotonic() + self._interval(url)
            state = self._states[url]
            try:
                if repository.fetch():
                    found.append(url)
                self._states[url] = replace(state, fetched=datetime.now(UTC), error="")
            except GitError as error:
                self._states[url] = replace(state, error=error.message)
        return found

    def revisions(self, app: Application, pinned: str) -> tuple[Commit | None, Commit | None]:
        """(target, revision) as far as they can be told."""
        try:
            repository = self.open(app.source.repo_url)
            target = repository.resolve(app.source.target_revision)
            return target, repository.commit(pinned) if pinned else target
        except GitOpsError:
            return None, None

    def render(
        self, app: Application, revision: str, kube_version: str, api_versions: Sequence[str], namespace: str
    ) -> Found:
        """Renders all sources of an application; the first one at `revision` where given."""
        manifests: list[Manifest] = []
        warnings: list[str] = []
        kinds = []
        first: tuple[Commit, Commit] | None = None
        for number, source in enumerate(app.sources):
            repository = self.open(source.repo_url)
            target = repository.resolve(source.target_revision)
            commit = repository.resolve(revision) if revision and number == 0 else target
            first = first or (target, commit)
            if source.ref and not source.path:
                warnings.append(f"spec.sources[{number}].ref is not supported yet and has no effect")
                continue
            rendered = render(
                repository,
                commit,
                source,
                app_name=app.name,
                namespace=namespace,
                settings=self._settings,
                kube_version=kube_version,
                api_versions=api_versions,
            )
            manifests += rendered.manifests
            warnings += rendered.warnings
            kinds.append(rendered.source_type)
        if first is None:
            raise GitError(f"the application {app.name} has no source")
        if len(app.sources) > 1:
            manifests, more = without_duplicates(manifests)
            warnings += more
        target, commit = first
        behind = 0
        if commit.sha != target.sha:
            behind = self.open(app.source.repo_url).count(commit.sha, target.sha, [app.source.path])
        url = app.source.repo_url
        self._states[url] = replace(self._states[url], head=target, revision=app.source.target_revision)
        return Found(target, commit, behind, tuple(manifests), tuple(warnings), " + ".join(dict.fromkeys(kinds)))

    def resolve(self, app: Application, revision: str) -> Commit:
        return self.open(app.source.repo_url).resolve(revision)

    def log(self, app: Application, limit: int, skip: int) -> list[Commit]:
        repository = self.open(app.source.repo_url)
        target = repository.resolve(app.source.target_revision)
        return repository.log(target.sha, [app.source.path], limit=limit, skip=skip)

    def stands_for(self, app: Application, commit: Commit, listed: Sequence[Commit], at: int, revision: str) -> bool:
        """Whether a listed commit is the newest that touched the application up to `revision`."""
        if commit.sha == revision:
            return True
        if any(each.sha == revision for each in listed):
            return False
        repository = self.open(app.source.repo_url)
        try:
            same = repository.tree_sha(revision, app.source.path) == repository.tree_sha(commit.sha, app.source.path)
            later = listed[at - 1] if at else None
            return (
                same
                and repository.count(commit.sha, revision, ["."]) >= 0
                and (
                    later is None
                    or repository.tree_sha(later.sha, app.source.path) != repository.tree_sha(revision, app.source.path)
                )
            )
        except GitError:
            return False

    def commit_diff(self, app: Application, sha: str) -> str:
        return self.open(app.source.repo_url).commit_diff(sha, [app.source.path])

    def close(self) -> None:
        for repository in self._open.values():
            repository.close()
