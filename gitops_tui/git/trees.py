"""What stands at a path of a commit, for many paths at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_tui.git.objects import CatFile
from gitops_tui.git.paths import parse_tree

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_MOST_PATHS = 300


def find_many(
    repository: Repository, objects: CatFile, places: Sequence[tuple[str, str]], *, sure: bool = False
) -> list[tuple[str, str] | None]:
    """See `Repository.find_many`. sure: what is not there is looked up in its tree too, which names also what is damaged."""
    found: list[tuple[str, str] | None] = [None] * len(places)
    # A line feed would end the question; a name with one is looked up in its tree.
    plain = [at for at, (_, path) in enumerate(places) if "\n" not in path and "\r" not in path]
    infos = objects.info([f"{places[at][0]}:{places[at][1]}" for at in plain])
    for at, info in zip(plain, infos, strict=True):
        if info is not None:
            found[at] = (info.type, info.sha)
    # In a mirror without contents a file that is only named by its tree counts as missing.
    left = [
        at
        for at, (_, path) in enumerate(places)
        if found[at] is None and path and (sure or repository.is_partial or "\n" in path or "\r" in path)
    ]
    for commit in dict.fromkeys(places[at][0] for at in left):
        paths = list(dict.fromkeys(places[at][1] for at in left if places[at][0] == commit))
        there: dict[str, tuple[str, str]] = {}
        for begin in range(0, len(paths), _MOST_PATHS):
            out = repository.git(
                "ls-tree", "-z", "--full-tree", "--end-of-options", commit, "--", *paths[begin : begin + _MOST_PATHS],
                ok=(0, 128),
            )  # fmt: skip
            there |= {entry.path: (entry.type, entry.sha) for entry in parse_tree(out, "")}
        for at in left:
            if places[at][0] == commit:
                found[at] = there.get(places[at][1])
    return found
