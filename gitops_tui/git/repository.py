"""One repository: revisions, trees, blobs and log, read without a checkout.

Blocking and safe to call from several threads; the engine calls it in its executor. Paths are relative to the
repository's root and use "/"; "." and "" are the root. Nothing is ever written to a local repository.
"""

from __future__ import annotations

import difflib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gitops_tui.errors import FetchError, GitError, PathNotFound, RevisionNotFound, UnsafePath
from gitops_tui.git.command import CatFile, run
from gitops_tui.git.lock import locked
from gitops_tui.git.log import LOG_FORMAT, parse_log
from gitops_tui.git.patterns import matcher
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings

_SHA = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?$")
_SEMVER = re.compile(r"^[v^~><=*xX\d][\d.xX*^~><=, v|+-]*$")
_MAX_PATCH = 400_000


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree. mode: "100644", "100755", "120000" (a symlink), "040000" or "160000" (a submodule).
    type: "blob", "tree" or "commit". path: from the repository's root. size: bytes of a blob, else 0."""

    mode: str
    type: str
    sha: str
    path: str
    size: int = 0

    @property
    def is_symlink(self) -> bool:
        return self.mode == "120000"


def clean_path(path: str) -> str:
    """A folder's path in git's form: "" for the root. Raises UnsafePath for one that leads out of the repository."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/") if path not in ("", ".") else ():
        if part in ("", "."):
            continue
        if part == "..":
            raise UnsafePath(f"the path {printable(path)!r} leads out of the repository")
        parts.append(part)
    if path.startswith("/") or "\0" in path:
        raise UnsafePath(
            f"the path {printable(path)!r} is absolute", hint="paths are relative to the repository's root"
        )
    return "/".join(parts)


class Repository:
    """A local repository or the mirror of a remote one.

    folder: where its git data is. url: for showing, free of credentials. subfolder: where inside the work tree the
    folder given by the user is ("" for its root). remote: the URL to fetch from, with credentials; never shown.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        is_local: bool,
        settings: Settings,
        subfolder: str = "",
        remote: str = "",
    ) -> None:
        self.folder = folder
        self.url = url
        self.is_local = is_local
        self.subfolder = subfolder
        self._remote = remote
        self._settings = settings
        self._objects = CatFile(folder)
        self._lock = threading.Lock()
        self._commits: dict[str, Commit] = {}
        self._trees: dict[tuple[str, str], str] = {}
        self._last_seen = ""

    @property
    def name(self) -> str:
        """The last part of its address, without ".git"."""
        base = self.folder.name if self.is_local else self.url.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return base.removesuffix(".git") or "repository"

    def _git(self, *args: str, **options: object) -> bytes:
        return run(self.folder, *args, timeout=self._settings.git_timeout, **options)  # type: ignore[arg-type]

    # --- freshness ------------------------------------------------------------------------------------------------

    def fingerprint(self) -> str:
        """Changes whenever HEAD or any ref moves; cheap."""
        head = self._git("rev-parse", "--symbolic-full-name", "HEAD", ok=(0, 128))
        refs = self._git("for-each-ref", "--format=%(objectname) %(refname)")
        sha = self._git("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128))
        return str(hash((head, refs, sha)))

    def fetch(self) -> bool:
        """Brings the mirror up to date; True where a ref moved. A fetch that finds nothing new costs one `ls-remote`.
        For a local repository it only looks. Raises FetchError."""
        if self.is_local:
            seen = self.fingerprint()
            moved, self._last_seen = seen != self._last_seen, seen
            return moved
        try:
            remote = self._git("ls-remote", "--end-of-options", self._remote, what=self.url, network=True)
            if remote == getattr(self, "_advertised", None):
                return False
            before = self.fingerprint()
            with locked(self.folder):
                self.fetch_all()
            self._advertised = remote
            return self.fingerprint() != before
        except (GitError, OSError) as error:
            why = error.message if isinstance(error, GitError) else error.strerror
            raise FetchError(
                f"{self.url} can't be fetched: {why}", hint="what was fetched before is still shown"
            ) from error

    def fetch_all(self) -> None:
        """Fetches all branches and tags of the remote, and where its HEAD is."""
        self._git(
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--end-of-options",
            self._remote,
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
            what=self.url,
            network=True,
        )
        said = self._git("ls-remote", "--symref", "--end-of-options", self._remote, "HEAD", what=self.url, network=True)
        found = re.match(rb"ref: (refs/heads/\S+)\s+HEAD", said)
        if found:
            self._git("symbolic-ref", "HEAD", found[1].decode("utf-8", "surrogateescape"))

    # --- revisions ------------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> Commit:
        """The commit that a branch, tag, SHA (short or full), "HEAD" or a semver range on tags names.

        Branches come before tags, as `argocd` resolves them. Raises RevisionNotFound with near names.
        """
        revision = revision.strip() or "HEAD"
        if revision.startswith("-") or (any(c in revision for c in "\n\0 :^~?[\\") and not _SEMVER.match(revision)):
            raise RevisionNotFound(f"{printable(revision)!r} is not a revision", hint="give a branch, a tag or a SHA")
        if revision == "HEAD":
            sha = self._verify("HEAD")
            if not sha:
                raise RevisionNotFound(
                    f"{self.url} has no commit yet on its default branch", hint="commit something there first"
                )
            return self.commit(sha)
        for name in (
            f"refs/heads/{revision}",
            f"refs/tags/{revision}",
            f"refs/remotes/origin/{revision}",
            revision if revision.startswith("refs/") else "",
        ):
            if name and (sha := self._verify(name)):
                return self.commit(sha)
        if re.fullmatch(r"[0-9a-f]{4,64}", revision.lower()) and (sha := self._verify(revision.lower())):
            return self.commit(sha)
        if _SEMVER.match(revision):
            from gitops_tui.git.semver import newest

            tags = self._git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").decode("utf-8", "replace")
            if tag := newest(revision, tags.split("\n")):
                return self.commit(self._verify(f"refs/tags/{tag}"))
        self._not_found(revision)

    def _verify(self, name: str) -> str:
        out = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", ok=(0, 1, 128))
        sha = out.decode().strip().splitlines()[-1] if out.strip() else ""
        return sha if _SHA.match(sha) else ""

    def _not_found(self, revision: str) -> NoReturn:
        names = self._git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/tags")
        known = [printable(name) for name in names.decode("utf-8", "replace").split("\n") if name]
        near = difflib.get_close_matches(revision, known, 3, 0.5) or known[:5]
        hint = f"there are: {', '.join(near)}" if near else "the repository has no branches or tags"
        raise RevisionNotFound(f"{self.url} has no revision {printable(revision)!r}", hint=hint)

    def commit(self, sha: str) -> Commit:
        """One commit by its full SHA. Raises RevisionNotFound."""
        found = self._commits.get(sha)
        if found is None:
            if not _SHA.match(sha):
                raise RevisionNotFound(f"{printable(sha)!r} is not a full SHA")
            try:
                out = self._git("log", "-1", "--no-decorate", "--encoding=UTF-8", f"--format={LOG_FORMAT}", sha, "--")
            except GitError as error:
                raise RevisionNotFound(f"{self.url} has no commit {sha}") from error
            commits = parse_log(out)
            if not commits:
                raise RevisionNotFound(f"{self.url}: {sha} is not a commit")
            found = self._commits[sha] = commits[0]
        return found

    # --- trees and blobs ------------------------------------------------------------------------------------------

    def tree_sha(self, commit: str, path: str) -> str:
        """The SHA of a folder's tree: the same SHA means the same content. Raises PathNotFound."""
        path = clean_path(path)
        key = (commit, path)
        if key not in self._trees:
            out = self._git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:{path}", ok=(0, 1, 128)
            ).strip()
            kind = self._git("cat-file", "-t", out.decode(), ok=(0, 128)).strip() if out else b""
            if kind != b"tree":
                what = "is a file, not a folder" if kind == b"blob" else "does not exist"
                raise PathNotFound(
                    f"the path {printable(path) or '.'} {what} at {commit[:7]} in {self.url}",
                    hint=self._near(commit, path),
                )
            self._trees[key] = out.decode()
        return self._trees[key]

    def _near(self, commit: str, path: str) -> str:
        known = self.folders(commit, "**")
        near = difflib.get_close_matches(path, known, 3, 0.5)
        return f"did you mean {', '.join(printable(each) for each in near)}?" if near else "check the path"

    def list_tree(self, commit: str, path: str, *, recursive: bool = False) -> list[TreeEntry]:
        """What stands in a folder, in git's order. Raises PathNotFound."""
        path = clean_path(path)
        tree = self.tree_sha(commit, path)
        flags = ["-r", "-t"] if recursive else []
        out = self._git("ls-tree", "-z", "-l", *flags, "--end-of-options", tree)
        prefix = f"{path}/" if path else ""
        entries = []
        for line in out.split(b"\0"):
            if not line:
                continue
            head, _, name = line.partition(b"\t")
            mode, kind, sha, size = head.decode().split()
            entries.append(
                TreeEntry(
                    mode,
                    kind,
                    sha,
                    prefix + name.decode("utf-8", "surrogateescape"),
                    int(size) if size.isdigit() else 0,
                )
            )
        return entries

    def read_many(self, shas: Sequence[str], *, limit: int | None = None) -> list[bytes]:
        """The contents of blobs, in order. Raises GitError past `limit` bytes (default: max_manifest_bytes)."""
        found: list[bytes] = [b""] * len(shas)
        self._objects.read_many(shas, found.__setitem__, limit or self._settings.max_manifest_bytes)
        return found

    def folders(self, commit: str, pattern: str) -> list[str]:
        """The folders that match a glob pattern (`*`, `**`, `?`, `[ab]`, `{a,b}`), sorted; "." for the root.
        Hidden folders match only a pattern that names the dot."""
        pattern = pattern.strip().removeprefix("./").rstrip("/") or "."
        if pattern == ".":
            return ["."]
        matches = matcher(clean_path(pattern))
        out = self._git("ls-tree", "-z", "-r", "-d", "--name-only", "--end-of-options", commit)
        names = [name.decode("utf-8", "surrogateescape") for name in out.split(b"\0") if name]
        return sorted(name for name in names if matches(name))

    # --- history --------------------------------------------------------------------------------------------------

    def log(self, commit: str, paths: Sequence[str], *, limit: int = 50, skip: int = 0) -> list[Commit]:
        """Commits that touch any of `paths`, newest first, following the first parent, so that a merge which brought
        a change stands for it once."""
        return parse_log(
            self._git(
                "log",
                "--first-parent",
                "-m",
                f"--max-count={limit}",
                f"--skip={skip}",
                "--no-patch",
                "--decorate=short",
                "--encoding=UTF-8",
                f"--format={LOG_FORMAT}",
                "--end-of-options",
                commit,
                "--",
                *[clean_path(path) or "." for path in paths],
            )
        )

    def count(self, old: str, new: str, paths: Sequence[str]) -> int:
        """How many commits that touch `paths` lie after `old` up to `new`; -1 where `old` is not known here or
        is no ancestor of `new` (a branch that was force-pushed)."""
        if not self._verify(old) or not self._verify(new):
            return -1
        try:
            self._git("merge-base", "--is-ancestor", "--end-of-options", old, new)
        except GitError:
            return -1
        out = self._git(
            "rev-list",
            "--first-parent",
            "--count",
            "--end-of-options",
            f"{old}..{new}",
            "--",
            *[clean_path(path) or "." for path in paths],
        )
        return int(out)

    def commit_diff(self, sha: str, paths: Sequence[str]) -> str:
        """What one commit changed in `paths`, against its first parent: a unified patch, cut at 400 kB."""
        # `diff-tree --first-parent` doesn't exist: a merge must be compared with its first parent by name.
        parents = self.commit(sha).parents
        trees = [parents[0], sha] if parents and self._verify(parents[0]) else ["--root", sha]
        out = self._git(
            "diff-tree",
            "-p",
            "--no-commit-id",
            "-r",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--find-renames",
            *trees,
            "--",
            *[clean_path(path) or "." for path in paths],
            limit=_MAX_PATCH + 1,
        )
        text = out[:_MAX_PATCH].decode("utf-8", "replace")
        return text + "\n… cut here …\n" if len(out) > _MAX_PATCH else text

    # --- copies for programs that want files -------------------------------------------------------------------------

    def export(self, commit: str, folder: str, target: Path) -> None:
        """Writes a folder's files below `target` (at their path from the root), for programs that read files.

        Symlinks that stay inside the repository are kept; one that leads out raises UnsafePath naming it.
        """
        from gitops_tui.git.export import export

        export(self, commit, folder, target, self._settings.max_manifest_bytes)

    def close(self) -> None:
        """Ends the helper process; the repository can still be used afterwards."""
        self._objects.close()
