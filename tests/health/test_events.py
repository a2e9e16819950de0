"""Events as lines: those that say the same of one object are one, warnings first."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from gitops_tui.health.events import ByObject, lines
from tests.health.odd_objects import VALUES, fits


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


def test_news_that_differ_by_the_names_of_refused_pods_are_one_line() -> None:
    def refused(pod: str, at: str, prefix: str = "") -> dict[str, Any]:
        return {
            "type": "Warning",
            "reason": "FailedCreate",
            "message": f'{prefix}Error creating: pods "web-1-{pod}" is forbidden: exceeded quota: team',
            "involvedObject": {"kind": "ReplicaSet", "namespace": "shop", "name": "web-1"},
            "lastTimestamp": at,
        }

    other = {**refused("abcde", "2026-01-01T00:00:09Z"), "message": 'pods "web-10-abcde" is forbidden'}
    found = lines(
        [
            refused("abcde", "2026-01-01T00:00:01Z"),
            refused("x2k4p", "2026-01-01T00:00:05Z", "(combined from similar events): "),
            refused("zzzzz", "2026-01-01T00:00:02Z"),
            other,
        ],
        lambda *_: True,
    )
    assert [(each.count, "x2k4p" in each.message, each.message.startswith("Error")) for each in found] == [
        (1, False, False),
        (3, True, True),
    ]


def test_events_are_found_by_what_they_are_about() -> None:
    def about(**said: str) -> dict[str, Any]:
        return {"involvedObject": {"kind": "Pod", "namespace": "shop", **said}}

    one, two, three = about(uid="u1", name="a"), about(name="a"), about(uid="u9", name="a")
    pod = {"kind": "Pod", "metadata": {"namespace": "shop", "name": "a", "uid": "u1"}}
    told = ByObject([one, two, three, {}, 7, {"involvedObject": []}])
    assert told.of([pod]) == [one, two]
    assert ByObject([]).of([pod]) == []
