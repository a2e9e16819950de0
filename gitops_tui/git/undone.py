"""The later commits that restoring some paths to an earlier commit undoes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_tui.git.history import between
from gitops_tui.git.paths import pathspecs
from gitops_tui.model.revert import Undone

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_MOST = 500


def undone(repository: Repository, old: str, new: str, paths: Sequence[str], mail: str) -> tuple[Undone, ...]:
    """The commits after `old` up to `new` that touch `paths`, newest first, each with its files there; `mail` is whose
    own they may be."""
    commits = between(repository, old, new, paths, _MOST)
    if not commits:
        return ()
    shas = [each.sha for each in commits]
    out = _files(repository, shas, paths)
    return tuple(
        Undone(each, tuple(out.get(each.sha, ())), bool(mail) and each.author_email.lower() == mail.lower())
        for each in commits
    )


def _files(repository: Repository, shas: Sequence[str], paths: Sequence[str]) -> dict[str, list[str]]:
    out = repository.git(
        "diff-tree", "--stdin", "-r", "--root", "-m", "-z", "--name-only", "--no-renames", "--", *pathspecs(list(paths)),
        stdin="".join(f"{sha}\n" for sha in shas).encode(),
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    known, current = set(shas), ""
    for field in out.decode("utf-8", "surrogateescape").split("\0"):
        # git heads each part with the commit (a merge's with its parent behind it).
        head = field.split(" ", 1)[0].strip()
        if head in known:
            current = head
        elif field and current:
            names = found.setdefault(current, [])
            if field not in names:
                names.append(field)
    return found
