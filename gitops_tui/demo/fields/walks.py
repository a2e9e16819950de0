"""Typed walks: validate, field set, compare, remove. Rules: structured-merge-diff, typed/{validate,tofieldset,compare,remove}.go."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields.sets import Fields, difference, insert_member, is_member, spell_element, union
from gitops_tui.demo.fields.types import DEDUCED, LIST, MAP, SCALAR, Type
from gitops_tui.records import dataclass, field

_SELF = "."
_NONE: Any = object()
"""No value, as apart from null."""


def _kind(value: Any, declared: Type) -> int:
    """Which of its possible forms a type takes for a value."""
    if declared.kind != DEDUCED:
        return declared.kind
    if isinstance(value, dict):
        return MAP
    if isinstance(value, list):
        return LIST
    return SCALAR


def _go_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    return "int64" if isinstance(value, int) else "float64"


def _said(value: Any) -> str:
    """A value as Go's %v prints a structured-merge-diff value."""
    import orjson

    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


# --- validate ---------------------------------------------------------------------------------------------------------


def validate(value: Any, declared: Type, *, duplicates: bool = False) -> list[tuple[str, str]]:
    """(path, message) of everything that doesn't fit the type. duplicates: items with the same key are let pass."""
    found: list[tuple[str, str]] = []
    _validate(value, declared, (), found, duplicates)
    return found


def _validate(value: Any, declared: Type, at: tuple[str, ...], found: list[tuple[str, str]], duplicates: bool) -> None:
    kind = declared.kind
    if value is None or kind == DEDUCED:
        return
    if kind == SCALAR:
        if said := _scalar(value, declared.scalar):
            found.append(("".join(at), said))
    elif kind == MAP:
        if not isinstance(value, dict):
            found.append(("".join(at), f"expected map, got {_value(value)}"))
            return
        for name, below in value.items():
            child = declared.field(name)
            if child is None:
                found.append(("".join((*at, "." + name)), "field not declared in schema"))
                return
            _validate(below, child, (*at, "." + name), found, duplicates)
    else:
        if not isinstance(value, list):
            found.append(("".join(at), f"expected list, got {_value(value)}"))
            return
        seen = set()
        for number, item in enumerate(value):
            if declared.atomic:
                element = f"[{number}]"
            else:
                try:
                    raw = declared.element(item)
                except ValueError as error:
                    found.append(("".join(at), f"element {number}: {error}"))
                    return
                element = spell_element(raw)
                if raw in seen and not duplicates:
                    found.append(("".join(at), f"duplicate entries for key {element}"))
                seen.add(raw)
            _validate(item, declared.item, (*at, element), found, duplicates)


def _value(value: Any) -> str:
    return "&{" + (str(value) if not isinstance(value, bool) else str(value).lower()) + "}"


def _scalar(value: Any, wanted: str) -> str:
    if wanted == "numeric":
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"expected numeric (int or float), got {_go_name(value)}"
    elif wanted == "string":
        if not isinstance(value, str):
            return f"expected string, got &value.valueUnstructured{{Value:{_go_syntax(value)}}}"
    elif wanted == "boolean":
        if not isinstance(value, bool):
            return f"expected boolean, got {_value(value)}"
    elif not isinstance(value, str | int | float | bool):
        return f"expected any scalar, got {_value(value)}"
    return ""


def _go_syntax(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        inside = ", ".join(f'"{name}":{_go_syntax(below)}' for name, below in sorted(value.items()))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go_syntax, value)) + "}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


# --- field set --------------------------------------------------------------------------------------------------------


def field_set(value: Any, declared: Type) -> Fields:
    """Every leaf field and item that a value sets."""
    made, _ = _field_set(value, declared)
    return made


def _field_set(value: Any, declared: Type) -> tuple[Fields, bool]:
    """What is below, and whether the place itself is a member."""
    kind = declared.kind
    if kind == DEDUCED:
        kind = _kind(value, declared)
        if declared.atomic or kind == LIST:
            return {}, True
    elif kind == MAP and value is not None and not isinstance(value, dict):
        return {}, True
    if kind == SCALAR:
        return {}, True
    if declared.atomic:
        return {}, True
    if value is None:
        return {}, False
    made: Fields = {}
    if kind == MAP:
        for name, below in value.items():
            child = declared.field(name)
            if child is None:
                continue
            inside, member = _field_set(below, child)
            if not member:
                member = below is None or below == {} or name not in declared.declared
            if member:
                made["f:" + name] = {_SELF: {}, **inside} if inside else {}
            elif inside:
                made["f:" + name] = inside
        return made, False
    if not isinstance(value, list):
        return {}, True
    item = declared.item
    found: dict[str, Any] = {}
    twice = set()
    for each in value:
        try:
            element = declared.element(each)
        except ValueError:
            continue
        if element in found:
            twice.add(element)
        found[element] = each
    for element, each in found.items():
        inside = {} if element in twice else _field_set(each, item)[0]
        made[element] = {_SELF: {}, **inside} if inside else {}
    return made, False


