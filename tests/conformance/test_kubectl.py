"""kubectl and Helm against the embedded cluster: what people type first must work as on a real one."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from tests.support.waiting import until

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "app:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: red}
"""
Run = subprocess.CompletedProcess[str]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on PATH")
    return found


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    program("kubectl")
    with DemoCluster(delay=0, secure=True) as cluster:
        yield cluster.kubeconfig(tmp_path_factory.mktemp("kubectl") / "kubeconfig")


class Kubectl:
    """kubectl in a namespace of its own."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        self.namespace, self.folder = f"k{uuid.uuid4().hex[:8]}", folder
        # HOME is a folder of the test, so no cache of another cluster is met.
        self.env = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(folder),
            "KUBECACHEDIR": str(folder / "cache"),
        }

    def run(self, *args: str, stdin: str = "", timeout: float = 60) -> Run:
        line = [program("kubectl"), "-n", self.namespace, *args]
        return subprocess.run(
            line, input=stdin, capture_output=True, text=True, check=False, timeout=timeout, env=self.env
        )

    def __call__(self, *args: str, stdin: str = "") -> str:
        """What it prints. Fails where kubectl does."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stdout}{done.stderr}"
        return done.stdout

    def apply(self, text: str = WEB, *args: str) -> str:
        return self("apply", "-f", "-", *args, stdin=text)

    def value(self, *path: str) -> str:
        return self("get", path[0], "-o", f"jsonpath={path[1]}")


@pytest.fixture
def kubectl(kubeconfig: Path, tmp_path: Path) -> Kubectl:
    made = Kubectl(kubeconfig, tmp_path)
    made("create", "namespace", made.namespace)
    return made


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()]


def test_get_prints_tables(kubectl: Kubectl) -> None:
    kubectl.apply()
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    head, row = rows(kubectl("get", "deployments"))
    assert head == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row[:4] == ["web", "2/2", "2", "2"]
    assert rows(kubectl("get", "services"))[1][:2] == ["web", "ClusterIP"]
    pods = rows(kubectl("get", "pods"))
    assert pods[0] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [row[1:3] for row in pods[1:]] == [["1/1", "Running"]] * 2
    assert "CONTAINERS" in kubectl("get", "deployments", "-o", "wide")
    everywhere = rows(kubectl("get", "pods,deployments", "-A"))
    assert everywhere[0][0] == "NAMESPACE"
    assert any(row[:1] == [kubectl.namespace] for row in everywhere)
    assert kubectl("get", "configmap", "settings", "-o", "name").strip() == "configmap/settings"


def test_apply_says_created_unchanged_configured(kubectl: Kubectl) -> None:
    assert [line.split()[-1] for line in kubectl.apply().splitlines()] == ["created"] * 3
    assert [line.split()[-1] for line in kubectl.apply().splitlines()] == ["unchanged"] * 3
    assert "configmap/settings configured" in kubectl.apply(WEB.replace("red", "green"))
    assert kubectl.value("configmap/settings", "{.data.color}") == "green"
    refused = kubectl.run("apply", "-f", "-", stdin=WEB.replace("replicas: 2", "replica: 2"))
    assert refused.returncode == 1
    assert 'unknown field "spec.replica"' in refused.stderr


def test_server_side_apply_names_who_conflicts(kubectl: Kubectl) -> None:
    assert "serverside-applied" in kubectl.apply(WEB, "--server-side", "--field-manager=one")
    changed = WEB.replace("red", "blue")
    refused = kubectl.run("apply", "-f", "-", "--server-side", "--field-manager=two", stdin=changed)
    assert refused.returncode == 1
    assert 'conflict with "one": .data.color' in refused.stderr
    kubectl.apply(changed, "--server-side", "--field-manager=two", "--force-conflicts")
    assert kubectl.value("configmap/settings", "{.data.color}") == "blue"


