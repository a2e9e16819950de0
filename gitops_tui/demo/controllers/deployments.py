"""Deployment: a ReplicaSet for each pod template, scaled past each other as the strategy says.

The rules are those of the real controller (kubernetes `pkg/controller/deployment`): revisions in annotations, surge and
unavailability, conditions Available and Progressing, a deadline for progress, a limited history.
"""

from __future__ import annotations

import copy

from gitops_tui.demo.controllers.base import (
    DEPLOYMENT,
    MANAGER,
    POD,
    REPLICA_SET,
    Context,
    Obj,
    owner_reference,
    scaled,
    seconds_of,
    template_hash,
    without_zeros,
)

_COMPONENT = "deployment-controller"
_PREFIX = "deployment.kubernetes.io/"
_REVISION, _DESIRED, _MAX = _PREFIX + "revision", _PREFIX + "desired-replicas", _PREFIX + "max-replicas"
_HISTORY = _PREFIX + "revision-history"
_NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", _REVISION, _DESIRED, _MAX, _HISTORY}
_HASH = "pod-template-hash"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """One step towards what the deployment asks for; the changes it makes call it again."""
    obj = context.registry.get(DEPLOYMENT, namespace, name)
    if obj is None:
        return
    sets = context.claimed(obj, REPLICA_SET, obj["spec"]["selector"])
    if obj["metadata"].get("deletionTimestamp"):
        _status(context, obj, sets, _current(obj, sets))
        return
    current = _current(obj, sets)
    if obj["spec"].get("paused"):
        if current is not None and sum(_asked(each) for each in sets) == _asked(current):
            _scale(context, obj, current, _wanted(obj))
    elif obj["spec"].get("strategy", {}).get("type") == "Recreate":
        current = _recreate(context, obj, sets, current)
    else:
        current = _roll(context, obj, sets, current)
    obj = context.registry.get(DEPLOYMENT, namespace, name) or obj
    sets = context.claimed(obj, REPLICA_SET, None)
    current = _current(obj, sets)
    _status(context, obj, sets, current)
    if not obj["spec"].get("paused"):
        _forget(context, obj, sets, current)


def _wanted(obj: Obj) -> int:
    return int(obj["spec"].get("replicas", 1))


def _asked(each: Obj) -> int:
    return int(each["spec"].get("replicas", 0))


def _told(each: Obj, name: str) -> int:
    return int((each.get("status") or {}).get(name) or 0)


def _plain(template: Obj) -> Obj:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != _HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _current(obj: Obj, sets: list[Obj]) -> Obj | None:
    """The ReplicaSet of the present template: the oldest, where there are several."""
    wanted = _plain(obj["spec"]["template"])
    return next((each for each in sets if _plain(each["spec"]["template"]) == wanted), None)


def _revision(each: Obj) -> int:
    text = (each["metadata"].get("annotations") or {}).get(_REVISION, "0")
    return int(text) if text.isdigit() else 0


