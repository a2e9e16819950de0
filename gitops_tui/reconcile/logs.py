"""Follows the logs of what is selected: of all its Pods at once, of those that come later as well, across restarts and cut
connections. Runs on the engine's loop; lines go into a `LogFeed`, which slows the reading down where nobody takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import ApiError, ClusterError, Forbidden, GitOpsError, Invalid, NotFound
from gitops_tui.kube import WatchStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.logs import LogFeed, LogLine, LogOptions, LogPod, LogSource
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.pods import POD, log_pod, picked, pods_below
from gitops_tui.reconcile.rights import refusal
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

MOST_STREAMS = 50
"""Containers read at once; each is a connection."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0
_FULL = 0.02
_GRACE = 3.0
_Name = tuple[str, str]


class LogCommands(EnginePart):
    """The engine's answers to `LogsApi`."""

    def log_pods(self, app: AppKey, key: ResourceKey | None, uid: str = "") -> Future[tuple[LogPod, ...]]:
        async def ask() -> tuple[LogPod, ...]:
            runtime = self.runtime(app)
            return tuple(log_pod(each) for each in pods_of(runtime, self.session(runtime), key, uid))

        return asyncio.run_coroutine_threadsafe(ask(), self.loop)

    def logs(
        self, app: AppKey, key: ResourceKey | None, options: LogOptions, feed: LogFeed, uid: str = ""
    ) -> Callable[[], None]:
        engine: Any = self
        reading = Reading(engine, app, key, uid, options, feed)
        tasks: list[asyncio.Task[Any]] = []
        self.loop.call_soon_threadsafe(lambda: tasks.append(engine.spawn(reading.run(), "logs")))

        def stop() -> None:
            if not self.loop.is_closed():
                self.loop.call_soon_threadsafe(lambda: [each.cancel() for each in tasks])

        return stop


def pods_of(runtime: Runtime, session: ClusterSession, key: ResourceKey | None, uid: str) -> list[dict[str, Any]]:
    """The Pods of an owned object (uid), of a managed one (key), or of all of the application; newest first."""
    store = session.cluster.store
    if uid:
        found = store.by_uid(uid)
        return pods_below(store, found[1]) if found is not None else []
    chosen = [key] if key is not None else list(runtime.resources)
    made: dict[str, dict[str, Any]] = {}
    for each in chosen:
        state = runtime.resources.get(each)
        if state is not None and state.live is not None:
            if key is None and each.kind == "Service":
                continue  # its pods are others' as well
            for pod in pods_below(store, state.live):
                made[pod["metadata"]["uid"]] = pod
    return list(made.values())


