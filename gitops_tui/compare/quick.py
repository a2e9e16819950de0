"""The quick look: whether everything that Git sets is plainly there. It says yes only where it is sure; where it is not,
`walk` looks again and tells what differs. Most objects are in sync, so most of the time is spent here."""

from __future__ import annotations

from typing import Any

from gitops_tui.compare.fields import METADATA, OUR_MARKS, TOP
from gitops_tui.compare.values import same_scalar
from gitops_tui.compare.walk import MAX_DEPTH, agree, keyed, live_only
from gitops_tui.model.drift import ABSENT
from gitops_tui.schema import Node
from gitops_tui.schema.nodes import UNKNOWN

_EMPTY: dict[str, Any] = {}
_SCALARS = frozenset({str, int, float})
_PLAIN = frozenset({str, int, float, bool})


def agrees(desired: dict[str, Any], live: dict[str, Any], node: Node | None) -> bool:
    """Whether a whole object's fields are all there. node: the kind's."""
    table = (node or UNKNOWN).table
    for name, value in desired.items():
        if name in TOP:
            continue
        if name == "metadata":
            if not _metadata(value, live.get(name), table[name]):
                return False
            continue
        there = live.get(name, ABSENT)
        if value.__class__ is dict and value and there.__class__ is dict:
            below = table[name]
            if (below.plain and value == there) or _mapping(value, there, below, 1):
                continue
            return False
        if value.__class__ is there.__class__ and value.__class__ is str and value == there:
            continue
        if value.__class__ is list and value and there.__class__ is list:
            if _items(value, there, table[name], 1):
                continue
        if not agree(value, there, (node or UNKNOWN).child(name), name, 1, desired):
            return False
    return True


def _metadata(desired: Any, live: Any, node: Node) -> bool:
    if desired.__class__ is not dict or live.__class__ is not dict:
        return False
    for name, value in desired.items():
        if name in METADATA:
            continue
        there = live.get(name, _EMPTY)
        if name in ("labels", "annotations"):
            if value.__class__ is dict and there.__class__ is dict:
                for key, text in value.items():
                    found = there.get(key)
                    if not (text.__class__ is str and text == found) and key not in OUR_MARKS:
                        return False
                continue
            if value is None and there is _EMPTY:
                continue
            return False
        if not agree(value, live.get(name, ABSENT), node.child(name), name, 2, desired):
            return False
    return True


def _mapping(desired: dict[str, Any], live: dict[str, Any], node: Node, depth: int) -> bool:
    if depth > MAX_DEPTH or (
        node.atomic_map and not _no_more(desired, live) and any(live_only(desired, live, node, False, depth))
    ):
        return False
    table = node.table
    for name, value in desired.items():
        there = live.get(name, ABSENT)
        kind = value.__class__
        if kind is str:
            if value == there:
                continue
        elif kind is dict:
            if there.__class__ is dict:
                if not value and not there:
                    continue
                if value:
                    below = table[name]
                    if (below.plain and value == there) or _mapping(value, there, below, depth + 1):
                        continue
                    return False
        elif kind is list:
            if there.__class__ is list:
                if not value and not there:
                    continue
                if value:
                    if _items(value, there, table[name], depth + 1):
                        continue
                    # Sets, reordered lists, init containers: the slow look knows.
                    return False
        elif kind is there.__class__ and value == there:
            continue
        below_or_none = node.child(name)
        if value and there.__class__ in _SCALARS and kind in _SCALARS and same_scalar(value, there, below_or_none):
            continue
        if not agree(value, there, below_or_none, "" if node.is_map else name, depth, desired):
            return False
    return True


def _items(desired: list[Any], live: list[Any], node: Node, depth: int) -> bool:
    if node.plain and desired == live:
        return True
    below = node.items or UNKNOWN
    many = len(desired)
    if node.list_type == "map":
        keys = node.list_keys
        # Items that are there twice (a client may write that) are told apart by nobody: an apply mends them.
        if many != len(live) and (many > len(live) or keyed(live, keys, node.items) is None):
            return False
        for value, there in zip(desired, live, strict=False):
            if value.__class__ is not dict or there.__class__ is not dict:
                return False
            for key in keys:
                # The keys that Git leaves out have their defaults.
                if key not in value and key in there and there[key] != below.table[key].default:
                    return False
            if not _mapping(value, there, below, depth):
                return False
        return True
    if many != len(live):
        return False
    for value, there in zip(desired, live, strict=True):
        if value.__class__ is dict and there.__class__ is dict:
            if not _mapping(value, there, below, depth) or (
                not _no_more(value, there) and any(live_only(value, there, node.items, False, depth))
            ):
                return False
        elif value.__class__ is not there.__class__ or value.__class__ not in _PLAIN or value != there:
            return False
    return True


def _no_more(desired: dict[str, Any], live: dict[str, Any]) -> bool:
    """Whether the live side has nothing beyond Git's, on any level."""
    if len(live) > len(desired):
        return False
    for name, value in desired.items():
        there = live.get(name)
        if value is None:
            # Inside what is replaced as a whole a null takes away what is there.
            if there is not None:
                return False
            continue
        if value.__class__ is dict:
            if there.__class__ is not dict or not _no_more(value, there):
                return False
        elif value.__class__ is list:
            if there.__class__ is not list or len(value) != len(there):
                return False
            for one, other in zip(value, there, strict=True):
                if one.__class__ is dict and (other.__class__ is not dict or not _no_more(one, other)):
                    return False
                if one.__class__ is list:
                    return False
        elif there is None:
            # As many fields, but not the same ones.
            return False
    return True
