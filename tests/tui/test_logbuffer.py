"""The ring of log lines: order, bounds, filter and search, without a screen."""

from __future__ import annotations

import random

import pytest

from gitops_tui.kube.logs import LineCutter, _second
from gitops_tui.model.logs import LogLine
from gitops_tui.model.logtext import LONGEST, readable, short_time, shown, split_time
from gitops_tui.tui.logbuffer import LogBuffer


def line(number: int, text: str = "", source: int = 0) -> LogLine:
    return LogLine(
        source, f"2026-05-01T10:{number // 60 % 60:02}:{number % 60:02}.000000000Z", text or f"line {number}"
    )


def test_the_oldest_lines_go_and_positions_stay() -> None:
    buffer = LogBuffer(100)
    buffer.add([line(n) for n in range(90)])
    kept = buffer.at(50)
    buffer.add([line(n) for n in range(90, 130)])
    assert len(buffer.lines) == 100
    assert buffer.dropped == buffer.first == 30
    assert buffer.at(50) is kept
    assert buffer.at(10) is None
    assert buffer.end == 130


def test_long_lines_are_bounded_together_too() -> None:
    buffer = LogBuffer(100)
    buffer.add([line(n, "x" * LONGEST) for n in range(50)])
    assert sum(len(each.text) for each in buffer.lines) <= 100 * 512
    assert buffer.lines[-1].time == line(49).time


def test_lines_of_several_sources_stand_by_their_times_whenever_they_come() -> None:
    buffer = LogBuffer(1000)
    buffer.add([line(n, source=0) for n in range(0, 60, 2)])
    buffer.add([line(n, source=1) for n in range(1, 60, 2)])
    assert [each.text for each in buffer.view] == [f"line {n}" for n in range(60)]


def test_a_note_stays_behind_the_line_it_was_said_after() -> None:
    buffer = LogBuffer(1000)
    buffer.add([line(1), LogLine(-1, "", "pod web-1 is gone", note=True), line(2)])
    assert [each.text for each in buffer.view] == ["line 1", "pod web-1 is gone", "line 2"]


@pytest.mark.parametrize("seed", range(20))
def test_filter_and_hits_are_what_a_look_at_all_lines_finds(seed: int) -> None:
    """Against the plain way, while lines come late and old ones go."""
    chance = random.Random(seed)
    buffer = LogBuffer(150)
    buffer.set_search("b")
    if seed % 2:
        buffer.set_filter(chance.choice(["a", "!a", "A"]))
    for _ in range(30):
        start = chance.randrange(600)
        batch = [line(start + n, chance.choice(["aB", "A", "b", "c", "ab"])) for n in range(chance.randrange(1, 60))]
        if chance.random() < 0.2:
            batch.append(LogLine(-1, "", "a note of b", note=True))
        buffer.add(batch)
        wanted = LogBuffer(10**6)
        wanted.lines = buffer.lines
        wanted.filter = "\0"
        wanted.set_filter(buffer.filter)
        wanted.set_search("b")
        assert buffer.view == wanted.view
        assert [each - buffer.first for each in buffer.hits] == [each - wanted.first for each in wanted.hits]
        assert len(buffer.lines) <= 150
        assert buffer._chars == sum(len(each.text) for each in buffer.lines)


def test_hits_are_gone_through_in_both_directions_and_round() -> None:
    buffer = LogBuffer(1000)
    buffer.add([line(n, "Error" if n in (3, 7) else "fine") for n in range(10)])
    buffer.set_search("error")
    assert [buffer.next_hit(3, 1), buffer.next_hit(7, 1), buffer.next_hit(7, -1), buffer.next_hit(3, -1)] == [
        7,
        3,
        3,
        7,
    ]
    assert (buffer.hit_number(7), buffer.hit_number(8)) == (2, 0)
    buffer.set_search("ERROR")
    assert buffer.next_hit(0, 1) is None


def test_control_characters_are_shown_and_credentials_are_not() -> None:
    text = shown("\x1b[31mred\x1b[0m \x07 https://dana:hunter2@git.example/x \x00\u202e")
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "␛[31mred" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"level":"info","msg":"up","port":8080,"time":"now"}', "INFO  up port=8080"),
        ('{"severity":"ERROR","message":"no \\"x\\"","err":"a b","n":null}', 'ERROR no "x" err="a b" n=null'),
        ('{"level":30,"msg":"hi","o":{"a":[1]}}', 'INFO  hi o={"a":[1]}'),
        ('{"a":1}', "a=1"),
        ("{}", "{}"),
        ("{broken", "{broken"),
        ("[1,2]", "[1,2]"),
        ('{"msg":{"deep":1}}', 'msg={"deep":1}'),
        ("{" * 5000 + "}" * 5000, "{" * 5000 + "}" * 5000),
        ("plain text", "plain text"),
    ],
)
def test_json_lines_are_made_readable_and_others_left(text: str, wanted: str) -> None:
    assert readable(text) == wanted


def test_bytes_become_lines_however_they_are_cut() -> None:
    data = b"one\r\ntw\xc3\xbc\n\n\xff\xfe\x00bin\nlast"
    whole = ["one", "twü", "", "\\xff\\xfe\x00bin", "last"]
    for size in range(1, len(data) + 1):
        cutter = LineCutter()
        made = [each for at in range(0, len(data), size) for each in cutter.feed(data[at : at + size])]
        assert made + cutter.rest() == whole


def test_a_line_without_end_takes_no_memory_without_end() -> None:
    cutter = LineCutter()
    for _ in range(100):
        assert cutter.feed(b"x" * 10_000) == []
    (made,) = cutter.feed(b"\n")
    assert len(made) < LONGEST + 100
    assert made.endswith(f"({1_000_000 - LONGEST:,} more bytes)")


def test_times_are_told_from_text() -> None:
    assert split_time("2026-05-01T10:00:00.123456789Z hello world") == ("2026-05-01T10:00:00.123456789Z", "hello world")
    assert split_time("2026-05-01T10:00:00.1+02:00 ") == ("2026-05-01T10:00:00.1+02:00", "")
    assert split_time("no time at all here, really") == ("", "no time at all here, really")
    assert short_time("2026-05-01T10:00:00.123456789Z") == "10:00:00.123"
    assert short_time("2026-05-01T10:00:00Z") == "10:00:00.000"
    assert _second("2026-05-01T10:00:00.999999999Z") == "2026-05-01T10:00:00Z"
    assert _second("2026-05-01T10:00:00.999999999+02:00") == "2026-05-01T08:00:00Z"