def test_diff_shows_what_would_change_and_changes_nothing(kubectl: Kubectl) -> None:
    kubectl.apply()
    assert kubectl.run("diff", "-f", "-", stdin=WEB).returncode == 0
    shown = kubectl.run("diff", "-f", "-", stdin=WEB.replace("red", "green"))
    assert shown.returncode == 1
    assert "-  color: red" in shown.stdout
    assert "+  color: green" in shown.stdout
    assert kubectl.value("configmap/settings", "{.data.color}") == "red"
    assert kubectl.run("diff", "--server-side", "--force-conflicts", "-f", "-", stdin=WEB).returncode in (0, 1)


def test_edit_writes_what_the_editor_wrote(kubectl: Kubectl) -> None:
    kubectl.apply()
    editor = kubectl.folder / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/color: red/color: pink/" "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    kubectl.env["KUBE_EDITOR"] = str(editor)
    assert "configmap/settings edited" in kubectl("edit", "configmap", "settings")
    assert kubectl.value("configmap/settings", "{.data.color}") == "pink"


def test_scale_and_rollout(kubectl: Kubectl) -> None:
    kubectl.apply()
    kubectl("scale", "deployment/web", "--replicas=3")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert kubectl.value("deployment/web", "{.status.readyReplicas}") == "3"
    kubectl("set", "image", "deployment/web", "app=app:2")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert kubectl.value("deployment/web", "{.spec.template.spec.containers[0].image}") == "app:1"
    history = rows(kubectl("rollout", "history", "deployment/web"))
    assert [row[0] for row in history if row and row[0].isdigit()] == ["2", "3"]
    before = kubectl.value("pods", "{.items[*].metadata.uid}")
    kubectl("rollout", "restart", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    until(lambda: not set(before.split()) & set(kubectl.value("pods", "{.items[*].metadata.uid}").split()))


def test_tokens_quotas_nodes_and_kinds_that_nobody_has(kubectl: Kubectl) -> None:
    kubectl("create", "serviceaccount", "robot")
    assert len(kubectl("create", "token", "robot").split()) == 1
    short = kubectl.run("create", "token", "robot", "--duration=1s")
    assert "may not specify a duration less than 10 minutes" in short.stderr
    kubectl("create", "quota", "few", "--hard=secrets=0")
    refused = kubectl.run("create", "secret", "generic", "one")
    assert "exceeded quota: few, requested: secrets=1, used: secrets=0, limited: secrets=0" in refused.stderr
    until(lambda: kubectl.value("quota/few", "{.status.used.secrets}") == "0")
    assert rows(kubectl("get", "nodes", "--no-headers"))[0][1] == "Ready"
    unknown = kubectl.run("create", "-f", "-", stdin='{"apiVersion": "v1", "kind": "Nope", "metadata": {"name": "x"}}')
    assert 'no matches for kind "Nope" in version "v1"' in unknown.stderr


def test_wait_and_delete(kubectl: Kubectl) -> None:
    kubectl.apply()
    assert "condition met" in kubectl("wait", "deployment/web", "--for=condition=Available", "--timeout=30s")
    assert 'configmap "settings" deleted' in kubectl("delete", "configmap", "settings")
    kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=30s")
    assert rows(kubectl("get", "replicasets,pods")) == []
    missed = kubectl.run("get", "configmap", "settings")
    assert missed.returncode == 1
    assert 'Error from server (NotFound): configmaps "settings" not found' in missed.stderr
    kubectl("delete", "namespace", kubectl.namespace, "--timeout=30s")


def test_logs_follow(kubectl: Kubectl) -> None:
    kubectl.apply()
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    pod = kubectl.value("pods", "{.items[0].metadata.name}")
    assert kubectl("logs", pod, "--tail=1").count("\n") == 1
    stamped = kubectl("logs", pod, "--timestamps", "--tail=1")
    assert stamped[:2] == "20"
    follower = subprocess.Popen(
        [program("kubectl"), "-n", kubectl.namespace, "logs", "-f", pod],
        stdout=subprocess.PIPE,
        text=True,
        env=kubectl.env,
    )
    try:
        assert follower.stdout is not None
        assert follower.stdout.readline().strip()
        assert follower.poll() is None  # it goes on
    finally:
        follower.terminate()
        follower.communicate(timeout=10)
    refused = kubectl.run("logs", pod, "-c", "none")
    assert f"container none is not valid for pod {pod}" in refused.stderr


def test_explain_and_api_resources(kubectl: Kubectl) -> None:
    told = kubectl("explain", "deployment.spec.replicas")
    assert "FIELD: replicas <integer>" in told
    assert "Number of desired pods" in told
    listed = {tuple(row[:1] + row[-1:]) for row in rows(kubectl("api-resources"))[1:]}
    assert {
        ("deployments", "Deployment"),
        ("pods", "Pod"),
        ("customresourcedefinitions", "CustomResourceDefinition"),
    } <= listed
    assert "apps/v1" in kubectl("api-versions").splitlines()


def test_auth_can_i(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "delete", "pods").strip() == "yes"
    assert "*.*" in kubectl("auth", "can-i", "--list")
    assert kubectl("auth", "whoami", "-o", "json").strip().startswith("{")


def test_a_patch_of_each_type(kubectl: Kubectl) -> None:
    kubectl.apply()
    kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":1}}')
    kubectl(
        "patch",
        "deployment",
        "web",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"app:9"}]}}}}',
    )
    kubectl("patch", "configmap", "settings", "--type=json", "-p", '[{"op":"add","path":"/data/size","value":"9"}]')
    kubectl("label", "configmap", "settings", "team=a")
    kubectl("annotate", "configmap", "settings", "note=b")
    found = json.loads(kubectl("get", "configmap", "settings", "-o", "json"))
    assert found["data"] == {"color": "red", "size": "9"}
    assert found["metadata"]["labels"] == {"team": "a"}


