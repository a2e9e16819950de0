"""Looks up field paths (those of managedFields) in objects; every list is indexed once, however many items are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.compare.ownership import Step, key_of
from gitops_tui.compare.walk import key_value
from gitops_tui.model.drift import ABSENT
from gitops_tui.model.text import spelt
from gitops_tui.schema import Node


class Lists:
    """Items of lists by what names them. The lists must live, unchanged, as long as this does."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, tuple[str, ...] | None], dict[Any, Any]] = {}

    def find(self, items: Any, step: Step, node: Node | None) -> Any:
        """The item that a step names, ABSENT where there is none. node: the items' type."""
        kind, wanted = step
        if not isinstance(items, list):
            return ABSENT
        if kind == "v":
            return self._members(items).get(_text(wanted), ABSENT)
        if kind != "k" or not isinstance(wanted, Mapping):
            return ABSENT
        return self._keyed(items, tuple(wanted), node).get(tuple(_text(each) for each in wanted.values()), ABSENT)

    def _members(self, items: list[Any]) -> dict[Any, Any]:
        made = self._made.get((id(items), None))
        if made is None:
            made = self._made[id(items), None] = {_text(each): each for each in items}
        return made

    def _keyed(self, items: list[Any], names: tuple[str, ...], node: Node | None) -> dict[Any, Any]:
        made = self._made.get((id(items), names))
        if made is None:
            types = [node.child(name) if node is not None else None for name in names]
            made = self._made[id(items), names] = {
                tuple(_text(key_value(each, name, below)) for name, below in zip(names, types, strict=True)): each
                for each in reversed(items)
                if isinstance(each, Mapping)
            }
        return made


class Looker:
    """Looks into one object. node: its type."""

    def __init__(self, value: Any, node: Node | None) -> None:
        self._value, self._node = value, node
        self._lists = Lists()

    def __call__(self, steps: tuple[Step, ...]) -> Any:
        """What stands at a field path, ABSENT where nothing does."""
        value, node = self._value, self._node
        for step in steps:
            kind, name = step
            if kind == "f":
                value = value.get(name, ABSENT) if isinstance(value, Mapping) else ABSENT
                node = node.child(str(name)) if node is not None else None
            else:
                node = node.items if node is not None else None
                value = self._lists.find(value, step, node) if kind != "i" else _at(value, name)
        return value


def node_at(node: Node | None, steps: tuple[Step, ...]) -> Node | None:
    """The type of what stands at a field path. node: the object's."""
    for kind, name in steps:
        if node is None:
            return None
        node = node.child(str(name)) if kind == "f" else node.items
    return node


def _at(items: Any, at: int) -> Any:
    return items[at] if isinstance(items, list) and 0 <= at < len(items) else ABSENT


def _text(value: Any) -> str:
    return key_of(("v", value)) or spelt(value)[:200]
