"""Glob patterns over folders of a repository."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether a path matches: `*` and `?` inside one part, `**` over parts, `[ab]`, `{a,b}`.
    A part that begins with a dot is matched only by a pattern part that begins with one."""
    expressions = [re.compile(_translate(each)) for each in _alternatives(pattern)]
    return lambda path: any(expression.fullmatch(path) for expression in expressions)


def argocd_matcher(pattern: str) -> Callable[[str], bool]:
    """As `directory.include` and `exclude` match in Argo CD (util/glob: gobwas/glob without separators): `*` and `?`
    also match "/" and a leading dot, so `*.yaml` takes the files of sub-folders."""
    expressions = [re.compile(_across(each), re.DOTALL) for each in _alternatives(pattern)]
    return lambda path: any(expression.fullmatch(path) for expression in expressions)


def doublestar_matcher(pattern: str) -> Callable[[str], bool]:
    """As bmatcuk/doublestar, which Argo CD uses for value files: as `matcher`, but a leading dot is like any other."""
    expressions = [re.compile(_translate(each).replace(r"(?!\.)", "")) for each in _alternatives(pattern)]
    return lambda path: any(expression.fullmatch(path) for expression in expressions)


def _across(pattern: str) -> str:
    return _part(re.sub(r"\*+", "*", pattern)).removeprefix(r"(?!\.)").replace("[^/]*", ".*").replace("[^/]", ".")


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


def _class_end(part: str, at: int) -> int:
    """Where a `[...]` that begins at `at` ends, -1 where it is no character class (then `[` stands for itself)."""
    end = part.find("]", at + (3 if part[at + 1 : at + 2] in ("!", "^") else 2))
    if end < 0:
        return -1
    try:
        re.compile(_class(part[at + 1 : end]))
    except re.error:
        return -1
    return end


def _class(inside: str) -> str:
    inside = inside.replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
    return "[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]"


def _part(part: str) -> str:
    made = r"(?!\.)" if part[:1] in ("*", "?", "[") else ""
    at = 0
    while at < len(part):
        char = part[at]
        end = _class_end(part, at) if char == "[" else -1
        if char == "*":
            made += "[^/]*"
        elif char == "?":
            made += "[^/]"
        elif end > 0:
            made += _class(part[at + 1 : end])
            at = end
        else:
            made += re.escape(char)
        at += 1
    return re.sub(r"(\[\^/\]\*)+", "[^/]*", made)
