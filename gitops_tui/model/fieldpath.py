"""Field paths as people read them: `spec.containers[name=app].image`, `metadata.annotations["a.b/c"]`; written and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from gitops_tui.model.text import escaped, printable, spelt, unescaped

_PLAIN = re.compile(r"^[A-Za-z_$][A-Za-z0-9_$-]*\Z")
_PLAIN_VALUE = re.compile(r"^[A-Za-z0-9_./:-]+\Z")

# What a path is made of: a field's name, an item's place, or an item's keys (in their order) with their values as text.
Step = str | int | tuple[tuple[str, str], ...]


def _quoted(text: str) -> str:
    return '"' + escaped(text).replace('"', '\\"') + '"'


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else spelt(value)
    return text if _PLAIN_VALUE.match(text) else _quoted(text)


def child(path: str, name: str) -> str:
    """The path of a field by that name."""
    suffix = _suffix(name)
    return path + suffix if path or suffix[0] != "." else suffix[1:]


@lru_cache(maxsize=8192)
def _suffix(name: str) -> str:
    return f".{name}" if _PLAIN.match(name) else f"[{_quoted(name)}]"


def item(path: str, keys: Iterable[str], item: Mapping[str, Any]) -> str:
    """The path of a map list's item."""
    return f"{path}[{','.join(f'{key}={_text(item.get(key))}' for key in keys if item.get(key) is not None)}]"


def member(path: str, value: Any) -> str:
    """The path of a set's member."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else spelt(value)
    return f"{path}[={printable(text[:60])}]"


def index(path: str, at: int) -> str:
    """The path of a list's item by its place, from 0."""
    return f"{path}[{at}]"


_STEP = re.compile(r'\.?[^.\["]+|\[(?:[^\]"]|"(?:\\.|[^"\\])*")*\]')


def last(path: str) -> str:
    """The last step of a path as it stands there: ".image", "[name=app]", "[\"a.b/c\"]"."""
    steps = _STEP.findall(path)
    return steps[-1] if steps else path


def parent(path: str) -> str:
    """The path without its last step."""
    return path[: len(path) - len(last(path))]


def above(path: str) -> list[str]:
    """The paths of what a path lies in, from the outside; one that a quoted name only looks like may be among them."""
    return [path[:at] for at, char in enumerate(path) if char in ".[" and at]


_NAME = r"[A-Za-z_$][A-Za-z0-9_$/-]*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PAIR = rf"[A-Za-z_$][A-Za-z0-9_$-]*=(?:{_QUOTED}|[A-Za-z0-9_./:-]+)"
_READ = re.compile(
    rf"(?P<dot>\.?)(?P<name>{_NAME})|\[(?:(?P<quoted>{_QUOTED})|(?P<index>\d{{1,9}})|(?P<item>{_PAIR}(?:,{_PAIR})*))\]",
    re.DOTALL,
)
_PAIRS = re.compile(rf"([^=,]+)=({_QUOTED}|[^,]+)", re.DOTALL)


def steps_of(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None for what is no path, and for that of a set's member, which has no place."""
    made: list[Step] = []
    at = 0
    while at < len(path):
        found = _READ.match(path, at)
        if found is None or (found["name"] and made and not found["dot"]):
            return None
        if found["name"]:
            made.append(found["name"])
        elif found["quoted"]:
            made.append(_unquoted(found["quoted"]))
        elif found["index"]:
            made.append(int(found["index"]))
        else:
            made.append(tuple((name, _unquoted(value)) for name, value in _PAIRS.findall(found["item"])))
        at = found.end()
    return tuple(made) or None


def _unquoted(text: str) -> str:
    return unescaped(text[1:-1]) if text.startswith('"') else text
