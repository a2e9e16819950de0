"""ReplicaSet: as many pods of one template as it asks for."""

from __future__ import annotations

from gitops_tui.demo.controllers.base import (
    POD,
    REPLICA_SET,
    Context,
    Obj,
    available,
    condition,
    is_active,
    is_ready,
    make_pod,
    without_zeros,
)

_COMPONENT = "replicaset-controller"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Makes or deletes pods until there are as many as asked for, and tells how many there are."""
    obj = context.registry.get(REPLICA_SET, namespace, name)
    if obj is None:
        return
    spec = obj["spec"]
    pods = [each for each in context.pods_of(obj, spec["selector"]) if is_active(each)]
    wanted = int(spec.get("replicas", 1))
    failed = ""
    if not obj["metadata"].get("deletionTimestamp"):
        failed = _manage(context, obj, pods, wanted)
        pods = [each for each in context.pods_of(obj, None) if is_active(each)]
    leaving = [each for each in context.pods_of(obj, None) if each["metadata"].get("deletionTimestamp")]
    count, soon = available(pods, int(spec.get("minReadySeconds") or 0), context.clock.time())
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    full = sum(labels.items() <= (each["metadata"].get("labels") or {}).items() for each in pods)
    status: Obj = {
        "replicas": len(pods),
        "fullyLabeledReplicas": full,
        "readyReplicas": sum(is_ready(each) for each in pods),
        "availableReplicas": count,
        "terminatingReplicas": len(leaving),
        "observedGeneration": obj["metadata"].get("generation", 1),
    }
    if failed:
        now = context.clock.now()
        # One that is there stays: the next refusal names another pod, which is no news.
        had = condition(obj, "ReplicaFailure")
        status["conditions"] = [
            had
            or {
                "type": "ReplicaFailure",
                "status": "True",
                "lastTransitionTime": now,
                "reason": "FailedCreate",
                "message": failed,
            }
        ]
    fresh = context.registry.get(REPLICA_SET, namespace, name)
    if fresh is not None:
        context.write_status(fresh, without_zeros(status, "replicas", "terminatingReplicas"))
    if soon is not None:
        context.enqueue("replicaset", namespace, name, soon)


def _manage(context: Context, obj: Obj, pods: list[Obj], wanted: int) -> str:
    """What went wrong, "" where nothing did."""
    metadata = obj["metadata"]
    for _ in range(wanted - len(pods)):
        pod = make_pod(obj, obj["spec"]["template"], f"{metadata['name']}-")
        made = context.create(obj, pod, "replicaset", _COMPONENT)
        if made is None:
            return context.refused[metadata["uid"]].why
        context.events.record(obj, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", _COMPONENT)
    # First those that lack a node, aren't ready, or are young.
    order = sorted(pods, key=lambda each: each["metadata"]["creationTimestamp"], reverse=True)
    order.sort(key=lambda each: (bool(each["spec"].get("nodeName")), is_ready(each)))
    for extra in order[: max(0, len(pods) - wanted)]:
        gone = extra["metadata"]["name"]
        context.registry.delete(POD, metadata["namespace"], gone, {"propagationPolicy": "Background"})
        context.events.record(obj, "Normal", "SuccessfulDelete", f"Deleted pod: {gone}", _COMPONENT)
    return ""
