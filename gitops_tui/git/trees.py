"""What stands at a path of a commit, for many paths at once, and what stands in a folder: from running processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError
from gitops_tui.git.objects import CatFile
from gitops_tui.git.paths import TreeEntry, parse_tree, parse_tree_object

if TYPE_CHECKING:
    from gitops_tui.git.store import Store

_MOST_PATHS = 300
# A few small trees that name each other many times unfold without end: no folder of manifests is that large.
_MOST_ENTRIES = 400_000
_MOST_BYTES = 256_000_000


def find_many(
    repository: Store, objects: CatFile, places: Sequence[tuple[str, str]], *, sure: bool = False
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


def listing(objects: CatFile, tree: str, path: str, *, recursive: bool) -> list[TreeEntry]:
    """What stands in a tree, and below it where `recursive`, in git's order; a folder comes before what it holds.
    Raises DamagedRepository, and GitError for more than 400,000 entries."""
    known: dict[str, list[TreeEntry]] = {}
    wanted = [tree]
    while wanted:

        def take(index: int, content: bytes, wanted: list[str] = wanted) -> None:
            known[wanted[index]] = parse_tree_object(content, wanted[index])

        objects.read_many(wanted, take, _MOST_BYTES, kind="tree")
        below = {each.sha for sha in wanted for each in known[sha] if each.type == "tree"} if recursive else set()
        wanted = sorted(below - known.keys())
    made: list[TreeEntry] = []
    waiting = [(each, path) for each in reversed(known[tree])]
    while waiting:
        each, folder = waiting.pop()
        if folder:
            each = TreeEntry(each.mode, each.type, each.sha, f"{folder}/{each.path}")
        made.append(each)
        if len(made) > _MOST_ENTRIES:
            raise GitError(
                f"the folder {path or '.'} holds more than {_MOST_ENTRIES:,} files", hint="name a smaller one"
            )
        if recursive and each.type == "tree":
            waiting += [(child, each.path) for child in reversed(known[each.sha])]
    return made
