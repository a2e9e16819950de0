"""What a write may change of a stored object, whether it did, and what is kept of it."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields.walks import same
from gitops_tui.demo.registry.resources import Resource

Obj = dict[str, Any]


def limited(resource: Resource, new: Obj, old: Obj, subresource: str) -> Obj:
    """What a write to the resource or its subresource can change; the rest stays."""
    if subresource == "status":
        kept = {**old, "metadata": dict(old["metadata"])}
        if "status" in new:
            kept["status"] = new["status"]
        else:
            kept.pop("status", None)
        if resource.custom is None:
            labels = old["metadata"].get("labels")
            kept["metadata"] = dict(new["metadata"])
            if resource.kind == "Deployment":
                kept["metadata"].pop("labels", None)
                if labels:
                    kept["metadata"]["labels"] = labels
        return kept
    if subresource in ("ephemeralcontainers", "resize"):
        return {**old, "metadata": new["metadata"], "spec": _of_subresource(new, old, subresource)}
    if subresource in ("", "scale") and "status" in resource.subresources:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    return new


def _of_subresource(new: Obj, old: Obj, subresource: str) -> Obj:
    """The spec of a pod with what its subresource may change."""
    after, before = new.get("spec") or {}, old["spec"]
    if subresource == "ephemeralcontainers":
        return {**before, "ephemeralContainers": after.get("ephemeralContainers") or []}
    asked = {each["name"]: each.get("resources") or {} for each in after.get("containers") or ()}
    containers = [
        {**each, "resources": asked.get(each["name"], each.get("resources") or {})} for each in before["containers"]
    ]
    return {**before, "containers": containers}


def counted(obj: Obj, resource: Resource) -> Obj:
    """What a custom object's generation counts."""
    out = {"metadata", "apiVersion", "kind"} | ({"status"} if resource.custom.status else set())
    return {name: value for name, value in obj.items() if name not in out}


def unchanged(new: Obj, old: Obj) -> bool:
    """Whether a write makes no difference but in times of managedFields."""
    if new.keys() != old.keys():
        return False
    for name, value in new.items():
        if name != "metadata" and not same(value, old[name]):
            return False
    after, before = new["metadata"], old["metadata"]
    if after.keys() != before.keys():
        return False
    for name, value in after.items():
        if name == "managedFields":
            if _untimed(value) != _untimed(before[name]):
                return False
        elif not same(value, before[name]):
            return False
    return True


def _untimed(entries: list[Obj]) -> list[Obj]:
    return [{name: value for name, value in entry.items() if name != "time"} for entry in entries]


_NULL_WHEN_EMPTY = {
    ("rbac.authorization.k8s.io", "Role"): ("rules",),
    ("rbac.authorization.k8s.io", "ClusterRole"): ("rules",),
    ("discovery.k8s.io", "EndpointSlice"): ("endpoints", "ports"),
}


def as_kept(resource: Resource, obj: Obj) -> Obj:
    """What is stored of an object: a role's empty list of rules comes back as null, as from the real one's protobuf (so
    that the same empty list, told again by an update, is a change that gives its field to the updater)."""
    for field in _NULL_WHEN_EMPTY.get((resource.group, resource.kind), ()):
        if obj.get(field) == []:
            obj = {**obj, field: None}
    return obj
