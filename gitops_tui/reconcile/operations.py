"""Plans and runs syncs for the worker, and records them before and after."""

from __future__ import annotations

import getpass
import socket
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, Pin, RunningOperation
from gitops_tui.model.sync import (
    Action,
    Initiator,
    OperationPhase,
    ResultStatus,
    StepResult,
    SyncOperation,
    SyncOptions,
    SyncPlan,
)
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.reconcile.auto import Decision
from gitops_tui.reconcile.rules import respected
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.sync import Executor, make_plan
from gitops_tui.sync.execute import for_apply
from gitops_tui.sync.tracking import tracked

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


def user_at_host() -> str:
    """Who runs this program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return printable(f"{user}@{socket.gethostname()}")


class Operations:
    """Syncs of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.who = user_at_host()

    def desired(self, runtime: Runtime, manifest: Manifest) -> dict[str, Any]:
        """What is applied for a manifest: with ignored fields' live values where the application asks for that."""
        manifest = self._respected(runtime, manifest)
        return for_apply(tracked(manifest.obj, runtime.app.key.tracking_name, manifest.key))

    def _respected(self, runtime: Runtime, manifest: Manifest) -> Manifest:
        session = self._engine.session(runtime)
        store, key = session.cluster.store, manifest.key
        live = store.get(manifest.gvk, key.namespace, key.name)
        scaler = runtime.scalers.scaler(runtime, store, key, manifest.obj)
        return respected(runtime, manifest, live, self._engine.settings, session.schemas, scaler)

    async def plan(self, app: AppKey, options: SyncOptions) -> SyncPlan:
        """What a sync would do now, for the commit compared against or another one."""
        return (await self.preview(app, options)).plan

    async def preview(self, app: AppKey, options: SyncOptions) -> RevisionPreview:
        """The plan with the objects that it is about."""
        runtime = self._engine.runtime(app)
        session = self._engine.session(runtime)
        if not session.connected.is_set():
            raise session.error or PlanRefused(f"not connected to {session.cluster.name} yet", hint="try again")
        self._engine.settle(runtime)
        revision = runtime.revision.sha if runtime.revision is not None else ""
        refused = hint = ""
        resources = runtime.resources
        if options.revision and options.revision != revision:
            resources = await self._engine.verdicts.revision_states(runtime, options.revision)
            revision = options.revision
        elif runtime.render_error is not None:
            refused, hint = runtime.render_error.message, runtime.render_error.hint
        elif not runtime.current or session.pending():
            refused, hint = "the application is still being loaded", "try again in a moment"
        if not runtime.record_known:
            refused, hint = "its pause and pin can't be read, so nothing may be changed", "wait until they can"
        if session.stale_since is not None:
            refused, hint = "the cluster can't be watched just now, so its state is not known", "wait until it is back"
        if not options.dry_run and (why := await self._engine.refusal(runtime, revision)):
            refused, hint = why
        if self._engine.settings.read_only and not options.dry_run:
            refused, hint = "this session is read-only", "start it without --read-only"
        plan = make_plan(
            runtime.app,
            resources,
            options,
            revision=revision,
            missing_namespaces=await self._missing_namespaces(runtime, resources),
            state_namespace=self._engine.settings.state_namespace,
            refused=refused,
            hint=hint,
        )
        source = self._source(runtime)
        if runtime.record.source and runtime.record.source != source:
            plan = replace(
                plan,
                warnings=(f"the last sync of this application came from {runtime.record.source}", *plan.warnings),
            )
            if options.prune and plan.count(Action.PRUNE):
                plan = replace(
                    plan,
                    refused=f"pruning is refused: the last sync came from another source, {runtime.record.source}",
                    hint="sync once without pruning if this is the same application",
                )
        touched = {step.key for step in (*plan.steps, *plan.kept)}
        return RevisionPreview(plan, tuple(each for each in resources.values() if each.key in touched))

    def _source(self, runtime: Runtime) -> str:
        return printable(redact(f"{runtime.app.source.repo_url} {runtime.app.source.path}"))

    async def _missing_namespaces(self, runtime: Runtime, resources: Any) -> set[str]:
        session = self._engine.session(runtime)
        kind = session.cluster.discovery.get(GVK("", "v1", "Namespace"))
        wanted = {
            state.key.namespace
            for state in resources.values()
            if state.manifest is not None and state.key.namespace and state.drift.kind is DriftKind.MISSING
        }
        mine = {state.key.name for state in resources.values() if state.key.kind == "Namespace"}
        missing: set[str] = set()
        if kind is None:
            return missing
        for namespace in wanted - mine:
            try:
                if await session.cluster.get(kind, "", namespace) is None:
                    missing.add(namespace)
            except GitOpsError:
                # Without the right to look the dry run will tell.
                continue
        return missing

    def automatic(self, runtime: Runtime, decision: Decision) -> None:
        """Starts an automatic sync in the background."""
        revision = runtime.revision.sha if runtime.revision is not None else ""
        attempts = runtime.attempts
        same = attempts.revision == revision
        runtime.attempts = replace(
            attempts,
            revision=revision,
            last=self._engine.loop.time(),
            heals=(attempts.heals + 1 if same else 1) if decision.initiator is Initiator.SELF_HEAL else 0,
            failures=attempts.failures if same else 0,
        )
        runtime.operation = SyncOperation(
            runtime.app.key,
            revision,
            OperationPhase.RUNNING,
            datetime.now(UTC),
            who=self.who,
            initiator=decision.initiator,
        )
        self._engine.spawn(self._automatic(runtime, decision), "operation")

    async def _automatic(self, runtime: Runtime, decision: Decision) -> None:
        operation = runtime.operation
        try:
            plan = await self.plan(runtime.app.key, SyncOptions(prune=decision.prune))
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

    async def rollback(self, plan: SyncPlan, message: str) -> SyncOperation:
        """Pins, then syncs."""
        runtime = self._engine.runtime(plan.app)
        self._check(runtime, plan)
        if plan.options.dry_run:
            return await self._in_task(runtime, plan, Initiator.ROLLBACK)
        left = runtime.record.deployed
        pin = Pin(plan.revision, self.who, datetime.now(UTC), message, rolled_back_from=left.revision if left else "")
        await self._engine.set_pin(runtime, pin)
        fresh = await self.plan(plan.app, replace(plan.options, revision=plan.revision))
        if fresh.refused:
            raise PlanRefused(fresh.refused, hint=fresh.hint)
        return await self._in_task(runtime, fresh, Initiator.ROLLBACK, message)

    def _check(self, runtime: Runtime, plan: SyncPlan) -> None:
        if self._engine.settings.read_only and not plan.options.dry_run:
            raise PlanRefused("this session is read-only", hint="start it without --read-only")
        if plan.refused:
            raise PlanRefused(plan.refused, hint=plan.hint)
        self._engine.running(runtime)

    async def _in_task(
        self, runtime: Runtime, plan: SyncPlan, initiator: Initiator, message: str = ""
    ) -> SyncOperation:
        import asyncio

        result: asyncio.Future[SyncOperation] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                result.set_result(await self._run(runtime, plan, initiator, message))
            except BaseException as error:
                if not result.done():
                    result.set_exception(error)

        self._engine.spawn(work(), "operation")
        return await result

    async def _run(self, runtime: Runtime, plan: SyncPlan, initiator: Initiator, message: str = "") -> SyncOperation:
        session = self._engine.session(runtime)
        started = datetime.now(UTC)
        dry_run = plan.options.dry_run
        operation = SyncOperation(
            plan.app,
            plan.revision,
            OperationPhase.RUNNING,
            started,
            tuple(StepResult(step, ResultStatus.PENDING) for step in plan.steps),
            who=self.who,
            initiator=initiator,
            dry_run=dry_run,
            message=message,
        )
        self._engine.operation_changed(runtime, operation)

        def progress(results: tuple[StepResult, ...], doing: str) -> None:
            nonlocal operation
            operation = replace(operation, results=results, doing=doing)
            self._engine.operation_changed(runtime, operation)

        manifests = runtime.manifests
        if plan.revision != (runtime.revision.sha if runtime.revision else ""):
            rendered = await self._engine.render(plan.app, plan.revision)
            manifests = {each.key: each for each in rendered}
        if not dry_run:
            try:
                await self._before(runtime, plan, started, initiator)
            except GitOpsError as error:
                operation = replace(
                    operation, phase=OperationPhase.FAILED, finished=datetime.now(UTC), message=str(error)
                )
                self._engine.operation_changed(runtime, operation)
                return operation
        manifests = {key: self._respected(runtime, each) for key, each in manifests.items()}
        executor = Executor(runtime.app, plan, manifests, session.cluster, self._engine.settings, progress)
        runtime.executor = executor
        try:
            phase, said, results = await executor.run()
        except BaseException:
            self._engine.operation_changed(runtime, replace(operation, phase=OperationPhase.UNKNOWN))
            raise
        finally:
            runtime.executor = None
        operation = replace(
            operation,
            phase=phase,
            results=results,
            finished=datetime.now(UTC),
            message=said or message,
            doing="",
            warnings=plan.warnings,
        )
        if not dry_run:
            try:
                await self._after(runtime, plan, operation)
            except GitOpsError as error:
                operation = replace(operation, warnings=(*operation.warnings, f"not recorded: {error}"))
        self._engine.operation_changed(runtime, operation)
        if any(step.key.kind == "CustomResourceDefinition" for step in plan.steps) and not dry_run:
            await session.refresh_kinds()
        if not dry_run:
            await self._engine.refresh_app(runtime)
        self._engine.touch(runtime)
        return operation

    async def _before(self, runtime: Runtime, plan: SyncPlan, started: datetime, initiator: Initiator) -> None:
        """The inventory as old and new together, and that an operation runs: before the first write."""
        wanted = frozenset(
            InventoryItem(step.key, step.api_version.rpartition("/")[2])
            for step in plan.steps
            if step.action is not Action.HOOK and step.note != "CreateNamespace=true"
        )
        running = RunningOperation(plan.revision, started, self.who, initiator)
        await self._engine.records.update(
            runtime, lambda record: replace(record, inventory=record.inventory | wanted, running=running)
        )

    async def _after(self, runtime: Runtime, plan: SyncPlan, operation: SyncOperation) -> None:
        gone = {
            result.step.key
            for result in operation.results
            if result.step.action is Action.PRUNE and result.status is ResultStatus.DONE
        }
        counts = Counter(result.step.action.value for result in operation.results if result.status is ResultStatus.DONE)
        failures = tuple(
            f"{result.step.key}: {result.message}"[:300]
            for result in operation.results
            if result.status is ResultStatus.FAILED
        )[:5]
        limit = self._engine.settings.history_limit
        failed = operation.phase is OperationPhase.FAILED
        keep: set[ResourceKey] = set(runtime.manifests)

        def change(record: AppRecord) -> AppRecord:
            entry = HistoryEntry(
                id=record.history[-1].id + 1 if record.history else 1,
                revision=plan.revision,
                phase=operation.phase,
                started=operation.started,
                finished=operation.finished,
                who=operation.who,
                initiator=operation.initiator,
                message=operation.message,
                counts=tuple(sorted(counts.items())),
                failures=failures,
            )
            partial = plan.options.only is not None
            history = record.history if partial and not failed else (*record.history, entry)[-limit:]
            extra = {step.key for step in plan.kept}
            inventory = frozenset(
                item
                for item in record.inventory
                if item.key not in gone and (failed or partial or item.key in keep or item.key in extra)
            )
            return replace(
                record,
                inventory=inventory,
                running=None,
                history=history,
                source=self._source(runtime),
                failed_revision=plan.revision if failed else "",
                failed_message=operation.message[:500] if failed else "",
            )

        await self._engine.records.update(runtime, change)
