"""What differs between two answers of the API server: nothing is filled in or left out any more, so equal is equal, but
for the order of keyed lists and sets (that of init containers counts, as in `walk`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_tui.compare.ownership import Step, key_of
from gitops_tui.compare.values import same, same_scalar
from gitops_tui.compare.walk import MAX_DEPTH, keyed
from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT
from gitops_tui.records import dataclass
from gitops_tui.schema import Node


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; ABSENT where a side doesn't have it."""

    path: str
    steps: tuple[Step, ...]
    before: Any
    after: Any


def changes(before: Any, after: Any, node: Node | None) -> list[Change]:
    """All changes from one object to another."""
    return list(_inside(before, after, node, "", (), "", 0))


def _inside(
    before: Any, after: Any, node: Node | None, path: str, steps: tuple[Step, ...], name: str, depth: int
) -> Iterator[Change]:
    deep = depth > MAX_DEPTH
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not deep and not (node and node.atomic_map):
        for key in {**before, **after}:
            below = node.child(key) if node is not None and isinstance(key, str) else None
            one, other = before.get(key, ABSENT), after.get(key, ABSENT)
            yield from _inside(
                one, other, below, fieldpath.child(path, str(key)), (*steps, ("f", key)), str(key), depth + 1
            )
        return
    if isinstance(before, list) and isinstance(after, list) and not deep:
        yield from _items(before, after, node, path, steps, name, depth + 1)
        return
    scalars = not isinstance(before, Mapping | list) and not isinstance(after, Mapping | list)
    if before is not after and (
        before is ABSENT
        or after is ABSENT
        or not (same_scalar(before, after, node) if scalars else same(before, after))
    ):
        yield Change(path, steps, before, after)


def _items(
    before: list[Any], after: list[Any], node: Node | None, path: str, steps: tuple[Step, ...], name: str, depth: int
) -> Iterator[Change]:
    below = node.items if node is not None else None
    if node is not None and node.list_type == "map":
        keys = node.list_keys
        old, new = keyed(before, keys, below), keyed(after, keys, below)
        if old is not None and new is not None:
            for identity in {**old, **new}:
                pairs = dict(zip(keys, identity, strict=True))
                step: Step = ("k", {key: value for key, value in pairs.items() if value is not None})
                place = fieldpath.item(path, keys, pairs)
                yield from _inside(
                    old.get(identity, ABSENT), new.get(identity, ABSENT), below, place, (*steps, step), "", depth
                )
            if name == "initContainers" and [each for each in old if each in new] != [
                each for each in new if each in old
            ]:
                yield Change(path, steps, [each[0] for each in old], [each[0] for each in new])
            return
    if node is not None and node.list_type == "set":
        old_set, new_set = ({key_of(("v", each)): each for each in side} for side in (before, after))
        for key in {**old_set, **new_set}:
            if key not in old_set or key not in new_set:
                value = old_set.get(key, new_set.get(key))
                place = fieldpath.member(path, value)
                yield Change(place, (*steps, ("v", value)), old_set.get(key, ABSENT), new_set.get(key, ABSENT))
        return
    if len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            if not same(one, other):
                # An atomic list belongs to one owner as a whole: its steps end here.
                for each in _inside(one, other, below, fieldpath.index(path, at), steps, "", depth):
                    yield Change(each.path, steps, each.before, each.after)
    else:
        yield Change(path, steps, before, after)
