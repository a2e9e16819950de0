"""Runs a SyncPlan.

The whole plan is sent as dry runs first; one refusal there and nothing is applied. Then phase by phase and wave by wave:
a wave is applied side by side, and the next waits until it is healthy. Pruning comes last, one by one, only
what carries our tracking id at its own identity, with its uid as a precondition. Each object's result is told as it
comes; a stop is obeyed between objects.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from gitops_tui.errors import ApiError, Conflict, GitOpsError, Invalid, NotFound, UnknownKind
from gitops_tui.health import assess, assessor
from gitops_tui.kube import Cluster
from gitops_tui.model.application import Application
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import Action, OperationPhase, Phase, PlanStep, ResultStatus, StepResult, SyncPlan
from gitops_tui.settings import FIELD_MANAGER, Settings
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.tracking import owner_of, tracked

Progress = Callable[[tuple[StepResult, ...], str], None]
_POLL = 0.25
_ALWAYS_THERE = "default"
_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Stopped(Exception):
    """A person asked to stop."""


class Executor:
    """One run of one plan. `stop()` from any thread asks it to end after the objects under way."""

    def __init__(
        self,
        app: Application,
        plan: SyncPlan,
        manifests: Mapping[ResourceKey, Manifest],
        cluster: Cluster,
        settings: Settings,
        progress: Progress,
    ) -> None:
        self._app = app
        self._plan = plan
        self._manifests = manifests
        self._cluster = cluster
        self._settings = settings
        self._progress = progress
        self._results = [StepResult(step, ResultStatus.PENDING) for step in plan.steps]
        self._doing = ""
        self._stop = False
        self._generated: dict[tuple[ResourceKey, Phase], str] = {}

    def stop(self) -> None:
        self._stop = True

    def _tell(self, at: int, status: ResultStatus, message: str = "") -> None:
        before = self._results[at]
        now = datetime.now(UTC)
        started = before.started or (now if status is ResultStatus.RUNNING else None)
        over = status in (ResultStatus.DONE, ResultStatus.FAILED)
        self._results[at] = StepResult(self._plan.steps[at], status, message, started, now if over else None)
        self._progress(tuple(self._results), self._doing)

    def _say(self, doing: str) -> None:
        self._doing = doing
        self._progress(tuple(self._results), doing)

    def _check(self) -> None:
        if self._stop:
            raise Stopped

    async def run(self) -> tuple[OperationPhase, str, tuple[StepResult, ...]]:
        """Runs it; gives how it ended, a message and each step's result. Never raises a GitOpsError."""
        try:
            self._say("dry run of the whole plan")
            failures = await self._dry_run()
            if failures:
                return self._ended(
                    OperationPhase.FAILED, f"the dry run was refused for {failures}; nothing was applied"
                )
            if self._plan.options.dry_run:
                return self._ended(OperationPhase.SUCCEEDED, "dry run: nothing was changed")
            self._results = [StepResult(step, ResultStatus.PENDING) for step in self._plan.steps]
            for phase in (Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC):
                failed = await self._phase(phase)
                if failed:
                    await self._sync_fail()
                    return self._ended(OperationPhase.FAILED, failed)
        except Stopped:
            return self._ended(OperationPhase.STOPPED, "stopped by a person")
        except GitOpsError as error:
            return self._ended(OperationPhase.FAILED, str(error))
        return self._ended(OperationPhase.SUCCEEDED, "")

    def _ended(self, phase: OperationPhase, message: str) -> tuple[OperationPhase, str, tuple[StepResult, ...]]:
        for at, result in enumerate(self._results):
            if result.status in (ResultStatus.PENDING, ResultStatus.RUNNING):
                unsent = self._plan.options.dry_run and phase is OperationPhase.SUCCEEDED
                status = ResultStatus.DONE if unsent else ResultStatus.SKIPPED
                self._results[at] = replace(result, status=status)
        self._doing = ""
        return phase, message, tuple(self._results)

    # --- dry run --------------------------------------------------------------------------------------------------

    async def _dry_run(self) -> int:
        """Sends the whole plan as dry runs; the number of refusals."""
        self._check()
        made = {step.key.name for step in self._plan.steps if (step.key.group, step.key.kind) == ("", "Namespace")}
        outcomes = await asyncio.gather(
            *(self._try(at, step, made) for at, step in enumerate(self._plan.steps)), return_exceptions=False
        )
        return sum(not fine for fine in outcomes)

    async def _try(self, at: int, step: PlanStep, made_namespaces: set[str]) -> bool:
        if step.key.namespace in made_namespaces and step.action is not Action.PRUNE:
            return await self._try_elsewhere(at, step)
        try:
            if step.action is Action.PRUNE:
                await self._prune(step, dry_run=True)
            elif step.action is Action.HOOK:
                obj = self._hook_object(step, step.phase)
                if (obj["metadata"].get("name")) and await self._there(step):
                    return True
                await self._cluster.create(obj, dry_run=True)
            else:
                await self._cluster.apply(self._desired(step), dry_run=True)
        except UnknownKind as error:
            if self._defined_here(step):
                return True
            self._tell(at, ResultStatus.FAILED, str(error))
            return False
        except GitOpsError as error:
            self._tell(at, ResultStatus.FAILED, str(error))
            return False
        self._tell(at, ResultStatus.PENDING, "dry run passed")
        return True

    async def _try_elsewhere(self, at: int, step: PlanStep) -> bool:
        """The dry run of what goes into a namespace that this plan makes: the API server takes none for a namespace that
        is not there yet, so the object is tried in one that always is. What is wrong with the object itself is told
        there all the same (422, 400); what is only so in that namespace (a quota, a right, the same name) is not."""
        obj = self._hook_object(step, step.phase) if step.action is Action.HOOK else self._desired(step)
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": _ALWAYS_THERE}}
        try:
            await self._cluster.create(obj, dry_run=True)
        except Invalid as error:
            self._tell(at, ResultStatus.FAILED, str(error))
            return False
        except UnknownKind as error:
            if not self._defined_here(step):
                self._tell(at, ResultStatus.FAILED, str(error))
                return False
        except ApiError:
            pass
        self._tell(at, ResultStatus.PENDING, f"dry run passed in {_ALWAYS_THERE}: its namespace is made by this sync")
        return True

    def _defined_here(self, step: PlanStep) -> bool:
        """Whether a CRD of this plan brings the step's kind."""
        if any("SkipDryRunOnMissingResource" in options for options in (self._own_options(step), self._app_options())):
            return True
        for key, manifest in self._manifests.items():
            if (key.group, key.kind) == _CRD:
                spec = manifest.obj.get("spec") or {}
                if (spec.get("group"), (spec.get("names") or {}).get("kind")) == (step.key.group, step.key.kind):
                    return True
        return False

    def _app_options(self) -> dict[str, str]:
        split = (option.partition("=") for option in self._app.sync_policy.sync_options)
        return {name.strip(): value.strip() for name, _, value in split}

    def _own_options(self, step: PlanStep) -> dict[str, str]:
        manifest = self._manifests.get(step.key)
        return notes.options(manifest.obj) if manifest is not None else {}

    async def _there(self, step: PlanStep) -> bool:
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        return await self._cluster.get(kind, step.key.namespace, step.key.name) is not None

    # --- phases and waves -----------------------------------------------------------------------------------------

    async def _phase(self, phase: Phase) -> str:
        """Runs a phase; "" or why it failed."""
        mine = [(at, step) for at, step in enumerate(self._plan.steps) if step.phase is phase]
        applied = [(at, step) for at, step in mine if step.action is not Action.PRUNE]
        waves = [(wave, list(group)) for wave, group in groupby(applied, key=lambda each: each[1].wave)]
        for number, (wave, steps) in enumerate(waves):
            self._check()
            label = phase.value + (f", wave {wave}" if wave > -(10**6) else ", namespaces")
            self._say(f"{label}: applying {len(steps)}")
            failures = await self._wave(phase, steps)
            if failures:
                return f"{label}: {failures} of {len(steps)} failed"
            hooks = any(step.action is Action.HOOK for _, step in steps)
            more = number < len(waves) - 1 or (
                phase is not Phase.POST_SYNC and any(step.phase is Phase.POST_SYNC for step in self._plan.steps)
            )
            if hooks or more:
                problem = await self._until_healthy(label, steps)
                if problem:
                    return problem
        for at, step in mine:
            if step.action is Action.PRUNE:
                self._check()
                self._say(f"pruning {step.key}")
                try:
                    self._tell(at, ResultStatus.RUNNING)
                    self._tell(at, ResultStatus.DONE, await self._prune(step))
                except GitOpsError as error:
                    self._tell(at, ResultStatus.FAILED, str(error))
                    return f"pruning failed at {step.key}: {error.message}"
        return ""

    async def _wave(self, phase: Phase, steps: list[tuple[int, PlanStep]]) -> int:
        first = [each for each in steps if (each[1].key.group, each[1].key.kind) in (("", "Namespace"), _CRD)]
        failures = await self._apply_all(phase, first)
        if first and not failures:
            await self._ready_for_more([step for _, step in first])
        if failures:
            return failures
        for _, group in groupby([each for each in steps if each not in first], key=lambda each: each[1].key.kind):
            failures += await self._apply_all(phase, list(group))
            self._check()
        return failures

    async def _apply_all(self, phase: Phase, steps: list[tuple[int, PlanStep]]) -> int:
        outcomes = await asyncio.gather(*(self._apply_one(phase, at, step) for at, step in steps))
        return sum(not fine for fine in outcomes)

    async def _apply_one(self, phase: Phase, at: int, step: PlanStep) -> bool:
        if self._stop:
            return True
        self._tell(at, ResultStatus.RUNNING)
        try:
            if step.action is Action.HOOK:
                await self._run_hook(step, phase)
            else:
                await self._migrate(step)
                await self._cluster.apply(self._desired(step))
        except GitOpsError as error:
            self._tell(at, ResultStatus.FAILED, str(error))
            return False
        self._tell(at, ResultStatus.DONE, {Action.CREATE: "created", Action.CHANGE: "changed"}.get(step.action, ""))
        return True

    def _desired(self, step: PlanStep) -> dict[str, Any]:
        manifest = self._manifests.get(step.key)
        if manifest is None:
            policy = self._app.sync_policy
            metadata: dict[str, Any] = {"name": step.key.name}
            if policy.namespace_labels:
                metadata["labels"] = dict(policy.namespace_labels)
            if policy.namespace_annotations:
                metadata["annotations"] = dict(policy.namespace_annotations)
            return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        return for_apply(tracked(manifest.obj, self._app.key.tracking_name, step.key))

    async def _migrate(self, step: PlanStep) -> None:
        """Before the first apply of ours: what client-side tools own becomes ours, so that what Git no longer sets goes
        away too (as Argo CD's ClientSideApplyMigration)."""
        if step.action is Action.CREATE:
            return
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        live = await self._cluster.get(kind, step.key.namespace, step.key.name)
        managed = ((live or {}).get("metadata") or {}).get("managedFields") or []
        if live is None or any(e.get("manager") == FIELD_MANAGER and e.get("operation") == "Apply" for e in managed):
            return
        made = copy.deepcopy(managed)
        ours = [e for e in made if e.get("manager") in self._settings.client_managers and not e.get("subresource")]
        if len(ours) != 1:
            return
        ours[0].update(manager=FIELD_MANAGER, operation="Apply")
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
            {"op": "replace", "path": "/metadata/managedFields", "value": made},
        ]
        try:
            await self._cluster.transport.request(
                "PATCH",
                kind.path(step.key.namespace, step.key.name),
                body=patch,
                content_type="application/json-patch+json",
                what=str(step.key),
                secret=step.key.kind == "Secret",
            )
        except (Conflict, NotFound):
            return
        except ApiError as error:
            if error.status != 422:
                raise

    async def _ready_for_more(self, steps: Iterable[PlanStep]) -> None:
        """CRDs established, and then known; namespaces active."""
        crds = [step for step in steps if (step.key.group, step.key.kind) == _CRD]
        if not crds:
            return
        kind = self._cluster.discovery.find(GVK.of(crds[0].api_version, "CustomResourceDefinition"))
        deadline = asyncio.get_running_loop().time() + min(self._settings.wave_timeout, 60)
        for step in crds:
            self._say(f"waiting until {step.key} is established")
            while True:
                live = await self._cluster.get(kind, "", step.key.name)
                if live is not None and assess(live).status is HealthStatus.HEALTHY:
                    break
                if asyncio.get_running_loop().time() > deadline:
                    raise GitOpsError(f"{step.key} was not established in time")
                self._check()
                await asyncio.sleep(_POLL)
        await self._cluster.refresh_discovery()

    async def _until_healthy(self, label: str, steps: list[tuple[int, PlanStep]]) -> str:
        """Waits until a wave is healthy; "" or what went wrong."""
        deadline = asyncio.get_running_loop().time() + self._settings.wave_timeout
        waiting = list(steps)
        failed = ""
        while waiting:
            self._check()
            still = []
            for at, step in waiting:
                status, message = await self._health(step)
                if status in (HealthStatus.HEALTHY, HealthStatus.SUSPENDED):
                    self._tell(at, ResultStatus.DONE, message)
                    await self._hook_over(step, succeeded=True)
                elif status is HealthStatus.DEGRADED:
                    self._tell(at, ResultStatus.FAILED, message or "Degraded")
                    failed = failed or f"{label}: {step.key} is Degraded: {message}"
                    await self._hook_over(step, succeeded=False)
                else:
                    still.append((at, step))
                    self._tell(at, ResultStatus.WAITING, message or "not healthy yet")
            if failed:
                return failed
            waiting = still
            if waiting:
                self._say(f"{label}: waiting for {len(waiting)} to become healthy")
                if asyncio.get_running_loop().time() > deadline:
                    names = ", ".join(str(step.key) for _, step in waiting[:3])
                    return f"{label}: not healthy after {self._settings.wave_timeout:.0f} s: {names}"
                await asyncio.sleep(_POLL)
        return ""

    async def _health(self, step: PlanStep) -> tuple[HealthStatus, str]:
        gvk = GVK.of(step.api_version, step.key.kind)
        name = self._generated.get((step.key, step.phase), step.key.name)
        live = await self._cluster.get(self._cluster.discovery.find(gvk), step.key.namespace, name)
        if live is None:
            gone = step.action is Action.HOOK
            return (HealthStatus.HEALTHY, "it is gone") if gone else (HealthStatus.MISSING, "it is not there")
        if step.key.kind == "Ingress" or (step.key.kind == "Service" and not step.key.group):
            # An address may never come where nothing hands them out; Argo CD waits for ever here.
            return HealthStatus.HEALTHY, ""
        found = assessor(self._settings.health_scripts)(live)
        return found.status, found.message

    # --- hooks ----------------------------------------------------------------------------------------------------

    def _hook_object(self, step: PlanStep, phase: Phase) -> dict[str, Any]:
        manifest = self._manifests[step.key]
        obj = for_apply(tracked(manifest.obj, self._app.key.tracking_name, step.key))
        metadata = obj["metadata"]
        if not metadata.get("name"):
            metadata["generateName"] = f"{metadata['generateName']}{self._plan.revision[:7]}-{phase.value.lower()}-"
        return obj

    async def _run_hook(self, step: PlanStep, phase: Phase) -> None:
        obj = self._hook_object(step, phase)
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        name = obj["metadata"].get("name")
        if name:
            live = await self._cluster.get(kind, step.key.namespace, name)
            if live is not None:
                if "BeforeHookCreation" not in notes.delete_policies(obj):
                    await self._cluster.apply(obj)
                    return
                uid = live["metadata"]["uid"]
                await self._cluster.delete(kind, step.key.namespace, name, uid=uid, propagation="Background")
                await self._until_gone(kind, step.key, uid)
        made = await self._cluster.create(obj)
        self._generated[step.key, phase] = made["metadata"]["name"]

    async def _until_gone(self, kind: Any, key: ResourceKey, uid: str) -> None:
        deadline = asyncio.get_running_loop().time() + min(self._settings.wave_timeout, 60)
        while True:
            live = await self._cluster.get(kind, key.namespace, key.name)
            if live is None or live["metadata"]["uid"] != uid:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise GitOpsError(f"the earlier hook {key} is not gone yet", hint="look at its finalizers")
            await asyncio.sleep(_POLL)

    async def _hook_over(self, step: PlanStep, *, succeeded: bool) -> None:
        if step.action is not Action.HOOK:
            return
        if ("HookSucceeded" if succeeded else "HookFailed") in notes.delete_policies(self._manifests[step.key].obj):
            kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
            name = self._generated.get((step.key, step.phase), step.key.name)
            await self._cluster.delete(kind, step.key.namespace, name, propagation="Background")

    async def _sync_fail(self) -> None:
        steps = [(at, step) for at, step in enumerate(self._plan.steps) if step.phase is Phase.SYNC_FAIL]
        if steps:
            self._say("SyncFail hooks")
            await self._apply_all(Phase.SYNC_FAIL, steps)
            await self._until_healthy("SyncFail", steps)

    # --- pruning --------------------------------------------------------------------------------------------------

    async def _prune(self, step: PlanStep, *, dry_run: bool = False) -> str:
        """Deletes an object after a last look at whether it is ours."""
        kind = self._cluster.discovery.find(GVK.of(step.api_version, step.key.kind))
        live = await self._cluster.get(kind, step.key.namespace, step.key.name)
        if live is None:
            return "was gone already"
        if owner_of(live, step.key) != self._app.key.tracking_name:
            raise GitOpsError(f"{step.key} no longer carries this application's tracking id; it is left alone")
        propagation = self._app_options().get("PrunePropagationPolicy", "foreground").capitalize()
        await self._cluster.delete(
            kind,
            step.key.namespace,
            step.key.name,
            uid=live["metadata"]["uid"],
            propagation=propagation if propagation in ("Foreground", "Background", "Orphan") else "Foreground",
            dry_run=dry_run,
        )
        return "deleted"


def for_apply(obj: dict[str, Any]) -> dict[str, Any]:
    """Without what an applied configuration must not have."""
    made = {key: value for key, value in obj.items() if key != "status"}
    dropped = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
    made["metadata"] = {key: value for key, value in made["metadata"].items() if key not in dropped}
    return made
