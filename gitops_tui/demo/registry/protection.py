"""Claims and volumes in use don't go before they are free (the pvc-protection and pv-protection controllers)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.writes import Writes
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_CLAIM, _VOLUME, _POD = (GVK("", "v1", kind) for kind in ("PersistentVolumeClaim", "PersistentVolume", "Pod"))
_FINALIZERS = {_CLAIM: "kubernetes.io/pvc-protection", _VOLUME: "kubernetes.io/pv-protection"}


class Protection:
    """Takes the finalizer off what is being deleted and not used."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        writes.objects.listeners.append(self._heard)

    def _heard(self, gvk: GVK, kind: str, obj: Obj) -> None:
        if gvk in _FINALIZERS and obj["metadata"].get("deletionTimestamp") and kind != "DELETED":
            self._later(gvk, obj["metadata"].get("namespace") or "", obj["metadata"]["name"])
        elif gvk == _POD and kind == "DELETED":
            for name in _claims(obj):
                self._later(_CLAIM, obj["metadata"]["namespace"], name)

    def _later(self, gvk: GVK, namespace: str, name: str) -> None:
        self._writes.clock.later(0, lambda: self._free(gvk, namespace, name))

    def _free(self, gvk: GVK, namespace: str, name: str) -> None:
        resource: Resource | None = self._writes.catalogue.of(gvk)
        old = self._writes.objects.get(gvk, namespace, name)
        if resource is None or old is None or not old["metadata"].get("deletionTimestamp"):
            return
        if _FINALIZERS[gvk] not in (old["metadata"].get("finalizers") or ()):
            return
        if gvk == _CLAIM and any(name in _claims(pod) for pod in self._writes.objects.of_kind(_POD, namespace)):
            return
        if gvk == _VOLUME and (old.get("status") or {}).get("phase") == "Bound":
            return
        metadata = dict(old["metadata"])
        left = [each for each in metadata["finalizers"] if each != _FINALIZERS[gvk]]
        if left:
            metadata["finalizers"] = left
        else:
            del metadata["finalizers"]
        self._writes.update(resource, old, {**old, "metadata": metadata}, Write("kube-controller-manager"))


def _claims(pod: Obj) -> set[str]:
    return {
        (volume.get("persistentVolumeClaim") or {}).get("claimName") or ""
        for volume in (pod.get("spec") or {}).get("volumes") or ()
    }
