"""The verdict on one object, out of memory only: its drift, health, what it owns, and which side moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitops_tui.compare.blame import which_moved
from gitops_tui.compare.confirm import ADMISSION
from gitops_tui.compare.show import masked_keys
from gitops_tui.errors import UnknownKind
from gitops_tui.health import assessor
from gitops_tui.kube import Cluster, WatchStatus
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import NO_DRIFT, Drift, DriftEpisode, DriftKind, Moved
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.reconcile.answers import answer_for
from gitops_tui.reconcile.looked import look, settle
from gitops_tui.reconcile.owned import line, owned
from gitops_tui.reconcile.randomness import random_rules
from gitops_tui.reconcile.rules import compare_options, rules_of, scaler_rule, unknown_options
from gitops_tui.reconcile.runtime import APPLICATION_GROUP, Runtime
from gitops_tui.reconcile.selection import first_cause
from gitops_tui.reconcile.since import episodes
from gitops_tui.reconcile.timing import Timing, of_resource
from gitops_tui.records import replace
from gitops_tui.schema import SchemaSet
from gitops_tui.settings import Settings
from gitops_tui.sync.annotations import hook_words, wave
from gitops_tui.sync.oddities import oddities
from gitops_tui.sync.tracking import owner_of

_DECLARATIONS = ("Application", "ApplicationSet", "AppProject")


def evaluate(
    runtime: Runtime, key: ResourceKey, gvk: GVK, cluster: Cluster, settings: Settings, schemas: SchemaSet
) -> ResourceState:
    """The state of one object, out of memory only."""
    manifest = runtime.manifests.get(key)
    hook = hook_words(manifest.obj) if manifest is not None else ()
    turn = wave(manifest.obj) if manifest is not None else 0
    odd = oddities(manifest.obj) if manifest is not None else ()

    def blank() -> ResourceState:
        return ResourceState(
            key=key,
            api_version=gvk.api_version,
            sync=SyncStatus.UNKNOWN,
            manifest=manifest,
            hook=hook,
            drift=_unjudged(manifest, None, settings),
            wave=turn,
            warnings=odd,
        )

    try:
        cluster.discovery.find(gvk)
    except UnknownKind as error:
        base = blank()
        if manifest is not None and gvk.group == APPLICATION_GROUP and gvk.kind in _DECLARATIONS:
            return _declaration(runtime, base)
        if manifest is not None and _defined_by(runtime, gvk):
            return replace(
                base,
                sync=SyncStatus.OUT_OF_SYNC,
                drift=Drift(DriftKind.MISSING),
                health=Health(HealthStatus.MISSING, "its CustomResourceDefinition comes with this application"),
            )
        return replace(base, error=str(error), health=Health(HealthStatus.UNKNOWN, error.message))
    status, message = cluster.status(gvk, key.namespace)
    live = cluster.store.get(gvk, key.namespace, key.name)
    if status in (WatchStatus.PENDING, WatchStatus.FORBIDDEN, WatchStatus.FAILED) and live is None:
        return replace(blank(), error=message, health=Health(HealthStatus.UNKNOWN, message))
    judge = assessor(settings.health_scripts)
    health = judge(live) if live is not None else Health(HealthStatus.MISSING)
    below = owned(cluster, live, judge) if live is not None else ()
    seen = runtime.resources.get(key)
    timing = of_resource(seen, live, health, below, cluster.store, datetime.now(UTC)) if live is not None else Timing()
    owner = owner_of(live, key) if live is not None else ""
    ours = runtime.app.key.tracking_name
    drift, moved = _unjudged(manifest, live, settings), Moved.NONE
    warnings = odd
    told: tuple[DriftEpisode, ...] = ()
    if not hook:
        drift, said = _verdict(runtime, key, manifest, live, cluster, settings, schemas)
        if owner and owner != ours:
            said.append(f"it belongs to the application {owner} as well")
        warnings = (*odd, *said)
        moved = moved_since(runtime, key, manifest, live, drift, schemas, settings)
        git_time = runtime.revision.commit_time if runtime.revision is not None else None
        told = episodes(
            seen.episodes if seen is not None else (),
            drift,
            moved,
            datetime.now(UTC),
            git_time,
            seen=not runtime.state.loading,
        )
    return ResourceState(
        key=key,
        api_version=gvk.api_version,
        sync=SyncStatus.OUT_OF_SYNC if not hook and drift.is_drifted else SyncStatus.SYNCED,
        manifest=manifest,
        hook=hook,
        drift=drift,
        wave=turn,
        live=live,
        health=health,
        health_since=timing.since,
        rollout=timing.took,
        summary=line(live, below) if live is not None else "",
        cause=first_cause(cluster.store, live, health, below) if live is not None else "",
        tracked=owner == ours,
        owned=below,
        warnings=warnings,
        moved=moved,
        episodes=told,
    )


def _declaration(runtime: Runtime, base: ResourceState) -> ResourceState:
    """An `Application` object where no Argo CD is: data for us, nothing that the cluster could hold."""
    child = runtime.children.get(base.key.name) if base.key.kind == "Application" else None
    if base.key.kind == "ApplicationSet" and runtime.children:
        return replace(base, sync=SyncStatus.SYNCED, tracked=True, summary="its applications are run from here")
    here = "not applied: the cluster has no such kind (no Argo CD there)"
    return replace(
        base,
        sync=SyncStatus.SYNCED,
        tracked=True,
        health=Health(child.status, child.message) if child is not None else None,
        summary=f"run from here: {child.message}" if child is not None else here,
    )


def _unjudged(manifest: Manifest | None, live: Mapping[str, Any] | None, settings: Settings) -> Drift:
    """No verdict, but which of a ConfigMap's values are masked wherever it is shown: hooks and objects in error too."""
    masked = masked_keys(settings.mask_keys, manifest.obj if manifest is not None else None, live)
    return Drift(DriftKind.NONE, masked=masked) if masked else NO_DRIFT


