"""Which lines and which words differ: bounded, whatever the texts are.

Common beginnings and ends are taken off first. Long texts are cut at lines that each side has just once (patience
diff), and what lies between is matched line by line where it is short enough, and told as replaced where it is not.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

Block = tuple[str, int, int, int, int]
# Beyond this many lines in a stretch a full match would take too long.
_SHORT = 400
_MAX_WORDS = 600
_LONG_WORD, _WHOLE = 40, 16
_WORDS = re.compile(r"\w+|\W")
Ranges = tuple[tuple[int, int], ...]


def line_blocks(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """Blocks as difflib's opcodes: ("equal" | "replace" | "insert" | "delete", from, to, from, to)."""
    made: list[Block] = []
    stack = [(0, len(left), 0, len(right))]
    pieces: list[Block] = []
    while stack:
        a, b, c, d = stack.pop()
        start = 0
        while a + start < b and c + start < d and left[a + start] == right[c + start]:
            start += 1
        end = 0
        while a + start < b - end and c + start < d - end and left[b - end - 1] == right[d - end - 1]:
            end += 1
        if start:
            pieces.append(("equal", a, a + start, c, c + start))
        if end:
            pieces.append(("equal", b - end, b, d - end, d))
        a, b, c, d = a + start, b - end, c + start, d - end
        if a == b and c == d:
            continue
        if a == b or c == d:
            pieces.append(("insert" if a == b else "delete", a, b, c, d))
        elif b - a <= _SHORT and d - c <= _SHORT:
            matcher = difflib.SequenceMatcher(None, left[a:b], right[c:d], autojunk=False)
            pieces += [(tag, a + i, a + j, c + k, c + m) for tag, i, j, k, m in matcher.get_opcodes()]
        else:
            anchors = _anchors(left, right, a, b, c, d)
            if not anchors:
                pieces.append(("replace", a, b, c, d))
                continue
            for x, y in anchors:
                pieces.append(("equal", x, x + 1, y, y + 1))
                stack.append((a, x, c, y))
                a, c = x + 1, y + 1
            stack.append((a, b, c, d))
    for piece in sorted(pieces, key=lambda each: (each[1], each[3], each[2], each[4])):
        if made and piece[0] == "equal" == made[-1][0] and made[-1][2] == piece[1] and made[-1][4] == piece[3]:
            made[-1] = ("equal", made[-1][1], piece[2], made[-1][3], piece[4])
        else:
            made.append(piece)
    return made


def _anchors(left: Sequence[str], right: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """Lines that each side has once, in an order that both keep."""
    counted = Counter(left[a:b])
    there = Counter(right[c:d])
    places = {line: at for at, line in enumerate(right[c:d], c) if there[line] == 1}
    pairs = [(at, places[line]) for at, line in enumerate(left[a:b], a) if counted[line] == 1 and line in places]
    return [pairs[at] for at in increasing([place for _, place in pairs])]


def increasing(values: Sequence[int]) -> list[int]:
    """The indexes of a longest increasing run through `values`."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, value in enumerate(values):
        place = bisect_left(tails, value)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            ends.append(at)
        else:
            tails[place] = value
            ends[place] = at
    made = []
    at = ends[-1] if ends else -1
    while at >= 0:
        made.append(at)
        at = before[at]
    return made[::-1]


def _words(text: str) -> list[str]:
    """The words of a text; a very long one in pieces, so that what is alike around a change in it is no change."""
    return [word[at : at + _LONG_WORD] for word in _WORDS.findall(text) for at in range(0, len(word), _LONG_WORD)]


def _alike(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many characters of two replaced stretches are alike at the beginning and at the end, where they hold very long
    words."""
    if not left or not right or max(map(len, (*left, *right))) < _WHOLE:
        return 0, 0
    one, other = "".join(left), "".join(right)
    most = min(len(one), len(other))
    head = next((at for at in range(most) if one[at] != other[at]), most)
    tail = next((at for at in range(most - head) if one[-at - 1] != other[-at - 1]), most - head)
    return head, tail


def marks(left: str, right: str, start: int) -> tuple[Ranges, Ranges]:
    """The character ranges in which two lines differ, from `start` on, by words. Quotes around one side alone are told
    only where nothing else is."""
    if left == right:
        return (), ()
    found = _marks(left, right, start)
    if (left[start : start + 1] == "'") == (right[start : start + 1] == "'"):
        return found
    plain = tuple(
        tuple(each for each in side if text[slice(*each)] != "'")
        for side, text in zip(found, (left, right), strict=True)
    )
    return (plain[0], plain[1]) if any(plain) else found


def _marks(left: str, right: str, start: int) -> tuple[Ranges, Ranges]:
    one, other = _words(left[start:]), _words(right[start:])
    head = 0
    while head < len(one) and head < len(other) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < len(one) - head and tail < len(other) - head and one[-tail - 1] == other[-tail - 1]:
        tail += 1
    begin = start + sum(map(len, one[:head]))
    one, other = one[head : len(one) - tail], other[head : len(other) - tail]
    if len(one) + len(other) > _MAX_WORDS:
        return ((begin, begin + sum(map(len, one))),), ((begin, begin + sum(map(len, other))),)
    found: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        head, tail = _alike(one[a:b], other[c:d])
        for words, first, last, into in ((one, a, b, found[0]), (other, c, d, found[1])):
            at = begin + sum(map(len, words[:first])) + head
            end = at - head + sum(map(len, words[first:last])) - tail
            if end > at:
                into.append((at, end))
    return tuple(found[0]), tuple(found[1])
