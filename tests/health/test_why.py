"""Why it is not healthy: the cause that stops the most comes first, each once, in the API's own words."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from gitops_tui.health.why import why
from gitops_tui.model.inspect import Cause
from tests.health.odd_objects import VALUES, fits

WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "u-web", "generation": 1},
}
WEB |= {
    "spec": {"replicas": 3},
    "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3},
}


def pod(name: str, *containers: dict[str, Any], **status: Any) -> dict[str, Any]:
    spec = {"restartPolicy": "Always", "containers": [{"name": "app", "image": "registry.example/web:1.9"}]}
    metadata = {"name": name, "namespace": "shop", "uid": f"u-{name}"}
    wanted = {"phase": "Running", "containerStatuses": list(containers), **status}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": wanted}


def crashing(code: int, reason: str, restarts: int = 4, message: str = "") -> dict[str, Any]:
    return {
        "name": "app",
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
        "lastState": {
            "terminated": {"exitCode": code, "reason": reason, "message": message, "finishedAt": "2026-01-01T00:00:00Z"}
        },
    }


def event(name: str, reason: str, message: str, kind: str = "Pod", **more: Any) -> dict[str, Any]:
    about = {"kind": kind, "namespace": "shop", "name": name, "uid": f"u-{name}"}
    return {
        "type": "Warning",
        "reason": reason,
        "message": message,
        "involvedObject": about,
        "lastTimestamp": "2026-01-01T00:00:00Z",
        **more,
    }


def lines(*found: Cause) -> list[str]:
    return [each.what for each in found]


READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def test_what_is_well_has_no_causes_whatever_old_events_say() -> None:
    old = event("a", "Unhealthy", "Readiness probe failed")
    assert why(WEB, [pod("a", **READY)], [old]) == ()


def test_a_container_out_of_memory_says_its_exit_code_its_restarts_and_whose_log_tells_more() -> None:
    (cause,) = why(WEB, [pod("a", crashing(137, "OOMKilled", 12))], [])
    assert cause.what == "container app ended (exit code 137, OOMKilled, started again 12 times)"
    assert (cause.container, cause.previous, cause.about.name) == ("app", True, "a")
    assert cause.since == "2026-01-01T00:00:00Z"


def test_the_same_cause_on_several_pods_is_one() -> None:
    (cause,) = why(WEB, [pod(each, crashing(1, "Error", message="no such table")) for each in "abc"], [])
    assert (cause.count, cause.message) == (3, "no such table")


def test_what_stops_pods_from_being_made_comes_before_what_ends_them() -> None:
    refused = event(
        "web-1", "FailedCreate", 'pods "web-1-x" is forbidden: exceeded quota: small, requested: pods=1', "ReplicaSet"
    )
    replica_set = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u-web-1"},
    }
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available: 3 Insufficient cpu.",
    }
    pulling = {"name": "app", "state": {"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}}
    config = {
        "name": "app",
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}},
    }
    pods = [
        pod("a", crashing(1, "Error")),
        pod("b", crashing(137, "OOMKilled")),
        pod("c", pulling, phase="Pending"),
        pod("d", phase="Pending", conditions=[unscheduled]),
        pod("e", config, phase="Pending"),
    ]
    mount = event("c", "FailedMount", 'configmap "x" not found')
    probe = event("a", "Unhealthy", "Liveness probe failed: 500")
    assert lines(*why(WEB, [replica_set, *pods], [probe, mount, refused])) == [
        "the quota small is used up: Pods are refused",
        "no node takes the Pod",
        "ErrImagePull: the image registry.example/web:1.9 can't be pulled",
        "CreateContainerConfigError: container app can't be made",
        'FailedMount: configmap "x" not found',
        "container app ended (exit code 137, OOMKilled, started again 4 times)",
        "container app ended (exit code 1, Error, started again 4 times)",
        "Unhealthy: Liveness probe failed: 500",
    ]


def test_events_of_other_objects_and_those_that_repeat_a_status_are_left_out() -> None:
    waiting = pod("a", phase="Pending")
    other = event("b", "FailedScheduling", "0/3 nodes")
    repeats = event("a", "BackOff", "Back-off restarting failed container")
    normal = {**event("a", "Pulled", "ok"), "type": "Normal"}
    assert lines(*why(waiting, [], [other, repeats, normal])) == ["Progressing"]


def test_newer_events_are_read_too() -> None:
    found = {
        "type": "Warning",
        "reason": "FailedMount",
        "note": "timed out",
        "regarding": {"kind": "Pod", "uid": "u-a"},
    }
    assert "FailedMount: timed out" in lines(*why(pod("a", phase="Pending"), [], [found]))


def test_jobs_claims_slices_and_custom_resources() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "status": {"conditions": [failed]}}
    assert lines(*why(job, [], [])) == ["the Job failed: BackoffLimitExceeded"]
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "spec": {"storageClassName": "fast"},
        "status": {"phase": "Pending"},
    }
    assert lines(*why(claim, [], [])) == ["the claim is Pending (storage class fast)"]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    assert lines(*why(service, [{"kind": "EndpointSlice", "endpoints": []}], [])) == ["no endpoint is ready"]
    ready = {"type": "Ready", "status": "False", "reason": "Denied", "message": "no rights"}
    custom = {"apiVersion": "a.b/v1", "kind": "X", "status": {"conditions": [ready]}}
    (cause,) = why(custom, [], [])
    assert (cause.what, cause.message) == ("Ready is False: Denied", "no rights")


@given(VALUES, VALUES, VALUES, VALUES)
@settings(max_examples=200, deadline=None)
def test_any_shape_of_objects_and_events_gets_an_answer(spec: Any, status: Any, extra: Any, events: Any) -> None:
    objects = [
        {"kind": kind, "apiVersion": "v1", "metadata": extra, "spec": spec, "status": status}
        for kind in ("Pod", "Job", "X")
    ]
    found = why(objects[0], [*objects, extra], [events, {"type": "Warning", "reason": extra, "involvedObject": events}])
    assert all(fits(each.what) and fits(each.message) for each in found)
