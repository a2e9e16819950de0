"""Roles to colours, and pieces of text to strips. What is drawn is `(text, role)`: text is data, never markup.

A role is one or more words: a colour for the text (`ok`, `bad`, `key`, …), `on` and one for the ground
(`key on git`), and `bold` or `underline`. Themes name the colours; without colours, attributes stand in for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.theme import Theme

Piece = tuple[str, str]
Pieces = list[Piece]

# What a theme may say in its [variables], and what stands in where it doesn't.
TEXT_ROLES = ("text", "ok", "bad", "warn", "info", "head", "muted", "key", "string", "number", "git", "cluster")
# One for each source of a log, after Okabe and Ito: told apart by every eye; names stand beside them.
SOURCE_ROLES = tuple(f"source-{number}" for number in range(8))
_SOURCES_DARK = ("#56b4e9", "#e6a01a", "#3cc79a", "#f0e442", "#e091bf", "#ff8a4c", "#8fb0ff", "#d0d0d0")
_SOURCES_LIGHT = ("#005f99", "#8a4b00", "#00664b", "#6b5e00", "#8a2f6c", "#a33a00", "#3a3fb0", "#444444")
_SOURCES_ANSI = ("ansi_cyan", "ansi_yellow", "ansi_magenta", "ansi_green", "ansi_blue", "ansi_red") + (
    "ansi_default",
) * 2
GROUNDS = ("base", "bar", "selected", "blurred", "git-ground", "cluster-ground", "git-mark", "cluster-mark")
_BARE = {
    "bad": "bold",
    "warn": "bold",
    "head": "bold",
    "muted": "dim",
    "selected": "reverse",
    "blurred": "underline",
    "git-mark": "bold underline",
    "cluster-mark": "bold underline",
    "bar": "reverse",
}

# With the terminal's own colours these are told by attributes too: its palette is not known.
_ATTRIBUTED = ("bad", "muted", "selected", "blurred", "git-mark", "cluster-mark")


def colours(theme: Theme) -> dict[str, str]:
    """The theme's colour for each text role and each ground ("" for the terminal's own)."""
    said = theme.variables
    made = {
        "text": theme.foreground or "",
        "ok": theme.success or "",
        "bad": theme.error or "",
        "warn": theme.warning or "",
        "info": theme.accent or theme.secondary or "",
        "head": theme.primary,
        "base": theme.background or "",
        "bar": theme.panel or "",
    }
    several = _SOURCES_ANSI if theme.ansi else _SOURCES_DARK if theme.dark else _SOURCES_LIGHT
    made.update(zip(SOURCE_ROLES, several, strict=True))
    for name in (*TEXT_ROLES, *SOURCE_ROLES, *GROUNDS, "selected-text"):
        made[name] = said.get(f"gt-{name}") or made.get(name, "")
    return made


_PALETTES: dict[str, Palette] = {}


class Palette:
    """Styles of one theme, made once each. bare: without colours (NO_COLOR)."""

    def __init__(self, theme: Theme, *, bare: bool = False) -> None:
        self.theme, self.bare = theme, bare
        self._colours: Mapping[str, str] = colours(theme)
        self._made: dict[str, Style] = {}

    @classmethod
    def of(cls, app: App[Any]) -> Palette:
        """The palette of the app's theme, one for all widgets."""
        theme, bare = app.current_theme, app.no_color
        found = _PALETTES.get(theme.name)
        if found is None or found.theme is not theme or found.bare is not bare:
            found = _PALETTES[theme.name] = cls(theme, bare=bare)
        return found

    def __getitem__(self, role: str) -> Style:
        found = self._made.get(role)
        if found is None:
            found = self._made[role] = self._make(role)
        return found

    def _make(self, role: str) -> Style:
        words = role.split()
        ground = "base"
        if "on" in words:
            at = words.index("on")
            ground = words[at + 1]
            del words[at : at + 2]
        attributes = [word for word in words if word in ("bold", "underline", "italic")]
        text = next((word for word in words if word not in attributes), "text")
        if text in ("selected", "blurred"):
            text, ground = "text", text
        plain = self.bare or self.theme.ansi
        if plain:
            for word in (text, ground):
                bare = _BARE.get(word, "") if self.bare or word in _ATTRIBUTED else ""
                attributes += bare.split()
        style = Style.parse(" ".join(dict.fromkeys(attributes)))
        if self.bare:
            return style
        fore, back = self._colours.get(text, ""), self._colours.get(ground, "")
        if ground in ("selected",) and text == "text":
            fore = self._colours.get("selected-text") or fore
        if "reverse" in attributes:
            back = self._colours.get("base", "")
            fore = self._colours.get("text", "")
        return style + Style.from_color(_colour(fore), _colour(back))


def _colour(said: str) -> RichColor | None:
    return Color.parse(said).rich_color if said else None


def width_of(text: str) -> int:
    """How many cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells, with an ellipsis where it was longer."""
    if width_of(text) <= width:
        return text
    if width <= 0:
        return ""
    return (text[: width - 1] if text.isascii() else set_cell_size(text, width - 1)) + "…"


def cut_start(text: str, width: int) -> str:
    """As `cut`, but it is the beginning that goes: a path's end says most."""
    if width_of(text) <= width:
        return text
    tail = text[len(text) - max(0, width - 1) :] if width > 0 else ""
    while width_of(tail) >= max(1, width):
        tail = tail[1:]
    return f"…{tail}" if width > 0 else ""


