"""An application on the embedded cluster whose drift tests look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "config", "namespace": "default"},
    "data": {"a": "1", "b": "2"},
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "a:1"}]}},
    },
}
CONFIG_KEY = ResourceKey("", "ConfigMap", "default", "config")
WEB_KEY = ResourceKey("apps", "Deployment", "default", "web")


class World:
    """An embedded cluster, a repository, and an engine that looks at one application of it."""

    def __init__(self, folder: Path, repository: Any) -> None:
        self.folder, self.repository = folder, repository
        self.cluster = DemoCluster()
        self.cluster.start()
        self.kubeconfig = folder / "kubeconfig"
        self.cluster.kubeconfig(self.kubeconfig)
        self.engine: Engine | None = None
        self.notes: dict[str, str] = {}
        self.options: list[str] = []
        self.rules: list[dict[str, Any]] = []

    def commit(self, message: str, *objects: dict[str, Any]) -> str:
        files = {f"app/{each['kind'].lower()}.yaml": yaml.safe_dump(each, sort_keys=False) for each in objects}
        return str(self.repository.commit(files, message))

    def start(self, **settings: Any) -> None:
        application = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "app", "annotations": self.notes},
            "spec": {
                "source": {"repoURL": str(self.repository.folder), "path": "app", "targetRevision": "main"},
                "destination": {"namespace": "default"},
                "syncPolicy": {"syncOptions": self.options},
                "ignoreDifferences": self.rules,
            },
        }
        context = yaml.safe_load(self.kubeconfig.read_text())["current-context"]
        application["spec"]["destination"]["name"] = context  # type: ignore[index]
        file = self.folder / "app.yaml"
        file.write_text(yaml.safe_dump(application))
        made = Settings(state_folder=self.folder / "state", cache_folder=self.folder / "cache", **settings)
        self.engine = Engine(Request(files=(file,), kubeconfig=self.kubeconfig), made)
        self.engine.start()
        until(lambda: bool(self.engine and self.engine.snapshot.applications) and not self.state.loading)

    @property
    def state(self) -> ApplicationState:
        assert self.engine is not None
        return next(iter(self.engine.snapshot.applications.values()))

    def resource(self, key: ResourceKey) -> ResourceState:
        return self.state.resources[key]

    def sync(self) -> None:
        assert self.engine is not None
        plan = self.engine.plan(self.state.key, SyncOptions()).result(120)
        assert self.engine.sync(plan).result(120).phase is OperationPhase.SUCCEEDED
        until(
            lambda: (
                self.state.record.deployed is not None
                and all(not each.drift.is_drifted for each in self.state.resources.values())
            )
        )

    def refresh(self) -> None:
        assert self.engine is not None
        self.engine.refresh(self.state.key).result(120)

    def apply(self, obj: dict[str, Any], manager: str) -> None:
        self.cluster.do(manager, obj)

    def stop(self) -> None:
        if self.engine is not None:
            self.engine.stop()
        self.cluster.stop()
