"""What is compared for an application, and what follows from it: its state, the dry runs that settle it, automatic sync.

The worker's flush calls `recompute` for each application that has something dirty; it compares just that, out of
memory, asks the API server's dry run where a verdict is Modified, and has the automatic sync decided.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import Condition, Severity
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.reconcile.auto import decide, fight
from gitops_tui.reconcile.confirming import Confirming
from gitops_tui.reconcile.judging import evaluate, look_ahead
from gitops_tui.reconcile.lastsync import LastSync
from gitops_tui.reconcile.runtime import Runtime, application_state, desired_and_extra, desired_or_extra
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.records import replace
from gitops_tui.sync.options import unsupported

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


class Verdicts:
    """The verdicts of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._confirming = Confirming(engine)
        self.last_sync = LastSync(engine)

    def recompute(self, runtime: Runtime) -> None:
        session = self._engine.session(runtime)
        # A command takes the first picture, so what the objects own has to be in it; a screen shows that as it comes.
        pending = session.pending(below=runtime.state.loading and not self._engine.request.automatic)
        # What its record names besides is watched only once that is known: until then it would be missing in the first verdict.
        pending = pending or (runtime.state.loading and not runtime.watched <= session.covered)
        ready = runtime.current and not pending and not self._engine.gate.pending(runtime)
        some = runtime.all_dirty or bool(runtime.dirty)
        if not some and not runtime.state_dirty:
            return
        # Before the first verdict there is nothing to compare with until all is listed; then all is compared, once.
        waiting = runtime.state.loading and (not session.connected.is_set() or pending)
        if runtime.rendered and some and not waiting and session.connected.is_set():
            self._compare(runtime, session)
        if not waiting:
            runtime.dirty.clear()
            runtime.all_dirty = False
        runtime.state_dirty = False
        self.last_sync.keep(runtime)
        self._expire(runtime)
        if runtime.rendered and not runtime.current and not runtime.state.loading:
            # A pin came or went: what was shown stays until the other commit is rendered, and nothing is done until then.
            runtime.state = replace(runtime.state, record=runtime.record, auto="waiting: another commit is looked at")
            return
        # The first verdict waits for the server's; later ones show the local one until it is settled.
        first = runtime.state.loading
        if first and ready and not self._engine.request.automatic:
            # A command takes the first picture: which side moved is in it.
            ready = not self.last_sync.pending(runtime)
        state = self._state(runtime, session, ready and not (runtime.confirming and first), "off")
        decision = decide(
            state,
            runtime.attempts,
            now=self._engine.loop.time(),
            wall=self._engine.gate.clock(),
            record_known=runtime.record_known,
            enabled=self._engine.may_act and self._engine.leadership.leads(runtime.app.key.cluster),
            by=self._engine.leadership.holder(runtime.app.key.cluster),
            content=runtime.content,
            gate=state.gate,
            refused=self._engine.gate.held(runtime),
        )
        if runtime.unsigned is not None and state.app.sync_policy.automated is not None:
            decision = replace(decision, act=False, why="held: the revision is not signed as demanded", wait=0.0)
        if decision.act and runtime.confirming:
            decision = replace(decision, act=False, why="waiting: the API server's dry run settles what differs")
        runtime.state = replace(state, auto=decision.why)
        self._engine.milestones.consider(runtime)
        self._engine.recovery.consider(runtime)
        self._engine.orphans.consider(runtime)
        if decision.act:
            self._engine.operations.automatic(runtime, decision)
        self._look_again(runtime, 0.0 if decision.act else decision.wait)

    def look_ahead(self, runtime: Runtime, gvk: GVK) -> None:
        """A kind was listed whole before the first verdict: its objects are compared while others are waited for."""
        session = self._engine.session(runtime)
        if runtime.state.loading and runtime.rendered:
            look_ahead(runtime, gvk, session.cluster, self._engine.settings, session.schemas)

    def _look_again(self, runtime: Runtime, wait: float) -> None:
        """Looks at it again after that many seconds, or at the next edge of a sync window (0 for never). One timer for each
        application, however often it is looked at."""
        if runtime.again is not None:
            runtime.again.cancel()
            runtime.again = None
        waits = [each for each in (wait, self._engine.gate.wait(runtime)) if each]
        if waits:
            runtime.again = self._engine.loop.call_later(min(waits), self._again, runtime)

    def _compare(self, runtime: Runtime, session: ClusterSession) -> None:
        """Compares what is dirty; what is no object of the application any longer leaves."""
        cluster = session.cluster
        found: dict[ResourceKey, GVK | None]
        if runtime.all_dirty:
            found = {**dict.fromkeys(runtime.resources), **desired_and_extra(runtime, cluster)}
        else:
            found = {key: desired_or_extra(runtime, key, cluster) for key in runtime.dirty}
        for key, gvk in found.items():
            if gvk is None:
                runtime.resources.pop(key, None)
                runtime.looked.pop(key, None)
                continue
            made = evaluate(runtime, key, gvk, cluster, self._engine.settings, session.schemas)
            if runtime.resources.get(key) != made:
                runtime.resources[key] = made
                self._engine.custom_changed(runtime.app.key, made)
            self._confirming.consider(runtime, session, made)

    def _expire(self, runtime: Runtime) -> None:
        """A pause whose time is over is no pause; one that ends later is looked at again then."""
        pause, now = runtime.record.pause, datetime.now(UTC)
        if runtime.expiry is not None:
            runtime.expiry.cancel()
            runtime.expiry = None
        if pause is None or pause.until is None:
            return
        if pause.active(now):
            # At the latest once a day: a timer that far ahead is not to be trusted over a machine's sleep.
            wait = min((pause.until - now).total_seconds() + 0.1, 86400.0)
            runtime.expiry = self._engine.loop.call_later(wait, self._again, runtime)
        else:
            before = runtime.record.stays_at
            runtime.record = replace(runtime.record, pause=None)
            if runtime.record.stays_at != before:
                # It held commits back: now they are looked at again.
                self._engine.spawn(self._engine.following.refresh(runtime))

    def _again(self, runtime: Runtime) -> None:
        runtime.state_dirty = True
        self._engine.wake()

    def _state(self, runtime: Runtime, session: ClusterSession, ready: bool, auto: str) -> Any:
        now = runtime.state.conditions[0].since if runtime.state.conditions else datetime.now(UTC)
        conditions = []
        if session.error is not None:
            conditions.append(
                Condition(Severity.ERROR, "cluster", session.error.message, session.state.since, session.error.hint)
            )
        conditions += [
            each for each in (runtime.render_error, runtime.unsigned, runtime.record_error) if each is not None
        ]
        # An object that can't be judged keeps no other from its verdict.
        ended = any(each.severity is Severity.ERROR for each in conditions)
        forbidden = {each.error for each in runtime.resources.values() if each.error}
        conditions += [Condition(Severity.ERROR, "cluster", text, now) for text in sorted(forbidden)[:5]]
        texts = (
            *_unfinished(runtime),
            *_deleted(runtime),
            *filter(None, (fight(runtime.state, runtime.attempts),)),
            *self._shared(runtime),
            *self._engine.orphans.said(runtime),
            *self._confirming.said(runtime),
            *runtime.app.warnings,
            *unsupported(runtime.app),
            *runtime.warnings,
            *(text for each in runtime.resources.values() for text in each.drift.warnings),
            *runtime.record.notes,
        )
        conditions += [Condition(Severity.WARNING, "application", text, now) for text in dict.fromkeys(texts)]
        if ready or runtime.render_error is not None:
            conditions += self._engine.gate.conditions(runtime, now)
        stale = session.stale_since
        for trouble in self._engine.git.troubles(runtime.app):
            # Shown as it was fetched last, until the repository answers again.
            conditions.append(Condition(Severity.WARNING, "git", trouble.error, trouble.fetched or now))
            stale = min(filter(None, (stale, trouble.fetched)), default=None)
        return application_state(
            runtime,
            tuple(conditions),
            ready=ready,
            stale=stale,
            auto=auto,
            gate=self._engine.gate.gate(runtime),
            ended=ended,
        )

    def _shared(self, runtime: Runtime) -> list[str]:
        shared = self._engine.claims.shared(runtime.app.key)
        said = [
            f"{key} is in the application {' and '.join(map(str, others))} too: only one of them should hold it"
            for key, others in shared[:5]
        ]
        return said + ([f"{len(shared) - 5} more of its objects are in other applications too"] if shared[5:] else [])

    async def revision_states(self, runtime: Runtime, revision: str) -> dict[ResourceKey, Any]:
        """What the application's objects would be like, compared with another commit."""
        session = self._engine.session(runtime)
        manifests = await self._engine.following.render(runtime.app.key, revision)
        probe = replace_runtime(runtime, {each.key: each for each in manifests})
        wanted = {(each.gvk, each.key.namespace) for each in manifests}
        # Our own state is watched too, but only in its namespace: what counts is what was asked for.
        if wanted - session.wanted:
            # Until the next rendering of the application.
            runtime.kinds |= wanted
            await self._engine.set_watches(session)
            for _ in range(100):
                if not session.pending():
                    break
                await asyncio.sleep(0.05)
        keys = desired_and_extra(probe, session.cluster)
        return {
            key: evaluate(probe, key, gvk, session.cluster, self._engine.settings, session.schemas)
            for key, gvk in keys.items()
        }


