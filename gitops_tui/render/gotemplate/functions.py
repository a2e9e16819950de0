"""The functions of templates: Go's own and sprig's, as far as they give the same result each time.

What reads the clock, chance, the environment or the network is not there: an application must not change by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gitops_tui.render.gotemplate import lists, texts
from gitops_tui.render.gotemplate.numbers import NUMBERS
from gitops_tui.render.gotemplate.parse import TemplateError
from gitops_tui.render.gotemplate.values import truth


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {int: "int", float: "float64", str: "string"}.get(type(value), "")


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    for other in others:
        if first is None or other is None:
            same = first is other
        elif not _kind(first) or not _kind(other) or _kind(first) != _kind(other):
            raise TemplateError("incompatible types for comparison")
        else:
            same = first == other
        if same:
            return True
    return False


def _less(first: Any, second: Any) -> bool:
    if _kind(first) != _kind(second) or _kind(first) in ("", "bool"):
        raise TemplateError("incompatible types for comparison")
    return bool(first < second)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if value is None:
            raise TemplateError("index of nil pointer")
        if isinstance(value, Mapping):
            if not isinstance(key, str):
                raise TemplateError("value has type that is no key of the map; should be string")
            value = value.get(key)
        elif isinstance(value, list | tuple | str):
            if isinstance(key, bool) or not isinstance(key, int):
                raise TemplateError("cannot index slice/array with this type")
            if not 0 <= key < len(value):
                raise TemplateError(f"index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        else:
            raise TemplateError("can't index this type")
    return value


def _slice(value: Any, *places: int) -> Any:
    if not isinstance(value, str | list) or len(places) > 2:
        raise TemplateError("can't slice this")
    start = places[0] if places else 0
    end = places[1] if len(places) > 1 else len(value)
    if not 0 <= start <= end <= len(value):
        raise TemplateError("index out of range")
    return value[start:end]


def _len(value: Any) -> int:
    if not isinstance(value, str | list | tuple | Mapping):
        raise TemplateError("len of a type that has none")
    return len(value.encode()) if isinstance(value, str) else len(value)


def _fail(message: Any) -> Any:
    raise TemplateError(str(message))


def _default(fallback: Any, value: Any = None) -> Any:
    return value if truth(value) else fallback


def _ternary(yes: Any, no: Any, value: Any) -> Any:
    return yes if value is True else no


def _kind_of(value: Any) -> str:
    if value is None:
        return "invalid"
    return _kind(value) or ("map" if isinstance(value, Mapping) else "slice")


def _type_of(value: Any) -> str:
    if value is None:
        return "<nil>"
    return _kind(value) or ("map[string]interface {}" if isinstance(value, Mapping) else "[]interface {}")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda value: not truth(value),
    "eq": _eq,
    "ne": lambda first, second: not _eq(first, second),
    "lt": _less,
    "le": lambda first, second: _less(first, second) or _eq(first, second),
    "gt": lambda first, second: not (_less(first, second) or _eq(first, second)),
    "ge": lambda first, second: not _less(first, second),
    "index": _index,
    "slice": _slice,
    "len": _len,
    "fail": _fail,
    "default": _default,
    "empty": lambda value: not truth(value),
    "coalesce": lambda *values: next((each for each in values if truth(each)), None),
    "all": lambda *values: all(map(truth, values)),
    "any": lambda *values: any(map(truth, values)),
    "ternary": _ternary,
    "kindOf": _kind_of,
    "kindIs": lambda kind, value: _kind_of(value) == kind,
    "typeOf": _type_of,
    "typeIs": lambda kind, value: _type_of(value) == kind,
    "typeIsLike": lambda kind, value: _type_of(value) in (kind, f"*{kind}"),
    "deepEqual": lambda first, second: type(first) is type(second) and first == second,
    **NUMBERS,
    **texts.TEXTS,
    **lists.LISTS,
}
for _name in (*lists.CHECKED, *texts.CHECKED):
    FUNCTIONS["must" + _name[0].upper() + _name[1:]] = FUNCTIONS[_name]
