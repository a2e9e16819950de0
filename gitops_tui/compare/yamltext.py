"""One value as one line of YAML, made printable; and documents that stand inside strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from gitops_tui.model.drift import Masked
from gitops_tui.model.text import printable

_PLAIN = re.compile(r"^[A-Za-z/_][A-Za-z0-9 ._/@=+-]*\Z|^[0-9]+\Z")
_RESOLVER = yaml.SafeLoader.yaml_implicit_resolvers
_MAX_TEXT = 4000
_AROUND = 200


def scalar_text(value: Any) -> str:
    """One scalar as YAML on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Masked):
        return str(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    text = printable(str(value))
    if _PLAIN.match(text) and not text.endswith(" ") and text == value and _stays_text(text):
        return text
    if text and text == value and ": " not in text and " #" not in text and text[0] not in "-?:,[]{}#&*!|>'\"%@` ":
        return text if _stays_text(text) and not text.endswith((" ", ":")) else f"'{text}'"
    return "'" + text.replace("'", "''") + "'"


def _stays_text(text: str) -> bool:
    # What older YAML, and Kubernetes' own reader, take for true and false.
    return (
        text not in ("y", "Y", "n", "N")
        and all(not pattern.match(text) for _, pattern in _RESOLVER.get(text[:1], []))
        and text not in ("~", "null")
    )


def _number(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > 1024:
        return f"(a number of {value.bit_length()} bits)"
    return str(value)


def clipped(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values fit for one line each: very long texts are cut to what lies around their first difference."""
    longest = max(len(side) for side in (left, right, "") if isinstance(side, str))
    if longest <= _MAX_TEXT:
        return left, right
    start = 0
    if isinstance(left, str) and isinstance(right, str) and left != right:
        start = max(0, first_difference(left, right) - _AROUND)
    return _window(left, start), _window(right, start)


def first_difference(left: str, right: str) -> int:
    """Where two texts begin to differ; the length of the shorter one where it begins the other."""
    # Halving finds it without a step for each character.
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if left[:middle] == right[:middle] else (low, middle - 1)
    return low


def _window(value: Any, start: int) -> Any:
    if not isinstance(value, str) or len(value) <= _MAX_TEXT:
        return value
    end = start + _MAX_TEXT - _AROUND
    head = f"…({start} characters)… " if start else ""
    return head + value[start:end] + (f" …({len(value) - end} more characters)" if end < len(value) else "")


def inner_documents(left: Any, right: Any, *, always: bool = False) -> tuple[Any, Any, str] | None:
    """Two texts of JSON as lines, and a word on how they are written; None where both have lines already, where they
    aren't both an object or a list, or say the same. always: also where they say the same, have lines, or one is no
    text."""
    texts = [text.strip() for text in (left, right) if isinstance(text, str)]
    if not texts or any(len(text) < 20 or text[0] not in "{[" for text in texts):
        return None
    lined = ["\n" in text for text in texts]
    if not always and (len(texts) < 2 or all(lined)):
        return None
    try:
        made = [
            orjson.dumps(orjson.loads(side.strip()), option=orjson.OPT_INDENT_2).decode()
            if isinstance(side, str)
            else side
            for side in (left, right)
        ]
    except (ValueError, TypeError):
        return None
    if not always and made[0] == made[1]:
        return None
    return made[0], made[1], "JSON, on one line on one side" if any(lined) else "JSON on one line"
