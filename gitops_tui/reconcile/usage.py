"""CPU and memory that Pods use, against what they request and may use, where the cluster serves metrics.k8s.io.

Asked of the API server only while somebody looks at a workload or a Pod, for its namespaces; the last samples of what was
looked at are kept, so that coming back shows more than one. Where there are no metrics, nothing is said."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, Final

from gitops_tui.compare.values import quantity
from gitops_tui.errors import ClusterError, Forbidden, GitOpsError
from gitops_tui.health.objects import items, part, word
from gitops_tui.kube import Cluster
from gitops_tui.model.inspect import Usage, UsageReport, UsageRow, UsageSeries
from gitops_tui.model.keys import GVK, AppKey, ResourceKey, in_order
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.selection import Family, Live

METRICS: Final = GVK("metrics.k8s.io", "v1beta1", "PodMetrics")
EVERY: Final = 15.0
"""Seconds between two samples: metrics-server's own resolution."""
KEPT: Final = 40
"""Samples of one selection."""
_SELECTIONS: Final = 60
# A cursor that only passes by asks nothing.
_REST: Final = 0.3
Place = tuple[AppKey, ResourceKey | None, str]


class UsageCommands(EnginePart):
    """The engine's answer to it."""

    _kept: OrderedDict[Place, UsageSeries]

    @abstractmethod
    def _families(self, app: AppKey, key: ResourceKey | None, uid: str) -> tuple[Cluster, list[Family]]:
        """The cluster, and what the selection owns in it."""

    @abstractmethod
    async def _look_beneath(self, app: AppKey) -> None:
        """Waits for what is beneath its custom resources."""

    @abstractmethod
    def _following(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        """Runs `work` until what is given back is called."""

    def follow_usage(
        self, app: AppKey, key: ResourceKey, uid: str, callback: Callable[[UsageSeries], None]
    ) -> Callable[[], None]:
        return self._following(lambda: self._follow_usage((app, key, uid), callback))

    def usage(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[UsageReport]:
        return asyncio.run_coroutine_threadsafe(self._usage(app, key, uid), self.loop)

    async def _usage(self, app: AppKey, key: ResourceKey | None, uid: str) -> UsageReport:
        await self._look_beneath(app)
        cluster, found = self._families(app, key, uid)
        if cluster.discovery.get(METRICS) is None:
            return UsageReport(app, key)
        pods = _pods(found)
        try:
            measured = await _measured(cluster, pods)
        except Forbidden:
            return UsageReport(app, key, True, problems=("no rights to see PodMetrics",))
        rows = []
        # Of an application each resource, of a resource each Pod.
        for family in found:
            mine = _pods((family,))
            for name, group in [(family.key, mine)] if key is None else [(_pod_key(at), {at: mine[at]}) for at in mine]:
                made = total([(group[at], measured[at]) for at in sorted(group) if at in measured])
                if made is not None:
                    rows.append(UsageRow(name, made))
        rows.sort(key=lambda each: in_order(each.key))
        whole = total([(pods[at], measured[at]) for at in sorted(pods) if at in measured])
        return UsageReport(app, key, True, whole, tuple(rows))

    async def _follow_usage(self, place: Place, callback: Callable[[UsageSeries], None]) -> None:
        if "_kept" not in self.__dict__:
            self._kept = OrderedDict()
        await asyncio.sleep(_REST)
        before = self._kept.get(place)
        if before is not None:
            callback(before)
        while True:
            try:
                cluster, found = self._families(*place)
            except GitOpsError:
                return  # it is gone
            if cluster.discovery.get(METRICS) is None:
                return
            try:
                now = await _sample(cluster, found)
            except ClusterError:
                now = None  # absent without a complaint; the next sample may be there
            known = self._kept.get(place) or UsageSeries()
            if now is not None and (not known.samples or known.samples[-1] != now):
                made = UsageSeries((*known.samples, now)[-KEPT:])
                self._kept[place] = made
                self._kept.move_to_end(place)
                while len(self._kept) > _SELECTIONS:
                    self._kept.popitem(last=False)
                callback(made)
            await asyncio.sleep(EVERY)


async def _sample(cluster: Cluster, found: Iterable[Family]) -> Usage | None:
    """What the Pods of these families use together, None where no Pod of theirs is measured. Raises ApiError,
    Unreachable."""
    pods = _pods(found)
    measured = await _measured(cluster, pods)
    return total([(pods[place], measured[place]) for place in sorted(pods) if place in measured])


def _pods(found: Iterable[Family]) -> dict[tuple[str, str], Live]:
    """The Pods of families that may be running, by namespace and name."""
    return {
        _place(obj): obj
        for each in found
        for obj in each.objects
        if obj.get("kind") == "Pod" and word(part(obj, "status"), "phase") not in ("Succeeded", "Failed")
    }


def _pod_key(place: tuple[str, str]) -> ResourceKey:
    return ResourceKey("", "Pod", *place)


def _place(obj: Any) -> tuple[str, str]:
    return word(part(obj, "metadata"), "namespace"), word(part(obj, "metadata"), "name")


async def _measured(cluster: Cluster, pods: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Live]:
    """The PodMetrics of these and others beside them. Raises ApiError, Unreachable."""
    kind = cluster.discovery.find(METRICS)
    places = sorted(pods)
    answers: list[Live | None] = []
    if len(places) == 1:
        answers = [await cluster.get(kind, *places[0])]
    else:
        for space in sorted({namespace for namespace, _ in places}):
            answers += await cluster.list(kind, space)
    return {_place(each): each for each in answers if each is not None}


def total(pairs: list[tuple[Live, Live]]) -> Usage | None:
    """The sum over (Pod, its PodMetrics); None for none. A request or limit counts only where every container has one: the
    sum of some would be no bound."""
    if not pairs:
        return None
    used = {"cpu": 0.0, "memory": 0.0}
    bounds: dict[tuple[str, str], float | None] = {}
    for pod, metrics in pairs:
        for container in items(metrics, "containers"):
            for name in used:
                used[name] += _amount(part(container, "usage").get(name)) or 0.0
        for container in items(part(pod, "spec"), "containers"):
            for bound in ("requests", "limits"):
                amounts = part(container, "resources", bound)
                for name in used:
                    value, before = _amount(amounts.get(name)), bounds.get((bound, name), 0.0)
                    bounds[bound, name] = before + value if value is not None and before is not None else None
    return Usage(
        cpu=used["cpu"],
        memory=used["memory"],
        cpu_request=bounds.get(("requests", "cpu")),
        cpu_limit=bounds.get(("limits", "cpu")),
        memory_request=bounds.get(("requests", "memory")),
        memory_limit=bounds.get(("limits", "memory")),
        pods=len(pairs),
        at=max((word(metrics, "timestamp") for _, metrics in pairs), default=""),
    )


def _amount(value: Any) -> float | None:
    """A quantity in cores or bytes, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = quantity(str(value))
    return float(found) if found is not None and found >= 0 else None
