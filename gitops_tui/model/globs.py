"""Patterns over names and URLs as gobwas/glob reads them (Argo CD, util/glob); pure.

`*` any characters but separators, `**` any at all, `?` one that is no separator, `[abc]`, `[a-z]`, `[!a]`, `{one,two}`, `\\x`.
Matched without backtracking, so that no pattern takes long.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache

MOST_CHARACTERS = 2_000
_MOST_ALTERNATIVES, _MOST_BRACES = 500, 50

# One place of a pattern: (whether it is repeated, whether it takes a character)
_Piece = tuple[bool, Callable[[str], bool]]


def glob_match(pattern: str, text: str, separators: str = "") -> bool:
    """Whether it matches; "*" alone takes everything, a pattern that is none takes nothing."""
    if pattern == "*":
        return True
    try:
        return compiled(pattern, separators)(text)
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def compiled(pattern: str, separators: str = "") -> Callable[[str], bool]:
    """Raises ValueError for what is no pattern."""
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(f"is longer than {MOST_CHARACTERS} characters")
    if pattern.count("{") > _MOST_BRACES:
        raise ValueError(f"has more than {_MOST_BRACES} braces")
    rows = [tuple(row) for row in _rows(pattern, separators)]
    return lambda text: any(_matches(row, text) for row in rows)


def _matches(row: tuple[_Piece, ...], text: str) -> bool:
    """Follows all places at which the text may stand at once."""
    standing = _after(row, {0})
    for char in text:
        moved: set[int] = set()
        for at in standing:
            if at < len(row) and row[at][1](char):
                moved.add(at if row[at][0] else at + 1)
        standing = _after(row, moved)
        if not standing:
            return False
    return len(row) in standing


def _after(row: tuple[_Piece, ...], places: set[int]) -> set[int]:
    """What repeats may be left out."""
    found = set(places)
    for at in sorted(places):
        while at < len(row) and row[at][0]:
            at += 1
            found.add(at)
    return found


def _rows(pattern: str, separators: str) -> list[list[_Piece]]:
    rows, at = _sequence(pattern, 0, separators, inside=False)
    if at != len(pattern):
        raise ValueError("has a } that nothing opened")
    return rows


def _sequence(pattern: str, at: int, separators: str, *, inside: bool) -> tuple[list[list[_Piece]], int]:
    """All the ways to read a pattern from `at` to its end, or (inside braces) to "," or "}"."""
    rows: list[list[_Piece]] = [[]]
    while at < len(pattern):
        char = pattern[at]
        if inside and char in ",}":
            break
        if char == "{":
            choices, at = _choices(pattern, at + 1, separators)
            rows = [row + choice for row in rows for choice in choices]
            if len(rows) > _MOST_ALTERNATIVES:
                raise ValueError(f"has more than {_MOST_ALTERNATIVES} alternatives")
            continue
        piece, at = _piece(pattern, at, separators)
        for row in rows:
            row.append(piece)
    return rows, at


def _choices(pattern: str, at: int, separators: str) -> tuple[list[list[_Piece]], int]:
    found: list[list[_Piece]] = []
    while True:
        rows, at = _sequence(pattern, at, separators, inside=True)
        found += rows
        if at >= len(pattern):
            raise ValueError("has a { without its }")
        at += 1
        if pattern[at - 1] == "}":
            return found, at


def _piece(pattern: str, at: int, separators: str) -> tuple[_Piece, int]:
    char = pattern[at]
    if char == "*":
        if pattern[at + 1 : at + 2] == "*":
            return (True, lambda _: True), at + 2
        return (True, lambda one: one not in separators), at + 1
    if char == "?":
        return (False, lambda one: one not in separators), at + 1
    if char == "[":
        return _class(pattern, at + 1)
    if char == "\\":
        char = pattern[at + 1 : at + 2]
        if not char:
            raise ValueError("ends with a \\")
        at += 1
    return (False, lambda one: one == char), at + 1


def _class(pattern: str, at: int) -> tuple[_Piece, int]:
    """What stands in brackets: a range or a list of characters."""
    no = pattern[at : at + 1] == "!"
    at += no
    if pattern[at + 1 : at + 2] == "-" and pattern[at + 3 : at + 4] == "]":
        low, high = pattern[at], pattern[at + 2]
        if low > high:
            raise ValueError(f"has a range that begins after its end: {low}-{high}")
        return (False, lambda one: (low <= one <= high) is not no), at + 4
    end = pattern.find("]", at)
    if end < 0 or end == at:
        raise ValueError("has a [ without its ]" if end < 0 else "has an empty []")
    if pattern[at + 1 : at + 2] == "-":
        raise ValueError("has more in [] than one range")
    some = pattern[at:end]
    return (False, lambda one: (one in some) is not no), end + 1


@lru_cache(maxsize=8192)
def is_named(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of these shell patterns is about a name (upper and lower case alike)."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
