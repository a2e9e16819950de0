"""What the worker knows of one application, and the ResourceStates out of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from gitops_tui.kube import Cluster
from gitops_tui.model.application import Application
from gitops_tui.model.drift import DriftKind, Moved, MovedCounts
from gitops_tui.model.health import Health, HealthStatus, worst
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import ApplicationState, Condition, ResourceState
from gitops_tui.model.sync import SyncOperation, SyncStatus
from gitops_tui.model.windows import OPEN_GATE, SyncGate
from gitops_tui.reconcile.answers import Answer
from gitops_tui.reconcile.auto import Attempts
from gitops_tui.reconcile.looked import Looked
from gitops_tui.reconcile.rules import Scalers
from gitops_tui.reconcile.timing import of_application
from gitops_tui.records import dataclass, field, replace
from gitops_tui.sync.annotations import hook_words
from gitops_tui.sync.tracking import label_value, owner_of

APPLICATION_GROUP = "argoproj.io"


def content_of(manifests: Mapping[ResourceKey, Manifest]) -> str:
    """A hash of what Git holds for an application, the same for every commit that renders the same."""
    lines = sorted(f"{key} {each.digest}" for key, each in manifests.items())
    return hashlib.blake2b("\n".join(lines).encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(slots=True)
class Runtime:
    """One application under work. Only the engine's loop touches it.

    dirty: keys to compare again; all_dirty: all of them; state_dirty: only what is said of the application as a whole.
    kinds: (kind, namespace) of the manifests. rendered_for: the pin or held commit (a full SHA, "" for none) that the manifests are for. refreshing: held while it is rendered, so
    that an older rendering never comes in after a newer one.
    children: name -> what is to be said of an application that this one holds.
    content: a hash of what Git holds now. placed: what the manifests were made of, to see that they are still the same.
    looked: what was worked out about objects that differ.
    synced: what Git said at the last sync, whose commit is synced_revision; None where that is not known.
    """

    app: Application
    state: ApplicationState
    target: Commit | None = None
    revision: Commit | None = None
    manifests: dict[ResourceKey, Manifest] = field(default_factory=dict)
    kinds: frozenset[tuple[GVK, str]] = frozenset()
    rendered: bool = False
    rendered_for: str = ""
    refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)
    render_error: Condition | None = None
    record_error: Condition | None = None
    unsigned: Condition | None = None
    warnings: tuple[str, ...] = ()
    source_type: str = ""
    behind: int = 0
    record: AppRecord = field(default_factory=AppRecord)
    record_known: bool = False
    resources: dict[ResourceKey, ResourceState] = field(default_factory=dict)
    dirty: set[ResourceKey] = field(default_factory=set)
    all_dirty: bool = True
    state_dirty: bool = True
    confirmed: dict[ResourceKey, Answer] = field(default_factory=dict)
    confirming: set[ResourceKey] = field(default_factory=set)
    operation: SyncOperation | None = None
    executor: Any = None
    expiry: asyncio.TimerHandle | None = None
    again: asyncio.TimerHandle | None = None
    attempts: Attempts = field(default_factory=Attempts)
    synced: dict[ResourceKey, Manifest] | None = None
    synced_revision: str = ""
    content: str = ""
    placed: tuple[object, ...] = ()
    looked: dict[ResourceKey, Looked] = field(default_factory=dict)
    scalers: Scalers = field(default_factory=Scalers)
    children: dict[str, Health] = field(default_factory=dict)

    @property
    def watched(self) -> set[tuple[GVK, str]]:
        """(kind, namespace) of what is to be watched for it: what Git holds, and what it deployed before."""
        return {*self.kinds, *((item.gvk, item.key.namespace) for item in self.record.inventory)}

    @property
    def current(self) -> bool:
        """Whether the manifests are those of the commit that the application is at by its record: known, or known not to
        be readable."""
        told = self.record_known or self.record_error is not None
        return self.rendered and told and self.rendered_for == self.record.stays_at


def place(manifests: tuple[Manifest, ...], cluster: Cluster, namespace: str) -> dict[ResourceKey, Manifest]:
    """Manifests by key, with the destination namespace on namespaced objects that have none, and none on others."""
    found: dict[ResourceKey, Manifest] = {}
    for manifest in manifests:
        kind = cluster.discovery.get(manifest.gvk)
        key, obj = manifest.key, manifest.obj
        namespaced = kind.namespaced if kind is not None else True
        wanted = (key.namespace or namespace) if namespaced else ""
        if wanted != key.namespace:
            metadata = {name: value for name, value in obj["metadata"].items() if name != "namespace"}
            if wanted:
                metadata["namespace"] = wanted
            obj = {**obj, "metadata": metadata}
            key = key._replace(namespace=wanted)
            manifest = replace(manifest, key=key, obj=obj)
        if key in found and not obj["metadata"].get("name"):
            # Hooks of one generateName: each is an object of its own. No name in a cluster has a "#".
            number = next(number for number in count(2) if key._replace(name=f"{key.name}#{number}") not in found)
            key = key._replace(name=f"{key.name}#{number}")
            manifest = replace(manifest, key=key)
        found[key] = manifest
    return found


def desired_and_extra(runtime: Runtime, cluster: Cluster) -> dict[ResourceKey, GVK]:
    """All keys of an application with the kind to find each by: what Git holds, and what is ours and no longer in Git."""
    keys = {key: manifest.gvk for key, manifest in runtime.manifests.items()}
    if not runtime.rendered:
        return keys
    for gvk, namespace, name in cluster.store.labelled(label_value(runtime.app.key.tracking_name)):
        key = ResourceKey(gvk.group, gvk.kind, namespace, name)
        if key not in keys and _is_extra(runtime, key, cluster.store.get(gvk, namespace, name)):
            keys[key] = gvk
    return keys


def desired_or_extra(runtime: Runtime, key: ResourceKey, cluster: Cluster) -> GVK | None:
    """The same for one key; None where it is no object of the application."""
    manifest = runtime.manifests.get(key)
    if manifest is not None:
        return manifest.gvk
    if runtime.rendered:
        for gvk in cluster.store.kinds(key.group, key.kind):
            if _is_extra(runtime, key, cluster.store.get(gvk, key.namespace, key.name)):
                return gvk
    return None


def _is_extra(runtime: Runtime, key: ResourceKey, live: dict[str, Any] | None) -> bool:
    """Whether a live object that Git does not hold is the application's own."""
    if live is None or live["metadata"].get("ownerReferences") or hook_words(live):
        # A hook that is left of an earlier sync has its own delete policy.
        return False
    return owner_of(live, key) == runtime.app.key.tracking_name


