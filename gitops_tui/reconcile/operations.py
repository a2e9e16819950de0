"""Syncs that start by themselves, and those that a person asks for; `carrying` carries them out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from gitops_tui.errors import GitOpsError, OperationRunning, PlanRefused
from gitops_tui.model.keys import AppKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import BadCommit, Pin
from gitops_tui.model.sync import (
    Initiator,
    OperationPhase,
    SyncOperation,
    SyncOptions,
    SyncPlan,
)
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.reconcile.auto import PEACE, Attempts, Decision, fighters, is_same
from gitops_tui.reconcile.carrying import CarryingOut
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.tasks import OPERATION
from gitops_tui.records import replace


def _heals(attempts: Attempts, now: float, *, same: bool) -> int:
    """How many heals in a row this one makes; after a while of peace they count anew."""
    return attempts.heals + 1 if same and now - attempts.last < PEACE else 1


class Operations(CarryingOut):
    """Syncs of one engine."""

    def desired(self, runtime: Runtime, manifest: Manifest) -> dict[str, Any]:
        """What is applied for a manifest: with ignored fields' live values where the application asks for that."""
        return self._planning.desired(runtime, manifest)

    async def plan(self, app: AppKey, options: SyncOptions, *, automatic: bool = False) -> SyncPlan:
        """What a sync would do now, for the commit compared against or another one."""
        return (await self._planning.preview(app, options, automatic=automatic)).plan

    async def preview(self, app: AppKey, options: SyncOptions) -> RevisionPreview:
        """The plan with the objects that it is about."""
        return await self._planning.preview(app, options)

    # --- by itself ------------------------------------------------------------------------------------------------

    def automatic(self, runtime: Runtime, decision: Decision) -> None:
        """Starts an automatic sync in the background."""
        revision = runtime.revision.sha if runtime.revision is not None else ""
        attempts = runtime.attempts
        same = is_same(runtime.app, revision, runtime.content, attempts.revision, attempts.content)
        runtime.attempts = replace(
            attempts,
            revision=revision,
            content=runtime.content,
            last=self._engine.loop.time(),
            heals=_heals(attempts, self._engine.loop.time(), same=same)
            if decision.initiator is Initiator.SELF_HEAL
            else 0,
            fighter=fighters([each for each in runtime.resources.values() if each.drift.is_drifted and not each.hook]),
            failures=attempts.failures if same else 0,
        )
        self._reserve(runtime, revision, decision.initiator)
        self._engine.spawn(self._automatic(runtime, decision), OPERATION)

    async def _automatic(self, runtime: Runtime, decision: Decision) -> None:
        operation = runtime.operation
        try:
            plan = await self.plan(runtime.app.key, SyncOptions(prune=decision.prune), automatic=True)
            if not plan.steps and not plan.refused:
                runtime.operation = None
            else:
                if plan.refused:
                    raise PlanRefused(plan.refused, hint=plan.hint)
                operation = await self._run(runtime, plan, decision.initiator)
        except GitOpsError as error:
            assert operation is not None
            operation = replace(operation, phase=OperationPhase.FAILED, finished=datetime.now(UTC), message=str(error))
            runtime.operation = operation
        if operation is not None and operation.phase is OperationPhase.FAILED:
            runtime.attempts = replace(
                runtime.attempts, failures=runtime.attempts.failures + 1, last=self._engine.loop.time()
            )
        elif operation is not None and operation.phase is OperationPhase.SUCCEEDED:
            runtime.attempts = replace(runtime.attempts, failures=0)
        self._engine.touch(runtime)

    # --- by a person ----------------------------------------------------------------------------------------------

    async def sync(self, plan: SyncPlan) -> SyncOperation:
        """Runs a plan that a person agreed to."""
        runtime = self._engine.runtime(plan.app)
        self._check(runtime, plan)
        current = runtime.revision.sha if runtime.revision is not None else ""
        if plan.revision != current and not plan.options.dry_run:
            raise PlanRefused(
                "the plan is for another commit than the application follows now", hint="look at the plan again"
            )
        return await self._in_task(runtime, plan, Initiator.PERSON)

    async def rollback(self, plan: SyncPlan, message: str, initiator: Initiator = Initiator.ROLLBACK) -> SyncOperation:
        """Pins, then syncs."""
        runtime = self._engine.runtime(plan.app)
        self._check(runtime, plan)
        if plan.options.dry_run:
            return await self._in_task(runtime, plan, initiator)
        self._alone(runtime)
        left = runtime.record.deployed
        pin = Pin(plan.revision, self.who, datetime.now(UTC), message, rolled_back_from=left.revision if left else "")
        await self._engine.set_pin(runtime, pin, await self._bad(runtime, plan.revision, message))
        fresh = await self.plan(plan.app, replace(plan.options, revision=plan.revision))
        self._check(runtime, fresh)
        return await self._in_task(runtime, fresh, initiator, message)

    async def back_on_branch(self, plan: SyncPlan, message: str) -> SyncOperation:
        """Undoes a rollback: the pin goes, and the branch's commit is synced again."""
        runtime = self._engine.runtime(plan.app)
        self._check(runtime, plan)
        if plan.options.dry_run:
            return await self._in_task(runtime, plan, Initiator.UNDO)
        self._alone(runtime)
        await self._engine.change(
            plan.app,
            lambda record: replace(
                record, pin=None, bad=tuple(each for each in record.bad if each.revision != plan.revision)
            ),
        )
        await self._engine.following.refresh(runtime)
        fresh = await self.plan(plan.app, replace(plan.options, revision=plan.revision))
        self._check(runtime, fresh)
        return await self._in_task(runtime, fresh, Initiator.UNDO, message)

    async def _bad(self, runtime: Runtime, target: str, message: str) -> BadCommit | None:
        """The commit that a rollback to `target` leaves, where that goes back: not where it goes to a newer one."""
        left = runtime.record.deployed
        if left is None or left.revision == target:
            return None
        git, app = self._engine.git, runtime.app
        try:
            lies_between = await asyncio.to_thread(lambda: git.between(app, git.resolve(app, left.revision), target))
        except GitOpsError:
            return None
        if lies_between <= 0:
            return None
        same = runtime.revision is not None and runtime.revision.sha == left.revision
        content = runtime.content if same else ""
        return BadCommit(left.revision, self.who, datetime.now(UTC), message, content)

    def _alone(self, runtime: Runtime) -> None:
        """Raises OperationRunning where another session is at it, before anything is pinned or unpinned."""
        shown = runtime.operation
        if shown is not None and shown.elsewhere and shown.phase is OperationPhase.RUNNING:
            raise OperationRunning(
                f"an operation on {runtime.app.key} is under way, started by {shown.who}",
                hint="wait for it, or have it stopped there",
            )

    def _check(self, runtime: Runtime, plan: SyncPlan) -> None:
        if self._engine.settings.read_only and not plan.options.dry_run:
            raise PlanRefused("this session is read-only", hint="start it without --read-only")
        if plan.refused:
            raise PlanRefused(plan.refused, hint=plan.hint)
        # A person may have looked at the plan for an hour: what forbids it is looked at again.
        if self.gated and (why := self._engine.gate.refusal(runtime, plan, automatic=False)):
            raise PlanRefused(why[0], hint=why[1])
        self._engine.running(runtime)

    def _reserve(self, runtime: Runtime, revision: str, initiator: Initiator) -> None:
        """From here on no other operation can start."""
        runtime.operation = SyncOperation(
            runtime.app.key,
            revision,
            OperationPhase.RUNNING,
            datetime.now(UTC),
            who=self.who,
            initiator=initiator,
        )

    async def _in_task(
        self, runtime: Runtime, plan: SyncPlan, initiator: Initiator, message: str = ""
    ) -> SyncOperation:
        result: asyncio.Future[SyncOperation] = asyncio.get_running_loop().create_future()
        self._reserve(runtime, plan.revision, initiator)

        async def work() -> None:
            try:
                result.set_result(await self._run(runtime, plan, initiator, message))
            except BaseException as error:
                if runtime.operation is not None and runtime.operation.phase is OperationPhase.RUNNING:
                    runtime.operation = replace(runtime.operation, phase=OperationPhase.FAILED, message=str(error))
                if not result.done():
                    result.set_exception(error)

        self._engine.spawn(work(), OPERATION)
        return await result
