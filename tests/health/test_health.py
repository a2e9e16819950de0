"""Health of objects as an API server gives them, and of half-written ones."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.health import assess, summary
from gitops_tui.model.health import HealthStatus


def pod(status: dict[str, Any], restart: str = "Always") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"restartPolicy": restart}, "status": status}


CRASHING = {
    "phase": "Running",
    "containerStatuses": [
        {
            "name": "app",
            "restartCount": 12,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
        }
    ],
}


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap"}, "Healthy"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "x"}}, "Progressing"),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"paused": True}}, "Suspended"),
        (
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 1}},
            "Progressing",
        ),
        (pod(CRASHING), "Degraded"),
        (pod({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), "Healthy"),
        (pod({"phase": "Running"}, "Never"), "Progressing"),
        (pod({"phase": "Failed"}), "Degraded"),
        ({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Lost"}}, "Degraded"),
        (
            {"apiVersion": "batch/v1", "kind": "Job", "status": {"conditions": [{"type": "Failed", "status": "True"}]}},
            "Degraded",
        ),
        ({"apiVersion": "batch/v1", "kind": "Job"}, "Progressing"),
        ({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}}, "Progressing"),
        (
            {"apiVersion": "a.b/v1", "kind": "X", "status": {"conditions": [{"type": "Ready", "status": "False"}]}},
            "Degraded",
        ),
        (
            {"apiVersion": "a.b/v1", "kind": "X", "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            "Healthy",
        ),
    ],
)
def test_health(obj: dict[str, Any], status: str) -> None:
    assert assess(obj).status == HealthStatus(status)


def test_the_line_on_a_crashing_pod_says_what_matters() -> None:
    assert summary(pod(CRASHING)) == "CrashLoopBackOff app (137, OOMKilled) x12"
