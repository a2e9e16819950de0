"""Answers why something is not healthy, and follows its events.

Both look at what the live store holds already; events and the last lines of a log are asked when a person asks, with
limits, and events are watched only as long as somebody looks at them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import ClusterError, Forbidden, GitOpsError, NotFound
from gitops_tui.health.events import ByObject, lines
from gitops_tui.health.links import annotated, links, of_info
from gitops_tui.health.objects import clean
from gitops_tui.health.why import HEALTH, ordered, why
from gitops_tui.kube import Cluster, LiveStore, WatchStatus
from gitops_tui.kube.informer import Informer, WatchSpec
from gitops_tui.model.health import HealthStatus, worst
from gitops_tui.model.inspect import Cause, Diagnosis, Events, Link, LogTail
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.beneath import is_custom
from gitops_tui.reconcile.beneath_api import BeneathCommands
from gitops_tui.reconcile.listing import in_namespaces, no_rights
from gitops_tui.reconcile.orphaned import OrphanCommands
from gitops_tui.reconcile.quotas import lacks_pods, with_quotas
from gitops_tui.reconcile.quotas import read as read_quotas
from gitops_tui.reconcile.rights import RightsCommands
from gitops_tui.reconcile.selection import Family, Live, families, namespaces
from gitops_tui.reconcile.usage import UsageCommands
from gitops_tui.records import replace

if TYPE_CHECKING:
    pass

EVENT = GVK("", "v1", "Event")
_WELL = (HealthStatus.HEALTHY, HealthStatus.SUSPENDED)
TAIL_LINES = 20
_TAIL_BYTES = 65_536
_TAIL_WAIT = 10.0
_LINE = 1_000
_COALESCE = 0.1


class InspectCommands(BeneathCommands, OrphanCommands, RightsCommands, UsageCommands):
    """The engine's answers to `InspectApi`."""

    def _families(self, app: AppKey, key: ResourceKey | None, uid: str) -> tuple[Cluster, list[Family]]:
        runtime = self.runtime(app)
        cluster = self.session(runtime).cluster
        return cluster, families(cluster.store, runtime.resources, app, key, uid)

    # --- why --------------------------------------------------------------------------------------------------------

    def why(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[Diagnosis]:
        return asyncio.run_coroutine_threadsafe(self._why(app, key, uid), self.loop)

    async def _why(self, app: AppKey, key: ResourceKey | None, uid: str) -> Diagnosis:
        await self._look_beneath(app)
        cluster, found = self._families(app, key, uid)
        sick = [each for each in found if not each.state.hook and _is_sick(each, alone=key is not None)]
        health = worst(each.health.status for each in found if each.health and not each.state.hook)
        problems = [said for each in sick for said in each.hidden]
        events: list[Live] = []
        if sick:
            events, failed = await _events(cluster, namespaces(sick))
            problems += failed
        causes: list[Cause] = []
        told = ByObject(events)
        for each in sick:
            causes += _of_family(each, told)
        short = [obj for each in sick for obj in each.objects if lacks_pods(obj)]
        quotas, failed = await read_quotas(cluster, (ResourceKey.of(each).namespace for each in short))
        problems += failed
        ranked = ordered(with_quotas(ordered(causes), short, quotas))
        speaks = next((each for each in ranked if each.container), None)
        log = await tail(cluster, speaks.about, speaks.container, previous=speaks.previous) if speaks else None
        return Diagnosis(
            app, found[0].key if key is not None else None, health, ranked, log, tuple(dict.fromkeys(problems))
        )

    # --- links ------------------------------------------------------------------------------------------------------

    def links(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[tuple[Link, ...]]:
        return asyncio.run_coroutine_threadsafe(self._links(app, key, uid), self.loop)

    async def _links(self, app: AppKey, key: ResourceKey | None, uid: str) -> tuple[Link, ...]:
        await self._look_beneath(app)
        _, found = self._families(app, key, uid)
        made: dict[Link, None] = {}
        if key is None:
            told = self.runtime(app).app
            about = ResourceKey("argoproj.io", "Application", app.namespace, app.name)
            for title, url in (*annotated(told.annotations), *of_info(told.info)):
                made[Link(clean(url), clean(title), about)] = None
        for family in found:
            desired = family.state.manifest.obj if family.root is None and family.state.manifest else None
            for obj in [desired, *family.objects]:
                made.update(dict.fromkeys(links(obj)))
        return tuple(made)

    # --- events -----------------------------------------------------------------------------------------------------

    def events(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[Events]:
        return asyncio.run_coroutine_threadsafe(self._events_once(app, key, uid), self.loop)

    async def _events_once(self, app: AppKey, key: ResourceKey | None, uid: str) -> Events:
        await self._look_beneath(app)
        cluster, found = self._families(app, key, uid)
        events, problems = await _events(cluster, namespaces(found))
        hidden = [said for each in found for said in each.hidden]
        return Events(lines(events, Members(found)), problems=tuple(dict.fromkeys((*hidden, *problems))))

    def follow_events(
        self, app: AppKey, key: ResourceKey | None, uid: str, callback: Callable[[Events], None]
    ) -> Callable[[], None]:
        return self._following(lambda: self._follow_events(app, key, uid, callback))

    def _following(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        """Runs work on the loop until what this gives is called, or the engine stops."""
        tasks: list[asyncio.Task[Any]] = []
        wanted = True

        def begin() -> None:
            if wanted:
                tasks.append(self.spawn(work()))

        def cancel() -> None:
            for each in tasks:
                each.cancel()

        def end() -> None:
            nonlocal wanted
            wanted = False
            with suppress(RuntimeError):  # the loop is gone, and with it what ran there
                self.loop.call_soon_threadsafe(cancel)

        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(begin)
        return end

    async def _follow_events(
        self, app: AppKey, key: ResourceKey | None, uid: str, callback: Callable[[Events], None]
    ) -> None:
        news = asyncio.Event()
        end = self.subscribe(lambda _: news.set())
        store = LiveStore()
        informers: dict[str, Informer] = {}
        members, said = Members([]), Events(loading=True)
        try:
            while True:
                news.clear()
                try:
                    cluster, found = self._families(app, key, uid)
                except GitOpsError as error:
                    # What was looked at is gone: what its events said stays.
                    found, problems = [], [str(error)]
                else:
                    # Objects that have left meanwhile keep their lines: how a Pod went is part of the story.
                    members.add(found)
                    problems = [said for each in found for said in each.hidden]
                    kind = cluster.discovery.get(EVENT)
                    if kind is None:
                        problems.append("the cluster serves no Events")
                    for namespace in namespaces(found):
                        if kind is not None and namespace not in informers:
                            spec = WatchSpec(kind, keep_managed_fields=False, only_namespace=namespace)
                            informers[namespace] = Informer(
                                spec, cluster.transport, store, lambda *_: news.set(), lambda _: news.set()
                            )
                            informers[namespace].start()
                states = {name: each.status(name) for name, each in informers.items()}
                problems += [_unread(name, *state) for name, state in states.items() if state[1]]
                loading = any(status is WatchStatus.PENDING for status, _ in states.values())
                made = Events(lines(store.of_kind(EVENT).values(), members), loading, tuple(dict.fromkeys(problems)))
                if made != said:
                    said = made
                    callback(made)
                await news.wait()
                await asyncio.sleep(_COALESCE)
        except Exception as error:  # the boundary of a task: whoever looks must hear that nothing follows
            callback(Events(problems=(f"an error of this program: {type(error).__name__}: {error}",)))
        finally:
            end()
            await asyncio.gather(*(each.stop() for each in informers.values()))


def _is_sick(family: Family, *, alone: bool) -> bool:
    """alone: a person asked about just this one: its children count, whatever its own health says. So do a custom
    resource's, where its operator says nothing of them."""
    health = family.health
    if alone or (health is not None and health.status not in _WELL):
        return True
    return is_custom(family.key.group) and any(each.trouble for each in family.state.owned)


def _of_family(family: Family, events: ByObject) -> tuple[Cause, ...]:
    if family.root is None:
        health = family.health
        what = family.state.error or (health.message if health else "") or "it is not in the cluster"
        return (Cause(HEALTH, family.key, what),)
    found = why(family.root, family.owned, events.of(family.objects))
    health = family.health
    if not found and health is not None and health.status not in _WELL:
        # A person's own script knows better than the rules do.
        return (Cause(HEALTH, family.key, f"its health is {health.status.value}", health.message),)
    return found


class Members:
    """Whether an event is about the objects of a selection: by uid, where the event names none by kind and name."""

    def __init__(self, found: list[Family]) -> None:
        self._uids: set[str] = set()
        self._names: set[tuple[str, str, str]] = set()
        self.add(found)

    def add(self, found: list[Family]) -> None:
        for family in found:
            if family.root is None:
                self._names.add((family.key.kind, family.key.namespace, family.key.name))
            for obj in family.objects:
                key = ResourceKey.of(obj)
                self._uids.add(str((obj.get("metadata") or {}).get("uid") or ""))
                self._names.add((key.kind, key.namespace, key.name))

    def __call__(self, uid: str, key: ResourceKey) -> bool:
        return uid in self._uids if uid else key[1:] in self._names


def _unread(namespace: str, status: WatchStatus, message: str) -> str:
    if status is WatchStatus.FORBIDDEN:
        return no_rights("Events", namespace)
    return f"Events in {namespace}: {message}"


async def _events(cluster: Cluster, spaces: list[str]) -> tuple[list[Live], list[str]]:
    """The events of these namespaces, and what could not be read."""
    kind = cluster.discovery.get(EVENT)
    if kind is None:
        return [], ["the cluster serves no Events"]
    return await in_namespaces(cluster, kind, spaces, "Events")


# --- the last lines of a log ------------------------------------------------------------------------------------------


async def tail(cluster: Cluster, pod: ResourceKey, container: str, *, previous: bool) -> LogTail:
    """The last lines of a container's log; of the run that is there where the one before is gone."""
    made = LogTail(pod, container, previous)
    try:
        text = await _tail(cluster, pod, container, previous=previous)
    except Forbidden:
        return replace(made, problem="no rights to read logs of Pods")
    except NotFound:
        return replace(made, problem="the Pod is gone")
    except ClusterError as error:
        if previous:
            return await tail(cluster, pod, container, previous=False)
        return replace(made, problem=error.message)
    found = tuple(
        each[:_LINE] for each in printable(redact(text), keep_newlines=True).splitlines()[-TAIL_LINES:] if each.strip()
    )
    return replace(made, lines=found, problem="" if found else "the log is empty")


async def _tail(cluster: Cluster, pod: ResourceKey, container: str, *, previous: bool) -> str:
    kind = cluster.discovery.find(GVK("", "v1", "Pod"))
    params = {"container": container, "tailLines": str(TAIL_LINES), "limitBytes": str(_TAIL_BYTES)}
    if previous:
        params["previous"] = "true"
    try:
        async with asyncio.timeout(_TAIL_WAIT):
            response = await cluster.transport.open_stream(
                f"{kind.path(pod.namespace, pod.name)}/log", params, silence=_TAIL_WAIT
            )
            try:
                data = bytearray()
                async for chunk in response.content.iter_any():
                    data += chunk
                    if len(data) > 2 * _TAIL_BYTES:
                        break
            finally:
                response.close()
    except TimeoutError as error:
        raise cluster.transport.unreachable(error) from error
    return bytes(data).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
