"""Carries out one plan: holds the operation's Lease, records it before the first write and after the last, and tells how far
it is."""

from __future__ import annotations

import asyncio
import getpass
import secrets
import socket
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError, OperationRunning
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, RunningOperation
from gitops_tui.model.sync import (
    NOT_RECORDED,
    Initiator,
    OperationPhase,
    ResultStatus,
    StepResult,
    SyncOperation,
    SyncPlan,
)
from gitops_tui.model.text import printable
from gitops_tui.reconcile.answers import just_tried
from gitops_tui.reconcile.auto import Attempts
from gitops_tui.reconcile.events import tell
from gitops_tui.reconcile.holding import Holding
from gitops_tui.reconcile.planning import Planning
from gitops_tui.reconcile.progress import told
from gitops_tui.reconcile.recording import begun, ended, left_off
from gitops_tui.reconcile.runtime import Runtime, content_of
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


class CarryingOut:
    """What runs a plan. Operations start it."""

    # Whether sync windows and the rules of projects are asked.
    gated = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._planning = Planning(engine)
        self.who = user_at_host()

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
