"""The objects beneath a managed one: which kinds to watch for them, and their tree out of the live store.

By ownerReferences, and by name for the claims of a StatefulSet, which name no owner. What has not changed since the last
look is the same OwnedObject again: one event on a Pod makes anew the Pod, what owns it, and nothing beside; a screen finds by
identity what to repaint. Rules: an empty ReplicaSet is left out; a cycle ends where it closes; a kind below that the user
may not list stands there as one row that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

from gitops_tui.health import assess, summary
from gitops_tui.health.summary import image_tags, shorten, trouble
from gitops_tui.kube import LiveStore, WatchStatus
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey, in_order
from gitops_tui.model.snapshot import OwnedObject
from gitops_tui.records import dataclass

_REPLICA_SET: Final = GVK("apps", "v1", "ReplicaSet")
_STATEFUL_SET: Final = GVK("apps", "v1", "StatefulSet")
_POD: Final = GVK("", "v1", "Pod")
_JOB: Final = GVK("batch", "v1", "Job")
_CLAIM: Final = GVK("", "v1", "PersistentVolumeClaim")
_SLICE: Final = GVK("discovery.k8s.io", "v1", "EndpointSlice")
# What objects of a kind own directly.
_DIRECT: Final[dict[tuple[str, str], tuple[GVK, ...]]] = {
    ("apps", "Deployment"): (_REPLICA_SET,),
    ("argoproj.io", "Rollout"): (_REPLICA_SET,),
    ("apps", "ReplicaSet"): (_POD,),
    ("apps", "StatefulSet"): (_POD, _CLAIM),
    ("apps", "DaemonSet"): (_POD,),
    ("", "ReplicationController"): (_POD,),
    ("batch", "CronJob"): (_JOB,),
    ("batch", "Job"): (_POD,),
    ("", "Service"): (_SLICE,),
}
_DEPTH: Final = 20
_MOST_CLAIMS: Final = 1000
Live = dict[str, Any]

BOOKKEEPING: Final = frozenset(
    (
        ("", "Event"),
        ("events.k8s.io", "Event"),
        ("", "Endpoints"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("coordination.k8s.io", "Lease"),
        ("apps", "ControllerRevision"),
        ("metrics.k8s.io", "PodMetrics"),
    )
)
"""Kinds that controllers write by themselves about what others own."""


class Watching(Protocol):
    """What is needed of a Cluster: its store, and how well a kind is known."""

    @property
    def store(self) -> LiveStore: ...
    def status(self, gvk: GVK, namespace: str = "") -> tuple[WatchStatus, str]: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """A node as it was made last: out of this object, with these children."""

    obj: Live
    children: tuple[OwnedObject, ...]
    node: OwnedObject


_known: WeakKeyDictionary[LiveStore, dict[str, _Known]] = WeakKeyDictionary()
_swept: WeakKeyDictionary[LiveStore, int] = WeakKeyDictionary()


def kinds_below(kinds: Iterable[tuple[str, str]]) -> set[GVK]:
    """The kinds that objects of these (group, kind) own, and what those own."""
    found: set[GVK] = set()
    waiting = list(kinds)
    while waiting:
        for gvk in _DIRECT.get(waiting.pop(), ()):
            if gvk not in found:
                found.add(gvk)
                waiting.append((gvk.group, gvk.kind))
    return found


def parse_time(text: Any) -> datetime | None:
    """A timestamp of the API, None where it is none."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def owned(cluster: Watching, root: Live, judge: Callable[[Any], Health] = assess) -> tuple[OwnedObject, ...]:
    """The tree beneath a live object; `judge` says how healthy each is."""
    known = _known.setdefault(cluster.store, {})
    _sweep(cluster.store, known)
    uid = _uid(root)
    return _Tree(cluster, judge, known).below(root, uid, frozenset((uid,)))


def line(obj: Live, children: tuple[OwnedObject, ...], alone: str | None = None) -> str:
    """The line on an object with what is beneath it: its own, the worst of its children's troubles, its images."""
    own = summary(obj) if alone is None else alone
    words = [own] if own else []
    worst = worst_trouble(obj, children)
    if worst and worst not in own:
        words.append(worst)
    if not worst:
        words += image_tags(obj)[:2]
    return shorten(" · ".join(words), 200)


