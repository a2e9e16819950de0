"""What all controllers stand on: the registry they write through, time, an index of who owns whom, and their words."""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import orjson

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.events import Recorder
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK
from gitops_tui.records import dataclass, field

Obj = dict[str, Any]
Key = tuple[GVK, str, str]

DEPLOYMENT = GVK("apps", "v1", "Deployment")
REPLICA_SET = GVK("apps", "v1", "ReplicaSet")
STATEFUL_SET = GVK("apps", "v1", "StatefulSet")
DAEMON_SET = GVK("apps", "v1", "DaemonSet")
REVISION = GVK("apps", "v1", "ControllerRevision")
JOB = GVK("batch", "v1", "Job")
CRON_JOB = GVK("batch", "v1", "CronJob")
POD = GVK("", "v1", "Pod")
NODE = GVK("", "v1", "Node")
SERVICE = GVK("", "v1", "Service")
ENDPOINTS = GVK("", "v1", "Endpoints")
SLICE = GVK("discovery.k8s.io", "v1", "EndpointSlice")
CLAIM = GVK("", "v1", "PersistentVolumeClaim")
VOLUME = GVK("", "v1", "PersistentVolume")
STORAGE_CLASS = GVK("storage.k8s.io", "v1", "StorageClass")
NAMESPACE = GVK("", "v1", "Namespace")
CONFIG_MAP = GVK("", "v1", "ConfigMap")
ACCOUNT = GVK("", "v1", "ServiceAccount")
AUTOSCALER = GVK("autoscaling", "v2", "HorizontalPodAutoscaler")
BUDGET = GVK("policy", "v1", "PodDisruptionBudget")

MANAGER = "kube-controller-manager"
_LONGEST_WAIT = 64.0
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # those that the real names are made of: no vowels, so no words


class Store(Protocol):
    """Who hears of changes."""

    listeners: list[Callable[[GVK, str, Obj], None]]
    kinds: dict[GVK, dict[tuple[str, str], Obj]]

    def put(self, gvk: GVK, obj: Obj) -> Obj: ...


class Registry(Protocol):
    """How controllers write: as clients do, without HTTP. Every method may raise `Fault`."""

    @property
    def objects(self) -> Any: ...
    def resource(self, gvk: GVK) -> Any: ...
    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None: ...
    def list(self, gvk: GVK, namespace: str = "") -> list[Obj]: ...
    def create(self, obj: Obj, *, manager: str) -> Obj: ...
    def update(self, obj: Obj, *, manager: str, subresource: str = "") -> Obj: ...
    def patch(
        self, gvk: GVK, namespace: str, name: str, merge_patch: Obj, *, manager: str, subresource: str = ""
    ) -> Obj: ...
    def delete(self, gvk: GVK, namespace: str, name: str, options: Obj | None = None) -> Obj | None: ...
    def remove_finalizer(self, gvk: GVK, namespace: str, name: str, finalizer: str) -> object: ...
    def finalize_namespace(self, name: str) -> object: ...


class Index:
    """Who is there, by uid, by owner and by namespace; kept from the store's events."""

    def __init__(self) -> None:
        self.by_uid: dict[str, Key] = {}
        self._owned: dict[str, dict[Key, None]] = {}
        self._owners: dict[Key, tuple[str, ...]] = {}
        self._living: dict[tuple[GVK, str], dict[str, Obj]] = {}
        self.in_namespace: dict[str, dict[Key, None]] = {}

    def heard(self, gvk: GVK, kind: str, obj: Obj) -> None:
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace") or "", metadata["name"]
        key = (gvk, namespace, name)
        for uid in self._owners.pop(key, ()):
            self._owned.get(uid, {}).pop(key, None)
        if kind == "DELETED":
            self.by_uid.pop(metadata.get("uid", ""), None)
            self._living.get((gvk, namespace), {}).pop(name, None)
            self.in_namespace.get(namespace, {}).pop(key, None)
            return
        self.by_uid[metadata["uid"]] = key
        self._living.setdefault((gvk, namespace), {})[name] = obj
        if namespace:
            self.in_namespace.setdefault(namespace, {})[key] = None
        owners = tuple(each["uid"] for each in metadata.get("ownerReferences") or ())
        if owners:
            self._owners[key] = owners
            for uid in owners:
                self._owned.setdefault(uid, {})[key] = None

    def owned(self, uid: str) -> list[Key]:
        """All that names this uid as an owner."""
        return list(self._owned.get(uid, ()))

    def living(self, gvk: GVK, namespace: str) -> list[Obj]:
        return list(self._living.get((gvk, namespace), {}).values())


