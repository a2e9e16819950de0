"""How long the main job takes on 200 objects of a real API server: the first verdict, and a change that is seen."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.kube import Cluster, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import GVK
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings

pytestmark = [pytest.mark.benchmark, pytest.mark.real]
CONFIGMAP = GVK("", "v1", "ConfigMap")

KINDS = {
    "ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata: {a: '1', b: 'two'}\n",
    "ServiceAccount": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s%d}\n",
    "Service": "apiVersion: v1\nkind: Service\nmetadata: {name: s%d}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n",
    "Deployment": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d%d}\nspec:\n  replicas: 0\n"
    "  selector: {matchLabels: {app: x}}\n  template:\n    metadata: {labels: {app: x}}\n"
    "    spec: {containers: [{name: a, image: 'example.com/a:1'}]}\n",
}


@pytest.fixture
def line(made_repository, real_kubeconfig: Path) -> list[str]:
    """The command line for an application of 200 objects."""
    files = {f"big/{kind.lower()}-{n}.yaml": text % n for kind, text in KINDS.items() for n in range(50)}
    made_repository.commit(files)
    namespace = f"bench-{uuid.uuid4().hex[:8]}"
    what = ["--repo", str(made_repository.folder), "--path", "big", "--namespace", namespace, "--create-namespace"]
    return [*what, "--kubeconfig", str(real_kubeconfig)]


def run(*line: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    start = time.monotonic()
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return time.monotonic() - start, done


def test_the_first_verdict_on_200_objects(line: list[str], made_repository, real_kubeconfig: Path) -> None:
    program = [sys.executable, "-m", "gitops_tui"]
    missing, done = run(*program, "status", *line, "-o", "json")
    (state,) = json.loads(done.stdout)["applications"]
    assert {each["drift"] for each in state["resources"]} == {"Missing"}
    assert len(state["resources"]) == 200
    created, done = run(*program, "sync", "big", *line, "--yes")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    again = []
    for _ in range(3):
        took, done = run(*program, "diff", "big", *line)
        assert done.returncode == 0, done.stdout
        again.append(took)
    print(
        f"\n200 objects: first verdict {missing:.2f} s, create {created:.2f} s, look again {min(again):.2f} s", end=""
    )
    if shutil.which("kubectl"):
        namespace = line[line.index("--namespace") + 1]
        files = str(made_repository.folder / "big")
        kubectl = [
            "kubectl",
            "--kubeconfig",
            str(real_kubeconfig),
            "-n",
            namespace,
            "diff",
            "--server-side",
            "-f",
            files,
        ]
        theirs, _ = run(*kubectl)
        print(f"; kubectl diff --server-side {theirs:.2f} s, {theirs / min(again):.1f} times ours")
    assert missing <= 3.0
    assert min(again) <= 3.0


def test_a_change_in_the_cluster_is_seen(line: list[str], real_kubeconfig: Path, tmp_path: Path) -> None:
    _, done = run(sys.executable, "-m", "gitops_tui", "sync", "big", *line, "--yes")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    namespace = line[line.index("--namespace") + 1]
    request = Request(repo=line[1], pattern="big", namespace=namespace, kubeconfig=real_kubeconfig, automatic=False)
    engine = Engine(request, Settings(cache_folder=tmp_path / "cache", state_folder=tmp_path / "state"))
    seen, synced = threading.Event(), threading.Event()

    def look(snapshot: Snapshot) -> None:
        for state in snapshot.applications.values():
            if not state.loading:
                modified = any(each.drift.kind is DriftKind.MODIFIED for each in state.resources.values())
                (seen if modified else synced).set()

    engine.subscribe(look)
    engine.start()
    try:
        assert synced.wait(120)
        bare, ours = asyncio.run(_changes(real_kubeconfig, namespace, seen, synced))
    finally:
        engine.stop()
    print(
        f"\na change is seen after {statistics.median(ours) * 1000:.0f} ms (worst {max(ours) * 1000:.0f}), "
        f"its write alone takes {statistics.median(bare) * 1000:.0f} ms"
    )
    assert max(ours) <= 0.3


async def _changes(
    kubeconfig: Path, namespace: str, seen: threading.Event, synced: threading.Event
) -> tuple[list[float], list[float]]:
    """(seconds of each write, seconds from its answer to our verdict)."""
    cluster = Cluster(pick(None, contexts(kubeconfig)), kubeconfig, Settings())
    await cluster.connect()
    bare, ours = [], []
    try:
        for number in range(10):
            for value in (f"x{number}", "1"):
                event = seen if value != "1" else synced
                event.clear()
                obj: dict[str, Any] = {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "c7", "namespace": namespace},
                    "data": {"a": value},
                }
                start = time.monotonic()
                await cluster.apply(obj, field_manager="dana")
                written = time.monotonic()
                assert await asyncio.to_thread(event.wait, 10)
                bare.append(written - start)
                ours.append(time.monotonic() - written)
    finally:
        await cluster.close()
    return bare, ours