def worst_trouble(obj: Live, children: tuple[OwnedObject, ...]) -> str:
    """What is wrong with an object, or else with the child that is worst off."""
    own = trouble(obj)
    if own:
        return own
    troubled = [each for each in children if each.trouble]
    return (
        min(troubled, key=lambda each: _RANK.get(each.health.status, 9) if each.health else 9).trouble
        if troubled
        else ""
    )


_RANK: Final = {HealthStatus.DEGRADED: 0, HealthStatus.UNKNOWN: 1, HealthStatus.MISSING: 2, HealthStatus.PROGRESSING: 3}


class _Tree:
    """One look at the objects beneath a root."""

    def __init__(self, cluster: Watching, judge: Callable[[Any], Health], known: dict[str, _Known]) -> None:
        self._cluster, self._judge, self._known = cluster, judge, known

    def below(self, owner: Live, uid: str, path: frozenset[str]) -> tuple[OwnedObject, ...]:
        """The children of an object. path: the uids above, itself included."""
        if len(path) > _DEPTH:
            return ()
        found: dict[str, OwnedObject] = {}
        for gvk, obj in self._children(owner, uid):
            child = _uid(obj)
            if child in path or child in found or _is_empty(gvk, obj):
                continue
            found[child] = self._node(gvk, obj, child, path)
        hidden = self._hidden(owner, uid)
        return tuple(sorted([*found.values(), *hidden], key=lambda each: in_order(each.key)))

    def _node(self, gvk: GVK, obj: Live, uid: str, path: frozenset[str]) -> OwnedObject:
        children = self.below(obj, uid, path | {uid})
        known = self._known.get(uid)
        if known is not None and known.obj is obj and _are_same(known.children, children):
            return known.node
        metadata = _metadata(obj)
        node = OwnedObject(
            key=ResourceKey(gvk.group, gvk.kind, _text(metadata, "namespace"), _text(metadata, "name")),
            uid=uid,
            health=self._judge(obj),
            created=parse_time(metadata.get("creationTimestamp")),
            summary=line(obj, children),
            children=children,
            trouble=worst_trouble(obj, children),
            images=image_tags(obj),
        )
        self._known[uid] = _Known(obj, children, node)
        return node

    def _children(self, owner: Live, uid: str) -> Iterator[tuple[GVK, Live]]:
        if uid:
            yield from self._cluster.store.children(uid)
        if owner.get("kind") == "StatefulSet" and owner.get("apiVersion") == _STATEFUL_SET.api_version:
            for claim in claims(self._cluster.store, owner):
                yield _CLAIM, claim

    def _hidden(self, owner: Live, uid: str) -> list[OwnedObject]:
        """A row for each kind below that the user may not see."""
        group, namespace = str(owner.get("apiVersion") or "").rpartition("/")[0], _text(_metadata(owner), "namespace")
        made = []
        if unseen := self._cluster.store.unseen.get(uid):
            place = f"{uid}/"
            known = self._known.get(place)
            if known is None or known.node.summary != unseen:
                node = OwnedObject(ResourceKey("", "Others", namespace, "?"), place, None, None, unseen)
                known = self._known[place] = _Known(owner, (), node)
            made.append(known.node)
        for gvk in _DIRECT.get((group, str(owner.get("kind"))), ()):
            if gvk == _CLAIM and not _templates(owner):
                continue
            status, _ = self._cluster.status(gvk, namespace)
            if status is WatchStatus.FORBIDDEN:
                place = f"{uid}/{gvk.kind}"
                words = f"no rights to see {gvk.kind}s"
                known = self._known.get(place)
                if known is None or known.obj is not owner:
                    health = Health(HealthStatus.UNKNOWN, words)
                    node = OwnedObject(ResourceKey(gvk.group, gvk.kind, namespace, "?"), place, health, None, words)
                    known = self._known[place] = _Known(owner, (), node)
                made.append(known.node)
        return made


def _metadata(obj: Live) -> dict[str, Any]:
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def _text(obj: dict[str, Any], name: str) -> str:
    value = obj.get(name)
    return value if isinstance(value, str) else ""


