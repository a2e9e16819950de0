"""What goes to the terminal, without what it knows already.

Textual ends each run of a style with a reset and names both colours again at the next one. Here only what differs
from the attributes in force is sent, which halves a page over a slow line. What is shown stays the same: every write
ends with the attributes reset.
"""

from __future__ import annotations

import re

from textual.drivers.linux_driver import LinuxDriver

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b[^\[]")
# After these the attributes may stay as they are: they move the cursor and touch no cell.
_MOVES = re.compile(r"\x1b\[[0-9;]*H")


def _parsed(codes: str) -> tuple[str, str, frozenset[str]] | None:
    """(text colour, ground, other attributes) of one SGR sequence from a reset state; None where it is not understood."""
    fore = back = ""
    others = set()
    parts = codes.split(";")
    at = 0
    while at < len(parts):
        part = parts[at]
        if part in ("38", "48"):
            size = 5 if parts[at + 1 : at + 2] == ["2"] else 3 if parts[at + 1 : at + 2] == ["5"] else 0
            if not size or at + size > len(parts):
                return None
            said = ";".join(parts[at : at + size])
            fore, back = (said, back) if part == "38" else (fore, said)
            at += size
            continue
        if not part.isdigit():
            return None
        number = int(part)
        if 30 <= number <= 37 or 90 <= number <= 97:
            fore = part
        elif 40 <= number <= 47 or 100 <= number <= 107:
            back = part
        elif number == 39:
            fore = ""
        elif number == 49:
            back = ""
        elif 1 <= number <= 9:
            others.add(part)
        else:
            return None
        at += 1
    return fore, back, frozenset(others)


_NONE: tuple[str, str, frozenset[str]] = ("", "", frozenset())


def compressed(data: str) -> str:
    """The same output in fewer bytes. Whatever is not understood passes as it is."""
    if "\x1b[0m" not in data:
        return data
    made: list[str] = []
    now = _NONE  # what the terminal has in force
    pending = False  # a reset that was not sent yet
    at = 0
    for found in _ESCAPE.finditer(data):
        if found.start() > at:
            # A line feed between two rows moves the cursor like the rest.
            if pending and data[at : found.start()] not in ("\n", "\r\n"):
                made.append("\x1b[0m")
                now, pending = _NONE, False
            made.append(data[at : found.start()])
        at = found.end()
        codes = found[1]
        if codes is None:
            if pending and not _MOVES.fullmatch(found[0]):
                made.append("\x1b[0m")
                now, pending = _NONE, False
            made.append(found[0])
        elif codes in ("", "0"):
            pending = now is not _NONE
        else:
            wanted = _parsed(codes)
            if wanted is None or (not pending and now is not _NONE):
                # Not from a reset state, or unknown: as it stands, from a known state again.
                if pending:
                    made.append("\x1b[0m")
                made.append(found[0])
                now, pending = (("?", "?", frozenset("?")) if wanted is None else _joined(now, wanted)), False
                continue
            made.append(_step(now, wanted))
            now, pending = wanted, False
    if pending:
        made.append("\x1b[0m")
    made.append(data[at:])
    return "".join(made)


def _joined(
    now: tuple[str, str, frozenset[str]], more: tuple[str, str, frozenset[str]]
) -> tuple[str, str, frozenset[str]]:
    return more[0] or now[0], more[1] or now[1], now[2] | more[2]


def _step(now: tuple[str, str, frozenset[str]], wanted: tuple[str, str, frozenset[str]]) -> str:
    """The sequence that leads from the attributes in force to those wanted."""
    if now == wanted:
        return ""
    whole = _sequence(["0", *sorted(wanted[2]), wanted[0], wanted[1]])
    if now[2] - wanted[2] or "?" in now[2]:
        return whole
    parts = sorted(wanted[2] - now[2])
    if now[0] != wanted[0]:
        parts.append(wanted[0] or "39")
    if now[1] != wanted[1]:
        parts.append(wanted[1] or "49")
    return min(_sequence(parts), whole, key=len)


def _sequence(parts: list[str]) -> str:
    return f"\x1b[{';'.join(part for part in parts if part)}m"


class Driver(LinuxDriver):
    """Textual's own driver, sending less."""

    def write(self, data: str) -> None:
        super().write(compressed(data))
