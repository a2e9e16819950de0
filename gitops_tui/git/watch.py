"""Notices that refs moved: in a local folder by a few stats, and what a move means."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.model.revision import RefMove

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_MOST = 50
_MAX_ENTRIES = 20_000


def git_folders(folder: Path) -> tuple[Path, Path]:
    """(the folder's own git directory, the one that it shares with other worktrees). Follows a `.git` file."""
    own = folder / ".git"
    if own.is_file():
        text = own.read_text(encoding="utf-8", errors="surrogateescape").strip()
        own = (folder / text.removeprefix("gitdir:").strip()).resolve()
    elif not own.is_dir():
        own = folder
    common = own / "commondir"
    if common.is_file():
        return own, (own / common.read_text(encoding="utf-8", errors="surrogateescape").strip()).resolve()
    return own, own


def is_gone(folder: Path) -> bool:
    return not folder.is_dir()


def stamp(folder: Path) -> Hashable:
    """Changes whenever HEAD, a branch or a tag moves; costs stats alone. Git replaces these files, so that the inode
    and the time both tell. Never raises: what can't be read is part of the stamp."""
    try:
        own, common = git_folders(folder)
    except OSError as error:
        return ("unreadable", error.errno)
    seen: list[Hashable] = [_stat(own / "HEAD"), _stat(common / "packed-refs")]
    waiting = [common / "refs", common / "reftable", own / "refs"]
    while waiting and len(seen) < _MAX_ENTRIES:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        found = entry.stat(follow_symlinks=False)
                        seen.append((entry.path, found.st_ino, found.st_mtime_ns, found.st_size))
        except OSError:
            continue
    return tuple(sorted(map(repr, seen)))


def _stat(place: Path) -> Hashable:
    try:
        found = place.stat()
    except OSError as error:
        return (str(place), error.errno)
    return (str(place), found.st_ino, found.st_mtime_ns, found.st_size)


def moves(repository: Repository, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[RefMove, ...]:
    """What moved between two readings of the refs, at most 50 of them looked at closely."""
    found: list[RefMove] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new or not name.startswith(("refs/heads/", "refs/tags/", "refs/remotes/")):
            continue
        kind = "tag" if name.startswith("refs/tags/") else "branch"
        if old and new and len(found) < _MOST:
            forced = kind == "tag" or not repository.is_ancestor(old, new)
        else:
            forced = False
        short = name.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/remotes/")
        found.append(RefMove(short, kind, old, new, forced))
    return tuple(found)
