"""When what was applied is ready for what comes after it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from gitops_tui.errors import GitOpsError
from gitops_tui.health import assess, assessor
from gitops_tui.healthscripts import HealthScript
from gitops_tui.kube import Cluster, WatchStatus
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.sync import PlanStep
from gitops_tui.model.text import printable
from gitops_tui.schema import builtin

# How long the controller of a custom resource has to say anything, before its silence counts as health
# (Argo CD waits this long after each wave: ARGOCD_SYNC_WAVE_DELAY).
_SILENCE = 2.0
_NAMESPACE = GVK("", "v1", "Namespace")


class Waiting:
    """Looks at what was applied: in the live store where that is as new, else by asking."""

    def __init__(self, cluster: Cluster, scripts: tuple[HealthScript, ...] = ()) -> None:
        self._cluster = cluster
        self._assess = assessor(scripts)
        self._applied: dict[ResourceKey, tuple[int, float]] = {}

    def applied(self, step: PlanStep, made: Mapping[str, Any]) -> None:
        """Takes note of an object as it was right after its write."""
        self._applied[step.key] = (_version(made), asyncio.get_running_loop().time())

    async def health(self, step: PlanStep) -> tuple[HealthStatus, str]:
        """HEALTHY where the next wave may come, DEGRADED where it never will. Raises ClusterError."""
        gvk = GVK.of(step.api_version, step.key.kind)
        version, when = self._applied.get(step.key, (0, 0.0))
        live = self._known(gvk, step.key, version)
        if live is None:
            live = await self._cluster.get(self._cluster.discovery.find(gvk), step.key.namespace, step.key.name)
        if live is None:
            return HealthStatus.DEGRADED, "it is gone; somebody deleted it"
        found = self._assess(live)
        if found.status is HealthStatus.HEALTHY and not live.get("status") and gvk not in builtin().kinds:
            if asyncio.get_running_loop().time() - when < _SILENCE:
                return HealthStatus.PROGRESSING, "its controller has not looked at it yet"
        if found.status is HealthStatus.SUSPENDED:
            # On purpose: a paused Deployment would hold up everything after it for ever.
            return HealthStatus.HEALTHY, found.message
        return found.status, found.message

    def _known(self, gvk: GVK, key: ResourceKey, version: int) -> Mapping[str, Any] | None:
        if self._cluster.status(gvk, key.namespace)[0] is not WatchStatus.SYNCED:
            return None
        found = self._cluster.store.get(gvk, key.namespace, key.name)
        return found if found is not None and version and _version(found) >= version else None

    async def is_established(self, step: PlanStep) -> bool:
        """Whether a CustomResourceDefinition serves its kind. Raises ClusterError, and GitOpsError where its names are
        taken."""
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        live = await self._cluster.get(kind, "", step.key.name)
        return live is not None and assess(live).status is HealthStatus.HEALTHY

    async def why_not_established(self, step: PlanStep) -> str:
        """What a CustomResourceDefinition's conditions say against it, as the end of a sentence; "" for nothing."""
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        live = await self._cluster.get(kind, "", step.key.name) or {}
        told = (live.get("status") or {}).get("conditions") or ()
        against = [each for each in told if isinstance(each, Mapping) and each.get("status") == "False"]
        # That it is not established follows from the others.
        against.sort(key=lambda each: each.get("type") == "Established")
        said = [f"{each.get('reason')}: {each.get('message')}" for each in against[:1]]
        return f"; {printable(said[0])}" if said else ""

    async def namespace_stays(self, name: str) -> None:
        """Raises GitOpsError where a namespace is on its way out: nothing can be made in it."""
        live = await self._cluster.get(self._cluster.discovery.find(_NAMESPACE), "", name)
        if live is not None and live["metadata"].get("deletionTimestamp"):
            raise GitOpsError(
                f"the namespace {name} is being deleted: nothing can be made in it",
                hint="wait until it is gone, or see what holds it: kubectl get namespace " + name + " -o yaml",
            )


def _version(obj: Mapping[str, Any]) -> int:
    """An object's resourceVersion as a number, 0 where it is none."""
    text = str((obj.get("metadata") or {}).get("resourceVersion") or "")
    return int(text) if text.isdigit() else 0