# --- compare ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Comparison:
    """What a change removed, modified and added."""

    removed: Fields = field(default_factory=dict)
    modified: Fields = field(default_factory=dict)
    added: Fields = field(default_factory=dict)


def compare(old: Any, new: Any, declared: Type) -> Comparison:
    """The fields in which two values differ."""
    made = Comparison()
    _compare(old, new, declared, (), made)
    return made


def _insert(fields: Fields, at: tuple[str, ...]) -> None:
    if not at:
        return
    node = fields
    for step in at[:-1]:
        below = node.get(step)
        if below is None:
            below = node[step] = {}  # gets its first child at once
        elif not below:
            below[_SELF] = {}
        node = below
    insert_member(node, at[-1])


def _leaf(old: Any, new: Any, at: tuple[str, ...], made: Comparison) -> None:
    if old is _NONE:
        _insert(made.added, at)
    elif new is _NONE:
        _insert(made.removed, at)
    elif not same(old, new):
        _insert(made.modified, at)


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if a is b:
        return True
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(below, b[name]) for name, below in a.items())
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def _compare(old: Any, new: Any, declared: Type, at: tuple[str, ...], made: Comparison) -> None:
    if old is new:
        return
    kind = declared.kind
    if kind == DEDUCED:
        a, b = _kind(old, declared), _kind(new, declared)
        if old is _NONE or old is None:
            a = b
        elif new is _NONE or new is None:
            b = a
        kind = b
        if declared.atomic or a != b or kind == LIST:
            _leaf(old, new, at, made)
            return
    if kind == SCALAR or declared.atomic:
        _leaf(old, new, at, made)
        return
    if kind == MAP:
        left = old if isinstance(old, dict) else {}
        right = new if isinstance(new, dict) else {}
        if not left and not right:
            _leaf(old, new, at, made)
            return
        for name, below in left.items():
            child = declared.field(name)
            if child is not None:
                _compare(below, right.get(name, _NONE), child, (*at, "f:" + name), made)
        for name, below in right.items():
            if name not in left:
                child = declared.field(name)
                if child is not None:
                    _compare(_NONE, below, child, (*at, "f:" + name), made)
    else:
        first = old if isinstance(old, list) else []
        second = new if isinstance(new, list) else []
        if not first and not second:
            _leaf(old, new, at, made)
            return
        _compare_items(first, second, declared, at, made)
    if old is _NONE:
        _insert(made.added, at)
    elif new is _NONE:
        _insert(made.removed, at)


def _grouped(items: list[Any], declared: Type) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        try:
            found.setdefault(declared.element(item), []).append(item)
        except ValueError:
            continue
    return found


def _compare_items(old: list[Any], new: list[Any], declared: Type, at: tuple[str, ...], made: Comparison) -> None:
    left, right = _grouped(old, declared), _grouped(new, declared)
    item = declared.item
    for element in {**left, **right}:
        ours, theirs = left.get(element, []), right.get(element, [])
        place = (*at, element)
        if len(ours) <= 1 and len(theirs) <= 1:
            _compare(ours[0] if ours else _NONE, theirs[0] if theirs else _NONE, item, place, made)
        elif len(ours) >= 2 and len(theirs) >= 2:
            if not same(ours, theirs):
                _insert(made.modified, place)
        elif len(ours) >= 2:
            if theirs:
                _compare(_NONE, theirs[0], item, place, made)
            _insert(made.removed, place)
        else:
            if ours:
                _compare(ours[0], _NONE, item, place, made)
            _insert(made.added, place)


# --- remove -----------------------------------------------------------------------------------------------------------


def remove(value: Any, gone: Fields, declared: Type) -> Any:
    """The value without the fields and items of a set; None where nothing is left of it."""
    kind = _kind(value, declared)
    if kind == SCALAR:
        return value
    if kind == LIST:
        if not isinstance(value, list) or not value or declared.atomic or declared.kind == DEDUCED:
            return None
        kept = []
        for item in value:
            try:
                node = gone.get(declared.element(item))
            except ValueError:
                node = None
            if node is None:
                kept.append(item)
            elif not is_member(node):
                kept.append(remove(item, node, declared.item))
        return kept or None
    if not isinstance(value, dict) or not value or declared.atomic:
        return None
    made = {}
    for name, below in value.items():
        node = gone.get("f:" + name)
        if node is None:
            made[name] = below
        elif not is_member(node):
            child = declared.field(name)
            made[name] = remove(below, node, child) if child is not None else below
    return made or None


def with_named(fields: Fields, declared: Type) -> Fields:
    """The set with the declared fields on the way to its members as members too."""
    made: Fields = {}
    for name, below in fields.items():
        if name == _SELF or not below:
            made[name] = below
            continue
        child: Type | None = None
        add = False
        if name[0] == "f" and declared.kind != LIST:
            child = declared.field(name[2:])
            add = name[2:] in declared.declared
        elif name[0] == "k" and declared.kind == LIST:
            child = declared.item
        inside = with_named(below, child) if child is not None else below
        made[name] = {_SELF: {}, **inside} if add and _SELF not in inside else inside
    return made


__all__ = ["Comparison", "compare", "difference", "field_set", "remove", "same", "union", "validate", "with_named"]
