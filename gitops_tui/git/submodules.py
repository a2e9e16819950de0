"""Submodules, where the user's setting `submodules` asks for them: `https` and `ssh` remotes only.

Nothing is checked out and no command of a repository is run. Each submodule's commit is fetched, alone, into a store of
our own in the cache folder, which git reads beside the repository; out of the trees a new one is made in which the
submodule's folder holds its files. What reads files by that tree's SHA needs to know nothing of submodules.
"""

from __future__ import annotations

import os
import posixpath
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import CloneError, FetchError, GitError, GitOpsError
from gitops_tui.git.command import run
from gitops_tui.git.lock import locked
from gitops_tui.git.paths import clean_path, parse_tree
from gitops_tui.git.working_tree import scratch_store
from gitops_tui.model.text import printable, redact

if TYPE_CHECKING:
    from gitops_tui.git.remote import CredentialsFor
    from gitops_tui.git.repository import Repository

_DEEPEST = 5
_MOST = 100
_KEPT = 256
_SCHEMES = ("https", "ssh")


class Submodules:
    """Those of one repository. credentials: as for `open_repository`, never the ones in the repository's own URL."""

    def __init__(self, credentials: CredentialsFor | None) -> None:
        self._credentials = credentials
        self._lock = threading.RLock()
        self._trees: OrderedDict[str, str] = OrderedDict()

    def tree(self, repository: Repository, commit: str) -> str:
        """By which SHA the files of a commit are read: its own where it has no submodule. Raises GitError, CloneError,
        FetchError, naming the submodule."""
        with self._lock:
            known = self._trees.get(commit)
            if known is None:
                known = self._trees[commit] = self._tree(repository, commit, _base(repository), 1)
                while len(self._trees) > _KEPT:
                    self._trees.popitem(last=False)
            return known

    def _tree(self, repository: Repository, commit: str, base: str, depth: int) -> str:
        links = _links(repository, commit)
        if not links:
            return commit
        if depth > _DEEPEST or len(links) > _MOST:
            raise GitError(f"{repository.url} has more than {_MOST} submodules, or some within {_DEEPEST} others")
        urls = _urls(repository, commit)
        made: dict[str, str] = {}
        for path, sha in links.items():
            where = f"the submodule {printable(path)} of {repository.url}"
            if path not in urls:
                raise GitError(f"{where} has no url in .gitmodules at {commit[:7]}", hint="add it there, or remove it")
            url = _absolute(urls[path], base, where)
            try:
                self._bring(repository, url, sha)
            except GitOpsError as error:
                raise FetchError(f"{where} can't be read: {error.message}", hint=error.hint) from error
            below = self._tree(repository, sha, url, depth + 1)
            made[path] = (
                repository.git("rev-parse", "--verify", "--end-of-options", f"{below}^{{tree}}").decode().strip()
            )
        return _joined(repository, commit, made)

    def _bring(self, repository: Repository, url: str, sha: str) -> None:
        from gitops_tui.git.open import remote_for
        from gitops_tui.git.remote import Remote

        mirror = remote_for(url, repository.settings, self._credentials)
        store = repository.settings.cache_folder / "submodules" / mirror.folder.name
        remote = Remote(store, mirror.address, repository.settings, mirror.credentials)
        with locked(store, timeout=repository.settings.git_timeout):
            if not (store / "HEAD").exists():
                store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                kind = "sha256" if len(sha) == 64 else "sha1"
                run(None, "init", "--bare", "--quiet", f"--object-format={kind}", "--", str(store))
            if not _has(store, sha):
                _fetch(remote, sha)
        known = repository.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        place = str(store / "objects")
        if place not in known.split(os.pathsep):
            repository.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.pathsep.join(
                each for each in (known, place) if each
            )
            repository.restart()


def _has(store: Path, sha: str) -> bool:
    return run(store, "cat-file", "-t", sha, ok=(0, 1, 128)).strip() == b"commit"


