"""Strips have their width, and only what differs is named; the terminal gets the same picture in fewer bytes."""

from __future__ import annotations

import re

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import chop_cells, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from gitops_tui.model.text import printable
from gitops_tui.tui import paint
from gitops_tui.tui.paint import (
    Palette,
    changed_span,
    chunk,
    chunk_count,
    cut,
    cut_middle,
    cut_start,
    strip_of,
    width_of,
)
from gitops_tui.tui.terminal import compressed
from gitops_tui.tui.themes import load_themes

PALETTE = Palette(next(theme for theme in load_themes() if theme.name == "gitops-dark"))
words = st.text(st.sampled_from("ab ✓≠漢é"), max_size=12)
pieces = st.lists(st.tuples(words, st.sampled_from(["text", "bad", "key on git-ground", "selected"])), max_size=6)


@given(pieces, st.integers(0, 30))
def test_a_line_has_its_width_whatever_is_in_it(made, width: int) -> None:
    strip = strip_of(made, width, PALETTE)
    assert sum(width_of(segment.text) for segment in strip) == width == strip.cell_length


@given(words, st.integers(0, 20))
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert width_of(cut(text, width)) <= width
    assert width_of(cut_middle(text, width)) <= width


def cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """One entry a cell; a wide character's second half stands as ''."""
    made: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        for character in text:
            made += [(character, style)] + [("", style)] * (width_of(character) - 1)
    return made


@given(pieces, pieces)
def test_outside_the_changed_span_nothing_differs(one, other) -> None:
    old, new = strip_of(one, 24, PALETTE), strip_of(other, 24, PALETTE)
    span = changed_span(old, new)
    before, after = cells(old), cells(new)
    if span is None:
        assert before == after
        return
    assert 0 <= span[0] < span[1] <= 24
    assert before[: span[0]] == after[: span[0]]
    assert before[span[1] :] == after[span[1] :]


def test_one_changed_word_is_a_short_span() -> None:
    style = Style(color="red")
    old = Strip([Segment("name-0001 ", style), Segment("Synced", style)], 16)
    new = Strip([Segment("name-0002 ", style), Segment("Synced", style)], 16)
    assert changed_span(old, new) == (8, 9)


codes = st.sampled_from(
    [
        "1",
        "4",
        "7",
        "2;31",
        "38;2;1;2;3",
        "38;2;1;2;3;48;2;4;5;6",
        "1;38;2;9;9;9;48;2;4;5;6",
        "31;42",
        "39;49",
        "38;5;12;48;5;1",
    ]
)
runs = st.one_of(
    st.builds("\x1b[{}m{}\x1b[0m".format, codes, st.sampled_from(["ab", "✓ x", "  "])),
    st.builds("\x1b[{};{}H".format, st.integers(1, 5), st.integers(1, 20)),
    st.sampled_from(["plain", "\r\n", "\x1b[K", "\x1b[1m", "\x1b[?25l", "\x1b]0;title\x07"]),
)


def shown(data: str) -> list[list[object]]:
    screen = pyte.Screen(20, 5)
    pyte.Stream(screen).feed(data)
    return [[screen.buffer[y][x] for x in range(20)] for y in range(5)]


@settings(max_examples=300, deadline=None)
@given(st.lists(runs, max_size=12).map("".join))
def test_fewer_bytes_show_the_same(data: str) -> None:
    made = compressed(data)
    assert len(made) <= len(data)
    assert shown(made) == shown(data)
    # Whoever writes next finds the attributes as they would have been.
    assert shown(made + "next") == shown(data + "next")


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([("abcde", "text"), ("f", "ok")], "abcd…"),
        ([("abcde", "text"), ("  ", "ok")], "abcde"),
        ([("日本a", "text"), ("f", "ok")], "日本…"),
        ([("abcd", "text"), ("", "ok")], "abcd "),
    ],
)
def test_what_is_left_out_behind_a_full_line_is_seen(pieces, said: str) -> None:
    strip = strip_of(pieces, 5, PALETTE)
    assert strip.text == said
    assert strip.cell_length == 5


@pytest.mark.parametrize("text", ["short", "x" * 250, "漢字" * 60, "", "a b " * 30])
def test_wrapped_lines_make_up_the_text(text: str) -> None:
    parts = [chunk(text, 20, at) for at in range(chunk_count(text, 20))]
    assert "".join(shown for _, shown in parts) == text
    assert all(text[begin : begin + len(shown)] == shown for begin, shown in parts)
    assert all(width_of(shown) <= 20 for _, shown in parts)
    assert chunk(text, 20, len(parts))[1] == ""


def test_a_path_keeps_its_end() -> None:
    assert cut_start("spec.template.image", 10) == "…ate.image"
    assert cut_start("short", 10) == "short"
    assert width_of(cut_start("漢字" * 20, 9)) <= 9
    assert cut_start("x", 0) == ""


def test_marks_piled_on_a_letter_hide_nothing() -> None:
    said = printable("Z" + "\u0301" * 40 + "evil")
    assert said.startswith("Z\u0301\u0301\u0301\u0301\\u0301")
    assert said.endswith("evil")
    for plain in ("e\u0301", "\u0e01\u0e33", "\U0001f468\u200d\U0001f469", "\u2764\ufe0f"):
        assert printable(plain) == plain


@given(
    st.text(st.sampled_from("ab é\xac漢、あ한Ａ") | st.sampled_from("✓👍\u0301\u200d"), max_size=60), st.integers(1, 12)
)
def test_lines_are_cut_where_rich_cuts_them(text: str, room: int) -> None:
    wanted = chop_cells(text, room) or [""]
    assert chunk_count(text, room) == len(wanted)
    assert [chunk(text, room, at)[1] for at in range(len(wanted))] == wanted
    assert [chunk(text, room, at)[0] for at in range(len(wanted))] == [
        sum(map(len, wanted[:at])) for at in range(len(wanted))
    ]


def test_what_takes_one_cell_and_two_is_as_rich_has_it() -> None:
    for letters, cells in ((paint._ONE, 1), (paint._TWO, 2)):
        taken = [chr(code) for code in range(0x20, 0x10000) if re.match(f"[{letters}]", chr(code))]
        assert {get_character_cell_size(each) for each in taken} == {cells}
