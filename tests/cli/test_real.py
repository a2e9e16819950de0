"""The main job on a real API server: drift, sync, prune, roll back, pause."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.27", resources: {limits: {cpu: 1000m}}, ports: [{containerPort: 80}]}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: '1'}\n"


@pytest.fixture
def cli(made_repository, real_kubeconfig: Path):
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    name = f"web-{uuid.uuid4().hex[:6]}"

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        where = ["--repo", str(made_repository.folder), "--path", f"apps/{name}", "--namespace", namespace]
        line = [sys.executable, "-m", "gitops_tui", *where, "--create-namespace", "--kubeconfig", str(real_kubeconfig)]
        return subprocess.run(
            [*line, *args], capture_output=True, text=True, check=False, timeout=90, stdin=subprocess.DEVNULL
        )

    run.name = name  # type: ignore[attr-defined]
    run.namespace = namespace  # type: ignore[attr-defined]
    return run


def test_the_main_job(cli, made_repository, real_kubeconfig: Path) -> None:
    app, folder = cli.name, f"apps/{cli.name}"
    first = made_repository.commit({f"{folder}/d.yaml": DEPLOYMENT % 1, f"{folder}/c.yaml": CONFIG}, "first")
    assert cli("diff", app).returncode == 1
    refused = cli("sync", app)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    done = cli("sync", app, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert cli("diff", app).returncode == 0
    again = json.loads(cli("sync", app, "--yes", "-o", "json").stdout)
    assert again["operation"] is None

    kubectl = ["kubectl", "--kubeconfig", str(real_kubeconfig), "-n", cli.namespace]
    subprocess.run([*kubectl, "scale", "deploy/web", "--replicas=4"], check=True)
    drifted = json.loads(cli("diff", app, "-o", "json").stdout)
    (difference,) = drifted["resources"][0]["differences"]
    assert (difference["path"], difference["desired"], difference["live"]) == ("spec.replicas", 1, 4)

    made_repository.commit({f"{folder}/c.yaml": None, f"{folder}/d.yaml": DEPLOYMENT % 2}, "second")
    assert cli("sync", app, "--yes").returncode == 0
    kept = json.loads(cli("status", app, "-o", "json").stdout)["applications"][0]
    assert {each["name"]: each["drift"] for each in kept["resources"]} == {"web": "None", "flags": "Extra"}
    assert cli("sync", app, "--yes", "--prune").returncode == 0
    assert cli("diff", app).returncode == 0

    back = cli("rollback", app, first, "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    pinned = json.loads(cli("status", app, "-o", "json").stdout)["applications"][0]
    assert pinned["pin"]["revision"] == first
    assert (pinned["behind"], pinned["sync"]) == (1, "Synced")
    marks = {each["sha"]: each["marks"] for each in json.loads(cli("history", app, "-o", "json").stdout)["commits"]}
    assert {"deployed", "pinned"} <= set(marks[first])

    paused = json.loads(cli("pause", app, "--reason", "INC-42", "--until", "2h", "-o", "json").stdout)
    assert paused["pause"]["reason"] == "INC-42"
    assert cli("resume", app).returncode == 0


def test_a_plan_that_the_server_refuses_applies_nothing(cli, made_repository) -> None:
    app, folder = cli.name, f"apps/{cli.name}"
    made_repository.commit({f"{folder}/c.yaml": CONFIG})
    assert cli("sync", app, "--yes").returncode == 0
    bad = (DEPLOYMENT % 1).replace("app: web}}\n  template", "app: other}}\n  template")
    made_repository.commit({f"{folder}/d.yaml": bad, f"{folder}/c.yaml": CONFIG.replace("'1'", "'2'")})
    failed = cli("sync", app, "--yes")
    assert failed.returncode == 1
    assert "nothing was applied" in failed.stdout
    assert "selector" in failed.stdout
    assert "a: '1'" in cli("diff", app).stdout.replace('"', "'")


def test_an_unknown_context_and_application_are_said_so(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.name}/c.yaml": CONFIG})
    wrong = cli("status", "--context", "rael")
    assert wrong.returncode == 2
    assert "Did you mean real?" in wrong.stderr
    assert "there is no application 'nope'" in cli("diff", "nope").stderr
    assert "Traceback" not in wrong.stderr
