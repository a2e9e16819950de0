"""Objects that nobody would write: an answer always, never an exception, a message that may be shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.health import assess, summary
from gitops_tui.health.builtin import BUILTIN
from gitops_tui.health.kinds import OWN
from gitops_tui.health.objects import MESSAGE_LIMIT
from gitops_tui.health.table import TABLE
from gitops_tui.model.health import HealthStatus
from tests.health.odd_objects import VALUES, fits

KINDS = [
    *[(f"{group}/v1" if group else "v1", kind) for group, kind in [*BUILTIN, *OWN]],
    *[("autoscaling/v2", "HorizontalPodAutoscaler"), ("apps/v99", "Deployment"), ("a.b/v1", "X"), ("", "")],
    *[(f"{place.split('/')[0]}/v1", place.split("/")[1].replace("*", "Any")) for place in TABLE],
]


@given(st.sampled_from(KINDS), VALUES, VALUES, VALUES)
@settings(max_examples=600, deadline=None)
def test_any_object_of_any_kind_gets_an_answer(kind: tuple[str, str], metadata: Any, spec: Any, status: Any) -> None:
    obj = {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata, "spec": spec, "status": status}
    found = assess(obj)
    assert isinstance(found.status, HealthStatus)
    assert fits(found.message)
    line = summary(obj)
    assert fits(line)
    assert len(line) <= 200


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_what_is_no_object_at_all_gets_an_answer(obj: Any) -> None:
    assert isinstance(assess(obj).status, HealthStatus)


def test_a_message_is_one_printable_line_without_credentials_and_not_too_long() -> None:
    words = "pull https://me:secret@registry.example/x\n\x1b[2Jfailed " + "x" * 5000
    obj = {"apiVersion": "v1", "kind": "Pod", "spec": {}, "status": {"phase": "Failed", "message": words}}
    message = assess(obj).message
    assert message.startswith("pull https://registry.example/x ␛[2Jfailed x")
    assert len(message) == MESSAGE_LIMIT


@pytest.mark.parametrize("depth", [100_000])
def test_a_deep_object_is_not_followed_down(depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"status": deep}
    assert assess({"apiVersion": "a.b/v1", "kind": "X", "status": deep}).status == "Healthy"
