"""When sync windows let a sync begin and go on: edges, several at once, zones with summer time, windows that can't be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops_tui.errors import ConfigError
from gitops_tui.model.windows import SyncWindow
from gitops_tui.reconcile.projects.windows import (
    Target,
    gate_of,
    is_about,
    is_active,
    judge,
    may_go_on,
    next_change,
)
from gitops_tui.settings import settings_from
from gitops_tui.windowsettings import read_window

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)


def window(kind: str = "deny", schedule: str = "0 22 * * *", duration: str = "1h", **more: Any) -> SyncWindow:
    data = {"kind": kind, "schedule": schedule, "duration": duration, "applications": ["*"], **more}
    return read_window(data, "the project web", 1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-11-24T21:59:59.999999", False),
        ("2026-11-24T22:00:00", False),  # just at the start not yet: strictly before, as in Argo CD
        ("2026-11-24T22:00:00.000001", True),
        ("2026-11-24T22:30:00", True),
        ("2026-11-24T22:59:59.999999", True),
        ("2026-11-24T23:00:00", False),
    ],
)
def test_a_window_is_open_between_its_edges(now: str, wanted: bool) -> None:
    assert is_active(window(), at(now)) is wanted


def test_a_window_says_its_next_edge_exactly() -> None:
    each = window()
    assert next_change(each, at("2026-11-24T18:00")) == at("2026-11-24T22:00")
    assert next_change(each, at("2026-11-24T22:00")) == at("2026-11-24T22:00")
    assert next_change(each, at("2026-11-24T22:00") + TICK) == at("2026-11-24T23:00")
    assert next_change(each, at("2026-11-24T23:00")) == at("2026-11-25T22:00")


def test_a_duration_longer_than_the_period_never_closes() -> None:
    each = window(schedule="0 * * * *", duration="90m")
    for minutes in range(0, 180, 7):
        assert is_active(each, at("2026-11-24T10:00") + timedelta(minutes=minutes))
    assert next_change(each, at("2026-11-24T10:07")) is None
    assert "never closes" in gate_of([[each]], at("2026-11-24T10:07")).why


def test_a_stretch_of_very_many_starts_has_its_end() -> None:
    # From Monday 2026-11-23 00:00 to Friday 23:59 each minute: thousands of starts that run into one another.
    each = window(schedule="* * * * 1-5", duration="2m")
    assert next_change(each, at("2026-11-24T10:07:30")) == at("2026-11-28T00:01")
    assert next_change(each, at("2026-11-28T10:00")) == at("2026-11-30T00:00")
    weekly = window(schedule="0 0 * * 1", duration="169h")
    assert next_change(weekly, at("2026-11-24T10:07")) is None
    nearly = window(schedule="0 0 * * 1", duration="167h")
    assert next_change(nearly, at("2026-11-24T10:07")) == at("2026-11-29T23:00")


def test_windows_that_touch_are_one() -> None:
    each = window(schedule="0 9-16 * * *", duration="1h")
    assert next_change(each, at("2026-11-24T10:30")) == at("2026-11-24T17:00")


def test_overlapping_starts_end_with_the_last() -> None:
    each = window(schedule="0,30 9 * * *", duration="1h")
    assert next_change(each, at("2026-11-24T09:10")) == at("2026-11-24T10:30")


@pytest.mark.parametrize(
    ("windows", "automatic", "manual"),
    [
        ([], True, True),
        (["deny"], False, False),
        (["deny manual"], False, True),
        (["deny manual", "deny"], False, False),
        (["deny manual", "deny manual"], False, True),
        (["deny closed"], True, True),
        (["allow"], True, True),
        (["allow closed"], False, False),
        (["allow closed manual"], False, True),
        (["allow closed manual", "allow closed"], False, False),
        (["allow", "allow closed"], True, True),
        (["allow", "deny"], False, False),
        (["allow", "deny manual"], False, True),
        (["allow closed", "deny manual"], False, True),
        (["allow closed", "deny closed"], False, False),
        (["allow", "deny closed"], True, True),
    ],
)
def test_several_windows_together_as_in_argo_cd(windows: list[str], automatic: bool, manual: bool) -> None:
    now = at("2026-11-24T22:30")
    made = [
        window(
            each.split()[0],
            "0 3 * * *" if "closed" in each else "0 22 * * *",
            manualSync="manual" in each,
        )
        for each in windows
    ]
    found = judge(made, now)
    assert (found.automatic, found.manual) == (automatic, manual)
    gate = gate_of([made], now)
    assert (gate.automatic, gate.manual) == (automatic, manual)


def test_each_source_must_permit() -> None:
    now = at("2026-11-24T22:30")
    mine, theirs = [window("allow")], [window("allow", "0 3 * * *")]
    assert gate_of([mine], now).automatic
    assert not gate_of([mine, theirs], now).automatic


def test_it_opens_when_all_windows_let_it() -> None:
    windows = [window("allow", "0 9 * * *", "8h"), window("deny", "0 8 * * *", "2h")]
    gate = gate_of([windows], at("2026-11-24T06:00"))
    assert gate.opens == at("2026-11-24T10:00")
    assert gate.changes == at("2026-11-24T08:00")
    assert gate_of([[window("deny"), window("deny", "0 23 * * *")]], at("2026-11-24T22:30")).opens == at(
        "2026-11-25T00:00"
    )


@pytest.mark.parametrize(
    ("window_", "now", "why"),
    [
        (
            window(),
            "2026-11-24T22:30",
            "sync window deny 0 22 * * * for 1h of the project web closes at 23:00 UTC; no manual syncs either",
        ),
        (
            window(duration="5h", manualSync=True),
            "2026-11-24T22:30",
            "sync window deny 0 22 * * * for 5h of the project web closes on Wed 2026-11-25 03:00 UTC; manual syncs are allowed",
        ),
        (
            window("allow"),
            "2026-11-24T08:00",
            "outside the sync window allow 0 22 * * * for 1h of the project web, which opens at 22:00 UTC; no manual syncs either",
        ),
    ],
)
def test_who_holds_it_and_until_when_is_said(window_: SyncWindow, now: str, why: str) -> None:
    assert gate_of([[window_]], at(now)).why == why


# --- zones ------------------------------------------------------------------------------------------------------------


def test_a_zone_s_clock_counts() -> None:
    each = window(schedule="0 9 * * *", timeZone="Europe/Berlin")
    assert is_active(each, at("2026-07-01T07:30"))  # 09:30 in summer
    assert not is_active(each, at("2026-07-01T08:30"))
    assert is_active(each, at("2026-12-01T08:30"))  # 09:30 in winter
    assert next_change(each, at("2026-12-01T00:00")) == at("2026-12-01T08:00")


def test_a_window_over_the_hour_that_is_left_out_ends_by_the_clock() -> None:
    # On 2026-03-29 the clock in Berlin goes from 02:00 to 03:00, at 01:00 UTC.
    each = window(schedule="0 1 * * *", duration="4h", timeZone="Europe/Berlin")
    assert is_active(each, at("2026-03-29T00:30"))
    assert is_active(each, at("2026-03-29T02:59"))
    assert not is_active(each, at("2026-03-29T03:00"))
    assert next_change(each, at("2026-03-29T00:30")) == at("2026-03-29T03:00")


def test_a_window_that_would_begin_in_the_hour_that_is_left_out_begins_with_the_jump() -> None:
    each = window(schedule="30 2 * * *", duration="2h", timeZone="Europe/Berlin")
    assert not is_active(each, at("2026-03-29T00:59:59"))
    assert is_active(each, at("2026-03-29T01:00:00"))
    assert next_change(each, at("2026-03-28T12:00")) == at("2026-03-29T01:00")


def test_a_window_in_the_hour_that_comes_twice_opens_in_both() -> None:
    # On 2026-10-25 the clock in Berlin goes from 03:00 back to 02:00, at 01:00 UTC.
    each = window(schedule="10 2 * * *", duration="20m", timeZone="Europe/Berlin")
    edges, now = [], at("2026-10-24T12:00")
    for _ in range(4):
        edge = next_change(each, now)
        assert edge is not None
        edges.append(f"{edge:%d %H:%M}")
        now = edge + TICK
    assert edges == ["25 00:10", "25 00:30", "25 01:10", "25 01:30"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_the_edges_are_where_it_opens_and_closes_all_year(zone: str) -> None:
    each = window(schedule="30 2 * * 0", duration="26h", timeZone=zone)
    now = at("2026-01-01T00:00")
    for _ in range(104):
        edge = next_change(each, now)
        assert edge is not None
        assert edge >= now
        before, after = is_active(each, edge - timedelta(seconds=2)), is_active(each, edge + timedelta(seconds=2))
        assert before is not after
        now = edge + TICK


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"timeZone": "Mars/Base"}, "timeZone 'Mars/Base' is not a zone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone '../../etc/passwd' is not a zone"),
        ({"timeZone": "Europe"}, "timeZone 'Europe' is not a zone"),
        ({"schedule": "61 * * * *"}, "the minute '61' is not within 0-59"),
        ({"schedule": "@daily"}, "needs five fields"),
        ({"schedule": "0 0 30 2 *"}, "never comes"),
        ({"schedule": 5}, "schedule must be text"),
        ({"duration": "1d"}, "duration '1d' is no duration"),
        ({"duration": "0"}, "is not longer than nothing"),
        ({"duration": "-1h"}, "is not longer than nothing"),
        ({"duration": 3}, "duration must be text"),
        ({"kind": "Deny"}, "kind must be allow or deny, not 'Deny'"),
        ({"applications": "web"}, "applications must be a list"),
        ({"applications": ["[web"]}, "the pattern '[web' has a [ without its ]"),
        ({"manualSync": "yes"}, "manualSync must be true or false"),
        ({"kind": "\x1b[31mdeny"}, "kind must be allow or deny"),
    ],
)
def test_a_window_that_cannot_be_read_holds_automatic_sync_and_says_which_field(
    data: dict[str, Any], said: str
) -> None:
    each = window("deny", **data) if "kind" not in data else window(**data)
    assert said in each.problem
    assert "\x1b" not in each.problem
    assert is_about(each, Target("web", "web"))
    gate = gate_of([[each]], at("2026-11-24T08:00"))
    assert (gate.automatic, gate.manual) == (False, False)
    assert "of the project web can't be read" in gate.why
    assert said in gate.why


def test_an_allow_window_that_cannot_be_read_does_not_open_anything() -> None:
    open_, broken = window("allow"), window("allow", timeZone="Mars/Base", manualSync=True)
    gate = gate_of([[open_, broken]], at("2026-11-24T22:30"))
    assert (gate.automatic, gate.manual) == (False, True)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            [{"kind": "deny", "schedule": "0 22 * *", "duration": "1h", "applications": ["*"]}],
            r"sync_windows\[0\]: schedule",
        ),
        ([{"kind": "deny", "schedule": "0 22 * * *", "duration": "1h"}], r"sync_windows\[0\] is about nothing"),
        ([{"kind": "deny", "shedule": "0 22 * * *"}], r"sync_windows\[0\]: unknown field 'shedule'"),
        ({"kind": "deny"}, "must be a list"),
        (["deny"], r"sync_windows\[0\]: it must be a mapping"),
    ],
)
def test_a_window_of_the_settings_that_cannot_be_read_is_an_error_at_the_start(value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings_from({"sync_windows": value}, "config.yaml")


# --- whom it is about -------------------------------------------------------------------------------------------------

SHOP = Target("shop-prod", "shop", ("in-cluster", "https://kubernetes.default.svc"))


@pytest.mark.parametrize(
    ("selectors", "wanted"),
    [
        ({}, False),
        ({"applications": ["*"]}, True),
        ({"applications": ["*-prod"]}, True),
        ({"applications": ["*-test"]}, False),
        ({"applications": ["*-test"], "namespaces": ["shop"]}, True),
        ({"applications": ["*-test"], "clusters": ["in-*"]}, True),
        ({"clusters": ["https://kubernetes.default.svc"]}, True),
        ({"clusters": ["kind-b"]}, False),
        ({"applications": ["*-prod"], "namespaces": ["other"], "andOperator": True}, False),
        ({"applications": ["*-prod"], "namespaces": ["shop"], "andOperator": True}, True),
        ({"applications": ["*-prod"], "clusters": ["kind-b"], "namespaces": ["shop"], "andOperator": True}, False),
        ({"clusters": ["in-cluster"], "andOperator": True}, True),
        ({"andOperator": True}, False),
    ],
)
def test_whom_a_window_is_about(selectors: dict[str, Any], wanted: bool) -> None:
    data = {"kind": "deny", "schedule": "* * * * *", "duration": "1h", **selectors}
    assert is_about(read_window(data, "the project web", 1), SHOP) is wanted


# --- syncs under way --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "wanted"),
    [
        # (kind, open when it began, open now, overrun), docs/user-guide/sync_windows.md, "Transition Scenarios"
        ([("deny", False, True, True)], True),
        ([("deny", False, True, False)], False),
        ([("allow", True, True, True), ("deny", False, True, True)], True),
        ([("allow", True, True, True), ("deny", False, True, False)], False),
        ([("allow", True, True, False), ("deny", False, True, True)], True),
        ([("allow", True, True, False), ("deny", False, True, False)], False),
        ([("allow", True, False, True)], True),
        ([("allow", True, False, False)], False),
        ([("allow", True, False, True), ("allow", True, False, True)], True),
        ([("allow", True, False, True), ("allow", True, False, False)], False),
        ([("deny", True, True, True)], False),
    ],
)
def test_a_sync_under_way_goes_on_where_sync_overrun_lets_it(
    windows: list[tuple[str, bool, bool, bool]], wanted: bool
) -> None:
    schedules = {(True, True): "0 8 * * *", (False, True): "0 10 * * *", (True, False): "30 8 * * *"}
    lengths = {(True, True): "10h", (False, True): "2h", (True, False): "1h"}
    made = [
        window(kind, schedules[then, now], lengths[then, now], syncOverrun=overrun)
        for kind, then, now, overrun in windows
    ]
    began, now = at("2026-11-24T09:00"), at("2026-11-24T11:00")
    assert may_go_on(made, now, began, automatic=True) is wanted
