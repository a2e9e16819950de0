"""How long a sync of 2,000 objects takes on a real API server, whole-plan dry run included: beside kubectl's two runs (its
dry run, then its apply) on the same files, and beside a bare loop that sends the same requests over eight connections."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.kube import Cluster, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.keys import GVK
from gitops_tui.settings import Settings

pytestmark = [pytest.mark.benchmark, pytest.mark.real]

_EACH = 500
KINDS = {
    "ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\ndata: {{a: '{v}', b: 'two'}}\n",
    "Secret": "apiVersion: v1\nkind: Secret\nmetadata: {{name: s{n}}}\nstringData: {{a: '{v}'}}\n",
    "Service": "apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}, labels: {{v: '{v}'}}}}\n"
    "spec: {{clusterIP: None, selector: {{app: x}}, ports: [{{port: 80}}]}}\n",
    "Deployment": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{n}, labels: {{v: '{v}'}}}}\nspec:\n"
    "  replicas: 0\n  selector: {{matchLabels: {{app: x}}}}\n  template:\n    metadata: {{labels: {{app: x}}}}\n"
    "    spec: {{containers: [{{name: a, image: 'example.com/a:1'}}]}}\n",
}


def _files(version: int) -> dict[str, str]:
    return {
        f"bulk/{kind.lower()}-{n}.yaml": text.format(n=n, v=version)
        for kind, text in KINDS.items()
        for n in range(_EACH)
    }


def _run(*line: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    start = time.monotonic()
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return time.monotonic() - start, done


async def _bare(kubeconfig: Path, namespace: str, files: dict[str, str]) -> float:
    """The same requests, each after the other, by eight at once, and nothing else."""
    cluster = Cluster(pick(None, contexts(kubeconfig)), kubeconfig, Settings())
    await cluster.connect()
    try:
        objects = [yaml.load(text, yaml.CSafeLoader) for text in files.values()]
        for obj in objects:
            obj["metadata"]["namespace"] = namespace
        begun = time.monotonic()
        for dry in ({"dryRun": "All"}, {}):
            waiting = iter(objects)

            async def work(waiting: Any = waiting, dry: dict[str, str] = dry) -> None:
                for obj in waiting:
                    kind = cluster.discovery.find(GVK.of(obj["apiVersion"], obj["kind"]))
                    await cluster.transport.request(
                        "PATCH",
                        kind.path(namespace, obj["metadata"]["name"]),
                        params={"fieldManager": "bare", "force": "true", **dry},
                        body=obj,
                        content_type="application/apply-patch+yaml",
                    )

            await asyncio.gather(*(work() for _ in range(8)))
        return time.monotonic() - begun
    finally:
        await cluster.close()


def test_2000_created_and_2000_changed(made_repository, real_kubeconfig: Path) -> None:
    program = [sys.executable, "-m", "gitops_tui"]
    kubectl = shutil.which("kubectl")
    names = {who: f"bench-{who}-{uuid.uuid4().hex[:6]}" for who in ("ours", "kubectl", "bare")}
    base = ["kubectl", "--kubeconfig", str(real_kubeconfig)]
    if kubectl is None:
        pytest.skip("needs kubectl to compare with")
    for name in names.values():
        _run(*base, "create", "namespace", name)
    took: dict[str, dict[str, float]] = {}
    try:
        for version, what in ((1, "create"), (2, "change")):
            made_repository.commit(_files(version), what)
            line = ["--repo", str(made_repository.folder), "--path", "bulk", "--namespace", names["ours"]]
            line += ["--kubeconfig", str(real_kubeconfig)]
            apply = [
                *base,
                "-n",
                names["kubectl"],
                "apply",
                "--server-side",
                "-f",
                str(made_repository.folder / "bulk"),
            ]
            ours, done = _run(*program, "sync", "bulk", *line, "--yes", "-o", "json")
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
            dry, first = _run(*apply, "--dry-run=server")
            real, second = _run(*apply)
            assert (first.returncode, second.returncode) == (0, 0), second.stderr[-2000:]
            bare = asyncio.run(_bare(real_kubeconfig, names["bare"], _files(version)))
            took[what] = {"ours": ours, "kubectl": dry + real, "bare": bare}
        again, done = _run(*program, "sync", "bulk", *line, "--yes", "-o", "json")
        assert done.returncode == 0
        assert _writes(done.stdout) == 0, done.stdout[-2000:]
    finally:
        _run(*base, "delete", "namespace", "--wait=false", *names.values())
    for what, each in took.items():
        print(
            f"\n2,000 {what}d: ours {each['ours']:.1f} s, kubectl {each['kubectl']:.1f} s"
            f" ({each['kubectl'] / each['ours']:.1f} times ours), bare loop {each['bare']:.1f} s"
            f" (ours is {each['ours'] / each['bare']:.2f} of it)",
            end="",
        )
    print(f"; in sync {again:.2f} s and no write")
    for each in took.values():
        assert each["ours"] < each["kubectl"]


def _writes(out: str) -> int:
    """How many objects a sync changed, by its JSON."""
    found = json.loads(out)
    results = (found.get("operation") or {}).get("results") or []
    return sum(each["status"] != "Unchanged" for each in results)
