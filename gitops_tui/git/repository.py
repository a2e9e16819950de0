"""One repository: revisions, trees, blobs, log, blame, signatures, read without a checkout.

Blocking and safe to call from several threads; the engine calls it in its executor. Paths are relative to the
repository's root and use "/"; "." and "" are the root. Nothing is ever written to a local repository, but for the
commit and the branch of a revert that a person asked for. This class keeps what was read and knows where git runs;
how each question is answered stands in the modules beside it.
"""

from __future__ import annotations

import difflib
import shlex
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gitops_tui.errors import DamagedRepository, FetchError, GitError, PathNotFound
from gitops_tui.git import revisions, trees
from gitops_tui.git.command import Stop, run, stream
from gitops_tui.git.log import Pages
from gitops_tui.git.names import Names
from gitops_tui.git.objects import CatFile
from gitops_tui.git.paths import TreeEntry, clean_path, parse_refs, pathspecs
from gitops_tui.git.patterns import matcher
from gitops_tui.model.revision import BlameLine, Commit, RefMove, Signature
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import Progress, Remote
    from gitops_tui.git.shallow import Deepening
    from gitops_tui.git.submodules import Submodules
    from gitops_tui.model.change import CommitDetail

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_MAX_PATCH = 400_000
_KEPT = 4096
# A tree never changes: a few that were read are kept, unless they are very large.
_LISTED = 64
_MAX_LISTED = 20_000


