"""Which words of two lines differ."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_MAX_LINE = 2_000
_MAX_BLOCK = 60
_ALIKE = 0.4

Spans = tuple[tuple[int, int], ...]


def changed_words(old: str, new: str) -> tuple[Spans, Spans]:
    """The (start, end) of what differs in each of two lines; all empty where they have too little in common."""
    if len(old) > _MAX_LINE or len(new) > _MAX_LINE:
        return (), ()
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    same = sum(len("".join(left[block.a : block.a + block.size]).strip()) for block in matcher.get_matching_blocks())
    longest = max(len(old.strip()), len(new.strip()))
    if longest and same < longest * 0.25:
        return (), ()
    starts_left, starts_right = _starts(left), _starts(right)
    before, after = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            if b > a:
                before.append((starts_left[a], starts_left[b]))
            if d > c:
                after.append((starts_right[c], starts_right[d]))
    return tuple(before), tuple(after)


def _starts(tokens: list[str]) -> list[int]:
    made, at = [0], 0
    for token in tokens:
        at += len(token)
        made.append(at)
    return made


def pairs(removed: list[str], added: list[str]) -> list[tuple[int, int]]:
    """Which removed line became which added one, in order."""
    if len(removed) == len(added):
        return [(at, at) for at in range(len(removed))]
    if len(removed) > _MAX_BLOCK or len(added) > _MAX_BLOCK:
        return []
    found, begin = [], 0
    for at, line in enumerate(removed):
        best, score = -1, _ALIKE
        for other in range(begin, len(added)):
            alike = SequenceMatcher(None, line.strip(), added[other].strip()).quick_ratio()
            if alike > score:
                best, score = other, alike
        if best >= 0:
            found.append((at, best))
            begin = best + 1
    return found