class Reading:
    """One reader's logs."""

    def __init__(
        self, engine: Engine, app: AppKey, key: ResourceKey | None, uid: str, options: LogOptions, feed: LogFeed
    ) -> None:
        self.engine, self.app, self.key, self.uid, self.options, self.feed = engine, app, key, uid, options, feed
        self._tasks: dict[_Name, asyncio.Task[None]] = {}
        self._gone: set[str] = set()
        self._names: dict[str, str] = {}
        self._said: set[str] = set()
        self._forbidden = False
        self._looked = False
        self._asked: set[str] = set()
        self._refused: set[str] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Reads until there is no more, or until it is cancelled. Says into the feed whatever goes wrong."""

        def news(_: Snapshot) -> None:
            self._news.set()

        end = self.engine.subscribe(news)
        try:
            await self._run()
        except GitOpsError as error:
            self.feed.note(str(error))
        finally:
            end()
            for task in self._tasks.values():
                task.cancel()
            self.feed.end()

    async def _run(self) -> None:
        runtime = self.engine.runtime(self.app)
        session = self.engine.session(runtime)
        while True:
            self._news.clear()
            await session.connected.wait()
            if not self._looked:
                # Pods may be beneath custom resources.
                self._looked = True
                await self.engine._look_beneath(self.app)
            pods = await self._readable(session, pods_of(runtime, session, self.key, self.uid))
            first = not self._tasks
            self._end_gone(session)
            for pod in sorted(pods, key=lambda each: str(each["metadata"].get("name"))) if first else pods:
                self._begin(session, log_pod(pod), first=first)
            if not self._tasks and not self._refused:
                self._say_why_none(runtime, session, len(pods))
            status = session.cluster.status(POD)[0]
            if not self.options.follow and not (status is WatchStatus.PENDING and not pods):
                await asyncio.gather(*self._tasks.values())
                return
            await self._changed()

    async def _readable(self, session: ClusterSession, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The Pods whose logs the user may read; says once for each namespace which right is missing."""
        for space in sorted({str(each["metadata"].get("namespace") or "") for each in pods} - self._asked):
            self._asked.add(space)
            # Some may read the logs of some Pods only, by their names: then reading them tells.
            one = next(each for each in pods if each["metadata"].get("namespace") == space)
            found = await refusal(session.cluster, "log", space)
            if found and await refusal(session.cluster, "log", space, str(one["metadata"].get("name") or "")):
                self._refused.add(space)
                self.feed.note(f"no rights to read logs: {found}")
        return [each for each in pods if each["metadata"].get("namespace") not in self._refused]

    async def _changed(self, longest: float | None = None) -> None:
        """Until something in the cluster changed."""
        try:
            await asyncio.wait_for(self._news.wait(), longest)
        except TimeoutError:
            pass

    def _note_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.feed.note(text)

    def _say_why_none(self, runtime: Runtime, session: ClusterSession, pods: int) -> None:
        status, why = session.cluster.status(POD, self.engine.namespace_of(runtime))
        if pods and self.options.container:
            self._note_once(f"no pod has a container {self.options.container}")
        elif status is WatchStatus.FORBIDDEN:
            self._note_once(f"no rights to see Pods{f': {why}' if why else ''}")
        elif status is not WatchStatus.PENDING or not self.options.follow:
            more = ", waiting for one" if self.options.follow else ""
            self._note_once(f"there is no pod{more}")

    def _begin(self, session: ClusterSession, pod: LogPod, *, first: bool) -> None:
        fresh = [each for each in picked(pod, self.options.container) if (pod.uid, each) not in self._tasks]
        known = any(uid == pod.uid for uid, _ in self._tasks)
        for container in fresh:
            running = sum(not task.done() for task in self._tasks.values())
            if running >= MOST_STREAMS:
                self._note_once(f"only {MOST_STREAMS} containers are read at once: choose a pod to see others")
                return
            if not first and not known:
                self.feed.note(f"pod {pod.name} has come")
                known = True
            self._names[pod.uid] = pod.name
            self._tasks[(pod.uid, container)] = self.engine.loop.create_task(self._guarded(session, pod, container))

    async def _guarded(self, session: ClusterSession, pod: LogPod, container: str) -> None:
        try:
            await self._read(session, pod, container)
        except Exception as error:  # the boundary of a task: nothing may end unseen
            self.feed.note(f"{pod.name}: an error of this program: {type(error).__name__}: {error}")

    def _state(self, session: ClusterSession, pod: LogPod, container: str) -> str | None:
        """The container's state as far as it is known, None where the pod is gone."""
        found = session.cluster.store.by_uid(pod.uid)
        if found is None:
            return None
        return next((each.state for each in log_pod(found[1]).containers if each.name == container), "")

    def _end_gone(self, session: ClusterSession) -> None:
        """Pods that are gone are not read any longer; what is under way may come in still."""
        for (uid, _), task in self._tasks.items():
            if uid not in self._gone and not task.done() and session.cluster.store.by_uid(uid) is None:
                self._gone.add(uid)
                self.feed.note(f"pod {self._names[uid]} is gone")
                for (other, _), each in self._tasks.items():
                    if other == uid:
                        self.engine.loop.call_later(_GRACE, each.cancel)

    def _say_gone(self, pod: LogPod) -> None:
        if pod.uid not in self._gone:
            self._gone.add(pod.uid)
            self.feed.note(f"pod {pod.name} is gone")

    async def _read(self, session: ClusterSession, pod: LogPod, container: str) -> None:
        from gitops_tui.kube.logs import read_log

        source = self.feed.source(LogSource(pod.namespace, pod.name, container))
        where = f"{pod.name}/{container}"
        options, last, wait, said = self.options, "", _FIRST_WAIT, ""
        while True:
            problem, cut = "", False
            try:
                async for batch in read_log(
                    session.cluster.transport, pod.namespace, pod.name, container, options, after=last
                ):
                    lines = [LogLine(source, time or last, text) for time, text in batch]
                    last, wait, said = lines[-1].time, _FIRST_WAIT, ""
                    self.feed.put(lines)
                    await self._room()
            except NotFound:
                self._say_gone(pod)
                return
            except Forbidden as error:
                if not self._forbidden:
                    self._forbidden = True
                    self.feed.note(f"no rights to read logs: {_words(error)}")
                return
            except Invalid as error:
                # In the kubelet's words: it waits to start, or there was no run before.
                problem = _words(error)
                if options.previous or not options.follow:
                    self.feed.note(f"{where}: {problem}", source, last)
                    return
            except ApiError as error:
                problem, cut = _words(error), True
            except ClusterError as error:
                problem, cut = f"the log was cut: {error.message}", True
            if not options.follow or options.previous:
                if problem:
                    self.feed.note(f"{where}: {problem}", source, last)
                return
            # From here on only what is new: a restart must not bring the log of before once more.
            options = replace(options, tail=-1, since=0) if last else options
            state = self._state(session, pod, container)
            if state is None:
                self._say_gone(pod)
                return
            words = problem or (state if state not in ("running", "") else "")
            if words and words != said:
                self.feed.note(f"{where}: {words}", source, last)
                said = words
            if cut or state in ("running", ""):
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            if state.startswith("exit") and self._is_over(session, pod):
                return
            # Nothing is asked until the container is in another state.
            while self._state(session, pod, container) == state:  # noqa: ASYNC110 - the store has no event of one pod
                await asyncio.sleep(_FIRST_WAIT)

    async def _room(self) -> None:
        """Waits while nobody takes the lines: the kubelet waits with us then, and nothing is lost."""
        while self.feed.is_full:  # noqa: ASYNC110 - it is taken by another thread
            await asyncio.sleep(_FULL)

    def _is_over(self, session: ClusterSession, pod: LogPod) -> bool:
        found = session.cluster.store.by_uid(pod.uid)
        phase = (found[1].get("status") or {}).get("phase") if found is not None else ""
        return phase in ("Succeeded", "Failed", "")


def _words(error: ApiError) -> str:
    """What the API server or the kubelet said, without the path that was asked for."""
    return error.message.partition("/log: ")[2] or error.message
