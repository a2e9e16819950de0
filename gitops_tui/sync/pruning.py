"""Deletes what is ours and no longer in Git: only what still carries our tracking id at its own identity, only the very
object that was looked at (its uid is a precondition), and nothing that has come under protection since the plan."""

from __future__ import annotations

from typing import Any

from gitops_tui.errors import GitOpsError
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.application import Application
from gitops_tui.model.keys import GVK
from gitops_tui.model.sync import PlanStep
from gitops_tui.sync.delete_plan import kept_by
from gitops_tui.sync.options import application_options, object_options, propagation_policy
from gitops_tui.sync.tracking import owner_of


class Pruner:
    """Prunes for one application. cascade: all of it is deleted, "foreground" or "background"; "" for a sync."""

    def __init__(self, app: Application, cluster: Cluster, cascade: str = "") -> None:
        self._cascade = cascade
        self._name = app.key.tracking_name
        self._options = application_options(app)
        self._cluster = cluster
        self._uids: dict[PlanStep, str] = {}

    async def dry_run(self, step: PlanStep) -> None:
        """Has the API server check a deletion. Raises ClusterError, GitOpsError."""
        await self._delete(step, dry_run=True)

    async def delete(self, step: PlanStep) -> str:
        """Asks for the deletion; gives a word where there is nothing to wait for. Raises ClusterError, GitOpsError."""
        return await self._delete(step)

    async def held_by(self, step: PlanStep) -> str | None:
        """None once the object is gone, else what holds it. Raises ClusterError."""
        live = await self._live(self._kind(step), step)
        if live is None or live["metadata"].get("uid") != self._uids.get(step):
            return None
        return ", ".join(map(str, live["metadata"].get("finalizers") or ()))

    async def _delete(self, step: PlanStep, *, dry_run: bool = False) -> str:
        kind = self._kind(step)
        live = await self._live(kind, step)
        if live is None:
            return "was gone already"
        if owner_of(live, step.key) != self._name:
            raise GitOpsError(f"{step.key} no longer carries this application's tracking id; it is left alone")
        if why := self._protected(live):
            raise GitOpsError(
                f"{step.key} is protected by {why} since; it is left alone", hint="look at the plan again"
            )
        self._uids[step] = live["metadata"]["uid"]
        if live["metadata"].get("deletionTimestamp"):
            return ""
        await self._cluster.delete(
            kind,
            step.key.namespace,
            step.key.name,
            uid=live["metadata"]["uid"],
            propagation=self._cascade.capitalize() or propagation_policy(self._options),
            dry_run=dry_run,
        )
        return ""

    def _protected(self, live: dict[str, Any]) -> str:
        if self._cascade:
            return kept_by(self._options, live)
        return "Prune=false" if object_options(self._options, live).prune == "false" else ""

    def _kind(self, step: PlanStep) -> ResourceType:
        return self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))

    async def _live(self, kind: ResourceType, step: PlanStep) -> dict[str, Any] | None:
        return await self._cluster.get(kind, step.key.namespace, step.key.name)
