"""`gitops-tui logs` on the embedded cluster and on a real API server."""

from __future__ import annotations

import json

from tests.support.waiting import until

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "nginx:1.27"}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: '1'}\n"


def test_the_logs_of_an_object(cli, made_repository) -> None:
    app = cli.app
    made_repository.commit({f"apps/{app}/d.yaml": DEPLOYMENT, f"apps/{app}/c.yaml": CONFIG})
    assert cli("sync", app, "--yes").code == 0
    said = cli("logs", app, "ConfigMap/flags")
    assert (said.code, said.out) == (1, "")
    assert "there is no pod" in said.err
    wrong = cli("logs", app, "Deployment/nobody")
    assert wrong.code == 2
    assert "Deployment/web" in wrong.err
    assert cli("logs", app, "Deployment/web", "--since", "soon").code == 2
    if cli.name == "real":
        # Nothing runs there: no kubelet is asked.
        assert cli("logs", app, "Deployment/web").out == ""
        return
    until(lambda: cli("logs", app, "Deployment/web").out.count("app started") >= 2)
    found = cli("logs", f"{app}/Deployment/web", "--timestamps")
    assert found.code == 0, found.err
    assert found.out.count("app started") == 2
    first = found.out.splitlines()[0]
    assert first.startswith("web-") and "/app 20" in first
    lines = [json.loads(each) for each in cli("logs", app, "-o", "json", "--tail", "1").out.splitlines()]
    assert len(lines) == 2
    assert {each["container"] for each in lines} == {"app"}
    refused = cli("logs", app, "Deployment/web", "--previous")
    assert refused.code == 1
    assert "previous terminated container" in refused.err
