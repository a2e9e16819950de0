"""Paths inside a repository, and the lines of a tree."""

from __future__ import annotations

from gitops_tui.errors import DamagedRepository, UnsafePath
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree. mode: "100644", "100755", "120000" (a symlink), "040000" or "160000" (a submodule).
    type: "blob", "tree" or "commit". path: from the repository's root."""

    mode: str
    type: str
    sha: str
    path: str

    @property
    def is_symlink(self) -> bool:
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"


def clean_path(path: str) -> str:
    """A folder's path in git's form: "" for the root. Raises UnsafePath for one that leads out of the repository."""
    parts: list[str] = []
    for part in path.split("/") if path not in ("", ".") else ():
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
        mode, kind, sha, *_ = head.decode().split()
        entries.append(TreeEntry(mode, kind, sha, prefix + name.decode("utf-8", "surrogateescape")))
    return entries


def parse_tree_object(content: bytes, sha: str) -> list[TreeEntry]:
    """The entries of a tree as git keeps it (`<mode> <name>\\0<SHA>`, gitformat-pack), paths from the tree itself. Raises
    DamagedRepository naming the tree."""
    width = len(sha) // 2
    entries = []
    at = 0
    while at < len(content):
        space, end = content.find(b" ", at, at + 8), content.find(b"\0", at)
        name = content[space + 1 : end]
        if space < 0 or end < space or not name or b"/" in name or end + 1 + width > len(content):
            raise DamagedRepository(f"the tree {sha} makes no sense", hint="'git fsck' says what is broken")
        mode = content[at:space]
        entries.append(
            TreeEntry(*_mode(mode), content[end + 1 : end + 1 + width].hex(), name.decode("utf-8", "surrogateescape"))
        )
        at = end + 1 + width
    return entries


def _mode(raw: bytes) -> tuple[str, str]:
    """(mode, type) as `ls-tree` prints them: git has written others for files once."""
    if raw in {b"40000", b"040000"}:
        return "040000", "tree"
    if raw == b"160000":
        return "160000", "commit"
    if raw == b"120000":
        return "120000", "blob"
    executable = raw.isdigit() and int(raw[-3:-2] or b"0") & 1
    return "100755" if executable else "100644", "blob"


def parse_refs(out: bytes) -> dict[str, str]:
    """`SHA name` lines -> name -> SHA."""
    found = {}
    # Not by splitlines: names may hold what it takes for the end of a line (U+2028, NEL).
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        sha, _, name = line.partition(" ")
        if name:
            found[name] = sha
    return found
