"""Since when, and how long a rollout took, by the API's own timestamps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings

from gitops_tui.health.timing import rollout, since
from gitops_tui.model.health import HealthStatus
from tests.health.odd_objects import VALUES

REVISION = "deployment.kubernetes.io/revision"


def deployment(reason: str = "NewReplicaSetAvailable", updated: str = "2026-01-01T10:00:42Z") -> dict[str, Any]:
    conditions = [
        {"type": "Available", "status": "True", "lastTransitionTime": "2026-01-01T09:00:00Z"},
        {
            "type": "Progressing",
            "status": "True",
            "reason": reason,
            "lastUpdateTime": updated,
            "lastTransitionTime": "2026-01-01T08:00:00Z",
        },
    ]
    metadata = {"name": "web", "annotations": {REVISION: "3"}}
    return {"kind": "Deployment", "metadata": metadata, "status": {"conditions": conditions}}


def replica_set(revision: str, **annotations: str) -> dict[str, Any]:
    notes = {REVISION: revision, **annotations}
    return {"kind": "ReplicaSet", "metadata": {"annotations": notes, "creationTimestamp": "2026-01-01T10:00:00Z"}}


def test_a_rollout_lasts_from_its_replica_set_until_the_controller_says_available() -> None:
    assert rollout(deployment(), [replica_set("2"), replica_set("3")]) == timedelta(seconds=42)


def test_nothing_is_said_of_a_rollout_that_runs_or_that_took_an_old_replica_set_again() -> None:
    assert rollout(deployment("ReplicaSetUpdated"), [replica_set("3")]) is None
    again = replica_set("3", **{"deployment.kubernetes.io/revision-history": "1"})
    assert rollout(deployment(), [again]) is None
    assert rollout(deployment(updated="2025-01-01T00:00:00Z"), [replica_set("3")]) is None
    assert rollout(deployment(), []) is None


def test_a_deployment_is_healthy_since_its_rollout_was_done() -> None:
    found = since(deployment(), HealthStatus.HEALTHY)
    assert found is not None
    assert (found.hour, found.second) == (10, 42)
    assert since({"kind": "ConfigMap"}, HealthStatus.HEALTHY) is None


@settings(max_examples=100, deadline=None)
@given(VALUES, VALUES)
def test_any_shape_gets_an_answer(obj: Any, status: Any) -> None:
    odd = {"kind": "Deployment", "metadata": obj, "status": status}
    for each in HealthStatus:
        since(odd, each)
    rollout(odd, [obj, status])
