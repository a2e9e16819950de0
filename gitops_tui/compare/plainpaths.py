"""Path expressions that need no jq: fields, places in lists, and items chosen by their keys, as `rulefor` writes them.

Where the extra jq is not installed, rules of just this form still hold. What an expression names is what jq would name, and
what jq refuses (a field of a text, the items of nothing) is refused too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

_KEY = r'(?:[A-Za-z_][A-Za-z0-9_]*|\["(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"\])'
_TEXT = r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'
_CONDITION = rf"(?:\.{_KEY} == {_TEXT}|\(\.{_KEY} \| tostring\) == {_TEXT}|\(\.{_KEY} // {_TEXT}\) == {_TEXT})"
_FIELD = re.compile(rf"\.({_KEY})")
_INDEX = re.compile(r"\[(\d{1,9})\]")
_SELECT = re.compile(rf"\[\] \| select\(({_CONDITION}(?: and {_CONDITION})*)\)")
_ONE = re.compile(
    rf"\.(?P<plain>{_KEY}) == (?P<a>{_TEXT})|\(\.(?P<text>{_KEY}) \| tostring\) == (?P<b>{_TEXT})"
    rf"|\(\.(?P<or>{_KEY}) // (?P<default>{_TEXT})\) == (?P<c>{_TEXT})"
)

Path = tuple[Any, ...]
_Step = Callable[[Any], list[tuple[Any, Any]]]


class Refused(Exception):
    """Why an expression can't be used on an object, in jq's words."""


def plain_paths(expression: str, obj: Mapping[str, Any]) -> list[Path] | str | None:
    """The paths that an expression names in an object, or why it can't be used; None where it needs jq."""
    steps = _steps(expression)
    if steps is None:
        return None
    found: list[tuple[Path, Any]] = [((), obj)]
    try:
        for step in steps:
            found = [((*path, name), below) for path, value in found for name, below in step(value)]
    except Refused as error:
        # An object that has no such list is no fault of the expression.
        return [] if str(error) == "Cannot iterate over null" else str(error)
    return [path for path, _ in found]


@lru_cache(maxsize=256)
def _steps(expression: str) -> tuple[_Step, ...] | None:
    made: list[_Step] = []
    at = 0
    chosen = False
    while at < len(expression):
        if chosen:
            if not expression.startswith(" | ", at):
                return None
            at += 3
        if match := _FIELD.match(expression, at):
            made.append(_field(_name(match[1])))
        elif not chosen and made and (match := _INDEX.match(expression, at)):
            made.append(_index(int(match[1])))
        elif not chosen and made and (match := _SELECT.match(expression, at)):
            made.append(_items([_condition(each) for each in _ONE.finditer(match[1])]))
        else:
            return None
        chosen = match.re is _SELECT
        at = match.end()
    return tuple(made) or None


def _name(text: str) -> str:
    return str(json.loads(text[1:-1])) if text.startswith("[") else text


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _get(value: Any, name: str) -> Any:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise Refused(f'Cannot index {_kind(value)} with "{name}"')
    return value.get(name)


def _field(name: str) -> _Step:
    return lambda value: [(name, _get(value, name))]


def _index(place: int) -> _Step:
    def step(value: Any) -> list[tuple[Any, Any]]:
        if value is not None and not isinstance(value, list):
            raise Refused(f"Cannot index {_kind(value)} with number")
        return [(place, value[place] if value is not None and place < len(value) else None)]

    return step


def _items(conditions: list[Callable[[Any], bool]]) -> _Step:
    def step(value: Any) -> list[tuple[Any, Any]]:
        if isinstance(value, list):
            listed = list(enumerate(value))
        elif isinstance(value, Mapping):
            listed = list(value.items())
        else:
            raise Refused(f"Cannot iterate over {_kind(value)}")
        return [(name, each) for name, each in listed if all(fits(each) for fits in conditions)]

    return step


def _condition(match: re.Match[str]) -> Callable[[Any], bool]:
    if match["plain"] is not None:
        name, wanted = _name(match["plain"]), json.loads(match["a"])
        return lambda item: bool(_get(item, name) == wanted)
    if match["text"] is not None:
        name, wanted = _name(match["text"]), json.loads(match["b"])
        return lambda item: _as_text(_get(item, name)) == wanted
    name, default, wanted = _name(match["or"]), json.loads(match["default"]), json.loads(match["c"])

    def fits(item: Any) -> bool:
        found = _get(item, name)
        return bool((default if found is None or found is False else found) == wanted)

    return fits


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