def _deleted(runtime: Runtime) -> tuple[str, ...]:
    """What to say of an application that was deleted and is still declared."""
    gone = runtime.record.deleted
    if gone is None:
        return ()
    when = f"by {gone.who} at {gone.since:%Y-%m-%d %H:%M} UTC (cascade {gone.cascade})"
    if gone.done:
        return (f"it was deleted {when}: automatic sync leaves it alone; a sync by a person brings it back",)
    return (
        f"its deletion was begun {when} and is not done: delete it again to go on; a sync by a person brings it back",
    )


def _unfinished(runtime: Runtime) -> tuple[str, ...]:
    """What to say of a recorded sync that is not one of this session: another's, or one whose program was killed."""
    running, operation = runtime.record.running, runtime.operation
    if running is None or (operation is not None and operation.phase is OperationPhase.RUNNING):
        return ()
    word = "deletion at" if running.initiator is Initiator.DELETE else "sync to"
    if running.outcome:
        return (
            f"the {word} {running.revision[:7]} that {running.who} started at {running.started:%Y-%m-%d %H:%M} UTC "
            f"{running.outcome}",
        )
    return (
        f"the {word} {running.revision[:7]} that {running.who} started at {running.started:%Y-%m-%d %H:%M} UTC is still "
        "under way, or was cut off: its outcome is not recorded; what is shown is what the cluster has now",
    )


def replace_runtime(runtime: Runtime, manifests: dict[ResourceKey, Manifest]) -> Runtime:
    """A copy of a Runtime with other manifests, to try something on."""
    return Runtime(
        app=runtime.app,
        state=runtime.state,
        manifests=manifests,
        rendered=True,
        record=runtime.record,
        synced=runtime.synced,
        synced_revision=runtime.synced_revision,
    )
