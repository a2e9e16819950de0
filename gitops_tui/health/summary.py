"""The one line that matters about an object: `3/5 ready`, `CrashLoopBackOff app (137, OOMKilled) x12`, and the trouble in
it that its owners' lines repeat. Pure; takes objects of any shape; the lines are short and printable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gitops_tui.health.builtin import is_broken
from gitops_tui.health.objects import clean, items, number, part, said, word

LINE_LIMIT: Final = 160
"""Characters of a line."""
_STARTING: Final = ("", "PodInitializing", "ContainerCreating")
PULLING: Final = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
"""Reasons of a container that waits for its image."""


def shorten(text: str, limit: int = LINE_LIMIT) -> str:
    """One printable line of at most `limit` characters."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def summary(obj: Mapping[str, Any]) -> str:
    """That line, "" where there is nothing to say."""
    kind = word(obj, "kind") if isinstance(obj, Mapping) else ""
    rule = _LINES.get(kind)
    return shorten(rule(obj)) if rule is not None else ""


def trouble(obj: Mapping[str, Any]) -> str:
    """What keeps an object from being well, in a few words; "" where nothing is known to. Of Pods, ReplicaSets, Jobs,
    claims and EndpointSlices: what others are made of."""
    rule = _TROUBLES.get(word(obj, "kind"))
    return shorten(rule(obj)) if rule is not None else ""