@dataclass(frozen=True, slots=True)
class Refused:
    """A child that the server did not take: of which generation, until when (seconds) nobody asks again, after what wait, why."""

    generation: int
    until: float
    wait: float
    why: str


@dataclass(slots=True)
class Context:
    """What a controller works with. delay: seconds until a pod is ready; namespace_delay: until a namespace is gone."""

    registry: Registry
    clock: Clock
    events: Recorder
    enqueue: Callable[[str, str, str, float], None]
    delay: float = 0.6
    namespace_delay: Callable[[], float] = lambda: 0.0
    index: Index = field(default_factory=Index)
    pods_due: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    """(namespace, name) of a pod -> its uid and when its next step is due: what changes it meanwhile brings none."""
    random: random.Random = field(default_factory=random.Random)
    refused: dict[str, Refused] = field(default_factory=dict)
    """By the uid of whose children they are."""

    def create(
        self, owner: Obj, body: Obj, controller: str, component: str, said: str = "Error creating: {why}"
    ) -> Obj | None:
        """Makes a child, None where it was refused: that is an event, and asked for again later and later."""
        metadata = owner["metadata"]
        uid, generation = metadata["uid"], metadata.get("generation", 0)
        namespace, name = metadata["namespace"], metadata["name"]
        last = self.refused.get(uid)
        if last is not None and last.generation == generation and last.until > self.clock.time():
            self.enqueue(controller, namespace, name, last.until - self.clock.time())
            return None
        try:
            made = self.registry.create(body, manager=MANAGER)
        except Fault as fault:
            self.events.record(owner, "Warning", "FailedCreate", said.format(why=fault.message), component)
            wait = min(last.wait * 2, _LONGEST_WAIT) if last is not None and last.generation == generation else 1.0
            self.refused[uid] = Refused(generation, self.clock.time() + wait, wait, fault.message)
            if fault.status != 404 and "being terminated" not in fault.message:
                self.enqueue(controller, namespace, name, wait)
            return None
        self.refused.pop(uid, None)
        return made

    def pods_of(self, owner: Obj, selector: Obj | None) -> list[Obj]:
        return self.claimed(owner, POD, selector)

    def claimed(self, owner: Obj, gvk: GVK, selector: Obj | None) -> list[Obj]:
        """The owner's children of a kind; those without an owner that its selector picks are adopted first."""
        uid, namespace = owner["metadata"]["uid"], owner["metadata"]["namespace"]
        if selector and not owner["metadata"].get("deletionTimestamp"):
            for each in self.index.living(gvk, namespace):
                metadata = each["metadata"]
                if (
                    not any(ref.get("controller") for ref in metadata.get("ownerReferences") or ())
                    and not metadata.get("deletionTimestamp")
                    and selects(selector, metadata.get("labels") or {})
                ):
                    refs = [*(metadata.get("ownerReferences") or ()), owner_reference(owner)]
                    self.registry.patch(
                        gvk, namespace, metadata["name"], {"metadata": {"ownerReferences": refs}}, manager=MANAGER
                    )
        found = []
        for kind, where, name in self.index.owned(uid):
            obj = self.registry.get(kind, where, name) if kind == gvk else None
            if obj is not None and controller_of(obj) == uid:
                found.append(obj)
        return sorted(found, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))

    def write_status(self, obj: Obj, status: Obj, annotations: dict[str, str] | None = None) -> None:
        """Writes what a controller found out, where that is news. annotations: some are written along."""
        had = obj["metadata"].get("annotations") or {}
        if obj.get("status") == status and not (annotations and {**had, **annotations} != had):
            return
        made = {**obj, "status": status}
        if annotations:
            made["metadata"] = {**obj["metadata"], "annotations": {**had, **annotations}}
        self.registry.update(copy.deepcopy(made), manager=MANAGER, subresource="status")

    def word(self, length: int = 5) -> str:
        return "".join(self.random.choice(_LETTERS) for _ in range(length))


