"""A cluster to sync to, for tests: plans and runs out of plain objects, on the embedded cluster or on a real one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gitops_tui.compare import compare
from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.kube import Cluster
from gitops_tui.model.application import Application, Destination, Source, SyncPolicy
from gitops_tui.model.drift import Drift, DriftKind
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import OperationPhase, StepResult, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.settings import Settings
from gitops_tui.sync import Executor, make_plan
from gitops_tui.sync.annotations import HOOK, HOOK_DELETE, OPTIONS, WAVE, hook_words
from gitops_tui.sync.annotations import wave as wave_of
from gitops_tui.sync.report import Ended
from gitops_tui.sync.tracking import label_value, owner_of

Obj = dict[str, Any]
CONFIGMAP = GVK("", "v1", "ConfigMap")
JOB = GVK("batch", "v1", "Job")
POD = GVK("", "v1", "Pod")


def notes(wave: int | None = None, options: str = "", hook: str = "", delete: str = "") -> dict[str, str]:
    given = {WAVE: "" if wave is None else str(wave), OPTIONS: options, HOOK: hook, HOOK_DELETE: delete}
    return {name: value for name, value in given.items() if value}


def config_map(name: str, data: Mapping[str, str] | None = None, **marks: Any) -> Obj:
    metadata = {"name": name, "annotations": notes(**marks)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data or {"k": "v"})}


def job(name: str, *, generate: bool = False, **marks: Any) -> Obj:
    spec = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "busybox"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {("generateName" if generate else "name"): name, "annotations": notes(**marks)},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }


def failing_pod(name: str, **marks: Any) -> Obj:
    failing = {"gitops-tui.io/demo-fails": "crash", "realcluster/fails": "crash"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": {**notes(**marks), **failing}},
        "spec": {"containers": [{"name": "a", "image": "busybox"}]},
    }


@dataclass
class Run:
    """How a run ended; told: each picture of the progress."""

    plan: SyncPlan
    phase: OperationPhase
    message: str
    results: tuple[StepResult, ...]
    told: list[tuple[tuple[StepResult, ...], str]] = field(default_factory=list)

    def said(self, name: str) -> StepResult:
        return next(each for each in self.results if each.step.key.name == name)


class Place:
    """One namespace of a cluster, and one application in it."""

    def __init__(self, cluster: Cluster, namespace: str, settings: Settings, demo: DemoCluster | None = None) -> None:
        self.demo = demo
        self.cluster = cluster
        self.namespace = namespace
        self.settings = settings
        self.app = Application(AppKey("c", "", f"shop-{namespace}"), (Source("x"),), Destination(namespace=namespace))
        self.executor: Executor | None = None
        self.started: datetime | None = None

    def with_options(self, *options: str, **policy: Any) -> None:
        self.app = replace(self.app, sync_policy=SyncPolicy(sync_options=options, **policy))

    async def live(self, gvk: GVK, name: str) -> Obj | None:
        return await self.cluster.get(self.cluster.discovery.find(gvk), self.namespace, name)

    async def states(self, objects: list[Obj]) -> dict[ResourceKey, ResourceState]:
        found = {}
        for number, obj in enumerate(objects):
            gvk = GVK.of(obj["apiVersion"], obj["kind"])
            kind = self.cluster.discovery.get(gvk)
            metadata = dict(obj["metadata"])
            if kind is None or kind.namespaced:
                metadata.setdefault("namespace", self.namespace)
            desired = {**obj, "metadata": metadata}
            name = metadata.get("name") or metadata["generateName"]
            key = ResourceKey(gvk.group, gvk.kind, metadata.get("namespace", ""), name)
            live = await self.cluster.get(kind, key.namespace, name) if kind is not None else None
            manifest = Manifest(key, obj["apiVersion"], desired, Origin("x"), str(number))
            hook = hook_words(obj)
            drift = Drift(DriftKind.NONE) if hook else compare(desired, live)
            mine = live is not None and owner_of(live, key) == self.app.key.tracking_name
            sync = SyncStatus.OUT_OF_SYNC if drift.is_drifted else SyncStatus.SYNCED
            found[key] = ResourceState(
                key,
                obj["apiVersion"],
                sync,
                drift,
                manifest=manifest,
                live=live,
                tracked=mine,
                hook=hook,
                wave=wave_of(obj),
            )
        selector = f"gitops-tui.io/application={label_value(self.app.key.tracking_name)}"
        for gvk in (CONFIGMAP, JOB):
            for live in await self.cluster.list(self.cluster.discovery.find(gvk), self.namespace, selector):
                key = ResourceKey.of(live)
                if key not in found and owner_of(live, key) == self.app.key.tracking_name and not hook_words(live):
                    found[key] = ResourceState(
                        key, gvk.api_version, SyncStatus.OUT_OF_SYNC, compare(None, live), live=live, wave=wave_of(live)
                    )
        return found

    async def plan(self, objects: list[Obj], **options: Any) -> tuple[SyncPlan, dict[ResourceKey, ResourceState]]:
        resumes = options.pop("resumes", False)
        states = await self.states(objects)
        namespaces = self.cluster.discovery.find(GVK("", "v1", "Namespace"))
        there = await self.cluster.get(namespaces, "", self.namespace)
        made = make_plan(
            self.app,
            states,
            SyncOptions(**options),
            revision="0123456789" * 4,
            missing_namespaces=() if there else (self.namespace,),
            namespace=there,
            resumes=resumes,
        )
        return made, states

    async def sync(
        self,
        objects: list[Obj],
        *,
        operation: str = "",
        recorded: Callable[[Ended], Awaitable[None]] | None = None,
        **options: Any,
    ) -> Run:
        plan, states = await self.plan(objects, **options)
        assert not plan.refused, plan.refused
        told: list[tuple[tuple[StepResult, ...], str]] = []
        self.executor = Executor(
            self.app,
            plan,
            {key: each.manifest for key, each in states.items() if each.manifest is not None},
            self.cluster,
            self.settings,
            lambda results, doing: told.append((results, doing)),
            lives={key: each.live for key, each in states.items() if each.live is not None},
            operation=operation,
            started=self.started,
            recorded=recorded,
        )
        phase, message, results = await self.executor.run()
        return Run(plan, phase, message, results, told)
