"""What custom resources own: looked for where somebody looks at an application that has some, and nowhere else.

Which kinds an operator makes is written nowhere. So the metadata of every kind in the namespaces of an application's
custom resources is listed once, and the ownerReferences in it say what is beneath them, at any depth. The kinds that are
there, and those that they own in turn, are then watched in these namespaces: in full where their health says something,
by their metadata only otherwise, so that no value of a Secret or a ConfigMap is read. They are kept beside the live store's
own objects (`LiveStore.beside`), are never compared, and can be neither orphans nor drift.

Operators make things later, too. After a change to one of these resources, or to what is known beneath it, all is listed
again, soon and once more a little later, and less often while nothing new is found. Without a change nothing is asked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from gitops_tui.errors import ClusterError, Forbidden, NotFound
from gitops_tui.health.builtin import BUILTIN
from gitops_tui.health.objects import items, part, word
from gitops_tui.kube import Cluster, LiveStore, ResourceType, WatchSpec, WatchStatus
from gitops_tui.kube.informer import METADATA_LIST, PAGE, Informer
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.reconcile.owned import BOOKKEEPING, kinds_below, lineage
from gitops_tui.records import dataclass, field
from gitops_tui.schema import builtin

_NAMESPACES: Final = 20
"""Namespaces of one application that are looked through."""
_OBJECTS: Final = 20_000
"""Objects of one kind in a namespace that are looked through."""
_WATCHES: Final = 200
"""Watches of one cluster."""
_LISTING: Final = 10.0
# What nobody wants to see beneath a resource; slices come with their Services.
_LEFT_OUT: Final = BOOKKEEPING | {("metrics.k8s.io", "NodeMetrics")}
# Whose state says something, beside those whose health is known.
_TELLING: Final = frozenset((("discovery.k8s.io", "EndpointSlice"), ("batch", "CronJob")))
# What operators make most, so that these are named first where they may not be seen.
_COMMON: Final = (
    "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Service", "PersistentVolumeClaim", "ConfigMap",
    "Secret",
)  # fmt: skip
Place = tuple[GVK, str]
Live = dict[str, Any]


@lru_cache(maxsize=1)
def _own_groups() -> frozenset[str]:
    return frozenset(gvk.group for gvk in builtin().kinds)


def is_custom(group: str) -> bool:
    """Whether kinds of a group are none of Kubernetes' own."""
    return group not in _own_groups()


def _in_full(gvk: GVK) -> bool:
    place = (gvk.group, gvk.kind)
    return is_custom(gvk.group) or place in BUILTIN or place in _TELLING


class _Owned(LiveStore):
    """Only what has an owner, and claims, which a StatefulSet owns by their names."""

    def put(self, gvk: GVK, obj: Live) -> Live | None:
        metadata = part(obj, "metadata")
        if items(metadata, "ownerReferences") or gvk.kind == "PersistentVolumeClaim":
            return super().put(gvk, obj)
        return self.remove(gvk, word(metadata, "namespace"), word(metadata, "name"))


@dataclass(slots=True)
class Look:
    """One application that is looked at. kinds: what was found beneath its custom resources; ready: after the first look."""

    app: AppKey
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    kinds: set[Place] = field(default_factory=set)
    unseen: dict[str, str] = field(default_factory=dict)
    task: asyncio.Task[Any] | None = None


