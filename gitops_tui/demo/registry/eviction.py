"""Eviction of pods: a delete that respects PodDisruptionBudgets."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.rules.numbers import selector_matches
from gitops_tui.demo.status import Fault, bad_request
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_POD, _BUDGET = GVK("", "v1", "Pod"), GVK("policy", "v1", "PodDisruptionBudget")


def evict(registry: Registry, namespace: str, name: str, body: Obj, write: Write) -> Obj:
    """The Status of an eviction. Raises Fault 429 where a budget forbids it."""
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
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
