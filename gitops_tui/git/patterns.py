"""Glob patterns over folders of a repository."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether a path matches: `*` and `?` inside one part, `**` over parts, `[ab]`, `{a,b}`.
    A part that begins with a dot is matched only by a pattern part that begins with one."""
    expressions = [re.compile(_translate(each)) for each in _alternatives(pattern)]
    return lambda path: any(expression.fullmatch(path) for expression in expressions)


def _alternatives(pattern: str) -> list[str]:
    found = re.search(r"\{([^{}]*)\}", pattern)
    if found is None or len(pattern) > 2000:
        return [pattern]
    made: list[str] = []
    for choice in found[1].split(",")[:50]:
        made += _alternatives(pattern[: found.start()] + choice + pattern[found.end() :])
        if len(made) > 1000:
            break
    return made


def _translate(pattern: str) -> str:
    parts = pattern.split("/")
    made = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            made += r"(?!\.)[^/]+(?:/(?!\.)[^/]+)*" if last else r"(?:(?!\.)[^/]+/)*"
            continue
        made += _part(part) + ("" if last else "/")
    return made


def _part(part: str) -> str:
    made = r"(?!\.)" if part[:1] in ("*", "?", "[") else ""
    at = 0
    while at < len(part):
        char = part[at]
        end = part.find("]", at + 2) if char == "[" else -1
        if char == "*":
            made += "[^/]*"
        elif char == "?":
            made += "[^/]"
        elif end > 0:
            inside = part[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            made += "[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]"
            at = end
        else:
            made += re.escape(char)
        at += 1
    return re.sub(r"(\[\^/\]\*)+", "[^/]*", made)
