"""Times as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from gitops_tui.tui.when import lasts, parse_when

# A Tuesday afternoon, two hours east of Greenwich.
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2026-11-24T17:30"),
        ("for 90m", "2026-11-24T17:00"),
        ("1h30m", "2026-11-24T17:00"),
        ("1d 2h", "2026-11-25T17:30"),
        ("1w", "2026-12-01T15:30"),
        ("until 18:00", "2026-11-24T18:00"),
        ("6pm", "2026-11-24T18:00"),
        ("18", "2026-11-24T18:00"),
        ("9:00", "2026-11-25T09:00"),
        ("tomorrow", "2026-11-25T09:00"),
        ("tomorrow at 7:15", "2026-11-25T07:15"),
        ("tuesday 9:00", "2026-12-01T09:00"),
        ("tue 16:00", "2026-11-24T16:00"),
        ("monday", "2026-11-30T09:00"),
        ("2026-12-01", "2026-12-01T00:00"),
        ("2026-12-01 18:00", "2026-12-01T18:00"),
    ],
)
def test_a_time_is_taken_in_the_persons_own_zone(text: str, moment: str) -> None:
    assert parse_when(text, NOW) == datetime.fromisoformat(moment).replace(tzinfo=NOW.tzinfo)


@pytest.mark.parametrize("text", ["", "  ", "until resumed", "forever"])
def test_no_time_is_until_resumed(text: str) -> None:
    assert parse_when(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "not understood"),
        ("25:00", "no time"),
        ("9:75", "no time"),
        ("2026-13-01", "no time"),
        ("2020-01-01", "in the past"),
        ("0m", "in the past"),
        ("today 9:00", "in the past"),
        ("999999999999d", "no time"),
        ("2h later", "not understood"),
    ],
)
def test_what_is_no_time_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_when(text, NOW)


def test_how_long_it_lasts_reads_in_two_units() -> None:
    assert lasts(NOW + timedelta(hours=6, minutes=12), NOW) == "6h 12m"
    assert lasts(NOW + timedelta(days=2, minutes=1), NOW) == "2d 1m"
    assert lasts(NOW + timedelta(seconds=5), NOW) == "less than a minute"
