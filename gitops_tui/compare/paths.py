"""Field paths as people read them: `spec.containers[name=app].image`, `metadata.annotations["a.b/c"]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from gitops_tui.model.text import printable

_PLAIN = re.compile(r"^[A-Za-z_$][A-Za-z0-9_$-]*$")
_PLAIN_VALUE = re.compile(r"^[A-Za-z0-9_./:-]+$")


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
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
