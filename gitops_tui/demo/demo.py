"""The demo as a whole: cluster, repository, what was deployed earlier, and people who change things by hand."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import yaml

from gitops_tui.demo import sample
from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.demo.metrics import measure, serve_metrics
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.settings import APPLICATION_LABEL, FIELD_MANAGER, TRACKING_ANNOTATION

_DEPLOYMENT = GVK("apps", "v1", "Deployment")
_CONFIGMAP = GVK("", "v1", "ConfigMap")


class Demo:
    """A running demo. kubeconfig, repository and applications (Application files) are paths."""

    def __init__(self, folder: Path, cluster: DemoCluster | None = None) -> None:
        self.cluster = cluster or DemoCluster()
        self.repository = folder / "infra"
        self.applications = folder / "applications"
        self.kubeconfig = folder / "kubeconfig"
        self._stop = threading.Event()
        self._random = random.Random(7)  # noqa: S311 - a script, not a secret

    def start(self) -> None:
        """Starts the cluster, makes the repository, and deploys what people synced earlier."""
        self.cluster.start()
        self.cluster.kubeconfig(self.kubeconfig)
        self.repository.mkdir()
        sample.build(self.repository)
        self.applications.mkdir()
        for name in sample.APPS:
            text = sample.application(name, self.repository, automated=name == "web")
            (self.applications / f"{name}.yaml").write_text(text, encoding="utf-8")
        self._deploy()
        self._drift_before()

    def stop(self) -> None:
        self._stop.set()
        self.cluster.stop()

    def start_drifting(self, interval: float = 25.0) -> None:
        """Changes something by hand every `interval` seconds, and has what Pods use measured, in threads."""
        threading.Thread(target=self._drift, args=(interval,), name="demo-drift", daemon=True).start()
        serve_metrics(self.cluster)
        threading.Thread(target=self._measure, name="demo-metrics", daemon=True).start()

    def _deploy(self) -> None:
        for app in sample.APPS:
            self.cluster.do("kubectl", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": app}})
            for file in sorted((self.repository / "apps" / app).glob("*.yaml")):
                for obj in yaml.safe_load_all(file.read_text(encoding="utf-8")):
                    self._apply(app, obj)

    def _apply(self, app: str, obj: dict[str, Any]) -> None:
        metadata = obj["metadata"]
        metadata["namespace"] = app
        key = ResourceKey.of(obj)
        metadata["annotations"] = {TRACKING_ANNOTATION: f"{app}:{key.group}/{key.kind}:{key.namespace}/{key.name}"}
        metadata["labels"] = {**(metadata.get("labels") or {}), APPLICATION_LABEL: app}
        self.cluster.do(FIELD_MANAGER, obj)

    def _drift_before(self) -> None:
        """What a newcomer finds: a scaled workload, an edited setting, a missing object, one that Git has no longer."""
        self._scale("shop", "checkout", 5)
        self._edit("payments", "payments-settings", "tier", "gold")
        self.cluster.remove(_CONFIGMAP, "observability", "observability-settings")
        old = yaml.safe_load(sample.config("shop-promo-2023", banner="winter"))
        self._apply("shop", old)

    def _scale(self, namespace: str, name: str, replicas: int) -> None:
        found = self.cluster.objects.get(_DEPLOYMENT, namespace, name)
        if found is not None:
            self.cluster.do(
                "kubectl-scale", {**found, "spec": {**found["spec"], "replicas": replicas}}, operation="Update"
            )

    def _edit(self, namespace: str, name: str, key: str, value: str) -> None:
        found = self.cluster.objects.get(_CONFIGMAP, namespace, name)
        if found is not None:
            self.cluster.do("kubectl-edit", {**found, "data": {**found["data"], key: value}}, operation="Update")

    def _measure(self) -> None:
        wait = 1.0
        while not self._stop.wait(wait):
            measure(self.cluster, time.time())
            wait = 15.0

    def _drift(self, interval: float) -> None:
        while not self._stop.wait(interval):
            app = self._random.choice(list(sample.APPS))
            name = self._random.choice(sample.APPS[app])
            if self._random.random() < 0.6:
                self._scale(app, name, self._random.randint(1, 5))
            else:
                self._edit(app, f"{app}-settings", "region", self._random.choice(["eu-west", "eu-north", "us-east"]))


def start_demo(folder: Path) -> Demo:
    """A running demo in an empty folder."""
    demo = Demo(folder)
    demo.start()
    return demo