def _fetch(remote: object, sha: str) -> None:
    """One commit alone; from servers that don't give single commits, all branches and tags."""
    from gitops_tui.git.remote import Remote

    assert isinstance(remote, Remote)
    try:
        remote.take(["--depth=1", "--no-tags"], sha)
    except FetchError as error:
        if "not our ref" not in error.message and "unadvertised" not in error.message:
            raise
        remote.take(["--tags"], "+refs/heads/*:refs/heads/*")
        if not _has(remote.folder, sha):
            raise FetchError(
                f"{remote.address.shown} has no commit {sha[:7]}", hint="was it pushed there? git submodule status"
            ) from error


def _links(repository: Repository, commit: str) -> dict[str, str]:
    """path -> SHA of the submodules."""
    if not repository.git("ls-tree", "--end-of-options", commit, "--", ".gitmodules").strip():
        return {}
    out = repository.git("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit)
    found = {each.path: each.sha for each in parse_tree(out, "") if each.is_submodule}
    for path in found:
        if any(part in ("", ".", "..", ".git") for part in path.split("/")):
            raise GitError(f"{printable(path)} is not a safe path for a submodule of {repository.url}")
    return found


def _urls(repository: Repository, commit: str) -> dict[str, str]:
    """path -> URL out of `.gitmodules`, which is read as data."""
    blob = repository.git("cat-file", "blob", f"{commit}:.gitmodules")
    out = repository.git("config", "--file", "-", "--no-includes", "--list", "-z", stdin=blob, ok=(0, 1, 128, 3))
    fields: dict[str, dict[str, str]] = {}
    for each in out.decode("utf-8", "surrogateescape").split("\0"):
        match = re.match(r"submodule\.(.*)\.(path|url)\n(.*)", each, re.DOTALL)
        if match:
            fields.setdefault(match[1], {})[match[2]] = match[3]
    return {clean_path(each["path"]): each["url"] for each in fields.values() if "path" in each and "url" in each}


def _base(repository: Repository) -> str:
    if repository.remote is not None:
        return repository.remote.address.clean
    out = repository.git("config", "--get", "remote.origin.url", ok=(0, 1)).decode("utf-8", "surrogateescape")
    return out.strip()


def _absolute(url: str, base: str, where: str) -> str:
    """gitmodules(5): a URL that begins with ./ or ../ is meant from that of the repository itself."""
    from gitops_tui.git.address import Address

    if url.startswith(("./", "../")):
        if not base:
            raise GitError(
                f"{where} has a relative url, and the repository has no remote", hint="add the remote origin"
            )
        head, slash, path = base.partition("://")
        host, _, rest = path.partition("/") if slash else ("", "", base)
        landed = posixpath.normpath(posixpath.join("/" + rest, url))
        url = f"{head}://{host}{landed}" if slash else landed
    shown = printable(redact(url))
    try:
        scheme = Address.parse(url).scheme
    except CloneError as error:
        raise GitError(
            f"{where} is at {shown}: {error.message}", hint="submodules are read over https and ssh"
        ) from error
    if scheme not in _SCHEMES:
        raise GitError(f"{where} is at {shown}", hint="submodules are read over https and ssh")
    return url


def _joined(repository: Repository, tree: str, made: Mapping[str, str]) -> str:
    """A tree (or a commit's) with other trees in the places of its submodules."""
    lines = []
    for each in parse_tree(repository.git("ls-tree", "-z", "--full-tree", "--end-of-options", tree), ""):
        mode, kind, sha = each.mode, each.type, each.sha
        if each.path in made:
            mode, kind, sha = "040000", "tree", made[each.path]
        elif below := {
            path.removeprefix(f"{each.path}/"): to for path, to in made.items() if path.startswith(f"{each.path}/")
        }:
            sha = _joined(repository, sha, below)
        lines.append(f"{mode} {kind} {sha}\t{each.path}\0")
    env = {**repository.env, **scratch_store(repository)}
    out = repository.git("mktree", "-z", stdin="".join(lines).encode("utf-8", "surrogateescape"), env=env)
    return out.decode().strip()
