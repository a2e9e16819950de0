"""What one commit (or a revert that is only planned) changes, file by file, line by line, word by word."""

from __future__ import annotations

from enum import StrEnum

from gitops_tui.model.revision import Commit
from gitops_tui.records import dataclass


class FileStatus(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"
    TYPE = "type changed"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff. sign: " ", "-" or "+". old, new: line numbers from 1 (0 where that side has no such line).
    text: printable, without the line's end. words: the (start, end) of the parts of `text` that differ from the line
    it replaces; empty where the line has no counterpart or is the same."""

    sign: str
    text: str
    old: int = 0
    new: int = 0
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together. heading: what git prints behind the @@ ("" if nothing)."""

    lines: tuple[DiffLine, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file.

    path: as it is called after the change (before it, where it was deleted). old_path: its former name where it was
    renamed or copied. added, removed: lines. binary: it has no lines to show. mode: "100644 → 100755" where that
    changed. cut: the diff is larger than what is kept. secret: values of a Secret are masked in it.
    """

    path: str
    status: FileStatus
    old_path: str = ""
    added: int = 0
    removed: int = 0
    hunks: tuple[Hunk, ...] = ()
    binary: bool = False
    mode: str = ""
    cut: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class CommitDetail:
    """A commit and what it changed against its first parent. files: in git's order; more: files beyond those."""

    commit: Commit
    files: tuple[FileChange, ...]
    more: int = 0
