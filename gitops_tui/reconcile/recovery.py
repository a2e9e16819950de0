"""Operations of other sessions: shown while they run; and once they were cut off, what became of them.

A record says that an operation runs, its Lease whether somebody still does. A Lease that is free, or whose holder has
gone silent, means that the program was killed: what was applied is then read from the live objects and written down,
while the trace stays, so that the next sync to that commit goes on with it and runs no hook twice.

A record whose inventory can't be read is made anew from the tracking ids of the objects in the cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_tui.errors import Forbidden, GitOpsError
from gitops_tui.kube import ResourceType
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, RunningOperation
from gitops_tui.model.snapshot import ResourceState, Severity
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.reconcile.progress import heard
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.records import replace
from gitops_tui.settings import APPLICATION_LABEL
from gitops_tui.state import configmap_name
from gitops_tui.state.lease import LEASE, Lease
from gitops_tui.sync.tracking import label_value, owner_of

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_LOOK = 2.0
_READY_WITHIN = 60.0
_AT_ONCE = 8
_BROKEN = "the state's inventory can't be read"


class Recovery:
    """Of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._following: set[AppKey] = set()
        self._mended: set[AppKey] = set()
        # What an inventory that could not be read was rebuilt to, for this session.
        self.rebuilt: dict[AppKey, frozenset[InventoryItem]] = {}

    def consider(self, runtime: Runtime) -> None:
        """Called with each new verdict; cheap where there is nothing to follow."""
        app, record = runtime.app.key, runtime.record
        if record.running is not None and not record.running.outcome and app not in self._following:
            if not _runs_here(runtime):
                self._following.add(app)
                self._engine.spawn(self._follow(runtime))
        broken = any(note.startswith(_BROKEN) for note in record.notes)
        if app not in self._mended and (broken or self._is_missing(runtime)):
            self._mended.add(app)
            self._engine.spawn(self._mend(runtime, broken=broken))

    @staticmethod
    def _is_missing(runtime: Runtime) -> bool:
        """Whether nothing is recorded of an application although objects in the cluster carry its tracking id."""
        if runtime.record != AppRecord() or not runtime.record_known or not runtime.current or _runs_here(runtime):
            return False
        return any(each.tracked and each.live is not None and not each.hook for each in runtime.resources.values())

    # --- a record that is gone --------------------------------------------------------------------------------------

    def is_lost(self, runtime: Runtime, *, deleted: bool) -> bool:
        """Called where an application's ConfigMap was deleted or emptied: whether that loses something (a record that was taken
        away with a deletion was meant to go). Says it, and has it written back by a session that may write."""
        known = runtime.record
        if known == AppRecord() or (known.deleted is not None and known.deleted.done):
            return False
        app = runtime.app.key
        held = [name for name, on in (("pause", known.pause), ("pin", known.pin)) if on is not None]
        what = f"; its {' and '.join(held)} holds" if held else ""
        self._engine.say(
            Severity.WARNING,
            "state",
            f"the record of {app} (ConfigMap {configmap_name(app)}) was {'deleted' if deleted else 'emptied'} in the cluster by somebody: "
            + (
                f"this session writes back what it knew{what}"
                if self._writes
                else f"what this session knew stays true here{what}"
            ),
        )
        if self._writes:
            self._engine.spawn(self._write_back(runtime, known))
        return True

    async def _write_back(self, runtime: Runtime, known: AppRecord) -> None:
        # Where another session was faster, that is as good.
        await self._engine.records.update(runtime, lambda record: known if record == AppRecord() else record)

    @property
    def _writes(self) -> bool:
        # A command that only looks leaves no trace.
        return self._engine.request.automatic and not self._engine.settings.read_only

    # --- operations of others ---------------------------------------------------------------------------------------

    async def _follow(self, runtime: Runtime) -> None:
        engine, session = self._engine, self._engine.session(runtime)
        lease = Lease(session.cluster, session.settings, configmap_name(runtime.app.key), "", engine.loop.time)
        try:
            while (running := runtime.record.running) is not None and not _runs_here(runtime):
                try:
                    holder = await lease.look()
                except Forbidden:
                    return  # then nobody can say whether it still runs
                except GitOpsError:
                    await asyncio.sleep(_LOOK)
                    continue
                if holder is None:
                    await self._conclude(runtime, session, running)
                    return
                engine.operation_changed(runtime, heard(lease.heard, runtime.app.key, running))
                await asyncio.sleep(_LOOK)
        finally:
            self._following.discard(runtime.app.key)
            self._over(runtime)

    def _over(self, runtime: Runtime) -> None:
        """It no longer runs: how it ended, as the record tells."""
        shown = runtime.operation
        if shown is None or not shown.elsewhere or shown.phase is not OperationPhase.RUNNING:
            return
        last = runtime.record.history[-1] if runtime.record.history else None
        mine = last is not None and last.revision == shown.revision and runtime.record.running is None
        phase = last.phase if last is not None and mine else OperationPhase.UNKNOWN
        message = last.message if last is not None and mine else "it was cut off"
        finished = last.finished if last is not None and mine else None
        ended = replace(shown, phase=phase, message=message, finished=finished or datetime.now(UTC), doing="")
        self._engine.operation_changed(runtime, ended)
        self._engine.touch(runtime)

    # --- cut off ----------------------------------------------------------------------------------------------------

    async def _conclude(self, runtime: Runtime, session: ClusterSession, running: RunningOperation) -> None:
        """Finds out and notes what became of an operation whose program is gone."""
        end = self._engine.loop.time() + _READY_WITHIN
        while not runtime.current or runtime.all_dirty or session.pending() or not session.connected.is_set():
            if self._engine.loop.time() > end or runtime.render_error is not None:
                break
            await asyncio.sleep(0.2)
        try:
            if running.initiator is Initiator.DELETE:
                done, outcome = False, await self._deleted(runtime, session)
            else:
                done, outcome = judged(await self._states(runtime, running.revision))
        except GitOpsError as error:
            done, outcome = False, f"was cut off; what it left can't be told: {error.message}"

        def change(record: AppRecord) -> AppRecord:
            if record.running is None or record.running.id != running.id:
                return record
            if not done:
                return replace(record, running=replace(record.running, outcome=outcome))
            number = record.history[-1].id + 1 if record.history else 1
            now, limit = datetime.now(UTC), self._engine.settings.history_limit
            entry = HistoryEntry(
                number,
                running.revision,
                OperationPhase.SUCCEEDED,
                running.started,
                max(now, running.started),
                running.who,
                running.initiator,
                outcome,
                user=running.user,
            )
            return replace(record, running=None, history=(*record.history, entry)[-limit:])

        if self._writes:
            await self._engine.records.update(runtime, change)
        else:
            runtime.record = change(runtime.record)
            self._engine.touch(runtime)

    async def outcome(self, runtime: Runtime) -> str:
        """What became of an operation that was cut off and of which nobody has said so yet: asked by the next one, which has its
        Lease by then. "" for none, or where it can't be told."""
        running = runtime.record.running
        if running is None or running.outcome:
            return ""
        try:
            if running.initiator is Initiator.DELETE:
                return await self._deleted(runtime, self._engine.session(runtime))
            return judged(await self._states(runtime, running.revision))[1]
        except GitOpsError:
            return ""

    async def _deleted(self, runtime: Runtime, session: ClusterSession) -> str:
        """How far a deletion that was cut off came, from what is still there."""
        found, unseen = await tracked_objects(session, runtime.app.key)
        left = sorted(item.key for item in found)
        more = f" and {len(left) - 3} more" if left[3:] else ""
        there = f"{len(left)} of its objects are still there: {', '.join(map(str, left[:3]))}{more}" if left else ""
        unread = f"; {unseen} kinds could not be listed" if unseen else ""
        return f"was cut off: {there or 'all of its objects are gone'}{unread}; deleting it again goes on with it"

    async def _states(self, runtime: Runtime, revision: str) -> Mapping[ResourceKey, ResourceState]:
        self._engine.settle(runtime)
        if runtime.revision is not None and runtime.revision.sha == revision and runtime.current:
            return runtime.resources
        return await self._engine.verdicts.revision_states(runtime, revision)

    # --- an inventory that can't be read ----------------------------------------------------------------------------

    async def _mend(self, runtime: Runtime, *, broken: bool) -> None:
        session = self._engine.session(runtime)
        if not broken:
            # Only a sync makes the Lease of an application's operations: without it, it was never synced from here.
            name, namespace = configmap_name(runtime.app.key), self._engine.settings.state_namespace
            if await session.cluster.get(LEASE, namespace, name) is None:
                return
        found, unseen = await tracked_objects(session, runtime.app.key)
        self.rebuilt[runtime.app.key] = found

        def change(record: AppRecord) -> AppRecord:
            return replace(record, inventory=record.inventory | found)

        if self._writes:
            await self._engine.records.update(runtime, change)
        else:
            runtime.record = change(runtime.record)
        unread = f"; {unseen} kinds could not be listed" if unseen else ""
        app = runtime.app.key
        what = (
            f"the inventory of {app} could not be read: it is kept aside in its ConfigMap (broken.inventory) and"
            if broken
            else f"nothing is recorded of {app} in the cluster, though it was synced before (its ConfigMap was deleted or emptied): "
            "a pause, a pin and the history are gone with it; the inventory"
        )
        self._engine.say(
            Severity.WARNING,
            "state",
            f"{what} was made anew from the {len(found)} objects that carry its tracking id{unread}",
        )
        await self._engine.set_watches(session)
        runtime.all_dirty = True
        self._engine.wake()


