"""Sprig's functions on lists and dicts. Nothing is changed in place but by `set` and `unset`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from gitops_tui.render.gotemplate.numbers import integer
from gitops_tui.render.gotemplate.parse import TemplateError
from gitops_tui.render.gotemplate.texts import text, to_string
from gitops_tui.render.gotemplate.values import truth


def items(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TemplateError("wrong type for value; expected a list")
    return list(value)


def _map(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TemplateError("wrong type for value; expected map[string]interface {}")
    return value


def _join(separator: Any, value: Any) -> str:
    if not isinstance(value, list | tuple):
        return to_string(value)
    return text(separator).join(to_string(each) for each in value if each is not None)


def _strings(value: Any) -> list[str]:
    return [to_string(each) for each in (value if isinstance(value, list | tuple) else [value]) if each is not None]


def _unique(value: Any) -> list[Any]:
    made: list[Any] = []
    for each in items(value):
        if each not in made:
            made.append(each)
    return made


def _dict(*pairs: Any) -> dict[str, Any]:
    given = [*pairs, ""] if len(pairs) % 2 else list(pairs)
    return {to_string(given[at]): given[at + 1] for at in range(0, len(given), 2)}


def _set(value: Any, key: Any, new: Any) -> Any:
    _map(value)[text(key)] = new
    return value


def _unset(value: Any, key: Any) -> Any:
    _map(value).pop(text(key), None)
    return value


def _merged(target: dict[str, Any], *sources: Any, over: bool) -> dict[str, Any]:
    """dario.cat/mergo: fills what is empty, or with `over` takes whatever the sources have that is not empty."""
    for source in sources:
        for key, value in _map(source).items():
            before = target.get(key)
            if isinstance(before, Mapping) and isinstance(value, Mapping):
                target[key] = _merged(dict(before), value, over=over)
            elif (over and truth(value)) or key not in target or (not over and not truth(before)):
                target[key] = value
    return target


merged = _merged


def _slice(value: Any, *places: Any) -> list[Any]:
    return items(value)[slice(*(integer(each) for each in places))]


def _dig(*args: Any) -> Any:
    *keys, fallback, value = args
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return fallback
        value = value[key]
    return value


def _chunk(size: Any, value: Any) -> list[list[Any]]:
    step = integer(size)
    if step < 1:
        raise TemplateError("a chunk needs a size")
    found = items(value)
    return [found[at : at + step] for at in range(0, len(found), step)]


LISTS: dict[str, Callable[..., Any]] = {
    "list": lambda *values: list(values),
    "tuple": lambda *values: list(values),
    "first": lambda value: items(value)[0] if value else None,
    "last": lambda value: items(value)[-1] if value else None,
    "rest": lambda value: items(value)[1:],
    "initial": lambda value: items(value)[:-1],
    "append": lambda value, new: [*items(value), new],
    "push": lambda value, new: [*items(value), new],
    "prepend": lambda value, new: [new, *items(value)],
    "concat": lambda *values: [each for value in values for each in items(value)],
    "reverse": lambda value: items(value)[::-1],
    "uniq": _unique,
    "without": lambda value, *gone: [each for each in items(value) if each not in gone],
    "has": lambda needle, value: needle in items(value) if value is not None else False,
    "compact": lambda value: [each for each in items(value) if truth(each)],
    "chunk": _chunk,
    "join": _join,
    "sortAlpha": lambda value: sorted(_strings(value)),
    "toStrings": _strings,
    "dict": _dict,
    "get": lambda value, key: _map(value).get(text(key), ""),
    "set": _set,
    "unset": _unset,
    "hasKey": lambda value, key: text(key) in _map(value),
    "pluck": lambda key, *values: [each[key] for each in values if key in _map(each)],
    "dig": _dig,
    "keys": lambda *values: [key for each in values for key in sorted(_map(each))],
    "values": lambda value: [_map(value)[key] for key in sorted(value)],
    "pick": lambda value, *names: {key: _map(value)[key] for key in names if key in value},
    "omit": lambda value, *names: {key: each for key, each in _map(value).items() if key not in names},
    "merge": lambda target, *sources: _merged(target, *sources, over=False),
    "mergeOverwrite": lambda target, *sources: _merged(target, *sources, over=True),
    "deepCopy": copy.deepcopy,
}
LISTS["mustSlice"] = _slice
CHECKED = (
    "first",
    "last",
    "rest",
    "initial",
    "append",
    "push",
    "prepend",
    "reverse",
    "uniq",
    "without",
    "has",
    "compact",
    "chunk",
    "merge",
    "mergeOverwrite",
    "deepCopy",
)
