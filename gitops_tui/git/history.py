"""The commits that touch some paths, through renames of folders; see `gitops_tui.git.log` for how they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError
from gitops_tui.git.log import LOG_FORMAT, former_paths, parse_stream
from gitops_tui.git.paths import pathspecs
from gitops_tui.model.revision import Commit

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_MOST_RENAMES = 20


def commits(
    repository: Repository, commit: str, paths: tuple[str, ...], *, first_parent: bool, follow: bool
) -> Iterator[Commit]:
    """Newest first, as git finds them; what lies behind a rename comes after all of the rest."""
    seen: set[str] = set()
    waiting = [(commit, paths)]
    for _ in range(_MOST_RENAMES):
        if not waiting:
            return
        here, wanted = waiting.pop(0)
        last: Commit | None = None
        for found in _one(repository, here, wanted, first_parent):
            last = found
            if found.sha not in seen:
                seen.add(found.sha)
                yield found
        if not follow or last is None or "" in wanted:
            continue
        firsts = {last} if len(wanted) == 1 else {_first(repository, here, path, first_parent) for path in wanted}
        for first in firsts:
            if first is not None and first.parents and (before := _before(repository, first, wanted)):
                waiting.append((first.parents[0], before))


def _first(repository: Repository, commit: str, path: str, first_parent: bool) -> Commit | None:
    """The oldest commit that touches a path under this name."""
    flags = ["--first-parent", "-m"] if first_parent else []
    out = repository.git(
        "log", *flags, "--no-patch", "--format=%H", "--end-of-options", commit, "--", *pathspecs([path])
    )
    shas = out.decode().split()
    return repository.commit(shas[-1]) if shas else None


def _one(repository: Repository, commit: str, paths: tuple[str, ...], first_parent: bool) -> Iterator[Commit]:
    # With all commits shown, git leaves out the merges that merely repeat what they brought.
    flags = ["--first-parent", "-m"] if first_parent else []
    yield from parse_stream(
        repository.stream_git(
            "log",
            *flags,
            "--no-patch",
            "--decorate=short",
            "--encoding=UTF-8",
            "--no-show-signature",
            f"--format={LOG_FORMAT}",
            "--end-of-options",
            commit,
            "--",
            *pathspecs(paths),
        )
    )


def between(repository: Repository, old: str, new: str, paths: Sequence[str], most: int) -> list[Commit]:
    """The commits after `old` up to `new` that touch `paths`, on whatever branch they were made, newest first."""
    return list(
        parse_stream(
            repository.stream_git(
                "log",
                f"--max-count={most}",
                "--no-patch",
                "--decorate=short",
                "--encoding=UTF-8",
                f"--format={LOG_FORMAT}",
                "--end-of-options",
                f"{old}..{new}",
                "--",
                *pathspecs(list(paths)),
            )
        )
    )


def _before(repository: Repository, commit: Commit, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The former names of paths that came into being in `commit` by a rename."""
    parent = commit.parents[0]
    there = repository.find_many([(parent, path) for path in paths])
    came = [path for path, found in zip(paths, there, strict=True) if found is None]
    if not came:
        return ()
    try:
        # Exact renames need trees alone; others need contents, which a mirror may have to fetch.
        out = repository.git_with_blobs(
            "diff-tree", "-r", "-z", "--name-status", "--no-commit-id", "--find-renames", "--end-of-options",
            parent, commit.sha, "--",
        )  # fmt: skip
    except GitError:
        return ()  # the history ends here; the log itself is whole
    renames, fields = [], iter(out.decode("utf-8", "surrogateescape").split("\0"))
    for status in fields:
        if status[:1] in ("R", "C"):
            old, new = next(fields, ""), next(fields, "")
            if status[0] == "R":
                renames.append((old, new))
        elif status:
            next(fields, "")
    return tuple(dict.fromkeys(former_paths(renames, came)))
