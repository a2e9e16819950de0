"""Deletes as the API server does them: preconditions, grace, finalizers, propagation
(k8s.io/apiserver pkg/registry/generic/registry/store.go)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.clock import stamp
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.strategies import ORPHANED, RETURNED
from gitops_tui.demo.registry.writes import Writes
from gitops_tui.demo.rules.findings import not_supported
from gitops_tui.demo.status import Fault, FieldError, conflict, forbidden, invalid

Obj = dict[str, Any]
_PROTECTED = ("default", "kube-system", "kube-public")
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def check_options(options: Obj) -> None:
    """Raises Fault 422 where DeleteOptions make no sense."""
    errors: list[FieldError] = []
    policy = options.get("propagationPolicy")
    if policy is not None and policy not in ("Foreground", "Background", "Orphan"):
        listed = ("Foreground", "Background", "Orphan", "nil")
        errors.append(not_supported("propagationPolicy", policy, listed, keep_order=True))
    if policy is not None and options.get("orphanDependents") is not None:
        said = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(FieldError("FieldValueInvalid", "propagationPolicy", f'Invalid value: "{policy}": {said}'))
    dry = options.get("dryRun")
    if dry and any(each != "All" for each in dry):
        errors.append(not_supported("dryRun", dry, ("All",)))
    if errors:
        raise invalid("DeleteOptions", "meta.k8s.io", "", errors)


class Deletes:
    """Deletes from the store."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._objects = writes.objects
        self._clock = writes.clock

    def delete(self, resource: Resource, namespace: str, name: str, options: Obj, write: Write) -> tuple[Obj, bool]:
        """The object as it is afterwards (or last was), and whether it is gone. Raises Fault."""
        check_options(options)
        old = self._writes.stored(resource, namespace, name)
        self._preconditions(resource, old, options)
        if options.get("ignoreStoreReadErrorWithClusterBreakingPotential"):
            place = "/".join(filter(None, ["/registry", resource.plural, namespace, name]))
            why = (
                f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: unsafe "
                "deletion is not allowed because the object is decodable from storage"
            )
            raise conflict(resource.plural, resource.group, name, why)
        if self._writes.admission is not None:
            self._writes.admission.admit(None, old, "DELETE", write.info)
        key = (resource.group, resource.kind)
        if key == ("", "Namespace"):
            if name in _PROTECTED:
                raise forbidden(resource.plural, "", name, "this namespace may not be deleted")
            return self._namespace(resource, old, write)
        if key == ("apiextensions.k8s.io", "CustomResourceDefinition"):
            return self._definition(resource, old, write)
        grace = self._grace(resource, old, options)
        finalizers = self._finalizers(resource, old, options)
        before = old["metadata"]
        had = list(before.get("finalizers") or ())
        if grace is None and not finalizers:
            return self._remove(resource, old, write), True
        deleting = before.get("deletionTimestamp")
        metadata = dict(before)
        if finalizers != had:
            if finalizers:
                metadata["finalizers"] = finalizers
            else:
                metadata.pop("finalizers", None)
        if not deleting:
            seconds = grace or 0
            metadata["deletionTimestamp"] = stamp(self._clock.time() + seconds)
            metadata["deletionGracePeriodSeconds"] = seconds
            if metadata.get("generation"):
                metadata["generation"] += 1
        elif grace is not None and grace < (before.get("deletionGracePeriodSeconds") or 0):
            metadata["deletionTimestamp"] = stamp(self._clock.time() + grace)
            metadata["deletionGracePeriodSeconds"] = grace
        elif grace is None and (before.get("deletionGracePeriodSeconds") or 0) > 0:
            metadata["deletionGracePeriodSeconds"] = 0
            if not finalizers:
                return self._remove(resource, old, write), True
        if metadata == before:
            return self._writes.seen(resource, old), False
        return self._put(resource, {**old, "metadata": metadata}, old, write), False

    def _preconditions(self, resource: Resource, old: Obj, options: Obj) -> None:
        wanted = options.get("preconditions") or {}
        metadata = old["metadata"]
        if (uid := wanted.get("uid")) is not None and uid != metadata["uid"]:
            why = (
                f"the UID in the precondition ({uid}) does not match the UID in record ({metadata['uid']}). "
                "The object might have been deleted and then recreated"
            )
            raise conflict(resource.kind, resource.group, metadata["name"], why)
        if (version := wanted.get("resourceVersion")) is not None and version != metadata["resourceVersion"]:
            why = (
                f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
                f"({metadata['resourceVersion']}). The object might have been modified"
            )
            raise conflict(resource.kind, resource.group, metadata["name"], why)

    @staticmethod
    def _grace(resource: Resource, old: Obj, options: Obj) -> int | None:
        """Seconds until the object goes, None: at once."""
        if (resource.group, resource.kind) != ("", "Pod"):
            return None
        spec, status = old.get("spec") or {}, old.get("status") or {}
        seconds = options.get("gracePeriodSeconds")
        if seconds is None:
            seconds = spec.get("terminationGracePeriodSeconds", 30)
        if seconds < 0:
            seconds = 1
        if not spec.get("nodeName") or status.get("phase") in ("Failed", "Succeeded"):
            seconds = 0
        return seconds or None

    @staticmethod
    def _finalizers(resource: Resource, old: Obj, options: Obj) -> list[str]:
        had = list(old["metadata"].get("finalizers") or ())
        policy = options.get("propagationPolicy")
        if options.get("orphanDependents") is not None:
            policy = "Orphan" if options["orphanDependents"] else "Background"
        if policy is None:
            if ORPHAN in had:
                policy = "Orphan"
            elif FOREGROUND in had:
                policy = "Foreground"
            elif (resource.group, resource.kind) in ORPHANED:
                policy = "Orphan"
        kept = [each for each in had if each not in (ORPHAN, FOREGROUND)]
        if policy == "Orphan":
            kept.append(ORPHAN)
        elif policy == "Foreground":
            kept.append(FOREGROUND)
        return kept

    def _namespace(self, resource: Resource, old: Obj, write: Write) -> tuple[Obj, bool]:
        if not old["metadata"].get("deletionTimestamp"):
            metadata = {**old["metadata"], "deletionTimestamp": self._clock.now()}
            new = {**old, "metadata": metadata, "status": {**(old.get("status") or {}), "phase": "Terminating"}}
            return self._put(resource, new, old, write), False
        if (old.get("spec") or {}).get("finalizers") or old["metadata"].get("finalizers"):
            return self._writes.seen(resource, old), False
        return self._remove(resource, old, write), True

    def _definition(self, resource: Resource, old: Obj, write: Write) -> tuple[Obj, bool]:
        if old["metadata"].get("deletionTimestamp"):
            if old["metadata"].get("finalizers"):
                return self._writes.seen(resource, old), False
            return self._remove(resource, old, write), True
        metadata = {**old["metadata"], "deletionTimestamp": self._clock.now()}
        had = list(metadata.get("finalizers") or ())
        metadata["finalizers"] = had if _CLEANUP in had else [*had, _CLEANUP]
        conditions = [
            each for each in (old.get("status") or {}).get("conditions") or () if each.get("type") != "Terminating"
        ]
        conditions.append(
            {
                "type": "Terminating",
                "status": "True",
                "lastTransitionTime": self._clock.now(),
                "reason": "InstanceDeletionPending",
                "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            }
        )
        status = {**(old.get("status") or {}), "conditions": conditions}
        return self._put(resource, {**old, "metadata": metadata, "status": status}, old, write), False

    def _put(self, resource: Resource, new: Obj, old: Obj, write: Write) -> Obj:
        if write.dry_run:
            return self._writes.seen(resource, new)
        stored = self._objects.put(resource.storage, new)
        for after in self._writes.after:
            after(resource, stored, old)
        return self._writes.seen(resource, stored)

    def _remove(self, resource: Resource, old: Obj, write: Write) -> Obj:
        metadata = old["metadata"]
        if not write.dry_run:
            self._objects.remove(resource.storage, metadata.get("namespace") or "", metadata["name"])
            for after in self._writes.after:
                after(resource, old, old)
        return self._writes.seen(resource, old)


def deleted_answer(resource: Resource, obj: Obj, *, gone: bool) -> Obj:
    """What a delete answers: the object, or a Status."""
    if not gone or (resource.group, resource.kind) in RETURNED:
        return obj
    details = {"name": obj["metadata"]["name"], "kind": resource.plural, "uid": obj["metadata"]["uid"]}
    if resource.group:
        details = {"name": details["name"], "group": resource.group, **details}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


__all__ = ["Deletes", "Fault", "check_options", "deleted_answer"]
