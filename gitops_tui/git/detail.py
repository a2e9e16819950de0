"""What one commit changed: its files with their lines and the words in them that differ.

Two runs of `git diff-tree`: one lists the files with NUL between (any byte may be in a name), one prints the patch;
both name the same files in the same order. Values of Secrets are masked in the lines before they leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_tui.errors import DamagedRepository, FetchError, GitError
from gitops_tui.git import revisions
from gitops_tui.git.paths import pathspecs
from gitops_tui.git.secrets import Marks, masked_lines
from gitops_tui.git.word_diff import changed_words, pairs
from gitops_tui.model.change import CommitDetail, DiffLine, FileChange, FileStatus, Hunk
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass, replace

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

MAX_FILES = 1_000
_MAX_PATCH = 4_000_000
_MAX_LINES = 5_000  # of one file
_MAX_MASKED = 40_000_000
_SUBMODULE, _NOTHING = "160000", "0" * 40
_HUNK = re.compile(rb"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$", re.DOTALL)
_STATUS = {
    "A": FileStatus.ADDED,
    "M": FileStatus.MODIFIED,
    "D": FileStatus.DELETED,
    "R": FileStatus.RENAMED,
    "C": FileStatus.COPIED,
    "T": FileStatus.TYPE,
}
_FLAGS = ("-r", "--no-commit-id", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")
# What `redact` looks for; most lines have none of it.
_MAY_HOLD = re.compile(r"(?i)//|bearer|basic|token|[?&]")
_MASKABLE = (".yaml", ".yml", ".json", ".tpl", "ustomization")


@dataclass(frozen=True, slots=True)
class _Raw:
    change: FileChange
    old_sha: str
    new_sha: str


def detail(repository: Repository, sha: str, paths: Sequence[str]) -> CommitDetail:
    """See `Repository.commit_detail`."""
    commit = repository.commit(sha)
    # `diff-tree --first-parent` doesn't exist: a merge must be compared with its first parent by name.
    parents = commit.parents
    trees = [parents[0], sha] if parents and revisions.verify(repository, parents[0]) else ["--root", sha]
    files, more = changes(repository, trees, paths)
    return CommitDetail(commit, files, more)


def changes(repository: Repository, trees: Sequence[str], paths: Sequence[str]) -> tuple[tuple[FileChange, ...], int]:
    """(what differs between two trees, how many files beyond those that are kept)."""
    where = ["--", *pathspecs(list(paths))] if paths else ["--"]
    listed = repository.git_with_blobs("diff-tree", *_FLAGS, "-z", "--raw", "--no-abbrev", *trees, *where)
    raw = list(_listed(listed))
    patch = repository.git_with_blobs("diff-tree", *_FLAGS, "-p", *trees, *where, limit=_MAX_PATCH + 1)
    cut = len(patch) > _MAX_PATCH
    parts = _parts(patch[:_MAX_PATCH])
    found = []
    for number, each in enumerate(raw[:MAX_FILES]):
        part = next(parts, None)
        if part is None:
            found.append(replace(each.change, cut=cut))
            continue
        change = _lines(each.change, part)
        if each.change.status is FileStatus.TYPE and (second := next(parts, None)) is not None:
            # A symlink that became a file is printed as a removal and an addition.
            other = _lines(each.change, second)
            change = replace(
                change,
                hunks=change.hunks + other.hunks,
                added=change.added + other.added,
                removed=change.removed + other.removed,
            )
        last = cut and number == len(raw) - 1
        found.append(_masked(repository, each, replace(change, cut=True) if last else change))
    return tuple(found), max(0, len(raw) - MAX_FILES)


def _listed(out: bytes) -> Iterator[_Raw]:
    fields = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    for head in fields:
        if not head.startswith(":"):
            continue
        old_mode, new_mode, old_sha, new_sha, status = head[1:].split(" ")
        path = next(fields, "")
        old_path = ""
        if status[0] in "RC":
            old_path, path = path, next(fields, "")
        mode = f"{old_mode} → {new_mode}" if old_mode != new_mode and "000000" not in (old_mode, new_mode) else ""
        change = FileChange(path, _STATUS.get(status[0], FileStatus.MODIFIED), old_path, mode=mode)
        # A submodule's commit is no content, whatever it is called.
        if old_mode == _SUBMODULE:
            old_sha = _NOTHING
        if new_mode == _SUBMODULE:
            new_sha = _NOTHING
        yield _Raw(change, old_sha, new_sha)


def _parts(patch: bytes) -> Iterator[list[bytes]]:
    """The lines of each file's patch. Lines of content begin with a sign, so that none can look like a head."""
    lines: list[bytes] = []
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git ") and lines:
            yield lines
            lines = []
        lines.append(line)
    if lines and lines[0].startswith(b"diff --git "):
        yield lines


