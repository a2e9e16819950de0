"""Syncs many applications: some at a time, in the order of waves, and what happens to one stops no other.

At its turn each application is planned anew, since those before it may have made what it needs. What a person agreed to
holds: where Git holds something else by then, or more would be deleted, that application is refused and says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from gitops_tui.errors import GitOpsError, OperationRunning, PlanRefused, with_hint
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.many import FINE, AppPlan, AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.sync import Action, OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.reconcile.many_order import Order, lineage
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.runtime import Runtime
    from gitops_tui.reconcile.worker import Engine

_PLANS_AT_ONCE = 8
_LOOK = 0.2
# Seconds that an application's turn waits for what is being listed or rendered just now.
_LOADING = 20.0
_PHASES = {
    OperationPhase.SUCCEEDED: ManyStatus.SUCCEEDED,
    OperationPhase.STOPPED: ManyStatus.STOPPED,
}


class ManyCommands:
    """A part of `Engine`; see `ManyApi`."""

    _ask: Callable[[Coroutine[Any, Any, Any]], Future[Any]]

    @property
    def _many(self) -> Many:
        engine = cast("Engine", self)
        found: Many = engine.many
        return found

    def plan_many(self, apps: Sequence[AppKey], options: SyncOptions) -> Future[ManyPlan]:
        return self._ask(self._many.plan(tuple(apps), options))

    def sync_many(self, plan: ManyPlan, at_once: int = 0) -> Future[ManyOperation]:
        return self._ask(self._many.sync(plan, at_once))

    def stop_many(self) -> None:
        self._many.stop()


class Many:
    """Of one engine. Everything but `stop` runs on its loop. shown: the run that is under way, or the last one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopping = False
        self.shown: ManyOperation | None = None

    # --- planning -------------------------------------------------------------------------------------------------

    async def plan(self, apps: tuple[AppKey, ...], options: SyncOptions) -> ManyPlan:
        """Raises PlanRefused for options that mean one application only."""
        if options.only is not None or options.revision:
            raise PlanRefused("several applications are synced to what each follows, as a whole")
        gate = asyncio.Semaphore(_PLANS_AT_ONCE)

        async def one(app: AppKey) -> AppPlan:
            async with gate:
                return await self._planned(app, options)

        found = sorted(await asyncio.gather(*(one(app) for app in dict.fromkeys(apps))), key=_place)
        order = Order({each.app: each.lineage for each in found if _may_begin(each)})
        return ManyPlan(options, tuple(_reconsidered(each, order, options) for each in found))

    async def _planned(self, app: AppKey, options: SyncOptions) -> AppPlan:
        try:
            runtime = self._engine.runtime(app)
            await self._loaded(runtime)
            applications = {key: each.app for key, each in self._engine.runtimes.items()}
            line = lineage(runtime.app, applications)
            plan = await self._engine.operations.plan(app, options)
            content = runtime.content
        except GitOpsError as error:
            return AppPlan(app, None, ManyStatus.REFUSED, str(error), ((0, app),))
        operation = runtime.operation
        if operation is not None and operation.phase is OperationPhase.RUNNING:
            return AppPlan(app, plan, ManyStatus.SKIPPED, _under_way(operation.who), line, content)
        if plan.refused:
            return AppPlan(app, plan, ManyStatus.REFUSED, with_hint(plan.refused, plan.hint), line, content)
        status = ManyStatus.UNCHANGED if plan.is_empty else ManyStatus.WAITING
        return AppPlan(app, plan, status, "", line, content)

    # --- running --------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Called from any thread."""
        self._stopping = True
        for runtime in list(self._engine.runtimes.values()):
            running = self.shown is not None and any(
                each.app == runtime.app.key and each.status is ManyStatus.RUNNING for each in self.shown.results
            )
            if running and runtime.executor is not None:
                runtime.executor.stop()

    async def sync(self, plan: ManyPlan, at_once: int = 0) -> ManyOperation:
        """Raises OperationRunning, PlanRefused."""
        if self.shown is not None and self.shown.finished is None:
            raise OperationRunning("a sync of many applications is under way here", hint="wait for it, or stop it")
        if self._engine.settings.read_only and not plan.options.dry_run:
            raise PlanRefused("this session is read-only", hint="start it without --read-only")
        limit = at_once or self._engine.settings.sync_at_once
        self._stopping = False
        results = tuple(AppResult(each.app, each.status, each.message, each.plan) for each in plan.apps)
        self.shown = ManyOperation(results, datetime.now(UTC), at_once=limit, dry_run=plan.options.dry_run)
        try:
            await self._run(plan, limit)
        finally:
            self.shown = replace(self.shown, finished=datetime.now(UTC))
            self._engine.wake()
        return self.shown

    async def _run(self, plan: ManyPlan, limit: int) -> None:
        dry_run = plan.options.dry_run
        waiting = list(plan.going)
        # Nothing is to be done for these, but what comes after them waits until they are well.
        still = [each for each in plan.apps if each.status is ManyStatus.UNCHANGED and not dry_run]
        order = Order({each.app: each.lineage for each in (*waiting, *still)})
        working: dict[asyncio.Task[None], AppKey] = {}
        settling = {asyncio.ensure_future(self._settled(each.app, order)): each.app for each in still}
        while waiting or working or settling:
            if self._stopping:
                for each in waiting:
                    self._tell(each.app, ManyStatus.STOPPED, "stopped by a person before its turn")
                    order.ended(each.app)
                waiting = []
            ready = [each for each in waiting if dry_run or order.is_ready(each.app)]
            for each in ready[: max(0, limit - len(working))]:
                waiting.remove(each)
                working[asyncio.ensure_future(self._one(each, plan.options))] = each.app
            if not working and not settling:
                return
            done, _ = await asyncio.wait({*working, *settling}, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task in working:
                    app = working.pop(task)
                    settling[asyncio.ensure_future(self._settled(app, order))] = app
                else:
                    order.ended(settling.pop(task))

    async def _one(self, part: AppPlan, options: SyncOptions) -> None:
        """One application, whatever comes of it."""
        self._tell(part.app, ManyStatus.RUNNING)
        try:
            await self._loaded(self._engine.runtime(part.app))
            plan = await self._engine.operations.plan(part.app, options)
            moved = self._engine.runtime(part.app).content != part.content
            if problem := _not_agreed(part.plan, plan, moved=moved):
                self._tell(part.app, ManyStatus.REFUSED, problem, plan)
                return
            if plan.is_empty:
                self._tell(part.app, ManyStatus.UNCHANGED, "", plan)
                return
            operation = await self._engine.operations.sync(plan)
        except OperationRunning as error:
            self._tell(part.app, ManyStatus.SKIPPED, str(error))
        except PlanRefused as error:
            self._tell(part.app, ManyStatus.REFUSED, str(error))
        except GitOpsError as error:
            self._tell(part.app, ManyStatus.FAILED, str(error))
        except Exception as error:  # the edge between applications: the others go on
            self._tell(part.app, ManyStatus.FAILED, f"an error of this program: {type(error).__name__}: {error}")
        else:
            status = ManyStatus.SKIPPED if operation.busy else _PHASES.get(operation.phase, ManyStatus.FAILED)
            self._tell(part.app, status, operation.message, plan, operation)

    async def _loaded(self, runtime: Runtime) -> None:
        """Waits until what an earlier one brought (kinds, namespaces) has been listed; where that stays away, the plan says
        so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _LOADING
        session = self._engine.session(runtime)
        while not self._stopping and loop.time() < end:
            known = runtime.current or runtime.render_error is not None or session.error is not None
            if known and not session.pending() and session.stale_since is None:
                return
            await asyncio.sleep(_LOOK)

    async def _settled(self, app: AppKey, order: Order) -> None:
        """Waits until an application is well, as a wave of objects is waited for; not for ever, and not for one that
        failed: what is broken stops no other. A parent is as well as its children, which wait for it: not waited for."""
        assert self.shown is not None
        if self.shown.dry_run or order.has_children(app) or not order.has_later(app):
            return
        loop = asyncio.get_running_loop()
        limit = self._engine.settings.wave_timeout
        end = loop.time() + limit
        while not self._stopping:
            runtime = self._engine.runtimes.get(app)
            if runtime is None or self._status(app) not in FINE:
                return
            # What a sync brought is listed first: until then nothing is known of its health.
            if not self._engine.session(runtime).pending() and _is_settled(runtime):
                return
            if loop.time() > end:
                self._tell(app, self._status(app), f"not healthy after {limit:.0f} s; the next wave went on")
                return
            await asyncio.sleep(_LOOK)

    # --- telling --------------------------------------------------------------------------------------------------

    def _status(self, app: AppKey) -> ManyStatus:
        assert self.shown is not None
        return next(each.status for each in self.shown.results if each.app == app)

    def _tell(
        self,
        app: AppKey,
        status: ManyStatus,
        message: str = "",
        plan: SyncPlan | None = None,
        operation: SyncOperation | None = None,
    ) -> None:
        assert self.shown is not None

        def told(each: AppResult) -> AppResult:
            if each.app != app:
                return each
            return AppResult(app, status, message, plan or each.plan, operation or each.operation)

        self.shown = replace(self.shown, results=tuple(map(told, self.shown.results)))
        self._engine.wake()


def _may_begin(part: AppPlan) -> bool:
    """Whether it will be synced, or could be once others are through."""
    return part.status is ManyStatus.WAITING or (part.status is ManyStatus.REFUSED and part.plan is not None)


def _reconsidered(found: AppPlan, order: Order, options: SyncOptions) -> AppPlan:
    """What is refused now and comes after others may well run once those are through: it is looked at then."""
    if found.status is not ManyStatus.REFUSED or found.app not in order or options.dry_run:
        return found
    if order.is_ready(found.app):
        order.ended(found.app)  # nothing that comes before it will change that
        return found
    return replace(found, status=ManyStatus.WAITING, message=f"now it is refused: {found.message}")


def _is_settled(runtime: Runtime) -> bool:
    """Whether an application has come to rest after a sync: its objects are there, and nothing of it is on its way."""
    if runtime.all_dirty or runtime.dirty or runtime.state_dirty or runtime.state.loading or not runtime.current:
        return False
    there = not any(each.drift.kind is DriftKind.MISSING for each in runtime.resources.values() if not each.hook)
    return there and runtime.state.health not in (HealthStatus.PROGRESSING, HealthStatus.MISSING)


def _place(part: AppPlan) -> tuple[Any, ...]:
    """What to sort by: a parent before what is beneath it, siblings by wave and name."""
    return tuple((wave, str(app.cluster), str(app)) for wave, app in part.lineage)


def _under_way(who: str) -> str:
    return f"an operation on it is under way, started by {who}" if who else "an operation on it is under way"


def _not_agreed(agreed: SyncPlan | None, now: SyncPlan, *, moved: bool) -> str:
    """Why the plan that is true now may not run on what a person agreed to, "" where it may. moved: Git holds something
    else for the application; another commit that renders the same is no reason."""
    if now.refused:
        return with_hint(now.refused, now.hint)
    if agreed is None or moved:
        before = agreed.revision[:7] if agreed is not None else "nothing"
        return f"what Git holds has changed since it was planned ({before} → {now.revision[:7]}): plan again"
    more = sorted(_taken_away(now) - _taken_away(agreed))
    if more:
        names = ", ".join(map(str, more[:3])) + (f" and {len(more) - 3} more" if more[3:] else "")
        return f"it would delete what was not in the plan that was agreed to: {names}; plan again"
    return ""


def _taken_away(plan: SyncPlan) -> set[ResourceKey]:
    return {step.key for step in plan.steps if step.action is Action.PRUNE or step.how == "recreate"}
