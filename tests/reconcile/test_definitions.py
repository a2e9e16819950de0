"""CustomResourceDefinitions of others count while a session runs: new kinds, changed types, without a refresh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

GAUGE = {
    "apiVersion": "a.example/v1",
    "kind": "Gauge",
    "metadata": {"name": "g", "namespace": "default"},
    "spec": {"max": "1Gi"},
}
KEY = ResourceKey("a.example", "Gauge", "default", "g")


def definition(most: dict[str, Any]) -> dict[str, Any]:
    spec = {"type": "object", "properties": {"max": most}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gauges.a.example"},
        "spec": {
            "group": "a.example",
            "scope": "Namespaced",
            "names": {"plural": "gauges", "singular": "gauge", "kind": "Gauge", "listKind": "GaugeList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    made = DemoCluster()
    made.start()
    yield made
    made.stop()


def test_a_new_kind_and_its_changed_types_count_without_a_refresh(
    cluster: DemoCluster, made_repository: Any, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    cluster.kubeconfig(kubeconfig)
    made_repository.commit({"app/gauge.yaml": yaml.safe_dump(GAUGE)})
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    engine = Engine(
        Request(repo=str(made_repository.folder), pattern="app", namespace="default", kubeconfig=kubeconfig), settings
    )

    def state() -> ResourceState | None:
        found = next(iter(engine.snapshot.applications.values()), None)
        return found.resources.get(KEY) if found is not None else None

    engine.start()
    try:
        until(lambda: (found := state()) is not None and "does not serve" in found.error)
        cluster.do("somebody", definition({"type": "string"}))
        until(lambda: (found := state()) is not None and found.drift.kind is DriftKind.MISSING)
        cluster.do("somebody", {**GAUGE, "spec": {"max": "1024Mi"}})
        # Text that differs, by the first types; the same quantity by the second.
        until(lambda: (found := state()) is not None and found.drift.kind is DriftKind.MODIFIED)
        cluster.do("somebody", definition({"x-kubernetes-int-or-string": True}))
        until(lambda: (found := state()) is not None and found.live is not None and not found.drift.is_drifted)
    finally:
        engine.stop()
