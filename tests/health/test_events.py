"""Events as lines: those that say the same of one object are one, warnings first."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from odd_objects import VALUES, fits

from gitops_tui.health.events import lines


def event(name: str, reason: str, kind: str = "Normal", message: str = "said", **more: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "shop", "name": name, "uid": f"u-{name}", "apiVersion": "v1"}
    return {"type": kind, "reason": reason, "message": message, "involvedObject": about, **more}


def every(uid: str, key: Any) -> bool:
    return True


def test_the_same_news_of_one_object_is_one_line_with_first_and_last() -> None:
    (line,) = lines(
        [
            event("a", "BackOff", count=3, firstTimestamp="2026-01-01T10:00:00Z", lastTimestamp="2026-01-01T10:05:00Z"),
            event("a", "BackOff", count=2, firstTimestamp="2026-01-01T09:00:00Z", lastTimestamp="2026-01-01T10:01:00Z"),
        ],
        every,
    )
    assert line.count == 5
    assert line.first is not None
    assert line.last is not None
    assert (line.first.hour, line.last.minute) == (9, 5)


def test_warnings_come_first_then_the_newest() -> None:
    made = lines(
        [
            event("a", "Old", lastTimestamp="2026-01-01T10:00:00Z"),
            event("a", "Warned", "Warning", lastTimestamp="2026-01-01T08:00:00Z"),
            event("a", "New", eventTime="2026-01-01T11:00:00.5Z"),
        ],
        every,
    )
    assert [each.reason for each in made] == ["Warned", "New", "Old"]


def test_a_series_of_the_newer_api_is_counted() -> None:
    series = {"count": 7, "lastObservedTime": "2026-01-01T12:00:00.000000Z"}
    newer = {"type": "Warning", "reason": "Unhealthy", "note": "probe", "eventTime": "2026-01-01T11:00:00.000000Z"}
    newer |= {"series": series, "regarding": {"kind": "Pod", "name": "a"}, "reportingController": "kubelet"}
    (line,) = lines([newer], every)
    assert (line.count, line.message, line.source, line.about.name) == (7, "probe", "kubelet", "a")
    assert line.last is not None
    assert line.last.hour == 12


def test_only_what_is_asked_for_is_told() -> None:
    made = lines([event("a", "Mine"), event("b", "Theirs")], lambda uid, key: uid == "u-a")
    assert [each.reason for each in made] == ["Mine"]


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_events_of_any_shape_are_told_printably_or_not_at_all(about: Any, value: Any) -> None:
    odd = dict.fromkeys(("type", "reason", "message", "count", "series", "lastTimestamp", "eventTime"), value)
    for each in lines([odd | {"involvedObject": about}, value, {"regarding": value}], every):
        assert fits(each.message)
        assert fits(each.reason)
