"""The background reconcile worker.

It runs in a thread of its own with its own event loop. Git and rendering run in an executor beside it. Events (a watch
event, a new commit, a finished operation) mark applications or single objects dirty; one flush, a few hundredths of a
second later, compares what is dirty and publishes one Snapshot. Commands come in through `asyncio.run_coroutine_threadsafe`
and give futures. Nothing is compared, rendered or asked twice for the same input.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar

from gitops_tui.errors import GitOpsError, OperationRunning, UnknownApplication
from gitops_tui.git import Repository
from gitops_tui.kube import ResourceType
from gitops_tui.model.application import Application
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, BadCommit, Pin
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import Condition, Severity, Snapshot
from gitops_tui.model.sync import Initiator, OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.reconcile.actions import ActionCommands
from gitops_tui.reconcile.api import HistoryCommit, RevisionPreview
from gitops_tui.reconcile.argocd import read_argocd
from gitops_tui.reconcile.auto import Attempts
from gitops_tui.reconcile.claims import Claims
from gitops_tui.reconcile.declaring import Declaring
from gitops_tui.reconcile.deleting import Deleting, DeletingCommands
from gitops_tui.reconcile.explain import ExplainCommands
from gitops_tui.reconcile.git_api import GitCommands
from gitops_tui.reconcile.git_questions import GitQuestions
from gitops_tui.reconcile.history import Histories
from gitops_tui.reconcile.inspecting import InspectCommands
from gitops_tui.reconcile.leadership import Leadership
from gitops_tui.reconcile.logs import LogCommands
from gitops_tui.reconcile.many import Many, ManyCommands
from gitops_tui.reconcile.milestones import Milestones
from gitops_tui.reconcile.noting import entry_of, noted
from gitops_tui.reconcile.operations import Operations
from gitops_tui.reconcile.owned import lineage, shows
from gitops_tui.reconcile.projects.commands import WindowCommands
from gitops_tui.reconcile.projects.gate import Gate
from gitops_tui.reconcile.projects.orphans import OrphanWatch
from gitops_tui.reconcile.projects.registry import Projects
from gitops_tui.reconcile.records import Records
from gitops_tui.reconcile.recovery import Recovery
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.reconcile.request import Request
from gitops_tui.reconcile.rules import scaled_by
from gitops_tui.reconcile.runtime import Runtime, content_of, place
from gitops_tui.reconcile.session import CONFIGMAP, PROJECT, ClusterSession
from gitops_tui.reconcile.signed import Policy
from gitops_tui.reconcile.startup import Origins
from gitops_tui.reconcile.steering import SteeringCommands
from gitops_tui.reconcile.verdicts import Verdicts
from gitops_tui.records import replace
from gitops_tui.settings import APPLICATION_LABEL, Settings

T = TypeVar("T")
_COALESCE = 0.03
_LATEST = 0.2
_MAX_BAD = 20
_ROUNDS = 5
_UNSIGNED = "it is shown and not deployed; sign the commit with a key that counts"


class Engine(
    GitCommands,
    ExplainCommands,
    LogCommands,
    InspectCommands,
    ActionCommands,
    SteeringCommands,
    ManyCommands,
    DeletingCommands,
    WindowCommands,
):
    """The engine; see `EngineApi` for what it answers."""

    def __init__(self, request: Request, settings: Settings) -> None:
        self.request = request
        self.settings = settings
        self._snapshot = Snapshot(read_only=settings.read_only)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="reconcile", daemon=True)
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self.runtimes: dict[AppKey, Runtime] = {}
        self._sessions: dict[str, ClusterSession] = {}
        self._repositories = Repositories(settings, working_tree=request.working_tree)
        self._repositories.on_news = self._git_news
        self._repositories.namespace_of = self._namespace
        self.git = GitQuestions(self._repositories, settings)
        self._histories = Histories(self.git)
        self.projects = Projects(self)
        self.gate = Gate(self)
        self.orphans = OrphanWatch(self)
        self.operations = Operations(self)
        self.verdicts = Verdicts(self)
        self.records = Records(self)
        self.leadership = Leadership(self)
        self.claims = Claims()
        self.declaring = Declaring(self)
        self.milestones = Milestones(self)
        self.beneath = {}
        self.recovery = Recovery(self)
        self.many = Many(self)
        self.deleting = Deleting(self)
        self._conditions: list[Condition] = []
        self._starting = True
        self._flush: asyncio.TimerHandle | None = None
        self._flush_took = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.stopping = False

    # --- the thread -----------------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        if not self._thread.is_alive():
            return
        self.stopping = True
        self._repositories.stop.set()
        self.many.stop()
        for runtime in list(self.runtimes.values()):
            if runtime.executor is not None:
                runtime.executor.stop()
        self.loop.call_soon_threadsafe(self._quit.set)
        self._thread.join(timeout)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        self._quit = asyncio.Event()
        self._declared = asyncio.Event()
        try:
            self.loop.run_until_complete(self._run())
        finally:
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

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
        await self.leadership.release()
        await self.close_beneath()
        for session in self._sessions.values():
            await session.cluster.close()
        await self._end_all()
        self._repositories.close()

    async def _end_all(self) -> None:
        """Questions that were asked meanwhile, and what ending tasks began: nothing may be left on a loop that closes."""
        for _ in range(_ROUNDS):
            left = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=1)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs work on the loop; what it raises is said as a condition."""
        task = self.loop.create_task(self._guarded(work), name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that was cancelled before it began has not begun the work either.
        task.add_done_callback(lambda _: work.close())
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
            self._origins = await asyncio.to_thread(Origins, self.request, self.settings, self._repositories)
            # The connection is made while Git is read.
            self.use_cluster(self._origins.current.name)
            await self.declaring.begin(self._origins)
        except GitOpsError as error:
            self._conditions.append(Condition(Severity.ERROR, "start", error.message, datetime.now(UTC), error.hint))
            self._starting = False
            self.publish()
            return
        self._starting = False
        self._declared.set()
        self.publish()
        await asyncio.gather(*(self.refresh_app(runtime) for runtime in self.runtimes.values()))
        self.spawn(self._follow_git())

    @property
    def starting(self) -> bool:
        return self._starting

    def use_cluster(self, name: str) -> None:
        """Connects to a cluster, if that was not begun already."""
        if name in self._sessions:
            return
        self._sessions[name] = ClusterSession(
            self._origins.context(name),
            self.request.kubeconfig,
            self.settings,
            on_connected=self._connected,
            on_change=self._changed,
            on_link=self._link_changed,
            on_kinds=self._kinds_changed if self.request.automatic else None,
            beneath=self.request.beneath,
        )
        self.spawn(self._sessions[name].run())

    def open_repository(self, url: str) -> Repository:
        """The repository of a URL, cloned where needed. Blocking. Raises CloneError, GitStopped."""
        return self._repositories.open(url)

    async def take_in(self, runtime: Runtime) -> None:
        """An application that came while the session runs."""
        session = self.session(runtime)
        if session.connected.is_set():
            await self.records.load(session, runtime)
        await self.refresh_app(runtime)

    async def _connected(self, session: ClusterSession) -> None:
        await self._declared.wait()
        mine = [each for each in self.runtimes.values() if each.app.key.cluster == session.cluster.name]
        argocd = await read_argocd(session.cluster, self.settings)
        self._repositories.use(argocd)
        self.projects.connected(session, argocd)
        for problem in argocd.problems:
            self.say(Severity.WARNING, "git", problem.message, problem.hint)
        await asyncio.gather(*(self.records.load(session, runtime) for runtime in mine))
        if not mine:
            # Its projects count for applications on other clusters too.
            await self.set_watches(session)
        self.spawn(self.leadership.follow(session))
        await asyncio.gather(*(self.refresh_app(runtime) for runtime in mine))

    async def _kinds_changed(self, session: ClusterSession) -> None:
        """The cluster's own kinds are others now, or of other types: all that is on it is looked at again."""
        mine = [each for each in self.runtimes.values() if each.app.key.cluster == session.cluster.name]
        await asyncio.gather(*(self.refresh_app(runtime) for runtime in mine))

    # --- Git ------------------------------------------------------------------------------------------------------

    async def _follow_git(self) -> None:
        while True:
            await asyncio.sleep(self._repositories.next_look())
            before = [each.error for each in self._repositories.states()]
            moved = await asyncio.to_thread(self._repositories.moved)
            await self.declaring.look_at_projects()
            await self._refresh_users(moved)
            # A look that found nothing new is no news: the screen stays as it is.
            if before != [each.error for each in self._repositories.states()]:
                for runtime in self.runtimes.values():
                    runtime.state_dirty = True
                self.wake()

    async def _refresh_users(self, moved: Iterable[str]) -> None:
        urls = set(moved)
        if urls:
            await self.declaring.git_moved()
        for runtime in list(self.runtimes.values()):
            if urls & {source.address for source in runtime.app.sources}:
                await self.refresh_app(runtime)

    async def look_at_git(self, url: str) -> None:
        """Looks at a repository now, and refreshes what follows it."""
        await self._refresh_users(await asyncio.to_thread(self._repositories.fetch, [url]))
        self.wake()

    def _git_news(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.wake)

    async def refresh_app(self, runtime: Runtime, *, hard: bool = False) -> None:
        """Resolves, renders and sets watches for one application; then everything of it is compared anew."""
        async with runtime.refreshing:
            await self._refresh_app(runtime, hard)

    async def _refresh_app(self, runtime: Runtime, hard: bool) -> None:
        session = self.session(runtime)
        now = datetime.now(UTC)
        stays_at = runtime.record.stays_at
        try:
            found = await asyncio.to_thread(
                self._repositories.render,
                runtime.app,
                stays_at,
                session.cluster.version if session.connected.is_set() else "",
                session.cluster.discovery.api_versions() if session.connected.is_set() else (),
                self.namespace_of(runtime),
            )
        except GitOpsError as error:
            hint = "" if getattr(error, "problems", None) else error.hint
            message = str(error) if not hint else error.message
            target, revision = await asyncio.to_thread(self._repositories.revisions, runtime.app, stays_at)
            runtime.target, runtime.revision = target or runtime.target, revision or runtime.revision
            where = "render" if type(error).__name__ in ("RenderError", "ToolMissing") else "git"
            runtime.render_error = Condition(Severity.ERROR, where, message, now, hint)
            runtime.state_dirty = True
            self.wake()
            return
        await self.declaring.rendered(runtime, found.manifests)
        manifests = runtime.manifests
        fresh = False
        if connected := session.connected.is_set():
            discovery = session.cluster.discovery
            placed = (found.manifests, discovery.generation, self.namespace_of(runtime))
            before = runtime.placed
            fresh = not before or before[0] is not found.manifests or before[1:] != placed[1:] or hard
            # A kind that the cluster did not know may be there by now.
            fresh = fresh or any(discovery.get(gvk) is None for gvk, _ in runtime.kinds)
            if fresh:
                manifests = place(found.manifests, session.cluster, self.namespace_of(runtime))
                if any(discovery.get(each.gvk) is None for each in manifests.values()):
                    await session.refresh_kinds()
                    manifests = place(found.manifests, session.cluster, self.namespace_of(runtime))
                    placed = (found.manifests, discovery.generation, self.namespace_of(runtime))
                runtime.placed = placed
        # Taken over in one step: a plan must never meet the commit of one rendering and the objects of another.
        runtime.render_error = None
        runtime.target, runtime.revision, runtime.behind = found.target, found.revision, found.behind
        runtime.source_type, runtime.warnings = found.source_type, found.warnings
        runtime.unsigned = (
            Condition(Severity.WARNING, "git", found.unsigned, now, _UNSIGNED) if found.unsigned else None
        )
        if connected:
            runtime.rendered, runtime.rendered_for = True, stays_at
            if fresh:
                runtime.manifests, runtime.content = manifests, content_of(manifests)
                for other in self.claims.hold(runtime.app.key, manifests):
                    if (claimed := self.runtimes.get(other)) is not None:
                        self.touch(claimed)
            # Also where nothing else is new: more than the manifests' own kinds may be among them until now.
            runtime.kinds = frozenset({(each.gvk, each.key.namespace) for each in runtime.manifests.values()})
            await self.set_watches(session)
        if hard:
            runtime.confirmed.clear()
        runtime.all_dirty = True
        self.wake()

    def namespace_of(self, runtime: Runtime) -> str:
        """Where objects without a namespace go."""
        return self._namespace(runtime.app)

    def _namespace(self, app: Application) -> str:
        return app.destination.namespace or self._sessions[app.key.cluster].cluster.context.namespace or "default"

    async def set_watches(self, session: ClusterSession) -> None:
        """Watches what the applications on this cluster need. Of many that ask at once, one does it for all."""
        session.asked += 1
        mine = session.asked
        async with session.asking:
            if session.answered >= mine:
                return
            now = session.asked
            wanted: set[tuple[GVK, str]] = set()
            for runtime in self.runtimes.values():
                if runtime.app.key.cluster == session.cluster.name:
                    wanted |= runtime.watched
            await session.watch(wanted)
            await self.watch_beneath(session.cluster.name)
            session.answered = now

    def sessions(self) -> Iterable[ClusterSession]:
        """All clusters under work."""
        return self._sessions.values()

    def session(self, runtime: Runtime) -> ClusterSession:
        return self._sessions[runtime.app.key.cluster]

    def session_named(self, cluster: str) -> ClusterSession:
        return self._sessions[cluster]

    @property
    def hub(self) -> ClusterSession | None:
        """The cluster that the session looks from."""
        return self._sessions.get(self._origins.current.name)

    def demand(self, policies: Mapping[str, tuple[Policy, ...]], gone: Iterable[str] = ()) -> None:
        """Who must sign, by project; those of `gone` demand it no longer."""
        self._repositories.demands.set_projects(policies, gone)

    # --- the cluster ----------------------------------------------------------------------------------------------

    def _link_changed(self, session: ClusterSession, kind: ResourceType | None) -> None:
        if kind is not None and kind.gvk == PROJECT:
            self.projects.touch()
        for runtime in self.runtimes.values():
            if runtime.app.key.cluster == session.cluster.name:
                runtime.state_dirty = True
                if kind is not None and not runtime.all_dirty:
                    runtime.dirty |= {
                        key
                        for key, each in runtime.manifests.items()
                        if each.gvk == kind.gvk or shows((key.group, key.kind), kind.gvk)
                    }
                elif kind is not None and runtime.state.loading and session.pending(below=True):
                    self.loop.call_soon(self.verdicts.look_ahead, runtime, kind.gvk)
        # The first picture waits for the last list, and for nothing after that.
        first = not self.request.automatic and kind is not None and not session.pending(below=True)
        self.wake(now=first and any(each.state.loading for each in self.runtimes.values()))

    def _changed(self, session: ClusterSession, kind: Any, old: Any, new: Any) -> None:
        obj = new if new is not None else old
        metadata = obj["metadata"]
        if kind.gvk == CONFIGMAP and metadata.get("namespace") == self.settings.state_namespace:
            self.records.changed(session, new if new is not None else None, metadata)
        elif kind.gvk == PROJECT:
            self.projects.cluster_changed(session)
        concerned = [each for each in self.runtimes.values() if each.app.key.cluster == session.cluster.name]
        if all(each.all_dirty for each in concerned):
            # All is compared anyway: the first lists come in.
            if concerned:
                self.wake()
            return
        store = session.cluster.store
        above = lineage(store, obj)
        if old is not None and new is not None:
            # What it belonged to before has one less.
            if old["metadata"].get("ownerReferences") != metadata.get("ownerReferences"):
                above += lineage(store, old)[1:]
        marked = [(ResourceKey.of(each), bool(_labels(each).get(APPLICATION_LABEL))) for each in above]
        before = bool(_labels(old).get(APPLICATION_LABEL)) if old is not None else False
        scaled = scaled_by(kind.gvk, obj)
        for runtime in concerned:
            if scaled is not None and scaled in runtime.manifests:
                runtime.dirty.add(scaled)
                self.wake()
            for key, labelled in marked:
                if key in runtime.manifests or key in runtime.resources or labelled or before:
                    runtime.dirty.add(key)
                    self.wake()

    # --- comparing and publishing ---------------------------------------------------------------------------------

    def wake(self, *, now: bool = False) -> None:
        """Something changed: a flush follows soon. now: at once, since somebody waits for just that."""
        if now and self._flush is not None:
            self._flush.cancel()
            self._flush = None
        if self._flush is None and not self.loop.is_closed():
            if now:
                self._flush = self.loop.call_later(0, self._flushed)
                return
            # While much changes at once (a sync of thousands), comparing takes a fifth of the time at most.
            self._flush = self.loop.call_later(max(_COALESCE, min(4 * self._flush_took, _LATEST)), self._flushed)

    def _flushed(self) -> None:
        self._flush = None
        begun = self.loop.time()
        for runtime in self.runtimes.values():
            self.verdicts.recompute(runtime)
        if self.declaring.tell_parents():
            self.wake()
        self.publish()
        self._flush_took = self.loop.time() - begun

    def settle(self, runtime: Runtime) -> None:
        """Compares now what waits for the next flush: a plan must never be made out of an older picture."""
        if runtime.all_dirty or runtime.dirty or runtime.state_dirty:
            self.verdicts.recompute(runtime)
            self.wake()

    def publish(self) -> None:
        """Hands out a new Snapshot."""
        self._snapshot = Snapshot(
            generation=self._snapshot.generation + 1,
            applications={key: runtime.state for key, runtime in self.runtimes.items()},
            clusters=tuple(session.state for session in self._sessions.values()),
            repositories=self._repositories.states(),
            conditions=(*self._conditions, *self.declaring.conditions),
            starting=self._starting,
            worker=self.leadership.worker,
            read_only=self.settings.read_only,
            many=self.many.shown,
        )
        for callback in list(self._subscribers):
            callback(self._snapshot)

    @property
    def may_act(self) -> bool:
        """Whether this session may sync by itself at all."""
        looks = self.request.working_tree or self.settings.read_only or self.stopping
        return self.request.automatic and not looks

    def touch_all(self, cluster: str) -> None:
        """Something about automatic sync on a cluster changed."""
        for runtime in self.runtimes.values():
            if runtime.app.key.cluster == cluster:
                self.touch(runtime)

    def touch(self, runtime: Runtime) -> None:
        """The application's own data changed (its record or operation)."""
        runtime.state_dirty = True
        self.wake()

    def operation_changed(self, runtime: Runtime, operation: SyncOperation) -> None:
        runtime.operation = operation
        runtime.state = replace(runtime.state, operation=operation)
        self.wake()

    # --- commands -------------------------------------------------------------------------------------------------

    def _ask(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def runtime(self, app: AppKey) -> Runtime:
        found = self.runtimes.get(app)
        if found is None:
            names = ", ".join(sorted(str(key) for key in self.runtimes)[:10])
            raise UnknownApplication(f"there is no application {app}", hint=f"there are: {names}")
        return found

    def plan(self, app: AppKey, options: SyncOptions) -> Future[SyncPlan]:
        return self._ask(self.operations.plan(app, options))

    def sync(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self._ask(self.operations.sync(plan))

    def rollback(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._ask(self.operations.rollback(plan, message))

    def stop_sync(self, app: AppKey) -> None:
        executor = self.runtime(app).executor
        if executor is not None:
            executor.stop()

    def _writable(self) -> None:
        if self.settings.read_only:
            raise GitOpsError("this session is read-only", hint="start it without --read-only")

    def unpin(self, app: AppKey) -> Future[AppRecord]:
        return self._ask(self._unpin(app))

    async def _unpin(self, app: AppKey) -> AppRecord:
        runtime = self.runtime(app)
        pin = runtime.record.pin
        entry = entry_of(self, runtime, Initiator.UNPIN, f"it was pinned to {pin.revision[:7]}" if pin else "")

        def unpinned(record: AppRecord) -> AppRecord:
            return noted(replace(record, pin=None), entry) if record.pin is not None else record

        record = await self.change(app, unpinned)
        await self.refresh_app(runtime)
        return record

    async def set_pin(self, runtime: Runtime, pin: Pin, bad: BadCommit | None = None) -> None:
        """Pins an application. bad: the commit that was left, which automatic sync is to leave alone."""

        def change(record: AppRecord) -> AppRecord:
            known = [each for each in record.bad if bad is None or each.revision != bad.revision]
            return replace(record, pin=pin, bad=(*known, bad)[-_MAX_BAD:] if bad is not None else record.bad)

        await self.records.update(runtime, change)
        await self.refresh_app(runtime)

    async def change(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        self._writable()
        return await self.records.update(self.runtime(app), change)

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        return self._ask(self._refresh(app, hard))

    async def _refresh(self, app: AppKey | None, hard: bool) -> None:
        chosen = [self.runtime(app)] if app is not None else list(self.runtimes.values())
        urls = {source.address for each in chosen for source in each.app.sources}
        await self.declaring.look_at_projects(now=True)
        if await asyncio.to_thread(self._repositories.fetch, urls):
            await self.declaring.git_moved()
        for runtime in chosen:
            session = self.session(runtime)
            if hard and session.connected.is_set():
                await session.refresh_kinds()
                await session.cluster.relist()
            runtime.attempts = Attempts()
            await self.refresh_app(runtime, hard=hard)

    def preview(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        return self._ask(self.operations.preview(app, options))

    def history(
        self, app: AppKey, *, limit: int = 50, skip: int = 0, search: str = "", first_parent: bool = True
    ) -> Future[tuple[HistoryCommit, ...]]:
        def ask() -> tuple[HistoryCommit, ...]:
            found = self.runtime(app)
            return self._histories.page(found.app, found.record, limit, skip, search, first_parent=first_parent)

        return self._in_thread(ask)

    def commit_diff(self, app: AppKey, sha: str) -> Future[str]:
        return self._ask(asyncio.to_thread(lambda: self.git.commit_diff(self.runtime(app).app, sha)))

    def resolve(self, app: AppKey, revision: str) -> Future[Commit]:
        return self._ask(asyncio.to_thread(lambda: self.git.resolve(self.runtime(app).app, revision)))

    def manifests(self, app: AppKey, revision: str = "") -> Future[tuple[Manifest, ...]]:
        return self._ask(self.render(app, revision))

    async def render(self, app: AppKey, revision: str) -> tuple[Manifest, ...]:
        runtime = self.runtime(app)
        session = self.session(runtime)
        connected = session.connected.is_set()
        found = await asyncio.to_thread(
            self._repositories.render,
            runtime.app,
            revision or runtime.record.stays_at,
            session.cluster.version if connected else "",
            session.cluster.discovery.api_versions() if connected else (),
            self.namespace_of(runtime),
        )
        if not connected:
            return found.manifests
        return tuple(place(found.manifests, session.cluster, self.namespace_of(runtime)).values())

    def running(self, runtime: Runtime) -> None:
        """Raises OperationRunning where one is under way here. Of another session's its Lease tells, once it is asked
        for: it may have been killed."""
        operation = runtime.operation
        if operation is not None and operation.phase is OperationPhase.RUNNING and not operation.elsewhere:
            raise OperationRunning(
                f"an operation on {runtime.app.key} is under way, started by {operation.who}",
                hint="wait for it, or stop it",
            )


def _labels(obj: dict[str, Any]) -> dict[str, Any]:
    found = obj["metadata"].get("labels")
    return found if isinstance(found, dict) else {}
