"""metrics.k8s.io for the demo: what each Pod would use, as metrics-server has it.

Served as a custom resource of that group and name; each Pod that runs gets a PodMetrics that moves a little with time."""

from __future__ import annotations

import math
import zlib
from datetime import UTC, datetime
from typing import Any

from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.model.keys import GVK

_POD = GVK("", "v1", "Pod")
_METRICS = GVK("metrics.k8s.io", "v1beta1", "PodMetrics")
_CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "pods.metrics.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, stands in for metrics-server"},
    },
    "spec": {
        "group": "metrics.k8s.io",
        "scope": "Namespaced",
        "names": {"kind": "PodMetrics", "listKind": "PodMetricsList", "plural": "pods", "singular": "podmetrics"},
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def serve_metrics(cluster: DemoCluster) -> None:
    """Makes the cluster serve the group; `measure` fills it."""
    cluster.do("metrics-server", _CRD)


def measure(cluster: DemoCluster, at: float) -> None:
    """Writes what each running Pod uses at that moment (seconds)."""
    found = cluster.call(lambda: list(cluster.objects.of_kind(_POD)))
    pods = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each
        for each in found
        if (each.get("status") or {}).get("phase") == "Running"
    }
    for (namespace, name), pod in pods.items():
        # Each Pod has its own level and its own rhythm, the same in every run.
        seed = zlib.crc32(name.encode())
        wave = math.sin(at / 60 + seed % 7) / 2 + 0.5
        cpu, memory = 20 + seed % 80 + 60 * wave, 60 + seed % 90 + 12 * wave
        containers = [
            {"name": each["name"], "usage": {"cpu": f"{cpu:.0f}m", "memory": f"{memory * 1024:.0f}Ki"}}
            for each in pod["spec"]["containers"]
        ]
        made = {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "metadata": {"name": name, "namespace": namespace},
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "window": "15s",
            "containers": containers,
        }
        cluster.do("metrics-server", made)
    for each in cluster.call(lambda: list(cluster.objects.of_kind(_METRICS))):
        place = (each["metadata"]["namespace"], each["metadata"]["name"])
        if place not in pods:
            cluster.remove(_METRICS, *place)
