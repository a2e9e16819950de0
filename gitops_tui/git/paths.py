"""Paths inside a repository, and the lines of a tree."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_tui.errors import UnsafePath
from gitops_tui.model.text import printable


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree. mode: "100644", "100755", "120000" (a symlink), "040000" or "160000" (a submodule).
    type: "blob", "tree" or "commit". path: from the repository's root. size: bytes of a blob, 0 where it is not known
    without asking the remote."""

    mode: str
    type: str
    sha: str
    path: str
    size: int = 0

    @property
    def is_symlink(self) -> bool:
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"


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


def pathspecs(paths: tuple[str, ...] | list[str]) -> list[str]:
    """Paths as git wants them after `--`: "." for the root."""
    return [clean_path(path) or "." for path in paths]


def parse_tree(out: bytes, path: str) -> list[TreeEntry]:
    """The lines of `git ls-tree -z [-l]`; `path` is the tree's own."""
    prefix = f"{path}/" if path else ""
    entries = []
    for line in out.split(b"\0"):
        if not line:
            continue
        head, _, name = line.partition(b"\t")
        mode, kind, sha, *size = head.decode().split()
        entries.append(
            TreeEntry(
                mode,
                kind,
                sha,
                prefix + name.decode("utf-8", "surrogateescape"),
                int(size[0]) if size and size[0].isdigit() else 0,
            )
        )
    return entries


def parse_refs(out: bytes) -> dict[str, str]:
    """`SHA name` lines -> name -> SHA."""
    found = {}
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        sha, _, name = line.partition(" ")
        found[name] = sha
    return found
