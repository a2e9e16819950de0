"""Writes a part of a commit to files, for programs that can only read files (kustomize, helm)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError, UnsafePath
from gitops_tui.git.paths import TreeEntry
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository


def export(repository: Repository, commit: str, paths: Sequence[str], target: Path, limit: int) -> None:
    """See `Repository.export_paths`."""
    try:
        _export(repository, commit, paths, target, limit)
    except OSError as error:
        # A full disk, a name too long for this file system, or a hostile tree with a file and a folder of one name.
        place = printable(str(error.filename or "")).removeprefix(f"{target}/")
        raise GitError(
            f"{place or 'the repository'} can't be written to a temporary folder: {error.strerror}"
        ) from error


def _entries(repository: Repository, commit: str, path: str) -> list[TreeEntry]:
    """What stands at a path: the files of a folder, or the one file; nothing where nothing is."""
    found = repository.find(commit, path)
    if found is None:
        return []
    if found[0] == "tree":
        return repository.list_tree(commit, path, recursive=True)
    return [entry for entry in repository.list_tree(commit, posixpath.dirname(path)) if entry.path == path]


def _export(repository: Repository, commit: str, paths: Sequence[str], target: Path, limit: int) -> None:
    blobs = [entry for path in paths for entry in _entries(repository, commit, path) if entry.type == "blob"]
    try:
        contents = repository.read_many([entry.sha for entry in blobs], limit=limit)
    except GitError as error:
        cause = too_large(repository, blobs, error, limit)
        if cause is None:
            raise
        said = f"{error.message}; {printable(cause[0])} alone has {cause[1]}"
        raise GitError(said, hint=error.hint) from error
    links = {}
    for entry, content in zip(blobs, contents, strict=True):
        # A path out of a hostile tree object: git's own checkout refuses these too.
        if any(part in ("", ".", "..", ".git") for part in entry.path.split("/")):
            raise UnsafePath(f"{printable(entry.path)} is not a safe path")
        if entry.is_symlink:
            links[entry.path] = check_link(entry.path, content)
            continue
        place = target / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        if entry.mode == "100755":
            place.chmod(0o755)
    # Links last: while files are written no component of any path is a link.
    for path, to in links.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(to)
    for path in links:
        try:
            resolved = (target / path).resolve()
        except (RuntimeError, OSError) as error:  # Python before 3.13 raises on a loop
            raise UnsafePath(f"the symlink {printable(path)} leads round in a circle") from error
        if not resolved.is_relative_to(target.resolve()):
            raise UnsafePath(f"the symlink {printable(path)} leads out of the repository")


def too_large(
    repository: Repository, blobs: Sequence[TreeEntry], error: GitError, limit: int
) -> tuple[str, int] | None:
    """(path, bytes) of the one file that made `read_many` fail: it has half of `limit` or more; None where it is no such
    failure, or many files together made it."""
    if type(error) is not GitError:
        return None
    sizes = repository.sizes([entry.sha for entry in blobs])
    largest = max(blobs, key=lambda entry: sizes.get(entry.sha, 0), default=None)
    if largest is None or sizes.get(largest.sha, 0) * 2 < limit:
        return None
    return largest.path, sizes[largest.sha]


def check_link(path: str, content: bytes) -> str:
    """Where a symlink leads, as written. Raises UnsafePath where that is outside of the repository."""
    to = content.decode("utf-8", "surrogateescape")
    landed = posixpath.normpath(posixpath.join(posixpath.dirname(path), to))
    if to.startswith("/") or landed == ".." or landed.startswith("../") or "\0" in to:
        raise UnsafePath(f"the symlink {printable(path)} leads out of the repository, to {printable(to)}")
    return to