def test_a_custom_kind_is_there_at_once(kubectl: Kubectl) -> None:
    group = f"{kubectl.namespace}.example.com"
    schema = '{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}'
    definition = f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gears.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: gears, singular: gear, kind: Gear}}
  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]
"""
    kubectl.apply(definition)
    kubectl("wait", f"crd/gears.{group}", "--for=condition=Established", "--timeout=30s")
    kubectl.apply(f"apiVersion: {group}/v1\nkind: Gear\nmetadata: {{name: g}}\nspec: {{size: 3}}\n")
    assert rows(kubectl("get", f"gears.{group}"))[1][0] == "g"
    kubectl("delete", "crd", f"gears.{group}", "--timeout=30s")


def test_helm_installs_upgrades_rolls_back_and_uninstalls(kubectl: Kubectl) -> None:
    helm = program("helm")
    chart = kubectl.folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text("color: red\n")
    text = WEB.replace("color: red", "color: {{ .Values.color }}")
    (chart / "templates" / "web.yaml").write_text(text)

    def run(*args: str) -> str:
        line = [helm, "-n", kubectl.namespace, *args]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=90, env=kubectl.env)
        assert done.returncode == 0, f"helm {' '.join(args)}: {done.stdout}{done.stderr}"
        return done.stdout

    assert "STATUS: deployed" in run("install", "app", str(chart), "--wait", "--timeout=40s")
    run("upgrade", "app", str(chart), "--set", "color=blue", "--wait", "--timeout=40s")
    assert kubectl.value("configmap/settings", "{.data.color}") == "blue"
    run("rollback", "app", "1", "--wait", "--timeout=40s")
    assert kubectl.value("configmap/settings", "{.data.color}") == "red"
    assert [each["revision"] for each in json.loads(run("history", "app", "-o", "json"))] == [1, 2, 3]
    run("uninstall", "app", "--wait", "--timeout=40s")
    assert "settings" not in kubectl("get", "configmaps")