def image_tags(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """The images of a Pod or of a workload's template, each by its last name and tag: "web:1.8", "db@3f2a9c1"."""
    if not (spec := part(obj, "spec")):
        return ()
    template = spec if word(obj, "kind") == "Pod" else part(spec, "template", "spec")
    if word(obj, "kind") == "CronJob":
        template = part(spec, "jobTemplate", "spec", "template", "spec")
    found = (short_image(word(each, "image")) for each in items(template, "containers"))
    return tuple(dict.fromkeys(each for each in found if each))[:10]


def short_image(image: str) -> str:
    """An image without its registry and folders, a digest by its first seven digits."""
    name, _, digest = image.rpartition("/")[2].partition("@")
    if digest and ":" not in name:
        name += f"@{digest.rpartition(':')[2][:7]}"
    return shorten(name, 60)


# --- lines ------------------------------------------------------------------------------------------------------------


def _replicas(obj: Mapping[str, Any]) -> str:
    return f"{number(part(obj, 'status'), 'readyReplicas')}/{number(part(obj, 'spec'), 'replicas', 1)} ready"


def _daemons(obj: Mapping[str, Any]) -> str:
    status = part(obj, "status")
    return f"{number(status, 'numberReady')}/{number(status, 'desiredNumberScheduled')} ready"


def _pod_line(obj: Mapping[str, Any]) -> str:
    if found := trouble(obj):
        return found
    status = part(obj, "status")
    listed = items(status, "containerStatuses")
    ready = sum(each.get("ready") is True for each in listed)
    phase = word(status, "phase")
    if phase == "Succeeded":
        return phase
    restarts = sum(number(each, "restartCount") for each in listed)
    return (f"{phase} {ready}/{len(listed)}" if listed else phase) + (f" · {restarts} restarts" if restarts else "")


def _job_line(obj: Mapping[str, Any]) -> str:
    status = part(obj, "status")
    line = f"{number(status, 'succeeded')}/{number(part(obj, 'spec'), 'completions', 1)} done"
    failed = number(status, "failed")
    return f"{line} · {failed} failed" if failed else line


def _cron_line(obj: Mapping[str, Any]) -> str:
    spec, status = part(obj, "spec"), part(obj, "status")
    words = [word(spec, "schedule")]
    if spec.get("suspend") is True:
        words.append("suspended")
    if active := items(status, "active"):
        words.append(f"{len(active)} active")
    return " · ".join(each for each in words if each)


def _claim_line(obj: Mapping[str, Any]) -> str:
    if found := trouble(obj):
        return found
    status = part(obj, "status")
    size = part(status, "capacity").get("storage")
    return " ".join(each for each in (word(status, "phase"), size if isinstance(size, str) else "") if each)


def _address_line(obj: Mapping[str, Any]) -> str:
    found = items(part(obj, "status", "loadBalancer"), "ingress")
    return ", ".join(each for each in (word(at, "ip") or word(at, "hostname") for at in found[:5]) if each)


def _slice_line(obj: Mapping[str, Any]) -> str:
    ready, total = endpoints(obj)
    return f"{ready}/{total} ready"


def endpoints(obj: Mapping[str, Any]) -> tuple[int, int]:
    """(ready, all) addresses of an EndpointSlice; not known counts as ready, as the API says."""
    listed = items(obj, "endpoints")
    return sum(part(each, "conditions").get("ready") is not False for each in listed), len(listed)


_LINES: Final = {
    "Deployment": _replicas,
    "StatefulSet": _replicas,
    "ReplicaSet": _replicas,
    "Rollout": _replicas,
    "DaemonSet": _daemons,
    "Pod": _pod_line,
    "Job": _job_line,
    "CronJob": _cron_line,
    "PersistentVolumeClaim": _claim_line,
    "Service": _address_line,
    "Ingress": _address_line,
    "EndpointSlice": _slice_line,
}


# --- troubles ---------------------------------------------------------------------------------------------------------


def _exit(ended: Mapping[str, Any]) -> str:
    code = ended.get("exitCode")
    words = ([str(code)] if type(code) is int else []) + [word(ended, "reason")]
    found = ", ".join(each for each in words if each)
    return f" ({found})" if found else ""


def is_trouble_reason(reason: str) -> bool:
    """Whether a container that waits for this reason is in trouble, not only starting."""
    return is_broken(reason) or reason not in _STARTING


def image_of(pod: Mapping[str, Any], container: str) -> str:
    """The image that a Pod's spec names for a container, "" where it names none."""
    spec = part(pod, "spec")
    for each in [*items(spec, "initContainers"), *items(spec, "containers")]:
        if each.get("name") == container:
            return word(each, "image")
    return ""


def container_trouble(container: Mapping[str, Any], image: str = "") -> str:
    """What is wrong with a container, by its status: why it waits, how it ended and how often it was started again."""
    name, restarts = word(container, "name"), number(container, "restartCount")
    again = f" x{restarts}" if restarts else ""
    reason = word(part(container, "state", "waiting"), "reason")
    last = part(container, "lastState", "terminated")
    if reason in PULLING:
        return f"{reason} {name}" + (f" ({short_image(image)})" if image else "")
    if is_trouble_reason(reason):
        return f"{reason} {name}{_exit(last)}{again}"
    ended = part(container, "state", "terminated")
    if ended and number(ended, "exitCode"):
        return f"ended {name}{_exit(ended)}{again}"
    if last and container.get("ready") is False and "running" in part(container, "state"):
        return f"not ready {name}{_exit(last)}{again}"
    return ""


def _pod_trouble(obj: Mapping[str, Any]) -> str:
    status = part(obj, "status")
    phase = word(status, "phase")
    if phase == "Succeeded":
        return ""
    if phase == "Failed" and word(status, "reason"):
        return f"{word(status, 'reason')}: {word(status, 'message')}".rstrip(": ")
    for each in items(status, "conditions"):
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return f"unschedulable: {said(each)}" if word(each, "reason") == "Unschedulable" else said(each)
    found = []
    for container in [*items(status, "initContainerStatuses"), *items(status, "containerStatuses")]:
        if words := container_trouble(container, image_of(obj, word(container, "name"))):
            found.append(words)
    return found[0] + (f" (and {len(found) - 1} more)" if found[1:] else "") if found else ""


def _condition_trouble(obj: Mapping[str, Any], kind: str) -> str:
    for each in items(part(obj, "status"), "conditions"):
        if each.get("type") == kind and each.get("status") == "True":
            return said(each)
    return ""


def _claim_trouble(obj: Mapping[str, Any]) -> str:
    phase = word(part(obj, "status"), "phase")
    return f"claim is {phase}" if phase in ("Pending", "Lost") else ""


def _slice_trouble(obj: Mapping[str, Any]) -> str:
    return "" if endpoints(obj)[0] else "no ready endpoints"


_TROUBLES: Final = {
    "Pod": _pod_trouble,
    "ReplicaSet": lambda obj: _condition_trouble(obj, "ReplicaFailure"),
    "Deployment": lambda obj: _condition_trouble(obj, "ReplicaFailure"),
    "Job": lambda obj: _condition_trouble(obj, "Failed"),
    "PersistentVolumeClaim": _claim_trouble,
    "EndpointSlice": _slice_trouble,
}
