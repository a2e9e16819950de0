"""Reading Kubernetes objects of any shape: what is missing or of another type reads as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gitops_tui.model.text import printable, redact

Obj = Mapping[str, Any]
MESSAGE_LIMIT: Final = 1000
"""Characters of a message that are kept."""
_NOTHING: Final[Mapping[str, Any]] = {}


def part(obj: Any, *names: str) -> Mapping[str, Any]:
    """A mapping inside an object, {} where it isn't there or is something else."""
    for name in names:
        # Asking for the class first is ten times faster than asking for what it can do, and nearly all are dicts.
        obj = obj.get(name) if obj.__class__ is dict or isinstance(obj, Mapping) else None
        if obj is None:
            return _NOTHING
    return obj if obj.__class__ is dict or isinstance(obj, Mapping) else _NOTHING


def number(obj: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A whole number (a whole float counts, as in the API's own decoder), `default` where it is none."""
    value = obj.get(name)
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return default


def items(obj: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    value = obj.get(name)
    if not isinstance(value, list):
        return []
    return [each for each in value if each.__class__ is dict or isinstance(each, Mapping)]


def word(obj: Mapping[str, Any], name: str) -> str:
    """A text, "" where it is none."""
    value = obj.get(name)
    return value if isinstance(value, str) else ""


def said(condition: Mapping[str, Any]) -> str:
    """What a condition says: its message, else its reason."""
    return word(condition, "message") or word(condition, "reason")


def clean(text: str) -> str:
    """A message as it may be shown: one line, printable, without credentials, at most MESSAGE_LIMIT characters."""
    if len(text) <= MESSAGE_LIMIT and text.isascii() and text.isprintable() and not ("/" in text or " " in text):
        return text
    text = redact(text[: 4 * MESSAGE_LIMIT])
    text = printable(" ".join(text.split()))
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"
