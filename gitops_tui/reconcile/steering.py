"""Pause and its halves, pins, undo, the way back to the last healthy commit, and the audit: the engine's part of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.audit import AuditLine
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord, BadCommit, Pause, PauseKind, Pin
from gitops_tui.model.sync import Initiator, SyncOperation, SyncPlan
from gitops_tui.reconcile.noting import entry_of, noted
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.runtime import Runtime
    from gitops_tui.reconcile.worker import Engine

T = TypeVar("T")
_MAX_BAD = 20


class SteeringCommands:
    """A part of `Engine`; see `SteeringApi`."""

    _ask: Callable[[Coroutine[Any, Any, Any]], Future[Any]]

    @property
    def _engine(self) -> Engine:
        return cast("Engine", self)

    # --- pausing ----------------------------------------------------------------------------------------------------

    def pause(
        self, app: AppKey, reason: str = "", until: datetime | None = None, kind: PauseKind = PauseKind.ALL
    ) -> Future[AppRecord]:
        return self._ask(self._pause(app, reason, until, kind))

    async def _pause(self, app: AppKey, reason: str, until: datetime | None, kind: PauseKind) -> AppRecord:
        engine = self._engine
        runtime = engine.runtime(app)
        revision = ""
        if kind is PauseKind.HOLD_COMMITS:
            done = runtime.record.deployed
            revision = done.revision if done else runtime.revision.sha if runtime.revision else ""
            if not revision:
                raise GitOpsError(
                    f"{app} has no commit to stay at yet", hint="wait until Git could be read, or sync it once"
                )
        pause = Pause(engine.operations.who, datetime.now(UTC), reason, until, kind, revision)
        half = "" if kind is PauseKind.ALL else f"{kind.value} "
        ends = f"until {until:%Y-%m-%d %H:%M} UTC " if until is not None else ""
        entry = entry_of(engine, runtime, Initiator.PAUSE, f"{half}{ends}{reason}".strip())
        return await self._held(app, lambda record: noted(replace(record, pause=pause), entry))

    def resume(self, app: AppKey) -> Future[AppRecord]:
        return self._ask(self._resume(app))

    async def _resume(self, app: AppKey) -> AppRecord:
        entry = entry_of(self._engine, self._engine.runtime(app), Initiator.RESUME, "")

        def change(record: AppRecord) -> AppRecord:
            return noted(replace(record, pause=None), entry) if record.pause is not None else record

        return await self._held(app, change)

    async def _held(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        """Changes a record; where the application stays at another commit then, that one is looked at."""
        runtime = self._engine.runtime(app)
        before = runtime.record.stays_at
        record = await self._engine.change(app, change)
        if record.stays_at != before:
            await self._engine.following.refresh(runtime)
        return record

    # --- pinning ----------------------------------------------------------------------------------------------------

    def unpin(self, app: AppKey) -> Future[AppRecord]:
        return self._ask(self._unpin(app))

    async def _unpin(self, app: AppKey) -> AppRecord:
        runtime = self._engine.runtime(app)
        pin = runtime.record.pin
        entry = entry_of(self._engine, runtime, Initiator.UNPIN, f"it was pinned to {pin.revision[:7]}" if pin else "")

        def unpinned(record: AppRecord) -> AppRecord:
            return noted(replace(record, pin=None), entry) if record.pin is not None else record

        record = await self._engine.change(app, unpinned)
        await self._engine.following.refresh(runtime)
        return record

    async def set_pin(self, runtime: Runtime, pin: Pin, bad: BadCommit | None = None) -> None:
        """Pins an application. bad: the commit that was left, which automatic sync is to leave alone."""

        def change(record: AppRecord) -> AppRecord:
            known = [each for each in record.bad if bad is None or each.revision != bad.revision]
            return replace(record, pin=pin, bad=(*known, bad)[-_MAX_BAD:] if bad is not None else record.bad)

        await self._engine.records.update(runtime, change)
        await self._engine.following.refresh(runtime)

    # --- going back -------------------------------------------------------------------------------------------------

    def undo(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._ask(self._undo(plan, message or "undo of the last sync"))

    async def _undo(self, plan: SyncPlan, message: str) -> SyncOperation:
        runtime = self._engine.runtime(plan.app)
        wanted = undo_to(plan.app, runtime.record)
        if plan.revision != wanted:
            raise PlanRefused("another sync has run since this was planned", hint="look at what undo would do now")
        if runtime.target is not None and runtime.target.sha == wanted:
            return await self._engine.operations.back_on_branch(plan, message)
        return await self._engine.operations.rollback(plan, message, Initiator.UNDO)

    # --- what was done ----------------------------------------------------------------------------------------------

    def audit(self) -> Future[tuple[AuditLine, ...]]:
        return self._ask(self._audit())

    async def _audit(self) -> tuple[AuditLine, ...]:
        engine = self._engine
        found: dict[tuple[str, str], AppRecord] = {}
        for session in engine.sessions():
            if session.connected.is_set():
                for name, record in (await session.store.load_all()).items():
                    found[session.cluster.name, name] = record
        for key, runtime in engine.runtimes.items():
            if runtime.record_known:
                found[key.cluster, str(key)] = runtime.record
        return await asyncio.to_thread(_lines, found)


def undo_to(app: AppKey, record: AppRecord) -> str:
    """The commit that an undo of the last operation goes back to. Raises PlanRefused where there is none."""
    if record.before_last:
        return record.before_last
    if not record.history:
        raise PlanRefused(f"there is nothing to undo: no sync of {app} is recorded")
    raise PlanRefused(
        f"the last sync of {app} changed no revision, or no earlier one is recorded: there is nothing to go back to",
        hint="choose a commit in the history (h, or gitops-tui history)",
    )


def _lines(records: dict[tuple[str, str], AppRecord]) -> tuple[AuditLine, ...]:
    lines = [
        AuditLine(cluster, name, entry)
        for (cluster, name), record in records.items()
        for entry in (*record.history, *record.cut_off, *record.noted)
    ]
    return tuple(sorted(lines, key=lambda each: each.entry.started, reverse=True))