def application_state(
    runtime: Runtime,
    conditions: tuple[Condition, ...],
    *,
    ready: bool,
    stale: datetime | None,
    auto: str,
    gate: SyncGate = OPEN_GATE,
    ended: bool = False,
) -> ApplicationState:
    """The application's state out of its resources'. ended: whether an error keeps it from ever being ready."""
    counted = [each for each in runtime.resources.values() if not each.hook]
    errors = [each for each in conditions if each.severity.value == "error"]
    if (
        not ready
        or (errors and not runtime.rendered)
        or runtime.render_error
        or any(each.sync is SyncStatus.UNKNOWN for each in counted)
    ):
        sync = SyncStatus.UNKNOWN
    elif any(each.drift.is_drifted and not each.drift.ignored_by for each in counted):
        sync = SyncStatus.OUT_OF_SYNC
    else:
        sync = SyncStatus.SYNCED
    health = worst(
        each.health.status for each in counted if each.health is not None and each.drift.kind is not DriftKind.EXTRA
    )
    said = health if ready and runtime.rendered else HealthStatus.UNKNOWN
    timing = of_application(runtime.state, said, counted, datetime.now(UTC))
    return ApplicationState(
        app=runtime.app,
        loading=not ready and not ended,
        sync=sync,
        health=said,
        health_since=timing.since,
        rollout=timing.took,
        target=runtime.target,
        revision=runtime.revision,
        behind=runtime.behind,
        resources=dict(runtime.resources),
        conditions=conditions,
        record=runtime.record,
        operation=runtime.operation,
        stale_since=stale,
        source_type=runtime.source_type,
        auto=auto,
        gate=gate,
        moved=_moved_counts(counted),
    )


def _moved_counts(resources: list[ResourceState]) -> MovedCounts:
    # Counted here, once for each Snapshot, so that drawing the application's row costs nothing.
    moved = [each.moved for each in resources if each.moved and not each.drift.ignored_by]
    return MovedCounts(moved.count(Moved.GIT), moved.count(Moved.CLUSTER), moved.count(Moved.BOTH))
