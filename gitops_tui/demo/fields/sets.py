"""Sets of field paths in the form of FieldsV1: nested mappings whose keys are path elements (`f:name`, `k:{…}`, `v:…`).

An element without anything below it is a member; one with something below is a member where it holds a `.` too. The
functions never change what they get, and may share parts of it. Rules: structured-merge-diff, fieldpath/set.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

Fields = dict[str, Any]
_SELF = "."


def field(name: str) -> str:
    """The path element of a field of that name."""
    return "f:" + name


def key_element(keys: dict[str, Any]) -> str:
    """The path element of the item with these keys (in order of their names)."""
    return "k:" + _json(keys)


def value_element(value: Any) -> str:
    """The path element of an item of a set."""
    return "v:" + _json(value)


def _json(value: Any) -> str:
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if "<" in text or ">" in text or "&" in text:  # Go's encoder escapes these
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text


def is_member(node: Fields) -> bool:
    return not node or _SELF in node


def insert_member(fields: Fields, element: str) -> None:
    """Makes an element a member, in place."""
    node = fields.get(element)
    if node is None:
        fields[element] = {}
    elif node:
        node[_SELF] = {}


def union(a: Fields, b: Fields) -> Fields:
    if not a:
        return b
    if not b:
        return a
    made = dict(a)
    for name, below in b.items():
        mine = made.get(name)
        made[name] = below if mine is None else _union_node(mine, below)
    return made


def _union_node(a: Fields, b: Fields) -> Fields:
    if a is b or not (a or b):
        return a
    if not a:
        return b if _SELF in b else {_SELF: {}, **b}
    if not b:
        return a if _SELF in a else {_SELF: {}, **a}
    return union(a, b)


def difference(a: Fields, b: Fields) -> Fields:
    """Members of a that are no members of b."""
    if not a or not b:
        return a
    made: Fields = {}
    for name, below in a.items():
        other = b.get(name)
        if other is None:
            made[name] = below
        elif name != _SELF and (left := _difference_node(below, other)) is not None:
            made[name] = left
    return made


def _difference_node(a: Fields, b: Fields) -> Fields | None:
    keep = is_member(a) and not is_member(b)
    children = {name: below for name, below in a.items() if name != _SELF}
    if children:
        children = difference(children, b)
    if children:
        return {_SELF: {}, **children} if keep else children
    return {} if keep else None


def recursive_difference(a: Fields, b: Fields) -> Fields:
    """Like `difference`; what lies below a member of b goes too."""
    made: Fields = {}
    for name, below in a.items():
        other = b.get(name)
        if other is None:
            made[name] = below
        elif name == _SELF or is_member(other):
            continue
        else:
            keep = is_member(below)
            children = recursive_difference({n: v for n, v in below.items() if n != _SELF}, other)
            if children:
                made[name] = {_SELF: {}, **children} if keep else children
            elif keep:
                made[name] = {}
    return made


def intersection(a: Fields, b: Fields) -> Fields:
    """Members of both."""
    if len(b) < len(a):
        a, b = b, a
    made: Fields = {}
    for name, below in a.items():
        other = b.get(name)
        if other is None or name == _SELF:
            continue
        keep = is_member(below) and is_member(other)
        children = intersection(below, other) if below and other else {}
        if children:
            made[name] = {_SELF: {}, **children} if keep else children
        elif keep:
            made[name] = {}
    return made


def has(fields: Fields, path: tuple[str, ...]) -> bool:
    node = fields
    for element in path:
        found = node.get(element)
        if found is None:
            return False
        node = found
    return is_member(node)


def paths(fields: Fields, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every member's path: members of a level first, then what lies below, both in the order of the API server."""
    names = sorted((name for name in fields if name != _SELF), key=order)
    for name in names:
        if is_member(fields[name]):
            yield (*at, name)
    for name in names:
        yield from paths(fields[name], (*at, name))


def order(element: str) -> tuple[int, Any]:
    """What sorts path elements as the API server does: fields, keys, values, indices."""
    kind = "fkvi".find(element[0])
    if kind == 1:
        return kind, element[2:]
    if kind == 2:
        value = orjson.loads(element[2:])
        return kind, (isinstance(value, str), str(value) if isinstance(value, str) else "", element)
    return kind, element[2:]


def ordered(fields: Fields) -> Fields:
    """The same set with its elements in the API server's order, to be written."""
    if not fields:
        return fields
    made: Fields = {}
    if _SELF in fields:
        made[_SELF] = {}
    for name in sorted(name for name in fields if name != _SELF):
        made[name] = ordered(fields[name])
    return made


def parse(raw: Any) -> Fields:
    """A set out of FieldsV1 that a client sent. Raises ValueError where a path element can't be read."""
    if not isinstance(raw, dict):
        raise ValueError("fieldsV1 is no object")  # noqa: TRY004 - one kind of refusal
    made: Fields = {}
    for name, below in raw.items():
        if name == _SELF:
            made[_SELF] = {}
            continue
        if len(name) < 2 or name[1] != ":":
            raise ValueError(f"missing colon: {name}")
        kind = name[0]
        if kind not in "fkvi":
            continue
        if kind == "k":
            keys = orjson.loads(name[2:])
            if not isinstance(keys, dict):
                raise ValueError(f"not a key: {name}")
            name = key_element(keys)
        elif kind == "v":
            name = value_element(orjson.loads(name[2:]))
        made[name] = parse(below)
    return made


def spell(path: tuple[str, ...]) -> str:
    """A path as conflicts and errors spell it: `.spec.containers[name="web"].image`."""
    return "".join(spell_element(element) for element in path)


def spell_element(element: str) -> str:
    kind, rest = element[0], element[2:]
    if kind == "f":
        return "." + rest
    if kind == "k":
        keys = orjson.loads(rest)
        return "[" + ",".join(f"{name}={orjson.dumps(value).decode()}" for name, value in sorted(keys.items())) + "]"
    if kind == "v":
        return f"[={rest}]"
    return f"[{rest}]"
