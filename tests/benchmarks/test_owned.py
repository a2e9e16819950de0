"""How long the tree beneath the managed objects takes: all of it, and after one event on a Pod."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from gitops_tui.kube import LiveStore, WatchStatus
from gitops_tui.model.keys import GVK
from gitops_tui.reconcile.owned import line, lineage, owned

pytestmark = pytest.mark.benchmark

DEPLOYMENT, REPLICA_SET, POD = GVK("apps", "v1", "Deployment"), GVK("apps", "v1", "ReplicaSet"), GVK("", "v1", "Pod")
ROOTS = 20_000


class Place:
    def __init__(self) -> None:
        self.store = LiveStore()

    def status(self, gvk: GVK, namespace: str = "") -> tuple[WatchStatus, str]:
        return WatchStatus.SYNCED, ""

    def put(self, gvk: GVK, name: str, owner: str = "", **parts: Any) -> dict[str, Any]:
        references = [{"uid": owner, "controller": True}] if owner else []
        metadata = {
            "name": name,
            "namespace": f"ns-{len(name)}",
            "uid": name,
            "generation": 1,
            "ownerReferences": references,
        }
        obj = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, **parts}
        self.store.put(gvk, obj)
        return obj

    def pod(self, name: str, owner: str, phase: str = "Running") -> dict[str, Any]:
        containers = [{"name": "app", "image": "registry.example/web:1.8"}]
        statuses = [{"name": "app", "ready": True, "restartCount": 0, "state": {"running": {}}}]
        status = {"phase": phase, "containerStatuses": statuses, "conditions": [{"type": "Ready", "status": "True"}]}
        return self.put(POD, name, owner, spec={"restartPolicy": "Always", "containers": containers}, status=status)


def test_one_event_among_80_000_objects() -> None:
    place = Place()
    counts = {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    roots = []
    for number in range(ROOTS):
        name = f"d{number}"
        roots.append(place.put(DEPLOYMENT, name, spec={"replicas": 2}, status=counts))
        place.put(REPLICA_SET, f"{name}-r", name, spec={"replicas": 2}, status=counts)
        for at in "ab":
            place.pod(f"{name}-r-{at}", f"{name}-r")
    gc.collect()
    begin = time.perf_counter()
    trees = [owned(place, root) for root in roots]
    whole = time.perf_counter() - begin
    assert sum(1 + len(tree[0].children) for tree in trees) == 3 * ROOTS
    worst = 0.0
    for number in range(200):
        begin = time.perf_counter()
        name = f"d{number * 97}"
        changed = place.pod(f"{name}-r-a", f"{name}-r", "Pending")
        root = lineage(place.store, changed)[-1]
        tree = owned(place, root)
        text = line(root, tree)
        worst = max(worst, time.perf_counter() - begin)
        assert text
        assert tree[0].children[1] is trees[number * 97][0].children[1]
    begin = time.perf_counter()
    for root in roots:
        owned(place, root)
    again = time.perf_counter() - begin
    print(
        f"\n{ROOTS:,} objects with {3 * ROOTS:,} owned: {whole * 1e3:.0f} ms at first, {again * 1e3:.0f} ms to look at all of "
        f"it again ({whole / again:.1f} times less), {worst * 1e3:.2f} ms for one event at worst ({whole / worst:,.0f} times less)"
    )
    assert worst <= 0.005
    assert whole / worst >= 200
