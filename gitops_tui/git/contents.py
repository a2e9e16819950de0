"""The trees and blobs of a repository: what stands where in a commit, and in which paths two commits differ."""

from __future__ import annotations

import difflib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gitops_tui.errors import DamagedRepository, PathNotFound
from gitops_tui.git import revisions, trees
from gitops_tui.git.paths import TreeEntry, clean_path
from gitops_tui.git.patterns import matcher
from gitops_tui.git.store import Store
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import Remote

K = TypeVar("K", bound=Hashable)
# A tree never changes: a few that were read are kept, unless they are very large.
_LISTED = 64
_MAX_LISTED = 20_000


class Contents(Store):
    """What was read is kept."""

    def __init__(
        self, folder: Path, *, url: str, settings: Settings, subfolder: str = "", remote: Remote | None = None
    ) -> None:
        super().__init__(folder, url=url, settings=settings, subfolder=subfolder, remote=remote)
        self._trees: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._changed: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()
        self._listed: dict[tuple[str, ...], tuple[TreeEntry, ...]] = {}

    # --- trees and blobs ------------------------------------------------------------------------------------------

    def tree_sha(self, commit: str, path: str) -> str:
        """The SHA of a folder's tree: the same SHA means the same content. Raises PathNotFound."""
        path = clean_path(path)
        return self._cached(self._trees, (commit, path), lambda: self._tree_sha(commit, path))

    def _tree_sha(self, commit: str, path: str) -> str:
        found = self.find(commit, path)
        if found is None and not revisions.verify(self, commit):
            raise revisions.missing(self, commit)
        if found is None or found[0] != "tree":
            what = "is a file, not a folder" if found is not None and found[0] == "blob" else "does not exist"
            raise PathNotFound(
                f"the path {printable(path) or '.'} {what} at {commit[:7]} in {self.url}", hint=self._near(commit, path)
            )
        return found[1]

    def _files(self, commit: str) -> str:
        """By which SHA the files of a commit are read."""
        return commit

    def find(self, commit: str, path: str) -> tuple[str, str] | None:
        """(type, SHA) of what stands at a path in a commit, None for nothing."""
        if (known := self._trees.get((commit, path))) is not None:
            return "tree", known
        return self._find([(self._files(commit), path)], sure=True)[0]

    def find_many(self, places: Sequence[tuple[str, str]]) -> list[tuple[str, str] | None]:
        """(type, SHA) for each (commit, path), None for what there is not; one question to a running process."""
        return self._find([(self._files(commit), path) for commit, path in places])

    def _find(self, places: Sequence[tuple[str, str]], *, sure: bool = False) -> list[tuple[str, str] | None]:
        try:
            return trees.find_many(self, self._objects, places, sure=sure)
        except DamagedRepository as error:
            raise self._damaged(error) from error

    def _near(self, commit: str, path: str) -> str:
        known = self.folders(commit, "**")
        near = difflib.get_close_matches(path, known, 3, 0.5)
        return f"did you mean {', '.join(printable(each) for each in near)}?" if near else "check the path"

    def list_tree(self, commit: str, path: str, *, recursive: bool = False) -> list[TreeEntry]:
        """What stands in a folder, in git's order. Raises PathNotFound."""
        path = clean_path(path)
        tree = self.tree_sha(commit, path)
        key = (tree, path, "all" if recursive else "one")
        known = self._listed.get(key)
        if known is None and recursive and (flat := self._listed.get((tree, path, "one"))) is not None:
            # A folder without folders is the same on every level.
            if not any(each.type == "tree" for each in flat):
                known = self._listed[key] = flat
        if known is None:
            known = tuple(trees.listing(self._objects, tree, path, recursive=recursive))
            if len(self._listed) >= _LISTED or len(known) > _MAX_LISTED:
                self._listed.clear()
            self._listed[key] = known
        return list(known)

    def sizes(self, shas: Sequence[str]) -> dict[str, int]:
        """The sizes of blobs in bytes, of those that are here."""
        if self.is_partial:
            return {}  # each that is not here would be asked of the remote
        found = self._objects.info(shas)
        return {sha: info.size for sha, info in zip(shas, found, strict=True) if info is not None}

    def read_many(self, shas: Sequence[str], *, limit: int | None = None) -> list[bytes]:
        """The contents of blobs, in order; those that a mirror lacks are fetched first, in one go. Raises GitError
        past `limit` bytes (default: max_manifest_bytes)."""
        found: list[bytes] = [b""] * len(shas)
        self.read_each(shas, found.__setitem__, limit=limit)
        return found

    def read_each(self, shas: Sequence[str], each: Callable[[int, bytes], None], *, limit: int | None = None) -> None:
        """As `read_many`, one by one: `each(index, content)` is called while git reads the next ones. It must ask
        nothing of this repository."""
        self.bring(shas)
        try:
            self._objects.read_many(shas, each, limit or self.settings.max_manifest_bytes)
        except DamagedRepository as error:
            raise self._damaged(error) from error

    def bring(self, shas: Sequence[str]) -> None:
        """Makes sure that these blobs are here. Raises FetchError."""
        if self.remote is None or not self.is_partial:
            return
        unique = list(dict.fromkeys(shas))
        missing = [sha for sha, info in zip(unique, self._objects.info(unique), strict=True) if info is None]
        self.remote.bring(missing)

    def read(self, commit: str, path: str) -> bytes:
        """One file. Raises PathNotFound."""
        path = clean_path(path)
        found = self.find(commit, path)
        if found is None or found[0] != "blob":
            raise PathNotFound(f"the file {printable(path)} does not exist at {commit[:7]} in {self.url}")
        return self.read_many([found[1]])[0]

    def folders(self, commit: str, pattern: str) -> list[str]:
        """The folders that match a glob pattern (`*`, `**`, `?`, `[ab]`, `{a,b}`), sorted; "." for the root.
        Hidden folders match only a pattern that names the dot."""
        pattern = pattern.strip().removeprefix("./").rstrip("/") or "."
        if pattern == ".":
            return ["."]
        matches = matcher(clean_path(pattern))
        return sorted(name for name in self.all_folders(commit) if matches(name))

    def all_folders(self, commit: str) -> list[str]:
        """All folders but the root, in the order of their paths."""
        out = self.git("ls-tree", "-z", "-r", "-d", "--name-only", "--end-of-options", self._files(commit))
        return [name.decode("utf-8", "surrogateescape") for name in out.split(b"\0") if name]

    # --- what changed ---------------------------------------------------------------------------------------------

    def changed_paths(self, old: str, new: str) -> tuple[str, ...]:
        """The files that differ between two commits (or trees); the work grows with them, not with the repository."""
        return self._cached(self._changed, (old, new), lambda: self._changed_paths(old, new), most=64)

    def _changed_paths(self, old: str, new: str) -> tuple[str, ...]:
        both = [self.tree_sha(each, "") for each in (old, new)]
        return tuple(name.decode("utf-8", "surrogateescape") for name in self._objects.changed(*both))

    def touched(self, old: str, new: str, wanted: Mapping[K, Sequence[str]]) -> set[K]:
        """Which of `wanted` (whatever -> the paths that it depends on) differ between two commits."""
        if old == new:
            return set()
        by_path: dict[str, list[K]] = {}
        for key, paths in wanted.items():
            for path in paths:
                by_path.setdefault(clean_path(path), []).append(key)
        found: set[K] = set()
        changed = self.changed_paths(old, new)
        if changed and "" in by_path:
            found.update(by_path[""])
        for name in changed:
            at = len(name)
            while at > 0:
                if keys := by_path.get(name[:at]):
                    found.update(keys)
                at = name.rfind("/", 0, at)
        return found
