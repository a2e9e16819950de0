"""The merge of what is applied into what is live. Rules: structured-merge-diff, typed/merge.go."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields.types import DEDUCED, LIST, MAP, SCALAR, Type
from gitops_tui.demo.fields.walks import _kind

_NONE: Any = object()


def merge(live: Any, applied: Any, declared: Type) -> Any:
    """The applied value over the live one; shares parts of both."""
    found = _merge(live, applied, declared)
    return None if found is _NONE else found


def _merge(live: Any, applied: Any, declared: Type) -> Any:
    if applied is _NONE:
        return live
    if live is _NONE:
        return applied
    kind = declared.kind
    if kind == DEDUCED:
        kind = _kind(applied if applied is not None else live, declared)
        if kind == LIST:
            return applied
    if kind == SCALAR or declared.atomic:
        return applied
    if kind == MAP:
        left = live if isinstance(live, dict) else {}
        right = applied if isinstance(applied, dict) else {}
        if not left and not right:
            return applied
        made = dict(left)
        for name, value in right.items():
            child = declared.field(name)
            made[name] = value if name not in left or child is None else _merge(left[name], value, child)
        return made
    first = live if isinstance(live, list) else []
    second = applied if isinstance(applied, list) else []
    if not first and not second:
        return applied
    return _items(first, second, declared)


def _index(items: list[Any], declared: Type) -> tuple[list[str], dict[str, Any]]:
    """Path elements in order, and the item of each; a live item that stands twice is merged with nothing."""
    order, found = [], {}
    for item in items:
        element = declared.element(item)
        found[element] = None if element in found else item
        order.append(element)
    return order, found


def _items(live: list[Any], applied: list[Any], declared: Type) -> list[Any]:
    """Items in the order of what is applied; what only the live list has keeps its place between them."""
    ours, theirs = _index(live, declared), _index(applied, declared)
    (left, left_items), (right, right_items) = ours, theirs
    shared = [element for element in right if element in left_items]
    following = shared.pop(0) if shared else None
    item = declared.item
    made: list[Any] = []
    done: set[str] = set()

    def together(element: str) -> Any:
        below = left_items.get(element, _NONE)
        return _merge(_NONE if below is None else below, right_items[element], item)

    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right):
            element = left[i]
            if element == right[j]:
                done.add(element)
                made.append(together(element))
                i, j = i + 1, j + 1
                following = shared.pop(0) if shared else None
                continue
            if element in right_items and following is not None and following != element:
                i += 1  # a shared item, but another one comes first
                continue
        if i < len(left):
            element = left[i]
            if element not in right_items:
                made.append(live[i])
                i += 1
                continue
            if element in done:
                i += 1
        if j < len(right):
            element = right[j]
            done.add(element)
            made.append(together(element))
            j += 1
            if following == element:
                following = shared.pop(0) if shared else None
    return made
