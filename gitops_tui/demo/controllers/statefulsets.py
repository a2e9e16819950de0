"""StatefulSet: pods with numbers and claims of their own, made and updated one after the other."""

from __future__ import annotations

import copy

from gitops_tui.demo.controllers import revisions
from gitops_tui.demo.controllers.base import (
    CLAIM,
    POD,
    REVISION,
    STATEFUL_SET,
    Context,
    Obj,
    available,
    is_ready,
    make_pod,
    without_zeros,
)

_COMPONENT = "statefulset-controller"
_MARK = "controller-revision-hash"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """One step: the next claim and pod, or the next one to go, and the status."""
    obj = context.registry.get(STATEFUL_SET, namespace, name)
    if obj is None:
        return
    if not obj["metadata"].get("deletionTimestamp"):
        update = revisions.current(context, obj)["metadata"]["name"]
    else:
        update = (obj.get("status") or {}).get("updateRevision", "")
    now = (obj.get("status") or {}).get("currentRevision") or update
    pods = context.pods_of(obj, obj["spec"]["selector"])
    if not obj["metadata"].get("deletionTimestamp"):
        _step(context, obj, pods, now, update)
        pods = context.pods_of(obj, None)
    _status(context, obj, pods, now, update)
    revisions.forget(context, obj, {now, update, *(_mark(pod) for pod in pods)})


def _mark(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get(_MARK, ""))


def _number(pod: Obj) -> int:
    text = pod["metadata"]["name"].rsplit("-", 1)[1]
    return int(text) if text.isdigit() else -1


def _is_up(context: Context, obj: Obj, pod: Obj) -> bool:
    ready = int(obj["spec"].get("minReadySeconds") or 0)
    count, soon = available([pod], ready, context.clock.time())
    if soon is not None:
        context.enqueue("statefulset", obj["metadata"]["namespace"], obj["metadata"]["name"], soon)
    return count == 1


def _step(context: Context, obj: Obj, pods: list[Obj], now: str, update: str) -> None:
    spec, namespace = obj["spec"], obj["metadata"]["namespace"]
    first = int((spec.get("ordinals") or {}).get("start", 0))
    numbers = range(first, first + int(spec.get("replicas", 1)))
    in_order = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    by_number = {_number(pod): pod for pod in pods}
    partition = int(((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)
    for number in numbers:
        pod = by_number.get(number)
        if pod is None:
            is_new = number >= first + partition or now == update
            _make(context, obj, number, update if is_new else now)
            if in_order:
                return
        elif pod["metadata"].get("deletionTimestamp") or not _is_up(context, obj, pod):
            if (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
                context.registry.delete(POD, namespace, pod["metadata"]["name"])
            if in_order:
                return
    for number in sorted((n for n in by_number if n not in numbers), reverse=True):
        pod = by_number[number]
        if not pod["metadata"].get("deletionTimestamp"):
            _delete(context, obj, pod)
        if in_order:
            return
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return
    for number in reversed(numbers):
        pod = by_number.get(number)
        if pod is None or number < partition:
            continue
        if _mark(pod) != update:
            if not pod["metadata"].get("deletionTimestamp"):
                _delete(context, obj, pod)
            return
        if pod["metadata"].get("deletionTimestamp") or not _is_up(context, obj, pod):
            return


def _delete(context: Context, obj: Obj, pod: Obj) -> None:
    name = pod["metadata"]["name"]
    context.registry.delete(POD, pod["metadata"]["namespace"], name, {"propagationPolicy": "Background"})
    said = f"delete Pod {name} in StatefulSet {obj['metadata']['name']} successful"
    context.events.record(obj, "Normal", "SuccessfulDelete", said, _COMPONENT)


def _make(context: Context, obj: Obj, number: int, revision: str) -> None:
    metadata, spec = obj["metadata"], obj["spec"]
    name = f"{metadata['name']}-{number}"
    template = _template(context, obj, revision)
    pod = make_pod(obj, template, f"{metadata['name']}-")
    pod["metadata"]["name"] = name
    pod["metadata"]["labels"] |= {
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
        _MARK: revision,
    }
    pod["spec"]["hostname"] = name
    if spec.get("serviceName"):
        pod["spec"]["subdomain"] = spec["serviceName"]
    volumes = {each["name"]: each for each in pod["spec"].get("volumes") or ()}
    for claim in spec.get("volumeClaimTemplates") or ():
        wanted = f"{claim['metadata']['name']}-{name}"
        volumes[claim["metadata"]["name"]] = {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": wanted},
        }
        if context.registry.get(CLAIM, metadata["namespace"], wanted) is None:
            labels = {**(claim["metadata"].get("labels") or {}), **(spec["selector"].get("matchLabels") or {})}
            made: Obj = {"name": wanted, "namespace": metadata["namespace"], "labels": labels}
            if notes := claim["metadata"].get("annotations"):
                made["annotations"] = dict(notes)
            body: Obj = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": made}
            body["spec"] = copy.deepcopy(claim["spec"])
            said = f"create Claim {wanted} for Pod {name} in StatefulSet {metadata['name']} failed error: {{why}}"
            if context.create(obj, body, "statefulset", _COMPONENT, said) is None:
                return
            said = f"Create Claim {wanted} Pod {name} in StatefulSet {metadata['name']} success"
            context.events.record(obj, "Normal", "SuccessfulCreate", said, _COMPONENT)
    if volumes:
        pod["spec"]["volumes"] = list(volumes.values())
    said = f"create Pod {name} in StatefulSet {metadata['name']} failed error: {{why}}"
    if context.create(obj, pod, "statefulset", _COMPONENT, said) is None:
        return
    said = f"Create Pod {name} in StatefulSet {metadata['name']} successful"
    context.events.record(obj, "Normal", "SuccessfulCreate", said, _COMPONENT)


def _template(context: Context, obj: Obj, revision: str) -> Obj:
    found = context.registry.get(REVISION, obj["metadata"]["namespace"], revision)
    template: Obj = dict((found or {}).get("data", {}).get("spec", {}).get("template") or obj["spec"]["template"])
    template.pop("$patch", None)
    return template


def _status(context: Context, obj: Obj, pods: list[Obj], now: str, update: str) -> None:
    wanted = int(obj["spec"].get("replicas", 1))
    living = [each for each in pods if not each["metadata"].get("deletionTimestamp")]
    updated = sum(_mark(each) == update for each in living)
    ready = sum(is_ready(each) for each in pods)
    up, _ = available(pods, int(obj["spec"].get("minReadySeconds") or 0), context.clock.time())
    if now != update and updated == wanted == ready == len(pods):
        now = update
    status: Obj = {
        "observedGeneration": obj["metadata"].get("generation", 1),
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": up,
        "currentReplicas": sum(_mark(each) == now for each in living),
        "updatedReplicas": updated,
        "currentRevision": now,
        "updateRevision": update,
        "collisionCount": 0,
    }
    fresh = context.registry.get(STATEFUL_SET, obj["metadata"]["namespace"], obj["metadata"]["name"])
    if fresh is not None:
        context.write_status(fresh, without_zeros(status, "replicas", "availableReplicas", "collisionCount"))
