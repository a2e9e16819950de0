"""The line below a diff: how many changes, which one is in sight, who made it, and what keys do. Pure."""

from __future__ import annotations

from gitops_tui.model.drift import FieldDifference
from gitops_tui.model.text import printable
from gitops_tui.tui.diffview import Look, owner_words
from gitops_tui.tui.paint import Pieces, cut_start, width_of
from gitops_tui.tui.words import plural


def diff_foot(
    number: int,
    at: int | None,
    difference: FieldDifference | None,
    look: Look,
    width: int,
    *,
    said: str = "",
    two_sides: bool = True,
    three: bool = False,
) -> Pieces:
    """number: of changes; at: the one in sight, from 0; difference: what it is of. two_sides: whether there are two to
    show; three: whether the three-way view is asked for."""
    pieces: Pieces = [(f" {plural(number, 'change') if number else 'no change'}", "bold text")]
    if number > 1 and at is not None:
        pieces.append((f" · {at + 1}/{number}", "muted"))
    if said:
        pieces.append((f" · {said}", "warn"))
    if difference is not None:
        by = owner_words(difference)
        path = cut_start(printable(difference.path), max(16, width // 2 - width_of(by)))
        pieces.append((f" · {path}{f' by {by}' if by else ''}", "cluster"))
    room = width - sum(width_of(text) for text, _ in pieces)
    for hint in _hints(number, look, two_sides, three):
        # What has no room is left out, not cut: ? has them all.
        if room >= width_of(hint) + 3:
            pieces.append((f" · {hint}", "muted"))
            room -= width_of(hint) + 3
    return pieces


def _hints(number: int, look: Look, two_sides: bool, three: bool) -> list[str]:
    """What is needed first first."""
    hints = ["n next"] if number > 1 else []
    if number and look.context != 3:
        hints.append(f"context {'all' if look.context < 0 else look.context}")
    if two_sides or three:
        hints.append("u side by side" if look.unified else "u unified")
    if number or three:
        hints.append("3 two sides" if three else "3 three-way")
    if number:
        hints.append("b blame")
    return [*hints, "w unwrap" if look.wrap else "w wrap"]
