"""The embedded cluster by itself: `demo --serve`, TLS, and what typed clients send."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.http.protobuf import read
from gitops_tui.demo.registry.resources import Catalogue
from gitops_tui.model.keys import GVK


def ask(place: Path, path: str, *, user: int = 0, body: Any = None) -> Any:
    """The answer of the server of a kubeconfig, whose certificate must be the one it names. user: by its place there."""
    import base64

    config = yaml.safe_load(place.read_text())
    cluster = config["clusters"][0]["cluster"]
    trusted = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=trusted)
    headers = {"Authorization": "Bearer " + config["users"][user]["user"]["token"]}
    data = None if body is None else json.dumps(body).encode()
    if data:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(cluster["server"] + path, data, headers)
    with urllib.request.urlopen(request, context=context, timeout=120) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("line", [["-m", "gitops_tui", "demo", "--serve"], ["-m", "gitops_tui.demo"]])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, line: list[str]) -> None:
    place = tmp_path / "kubeconfig"
    program = [sys.executable, *line, "--empty", "--kubeconfig", str(place)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert "https://127.0.0.1:" in running.stdout.readline()
        running.stdout.readline()
        assert f"KUBECONFIG={place}" in running.stdout.readline()
        assert ask(place, "/api/v1/namespaces/default")["kind"] == "Namespace"
        running.send_signal(signal.SIGINT)
        assert running.wait(120) == 0


def test_served_rights_and_faults_are_there_where_they_are_asked_for(tmp_path: Path) -> None:
    place = tmp_path / "kubeconfig"
    line = [
        "-m",
        "gitops_tui",
        "demo",
        "--serve",
        "--empty",
        "--rbac",
        "default",
        "--faults",
        "--kubeconfig",
        str(place),
    ]
    with subprocess.Popen([sys.executable, *line], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while "faults: POST" not in running.stdout.readline():
            pass
        contexts = yaml.safe_load(place.read_text())["contexts"]
        assert [each["name"] for each in contexts] == ["demo", "demo-reader", "demo-tenant"]
        flags = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags", "namespace": "default"}}
        assert ask(place, "/api/v1/configmaps", user=1)["kind"] == "ConfigMapList"
        for user, path, body in (
            (1, "/api/v1/namespaces/default/configmaps", flags),
            (2, "/api/v1/configmaps", None),
            (1, "/demo/faults", {"does": "error", "status": 500}),
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                ask(place, path, user=user, body=body)
            assert refused.value.code == 403
        assert ask(place, "/api/v1/namespaces/default/configmaps", user=2, body=flags)["metadata"]["name"] == "flags"
        ask(place, "/demo/faults", body={"does": "error", "status": 503, "resources": ["secrets"]})
        with pytest.raises(urllib.error.HTTPError) as broken:
            ask(place, "/api/v1/secrets")
        assert broken.value.code == 503
        running.send_signal(signal.SIGINT)
        assert running.wait(120) == 0


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    place = tmp_path / "none" / "kubeconfig"
    done = subprocess.run(
        [sys.executable, "-m", "gitops_tui", "demo", "--serve", "--empty", "--kubeconfig", str(place)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "is no folder" in done.stderr


def test_another_clusters_kubeconfig_is_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "config"
    place.write_text("clusters: [{name: production}]")
    done = subprocess.run(
        [sys.executable, "-m", "gitops_tui.demo", "--empty", "--kubeconfig", str(place)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, place.read_text()) == (2, "clusters: [{name: production}]")
    assert "name another file" in done.stderr


def test_the_fixture_runs(demo_cluster: DemoCluster) -> None:
    made = demo_cluster.do(
        "one", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
    )
    assert made["metadata"]["uid"]


def varint(number: int) -> bytes:
    made = b""
    while number > 0x7F:
        made += bytes([number & 0x7F | 0x80])
        number >>= 7
    return made + bytes([number])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def test_a_typed_clients_deployment_is_read() -> None:
    label = field(1, b"app") + field(2, b"d")
    port = field(3, 80) + field(4, b"TCP")
    limit = field(1, b"cpu") + field(2, field(1, b"500m"))
    container = field(1, b"web") + field(2, b"w:1") + field(6, port) + field(8, field(1, limit))
    template = field(1, field(11, label)) + field(2, field(2, container))
    spec = field(1, 3) + field(2, field(1, label)) + field(3, template)
    deployment = field(1, field(1, b"d") + field(11, label)) + field(2, spec)
    kind = field(1, b"apps/v1") + field(2, b"Deployment")
    body = b"k8s\0" + field(1, kind) + field(2, deployment)
    resource = Catalogue.of_builtin().of(GVK("apps", "v1", "Deployment"))
    assert resource is not None
    labels = {"app": "d"}
    assert read(body, resource.type) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "labels": labels},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "w:1",
                            "ports": [{"containerPort": 80, "protocol": "TCP"}],
                            "resources": {"limits": {"cpu": "500m"}},
                        }
                    ]
                },
            },
        },
    }
    with pytest.raises(ValueError, match="unexpected EOF"):
        read(body[:-3], resource.type)
