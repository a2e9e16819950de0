"""One repository: revisions, trees, blobs, log, blame, signatures, read without a checkout.

Blocking and safe to call from several threads; the engine calls it in its executor. Paths are relative to the
repository's root and use "/"; "." and "" are the root. Nothing is ever written to a local repository, but for the
commit and the branch of a revert that a person asked for. `store.py` knows where git runs, `contents.py` reads trees and
blobs; how each question is answered stands in the modules beside them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import FetchError, GitError
from gitops_tui.git import revisions
from gitops_tui.git.command import Stop, stream
from gitops_tui.git.contents import Contents
from gitops_tui.git.log import Pages
from gitops_tui.git.names import Names
from gitops_tui.git.paths import clean_path, pathspecs
from gitops_tui.model.revision import BlameLine, Commit, RefMove, Signature
from gitops_tui.records import replace
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import Progress, Remote
    from gitops_tui.git.shallow import Deepening
    from gitops_tui.git.submodules import Submodules
    from gitops_tui.model.change import CommitDetail

_MAX_PATCH = 400_000


class Repository(Contents):
    """The whole of it: what moves, what revisions mean, and its history."""

    def __init__(
        self, folder: Path, *, url: str, settings: Settings, subfolder: str = "", remote: Remote | None = None
    ) -> None:
        super().__init__(folder, url=url, settings=settings, subfolder=subfolder, remote=remote)
        self._commits: OrderedDict[str, Commit] = OrderedDict()
        self._blames: OrderedDict[Hashable, BlameLine | None] = OrderedDict()
        self._names = Names(folder if remote is None else None)
        self._signatures: dict[str, Signature] = {}
        self._pages = Pages(self._begin_log, keep=4)
        self._refs: dict[str, str] | None = None
        self._moves: tuple[RefMove, ...] = ()
        self._stamp: Hashable = None
        self._uncommitted: set[str] = set()
        self.deepening: Deepening | None = None
        self.submodules: Submodules | None = None

    @property
    def read_only(self) -> bool:
        """Whether nobody commits here: what a chart repository holds."""
        return False

    def last_fetched(self) -> datetime | None:
        """When its remote was last looked at, in whatever session; None for a local one."""
        return self.remote.last_fetched() if self.remote is not None else None

    @property
    def name(self) -> str:
        """The last part of its address, without ".git"."""
        base = self.folder.name if self.is_local else self.url.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return base.removesuffix(".git") or "repository"

    # --- freshness ------------------------------------------------------------------------------------------------

    def fingerprint(self) -> str:
        """Changes whenever HEAD or any ref moves; cheap."""
        return str(hash((self._head(), tuple(sorted(self.refs().items())))))

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

    def _files(self, commit: str) -> str:
        """Another one where submodules are to be among them."""
        return self.submodules.tree(self, commit) if self.submodules is not None else super()._files(commit)

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
