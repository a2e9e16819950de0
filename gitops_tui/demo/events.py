"""Events as the controllers record them: one object for each thing that happened, counted where it happens again."""

from __future__ import annotations

import itertools
from typing import Any, Protocol

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
EVENT = GVK("", "v1", "Event")
_KEPT = 2_000  # so many can be counted up; what is older starts again at one


class _Registry(Protocol):
    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None: ...
    def create(self, obj: Obj, *, manager: str) -> Obj: ...
    def patch(
        self, gvk: GVK, namespace: str, name: str, merge_patch: Obj, *, manager: str, subresource: str = ""
    ) -> Obj: ...


class Recorder:
    """Writes events into the cluster."""

    def __init__(self, registry: _Registry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        self._known: dict[tuple[str, ...], tuple[str, str]] = {}
        self._numbers = itertools.count(int(clock.time()) << 20)

    def record(self, obj: Obj, kind: str, reason: str, message: str, component: str, *, path: str = "") -> None:
        """kind: Normal or Warning. component: who saw it, such as `deployment-controller`. path: a field of the object."""
        metadata = obj["metadata"]
        key = (metadata.get("uid", ""), kind, reason, message, component, path)
        manager = component if component in ("kubelet", "default-scheduler") else "kube-controller-manager"
        now = self._clock.now()
        known = self._known.get(key)
        found = self._registry.get(EVENT, *known) if known else None
        try:
            if found is not None and known is not None:
                again = {"count": int(found.get("count") or 1) + 1, "lastTimestamp": now}
                self._registry.patch(EVENT, *known, again, manager=manager)
                return
            namespace = metadata.get("namespace") or "default"
            name = f"{metadata['name'][:230]}.{next(self._numbers):016x}"
            involved = {
                "apiVersion": obj["apiVersion"],
                "kind": obj["kind"],
                "name": metadata["name"],
                "uid": metadata.get("uid", ""),
                "resourceVersion": metadata.get("resourceVersion", ""),
            }
            if metadata.get("namespace"):
                involved["namespace"] = namespace
            if path:
                involved["fieldPath"] = path
            made: Obj = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": involved,
                "reason": reason,
                "message": message,
                "type": kind,
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "source": {"component": component},
                "reportingComponent": component,
            }
            self._registry.create(made, manager=manager)
        except Fault:  # a namespace on its way out takes no events, and nobody waits for them
            return
        if len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[key] = (namespace, name)
