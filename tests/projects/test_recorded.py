"""Schedules, patterns and durations are read as the libraries that Argo CD uses read them: their own answers, recorded."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gitops_tui.model.cron import go_duration, parse_schedule
from gitops_tui.model.globs import compiled, glob_match

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


@pytest.mark.parametrize(("spec", "after", "wanted"), RECORDED["cron"])
def test_a_schedule_comes_next_when_argo_cd_says_so(spec: str, after: str, wanted: str) -> None:
    try:
        found = parse_schedule(spec).next(datetime.fromisoformat(after).replace(tzinfo=None))
    except ValueError as error:
        # A schedule that never comes is an error here: Argo CD takes such a window for one that is always open.
        assert wanted == ("never" if "never" in str(error) else "error")
        return
    assert found is not None
    assert f"{found.isoformat()}Z" == wanted


@pytest.mark.parametrize(("pattern", "text", "separators", "wanted"), RECORDED["glob"])
def test_a_pattern_matches_what_it_matches_in_argo_cd(pattern: str, text: str, separators: str, wanted: object) -> None:
    try:
        found: object = compiled(pattern, separators)(text)
    except ValueError:
        # What gobwas takes in spite of a missing bracket matches nothing there.
        assert wanted in {"error", False}
        return
    assert found == wanted


@pytest.mark.parametrize(("text", "wanted"), RECORDED["duration"])
def test_a_duration_is_go_s(text: str, wanted: str) -> None:
    try:
        assert go_duration(text) == timedelta(microseconds=int(wanted) / 1000)
    except ValueError:
        assert wanted == "error"


def test_no_pattern_takes_long() -> None:
    begun = time.process_time()
    assert not glob_match("*a" * 500 + "b", "a" * 2000)
    assert not glob_match("{a,b}" * 12 + "c", "a" * 200)
    assert not glob_match("{" * 900 + "}" * 900, "a")
    assert time.process_time() - begun < 10