def _surge(obj: Obj) -> tuple[int, int]:
    """How many pods more, and how many less than asked for there may be."""
    strategy = obj["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = scaled(rolling.get("maxSurge", "25%"), _wanted(obj), up=True)
    missing = scaled(rolling.get("maxUnavailable", "25%"), _wanted(obj), up=False)
    if not surge and not missing:
        missing = 1
    return surge, min(missing, _wanted(obj))


def _annotations(obj: Obj, current: Obj | None, revision: int) -> dict[str, str]:
    had = dict((current["metadata"].get("annotations") if current else None) or {})
    notes = {k: v for k, v in (obj["metadata"].get("annotations") or {}).items() if k not in _NOT_COPIED}
    made = {**had, **notes}
    if current is not None and _revision(current) and _revision(current) != revision:
        past = [each for each in made.get(_HISTORY, "").split(",") if each]
        made[_HISTORY] = ",".join([*past, str(_revision(current))])
    made[_REVISION] = str(revision)
    made[_DESIRED] = str(_wanted(obj))
    made[_MAX] = str(_wanted(obj) + _surge(obj)[0])
    return made


def _make_current(context: Context, obj: Obj, sets: list[Obj], current: Obj | None, replicas: int) -> Obj:
    """The ReplicaSet of the present template with the annotations it should have; made, where there is none."""
    revision = max((_revision(each) for each in sets if each is not current), default=0) + 1
    revision = max(revision, _revision(current)) if current else revision
    notes = _annotations(obj, current, revision)
    namespace = obj["metadata"]["namespace"]
    if current is not None:
        if notes != current["metadata"].get("annotations"):
            changed = {"metadata": {"annotations": notes}}
            current = context.registry.patch(
                REPLICA_SET, namespace, current["metadata"]["name"], changed, manager=MANAGER
            )
        return current
    template = copy.deepcopy(obj["spec"]["template"])
    mark = template_hash(template)
    labels = {**((template.get("metadata") or {}).get("labels") or {}), _HASH: mark}
    template["metadata"] = {**(template.get("metadata") or {}), "labels": labels}
    selector = copy.deepcopy(obj["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), _HASH: mark}
    spec: Obj = {"replicas": replicas, "selector": selector, "template": template}
    if obj["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = obj["spec"]["minReadySeconds"]
    made = context.registry.create(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{obj['metadata']['name']}-{mark}",
                "namespace": namespace,
                "labels": dict(labels),
                "annotations": notes,
                "ownerReferences": [owner_reference(obj)],
            },
            "spec": spec,
        },
        manager=MANAGER,
    )
    if replicas:
        said = f"Scaled up replica set {made['metadata']['name']} from 0 to {replicas}"
        context.events.record(obj, "Normal", "ScalingReplicaSet", said, _COMPONENT)
    return made


def _scale(context: Context, obj: Obj, each: Obj, replicas: int) -> None:
    """Sets how many pods a ReplicaSet asks for; what the deployment asks for is noted beside it."""
    had = _asked(each)
    notes = {_DESIRED: str(_wanted(obj)), _MAX: str(_wanted(obj) + _surge(obj)[0])}
    old = each["metadata"].get("annotations") or {}
    if had == replicas and notes.items() <= old.items():
        return
    change = {"metadata": {"annotations": {**old, **notes}}, "spec": {"replicas": replicas}}
    metadata = each["metadata"]
    context.registry.patch(REPLICA_SET, metadata["namespace"], metadata["name"], change, manager=MANAGER)
    if had != replicas:
        way = "up" if replicas > had else "down"
        said = f"Scaled {way} replica set {metadata['name']} from {had} to {replicas}"
        context.events.record(obj, "Normal", "ScalingReplicaSet", said, _COMPONENT)


def _recreate(context: Context, obj: Obj, sets: list[Obj], current: Obj | None) -> Obj | None:
    old = [each for each in sets if each is not current]
    for each in old:
        if _asked(each):
            _scale(context, obj, each, 0)
    for each in old:
        if context.claimed(each, POD, None):
            return current
    current = _make_current(context, obj, sets, current, _wanted(obj))
    _scale(context, obj, current, _wanted(obj))
    return current


def _roll(context: Context, obj: Obj, sets: list[Obj], current: Obj | None) -> Obj:
    """One step of a rolling update: up with the new, then down with the old, within surge and unavailability."""
    wanted = _wanted(obj)
    surge, missing = _surge(obj)
    old = [each for each in sets if each is not current]
    total = sum(_asked(each) for each in sets)
    had = _asked(current) if current else 0
    room = max(0, wanted + surge - total)
    target = min(wanted, had + room) if had < wanted else wanted
    current = _make_current(context, obj, sets, current, target)
    if _asked(current) != target or wanted != int((current["metadata"].get("annotations") or {}).get(_DESIRED, wanted)):
        _scale(context, obj, current, target)
    spare = sum(_asked(each) for each in old) + target - (wanted - missing)
    spare -= max(0, target - _told(current, "availableReplicas"))
    for each in sorted(old, key=_revision):
        if spare <= 0:
            break
        # What isn't available can go at once; what is goes as far as enough others are.
        sick = _asked(each) - _told(each, "availableReplicas")
        down = min(_asked(each), max(sick, 0), spare)
        if down:
            _scale(context, obj, each, _asked(each) - down)
            spare -= down
    up = sum(_told(each, "availableReplicas") for each in [*old, current])
    free = up - (wanted - missing)
    for each in sorted(old, key=_revision):
        fresh = context.registry.get(REPLICA_SET, each["metadata"]["namespace"], each["metadata"]["name"])
        if fresh is None or free <= 0:
            break
        down = min(_asked(fresh), free)
        if down:
            _scale(context, obj, fresh, _asked(fresh) - down)
            free -= down
    return current


def _forget(context: Context, obj: Obj, sets: list[Obj], current: Obj | None) -> None:
    """Deletes the oldest ReplicaSets without pods, past the limit of the history."""
    limit = int(obj["spec"].get("revisionHistoryLimit", 10))
    if current is None or _told(obj, "updatedReplicas") != _wanted(obj):
        return
    empty = [each for each in sets if each is not current and not _asked(each) and not _told(each, "replicas")]
    past = sorted(empty, key=_revision)
    for each in past[: max(0, len([s for s in sets if s is not current]) - limit)]:
        metadata = each["metadata"]
        context.registry.delete(
            REPLICA_SET, metadata["namespace"], metadata["name"], {"propagationPolicy": "Background"}
        )


def _status(context: Context, obj: Obj, sets: list[Obj], current: Obj | None) -> None:
    wanted, (_, missing) = _wanted(obj), _surge(obj)
    up = sum(_told(each, "availableReplicas") for each in sets)
    total = sum(_told(each, "replicas") for each in sets)
    updated = _told(current, "replicas") if current else 0
    status: Obj = {
        "observedGeneration": obj["metadata"].get("generation", 1),
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": sum(_told(each, "readyReplicas") for each in sets),
        "availableReplicas": up,
        "unavailableReplicas": max(0, sum(_asked(each) for each in sets) - up),
        "terminatingReplicas": sum(_told(each, "terminatingReplicas") for each in sets),
    }
    if count := _told(obj, "collisionCount"):
        status["collisionCount"] = count
    status["conditions"] = _conditions(context, obj, current, status, enough=up >= wanted - missing)
    notes = {_REVISION: str(_revision(current))} if current is not None and _revision(current) else None
    context.write_status(obj, without_zeros(status, "terminatingReplicas"), notes)


def _conditions(context: Context, obj: Obj, current: Obj | None, status: Obj, *, enough: bool) -> list[Obj]:
    found = {each["type"]: each for each in (obj.get("status") or {}).get("conditions") or ()}
    if enough:
        has = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        has = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    if obj["spec"].get("paused"):
        _set(context, found, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
        _set(context, found, "Available", *has)
        return list(found.values())
    _set(context, found, "Available", *has)
    _progress(context, obj, current, status, found)
    return list(found.values())


def _progress(context: Context, obj: Obj, current: Obj | None, status: Obj, found: dict[str, Obj]) -> None:
    if current is None:
        return
    name, wanted, old = current["metadata"]["name"], _wanted(obj), obj.get("status") or {}
    was = found.get("Progressing")
    done = (
        status["updatedReplicas"] == wanted == status["replicas"] == status["availableReplicas"]
        and obj["metadata"].get("generation", 1) == status["observedGeneration"]
    )
    moved = (
        status["updatedReplicas"] > int(old.get("updatedReplicas") or 0)
        or status["readyReplicas"] > int(old.get("readyReplicas") or 0)
        or status["availableReplicas"] > int(old.get("availableReplicas") or 0)
        or status["replicas"] - status["updatedReplicas"]
        < int(old.get("replicas") or 0) - int(old.get("updatedReplicas") or 0)
    )
    limit = int(obj["spec"].get("progressDeadlineSeconds", 600))
    if done:
        said = f'ReplicaSet "{name}" has successfully progressed.'
        if was is None or was["reason"] != "NewReplicaSetAvailable" or was["message"] != said:
            _set(context, found, "Progressing", "True", "NewReplicaSetAvailable", said, renewed=True)
        return
    if was is None or was["reason"] == "DeploymentPaused":
        said = f'Created new replica set "{name}"' if was is None else "Deployment is resumed"
        reason = "NewReplicaSetCreated" if was is None else "DeploymentResumed"
        status_word = "True" if was is None else "Unknown"
        _set(context, found, "Progressing", status_word, reason, said, renewed=True)
    elif moved or (was["reason"] == "NewReplicaSetAvailable" and name not in was["message"]):
        said = f'ReplicaSet "{name}" is progressing.'
        _set(context, found, "Progressing", "True", "ReplicaSetUpdated", said, renewed=True)
    was = found["Progressing"]
    if was["reason"] in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        return
    left = seconds_of(was["lastUpdateTime"]) + limit - context.clock.time()
    if left <= 0:
        said = f'ReplicaSet "{name}" has timed out progressing.'
        _set(context, found, "Progressing", "False", "ProgressDeadlineExceeded", said)
    else:
        context.enqueue("deployment", obj["metadata"]["namespace"], obj["metadata"]["name"], left + 0.01)


def _set(
    context: Context, found: dict[str, Obj], kind: str, status: str, reason: str, message: str, *, renewed: bool = False
) -> None:
    """Sets a condition, where it says something new (or where it is renewed)."""
    was = found.get(kind)
    if was and (was["status"], was["reason"]) == (status, reason) and not renewed:
        return
    now = context.clock.now()
    since = was["lastTransitionTime"] if was and was["status"] == status else now
    found.pop(kind, None)  # the last to change stands last
    found[kind] = {
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