def cut_middle(text: str, width: int) -> str:
    """As `cut`, but the end stays: names of Kubernetes objects differ at their ends."""
    if width_of(text) <= width:
        return text
    if width < 8 or not text.isascii():
        return cut(text, width)
    tail = min(width // 3, 12)
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


# What surely takes one cell, and two (Han, Kana, Hangul, full-width forms), and joins with nothing beside it.
_ONE = "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482"
_TWO = "\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
_NARROW = re.compile(f"[{_ONE}]*")
_WIDE = re.compile(f"[{_TWO}]+")
_EVEN = re.compile(f"[{_ONE}{_TWO}]+")


def chunk_count(text: str, room: int) -> int:
    """How many lines of `room` cells a text takes, at least one."""
    if 2 * len(text) <= room:
        return 1
    if text.isascii() or _NARROW.fullmatch(text):
        return -(-len(text) // room) or 1
    if room > 1 and _EVEN.fullmatch(text):
        padded = _padded(text)
        return 1 if len(padded) <= room else len(_ends(padded, room))
    return len(_chopped(text, room))


def chunk(text: str, room: int, at: int) -> tuple[int, str]:
    """(where it begins, the text) of one of these lines; the text is empty past the last."""
    if _is_narrow(text):
        return at * room, text[at * room : (at + 1) * room]
    chunks = _chopped(text, room)
    return sum(map(len, chunks[:at])), chunks[at] if at < len(chunks) else ""


@lru_cache(maxsize=256)
def _is_narrow(text: str) -> bool:
    return text.isascii() or _NARROW.fullmatch(text) is not None


def _padded(text: str) -> str:
    """With a filler for the second cell of each wide character."""
    return _WIDE.sub(lambda found: "\0".join(found[0]) + "\0", text)


@lru_cache(maxsize=256)
def _chopped(text: str, room: int) -> Sequence[str]:
    if room < 2 or not _EVEN.fullmatch(text):
        return chop_cells(text, room) or [""]
    padded = _padded(text)
    ends = _ends(padded, room)
    return [padded[start:end].replace("\0", "") for start, end in pairwise([0, *ends])]


def _ends(padded: str, room: int) -> list[int]:
    """Where each line of `room` cells ends; a wide character is not cut in two."""
    ends, at = [], 0
    while at < len(padded):
        at += room - (padded[at + room : at + room + 1] == "\0")
        ends.append(at)
    return ends


def strip_of(pieces: Iterable[Piece], width: int, palette: Palette, ground: str = "text") -> Strip:
    """The pieces as one line of exactly `width` cells, cut with an ellipsis or filled up with the ground."""
    segments: list[Segment] = []
    left = width
    last = ""
    for text, role in pieces:
        if not text:
            continue
        if left <= 0:
            if segments and not segments[-1].text.endswith("…") and not text.isspace():
                # It was full to the cell: that more would follow must be seen.
                filled = segments.pop()
                size = width_of(filled.text)
                segments.append(Segment(cut(filled.text + "…", size), filled.style))
            break
        size = len(text) if text.isascii() else cell_len(text)
        if size > left:
            text = cut(text, left)
            size = width_of(text)
        if segments and role == last:
            text = segments.pop().text + text
        segments.append(Segment(text, palette[role]))
        last = role
        left -= size
    if left > 0:
        fill = palette[ground]
        style = segments[-1].style if segments else None
        if style is not None and style.bgcolor == fill.bgcolor and not style.underline and not style.reverse:
            segments[-1] = Segment(segments[-1].text + " " * left, style)
        else:
            segments.append(Segment(" " * left, fill))
    return Strip(segments, width)


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The columns (from, to) in which two lines of one width differ, None where they look the same."""
    one, other = list(old), list(new)
    if one == other:
        return None
    start, at = 0, 0
    while at < len(one) and at < len(other) and one[at] == other[at]:
        start += width_of(one[at].text)
        at += 1
    end, back = new.cell_length, 1
    while back <= min(len(one), len(other)) - at and one[-back] == other[-back]:
        end -= width_of(one[-back].text)
        back += 1
    first, second = one[at : at + 1], other[at : at + 1]
    if first and second and first[0].style == second[0].style:
        start += _same_start(first[0].text, second[0].text)
    first, second = one[len(one) - back :][:1], other[len(other) - back :][:1]
    if len(one) - back >= at and len(other) - back >= at and first and second and first[0].style == second[0].style:
        end -= min(_same_start(first[0].text[::-1], second[0].text[::-1]), max(0, end - start - 1))
    return (start, max(end, start + 1))


def _same_start(one: str, other: str) -> int:
    """How many characters two texts begin alike with; 0 unless both are of one cell a character."""
    if not (one.isascii() and other.isascii()):
        return 0
    limit = min(len(one), len(other))
    for at in range(limit):
        if one[at] != other[at]:
            return at
    return limit


def regions(old: Sequence[Strip], new: Sequence[Strip]) -> list[Region]:
    """What has to be painted again."""
    made = []
    for y, (one, other) in enumerate(zip(old, new, strict=True)):
        if one is not other and (span := changed_span(one, other)):
            made.append(Region(span[0], y, span[1] - span[0], 1))
    return made
