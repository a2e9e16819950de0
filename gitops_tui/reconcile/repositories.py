"""What the applications of a session render to, from its repositories. Blocking; called in threads.

What an application depends on is remembered with what it rendered to: a new commit that touches none of it costs a look
at the changed paths, and gives back the very same manifests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from gitops_tui.errors import GitError, GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.open import identity
from gitops_tui.model.application import Application, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.reconcile.mirrors import Mirrors
from gitops_tui.records import dataclass, replace
from gitops_tui.render import render
from gitops_tui.render.dependencies import Dependencies, dependencies
from gitops_tui.render.manifests import without_duplicates
from gitops_tui.render.valuefiles import Reference, References
from gitops_tui.settings import Settings

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


class Repositories(Mirrors):
    """namespace_of: where an application's objects go that name no namespace."""

    def __init__(self, settings: Settings, *, working_tree: bool = False) -> None:
        super().__init__(settings, working_tree=working_tree)
        self._parts: dict[_Key, _Part] = {}
        self._paths: dict[Hashable, tuple[str, ...]] = {}
        self._looking = threading.Lock()
        self.namespace_of: Callable[[Application], str] = lambda app: app.destination.namespace

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
