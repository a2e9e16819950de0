"""Claims are bound to a volume that is made for them, where no class is asked for or the class is there."""

from __future__ import annotations

import copy

from gitops_tui.demo.controllers.base import CLAIM, MANAGER, POD, STORAGE_CLASS, VOLUME, Context, Obj

_PROTECTED = "kubernetes.io/pvc-protection"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Binds a claim; lets one go that is marked and that no pod uses."""
    claim = context.registry.get(CLAIM, namespace, name)
    if claim is None:
        return
    if claim["metadata"].get("deletionTimestamp"):
        _let_go(context, claim)
        return
    if (claim.get("status") or {}).get("phase") == "Bound" or claim["spec"].get("volumeName"):
        return
    wanted = claim["spec"].get("storageClassName")
    if wanted and context.registry.get(STORAGE_CLASS, "", wanted) is None:
        said = f'storageclass.storage.k8s.io "{wanted}" not found'
        context.events.record(claim, "Warning", "ProvisioningFailed", said, "persistentvolume-controller")
        return
    volume = f"pvc-{claim['metadata']['uid']}"
    size = claim["spec"].get("resources", {}).get("requests", {}).get("storage", "1Gi")
    modes = list(claim["spec"].get("accessModes") or ["ReadWriteOnce"])
    reference = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": name,
        "namespace": namespace,
        "uid": claim["metadata"]["uid"],
    }
    spec: Obj = {
        "capacity": {"storage": size},
        "accessModes": modes,
        "claimRef": reference,
        "persistentVolumeReclaimPolicy": "Delete",
        "hostPath": {"path": f"/demo/{volume}"},
    }
    if wanted:
        spec["storageClassName"] = wanted
    if context.registry.get(VOLUME, "", volume) is None:
        made = context.registry.create(
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": spec},
            manager=MANAGER,
        )
        context.write_status(made, {**(made.get("status") or {}), "phase": "Bound"})
    bound = copy.deepcopy(claim)
    bound["spec"]["volumeName"] = volume
    bound = context.registry.update(bound, manager=MANAGER)
    context.write_status(bound, {"phase": "Bound", "accessModes": modes, "capacity": {"storage": size}})


def _let_go(context: Context, claim: Obj) -> None:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    for pod in context.index.living(POD, namespace):
        for volume in pod["spec"].get("volumes") or ():
            if (volume.get("persistentVolumeClaim") or {}).get("claimName") == name:
                return
    if _PROTECTED in (claim["metadata"].get("finalizers") or ()):
        context.registry.remove_finalizer(CLAIM, namespace, name, _PROTECTED)


def claim_went(context: Context, claim: Obj) -> None:
    """Deletes the volume that was made for it."""
    volume = context.registry.get(VOLUME, "", str(claim["spec"].get("volumeName") or ""))
    if volume is None or volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete":
        return
    name = volume["metadata"]["name"]
    context.registry.delete(VOLUME, "", name)
    for finalizer in volume["metadata"].get("finalizers") or ():
        if context.registry.get(VOLUME, "", name) is not None:
            context.registry.remove_finalizer(VOLUME, "", name, finalizer)
