"""Subresources that are no part of their object: eviction and binding of pods, the finalizing of namespaces."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.writes import NAMESPACE
from gitops_tui.demo.rules.numbers import selector_matches
from gitops_tui.demo.status import Fault, bad_request, conflict
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_POD, _BUDGET = GVK("", "v1", "Pod"), GVK("policy", "v1", "PodDisruptionBudget")


def _done() -> Obj:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def evict(registry: Registry, namespace: str, name: str, body: Obj, write: Write) -> Obj:
    """The Status of an eviction, a delete that respects PodDisruptionBudgets. Raises Fault 429 where one forbids it."""
    if (given := (body.get("metadata") or {}).get("name")) and given != name:
        raise bad_request("name in URL does not match name in Eviction object")
    resource = registry.resource(_POD)
    pod = registry.writes.stored(resource, namespace, name)
    if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed", "Pending"):
        for budget in registry.list(_BUDGET, namespace):
            if not selector_matches((budget.get("spec") or {}).get("selector"), pod["metadata"].get("labels")):
                continue
            if (budget.get("status") or {}).get("disruptionsAllowed", 0) < 1:
                said = "Cannot evict pod as it would violate the pod's disruption budget."
                why = (
                    f"The disruption budget {budget['metadata']['name']} needs "
                    f"{(budget.get('status') or {}).get('desiredHealthy', 0)} healthy pods and has "
                    f"{(budget.get('status') or {}).get('currentHealthy', 0)} currently"
                )
                raise Fault(429, "TooManyRequests", said, [{"reason": "DisruptionBudget", "message": why}])
    options = body.get("deleteOptions") or {}
    write.dry_run = write.dry_run or bool(options.get("dryRun"))
    registry.deletes.delete(resource, namespace, name, options, write)
    return _done()


def bind(registry: Registry, namespace: str, name: str, body: Obj, write: Write) -> Obj:
    """The Status of a Binding, by which a pod gets its node. Raises Fault 409 where it has one."""
    resource = registry.resource(_POD)
    old = registry.writes.stored(resource, namespace, name)
    if (old.get("spec") or {}).get("nodeName"):
        raise conflict("pods/binding", "", name, f'pod {name} is already assigned to node "{old["spec"]["nodeName"]}"')
    node = (body.get("target") or {}).get("name")
    if not node:
        raise Fault(500, "", "target.name: Required value")
    if not write.dry_run:
        registry.objects.put(resource.storage, {**old, "spec": {**old["spec"], "nodeName": node}})
    return _done()


def finalize(registry: Registry, name: str, body: Obj) -> Obj:
    """The Namespace with those of its finalizers that body leaves; one that is going goes with the last."""
    resource = registry.resource(NAMESPACE)
    old = registry.writes.stored(resource, "", name)
    left = (body.get("spec") or {}).get("finalizers") or []
    spec = {key: value for key, value in (old.get("spec") or {}).items() if key != "finalizers"}
    made: Obj = {**old, "spec": {**spec, "finalizers": left} if left else spec}
    if "kubernetes" not in left and old["metadata"].get("deletionTimestamp"):
        registry.finalize_namespace(name)
        return made
    return registry.objects.put(resource.storage, made)
