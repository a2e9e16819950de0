"""Two texts that differ, written so that a reader sees in what: tabs, odd spaces and characters that take no room or
look like others are spelt out where nothing else tells the two apart."""

from __future__ import annotations

import unicodedata
from typing import Any

from gitops_tui.compare.yamltext import clipped, first_difference, scalar_text
from gitops_tui.model.text import printable

# What shows nothing, or no more than a space, and that normalising leaves as it is.
_UNSEEN = dict.fromkeys((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, *range(0xFE00, 0xFE10)))
_NOT_ASCII = {0x09: "\\t"}


def _seen(text: str) -> str:
    """What an eye makes of a printable text."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    return "".join(each for each in plain if unicodedata.category(each) != "Cf")


def _spelt(text: str) -> str:
    return printable(text.translate(_NOT_ASCII).encode("ascii", "backslashreplace").decode())


def apart(left: str, right: str) -> tuple[str, str]:
    """Two lines as they are shown: printable, and spelt out where they differ and would look alike."""
    shown = printable(left), printable(right)
    if left == right:
        return shown
    one, other = _seen(shown[0]), _seen(shown[1])
    if one == other:
        return _spelt(left), _spelt(right)
    if one.rstrip() == other.rstrip():
        dotted = [text.rstrip(" ") + "·" * (len(text) - len(text.rstrip(" "))) for text in shown]
        return dotted[0], dotted[1]
    return shown


def brief(left: str, right: str, limit: int) -> tuple[str, str]:
    """Two texts in about `limit` characters each, around their first difference, as `apart`."""
    start = max(0, first_difference(left, right) - limit // 3) if max(len(left), len(right)) > limit else 0
    shown = apart(left[start : start + limit], right[start : start + limit])

    def whole(text: str, said: str) -> str:
        more = len(text) > start + limit or len(said) > limit
        return ("…" if start else "") + said[:limit] + ("…" if more else "")

    return whole(left, shown[0]), whole(right, shown[1])


def scalars(left: Any, right: Any) -> tuple[str, str]:
    """Two values, each on one line of YAML, as `apart`; very long texts are cut to what lies around their first
    difference."""
    left, right = clipped(left, right)
    texts = scalar_text(left), scalar_text(right)
    if (
        isinstance(left, str)
        and isinstance(right, str)
        and left != right
        and _seen(printable(left)) == _seen(printable(right))
    ):
        return _double(left), _double(right)
    return texts


def _double(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_spelt(escaped)}"'


def lines(text: str) -> list[str]:
    """The lines of a text of several, without the line break at its end."""
    made = text.split("\n")
    return made[:-1] if len(made) > 1 and not made[-1] else made


def indicator(text: str) -> str:
    """How YAML says what stands at such a text's end: "|", "|-" or "|+"."""
    if not text.endswith("\n"):
        return "|-"
    return "|+" if text.endswith("\n\n") or text == "\n" else "|"