class Repository:
    """A local repository or the mirror of a remote one.

    folder: where its git data is. url: for showing, free of credentials. subfolder: where inside the work tree the
    folder given by the user is ("" for its root). remote: None for a local one. lacks_contents: a local one that the user
    cloned without the contents of files.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        settings: Settings,
        subfolder: str = "",
        remote: Remote | None = None,
    ) -> None:
        self.folder = folder
        self.url = url
        self.subfolder = subfolder
        self.remote = remote
        self.settings = settings
        self.env: dict[str, str] = {}
        self._objects = CatFile(folder, env=self.env, timeout=settings.git_timeout)
        self._lock = threading.Lock()
        self._commits: OrderedDict[str, Commit] = OrderedDict()
        self._trees: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._changed: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()
        self._blames: OrderedDict[Hashable, BlameLine | None] = OrderedDict()
        self._listed: dict[tuple[str, ...], tuple[TreeEntry, ...]] = {}
        self._names = Names(folder if remote is None else None)
        self._signatures: dict[str, Signature] = {}
        self._pages = Pages(self._begin_log, keep=4)
        self._refs: dict[str, str] | None = None
        self._moves: tuple[RefMove, ...] = ()
        self._stamp: Hashable = None
        self._uncommitted: set[str] = set()
        self.lacks_contents = False
        self.deepening: Deepening | None = None
        self.submodules: Submodules | None = None

    @property
    def is_local(self) -> bool:
        return self.remote is None

    @property
    def read_only(self) -> bool:
        """Whether nobody commits here: what a chart repository holds."""
        return False

    def last_fetched(self) -> datetime | None:
        """When its remote was last looked at, in whatever session; None for a local one."""
        return self.remote.last_fetched() if self.remote is not None else None

    @property
    def is_partial(self) -> bool:
        """Whether blobs may have to be fetched before they can be read."""
        return self.remote is not None and self.remote.is_partial

    @property
    def name(self) -> str:
        """The last part of its address, without ".git"."""
        base = self.folder.name if self.is_local else self.url.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return base.removesuffix(".git") or "repository"

    def git(self, *args: str, **options: object) -> bytes:
        """Runs git here; no network."""
        options = {"timeout": self.settings.git_timeout, "env": self.env, **options}
        try:
            return run(self.folder, *args, **options)  # type: ignore[arg-type]
        except GitError as error:
            if isinstance(error, DamagedRepository) or "from promisor remote" in error.message:
                raise self._damaged(error) from error
            raise

    def _damaged(self, error: GitError) -> GitError:
        """What the user's own partial clone lacks is not damaged; nothing is fetched into it behind the user's back."""
        if not self.lacks_contents:
            return error
        return GitError(
            f"{self.url} is a partial clone, which lacks contents of files that are needed: {error.message}",
            hint=f"git -C {shlex.quote(printable(str(self.folder)))} fetch --refetch --no-filter, or give its remote's URL "
            "instead of the folder",
        )

    def git_with_blobs(self, *args: str, **options: object) -> bytes:
        """Runs git here; in a mirror of our own it may fetch the blobs that it lacks."""
        if self.remote is None or not self.is_partial:
            return self.git(*args, **options)
        with self.remote.visit() as env:
            return self.git(*args, network=True, **{**options, "env": {**self.env, **env}})

    # --- freshness ------------------------------------------------------------------------------------------------

    def fingerprint(self) -> str:
        """Changes whenever HEAD or any ref moves; cheap."""
        return str(hash((self._head(), tuple(sorted(self.refs().items())))))

    def _head(self) -> str:
        return self.git("rev-parse", "--symbolic-full-name", "HEAD", ok=(0, 128)).decode("utf-8", "replace").strip()

    def refs(self) -> dict[str, str]:
        """Branches, tags and remote branches: full name -> SHA (of the tag itself); "HEAD" -> its SHA."""
        out = self.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/remotes")
        head = self.git("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128)).decode().strip()
        return {**parse_refs(out), "HEAD": head, "@": self._head()}

    def fetch(self, *, progress: Progress | None = None, stop: Stop | None = None) -> bool:
        """Brings the mirror up to date; True where a ref moved since the last call. A fetch that finds nothing new
        costs one `ls-remote`; a local folder costs a few stats. `moves` says what moved. Raises FetchError."""
        from gitops_tui.git import watch

        if self._refs is None:
            if self.remote is None:
                # What moves from here on has another stamp.
                self._stamp = watch.stamp(self.folder)
                self._refs = self.refs()
                return False
            self._refs = self.refs()
        if self.remote is not None:
            self.remote.fetch(progress=progress, stop=stop)
        else:
            stamp = watch.stamp(self.folder)
            if stamp == self._stamp and not watch.is_gone(self.folder):
                return False
            self._stamp = stamp
        try:
            after = self.refs()
        except GitError as error:
            raise FetchError(
                f"{self.url} can't be read any more: {error.message}", hint="what was read before is still shown"
            ) from error
        before, self._refs = self._refs, after
        if before == after:
            return False
        self._moves = watch.moves(self, before, after)
        self._commits.clear()  # refs are on the lines
        self._names.forget()
        return True

    def repair(self, *, progress: Progress | None = None, stop: Stop | None = None) -> None:
        """Clones a damaged mirror anew. Raises GitError for a local repository, CloneError, GitStopped."""
        if self.remote is None:
            raise GitError(f"{self.url} is damaged", hint="'git fsck' there says what is broken")
        self.close()
        self.remote.clone(progress, stop, anew=True)
        self.restart()

    def moves(self) -> tuple[RefMove, ...]:
        """What the last `fetch` that returned True found moved."""
        return self._moves

    # --- revisions ------------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> Commit:
        """The commit that a branch, tag, SHA (short or full), "HEAD" or a semver range on tags names, in the order of
        Argo CD. Raises RevisionNotFound with near names."""
        return self.commit(self._names.get(("commit", revision), lambda: revisions.resolve(self, revision).sha))

    def symbol(self, revision: str) -> str:
        """What a revision resolved to, for people: the default branch's name for "HEAD", the tag for a range."""
        return self._names.get(("symbol", revision), lambda: revisions.symbol(self, revision))

    def commit(self, sha: str) -> Commit:
        """One commit by its full SHA. Raises RevisionNotFound."""
        found = self._cached(self._commits, sha, lambda: revisions.commit(self, sha))
        return replace(found, working_tree=True) if sha in self._uncommitted else found

    def _cached(self, kept: OrderedDict[K, V], key: K, make: Callable[[], V], most: int = _KEPT) -> V:
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = make()
        with self._lock:
            kept[key] = made
            while len(kept) > most:
                kept.popitem(last=False)
        return made

    def working_tree(self) -> Commit:
        """The uncommitted changes of a local folder as a commit in a store beside it. Raises GitError for a bare or
        remote repository."""
        from gitops_tui.git.working_tree import snapshot

        found = snapshot(self)
        if found.working_tree:
            self._uncommitted.add(found.sha)
        return found

    def is_working_tree(self, sha: str) -> bool:
        """Whether a commit stands for uncommitted changes."""
        return sha in self._uncommitted

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
        """By which SHA the files of a commit are read: another one where submodules are to be among them."""
        return self.submodules.tree(self, commit) if self.submodules is not None else commit

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

    # --- history --------------------------------------------------------------------------------------------------

    def log(
        self,
        commit: str,
        paths: Sequence[str],
        *,
        limit: int = 50,
        skip: int = 0,
        first_parent: bool = True,
        follow: bool = True,
    ) -> list[Commit]:
        """A page of the commits that touch any of `paths`, newest first. first_parent: a merge which brought a change
        stands for it once; else every commit. follow: goes on under a folder's former name where it was renamed."""
        self.whole_history()
        wanted = tuple(clean_path(path) for path in paths)
        refs = hash(tuple(sorted((self._refs or {}).items())))
        return self._pages.page(commit, wanted, first_parent, follow, skip, limit, refs)

    def stream_log(
        self, commit: str, paths: Sequence[str], *, first_parent: bool = True, follow: bool = True
    ) -> Iterator[Commit]:
        """As `log`, each commit as soon as git has found it; closing the iterator ends git."""
        self.whole_history()
        return self._begin_log(commit, tuple(clean_path(path) for path in paths), first_parent, follow)

    def _begin_log(self, commit: str, paths: tuple[str, ...], first_parent: bool, follow: bool) -> Iterator[Commit]:
        from gitops_tui.git.history import commits

        return commits(self, commit, paths, first_parent=first_parent, follow=follow)

    def stream_git(self, *args: str) -> Iterator[bytes]:
        """git's output in chunks; no network."""
        return stream(self.folder, *args, timeout=self.settings.git_timeout, env=self.env)

    def count(self, old: str, new: str, paths: Sequence[str]) -> int:
        """How many commits that touch `paths` lie after `old` up to `new`; -1 where `old` is not known here or
        is no ancestor of `new` (a branch that was force-pushed)."""
        self.whole_history()
        if not revisions.verify(self, old) or not revisions.verify(self, new) or not self.is_ancestor(old, new):
            return -1
        out = self.git(
            "rev-list", "--first-parent", "--count", "--end-of-options", f"{old}..{new}", "--", *pathspecs(list(paths))
        )
        return int(out)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` holds all of `old`'s history; False where either is not here."""
        try:
            self.git("merge-base", "--is-ancestor", "--end-of-options", old, new)
        except GitError:
            return False
        return True

    def commit_diff(self, sha: str, paths: Sequence[str]) -> str:
        """What one commit changed in `paths`, against its first parent: a unified patch, cut at 400 kB. Values of
        Secrets are masked."""
        from gitops_tui.git.detail import as_patch

        text = as_patch(self.commit_detail(sha, paths))
        return text[:_MAX_PATCH] + "\n… cut here …\n" if len(text) > _MAX_PATCH else text

    def commit_detail(self, sha: str, paths: Sequence[str] = ()) -> CommitDetail:
        """A commit and what it changed against its first parent, file by file, with the changed words."""
        from gitops_tui.git.detail import detail

        self.whole_history()
        return detail(self, sha, [clean_path(path) for path in paths])

    def blame(self, commit: str, path: str, lines: Sequence[int]) -> dict[int, BlameLine]:
        """Who last set each of some lines (from 1) of a file: through renames, ignoring white space, honouring the
        commit's `.git-blame-ignore-revs`. Kept by blob. Lines that there are not are left out. Raises PathNotFound."""
        from gitops_tui.git.blame import blame

        self.whole_history()
        path = clean_path(path)
        if self.submodules is not None and self._find([(commit, path)])[0] is None:
            if self.find(commit, path) is not None:
                return {}  # a submodule's file: its history is not here
        return blame(self, commit, path, lines, self._blames)

    def blame_line(self, commit: str, path: str, line: int) -> BlameLine | None:
        """Who last set one line; None where the file has no such line."""
        return self.blame(commit, path, [line]).get(line)

    def signature(self, sha: str) -> Signature:
        """What is known of a commit's signature, with the keys of this user. Kept for the session, unless the key
        was not known."""
        from gitops_tui.git.signature import signature

        return signature(self, sha, self._signatures)

    def tag_signature(self, revision: str, commit: str) -> tuple[str, Signature] | None:
        """(name, signature) of the annotated tag that a revision stands for, where it is one of that commit."""
        from gitops_tui.git.tag_signature import annotated_tag, tag_signature

        name, sha = annotated_tag(self, revision)
        if not sha or self.git("rev-parse", "--verify", f"{sha}^{{commit}}").decode().strip() != commit:
            return None
        return name, tag_signature(self, sha, self._signatures)

    # --- copies for programs that want files -------------------------------------------------------------------------

    def export(self, commit: str, folder: str, target: Path) -> None:
        """Writes a folder's files below `target` (at their path from the root), for programs that read files.

        Symlinks that stay inside the repository are kept; one that leads out raises UnsafePath naming it.
        """
        self.tree_sha(commit, folder)
        self.export_paths(commit, [clean_path(folder)], target)

    def export_paths(self, commit: str, paths: Sequence[str], target: Path) -> None:
        """As `export`, for some folders and files; what there is not is left out."""
        from gitops_tui.git.export import export

        export(self, commit, paths, target, self.settings.max_manifest_bytes)

    def whole_history(self) -> str:
        """Before history is asked for: a shallow clone gets the rest of it. Why it could not, "" where all is there."""
        if self.deepening is None:
            return ""
        self.deepening.ask()
        return self.deepening.note

    def prepare(self) -> None:
        """Before anything is read of a local repository: what is written beside it will be read with it. Where there is
        no room for that, nothing is."""
        if self.is_local:
            from gitops_tui.git.working_tree import prepare

            prepare(self)

    def quicken(self) -> None:
        """Makes logs of paths and blame quick in a large local repository; blocking, seconds at most, never needed."""
        from gitops_tui.git.working_tree import write_graph

        write_graph(self)

    def restart(self) -> None:
        """The environment changed: what runs or was read is dropped."""
        self.close()
        for kept in (self._commits, self._trees, self._changed, self._blames):
            kept.clear()
        self._names.forget()

    def close(self) -> None:
        """Ends the helper processes; the repository can still be used afterwards."""
        self._pages.close()
        self._objects.close()
