"""Runs syncs for the worker, and records them before and after."""

from __future__ import annotations

import asyncio
import getpass
import secrets
import socket
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError, OperationRunning, PlanRefused
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, BadCommit, Pin, RunningOperation
from gitops_tui.model.sync import (
    NOT_RECORDED,
    Initiator,
    OperationPhase,
    ResultStatus,
    StepResult,
    SyncOperation,
    SyncOptions,
    SyncPlan,
)
from gitops_tui.model.text import printable
from gitops_tui.reconcile.answers import just_tried
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.reconcile.auto import PEACE, Attempts, Decision, fighters, is_same
from gitops_tui.reconcile.events import tell
from gitops_tui.reconcile.holding import Holding
from gitops_tui.reconcile.planning import Planning
from gitops_tui.reconcile.progress import told
from gitops_tui.reconcile.recording import begun, ended, left_off
from gitops_tui.reconcile.runtime import Runtime, content_of
from gitops_tui.reconcile.tasks import OPERATION
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine
    from gitops_tui.sync import Executor
    from gitops_tui.sync.report import Ended


def user_at_host() -> str:
    """Who runs this program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return printable(f"{user}@{socket.gethostname()}")


def _is_deletion(initiator: Initiator) -> bool:
    return initiator is Initiator.DELETE


def _heals(attempts: Attempts, now: float, *, same: bool) -> int:
    """How many heals in a row this one makes; after a while of peace they count anew."""
    return attempts.heals + 1 if same and now - attempts.last < PEACE else 1


class Operations:
    """Syncs of one engine."""

    # Whether sync windows and the rules of projects are asked.
    gated = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._planning = Planning(engine)
        self.who = user_at_host()

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

    # --- running --------------------------------------------------------------------------------------------------

    async def _run(self, runtime: Runtime, plan: SyncPlan, initiator: Initiator, message: str = "") -> SyncOperation:
        engine, session = self._engine, self._engine.session(runtime)
        dry_run = plan.options.dry_run
        operation = SyncOperation(
            plan.app,
            plan.revision,
            OperationPhase.RUNNING,
            datetime.now(UTC),
            tuple(StepResult(step, ResultStatus.PENDING) for step in plan.steps),
            who=self.who,
            initiator=initiator,
            dry_run=dry_run,
            message=message,
            warnings=plan.warnings,
        )
        engine.operation_changed(runtime, operation)

        def progress(results: tuple[StepResult, ...], doing: str) -> None:
            nonlocal operation
            operation = replace(operation, results=results, doing=doing)
            engine.operation_changed(runtime, operation)

        def over(found: Ended) -> SyncOperation:
            phase, said, results = found
            return replace(
                operation,
                phase=phase,
                results=results,
                finished=datetime.now(UTC),
                message=said or message,
                doing="",
            )

        automatic = initiator in (Initiator.AUTO_SYNC, Initiator.SELF_HEAL)
        began = engine.gate.clock()
        windows: list[str] = []

        def held() -> str:
            why = engine.gate.holds(runtime, began, automatic=automatic) if self.gated else ""
            windows.extend([why] if why else ())
            return why

        manifests = await self._manifests(runtime, plan)
        mark = secrets.token_hex(8)
        holding = Holding(
            plan.app, session, f"{self.who}/{mark}", lambda: self._stolen(runtime), lambda: told(operation)
        )
        user = session.cluster.user
        running = RunningOperation(plan.revision, operation.started, self.who, initiator, mark, user)
        if not dry_run:
            try:
                await holding.take()
                running = await self._begin(runtime, plan, running)
            except GitOpsError as error:
                await holding.release()
                operation = over((OperationPhase.FAILED, str(error), operation.results))
                operation = replace(operation, busy=isinstance(error, OperationRunning))
                engine.operation_changed(runtime, operation)
                return operation
            await tell(engine, session, operation)
        trouble = [holding.problem] if holding.problem else []
        written = False

        async def recorded(found: Ended) -> None:
            nonlocal written
            written = True
            try:
                if executor.left:
                    await engine.records.update(runtime, lambda record: left_off(record, over(found)))
                else:
                    await self._end(runtime, plan, over(found), manifests, resumes=bool(windows))
            except GitOpsError as error:
                trouble.append(f"{NOT_RECORDED}: {error}")

        store, asked = session.cluster.store, runtime.confirmed

        def tried(key: ResourceKey) -> bool:
            manifest = manifests.get(key)
            live = store.get(manifest.gvk, key.namespace, key.name) if manifest is not None else None
            return just_tried(asked, manifest, live, engine.loop.time())

        executor = self._executor(
            runtime.app,
            plan,
            {key: self._planning.respected(runtime, each) for key, each in manifests.items()},
            session.cluster,
            engine.settings,
            progress,
            lives=self._lives(runtime, manifests),
            operation=running.id,
            started=running.started,
            recorded=recorded,
            held=held,
            tried=tried,
        )
        runtime.executor = executor
        try:
            found = await executor.run()
        except BaseException:
            engine.operation_changed(runtime, replace(operation, phase=OperationPhase.UNKNOWN))
            raise
        finally:
            runtime.executor = None
            await holding.release()
        operation = over(found)
        if windows:
            # What a sync window cut short goes on when it opens.
            runtime.attempts = Attempts()
        if not dry_run:
            if not written:
                # It ended in the dry run, where there is nothing to clean up.
                await recorded(found)
            operation = replace(operation, warnings=(*operation.warnings, *trouble))
            await tell(engine, session, operation)
        engine.operation_changed(runtime, operation)
        if any(step.key.kind == "CustomResourceDefinition" for step in plan.steps) and not dry_run:
            await session.refresh_kinds()
        if not dry_run:
            await engine.following.refresh(runtime)
        engine.touch(runtime)
        return operation

    @property
    def _executor(self) -> type[Executor]:
        """What carries out a plan."""
        from gitops_tui.sync import Executor

        return Executor

    def _stolen(self, runtime: Runtime) -> None:
        """Somebody else has taken the operation's Lease: it ends, so that not two write at once."""
        if runtime.executor is not None:
            runtime.executor.stop("another session, which has taken the operation's Lease")

    async def _manifests(self, runtime: Runtime, plan: SyncPlan) -> dict[ResourceKey, Manifest]:
        if plan.revision == (runtime.revision.sha if runtime.revision else ""):
            return dict(runtime.manifests)
        return {each.key: each for each in await self._engine.following.render(plan.app, plan.revision)}

    def _lives(self, runtime: Runtime, manifests: dict[ResourceKey, Manifest]) -> dict[ResourceKey, dict[str, Any]]:
        store = self._engine.session(runtime).cluster.store
        found = {key: store.get(each.gvk, key.namespace, key.name) for key, each in manifests.items()}
        return {key: live for key, live in found.items() if live is not None}

    async def _begin(self, runtime: Runtime, plan: SyncPlan, running: RunningOperation) -> RunningOperation:
        """Writes the union of inventories, and that an operation runs; goes on with one that was cut off."""
        limit, initiator = self._engine.settings.history_limit, running.initiator
        outcome = await self._engine.recovery.outcome(runtime)
        used = running

        def change(record: AppRecord) -> AppRecord:
            nonlocal used
            left = record.running
            if left is not None and not left.outcome and outcome:
                record = replace(record, running=replace(left, outcome=outcome))
            same = left is not None and bool(left.id) and left.revision == running.revision
            same = same and left is not None and _is_deletion(left.initiator) == _is_deletion(initiator)
            goes_on = same and not plan.options.is_selective
            used = replace(running, id=left.id, started=left.started) if goes_on and left is not None else running
            rebuilt = self._engine.recovery.rebuilt.get(plan.app, frozenset())
            return self._begun(replace(record, inventory=record.inventory | rebuilt), plan, used, limit)

        await self._engine.records.update(runtime, change)
        return used

    def _begun(self, record: AppRecord, plan: SyncPlan, running: RunningOperation, limit: int) -> AppRecord:
        return begun(record, plan, running, limit)

    async def _end(
        self,
        runtime: Runtime,
        plan: SyncPlan,
        operation: SyncOperation,
        manifests: dict[ResourceKey, Manifest],
        *,
        resumes: bool = False,
    ) -> None:
        source, limit = self._planning.source(runtime), self._engine.settings.history_limit
        user = self._engine.session(runtime).cluster.user
        commit = next((each for each in (runtime.revision, runtime.target) if each and each.sha == plan.revision), None)
        if commit is None:
            with suppress(GitOpsError):  # a commit that is gone has no author to name
                commit = await asyncio.to_thread(self._engine.git.resolve, runtime.app, plan.revision)
        content = content_of(manifests)
        await self._engine.records.update(
            runtime,
            lambda record: ended(
                record,
                plan,
                operation,
                manifests,
                source,
                limit,
                user=user,
                commit=commit,
                content=content,
                resumes=resumes,
            ),
        )
