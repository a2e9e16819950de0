"""Runs a SyncPlan.

The whole plan is sent as dry runs first; one refusal there and nothing is applied. Then phase by phase and wave by wave:
a wave is applied side by side, and the next waits until it is healthy. Pruning comes last, in reverse. Each object's
result is told as it comes; a stop is obeyed between objects. A connection that is lost is waited for; where it stays
away the operation has failed, and every step says how far it came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from gitops_tui.compare import scrubbed
from gitops_tui.errors import GitOpsError
from gitops_tui.kube import Cluster
from gitops_tui.model.application import Application
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import Action, OperationPhase, Phase, PlanStep, ResultStatus, SyncPlan
from gitops_tui.settings import Settings
from gitops_tui.sync.dryrun import DryRun
from gitops_tui.sync.hooks import Hooks
from gitops_tui.sync.objects import Objects
from gitops_tui.sync.patience import Patience, together
from gitops_tui.sync.pruning import Pruner
from gitops_tui.sync.report import Ended, Progress, Report
from gitops_tui.sync.waiting import Waiting
from gitops_tui.sync.writing import Writer

# (position in the plan, step)
Numbered = tuple[int, PlanStep]
_BEFORE_OTHERS = frozenset({("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")})
_POLL, _SLOW_POLL = 0.25, 1.0
_SAID = {Action.CREATE: "created", Action.CHANGE: "changed", Action.ADOPT: "marked as this application's"}
_AFTER = {Phase.PRE_SYNC: (Phase.SYNC, Phase.POST_SYNC), Phase.SYNC: (Phase.POST_SYNC,)}


class Stopped(Exception):
    """A person asked to stop, or something forbids to go on, which is its text then."""


class Executor:
    """One run of one plan. `stop()` from any thread asks it to end after the objects under way.

    manifests: the desired objects by key; lives: the live ones as they were last seen. operation, started: the id of the
    operation and when it began, the first attempt's where it goes on after a crash. recorded(how it ended): awaited at
    the end, before hooks are cleaned up, so that the outcome is known before what shows it goes. held(): why it must not go
    on, "" where it may: asked before the first write and before each wave. tried(key): whether
    the very apply of an object was tried a moment ago, on the object as it is.
    """

    _order: tuple[Phase, ...] = (Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC)

    def __init__(
        self,
        app: Application,
        plan: SyncPlan,
        manifests: Mapping[ResourceKey, Manifest],
        cluster: Cluster,
        settings: Settings,
        progress: Progress,
        *,
        lives: Mapping[ResourceKey, Mapping[str, Any]] | None = None,
        operation: str = "",
        started: datetime | None = None,
        recorded: Callable[[Ended], Awaitable[None]] | None = None,
        held: Callable[[], str] = str,
        tried: Callable[[ResourceKey], bool] = lambda _: False,
    ) -> None:
        self._plan = plan
        self._cluster = cluster
        self._settings = settings
        self._recorded = recorded
        self._held_by = held
        self._tried = tried
        self._stop = False
        self._stopped_by = "a person"
        # Whether it ends since its program does, and another session goes on with it.
        self.left = False
        self._objects = Objects(app, manifests, lives or {})
        self._report = Report(plan, progress, scrub=self._scrubbed)
        self._writer = Writer(app, cluster, settings)
        self._waiting = Waiting(cluster, settings.health_scripts)
        self._pruner = self._make_pruner(app)
        self._patience = Patience(settings.reconnect_timeout, self._check, self._report.lost)
        begun = started or datetime.now(UTC)
        name = app.key.tracking_name
        self._hooks = Hooks(name, plan.revision, operation or begun.isoformat(), begun, cluster, self._writer)

    def _make_pruner(self, app: Application) -> Pruner:
        return Pruner(app, self._cluster)

    def stop(self, by: str = "") -> None:
        """by: who or what stops it, where that is no person."""
        self._stopped_by = by or self._stopped_by
        self._stop = True

    def leave(self) -> None:
        """As a stop, where the program ends: hooks that run are let run, for the sync that goes on with this one."""
        self.left = self.left or not self._stop
        self.stop("the end of its session" if self.left else "")

    def _scrubbed(self, step: PlanStep, message: str) -> str:
        """What an API server or a webhook says of an object may quote its values."""
        manifest, live = self._objects.manifests.get(step.key), self._objects.lives.get(step.key)
        desired = manifest.obj if manifest is not None else None
        return scrubbed(message, desired, live, mask_keys=self._settings.mask_keys)

    def _check(self) -> None:
        if self._stop:
            raise Stopped

    def _go_on(self) -> None:
        """As `_check`, between waves: what runs is not cut in the middle by a sync window."""
        self._check()
        if not self._plan.options.dry_run and (why := self._held_by()):
            raise Stopped(why)

    # --- the whole ------------------------------------------------------------------------------------------------

    async def run(self) -> Ended:
        """Runs it; gives how it ended, a message and each step's result. Never raises a GitOpsError."""
        report = self._report
        try:
            self._check()
            report.say("dry run of the whole plan")
            failures = await DryRun(
                self._plan,
                self._objects,
                self._cluster,
                report,
                self._patience,
                writer=self._writer,
                hooks=self._hooks,
                pruner=self._pruner,
                tried=self._tried,
            ).run()
            self._go_on()
        except Stopped as stopped:
            said = str(stopped) or f"stopped by {self._stopped_by}"
            return report.ended(OperationPhase.STOPPED, f"{said}; nothing was applied")
        if failures:
            said = f"the dry run was refused for {failures} of {len(self._plan.steps)}; nothing was applied"
            return report.ended(OperationPhase.FAILED, said)
        if self._plan.options.dry_run:
            return report.ended(OperationPhase.SUCCEEDED, "dry run: nothing was changed")
        report.begin()
        try:
            failed = await self._phases()
            failed += await self._sync_fail() if failed else ""
        except Stopped as stopped:
            problems = await self._terminate() if not self.left else []
            said = f"stopped between two waves: {stopped}" if stopped.args else f"stopped by {self._stopped_by}"
            return await self._over(OperationPhase.STOPPED, "; ".join((said, *problems)))
        return await self._over(OperationPhase.FAILED if failed else OperationPhase.SUCCEEDED, failed)

    async def _over(self, phase: OperationPhase, message: str) -> Ended:
        ended = self._report.ended(phase, message)
        # What had ended before it heard of the leaving is done; what hears of it while this is written too.
        left = self.left = self.left and phase is OperationPhase.STOPPED
        if self._recorded is not None:
            await self._recorded(ended)
        if left:
            return ended
        problems = await self._hooks.clean(self._objects.manifests, succeeded=phase is OperationPhase.SUCCEEDED)
        return phase, "; ".join(filter(None, (message, *problems))), ended[2]

    async def _phases(self) -> str:
        """Runs the phases; "" or why it failed."""
        try:
            for phase in self._order:
                if failed := await self._phase(phase):
                    return failed
        except GitOpsError as error:
            return str(error)
        return ""

    async def _sync_fail(self) -> str:
        """Runs the SyncFail hooks; what to add to the message."""
        try:
            problem = await self._phase(Phase.SYNC_FAIL)
        except GitOpsError as error:
            problem = str(error)
        return f"; and a SyncFail hook failed: {problem}" if problem else ""

    async def _terminate(self) -> list[str]:
        """Deletes the hooks that run (gitops-engine's Terminate)."""
        problems: list[str] = []
        for at, result in enumerate(self._report.results):
            if result.step.action is Action.HOOK and result.status in (ResultStatus.RUNNING, ResultStatus.WAITING):
                problems += await self._hooks.terminate(result.step)
                self._report.tell(at, ResultStatus.FAILED, f"stopped by {self._stopped_by}; it was deleted")
        return problems

    # --- phases and waves -----------------------------------------------------------------------------------------

    async def _phase(self, phase: Phase) -> str:
        """Runs a phase; "" or why it failed. Raises Stopped, GitOpsError."""
        mine = [(at, step) for at, step in enumerate(self._plan.steps) if step.phase is phase]
        applied = [each for each in mine if each[1].action is not Action.PRUNE]
        pruned = [each for each in mine if each[1].action is Action.PRUNE]
        gated = any(step.phase in _AFTER.get(phase, ()) for step in self._plan.steps)
        gated = gated or any(step.prune_last for _, step in pruned)
        waves = [list(group) for _, group in groupby(applied, key=lambda each: each[1].wave)]
        for number, steps in enumerate(waves):
            # What says that it failed is let through.
            (self._check if phase is Phase.SYNC_FAIL else self._go_on)()
            wave = steps[0][1].wave
            label = phase.value + (f", wave {wave}" if wave > -(10**6) else ", namespaces")
            self._report.say(f"{label}: applying {len(steps)}")
            failures = await self._wave(steps)
            last = number == len(waves) - 1 and not gated
            # The last wave is not waited for, as in Argo CD: only its hooks have an end that counts.
            waited = [each for each in steps if each[1].action is Action.HOOK] if failures or last else steps
            problem = await self._until_healthy(label, waited)
            if failures:
                return f"{label}: {failures} of {len(steps)} failed" + (f"; {problem}" if problem else "")
            if problem:
                return problem
        return await self._prune(pruned)

    async def _wave(self, steps: list[Numbered]) -> int:
        """Applies a wave; how many failed."""
        first = [each for each in steps if (each[1].key.group, each[1].key.kind) in _BEFORE_OTHERS]
        failures = await self._apply_all(first)
        if failures:
            return failures
        await self._ready_for_more([step for _, step in first])
        rest = [each for each in steps if (each[1].key.group, each[1].key.kind) not in _BEFORE_OTHERS]
        for _, group in groupby(rest, key=lambda each: (each[1].key.group, each[1].key.kind)):
            self._check()
            failures += await self._apply_all(list(group))
        self._check()
        return failures

    async def _apply_all(self, steps: list[Numbered]) -> int:
        return sum(not fine for fine in await together(*(self._apply_one(at, step) for at, step in steps)))

    async def _apply_one(self, at: int, step: PlanStep) -> bool:
        if self._stop:
            return True
        self._report.tell(at, ResultStatus.RUNNING)
        try:
            said = await self._patience.send(lambda: self._applied(step))
        except GitOpsError as error:
            self._report.tell(at, ResultStatus.FAILED, str(error))
            return False
        except Stopped:
            said = "stopped while the API server did not answer: whether it was applied is not known"
            self._report.tell(at, ResultStatus.FAILED, said)
            return False
        running = ResultStatus.WAITING if step.action is Action.HOOK else ResultStatus.DONE
        self._report.tell(at, running, said)
        return True

    async def _applied(self, step: PlanStep) -> str:
        if self._cluster.discovery.get(GVK.of(step.api_version, step.key.kind)) is None:
            # Something else brings the kind during the sync (SkipDryRunOnMissingResource=true).
            await self._cluster.refresh_discovery()
        if step.action is Action.HOOK:
            return await self._hooks.run(self._objects.manifests[step.key], step.phase)
        objects = self._objects
        made = await self._writer.write(objects.desired(step), objects.options(step), objects.lives.get(step.key))
        self._waiting.applied(step, made)
        return {"replace": "replaced", "recreate": "made anew"}.get(step.how) or _SAID.get(step.action, "")

    async def _ready_for_more(self, steps: list[PlanStep]) -> None:
        """CRDs established, and then known; namespaces there to stay."""
        limit = min(self._settings.wave_timeout, 60.0)
        crds = [step for step in steps if step.key.kind != "Namespace"]
        for step in steps:
            if step not in crds:
                await self._patience.send(lambda name=step.key.name: self._waiting.namespace_stays(name))  # type: ignore[misc]
        deadline = asyncio.get_running_loop().time() + limit
        for step in crds:
            self._report.say(f"waiting until {step.key} is established")
            while not await self._patience.send(lambda step=step: self._waiting.is_established(step)):  # type: ignore[misc]
                self._check()
                if asyncio.get_running_loop().time() > deadline:
                    why = await self._patience.send(lambda step=step: self._waiting.why_not_established(step))  # type: ignore[misc]
                    raise GitOpsError(
                        f"{step.key} was not established within {limit:.0f} s{why}",
                        hint=f"look at its conditions: kubectl get crd {step.key.name} -o yaml",
                    )
                await asyncio.sleep(_POLL)
        if crds:
            await self._patience.send(self._cluster.refresh_discovery)

    # --- health ---------------------------------------------------------------------------------------------------

    async def _until_healthy(self, label: str, steps: list[Numbered]) -> str:
        """Waits until a wave is healthy; "" or what went wrong."""
        loop = asyncio.get_running_loop()
        begun, pause = loop.time(), _POLL
        waiting = [each for each in steps if self._report.results[each[0]].status is not ResultStatus.FAILED]
        failed: list[str] = []
        while waiting:
            self._check()
            found = await together(*(self._health(step) for _, step in waiting))
            still = []
            for (at, step), (status, message) in zip(waiting, found, strict=True):
                late = loop.time() - begun > self._limit(step)
                if status is HealthStatus.HEALTHY:
                    self._report.tell(at, ResultStatus.DONE, message or self._report.results[at].message)
                elif status is HealthStatus.DEGRADED or late:
                    why = f"not healthy after {self._limit(step):.0f} s" if late else "Degraded"
                    said = f"{why}: {message}" if message else why
                    self._report.tell(at, ResultStatus.FAILED, said)
                    failed.append(f"{step.key}: {said}")
                else:
                    still.append((at, step))
                    self._report.tell(at, ResultStatus.WAITING, message or "not healthy yet")
            # Hooks that run are let run to their end: what they do must not be cut in the middle.
            waiting = [each for each in still if not failed or each[1].action is Action.HOOK]
            if waiting:
                self._report.say(f"{label}: waiting for {len(waiting)} to become healthy")
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, _SLOW_POLL)
        return f"{label}: {'; '.join(failed[:3])}" if failed else ""

    def _limit(self, step: PlanStep) -> float:
        return self._settings.hook_timeout if step.action is Action.HOOK else self._settings.wave_timeout

    async def _health(self, step: PlanStep) -> tuple[HealthStatus, str]:
        ask = self._hooks.health if step.action is Action.HOOK else self._waiting.health
        return await self._patience.send(lambda: ask(step))

    # --- pruning --------------------------------------------------------------------------------------------------

    async def _prune(self, steps: list[Numbered]) -> str:
        """Prunes in the plan's order, wave by wave; a wave must be gone before the next. "" or why it failed."""
        for _, group in groupby(steps, key=lambda each: (each[1].prune_last, each[1].wave)):
            wave = list(group)
            self._go_on()
            self._report.say(f"pruning {len(wave)}" if len(wave) > 1 else f"pruning {wave[0][1].key}")
            failed: list[str] = []
            for _, kind in groupby(wave, key=lambda each: (each[1].key.group, each[1].key.kind)):
                self._check()
                failed += filter(None, await together(*(self._delete(at, step) for at, step in kind)))
            failed += await self._until_gone(wave)
            self._check()
            if failed:
                return f"pruning failed: {'; '.join(failed[:3])}"
        return ""

    async def _delete(self, at: int, step: PlanStep) -> str:
        if self._stop:
            return ""
        self._report.tell(at, ResultStatus.RUNNING)
        try:
            said = await self._patience.send(lambda: self._pruner.delete(step))
        except GitOpsError as error:
            self._report.tell(at, ResultStatus.FAILED, str(error))
            return f"{step.key}: {error.message}"
        except Stopped:
            said = "stopped while the API server did not answer: whether it was deleted is not known"
            self._report.tell(at, ResultStatus.FAILED, said)
            return ""
        self._report.tell(at, ResultStatus.DONE if said else ResultStatus.WAITING, said)
        return ""

    async def _until_gone(self, steps: list[Numbered]) -> list[str]:
        """Waits until what was deleted is gone; what is not."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + self._settings.wave_timeout, 0.1
        waiting = [each for each in steps if self._report.results[each[0]].status is ResultStatus.WAITING]
        failed: list[str] = []
        while waiting:
            found = await together(*(self._held(step) for _, step in waiting))
            still = []
            for (at, step), holder in zip(waiting, found, strict=True):
                if holder is None:
                    self._report.tell(at, ResultStatus.DONE, "deleted")
                    continue
                still.append((at, step))
                held = f"; held by {holder}" if holder else ""
                if loop.time() <= deadline and not self._stop:
                    self._report.tell(at, ResultStatus.WAITING, f"being deleted{held}")
                else:
                    why = "when this was stopped" if self._stop else f"after {self._settings.wave_timeout:.0f} s"
                    said = f"its deletion was accepted, and it is still there {why}{held}"
                    self._report.tell(at, ResultStatus.FAILED, said)
                    failed.append(f"{step.key}: {said}")
            waiting = [] if failed else still
            if waiting:
                self._report.say(f"waiting until {len(waiting)} are gone")
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _SLOW_POLL)
        return failed

    async def _held(self, step: PlanStep) -> str | None:
        return await self._patience.send(lambda: self._pruner.held_by(step))
