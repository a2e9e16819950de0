"""Our verdict against a real API server's dry run, for a seeded run of mutations. Order in keyed lists and sets is ours
to pass over, so it isn't mutated."""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare import clean_live, compare

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on the PATH")]

POD = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {
        "containers": [
            {
                "name": "app",
                "image": "nginx:1",
                "args": ["a", "b"],
                "env": [{"name": "A", "value": "1"}],
                "ports": [{"containerPort": 80}],
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
            },
            {"name": "side", "image": "busybox:1"},
        ],
        "volumes": [{"name": "c", "configMap": {"name": "cm"}}],
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    },
}
OBJECTS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "", "f": "x\ny\n"}},
    {"apiVersion": "v1", "kind": "Secret", "data": {"r": "YWJj"}, "type": "Opaque"},
    {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {"selector": {"app": "x"}, "ports": [{"name": "h", "port": 80, "targetPort": 8080}]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": POD},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
    },
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in pairs:
        yield (*path, name)
        yield from _places(below, (*path, name))


def _mutated(obj: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    made = copy.deepcopy(obj)
    places = [p for p in _places(made) if p[0] not in ("apiVersion", "kind", "type") and p[:2] != ("metadata", "name")]
    *before, last = chance.choice([p for p in places if len(p) > 1 and "selector" not in p])
    parent: Any = made
    for name in before:
        parent = parent[name]
    value = parent[last]
    if chance.random() < 0.4:
        del parent[last]
    elif isinstance(value, bool):
        parent[last] = not value
    elif isinstance(value, int):
        parent[last] = value + 1
    elif value == "500m":
        parent[last] = "0.5"
    elif isinstance(value, str):
        parent[last] = value + "x"
    elif isinstance(value, dict):
        parent[last] = {**value}
    return made


def _bare(obj: dict[str, Any]) -> dict[str, Any]:
    made = clean_live(obj)
    # A controller notes its revision there at a time of its own.
    made["metadata"] = {name: value for name, value in made["metadata"].items() if name != "annotations"}
    return made


class _Cluster:
    def __init__(self, kubeconfig: str) -> None:
        self.base = ["kubectl", "--kubeconfig", kubeconfig, "-n", "default"]

    def apply(self, obj: dict[str, Any], *more: str) -> dict[str, Any] | None:
        line = [*self.base, "apply", "--server-side", "--force-conflicts", "--field-manager=gitops-tui", *more]
        done = subprocess.run(
            [*line, "-o", "json", "--show-managed-fields", "-f", "-"],
            input=json.dumps(obj),
            text=True,
            capture_output=True,
            check=False,
        )
        return dict(json.loads(done.stdout)) if done.returncode == 0 else None

    def delete(self, obj: dict[str, Any]) -> None:
        line = [*self.base, "delete", obj["kind"], obj["metadata"]["name"], "--wait=false"]
        subprocess.run(line, capture_output=True, check=False)


def test_our_verdict_is_the_servers(real_kubeconfig: Path) -> None:
    cluster = _Cluster(str(real_kubeconfig))
    chance = random.Random(7)
    wrong = []
    for base in OBJECTS:
        obj = {**base, "metadata": {"name": f"verdict-{uuid.uuid4().hex[:8]}", "labels": {"l": "1"}}}
        assert cluster.apply(obj) is not None
        try:
            for _ in range(12):
                wanted = _mutated(obj, chance)
                dry = cluster.apply(wanted, "--dry-run=server")
                live = cluster.apply(obj)
                assert live is not None
                if dry is None:
                    continue
                ours, servers = compare(wanted, live).is_drifted, _bare(dry) != _bare(live)
                if ours != servers:
                    wrong.append((wanted, ours, servers))
        finally:
            cluster.delete(obj)
    assert not wrong