def _uid(obj: Live) -> str:
    return _text(_metadata(obj), "uid")


def _count(obj: Live, part: str, name: str) -> int:
    found = obj.get(part)
    value = found.get(name) if isinstance(found, dict) else None
    return value if type(value) is int else 0


def _is_empty(gvk: GVK, obj: Live) -> bool:
    """An old ReplicaSet: it wants none and has none."""
    return gvk.kind == "ReplicaSet" and not (_count(obj, "spec", "replicas") or _count(obj, "status", "replicas"))


def _are_same(one: tuple[OwnedObject, ...], two: tuple[OwnedObject, ...]) -> bool:
    return len(one) == len(two) and all(map(lambda a, b: a is b, one, two))


def _sweep(store: LiveStore, known: dict[str, _Known]) -> None:
    """Forgets what is gone, now and then: a cluster that runs Jobs makes new objects for ever."""
    if len(known) > 2 * _swept.get(store, 0) + 1000:
        for uid in [each for each in known if store.by_uid(each.partition("/")[0]) is None]:
            del known[uid]
        _swept[store] = len(known)


# --- claims, which name no owner --------------------------------------------------------------------------------------


def _templates(owner: Live) -> list[str]:
    spec = owner.get("spec")
    listed = spec.get("volumeClaimTemplates") if isinstance(spec, dict) else None
    found = (
        [_text(_metadata(each), "name") for each in listed if isinstance(each, dict)]
        if isinstance(listed, list)
        else []
    )
    return [each for each in found if each]


def claims(store: LiveStore, owner: Live) -> Iterator[Live]:
    """The claims of a StatefulSet, by the names that its controller gives: <template>-<name>-<ordinal>."""
    namespace, name = _text(_metadata(owner), "namespace"), _text(_metadata(owner), "name")
    spec = owner.get("spec")
    ordinals = spec.get("ordinals") if isinstance(spec, dict) else None
    start = ordinals.get("start") if isinstance(ordinals, dict) else 0
    start = start if type(start) is int and start >= 0 else 0
    count = max(_count(owner, "spec", "replicas"), _count(owner, "status", "replicas"))
    for template in _templates(owner):
        for ordinal in range(start, start + min(count, _MOST_CLAIMS)):
            found = store.shown(_CLAIM, namespace, f"{template}-{name}-{ordinal}")
            if found is not None:
                yield found


def _owner_of_claim(store: LiveStore, obj: Live) -> Live | None:
    """The StatefulSet whose claim this is by its name."""
    namespace, name = _text(_metadata(obj), "namespace"), _text(_metadata(obj), "name")
    head, dash, ordinal = name.rpartition("-")
    at = head.find("-") if dash and ordinal.isdecimal() else -1
    while at > 0:
        found = store.shown(_STATEFUL_SET, namespace, head[at + 1 :])
        if found is not None and head[:at] in _templates(found):
            return found
        at = head.find("-", at + 1)
    return None


# --- upwards ----------------------------------------------------------------------------------------------------------


def lineage(store: LiveStore, obj: Live) -> list[Live]:
    """An object and all that is above it, as far as it is known; each once, nearest first."""
    found: list[Live] = []
    seen: set[int] = set()
    waiting = [obj]
    while waiting and len(found) < 50:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        found.append(each)
        references = _metadata(each).get("ownerReferences")
        for reference in references if isinstance(references, list) else ():
            above = store.by_uid(_text(reference, "uid")) if isinstance(reference, dict) else None
            if above is not None:
                waiting.append(above[1])
        if each.get("kind") == "PersistentVolumeClaim" and (above_claim := _owner_of_claim(store, each)) is not None:
            waiting.append(above_claim)
    return found


def shows(kind: tuple[str, str], below: GVK) -> bool:
    """Whether objects of a (group, kind) have rows of that kind beneath them."""
    return kind in _DIRECT and below in _all_below(kind)


@lru_cache(maxsize=64)
def _all_below(kind: tuple[str, str]) -> frozenset[GVK]:
    return frozenset(kinds_below((kind,)))
