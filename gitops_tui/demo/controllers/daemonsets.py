"""DaemonSet: a pod on each node that its template fits."""

from __future__ import annotations

from gitops_tui.demo.controllers import revisions
from gitops_tui.demo.controllers.base import (
    DAEMON_SET,
    NODE,
    POD,
    Context,
    Obj,
    available,
    is_ready,
    make_pod,
    scaled,
    without_zeros,
)

_COMPONENT = "daemonset-controller"
_MARK = "controller-revision-hash"
_GENERATION = "deprecated.daemonset.template.generation"
_TOLERATED = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Makes what lacks, deletes what is too much or old, and tells how many there are."""
    obj = context.registry.get(DAEMON_SET, namespace, name)
    if obj is None:
        return
    if obj["metadata"].get("deletionTimestamp"):
        return
    generation = (obj["metadata"].get("annotations") or {}).get(_GENERATION, "1")
    revision = revisions.current(context, obj, {_GENERATION: generation})
    mark = revision["metadata"]["labels"][_MARK]
    nodes = [each["metadata"]["name"] for each in context.registry.list(NODE) if _fits(obj, each)]
    pods = context.pods_of(obj, obj["spec"]["selector"])
    by_node: dict[str, list[Obj]] = {}
    for pod in pods:
        by_node.setdefault(_node(pod), []).append(pod)
    for node in nodes:
        if not by_node.get(node):
            _make(context, obj, node, mark, generation)
    for node, there in by_node.items():
        for extra in there if node not in nodes else there[1:]:
            _delete(context, obj, extra)
    _update(context, obj, [each for node in nodes for each in by_node.get(node, ())[:1]], mark)
    _status(context, namespace, name, nodes, mark)
    revisions.forget(context, obj, {revision["metadata"]["name"]})


def _fits(obj: Obj, node: Obj) -> bool:
    wanted = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
    return wanted.items() <= (node["metadata"].get("labels") or {}).items()


def _node(pod: Obj) -> str:
    """The node it is meant for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    wanted = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in wanted.get("nodeSelectorTerms") or ():
        for each in term.get("matchFields") or ():
            return str(each["values"][0])
    return ""


def _make(context: Context, obj: Obj, node: str, mark: str, generation: str) -> None:
    pod = make_pod(obj, obj["spec"]["template"], f"{obj['metadata']['name']}-")
    pod["metadata"]["labels"] |= {_MARK: mark, "pod-template-generation": generation}
    spec = pod["spec"]
    field = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    spec["affinity"] = {
        **(spec.get("affinity") or {}),
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [field]}},
    }
    spec["tolerations"] = [
        *(spec.get("tolerations") or ()),
        *({"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect} for key, effect in _TOLERATED),
    ]
    made = context.create(obj, pod, "daemonset", _COMPONENT)
    if made is None:
        return
    context.events.record(obj, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", _COMPONENT)


def _delete(context: Context, obj: Obj, pod: Obj) -> None:
    if pod["metadata"].get("deletionTimestamp"):
        return
    name = pod["metadata"]["name"]
    context.registry.delete(POD, pod["metadata"]["namespace"], name, {"propagationPolicy": "Background"})
    context.events.record(obj, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", _COMPONENT)


def _update(context: Context, obj: Obj, pods: list[Obj], mark: str) -> None:
    """Deletes old pods, as many at once as may be unavailable."""
    strategy = obj["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return
    most = scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), len(pods), up=True) or 1
    old = [each for each in pods if each["metadata"]["labels"].get(_MARK) != mark]
    for pod in [each for each in old if not is_ready(each)]:
        _delete(context, obj, pod)
    down = sum(not is_ready(each) or bool(each["metadata"].get("deletionTimestamp")) for each in pods)
    for pod in [each for each in old if is_ready(each)][: max(0, most - down)]:
        _delete(context, obj, pod)


def _status(context: Context, namespace: str, name: str, nodes: list[str], mark: str) -> None:
    obj = context.registry.get(DAEMON_SET, namespace, name)
    if obj is None:
        return
    pods = [each for each in context.pods_of(obj, None) if not each["metadata"].get("deletionTimestamp")]
    placed = [each for each in pods if _node(each) in nodes]
    up, soon = available(placed, int(obj["spec"].get("minReadySeconds") or 0), context.clock.time())
    if soon is not None:
        context.enqueue("daemonset", namespace, name, soon)
    status: Obj = {
        "currentNumberScheduled": len(placed),
        "numberMisscheduled": len(pods) - len(placed),
        "desiredNumberScheduled": len(nodes),
        "numberReady": sum(is_ready(each) for each in placed),
        "observedGeneration": obj["metadata"].get("generation", 1),
        "updatedNumberScheduled": sum(each["metadata"]["labels"].get(_MARK) == mark for each in placed),
        "numberAvailable": up,
        "numberUnavailable": len(nodes) - up,
    }
    kept = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
    context.write_status(obj, without_zeros(status, *kept))