def _lines(change: FileChange, lines: list[bytes]) -> FileChange:
    hunks: list[Hunk] = []
    current: list[DiffLine] = []
    heading = ""
    added = removed = old = new = kept = 0
    binary = cut = False
    in_hunk = False
    for raw in lines:
        if raw.startswith(b"@@ ") and (head := _HUNK.match(raw)):
            if current:
                hunks.append(Hunk(_with_words(current), heading))
            current, in_hunk = [], True
            old, new, heading = int(head[1]), int(head[2]), _text(head[3])
        elif not in_hunk:
            binary = binary or raw.startswith((b"Binary files ", b"GIT binary patch"))
        elif raw[:1] in (b" ", b"-", b"+"):
            sign = chr(raw[0])
            added, removed = added + (sign == "+"), removed + (sign == "-")
            if kept < _MAX_LINES:
                text = _text(raw[1:])
                current.append(DiffLine(sign, text, old if sign != "+" else 0, new if sign != "-" else 0))
                kept += 1
            else:
                cut = True
            old, new = old + (sign != "+"), new + (sign != "-")
    if current:
        hunks.append(Hunk(_with_words(current), heading))
    return replace(change, added=added, removed=removed, hunks=tuple(hunks), binary=binary, cut=cut)


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").rstrip("\r")
    return printable(redact(text) if _MAY_HOLD.search(text) else text)


def _with_words(lines: list[DiffLine]) -> tuple[DiffLine, ...]:
    """Marks the words that differ where removed lines are followed by added ones."""
    made = list(lines)
    at = 0
    while at < len(made):
        if made[at].sign != "-":
            at += 1
            continue
        middle = at
        while middle < len(made) and made[middle].sign == "-":
            middle += 1
        end = middle
        while end < len(made) and made[end].sign == "+":
            end += 1
        for left, right in pairs([each.text for each in made[at:middle]], [each.text for each in made[middle:end]]):
            before, after = changed_words(made[at + left].text, made[middle + right].text)
            made[at + left] = replace(made[at + left], words=before)
            made[middle + right] = replace(made[middle + right], words=after)
        at = max(end, at + 1)
    return tuple(made)


def _masked(repository: Repository, raw: _Raw, change: FileChange) -> FileChange:
    if not change.hunks or not (change.path.endswith(_MASKABLE) or change.old_path.endswith(_MASKABLE)):
        return change
    marks = Marks()
    there = [sha for sha in (raw.old_sha, raw.new_sha) if set(sha) != {"0"}]
    try:
        contents = dict(zip(there, repository.read_many(there, limit=_MAX_MASKED), strict=True))
    except (DamagedRepository, FetchError):
        raise
    except GitError:
        # Too large to find what must be masked: then nothing of it is shown.
        return replace(change, hunks=(), cut=True)
    keys = repository.settings.mask_keys
    old = masked_lines(contents.get(raw.old_sha, b""), marks, keys)
    new = masked_lines(contents.get(raw.new_sha, b""), marks, keys)
    if not old and not new:
        return change

    def shown(line: DiffLine) -> DiffLine:
        text = old.get(line.old) if line.old else None
        text = new.get(line.new, text) if line.new else text
        return line if text is None else replace(line, text=printable(text.rstrip("\r")), words=())

    hunks = tuple(replace(hunk, lines=tuple(shown(line) for line in hunk.lines), heading="") for hunk in change.hunks)
    return replace(change, hunks=hunks, secret=True)


def as_patch(found: CommitDetail) -> str:
    """The changes as the text of a unified patch."""
    made: list[str] = []
    for each in found.files:
        path, before = printable(each.path), printable(each.old_path or each.path)
        made.append(f"diff --git a/{before} b/{path}")
        if each.mode:
            made.append(f"mode {each.mode}")
        if each.status in (FileStatus.RENAMED, FileStatus.COPIED):
            made.append(f"{each.status.value} from {before}")
        if each.binary:
            made.append("binary")
        if each.hunks:
            made.append("--- /dev/null" if each.status is FileStatus.ADDED else f"--- a/{before}")
            made.append("+++ /dev/null" if each.status is FileStatus.DELETED else f"+++ b/{path}")
        for hunk in each.hunks:
            old = [line for line in hunk.lines if line.sign != "+"]
            new = [line for line in hunk.lines if line.sign != "-"]
            first_old, first_new = (old[0].old if old else 0), (new[0].new if new else 0)
            heading = f" {hunk.heading}" if hunk.heading else ""
            made.append(f"@@ -{first_old},{len(old)} +{first_new},{len(new)} @@{heading}")
            made += [line.sign + line.text for line in hunk.lines]
        if each.cut:
            made.append("… cut here …")
    if found.more:
        made.append(f"… and {found.more} more files …")
    return "\n".join(made) + ("\n" if made else "")
