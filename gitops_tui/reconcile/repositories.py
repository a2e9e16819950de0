"""All repositories of a session: opened once each, fetched on an interval, rendered from. Blocking; called in threads.

What an application depends on is remembered with what it rendered to: a new commit that touches none of it costs a look
at the changed paths, and gives back the very same manifests.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from gitops_tui.errors import DamagedRepository, FetchError, GitError, GitOpsError
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.address import Address
from gitops_tui.git.command import Stop
from gitops_tui.git.credentials import Credentials, Keyring, RepositorySecret
from gitops_tui.git.open import identity, is_remote
from gitops_tui.git.trust import Trust
from gitops_tui.model.application import CHART_PREFIX, Application, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit, RefMove
from gitops_tui.model.snapshot import RepositoryState
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.argocd import ArgoCD
from gitops_tui.reconcile.signed import Demands
from gitops_tui.records import dataclass, replace
from gitops_tui.render import render
from gitops_tui.render.charts import is_chart
from gitops_tui.render.dependencies import Dependencies, dependencies
from gitops_tui.render.manifests import without_duplicates
from gitops_tui.render.valuefiles import Reference, References
from gitops_tui.settings import Settings

T = TypeVar("T")

_LOCAL_INTERVAL = 0.4
_WORKING_TREE_INTERVAL = 2.0
_PROGRESS_INTERVAL = 0.2
_MOST_PARTS = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """An application rendered: its commits, its objects. unsigned: why its revision must not be deployed ("" if it may)."""

    target: Commit
    revision: Commit
    behind: int
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...]
    source_type: str
    unsigned: str = ""


class _Key(NamedTuple):
    """What a source's manifests follow from, beside the commit."""

    app: AppKey
    number: int
    source: str
    kube_version: str
    api_versions: tuple[str, ...]
    namespace: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One source rendered at a commit, and what that read. references: (ref, SHA) of the sources that it took files from."""

    url: str
    commit: Commit
    dependencies: Dependencies
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...]
    source_type: str
    references: tuple[tuple[str, str], ...] = ()


def _changed(known: _Part, repository: Repository, commit: Commit, references: References) -> bool:
    """Whether a source may render otherwise than it did."""
    old, needs = known.commit.sha, known.dependencies
    if old != commit.sha and (needs.by_revision or repository.touched(old, commit.sha, {"it": needs.inputs})):
        return True
    paths = dict(needs.references)
    for ref, before in known.references:
        other = references.get(ref)
        if other is None:
            return True
        if before != other.commit.sha and other.repository.touched(before, other.commit.sha, {"it": paths[ref]}):
            return True
    return False


class Repositories:
    """The repositories by the URL that the applications give. on_news: called (from any thread) when a state changed
    without being asked. namespace_of: where an application's objects go that name no namespace."""

    def __init__(self, settings: Settings, *, working_tree: bool = False) -> None:
        self._settings = settings
        self._working_tree = working_tree
        self._open: dict[str, Repository] = {}
        self._states: dict[str, RepositoryState] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}
        self._urls: dict[str, set[str]] = {}
        self._parts: dict[_Key, _Part] = {}
        self._paths: dict[Hashable, tuple[str, ...]] = {}
        self._looking = threading.Lock()
        self._looked: dict[str, str] = {}
        self._notices: dict[str, tuple[RefMove, ...]] = {}
        self._keyring = Keyring()
        self._trust = Trust()
        self.demands = Demands(settings)
        self.stop = Stop()
        self.on_news: Callable[[], None] = lambda: None
        self.namespace_of: Callable[[Application], str] = lambda app: app.destination.namespace

    # --- opening --------------------------------------------------------------------------------------------------

    def set_secrets(self, secrets: Iterable[RepositorySecret]) -> None:
        """Argo CD's repository Secrets, from now on used for whatever fits."""
        self._keyring = Keyring(secrets)

    def use(self, argocd: ArgoCD) -> None:
        """What an Argo CD in a cluster knows: its repository Secrets, the hosts it trusts, and who must sign."""
        if argocd.secrets:
            self.set_secrets(argocd.secrets)
        if argocd.trust:
            self._trust = argocd.trust
        self.demands.set_projects(argocd.projects)

    def credentials(self, address: Address) -> Credentials:
        """Who we are there, and whom to trust. Raises ConfigError for a Secret that is wrong."""
        return self._trust.added_to(self._keyring.for_address(address), address)

    def chart_credentials(self, base: str) -> Credentials:
        """As `credentials`, for a chart repository or registry."""
        address = Address.parse(base.replace("oci://", "https://", 1))
        return self._trust.added_to(self._keyring.for_chart(base), address)

    def open(self, url: str) -> Repository:
        """The repository, cloned where needed; one for all spellings of its URL. Raises CloneError, GitStopped."""
        key = identity(url, self._settings)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
            self._urls.setdefault(key, set()).add(url)
        with lock:
            if key not in self._open:
                shown = printable(redact(url)).removeprefix(CHART_PREFIX).replace("#", "/").rstrip("/")
                self._states[key] = RepositoryState(shown, fetching=True)
                self.on_news()
                try:
                    progress = self._progress(key)
                    if is_chart(url):
                        from gitops_tui.render.charts import open_chart

                        repository: Repository = open_chart(
                            url, settings=self._settings, credentials=self.chart_credentials
                        )
                    else:
                        repository = open_repository(
                            url,
                            settings=self._settings,
                            credentials=self.credentials,
                            progress=progress,
                            stop=self.stop,
                        )
                        repository.prepare()
                    self._states[key] = self._first_look(repository, progress)
                except GitOpsError as error:
                    self._states[key] = RepositoryState(shown, error=error.message)
                    self._due[key] = time.monotonic() + self._interval(url)  # it may be there by then
                    raise
                self._open[key] = repository
                self._notices[key] = repository.moves()
                self._due[key] = time.monotonic() + self._interval(url)
                if repository.is_local:
                    threading.Thread(target=repository.quicken, name="commit-graph", daemon=True).start()
            return self._open[key]

    def _first_look(self, repository: Repository, progress: Callable[[str], None]) -> RepositoryState:
        """A mirror of an earlier session is shown as it was fetched then, where its remote can't be reached now."""
        try:
            try:
                repository.fetch(progress=progress, stop=self.stop)
            except DamagedRepository:
                repository.repair(progress=progress, stop=self.stop)
        except FetchError as error:
            fetched = repository.last_fetched()
            if fetched is None:
                raise
            return RepositoryState(repository.url, fetched=fetched, error=error.message)
        return RepositoryState(repository.url, fetched=datetime.now(UTC))

    def _progress(self, key: str) -> Callable[[str], None]:
        last = 0.0

        def told(line: str) -> None:
            nonlocal last
            if time.monotonic() - last >= _PROGRESS_INTERVAL:
                last = time.monotonic()
                self._states[key] = replace(self._states[key], progress=line[:200])
                self.on_news()

        return told

    def _interval(self, url: str) -> float:
        if not is_remote(url) and not is_chart(url):
            return _WORKING_TREE_INTERVAL if self._working_tree else _LOCAL_INTERVAL
        # Argo CD adds up to half of the interval (60 s to 120 s), so that not all repositories are asked at once.
        return self._settings.git_interval * random.uniform(1.0, 1.5)  # noqa: S311

    def states(self) -> tuple[RepositoryState, ...]:
        return tuple(self._states.values())

    def state(self, url: str) -> RepositoryState | None:
        """What is known of one repository."""
        return self._states.get(identity(url, self._settings))

    # --- freshness ------------------------------------------------------------------------------------------------

    def next_look(self) -> float:
        """Seconds until a repository is due."""
        due = min(self._due.values(), default=time.monotonic() + _LOCAL_INTERVAL)
        return max(0.2, due - time.monotonic())

    def moved(self) -> list[str]:
        """Fetches what is due; the URLs, in every spelling, where something moved."""
        now = time.monotonic()
        # A copy: another thread may open a repository meanwhile.
        return self._fetch([key for key, due in list(self._due.items()) if due <= now])

    def fetch(self, urls: Iterable[str]) -> list[str]:
        """Fetches; the URLs, in every spelling, where a ref moved. What fails is kept in the repository's state."""
        return self._fetch({identity(url, self._settings) for url in urls})

    def _fetch(self, keys: Iterable[str]) -> list[str]:
        found: list[str] = []
        for key in keys:
            repository = self._open.get(key)
            if repository is None:
                found += self._opened_late(key)
                continue
            url = next(iter(self._urls[key]))
            self._due[key] = time.monotonic() + self._interval(url)
            try:
                if repository.fetch(stop=self.stop):
                    self._notices[key] = repository.moves()
                    found += self._urls[key]
                elif self._working_tree and self._uncommitted(key, repository):
                    found += self._urls[key]
                elif self._states[key].error:
                    found += self._urls[key]  # it is back: what failed meanwhile is asked again
                self._states[key] = replace(self._states[key], fetched=datetime.now(UTC), error="", progress="")
            except DamagedRepository as error:
                self._states[key] = replace(self._states[key], error=error.message)
                if self._cloned_anew(key, repository):
                    found += self._urls[key]
            except GitError as error:
                self._states[key] = replace(self._states[key], error=error.message)
        return found

    def _opened_late(self, key: str) -> list[str]:
        """The URLs of a repository that could not be opened before, where it can be now."""
        if key not in self._due:
            return []
        try:
            self.open(next(iter(self._urls[key])))
        except GitOpsError:
            return []
        return list(self._urls[key])

    def _uncommitted(self, key: str, repository: Repository) -> bool:
        if not repository.is_local or not (repository.folder / ".git").exists():
            return False
        sha = repository.working_tree().sha
        before = self._looked.get(key)
        self._looked[key] = sha
        return before is not None and before != sha

    def _cloned_anew(self, key: str, repository: Repository) -> bool:
        """A mirror that is damaged is made again; whether that worked."""
        if repository.remote is None:
            return False
        try:
            repository.repair(progress=self._progress(key), stop=self.stop)
        except GitError as error:
            self._states[key] = replace(self._states[key], error=error.message)
            return False
        self._states[key] = replace(self._states[key], fetched=datetime.now(UTC), error="", progress="")
        return True

    # --- rendering ------------------------------------------------------------------------------------------------

    def revisions(self, app: Application, pinned: str) -> tuple[Commit | None, Commit | None]:
        """(target, revision) as far as they can be told."""
        try:
            repository = self.open(app.source.address)
            target = repository.resolve(app.source.target_revision)
            return target, repository.commit(pinned) if pinned else target
        except GitOpsError:
            return None, None

    def render(
        self, app: Application, revision: str, kube_version: str, api_versions: Sequence[str], namespace: str
    ) -> Found:
        """Renders all sources of an application; the first one at `revision` where given. A mirror that turns out to be
        damaged is cloned anew, once."""
        return self.sure(app, lambda: self._render(app, revision, kube_version, api_versions, namespace))

    def sure(self, app: Application, work: Callable[[], T]) -> T:
        """`work`, once more where a mirror of the application turned out to be damaged and was cloned anew. Raises
        DamagedRepository where that did not help."""
        try:
            return work()
        except DamagedRepository:
            again = False
            for source in app.sources:
                key = identity(source.address, self._settings)
                repository = self._open.get(key)
                again = (repository is not None and self._cloned_anew(key, repository)) or again
            if not again:
                raise
            return work()

    def _render(
        self, app: Application, revision: str, kube_version: str, api_versions: Sequence[str], namespace: str
    ) -> Found:
        manifests: list[Manifest] = []
        warnings: list[str] = []
        kinds = []
        unsigned = ""
        first: tuple[Commit, Commit] | None = None
        part: _Part | None = None
        references = self._references(app, revision)
        for number, source in enumerate(app.sources):
            repository = self.open(source.address)
            target = self._target(repository, source)
            commit = repository.resolve(revision) if revision and number == 0 else target
            first = first or (target, commit)
            unsigned = unsigned or self.demands.refusal(
                app, repository, commit, source.repo_url, source.target_revision
            )
            warnings += self._said(source)
            if source.ref and not source.path and not source.chart:
                continue  # it only holds files for the others
            key = _Key(app.key, number, repr(source), kube_version, tuple(api_versions), namespace)
            part = self._part(key, app, repository, commit, source, kube_version, api_versions, namespace, references)
            manifests += part.manifests
            warnings += part.warnings
            kinds.append(part.source_type)
        if first is None:
            raise GitError(f"the application {app.name} has no source")
        if len(app.sources) > 1:
            manifests, more = without_duplicates(manifests)
            warnings += more
        # Of one source it is the very same tuple as the last time, so that nobody looks through it again.
        whole = part.manifests if len(app.sources) == 1 and part is not None else tuple(manifests)
        target, commit = first
        behind = 0
        if commit.sha != target.sha:
            behind = self.open(app.source.address).count(commit.sha, target.sha, self.paths(app, target))
        url = identity(app.source.address, self._settings)
        self._states[url] = replace(self._states[url], head=target, revision=app.source.target_revision)
        return Found(target, commit, behind, whole, tuple(warnings), " + ".join(dict.fromkeys(kinds)), unsigned)

    def _references(self, app: Application, revision: str) -> References:
        """The sources that the others may take value files from, by their `ref`. Raises the errors of git."""
        found = {}
        for number, source in enumerate(app.sources if len(app.sources) > 1 else ()):
            if source.ref and not source.chart:
                repository = self.open(source.address)
                pinned = revision if number == 0 else ""
                commit = repository.resolve(pinned) if pinned else self._target(repository, source)
                found[source.ref] = Reference(repository, commit)
        return found

    def _target(self, repository: Repository, source: Source) -> Commit:
        if self._working_tree and repository.is_local and (repository.folder / ".git").exists():
            return repository.working_tree()
        return repository.resolve(source.target_revision)

    def _part(
        self,
        key: _Key,
        app: Application,
        repository: Repository,
        commit: Commit,
        source: Source,
        kube_version: str,
        api_versions: Sequence[str],
        namespace: str,
        references: References,
    ) -> _Part:
        known = self._parts.get(key)
        if known is not None and not _changed(known, repository, commit, references):
            # The manifests keep the commit that they were read at: it holds the same files.
            return known
        read = dependencies(
            repository,
            commit,
            source,
            app.name,
            namespace=namespace,
            project=app.project,
            references=references,
            settings=self._settings,
        )
        rendered = render(
            repository,
            commit,
            source,
            app_name=app.name,
            namespace=namespace,
            settings=self._settings,
            kube_version=kube_version,
            api_versions=api_versions,
            references=references,
            open_chart=self.open if self._settings.chart_dependencies else None,
            project=app.project,
            needs=read,
        )
        at = tuple((ref, references[ref].commit.sha) for ref, _ in read.references)
        made = _Part(source.address, commit, read, rendered.manifests, rendered.warnings, rendered.source_type, at)
        with self._lock:
            while len(self._parts) >= _MOST_PARTS:
                del self._parts[next(iter(self._parts))]
            self._parts[key] = made
        return made

    def _said(self, source: Source) -> list[str]:
        """What moved in a way that people should know of, where the source follows it."""
        key = identity(source.address, self._settings)
        repository = self._open[key]
        followed = repository.symbol(source.target_revision)
        made = []
        for move in self._notices.get(key, ()):
            if not move.forced or move.name not in (followed, f"origin/{followed}"):
                continue
            what = "was moved" if move.kind == "tag" else "was force-pushed"
            made.append(f"the {move.kind} {printable(move.name)} {what}: from {move.old[:7]} to {move.new[:7]}")
        return made

    def paths(self, app: Application, commit: Commit) -> tuple[str, ...]:
        """The paths that the first source depends on, its own folder first; as `Dependencies.paths`."""
        source = app.source
        repository = self.open(source.address)
        namespace = self.namespace_of(app)
        asked = (identity(source.address, self._settings), commit.sha, repr(source), app.name, namespace, app.project)
        # All fields of a drifted object ask at once: one works it out.
        with self._looking:
            found = self._paths.get(asked)
            if found is None:
                try:
                    made = dependencies(repository, commit, source, app.name, namespace=namespace, project=app.project)
                except GitError:
                    return (source.path,)  # a path that is gone at that commit still has a history
                while len(self._paths) >= _MOST_PARTS:
                    del self._paths[next(iter(self._paths))]
                found = self._paths[asked] = made.paths
        return found

    def users_of(self, url: str, path: str, but: Application) -> list[str]:
        """The other applications of this session that depend on a path."""
        found = set()
        for key, part in list(self._parts.items()):
            same = identity(part.url, self._settings) == identity(url, self._settings)
            if same and key.app != but.key and path in part.dependencies.paths:
                found.add(str(key.app))
        return sorted(found)

    def close(self) -> None:
        self.stop.set()
        for repository in self._open.values():
            repository.close()
