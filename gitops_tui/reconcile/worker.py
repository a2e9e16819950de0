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
from datetime import UTC, datetime
from typing import Any

from gitops_tui.errors import GitOpsError, OperationRunning, UnknownApplication
from gitops_tui.git import Repository
from gitops_tui.model.application import Application
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.model.snapshot import Condition, Severity, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOperation
from gitops_tui.reconcile.actions import ActionCommands
from gitops_tui.reconcile.argocd import read_argocd
from gitops_tui.reconcile.claims import Claims
from gitops_tui.reconcile.declaring import Declaring
from gitops_tui.reconcile.deleting import Deleting, DeletingCommands
from gitops_tui.reconcile.explain import ExplainCommands
from gitops_tui.reconcile.following import Following
from gitops_tui.reconcile.git_api import GitCommands
from gitops_tui.reconcile.git_questions import GitQuestions
from gitops_tui.reconcile.history import Histories
from gitops_tui.reconcile.inspecting import InspectCommands
from gitops_tui.reconcile.leadership import Leadership
from gitops_tui.reconcile.logs import LogCommands
from gitops_tui.reconcile.many import Many, ManyCommands
from gitops_tui.reconcile.marking import Marking
from gitops_tui.reconcile.milestones import Milestones
from gitops_tui.reconcile.operations import Operations
from gitops_tui.reconcile.projects.commands import WindowCommands
from gitops_tui.reconcile.projects.gate import Gate
from gitops_tui.reconcile.projects.orphans import OrphanWatch
from gitops_tui.reconcile.projects.registry import Projects
from gitops_tui.reconcile.records import Records
from gitops_tui.reconcile.recovery import Recovery
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.reconcile.request import Request
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.reconcile.signed import Policy
from gitops_tui.reconcile.startup import Origins
from gitops_tui.reconcile.steering import SteeringCommands
from gitops_tui.reconcile.sync_commands import SyncCommands
from gitops_tui.reconcile.tasks import Tasks, said
from gitops_tui.reconcile.verdicts import Verdicts
from gitops_tui.records import replace
from gitops_tui.settings import Settings

_COALESCE = 0.03
_LATEST = 0.2


class Engine(
    SyncCommands,
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
        self.following = Following(self, self._repositories)
        self.marking = Marking(self)
        self.git = GitQuestions(self._repositories, settings)
        self.histories = Histories(self.git)
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
        self._tasks = Tasks(self.loop, self._task_failed)
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
        for runtime in list(self.runtimes.values()):
            if runtime.executor is not None:
                runtime.executor.leave()
        self.many.stop()
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
            # What a thread has told at its end may have begun something.
            self.loop.run_until_complete(self._tasks.end_all())
            self.loop.close()

    async def _run(self) -> None:
        self.spawn(self._begin())
        await self._quit.wait()
        await self._tasks.end()
        await self.leadership.release()
        await self.close_beneath()
        for session in self._sessions.values():
            await session.cluster.close()
        await self._tasks.end_all()
        self._repositories.close()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs work on the loop; what it raises is said as a condition."""
        return self._tasks.spawn(work, name)

    def _task_failed(self, error: Exception) -> None:
        self.say(Severity.ERROR, "session", said(error))
        if self._starting and not isinstance(error, GitOpsError):
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
        await asyncio.gather(*(self.following.refresh(runtime) for runtime in self.runtimes.values()))
        self.spawn(self.following.run())

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
            on_change=self.marking.changed,
            on_link=self.marking.link_changed,
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
        await self.following.refresh(runtime)

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
        await asyncio.gather(*(self.following.refresh(runtime) for runtime in mine))

    async def _kinds_changed(self, session: ClusterSession) -> None:
        """The cluster's own kinds are others now, or of other types: all that is on it is looked at again."""
        mine = [each for each in self.runtimes.values() if each.app.key.cluster == session.cluster.name]
        await asyncio.gather(*(self.following.refresh(runtime) for runtime in mine))

    def _git_news(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.wake)

    # --- clusters -------------------------------------------------------------------------------------------------

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

    def runtime(self, app: AppKey) -> Runtime:
        found = self.runtimes.get(app)
        if found is None:
            names = ", ".join(sorted(str(key) for key in self.runtimes)[:10])
            raise UnknownApplication(f"there is no application {app}", hint=f"there are: {names}")
        return found

    def _writable(self) -> None:
        if self.settings.read_only:
            raise GitOpsError("this session is read-only", hint="start it without --read-only")

    async def change(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        self._writable()
        return await self.records.update(self.runtime(app), change)

    def running(self, runtime: Runtime) -> None:
        """Raises OperationRunning where one is under way here. Of another session's its Lease tells, once it is asked
        for: it may have been killed."""
        operation = runtime.operation
        if operation is not None and operation.phase is OperationPhase.RUNNING and not operation.elsewhere:
            raise OperationRunning(
                f"an operation on {runtime.app.key} is under way, started by {operation.who}",
                hint="wait for it, or stop it",
            )
