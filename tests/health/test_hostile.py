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

FIELDS = [
    "conditions",
    "type",
    "status",
    "reason",
    "message",
    "phase",
    "state",
    "health",
    "replicas",
    "readyReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "generation",
    "containerStatuses",
    "initContainerStatuses",
    "waiting",
    "terminated",
    "lastState",
    "exitCode",
    "restartPolicy",
    "updateStrategy",
    "rollingUpdate",
    "partition",
    "suspend",
    "paused",
    "loadBalancer",
    "ingress",
    "annotations",
    "labels",
    "finalizers",
    "deletionTimestamp",
    "parents",
    "listeners",
    "ancestors",
    "error",
    "statuses",
    "environments",
    "active",
    "proposed",
    "dry",
    "sha",
    "note",
    "scale",
    "statusReplicas",
    "name",
]
WORDS = (
    "True",
    "False",
    "Unknown",
    "Ready",
    "Failed",
    "Complete",
    "Progressing",
    "Running",
    "RollingUpdate",
    "Always",
    "1/2",
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(WORDS)
    | st.sampled_from(["\x1b[31mred", "a\nb", "\u202eevil", "https://u:p@host/x", "\ud800", "x" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)
KINDS = [
    *[(f"{group}/v1" if group else "v1", kind) for group, kind in [*BUILTIN, *OWN]],
    *[("autoscaling/v2", "HorizontalPodAutoscaler"), ("apps/v99", "Deployment"), ("a.b/v1", "X"), ("", "")],
    *[(f"{place.split('/')[0]}/v1", place.split("/")[1].replace("*", "Any")) for place in TABLE],
]


def fits(message: str) -> bool:
    return len(message) <= MESSAGE_LIMIT and not any(
        ord(each) < 32 or 0x7F <= ord(each) < 0xA0 or each in "\u202e\u2028" or 0xD800 <= ord(each) < 0xE000
        for each in message
    )


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
