"""Why an object is not healthy: what the API says of it, of what it owns, and in events, in order of weight.

No guesswork: each cause repeats a status, a condition or an event. Those that stop Pods from being there come first (quota,
refused creation, no node), then what stops containers from starting (images, configuration, volumes), then what ends them
(memory, exit codes, probes), then what conditions say, then other warnings. The same cause on several objects is one, with
a count. Pure: objects and events go in as the API gives them, of any shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gitops_tui.health.assess import assess
from gitops_tui.health.objects import Obj, clean, items, number, part, said, word
from gitops_tui.health.summary import PULLING, endpoints, image_of, is_trouble_reason, shorten
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.inspect import Cause
from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import replace

QUOTA: Final = 100
CREATION: Final = 95
SCHEDULING: Final = 90
IMAGE: Final = 85
CONFIGURATION: Final = 80
VOLUME: Final = 75
MEMORY: Final = 70
CRASH: Final = 65
EVICTED: Final = 60
PROBE: Final = 55
JOB: Final = 50
ENDPOINTS: Final = 45
CONDITION: Final = 40
HEALTH: Final = 30
WARNING: Final = 20

# Reasons of Warning events, and the weight of what they tell. Those that only repeat a Pod's status are left out.
_EVENTS: Final = {
    "FailedCreate": CREATION,
    "FailedScheduling": SCHEDULING,
    "FailedMount": VOLUME,
    "FailedAttachVolume": VOLUME,
    "ProvisioningFailed": VOLUME,
    "FailedBinding": VOLUME,
    "FailedCreatePodSandBox": CONFIGURATION,
    "Evicted": EVICTED,
    "Preempted": EVICTED,
    "Unhealthy": PROBE,
    "BackoffLimitExceeded": JOB,
    "DeadlineExceeded": JOB,
}
_QUOTA: Final = re.compile(r"\b(exceeded|failed) quota: ([a-z0-9][a-z0-9.-]*)")
_REPEATS: Final = frozenset(("BackOff", "Failed"))


def why(resource: Obj, owned: Iterable[Obj], events: Iterable[Obj]) -> tuple[Cause, ...]:
    """The causes, the weightiest first; () where the resource and all beneath it are well.

    resource: the managed object; owned: the objects beneath it, in any order; events: of core/v1 or events.k8s.io/v1, those
    about other objects are passed over.
    """
    objects = [each for each in (resource, *owned) if isinstance(each, Mapping)]
    found: list[Cause] = []
    for each in objects:
        found += _causes(each)
    refused = (QUOTA, CREATION)
    if any(cause.weight in refused and cause.about.kind == "Deployment" for cause in found):
        # The Deployment repeats what its ReplicaSet says, and is what a person knows.
        found = [cause for cause in found if not (cause.weight in refused and cause.about.kind == "ReplicaSet")]
    if not found and isinstance(resource, Mapping):
        found += _by_health(resource)
    unwell = bool(found) or any(assess(each).status is not HealthStatus.HEALTHY for each in objects)
    if unwell:
        found += _by_events(objects, events, {cause.weight for cause in found})
    return ordered(found)


def ordered(found: Iterable[Cause]) -> tuple[Cause, ...]:
    """Each cause once, with how many objects have it; the weightiest first."""
    made: dict[tuple[int, str, str], Cause] = {}
    for each in found:
        each = replace(each, what=shorten(each.what), message=clean(each.message))
        place = (each.weight, each.what, each.container)
        known = made.get(place)
        made[place] = each if known is None else replace(known, count=known.count + each.count)
    return tuple(sorted(made.values(), key=lambda each: (-each.weight, -each.count, each.about)))


def _key(obj: Obj) -> ResourceKey:
    metadata = part(obj, "metadata")
    group = word(obj, "apiVersion").rpartition("/")[0]
    return ResourceKey(group, word(obj, "kind"), word(metadata, "namespace"), word(metadata, "name"))


def _causes(obj: Obj) -> list[Cause]:
    kind = word(obj, "kind")
    if kind == "Pod":
        return _of_pod(obj)
    key, status = _key(obj), part(obj, "status")
    found = []
    for each in items(status, "conditions"):
        holds = each.get("status") == "True"
        if (
            kind in ("ReplicaSet", "Deployment", "ReplicationController")
            and each.get("type") == "ReplicaFailure"
            and holds
        ):
            found.append(_refused(key, said(each), word(each, "lastTransitionTime")))
        elif kind == "Job" and each.get("type") == "Failed" and holds:
            what = f"the Job failed: {word(each, 'reason')}"
            found.append(Cause(JOB, key, what, word(each, "message"), since=word(each, "lastTransitionTime")))
    if kind == "PersistentVolumeClaim" and word(status, "phase") in ("Pending", "Lost"):
        storage_class = word(part(obj, "spec"), "storageClassName")
        of = f" (storage class {storage_class})" if storage_class else ""
        found.append(Cause(VOLUME, key, f"the claim is {word(status, 'phase')}{of}"))
    if kind == "EndpointSlice" and not endpoints(obj)[0]:
        found.append(Cause(ENDPOINTS, key, "no endpoint is ready"))
    return found


def _refused(key: ResourceKey, message: str, since: str) -> Cause:
    # "exceeded quota: NAME, requested: pods=1, used: pods=3, limited: pods=3", "failed quota: NAME: must specify
    # limits.cpu for: app" (apiserver, plugin/resourcequota/controller.go).
    if found := _QUOTA.search(message):
        name = shorten(found[2], 80)
        if found[1] == "failed":
            return Cause(QUOTA, key, f"the quota {name} asks for what its Pods do not set", message, since=since)
        return Cause(QUOTA, key, f"the quota {name} is used up: Pods are refused", message, since=since)
    if "exceeded quota" in message:
        return Cause(QUOTA, key, "the quota is used up: Pods are refused", message, since=since)
    return Cause(CREATION, key, "the API server refuses its Pods", message, since=since)


def _of_pod(obj: Obj) -> list[Cause]:
    key, status = _key(obj), part(obj, "status")
    if word(status, "phase") == "Succeeded" or part(obj, "metadata").get("deletionTimestamp"):
        return []
    if word(status, "phase") == "Failed" and word(status, "reason"):
        return [Cause(EVICTED, key, f"the Pod failed: {word(status, 'reason')}", word(status, "message"))]
    found = []
    for each in items(status, "conditions"):
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            since = word(each, "lastTransitionTime")
            found.append(Cause(SCHEDULING, key, "no node takes the Pod", word(each, "message"), since=since))
    for name in ("initContainerStatuses", "containerStatuses"):
        for container in items(status, name):
            cause = _of_container(obj, key, container)
            if cause is not None:
                found.append(cause)
    return found


def _of_container(obj: Obj, key: ResourceKey, container: Mapping[str, Any]) -> Cause | None:
    name = word(container, "name")
    waiting, now = part(container, "state", "waiting"), part(container, "state", "terminated")
    last = part(container, "lastState", "terminated")
    reason = word(waiting, "reason")
    if reason in PULLING:
        image = image_of(obj, name) or word(container, "image")
        return Cause(IMAGE, key, f"{reason}: the image {image} can't be pulled", word(waiting, "message"))
    if "Config" in reason and reason.endswith("Error"):
        return Cause(CONFIGURATION, key, f"{reason}: container {name} can't be made", word(waiting, "message"))
    ended = now or last
    crashed = is_trouble_reason(reason) or (bool(now) and number(now, "exitCode") != 0)
    unready = bool(last) and container.get("ready") is False and "running" in part(container, "state")
    if not crashed and not unready:
        return None
    weight = MEMORY if ended.get("reason") == "OOMKilled" else CRASH
    restarts = number(container, "restartCount")
    how = ", ".join(
        each
        for each in (
            f"exit code {number(ended, 'exitCode')}" if "exitCode" in ended else "",
            word(ended, "reason"),
            f"started again {restarts} times" if restarts else "",
        )
        if each
    )
    what = f"container {name} ended" + (f" ({how})" if how else "") if ended else f"{reason}: container {name}"
    words = word(ended, "message") or word(waiting, "message")
    return Cause(weight, key, what, words, name, not now and bool(last), word(ended, "finishedAt"))


def _by_health(obj: Obj) -> list[Cause]:
    health = assess(obj)
    if health.status in (HealthStatus.HEALTHY, HealthStatus.SUSPENDED):
        return []
    key = _key(obj)
    found = []
    for each in items(part(obj, "status"), "conditions"):
        if each.get("type") in ("Ready", "Available", "Synced", "Healthy") and each.get("status") == "False":
            what = f"{word(each, 'type')} is False: {word(each, 'reason')}".rstrip(": ")
            found.append(Cause(CONDITION, key, what, word(each, "message"), since=word(each, "lastTransitionTime")))
    return found or [Cause(HEALTH, key, f"{health.status.value}: {health.message}".rstrip(": "))]


def _by_events(objects: list[Obj], events: Iterable[Obj], told: set[int]) -> list[Cause]:
    uids = {word(part(each, "metadata"), "uid"): each for each in objects}
    names = {_key(each)[1:]: each for each in objects}
    found = []
    for event in events:
        if not isinstance(event, Mapping) or event.get("type") != "Warning":
            continue
        about = part(event, "involvedObject") or part(event, "regarding")
        uid = word(about, "uid")
        place = (word(about, "kind"), word(about, "namespace"), word(about, "name"))
        obj = uids.get(uid) if uid else names.get(place)
        reason = word(event, "reason")
        if obj is None or reason in _REPEATS:
            continue
        message = word(event, "message") or word(event, "note")
        since = (
            word(event, "lastTimestamp") or word(part(event, "series"), "lastObservedTime") or word(event, "eventTime")
        )
        if reason == "FailedCreate":
            cause = _refused(_key(obj), message, since)
        else:
            weight = _EVENTS.get(reason, WARNING)
            cause = Cause(weight, _key(obj), f"{reason}: {message}" if message else reason, since=since)
        # A status that tells the same is nearer to the truth than an event that may be an hour old.
        if cause.weight in (QUOTA, CREATION, SCHEDULING) and cause.weight in told:
            continue
        found.append(cause)
    return found
