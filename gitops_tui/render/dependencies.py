"""Which paths of a repository a source depends on: its folder, and what that refers to outside of itself.

Kustomize: every text in a kustomization file (and in the files of its generators and transformers) that names something
in the repository counts, so that rather too much than too little is found: bases, components, patches, generated files.
Helm: the chart, its value files, its `file://` dependencies. Symlinks lead on to where they point. What can't be read
makes the whole repository a dependency (`whole`). Nothing outside the repository is looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gitops_tui.errors import GitError, GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.paths import TreeEntry, clean_path
from gitops_tui.model.application import Source
from gitops_tui.model.revision import Commit
from gitops_tui.records import dataclass
from gitops_tui.render import plugins
from gitops_tui.render.environment import build_environment, names_revision
from gitops_tui.render.kustomization import FILES
from gitops_tui.render.loader import load
from gitops_tui.render.overrides import explicit_type, with_overrides
from gitops_tui.render.valuefiles import OWN, Place, References, places
from gitops_tui.settings import Settings

_MOST_FOLDERS = 500
_MOST_TEXT = 1024
_CONFIGS = ("generators", "transformers", "validators", "configurations")


@dataclass(frozen=True, slots=True)
class Dependencies:
    """paths: from the root, none inside another, the source's own folder first. whole: they may be more than these:
    whether a change matters can only be told from the whole tree. kind: "Directory", "Kustomize", "Helm" or "Plugin".
    references: (ref, paths) for each other source that value files come from. by_revision: the commit itself matters."""

    paths: tuple[str, ...]
    whole: bool = False
    kind: str = "Directory"
    references: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by_revision: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """What to compare to know whether the source could render otherwise."""
        return ("",) if self.whole else self.paths


def dependencies(
    repository: Repository,
    commit: Commit,
    source: Source,
    app_name: str = "",
    *,
    namespace: str = "",
    project: str = "default",
    references: References = MappingProxyType({}),
    settings: Settings | None = None,
) -> Dependencies:
    """Reads the tree at a commit; no program runs. references: the other sources of the application that it may name.
    Raises the errors of git for a path that does not exist."""
    path = clean_path(source.path)
    entries = repository.list_tree(commit.sha, path)
    names = {entry.path.rsplit("/", 1)[-1] for entry in entries if entry.type == "blob"}
    try:
        source, _ = with_overrides(repository, commit, source, path, names, app_name)
        kind = explicit_type(source)
        if (settings is not None and settings.plugins) or source.plugin is not None:
            untyped = not kind and source.plugin is None
            if plugins.choose(repository, commit, source, path, settings or Settings(), untyped=untyped) is not None:
                # It sees the whole repository, and the revision by its environment.
                return Dependencies((path,), whole=True, kind="Plugin", by_revision=True)
    except GitOpsError:
        return Dependencies((path,), whole=True)
    if not kind:
        kind = "Helm" if "Chart.yaml" in names else "Kustomize" if names & set(FILES) else "Directory"
    walk = _Walk(repository, commit.sha, path)
    elsewhere: tuple[tuple[str, tuple[str, ...]], ...] = ()
    try:
        if kind == "Kustomize":
            walk.follow([path], [_texts(dict(source.kustomize or {}))])
        elif kind == "Helm":
            env = build_environment(source, commit, app_name, namespace, project)
            named = places(source.helm or {}, path, references, env)
            walk.follow_chart(path, [each.watched for each in named if each.ref == OWN])
            elsewhere = _elsewhere(named, references)
        elif holds_jsonnet(repository, commit, path, source):
            # Imports reach all of the repository.
            walk.whole = True
        walk.follow_links()
    except (GitError, _TooMuch):
        walk.whole = True
    return Dependencies(_outermost(walk.found), walk.whole, kind, elsewhere, names_revision(source))


def holds_jsonnet(repository: Repository, commit: Commit, path: str, source: Source) -> bool:
    """Whether a directory source has Jsonnet to evaluate."""
    recurse = source.directory is not None and source.directory.recurse
    return any(each.path.endswith(".jsonnet") for each in repository.list_tree(commit.sha, path, recursive=recurse))


def reaches_out(repository: Repository, commit: Commit, path: str, source: Source) -> bool:
    """Whether a directory source may read more than its own folder: by Jsonnet's imports or by symlinks."""
    recurse = source.directory is not None and source.directory.recurse
    entries = repository.list_tree(commit.sha, path, recursive=recurse)
    return any(each.is_symlink or each.path.endswith(".jsonnet") for each in entries)


def _elsewhere(named: Sequence[Place], references: References) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for ref in dict.fromkeys(each.ref for each in named if each.ref != OWN):
        other = references[ref]
        walk = _Walk(other.repository, other.commit.sha, "")
        walk.found = {}
        walk.follow_files([each.watched for each in named if each.ref == ref])
        walk.follow_links()
        found.append((ref, ("",) if walk.whole else _outermost(walk.found)))
    return tuple(found)


class _TooMuch(Exception):
    """More folders than anybody's kustomization is made of."""


