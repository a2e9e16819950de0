"""Field paths: how they are walked, written for people, and matched with managedFields.

A path is a tuple of segments: a field's name (str), an item's key in a map list (`Item`), an item's value in a set
(`Member`) or an index (int).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from gitops_tui.schema import Node

_PLAIN = re.compile(r"^[A-Za-z_$][A-Za-z0-9_$-]*$")
_PLAIN_VALUE = re.compile(r"^[A-Za-z0-9_./:-]+$")


class Item(NamedTuple):
    """An item of a map list, by its keys: (("name", "app"),)."""

    keys: tuple[tuple[str, Any], ...]


class Member(NamedTuple):
    """An item of a set, by its value."""

    value: Any


Segment = str | int | Item | Member
Path = tuple[Segment, ...]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _PLAIN_VALUE.match(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(path: Path) -> str:
    """The path for people: `spec.template.spec.containers[name=app].image`, `metadata.annotations["a.b/c"]`."""
    parts: list[str] = []
    for segment in path:
        if isinstance(segment, Item):
            parts.append("[" + ",".join(f"{name}={_text(value)}" for name, value in segment.keys) + "]")
        elif isinstance(segment, Member):
            parts.append(f"[={_text(segment.value)}]")
        elif isinstance(segment, int):
            parts.append(f"[{segment}]")
        elif _PLAIN.match(segment):
            parts.append(f".{segment}" if parts else segment)
        else:
            parts.append('["' + segment.replace("\\", "\\\\").replace('"', '\\"') + '"]')
    return "".join(parts)


def item_key(item: Any, keys: tuple[str, ...], node: Node | None) -> Item | None:
    """An item's key in a map list, with the defaults of keys left out; None where it has none."""
    if not isinstance(item, Mapping):
        return None
    found = []
    for name in keys:
        value = item.get(name)
        if value is None:
            child = node.child(name) if node is not None else None
            value = child.default if child is not None else None
            if value is None and name == "protocol":
                value = "TCP"
            if value is None and len(keys) == 1:
                return None
        if isinstance(value, dict | list):
            return None
        found.append((name, value))
    return Item(tuple(found))


def by_key(values: list[Any], keys: tuple[str, ...], node: Node | None) -> dict[Item, Any] | None:
    """A map list's items by key; None where an item has none or two have the same."""
    found: dict[Item, Any] = {}
    for each in values:
        key = item_key(each, keys, node)
        if key is None or key in found:
            return None
        found[key] = each
    return found


def list_keys(node: Node | None) -> tuple[str, ...]:
    """What identifies an item of a list that merges, () for one that doesn't."""
    return node.list_keys if node is not None and node.list_type == "map" else ()


@lru_cache(maxsize=8192)
def parsed(key: str) -> Segment | None:
    """A key of fieldsV1 (`f:spec`, `k:{"name":"app"}`, `v:"x"`, `i:0`) as a segment; None for what isn't one."""
    kind, _, rest = key.partition(":")
    if kind == "f":
        return rest
    try:
        if kind == "k":
            value = orjson.loads(rest)
            if isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values()):
                return Item(tuple(value.items()))
        elif kind == "v":
            value = orjson.loads(rest)
            return None if isinstance(value, dict | list) else Member(value)
        elif kind == "i":
            return int(rest)
    except ValueError:
        return None
    return None
