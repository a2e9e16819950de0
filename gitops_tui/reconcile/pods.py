"""The Pods of what is selected, out of the live store, and their containers as a log's reader chooses them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_tui.kube import LiveStore
from gitops_tui.model.keys import GVK
from gitops_tui.model.logs import ALL_CONTAINERS, ContainerKind, LogContainer, LogPod

POD = GVK("", "v1", "Pod")
Live = Mapping[str, Any]
_DEFAULT = "kubectl.kubernetes.io/default-container"
_DEPTH = 20


def _dict(obj: Any, *names: str) -> dict[str, Any]:
    for name in names:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return obj if isinstance(obj, dict) else {}


def _list(obj: Any, name: str) -> list[dict[str, Any]]:
    found = obj.get(name) if isinstance(obj, Mapping) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(obj: Mapping[str, Any], name: str) -> str:
    found = obj.get(name)
    return found if isinstance(found, str) else ""


def pods_below(store: LiveStore, root: Live) -> list[dict[str, Any]]:
    """The Pods of an object: itself, what it owns at any depth, or what a Service selects; newest first."""
    found: dict[str, dict[str, Any]] = {}
    if root.get("kind") == "Pod" and root.get("apiVersion") == "v1":
        found[""] = dict(root)
    elif root.get("kind") == "Service" and root.get("apiVersion") == "v1":
        for each in _selected(store, root):
            found[_text(_dict(each, "metadata"), "uid")] = each
    else:
        seen: set[str] = set()
        waiting = [(_text(_dict(root, "metadata"), "uid"), 0)]
        while waiting:
            uid, depth = waiting.pop()
            if not uid or uid in seen or depth > _DEPTH:
                continue
            seen.add(uid)
            for gvk, child in store.children(uid):
                place = _text(_dict(child, "metadata"), "uid")
                if gvk == POD:
                    found[place] = child
                else:
                    waiting.append((place, depth + 1))
    return sorted(found.values(), key=lambda each: _text(_dict(each, "metadata"), "creationTimestamp"), reverse=True)


def _selected(store: LiveStore, service: Live) -> Iterator[dict[str, Any]]:
    selector = _dict(service, "spec", "selector")
    namespace = _text(_dict(service, "metadata"), "namespace")
    if not selector:
        return
    for (place, _), pod in store.of_kind(POD).items():
        labels = _dict(pod, "metadata", "labels")
        if place == namespace and all(labels.get(name) == value for name, value in selector.items()):
            yield pod


def log_pod(pod: Live) -> LogPod:
    """A Pod's containers: init containers, then its own, then ephemeral ones."""
    metadata, spec, status = _dict(pod, "metadata"), _dict(pod, "spec"), _dict(pod, "status")
    own = [_text(each, "name") for each in _list(spec, "containers")]
    wanted = _dict(metadata, "annotations").get(_DEFAULT)
    default = wanted if wanted in own else own[0] if own else ""
    made = []
    for kind, part, told in (
        (ContainerKind.INIT, "initContainers", "initContainerStatuses"),
        (ContainerKind.CONTAINER, "containers", "containerStatuses"),
        (ContainerKind.EPHEMERAL, "ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        states = {_text(each, "name"): each for each in _list(status, told)}
        for each in _list(spec, part):
            name = _text(each, "name")
            chosen = kind is ContainerKind.CONTAINER and name == default
            made.append(LogContainer(name, kind, state_of(states.get(name, {})), chosen))
    return LogPod(_text(metadata, "namespace"), _text(metadata, "name"), _text(metadata, "uid"), tuple(made))


def state_of(status: Live) -> str:
    """A container's state in a few words, "" where nothing is known."""
    if "running" in _dict(status, "state"):
        return "running"
    ended = _dict(status, "state", "terminated")
    if ended:
        code, reason = ended.get("exitCode"), _text(ended, "reason")
        return f"exit {code}" + (f" {reason}" if reason not in ("", "Completed", "Error") else "")
    reason = _text(_dict(status, "state", "waiting"), "reason")
    return f"waiting: {reason}" if reason else ""


def picked(pod: LogPod, container: str) -> list[str]:
    """The containers of a pod whose logs are meant; see `LogOptions.container`. Where none is named, init containers
    that run or fail belong to it: what they say is why the pod does not come up."""
    if container == ALL_CONTAINERS:
        return [each.name for each in pod.containers]
    if container:
        return [each.name for each in pod.containers if each.name == container]
    busy = [
        each.name
        for each in pod.containers
        if each.kind is ContainerKind.INIT and each.state not in ("", "exit 0", "waiting: PodInitializing")
    ]
    return busy + [each.name for each in pod.containers if each.chosen]
