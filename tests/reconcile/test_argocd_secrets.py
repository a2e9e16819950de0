"""A private repository, opened with the Secret that an Argo CD in the cluster keeps for it."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
from pathlib import Path

from gitops_tui.demo import DemoCluster
from tests.git.servers import certificate, http_server

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata:\n  level: one\n"
TOKEN = "s3cr3t-t0ken-never-shown"


def test_a_private_repository_is_opened_with_argo_cds_secret(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG}, "first")
    served = tmp_path / "served"
    subprocess.run(["git", "clone", "-q", "--bare", str(made_repository.folder), str(served / "r.git")], check=True)
    with DemoCluster(delay=0) as cluster, http_server(served, user="mia", password=TOKEN) as server:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        url = server.url("r.git")
        line = [sys.executable, "-m", "gitops_tui", "--kubeconfig", str(kubeconfig), "--repo", url, "--path", "apps/*"]

        def status() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*line, "status", "-o", "json"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            )

        refused = status()
        assert refused.returncode == 2
        data = {"url": url, "username": "mia", "password": TOKEN}
        cluster.do("kubectl", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        cluster.do(
            "kubectl",
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": "repo",
                    "namespace": "argocd",
                    "labels": {"argocd.argoproj.io/secret-type": "repository"},
                },
                "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
            },
        )
        done = status()
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["applications"][0]["revision"]["subject"] == "first"
        assert TOKEN not in done.stdout + done.stderr


def test_a_server_that_argo_cd_was_told_to_trust_is_trusted(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG}, "first")
    served = tmp_path / "served"
    subprocess.run(["git", "clone", "-q", "--bare", str(made_repository.folder), str(served / "r.git")], check=True)
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with DemoCluster(delay=0) as cluster, http_server(served, context=context) as server:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        line = [sys.executable, "-m", "gitops_tui", "--kubeconfig", str(kubeconfig), "--repo", server.url("r.git")]
        line += ["--path", "apps/*", "status", "-o", "json"]
        refused = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert refused.returncode == 2
        assert "argocd-tls-certs-cm" in refused.stderr
        cluster.do("kubectl", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        cluster.do(
            "kubectl",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "argocd-tls-certs-cm", "namespace": "argocd"},
                "data": {"127.0.0.1": cert.read_text(), "broken.example.com": "nonsense"},
            },
        )
        done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["applications"][0]["revision"]["subject"] == "first"