def _runs_here(runtime: Runtime) -> bool:
    operation = runtime.operation
    return operation is not None and operation.phase is OperationPhase.RUNNING and not operation.elsewhere


def judged(states: Mapping[ResourceKey, ResourceState]) -> tuple[bool, str]:
    """(whether nothing is left to do, how it stands), from the live objects compared with the operation's commit."""
    wanted = [each for each in states.values() if each.manifest is not None and not each.hook]
    hooks = any(each.hook for each in states.values())
    left = [each for each in wanted if each.drift.is_drifted or not each.tracked]
    extra = sum(each.drift.kind is DriftKind.EXTRA for each in states.values())
    applied = f"{len(wanted) - len(left)} of {len(wanted)} objects are as in that commit"
    if not left and not hooks and not extra:
        return True, f"was cut off after its last write: {applied}"
    missing = ", ".join(str(each.key) for each in left[:3]) + (f" and {len(left) - 3} more" if left[3:] else "")
    parts = [f"was cut off: {applied}"]
    parts += [f"not yet: {missing}"] if left else []
    parts += [f"{extra} to prune are still there"] if extra else []
    parts += ["not all of its hooks may have run"] if hooks else []
    return False, "; ".join(parts) + "; a sync to that commit goes on with it"


async def tracked_objects(session: ClusterSession, app: AppKey) -> tuple[frozenset[InventoryItem], int]:
    """Every object of the cluster that carries the application's tracking id at its own identity, and how many kinds
    could not be listed."""
    name = app.tracking_name
    selector = f"{APPLICATION_LABEL}={label_value(name)}"
    gate = asyncio.Semaphore(_AT_ONCE)
    unseen = 0

    async def of_kind(kind: ResourceType) -> set[InventoryItem]:
        nonlocal unseen
        async with gate:
            try:
                lives = await session.cluster.list(kind, "", selector)
            except GitOpsError:
                unseen += 1
                return set()
        found = set()
        for live in lives:
            key = ResourceKey(
                kind.gvk.group, kind.gvk.kind, live["metadata"].get("namespace") or "", live["metadata"]["name"]
            )
            if owner_of(live, key) == name and not live["metadata"].get("ownerReferences"):
                found.add(InventoryItem(key, kind.gvk.version))
        return found

    kinds = [each for each in session.cluster.discovery.all() if "list" in each.verbs]
    parts = await asyncio.gather(*(of_kind(each) for each in kinds))
    return frozenset(item for part in parts for item in part), unseen
