"""How long the health of an object takes, beside a bare JSON round trip of the same objects in the same run."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from gitops_tui.health import assess

pytestmark = pytest.mark.benchmark


def condition(kind: str, status: str = "True", reason: str = "Fine") -> dict[str, Any]:
    time_of = "2026-01-01T00:00:00Z"
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": "it is as it says",
        "lastTransitionTime": time_of,
    }


def built_in() -> list[dict[str, Any]]:
    """One object of each built-in kind, as a cluster at work has it."""
    counts = {"observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    container = {
        "name": "app",
        "ready": True,
        "restartCount": 1,
        "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 1}},
    }
    daemon = {"observedGeneration": 2, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}
    address = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    shapes: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("apps/v1", "Deployment", {"replicas": 3}, {**counts, "conditions": [condition("Available"), condition("Progressing")]}),
        ("apps/v1", "StatefulSet", {"replicas": 3}, {**counts, "currentRevision": "a", "updateRevision": "a"}),
        ("apps/v1", "DaemonSet", {}, daemon),
        ("apps/v1", "ReplicaSet", {"replicas": 3}, counts),
        ("v1", "Pod", {"restartPolicy": "Always"}, {"phase": "Running", "containerStatuses": [container] * 3, "conditions": [condition(each) for each in ("Initialized", "ContainersReady", "PodScheduled", "Ready")]}),
        ("batch/v1", "Job", {}, {"conditions": [condition("Complete")]}),
        ("batch/v1", "CronJob", {}, {"lastScheduleTime": "2026-01-01T00:00:00Z"}),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}),
        ("v1", "Service", {"type": "LoadBalancer"}, address),
        ("networking.k8s.io/v1", "Ingress", {}, address),
        ("autoscaling/v2", "HorizontalPodAutoscaler", {}, {"conditions": [condition("AbleToScale"), condition("ScalingActive")]}),
        ("apiregistration.k8s.io/v1", "APIService", {}, {"conditions": [condition("Available")]}),
        ("v1", "ConfigMap", {}, {}),
    ]  # fmt: skip
    metadata = {"name": "web", "namespace": "shop", "generation": 2, "labels": {"app": "web"}, "uid": "u" * 36}
    return [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}
        for version, kind, spec, status in shapes
    ]


def custom() -> list[dict[str, Any]]:
    """Custom resources: with a line in the table, by the general rules, by a pattern."""
    ready = {"observedGeneration": 2, "conditions": [condition("Synced"), condition("Ready")]}
    kinds = (
        ("cert-manager.io/v1", "Certificate"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("a.b/v1", "Widget"),
        ("x.upbound.io/v1", "Bucket"),
    )
    return [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "generation": 2}, "spec": {}, "status": ready}
        for version, kind in kinds
    ]  # fmt: skip


def best(work: Callable[[], Any], runs: int = 9) -> float:
    """Seconds of the quickest of some runs."""
    found = []
    for _ in range(runs):
        gc.collect()
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


@pytest.mark.parametrize(("what", "objects", "limit"), [("built-in", built_in(), 20e-6), ("custom", custom(), 60e-6)])
def test_health_beside_a_json_round_trip(what: str, objects: list[dict[str, Any]], limit: float) -> None:
    many = objects * (4000 // len(objects))
    for each in objects:
        assess(each)
    ours = best(lambda: [assess(each) for each in many]) / len(many)
    trip = best(lambda: [json.loads(json.dumps(each)) for each in many]) / len(many)
    print(f"\n{what}: {ours * 1e6:.1f} µs an object, {ours / trip:.2f} of a JSON round trip ({trip * 1e6:.1f} µs)")
    assert ours <= limit
    assert ours / trip <= (0.6 if what == "built-in" else 2)
