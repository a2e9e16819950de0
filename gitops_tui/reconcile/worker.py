"""The background reconcile worker.

It runs in a thread of its own with its own event loop. Git and rendering run in an executor beside it. Events (a watch
event, a new commit, a finished operation) mark applications or single objects dirty; one flush, a few hundredths of a
second later, compares what is dirty and publishes one Snapshot. Commands come in through `asyncio.run_coroutine_threadsafe`
and give futures. Nothing is compared, rendered or asked twice for the same input.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from gitops_tui.errors import GitOpsError, OperationRunning, UnknownApplication
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, Pause, Pin
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import ApplicationState, Condition, Severity, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.reconcile.api import HistoryCommit
from gitops_tui.reconcile.auto import Attempts, decide
from gitops_tui.reconcile.operations import Operations
from gitops_tui.reconcile.owned import root_of
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.reconcile.request import Request
from gitops_tui.reconcile.runtime import Runtime, application_state, desired_and_extra, evaluate, place
from gitops_tui.reconcile.session import CONFIGMAP, ClusterSession
from gitops_tui.reconcile.startup import load_applications
from gitops_tui.settings import APPLICATION_LABEL, Settings
from gitops_tui.state import STATE_LABEL, configmap_name, decode
from gitops_tui.sync.plan import unsupported

T = TypeVar("T")
_COALESCE = 0.03
_LOAD_AGAIN = 3.0


class Engine:
    """The engine; see `EngineApi` for what it answers."""

    def __init__(self, request: Request, settings: Settings) -> None:
        self.request = request
        self.settings = settings
        self._snapshot = Snapshot(read_only=settings.read_only)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="reconcile", daemon=True)
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self._runtimes: dict[AppKey, Runtime] = {}
        self._sessions: dict[str, ClusterSession] = {}
        self._repositories = Repositories(settings)
        self._operations = Operations(self)
        self._conditions: list[Condition] = []
        self._starting = True
        self._flush: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    # --- the thread -----------------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        if not self._thread.is_alive():
            return
        self._stopping = True
        for runtime in list(self._runtimes.values()):
            if runtime.executor is not None:
                runtime.executor.stop()
        self._loop.call_soon_threadsafe(self._quit.set)
        self._thread.join(timeout)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._quit = asyncio.Event()
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _run(self) -> None:
        self.spawn(self._begin())
        await self._quit.wait()
        # A running step finishes: the executors were asked to stop.
        running = [task for task in self._tasks if task.get_name() == "operation"]
        if running:
            await asyncio.wait(running, timeout=4)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for session in self._sessions.values():
            await session.cluster.close()
        self._repositories.close()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs work on the loop; what it raises is said as a condition."""
        task = self._loop.create_task(self._guarded(work), name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except GitOpsError as error:
            self.say(Severity.ERROR, "session", str(error))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the boundary of a task: nothing may end unseen
            self.say(Severity.ERROR, "session", f"an error of this program: {type(error).__name__}: {error}")
            if self._starting:
                self._starting = False
                self.publish()

    def say(self, severity: Severity, where: str, message: str, hint: str = "") -> None:
        """Keeps a condition of the whole session."""
        if not any(each.message == message for each in self._conditions):
            self._conditions.append(Condition(severity, where, message, datetime.now(UTC), hint))
            self.wake()

    # --- beginning ------------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        try:
            loaded = await asyncio.to_thread(load_applications, self.request, self.settings, self._repositories)
        except GitOpsError as error:
            self._conditions.append(Condition(Severity.ERROR, "start", error.message, datetime.now(UTC), error.hint))
            self._starting = False
            self.publish()
            return
        for problem in loaded.problems:
            self.say(Severity.ERROR, "application", problem.message, problem.hint)
        for app in loaded.applications:
            self._runtimes[app.key] = Runtime(app, ApplicationState(app))
        for context in loaded.contexts:
            self._sessions[context.name] = ClusterSession(
                context,
                self.request.kubeconfig,
                self.settings,
                on_connected=self._connected,
                on_change=self._changed,
                on_link=self._link_changed,
            )
        self._starting = False
        self.publish()
        for session in self._sessions.values():
            self.spawn(session.run())
        await asyncio.gather(*(self.refresh_app(runtime) for runtime in self._runtimes.values()))
        self.spawn(self._follow_git())

    async def _connected(self, session: ClusterSession) -> None:
        mine = [each for each in self._runtimes.values() if each.app.key.cluster == session.cluster.name]
        for runtime in mine:
            await self._load_record(session, runtime)
        await asyncio.gather(*(self.refresh_app(runtime) for runtime in mine))

    def _load_again(self, session: ClusterSession, runtime: Runtime) -> None:
        if not runtime.record_known and not self._stopping:
            self.spawn(self._loaded_late(session, runtime))

    async def _loaded_late(self, session: ClusterSession, runtime: Runtime) -> None:
        await self._load_record(session, runtime)
        if runtime.record_known:
            # A pin may say another commit than the one shown until now.
            await self.refresh_app(runtime)

    async def _load_record(self, session: ClusterSession, runtime: Runtime) -> None:
        try:
            runtime.record = await session.store.load(runtime.app.key)
        except GitOpsError as error:
            # Whether it is paused or pinned is not known: nothing is changed until it is.
            runtime.record_error = Condition(Severity.ERROR, "state", error.message, datetime.now(UTC), error.hint)
            self._loop.call_later(_LOAD_AGAIN, self._load_again, session, runtime)
            return
        runtime.record_known, runtime.record_error = True, None
        if session.store.local_reason:
            self.say(
                Severity.WARNING,
                "state",
                f"the state (pause, pin, history) is kept on this machine only: {session.store.local_reason}",
            )

    # --- Git ------------------------------------------------------------------------------------------------------

    async def _follow_git(self) -> None:
        while True:
            await asyncio.sleep(self._repositories.next_look())
            before = [each.error for each in self._repositories.states()]
            for url in await asyncio.to_thread(self._repositories.moved):
                for runtime in self._runtimes.values():
                    if runtime.app.source.repo_url == url:
                        await self.refresh_app(runtime)
            # A look that found nothing new is no news: the screen stays as it is.
            if before != [each.error for each in self._repositories.states()]:
                self.wake()

    async def refresh_app(self, runtime: Runtime, *, hard: bool = False) -> None:
        """Resolves, renders and sets watches for one application; then everything of it is compared anew."""
        session = self.session(runtime)
        now = datetime.now(UTC)
        pin = runtime.record.pin
        try:
            found = await asyncio.to_thread(
                self._repositories.render,
                runtime.app,
                pin.revision if pin else "",
                session.cluster.version if session.connected.is_set() else "",
                session.cluster.discovery.api_versions() if session.connected.is_set() else (),
                self.namespace_of(runtime),
            )
        except GitOpsError as error:
            hint = "" if getattr(error, "problems", None) else error.hint
            message = str(error) if not hint else error.message
            target, revision = self._repositories.revisions(runtime.app, pin.revision if pin else "")
            runtime.target, runtime.revision = target or runtime.target, revision or runtime.revision
            where = "render" if type(error).__name__ in ("RenderError", "ToolMissing") else "git"
            runtime.render_error = Condition(Severity.ERROR, where, message, now, hint)
            runtime.all_dirty = True
            self.wake()
            return
        runtime.render_error = None
        runtime.target, runtime.revision, runtime.behind = found.target, found.revision, found.behind
        runtime.source_type, runtime.warnings = found.source_type, found.warnings
        if session.connected.is_set():
            runtime.manifests = place(found.manifests, session.cluster, self.namespace_of(runtime))
            runtime.rendered = True
            if any(session.cluster.discovery.get(each.gvk) is None for each in runtime.manifests.values()):
                await session.refresh_kinds()
                runtime.manifests = place(found.manifests, session.cluster, self.namespace_of(runtime))
            await self.set_watches(session)
        if hard:
            runtime.confirmed.clear()
        runtime.all_dirty = True
        self.wake()

    def namespace_of(self, runtime: Runtime) -> str:
        """Where objects without a namespace go."""
        session = self.session(runtime)
        return runtime.app.destination.namespace or session.cluster.context.namespace or "default"

    async def set_watches(self, session: ClusterSession) -> None:
        """Watches what the applications on this cluster need."""
        wanted: set[tuple[GVK, str]] = set()
        for runtime in self._runtimes.values():
            if runtime.app.key.cluster == session.cluster.name:
                wanted |= {(each.gvk, each.key.namespace) for each in runtime.manifests.values()}
                wanted |= {(item.gvk, item.key.namespace) for item in runtime.record.inventory}
        await session.watch(wanted)

    def session(self, runtime: Runtime) -> ClusterSession:
        return self._sessions[runtime.app.key.cluster]

    # --- the cluster ----------------------------------------------------------------------------------------------

    def _link_changed(self, session: ClusterSession) -> None:
        for runtime in self._runtimes.values():
            if runtime.app.key.cluster == session.cluster.name:
                runtime.all_dirty = True
        self.wake()

    def _changed(self, session: ClusterSession, kind: Any, old: Any, new: Any) -> None:
        obj = new if new is not None else old
        metadata = obj["metadata"]
        if kind.gvk == CONFIGMAP and metadata.get("namespace") == self.settings.state_namespace:
            self._state_changed(session, new if new is not None else None, metadata)
        store = session.cluster.store
        root = root_of(store, obj)
        meta = root["metadata"]
        key = ResourceKey.of(root)
        for runtime in self._runtimes.values():
            if runtime.app.key.cluster != session.cluster.name:
                continue
            labelled = (meta.get("labels") or {}).get(APPLICATION_LABEL)
            before = ((old or {}).get("metadata", {}).get("labels") or {}).get(APPLICATION_LABEL)
            if key in runtime.manifests or key in runtime.resources or labelled or before:
                runtime.dirty.add(key)
                self.wake()

    def _state_changed(self, session: ClusterSession, obj: Any, metadata: Any) -> None:
        if (metadata.get("labels") or {}).get(STATE_LABEL) != "application" or session.store.local_reason:
            # Who may read but not write keeps their own state; the cluster's must not take its place.
            return
        for runtime in self._runtimes.values():
            app = runtime.app.key
            if app.cluster == session.cluster.name and configmap_name(app) == metadata["name"]:
                before = runtime.record
                runtime.record = decode((obj or {}).get("data") or {})
                runtime.record_known, runtime.record_error = True, None
                if runtime.record.pin != before.pin:
                    self.spawn(self.refresh_app(runtime))
                if runtime.record != before:
                    runtime.all_dirty = True
                    self.wake()

    # --- comparing and publishing ---------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something changed: a flush follows soon."""
        if self._flush is None and not self._loop.is_closed():
            self._flush = self._loop.call_later(_COALESCE, self._flushed)

    def _flushed(self) -> None:
        self._flush = None
        for runtime in self._runtimes.values():
            self._recompute(runtime)
        self.publish()

    def settle(self, runtime: Runtime) -> None:
        """Compares now what waits for the next flush: a plan must never be made out of an older picture."""
        if runtime.all_dirty or runtime.dirty:
            self._recompute(runtime)
            self.wake()

    def _recompute(self, runtime: Runtime) -> None:
        session = self.session(runtime)
        ready = runtime.rendered and not session.pending()
        changed = runtime.all_dirty or bool(runtime.dirty)
        if session.connected.is_set() and runtime.rendered and changed:
            keys = desired_and_extra(runtime, session.cluster)
            todo = keys if runtime.all_dirty else {key: keys[key] for key in runtime.dirty if key in keys}
            for key, gvk in todo.items():
                made = evaluate(runtime, key, gvk, session.cluster, self.settings, session.schemas)
                if runtime.resources.get(key) != made:
                    runtime.resources[key] = made
                self._maybe_confirm(runtime, session, made)
            for key in [key for key in runtime.resources if key not in keys]:
                del runtime.resources[key]
            if set(keys) != set(runtime.resources):
                runtime.resources = {key: runtime.resources[key] for key in keys}
        runtime.dirty.clear()
        was_all, runtime.all_dirty = runtime.all_dirty, False
        if not changed and not was_all:
            return
        self._expire(runtime)
        # The first verdict waits for the server's; later ones show the local one until it is settled.
        state = self._state(runtime, session, ready and not (runtime.confirming and runtime.state.loading), "off")
        decision = decide(
            state,
            runtime.attempts,
            now=self._loop.time(),
            wall=datetime.now(UTC),
            record_known=runtime.record_known,
            enabled=self.request.automatic and not self.settings.read_only and not self._stopping,
        )
        if decision.act and runtime.confirming:
            decision = replace(decision, act=False, why="waiting: the API server's dry run settles what differs")
        runtime.state = replace(state, auto=decision.why)
        if decision.act:
            self._operations.automatic(runtime, decision)
        elif decision.wait:
            self._loop.call_later(decision.wait, self._again, runtime)

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
            runtime.expiry = self._loop.call_later(wait, self._again, runtime)
        else:
            runtime.record = replace(runtime.record, pause=None)

    def _again(self, runtime: Runtime) -> None:
        runtime.all_dirty = True
        self.wake()

    def _state(self, runtime: Runtime, session: ClusterSession, ready: bool, auto: str) -> Any:
        now = runtime.state.conditions[0].since if runtime.state.conditions else datetime.now(UTC)
        conditions = []
        if session.error is not None:
            conditions.append(
                Condition(Severity.ERROR, "cluster", session.error.message, session.state.since, session.error.hint)
            )
        conditions += [each for each in (runtime.render_error, runtime.record_error) if each is not None]
        forbidden = {each.error for each in runtime.resources.values() if each.error}
        conditions += [Condition(Severity.ERROR, "cluster", text, now) for text in sorted(forbidden)[:5]]
        texts = (*runtime.app.warnings, *unsupported(runtime.app), *runtime.warnings, *runtime.record.notes)
        conditions += [Condition(Severity.WARNING, "application", text, now) for text in dict.fromkeys(texts)]
        return application_state(runtime, tuple(conditions), ready=ready, stale=session.stale_since, auto=auto)

    def _maybe_confirm(self, runtime: Runtime, session: ClusterSession, state: Any) -> None:
        if state.drift.kind is not DriftKind.MODIFIED or state.hook or not self.settings.confirm:
            return
        stamp = (state.manifest.digest, state.live["metadata"].get("resourceVersion"))
        known = runtime.confirmed.get(state.key)
        if (known is not None and known[0] == stamp) or state.key in runtime.confirming:
            return
        runtime.confirming.add(state.key)
        self.spawn(self._confirm(runtime, session, state.key, state.manifest, stamp))

    async def _confirm(
        self, runtime: Runtime, session: ClusterSession, key: ResourceKey, manifest: Manifest, stamp: tuple[str, str]
    ) -> None:
        from gitops_tui.errors import ApiError, Forbidden

        try:
            obj = self._operations.desired(runtime, manifest)
            runtime.confirmed[key] = (stamp, await session.cluster.apply(obj, dry_run=True))
        except Forbidden:
            runtime.confirmed.pop(key, None)
            runtime.confirmed[key] = (stamp, "you may not apply this object")
        except ApiError as error:
            runtime.confirmed[key] = (stamp, str(error))
        except GitOpsError:
            # The link is down: the local verdict stands until it is back.
            pass
        finally:
            runtime.confirming.discard(key)
            runtime.dirty.add(key)
            self.wake()

    def publish(self) -> None:
        """Hands out a new Snapshot."""
        self._snapshot = Snapshot(
            generation=self._snapshot.generation + 1,
            applications={key: runtime.state for key, runtime in self._runtimes.items()},
            clusters=tuple(session.state for session in self._sessions.values()),
            repositories=self._repositories.states(),
            conditions=tuple(self._conditions),
            starting=self._starting,
            worker="this session" if self.request.automatic and not self.settings.read_only else "looks only",
            read_only=self.settings.read_only,
        )
        for callback in list(self._subscribers):
            callback(self._snapshot)

    def touch(self, runtime: Runtime) -> None:
        """The application's own data changed (its record or operation)."""
        runtime.all_dirty = True
        self.wake()

    def operation_changed(self, runtime: Runtime, operation: SyncOperation) -> None:
        runtime.operation = operation
        runtime.state = replace(runtime.state, operation=operation)
        self.wake()

    # --- commands -------------------------------------------------------------------------------------------------

    def _ask(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def runtime(self, app: AppKey) -> Runtime:
        found = self._runtimes.get(app)
        if found is None:
            names = ", ".join(sorted(str(key) for key in self._runtimes)[:10])
            raise UnknownApplication(f"there is no application {app}", hint=f"there are: {names}")
        return found

    def plan(self, app: AppKey, options: SyncOptions) -> Future[SyncPlan]:
        return self._ask(self._operations.plan(app, options))

    def sync(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self._ask(self._operations.sync(plan))

    def rollback(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._ask(self._operations.rollback(plan, message))

    def stop_sync(self, app: AppKey) -> None:
        executor = self.runtime(app).executor
        if executor is not None:
            executor.stop()

    def _writable(self) -> None:
        if self.settings.read_only:
            raise GitOpsError("this session is read-only", hint="start it without --read-only")

    async def update_record(self, runtime: Runtime, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        """Changes what is kept of an application."""
        session = self.session(runtime)
        if not session.connected.is_set():
            raise session.error or GitOpsError(f"not connected to {session.cluster.name} yet")
        runtime.record = await session.store.update(runtime.app.key, change)
        self.touch(runtime)
        return runtime.record

    def pause(self, app: AppKey, reason: str = "", until: datetime | None = None) -> Future[AppRecord]:
        pause = Pause(self._operations.who, datetime.now(UTC), reason, until)
        return self._ask(self._change(app, lambda record: replace(record, pause=pause)))

    def resume(self, app: AppKey) -> Future[AppRecord]:
        return self._ask(self._change(app, lambda record: replace(record, pause=None)))

    def unpin(self, app: AppKey) -> Future[AppRecord]:
        return self._ask(self._unpin(app))

    async def _unpin(self, app: AppKey) -> AppRecord:
        record = await self._change(app, lambda record: replace(record, pin=None))
        await self.refresh_app(self.runtime(app))
        return record

    async def set_pin(self, runtime: Runtime, pin: Pin) -> None:
        await self.update_record(runtime, lambda record: replace(record, pin=pin))
        await self.refresh_app(runtime)

    async def _change(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        self._writable()
        return await self.update_record(self.runtime(app), change)

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        return self._ask(self._refresh(app, hard))

    async def _refresh(self, app: AppKey | None, hard: bool) -> None:
        chosen = [self.runtime(app)] if app is not None else list(self._runtimes.values())
        await asyncio.to_thread(self._repositories.fetch, {each.app.source.repo_url for each in chosen})
        for runtime in chosen:
            session = self.session(runtime)
            if hard and session.connected.is_set():
                await session.refresh_kinds()
                await session.cluster.relist()
            runtime.attempts = Attempts()
            await self.refresh_app(runtime, hard=hard)

    def history(self, app: AppKey, *, limit: int = 50, skip: int = 0) -> Future[tuple[HistoryCommit, ...]]:
        return self._ask(self._history(app, limit, skip))

    async def _history(self, app: AppKey, limit: int, skip: int) -> tuple[HistoryCommit, ...]:
        runtime = self.runtime(app)
        commits = await asyncio.to_thread(self._repositories.log, runtime.app, limit, skip)
        record, target = runtime.record, runtime.target
        done = record.deployed
        found = []
        waiting = skip == 0
        for number, commit in enumerate(commits):
            deployed = done is not None and await asyncio.to_thread(
                self._repositories.stands_for, runtime.app, commit, commits, number, done.revision
            )
            waiting = waiting and not deployed and done is not None
            found.append(
                HistoryCommit(
                    commit,
                    deployed=deployed,
                    pinned=record.pin is not None and record.pin.revision == commit.sha,
                    failed=record.failed_revision == commit.sha,
                    target=target is not None and number == 0 and skip == 0,
                    waiting=waiting,
                    rolled_back_from=record.pin is not None and record.pin.rolled_back_from == commit.sha,
                    syncs=tuple(each for each in reversed(record.history) if each.revision == commit.sha),
                )
            )
        return tuple(found)

    def commit_diff(self, app: AppKey, sha: str) -> Future[str]:
        return self._ask(asyncio.to_thread(lambda: self._repositories.commit_diff(self.runtime(app).app, sha)))

    def resolve(self, app: AppKey, revision: str) -> Future[Commit]:
        return self._ask(asyncio.to_thread(lambda: self._repositories.resolve(self.runtime(app).app, revision)))

    def manifests(self, app: AppKey, revision: str = "") -> Future[tuple[Manifest, ...]]:
        return self._ask(self._manifests(app, revision))

    async def _manifests(self, app: AppKey, revision: str) -> tuple[Manifest, ...]:
        runtime = self.runtime(app)
        session = self.session(runtime)
        connected = session.connected.is_set()
        found = await asyncio.to_thread(
            self._repositories.render,
            runtime.app,
            revision or (runtime.record.pin.revision if runtime.record.pin else ""),
            session.cluster.version if connected else "",
            session.cluster.discovery.api_versions() if connected else (),
            self.namespace_of(runtime),
        )
        if not connected:
            return found.manifests
        return tuple(place(found.manifests, session.cluster, self.namespace_of(runtime)).values())

    async def revision_states(self, runtime: Runtime, revision: str) -> dict[ResourceKey, Any]:
        """What the application's objects would be like, compared with another commit."""
        session = self.session(runtime)
        manifests = await self._manifests(runtime.app.key, revision)
        probe = replace_runtime(runtime, {each.key: each for each in manifests})
        wanted = {(each.gvk, each.key.namespace) for each in manifests}
        missing = {gvk for gvk, _ in wanted if not session.cluster.is_watched(gvk)}
        if missing:
            saved, runtime.manifests = runtime.manifests, {**runtime.manifests, **probe.manifests}
            await self.set_watches(session)
            runtime.manifests = saved
            for _ in range(100):
                if not session.pending():
                    break
                await asyncio.sleep(0.05)
        keys = desired_and_extra(probe, session.cluster)
        return {
            key: evaluate(probe, key, gvk, session.cluster, self.settings, session.schemas) for key, gvk in keys.items()
        }

    def running(self, runtime: Runtime) -> None:
        """Raises OperationRunning where one is under way."""
        operation = runtime.operation
        if operation is not None and operation.phase is OperationPhase.RUNNING:
            raise OperationRunning(
                f"an operation on {runtime.app.key} is under way, started by {operation.who}",
                hint="wait for it, or stop it",
            )


def replace_runtime(runtime: Runtime, manifests: dict[ResourceKey, Manifest]) -> Runtime:
    """A copy of a Runtime with other manifests, to try something on."""
    return Runtime(
        app=runtime.app,
        state=runtime.state,
        manifests=manifests,
        rendered=True,
        record=runtime.record,
    )
