"""Hooks: resources that run at a phase of a sync (Argo CD, docs/user-guide/sync-waves.md, "Hook lifecycle and cleanup").

A hook carries the id of the operation that made it. A sync that goes on after a crash finds its own hooks by that and
waits for them in place of running them twice. A hook without a name gets one out of revision, phase and the operation's
start, as in gitops-engine, so that making it again can't make a second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from gitops_tui.errors import ApiError, Conflict, GitOpsError, Unreachable
from gitops_tui.health import assess
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import Phase, PlanStep
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.tracking import owner_of, tracked
from gitops_tui.sync.writing import Writer, for_apply

OPERATION = "gitops-tui.io/operation"
_LONGEST_NAME = 63


class Hooks:
    """The hooks of one operation. operation: its id; started: aware, UTC, of the first attempt where it goes on after
    a crash."""

    def __init__(
        self,
        app: str,
        revision: str,
        operation: str,
        started: datetime,
        cluster: Cluster,
        writer: Writer,
    ) -> None:
        self._app = app
        self._revision = revision
        self._operation = operation
        self._started = started
        self._cluster = cluster
        self._writer = writer
        self._made: dict[tuple[ResourceKey, Phase], dict[str, Any]] = {}

    def object_of(self, manifest: Manifest, phase: Phase) -> dict[str, Any]:
        """The hook as it is made in a phase. Raises GitOpsError where it has neither name nor generateName."""
        metadata = manifest.obj["metadata"]
        name = str(metadata.get("name") or "")
        if not name:
            base = str(metadata.get("generateName") or "")
            if not base:
                raise GitOpsError(f"the hook {manifest.key} has neither metadata.name nor metadata.generateName")
            tail = f"{self._revision[:7]}-{phase.value.lower()}-{int(self._started.timestamp())}"
            # The second of one generateName, the third, …
            tail += f"-{number}" if (number := manifest.key.name.partition("#")[2]) else ""
            name = f"{base[: _LONGEST_NAME - len(tail)]}{tail}"
        rest = {key: value for key, value in metadata.items() if key != "generateName"}
        obj = for_apply({**manifest.obj, "metadata": {**rest, "name": name}})
        obj = tracked(obj, self._app, manifest.key._replace(name=name))
        obj["metadata"]["annotations"][OPERATION] = f"{self._operation}/{phase.value}"
        return obj

    async def run(self, manifest: Manifest, phase: Phase) -> str:
        """Makes a hook; gives a word on it. Raises ClusterError, GitOpsError."""
        obj = self.object_of(manifest, phase)
        kind, key = self._kind(obj), ResourceKey.of(obj)
        live = await self._cluster.get(kind, key.namespace, key.name)
        said = "started"
        if live is not None:
            self._check_ours(live, key)
            if _mark(live) == _mark(obj) and not live["metadata"].get("deletionTimestamp"):
                self._made[manifest.key, phase] = live
                return "goes on: this operation had started it before"
            policies = notes.delete_policies(obj)
            done = assess(live).status is HealthStatus.HEALTHY
            # One that a finished sync should have taken away: its program was killed just before.
            left_over = "HookSucceeded" in policies and done and bool(_mark(live))
            if "BeforeHookCreation" in policies or left_over or live["metadata"].get("deletionTimestamp"):
                await self._writer.dry_create(obj)
                await self._writer.remove(kind, key, live["metadata"]["uid"], "Background")
                said = "started anew"
            else:
                self._made[manifest.key, phase] = await self._cluster.apply(obj)
                return "was there already: it is not made anew, by its delete policy"
        self._made[manifest.key, phase] = await self._create(kind, obj)
        return said

    async def dry_run(self, manifest: Manifest, phase: Phase) -> None:
        """Has the API server check a hook."""
        obj = self.object_of(manifest, phase)
        kind, key = self._kind(obj), ResourceKey.of(obj)
        live = await self._cluster.get(kind, key.namespace, key.name)
        if live is not None:
            self._check_ours(live, key)
        await self._writer.dry_create(obj)

    async def _create(self, kind: ResourceType, obj: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._cluster.create(obj)
        except (Unreachable, Conflict):
            # Whether it was made is not known, or it was made on an answer that got lost: its name and mark tell.
            key = ResourceKey.of(obj)
            live = await self._cluster.get(kind, key.namespace, key.name)
            if live is None or _mark(live) != _mark(obj):
                raise
            return live

    async def health(self, step: PlanStep) -> tuple[HealthStatus, str]:
        """How a hook is doing: HEALTHY when it is through, DEGRADED when it failed, else PROGRESSING
        (gitops-engine's getOperationPhase)."""
        made = self._made[step.key, step.phase]
        kind, key = self._kind(made), ResourceKey.of(made)
        live = await self._cluster.get(kind, key.namespace, key.name)
        if live is None or live["metadata"].get("uid") != made["metadata"].get("uid"):
            last = await self._last_state(kind, key, made)
            found = assess(last) if last is not None else Health(HealthStatus.DEGRADED)
            if found.status is HealthStatus.HEALTHY:
                return HealthStatus.HEALTHY, found.message
            return HealthStatus.DEGRADED, found.message or "it was deleted before its end was seen"
        self._made[step.key, step.phase] = live
        found = assess(live)
        if found.status in (HealthStatus.UNKNOWN, HealthStatus.DEGRADED):
            return HealthStatus.DEGRADED, found.message or found.status.value
        if found.status is HealthStatus.HEALTHY:
            return HealthStatus.HEALTHY, found.message
        return HealthStatus.PROGRESSING, found.message

    async def _last_state(self, kind: ResourceType, key: ResourceKey, made: dict[str, Any]) -> dict[str, Any] | None:
        """The state in which a hook was deleted, as a watch from its last known version tells: a Job with
        ttlSecondsAfterFinished goes the moment that it is through. None where that can't be told any more."""
        params = {
            "watch": "1",
            "resourceVersion": str(made["metadata"].get("resourceVersion") or ""),
            "fieldSelector": f"metadata.name={key.name}",
            "timeoutSeconds": "2",
        }
        uid = made["metadata"].get("uid")
        with suppress(ApiError, Unreachable, OSError, ValueError, TimeoutError):
            response = await self._cluster.transport.open_stream(kind.path(key.namespace), params, silence=5.0)
            try:
                async for line in response.content:
                    event = orjson.loads(line)
                    obj = event.get("object") or {}
                    if event.get("type") == "DELETED" and (obj.get("metadata") or {}).get("uid") == uid:
                        return {"apiVersion": kind.gvk.api_version, "kind": kind.gvk.kind, **_undeleted(obj)}
            finally:
                response.close()
        return None

    async def clean(self, manifests: Mapping[ResourceKey, Manifest], *, succeeded: bool) -> list[str]:
        """At the end of the operation: deletes the hooks whose policy asks for that. Gives what went wrong."""
        wanted = "HookSucceeded" if succeeded else "HookFailed"
        problems = []
        for (key, phase), made in self._made.items():
            obj = manifests[key].obj
            # What runs when an application is deleted has no next time: without a policy it goes too (cleanupHooks).
            last = phase in (Phase.PRE_DELETE, Phase.POST_DELETE) and succeeded and not notes.has_policy(obj)
            if last or wanted in notes.delete_policies(obj):
                problems += await self._delete(made)
        return problems

    async def terminate(self, step: PlanStep) -> list[str]:
        """Deletes a hook that runs, because a person stopped the operation. Gives what went wrong."""
        made = self._made.get((step.key, step.phase))
        return await self._delete(made) if made is not None else []

    async def _delete(self, made: dict[str, Any]) -> list[str]:
        metadata = made["metadata"]
        try:
            await self._cluster.delete(
                self._kind(made),
                metadata.get("namespace") or "",
                metadata["name"],
                uid=metadata.get("uid") or "",
                propagation="Background",
            )
        except GitOpsError as error:
            return [f"the hook {ResourceKey.of(made)} could not be deleted: {error.message}"]
        return []

    def _check_ours(self, live: Mapping[str, Any], key: ResourceKey) -> None:
        """Raises GitOpsError where another's object stands in the hook's place: it would be deleted for it."""
        owner = owner_of(live, key)
        if owner not in ("", self._app) or (not owner and not notes.hook_words(live)):
            whose = f"the application {owner}" if owner else "somebody else"
            raise GitOpsError(f"{key} is there and belongs to {whose}: the hook can't take its place", hint="rename it")

    def _kind(self, obj: Mapping[str, Any]) -> ResourceType:
        return self._cluster.discovery.find(GVK.of(obj["apiVersion"], obj["kind"]))


def _mark(obj: Mapping[str, Any]) -> str:
    """Which operation made a hook, for which of its phases."""
    return str(notes.annotations_of(obj).get(OPERATION) or "")


def _undeleted(obj: dict[str, Any]) -> dict[str, Any]:
    """The object as it was before its deletion, so that its health is that of its work."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "deletionTimestamp"}
    return {**obj, "metadata": metadata}
