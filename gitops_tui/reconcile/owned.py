"""The objects beneath a managed one: which kinds to watch for them, and their tree out of the live store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gitops_tui.health import assess, summary
from gitops_tui.kube import LiveStore
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.snapshot import OwnedObject

_REPLICA_SET = GVK("apps", "v1", "ReplicaSet")
_POD = GVK("", "v1", "Pod")
_JOB = GVK("batch", "v1", "Job")
_SLICE = GVK("discovery.k8s.io", "v1", "EndpointSlice")
_BELOW: dict[tuple[str, str], tuple[GVK, ...]] = {
    ("apps", "Deployment"): (_REPLICA_SET, _POD),
    ("apps", "ReplicaSet"): (_POD,),
    ("apps", "StatefulSet"): (_POD,),
    ("apps", "DaemonSet"): (_POD,),
    ("batch", "CronJob"): (_JOB, _POD),
    ("batch", "Job"): (_POD,),
}


def kinds_below(kinds: Iterable[tuple[str, str]]) -> set[GVK]:
    """The kinds that objects of these (group, kind) own."""
    return {gvk for kind in kinds for gvk in _BELOW.get(kind, ())}


def parse_time(text: Any) -> datetime | None:
    """A timestamp of the API, None where it is none."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def owned(store: LiveStore, uid: str, seen: frozenset[str] = frozenset()) -> tuple[OwnedObject, ...]:
    """The tree beneath an object. Old, empty ReplicaSets are left out; cycles end where they close."""
    found = []
    for gvk, obj in store.children(uid):
        metadata = obj["metadata"]
        child = metadata.get("uid") or ""
        if child in seen or len(seen) > 20:
            continue
        if gvk == _REPLICA_SET and not (obj.get("spec") or {}).get("replicas"):
            if not (obj.get("status") or {}).get("replicas"):
                continue
        found.append(
            OwnedObject(
                key=ResourceKey(gvk.group, gvk.kind, metadata.get("namespace") or "", metadata["name"]),
                uid=child,
                health=assess(obj),
                created=parse_time(metadata.get("creationTimestamp")),
                summary=summary(obj),
                children=owned(store, child, seen | {child}),
            )
        )
    return tuple(sorted(found, key=lambda each: each.key))


def root_of(store: LiveStore, obj: dict[str, Any]) -> dict[str, Any]:
    """The topmost known owner of an object (itself where it has none)."""
    for _ in range(20):
        owners = [each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")] or (
            obj["metadata"].get("ownerReferences") or []
        )
        above = store.by_uid(owners[0].get("uid", "")) if owners else None
        if above is None:
            return obj
        obj = above[1]
    return obj