class _Walk:
    def __init__(self, repository: Repository, commit: str, path: str) -> None:
        self.repository = repository
        self.commit = commit
        self.found: dict[str, str] = {path: "tree"}
        self.whole = False
        self._visited: set[str] = set()

    def follow(self, folders: Iterable[str], more: Iterable[Iterable[str]] = ()) -> None:
        """From kustomizations to what they name, until nothing new is found."""
        waiting = list(folders)
        first = [text for some in more for text in some]
        while waiting:
            if len(self._visited) > _MOST_FOLDERS:
                raise _TooMuch
            folder = waiting.pop(0)
            if folder in self._visited:
                continue
            self._visited.add(folder)
            texts = [*first, *self._kustomization(folder)]
            first = []
            for place, kind in self._there(folder, texts):
                self.found[place] = kind
                if kind == "tree":
                    waiting.append(place)

    def _kustomization(self, folder: str) -> Iterator[str]:
        places = [_join(folder, name) for name in FILES]
        there = self.repository.find_many([(self.commit, place) for place in places])
        for found in there:
            if found is None or found[0] != "blob":
                continue
            content = self._load(found[1])
            yield from _texts(content)
            configs = [each for name in _CONFIGS for each in _as_list(content, name) if isinstance(each, str)]
            for place, kind in self._there(folder, configs):
                if kind == "blob" and (blob := self.repository.find(self.commit, place)):
                    yield from _texts(self._load(blob[1]))
            return

    def _load(self, sha: str) -> Any:
        documents, problem = load(self.repository.read_many([sha])[0], "")
        if problem is not None:
            self.whole = True
        return [document for _, _, document in documents] if len(documents) != 1 else documents[0][2]

    def _there(self, folder: str, texts: Iterable[str]) -> list[tuple[str, str]]:
        places = []
        for text in texts:
            for each in {text, text.partition("=")[2]}:
                place = _inside(folder, each)
                if place is not None and place != folder:
                    places.append(place)
        unique = list(dict.fromkeys(places))
        there = self.repository.find_many([(self.commit, place) for place in unique])
        self._watch_links([place for place, found in zip(unique, there, strict=True) if found is None])
        return [(place, found[0]) for place, found in zip(unique, there, strict=True) if found is not None]

    def _watch_links(self, missing: Iterable[str]) -> None:
        """A path that is not there may lead through a symlink: then more than what was found may matter."""
        above: dict[str, None] = {}
        for place in missing:
            at = place.find("/")
            while at > 0:
                above[place[:at]] = None
                at = place.find("/", at + 1)
        found = self.repository.find_many([(self.commit, path) for path in above])
        if any(each is not None and each[0] == "blob" for each in found):
            self.whole = True

    def follow_files(self, files: Iterable[str]) -> None:
        """Files and folders that are named; also those that aren't there: with ignoreMissingValueFiles one matters once
        it comes."""
        for place in files:
            there = self.repository.find(self.commit, place)
            self.found.setdefault(place, there[0] if there else "blob")
            self._watch_links([place])

    def follow_chart(self, path: str, files: Iterable[str]) -> None:
        self.follow_files(files)
        waiting = [path]
        while waiting and len(self._visited) < _MOST_FOLDERS:
            folder = waiting.pop()
            if folder in self._visited:
                continue
            self._visited.add(folder)
            there = self.repository.find(self.commit, folder)
            entries = self.repository.list_tree(self.commit, folder) if there and there[0] == "tree" else []
            charts = [_join(folder, name) for name in ("Chart.yaml", "requirements.yaml")]
            for chart in (each for each in entries if each.type == "blob" and each.path in charts):
                content = self._load(chart.sha)
                for each in _as_list(content, "dependencies"):
                    where = str(each.get("repository", "")) if isinstance(each, Mapping) else ""
                    place = _inside(folder, where.removeprefix("file://")) if where.startswith("file://") else None
                    if place is not None:
                        self.found[place] = "tree"
                        waiting.append(place)

    def follow_links(self) -> None:
        """Symlinks below what was found."""
        files = [path for path, kind in self.found.items() if kind == "blob" and path]
        for folder in {posixpath.dirname(path) for path in files}:
            if not folder or self.repository.find(self.commit, folder):
                entries = self.repository.list_tree(self.commit, folder)
                # A file that is a link to somewhere else: rare, and not worth being clever about.
                self.whole = self.whole or any(each.is_symlink and each.path in files for each in entries)
        waiting = [path for path, kind in self.found.items() if kind == "tree"]
        seen: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            if self.repository.find(self.commit, path) is None:
                continue
            links = [each for each in self.repository.list_tree(self.commit, path, recursive=True) if each.is_symlink]
            for place in self._targets(links):
                if place not in self.found:
                    found = self.repository.find(self.commit, place)
                    self.found[place] = found[0] if found else "blob"
                    if found and found[0] == "tree":
                        waiting.append(place)
                    # Through a folder that is a link, or on to another link.
                    self.whole = self.whole or found is None or (found[0] == "blob" and self._is_link(place))

    def _is_link(self, place: str) -> bool:
        entries = self.repository.list_tree(self.commit, posixpath.dirname(place))
        return any(each.is_symlink and each.path == place for each in entries)

    def _targets(self, links: list[TreeEntry]) -> Iterator[str]:
        contents = self.repository.read_many([each.sha for each in links])
        for link, content in zip(links, contents, strict=True):
            place = _inside(posixpath.dirname(link.path), content.decode("utf-8", "surrogateescape"))
            if place is not None:
                yield place


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document that could name a file."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if 0 < len(each) <= _MOST_TEXT and "\n" not in each and "\0" not in each and "://" not in each:
                yield each
        elif isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _as_list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _inside(folder: str, text: str) -> str | None:
    """A relative path from a folder, from the root; None where it leaves the repository."""
    if not text or text.startswith("/"):
        return None
    place = posixpath.normpath(posixpath.join(folder, text))
    if place == ".." or place.startswith("../"):
        return None
    return "" if place == "." else place


def _outermost(found: Mapping[str, str]) -> tuple[str, ...]:
    """The paths that lie in no other one, in the order in which they were found."""
    trees = {path for path, kind in found.items() if kind == "tree"}

    def covered(path: str) -> bool:
        if path != "" and "" in trees:
            return True
        at = path.rfind("/")
        while at > 0:
            if path[:at] in trees:
                return True
            at = path.rfind("/", 0, at)
        return False

    return tuple(path for path in found if not covered(path))
