"""Where symlinks lead, in the tree of a commit: no file system is asked."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from gitops_tui.errors import UnsafePath
from gitops_tui.git.paths import TreeEntry
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_MOST_HOPS = 40  # as the kernel's
_MOST_BYTES = 4_096


def followed(repository: Repository, commit: str, link: str) -> TreeEntry | None:
    """The file or folder that a symlink leads to, through others where it leads to those; None for nothing. Raises
    UnsafePath, naming the link, where it leads out of the repository or round in a circle."""
    waiting = link.split("/")
    here, hops = "", 0
    found: TreeEntry | None = None
    while waiting:
        part = waiting.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                raise UnsafePath(f"the symlink {printable(link)} leads out of the repository")
            here, found = posixpath.dirname(here), None
            continue
        if found is not None and found.type != "tree":
            return None
        wanted = f"{here}/{part}" if here else part
        found = next((each for each in repository.list_tree(commit, here) if each.path == wanted), None)
        if found is None:
            return None
        if not found.is_symlink:
            here = wanted
            continue
        hops += 1
        if hops > _MOST_HOPS:
            raise UnsafePath(f"the symlink {printable(link)} leads round in a circle")
        to = repository.read_many([found.sha], limit=_MOST_BYTES)[0].decode("utf-8", "surrogateescape")
        if to.startswith("/") or "\0" in to:
            raise UnsafePath(f"the symlink {printable(link)} leads out of the repository, to {printable(to)}")
        waiting[:0] = to.split("/")
        found = None
    return found