def _verdict(
    runtime: Runtime,
    key: ResourceKey,
    manifest: Manifest | None,
    live: dict[str, Any] | None,
    cluster: Cluster,
    settings: Settings,
    schemas: SchemaSet,
) -> tuple[Drift, list[str]]:
    rules, scaler = _rules(runtime, key, manifest, cluster, settings)
    options = compare_options(runtime.app, manifest.obj if manifest is not None else None, live)
    drift, looked = look(runtime.looked, key, manifest, live, rules, schemas, settings)
    # What is wrong with a rule is said once, on the application.
    warnings = unknown_options(options)
    if scaler:
        warnings.append(f"the HorizontalPodAutoscaler {scaler} sets replicas: leave spec.replicas out of Git")
    if drift.kind is DriftKind.EXTRA and "IgnoreExtraneous" in options:
        drift = replace(drift, ignored_by="compare-options: IgnoreExtraneous")
    if manifest is not None and live is not None and asks_server(drift, options, settings):
        known = answer_for(runtime.confirmed, manifest, live)
        if known is not None and known.trouble:
            warnings.append(f"no dry run could settle this, another one follows: {known.trouble}")
        if known is not None and known.result is not None:
            if isinstance(known.result, str):
                drift = replace(drift, refused=known.result)
                warnings.append(f"sync would fail: {known.result}")
            else:
                webhooks = options.get("IncludeMutationWebhook") == "true"
                drift = settle(looked, drift, manifest, live, known.result, rules, schemas, settings, webhooks)
                # Git and the cluster will never say the same there: who wonders why is told.
                told = [each for each in drift.hidden if each.note.startswith(f"{ADMISSION} changes")]
                warnings += [f"{each.path}: {each.note}" for each in told[:3]]
    return drift, warnings


def _rules(
    runtime: Runtime, key: ResourceKey, manifest: Manifest | None, cluster: Cluster, settings: Settings
) -> tuple[tuple[IgnoreRule, ...], str]:
    """The ignore rules for one object, and the name of the autoscaler whose replicas Git sets ("" for none)."""
    rules = rules_of(runtime.app, settings)
    scaler = runtime.scalers.scaler(runtime, cluster.store, key, manifest.obj) if manifest is not None else ""
    if scaler:
        rules = (*rules, scaler_rule(key, scaler))
    return (*rules, *random_rules(manifest)), scaler


def look_ahead(runtime: Runtime, gvk: GVK, cluster: Cluster, settings: Settings, schemas: SchemaSet) -> None:
    """Compares the objects of one kind before the first verdict is asked for, while other kinds are still being listed.
    What is kept of it counts only for the very same two sides, rules and types."""
    for key, manifest in runtime.manifests.items():
        if key.kind == gvk.kind and manifest.gvk == gvk:
            live = cluster.store.get(gvk, key.namespace, key.name)
            if live is not None and not hook_words(manifest.obj):
                rules, _ = _rules(runtime, key, manifest, cluster, settings)
                look(runtime.looked, key, manifest, live, rules, schemas, settings, ahead=True)


def asks_server(drift: Drift, options: Mapping[str, str], settings: Settings) -> bool:
    """Whether the API server's dry run is to settle a verdict: where it is Modified, and always under
    `ServerSideDiff=true`, never under `ServerSideDiff=false`."""
    wanted = options.get("ServerSideDiff")
    if not settings.confirm or wanted == "false":
        return False
    return drift.kind is DriftKind.MODIFIED or (drift.kind is DriftKind.NONE and wanted == "true")


def moved_since(
    runtime: Runtime,
    key: ResourceKey,
    manifest: Manifest | None,
    live: Mapping[str, Any] | None,
    drift: Drift,
    schemas: SchemaSet,
    settings: Settings,
) -> Moved:
    """Which side of a drifted object changed since the last sync; NONE where no sync is known."""
    if not drift.is_drifted or runtime.synced is None:
        return Moved.NONE
    last = runtime.synced.get(key)
    looked = runtime.looked.get(key)
    if looked is not None and (looked.live is not live or looked.manifest is not manifest):
        looked = None
    if looked is not None and looked.moved is not None and looked.moved[0] is last and looked.moved[1] is drift:
        return looked.moved[2]
    moved = which_moved(
        last.obj if last is not None else None,
        manifest.obj if manifest is not None else None,
        live,
        drift,
        schema=schemas,
        # What the verdict's own rules hide (an autoscaler's replicas too) is no move of the cluster's.
        ignore=looked.rules if looked is not None else (*rules_of(runtime.app, settings), *random_rules(manifest)),
        client_managers=settings.client_managers,
    )
    if looked is not None:
        looked.moved = (last, drift, moved)
    return moved


def _defined_by(runtime: Runtime, gvk: GVK) -> bool:
    for key, manifest in runtime.manifests.items():
        if key.kind == "CustomResourceDefinition":
            spec = manifest.obj.get("spec") or {}
            if (spec.get("group"), (spec.get("names") or {}).get("kind")) == (gvk.group, gvk.kind):
                return True
    return False
