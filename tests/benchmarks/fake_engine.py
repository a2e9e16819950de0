"""An engine that is not there: `APPLICATIONS` x `RESOURCES` resources, made up. Run as a program it is the real screen
on it, for what has to be measured in a terminal: `python fake_engine.py [APPLICATIONS RESOURCES [open]]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.drift import Drift, DriftKind, FieldDifference, Owner, Reason
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ApplicationState, ClusterState, Link, ResourceState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.settings import Settings

KINDS = (("apps", "Deployment"), ("", "Service"), ("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount"))
HEALTHY = Health(HealthStatus.HEALTHY)


def deployment(key: ResourceKey, replicas: int) -> dict[str, Any]:
    container = {"name": "app", "image": f"registry.example/{key.name}:1.8", "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1" if key.group else "v1",
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": {"app": key.name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": key.name}},
            "template": {"metadata": {"labels": {"app": key.name}}, "spec": {"containers": [container]}},
        },
    }


def resource(app: str, number: int, *, drifted: bool) -> ResourceState:
    """One resource; a drifted one has two replicas too many."""
    group, kind = KINDS[number % len(KINDS)]
    key = ResourceKey(group, kind, app, f"{app}-{kind.lower()}-{number:05}")
    drift = Drift(DriftKind.NONE)
    if drifted:
        owner = Owner("kubectl-edit", "Update", datetime.now(UTC))
        drift = Drift(DriftKind.MODIFIED, (FieldDifference("spec.replicas", 3, 5, Reason.DIFFERS, owner),))
    sync = SyncStatus.OUT_OF_SYNC if drifted else SyncStatus.SYNCED
    desired = deployment(key, 3)
    manifest = Manifest(
        key, desired["apiVersion"], desired, Origin(f"apps/{app}/{key.name}.yaml", 1, 1, "a" * 40), key.name
    )
    return ResourceState(
        key, desired["apiVersion"], sync, drift, HEALTHY, manifest, deployment(key, 5 if drifted else 3)
    )


def picture(applications: int, resources: int, *, drifted_each: int = 2) -> Snapshot:
    """A Snapshot; the last `drifted_each` resources of every third application are drifted."""
    made = {}
    for number in range(applications):
        name = f"team-{number:02}"
        key = AppKey("prod-eu", "", name)
        bad = drifted_each if number % 3 == 0 else 0
        states = [resource(name, at, drifted=at >= resources - bad) for at in range(resources)]
        source = Source("https://git.example/infra", f"apps/{name}", "main")
        app = Application(key, (source,), Destination(name="prod-eu", namespace=name))
        made[key] = ApplicationState(
            app,
            loading=False,
            sync=SyncStatus.OUT_OF_SYNC if bad else SyncStatus.SYNCED,
            health=HealthStatus.HEALTHY,
            resources={each.key: each for each in states},
        )
    cluster = ClusterState("prod-eu", Link.LIVE, datetime.now(UTC))
    return Snapshot(1, made, (cluster,), starting=False)


def with_change(snapshot: Snapshot, app: AppKey, state: ResourceState) -> Snapshot:
    """The Snapshot with one resource's state replaced; all else are the same objects, as the engine keeps them."""
    before = snapshot.applications[app]
    after = replace(before, resources={**before.resources, state.key: state})
    return replace(snapshot, generation=snapshot.generation + 1, applications={**snapshot.applications, app: after})


class FakeEngine:
    """EngineApi as far as the screen looks at it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.settings, self.snapshot = Settings(), snapshot

    def start(self) -> None: ...
    def stop(self, timeout: float = 5.0) -> None: ...
    def follow_usage(self, app: AppKey, key: ResourceKey, uid: str, callback: Any) -> Callable[[], None]:
        return lambda: None

    def look_beneath(self, app: AppKey) -> None: ...

    def subscribe(self, callback: object) -> object:
        return lambda: None

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        future: Future[None] = Future()
        future.set_result(None)
        return future

    def three_way(self, app: AppKey, key: ResourceKey) -> Future[object]:
        """As after a sync of what the cluster has but for one replica less."""
        from gitops_tui.compare.threeway import three_way_rows
        from gitops_tui.model.threeway import ThreeWay

        state = self.snapshot.applications[app].resources[key]
        now = state.manifest.obj if state.manifest is not None else None
        future: Future[object] = Future()
        future.set_result(ThreeWay(key, three_way_rows(deployment(key, 2), now, state.live, state.drift), "b" * 40))
        return future


def main() -> int:
    from gitops_tui.tui import run
    from gitops_tui.tui.app import GitOpsApp
    from gitops_tui.tui.treerow import Node

    applications, resources = (int(each) for each in (sys.argv[1:3] or ("40", "500")))
    if "open" in sys.argv:
        recall = GitOpsApp._recall

        def opened(self: GitOpsApp) -> None:
            """Everything open, as after a person opened it."""
            recall(self)
            for number in range(applications):
                key = AppKey("prod-eu", "", f"team-{number:02}")
                for kind in ("", *(f"{name}.{group}" if group else name for group, name in KINDS)):
                    self.tree_pane.layout_rows.opened.said[Node(key, kind)] = True

        GitOpsApp._recall = opened  # type: ignore[method-assign]
    return run(lambda: FakeEngine(picture(applications, resources)), Settings(), title="bench")  # type: ignore[arg-type,return-value]


if __name__ == "__main__":
    sys.exit(main())