class Beneath:
    """The objects beneath custom resources of one cluster. changed(object): it, or what is known of it, is another now."""

    def __init__(self, cluster: Cluster, changed: Callable[[Live], None]) -> None:
        self._cluster, self._changed = cluster, changed
        self._store = _Owned()
        cluster.store.beside = self._store
        self._watches: dict[Place, Informer] = {}
        self.looks: OrderedDict[AppKey, Look] = OrderedDict()
        self._setting = asyncio.Lock()

    # --- one look -------------------------------------------------------------------------------------------------

    async def look(self, look: Look, roots: Mapping[str, Live], home: Iterable[str]) -> bool:
        """Looks for what these own; whether kinds were found that were not known. roots: by uid; home: the namespaces of
        the application, where what a cluster-scoped root owns is looked for. Raises ClusterError."""
        found_in = {word(part(each, "metadata"), "namespace") for each in roots.values()}
        spaces = sorted(found_in | ({*home} if "" in found_in else set()))
        told, spaces = spaces[_NAMESPACES:], spaces[:_NAMESPACES]
        kinds = list(self._kinds())
        asked = [(kind, space) for kind in kinds for space in spaces if kind.namespaced == bool(space)]
        answers = await asyncio.gather(*(self._list(*each) for each in asked), return_exceptions=True)
        below: dict[str, list[tuple[Place, str]]] = {}
        forbidden: dict[str, list[str]] = {}
        failed: ClusterError | None = None
        for (kind, space), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Forbidden):
                forbidden.setdefault(space, []).append(kind.gvk.kind)
            elif isinstance(answer, NotFound):
                continue  # its definition has gone meanwhile
            elif isinstance(answer, ClusterError):
                failed = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                for metadata in answer:
                    for reference in items(metadata, "ownerReferences"):
                        child = word(metadata, "uid")
                        below.setdefault(word(reference, "uid"), []).append(((kind.gvk, space), child))
        found: set[Place] = set()
        for uid, root in roots.items():
            space = word(part(root, "metadata"), "namespace")
            found |= self._below(uid, below)
            self._say(look, uid, root, "not looked through" if space in told else _words(forbidden.get(space, ())))
        for uid in look.unseen.keys() - roots.keys():
            self._say(look, uid, {}, "")
        fresh = not found <= look.kinds
        # What is gone may come again: a kind stays watched as long as the application is looked at.
        look.kinds |= found
        if fresh:
            await self.set_watches()
            # What another application's watches know already tells of no change.
            for root in roots.values():
                self._changed(root)
        if failed is not None:
            raise failed
        return fresh

    def _kinds(self) -> Iterable[ResourceType]:
        """Each kind that can be listed and watched, in one of its versions."""
        seen: dict[tuple[str, str], ResourceType] = {}
        for each in self._cluster.discovery.all():
            place = (each.gvk.group, each.gvk.kind)
            if {"list", "watch"} <= each.verbs and place not in _LEFT_OUT:
                seen.setdefault(place, each)
        return seen.values()

    async def _list(self, kind: ResourceType, namespace: str) -> list[Mapping[str, Any]]:
        """The metadata of the objects of a kind that have owners; () where the live store has the kind. Raises ClusterError."""
        status, message = self._cluster.status(kind.gvk, namespace)
        if status in (WatchStatus.SYNCED, WatchStatus.STALE):
            return []
        if status is WatchStatus.FORBIDDEN:
            raise Forbidden(message, status=403)
        params = {"limit": str(PAGE)}
        found: list[Mapping[str, Any]] = []
        read = 0
        while True:
            page = await self._cluster.transport.request(
                "GET",
                kind.path(namespace),
                params=params,
                accept=METADATA_LIST,
                what=f"list {kind.plural}" + (f" in {namespace}" if namespace else ""),
                secret=kind.gvk.kind == "Secret",
            )
            listed = items(page, "items")
            read += len(listed)
            metadata = (part(each, "metadata") for each in listed)
            found += [each for each in metadata if items(each, "ownerReferences")]
            token = word(part(page, "metadata"), "continue")
            if not token or read >= _OBJECTS:
                return found
            params["continue"] = token

    def _below(self, root: str, below: Mapping[str, list[tuple[Place, str]]]) -> set[Place]:
        """The kinds beneath an object with their namespaces, and those that they own by their nature."""
        found: set[Place] = set()
        seen, waiting = {root}, [root]
        while waiting:
            uid = waiting.pop()
            children = [*below.get(uid, ())]
            for gvk, obj in self._cluster.store.children(uid):
                metadata = part(obj, "metadata")
                children.append(((gvk, word(metadata, "namespace")), word(metadata, "uid")))
            for place, child in children:
                found.add(place)
                if child and child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return found | {(kind, space) for gvk, space in found for kind in kinds_below(((gvk.group, gvk.kind),))}

    def _say(self, look: Look, uid: str, root: Live, words: str) -> None:
        """What stands beneath a root of what can't be seen."""
        if look.unseen.get(uid, "") == words:
            return
        for kept in (look.unseen, self._cluster.store.unseen):
            if words:
                kept[uid] = words
            else:
                kept.pop(uid, None)
        if root:
            self._changed(root)

    # --- watching -------------------------------------------------------------------------------------------------

    async def set_watches(self) -> None:
        """Watches what was found beneath all that is looked at, where nothing else watches it; ends other watches."""
        async with self._setting:
            wanted = [
                (gvk, space if kind.namespaced else "", kind)
                for look in self.looks.values()
                for gvk, space in sorted(look.kinds)
                if (kind := self._cluster.discovery.get(gvk)) is not None
                and self._cluster.status(gvk, space)[0] not in (WatchStatus.SYNCED, WatchStatus.STALE)
            ]
            specs = {
                (gvk, space): WatchSpec(
                    kind, only_namespace=space, keep_managed_fields=False, metadata_only=not _in_full(gvk)
                )
                for gvk, space, kind in wanted
            }
            for place in [each for each in self._watches if each not in specs]:
                await self._watches.pop(place).stop()
                self._forget(*place)
            for place, spec in specs.items():
                if place not in self._watches and len(self._watches) < _WATCHES:
                    watch = Informer(spec, self._cluster.transport, self._store, self._came, lambda _: None)
                    self._watches[place] = watch
                    watch.start()

    def _forget(self, gvk: GVK, space: str) -> None:
        for namespace, name in [each for each in self._store.of_kind(gvk) if not space or each[0] == space]:
            old = self._store.get(gvk, namespace, name)
            above = lineage(self._cluster.store, old) if old is not None else []
            self._store.remove(gvk, namespace, name)
            for each in above:
                self._changed(each)

    def _came(self, _: ResourceType, old: Live | None, new: Live | None) -> None:
        for obj in (old, new):
            if obj is not None and items(part(obj, "metadata"), "ownerReferences"):
                for each in lineage(self._cluster.store, obj):
                    self._changed(each)

    async def listed(self, look: Look) -> None:
        """Waits until what is watched for an application is there, or can't be; not for ever."""
        end = asyncio.get_running_loop().time() + _LISTING
        while asyncio.get_running_loop().time() < end:
            mine = [watch for (gvk, space), watch in self._watches.items() if (gvk, space) in look.kinds]
            if all(each.status(each.spec.only_namespace)[0] is not WatchStatus.PENDING for each in mine):
                return
            await asyncio.sleep(0.02)

    async def leave(self, app: AppKey) -> None:
        """Looks at an application no longer."""
        look = self.looks.pop(app, None)
        if look is None:
            return
        if look.task is not None:
            look.task.cancel()
        for uid in list(look.unseen):
            self._cluster.store.unseen.pop(uid, None)
        await self.set_watches()

    async def close(self) -> None:
        for look in self.looks.values():
            if look.task is not None:
                look.task.cancel()
        self.looks.clear()
        await asyncio.gather(*(each.stop() for each in self._watches.values()))
        self._watches.clear()


def _words(kinds: Iterable[str]) -> str:
    """What to say of kinds that may not be listed."""
    rank = {kind: at for at, kind in enumerate(_COMMON)}
    found = sorted(set(kinds), key=lambda each: (rank.get(each, len(rank)), each))
    if not found:
        return ""
    more = f" and {len(found) - 3} more kinds" if len(found) > 3 else ""
    return f"no rights to see {', '.join(f'{each}s' for each in found[:3])}{more}"