def owner_reference(owner: Obj) -> Obj:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Obj) -> str:
    """The uid of the owner that controls it, "" where none does."""
    for each in obj["metadata"].get("ownerReferences") or ():
        if each.get("controller"):
            return str(each["uid"])
    return ""


def selects(selector: Obj | None, labels: dict[str, str]) -> bool:
    """A LabelSelector on labels. An empty one picks all, none picks nothing."""
    if selector is None:
        return False
    if any(labels.get(name) != value for name, value in (selector.get("matchLabels") or {}).items()):
        return False
    for each in selector.get("matchExpressions") or ():
        name, values = each["key"], each.get("values") or []
        fits = {
            "In": labels.get(name) in values,
            "NotIn": labels.get(name) not in values,
            "Exists": name in labels,
            "DoesNotExist": name not in labels,
        }
        if not fits.get(each["operator"], False):
            return False
    return True


def template_hash(template: Obj) -> str:
    """A short word for a pod template: the same for the same template."""
    digest = hashlib.sha256(orjson.dumps(template, option=orjson.OPT_SORT_KEYS)).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])


def condition(obj: Obj, kind: str) -> Obj | None:
    """A condition of its status."""
    for each in (obj.get("status") or {}).get("conditions") or ():
        if each.get("type") == kind:
            return dict(each)
    return None


def is_ready(pod: Obj) -> bool:
    found = condition(pod, "Ready")
    return found is not None and found.get("status") == "True"


def is_active(pod: Obj) -> bool:
    """Neither finished nor on its way out."""
    phase = (pod.get("status") or {}).get("phase")
    return phase not in ("Succeeded", "Failed") and not pod["metadata"].get("deletionTimestamp")


def seconds_of(stamp: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def available(pods: Iterable[Obj], min_ready: int, now: float) -> tuple[int, float | None]:
    """How many pods have been ready for that long (seconds), and in how many seconds the next one will be."""
    count, soonest = 0, None
    for pod in pods:
        ready = condition(pod, "Ready")
        if ready is None or ready.get("status") != "True":
            continue
        left = seconds_of(ready["lastTransitionTime"]) + min_ready - now if min_ready else 0.0
        if left <= 0:
            count += 1
        elif soonest is None or left < soonest:
            soonest = left
    return count, soonest


def without_zeros(status: Obj, *kept: str) -> Obj:
    """A status without its zeros, as Go writes those marked omitempty; `kept` stay."""
    return {name: value for name, value in status.items() if name in kept or value not in (0, None, [], "")}


def scaled(value: Any, total: int, *, up: bool) -> int:
    """A number, or that percentage of the total, rounded up or down."""
    if isinstance(value, str) and value.endswith("%"):
        part = int(value[:-1]) * total
        return -(-part // 100) if up else part // 100
    return int(value)


def make_pod(owner: Obj, template: Obj, prefix: str = "") -> Obj:
    """A pod of a template, owned; named by the server where `prefix` is its generateName."""
    metadata: Obj = {
        "namespace": owner["metadata"]["namespace"],
        "labels": dict((template.get("metadata") or {}).get("labels") or {}),
        "ownerReferences": [owner_reference(owner)],
    }
    if prefix:
        metadata["generateName"] = prefix
    if notes := (template.get("metadata") or {}).get("annotations"):
        metadata["annotations"] = dict(notes)
    if finalizers := (template.get("metadata") or {}).get("finalizers"):
        metadata["finalizers"] = list(finalizers)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}
