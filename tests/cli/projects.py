"""AppProjects for tests of the command line: the kind itself, and one project after the other, in a namespace of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from tests.support.clusters import PROJECTS, on, until_served

APP_PROJECT = GVK("argoproj.io", "v1alpha1", "AppProject")
FREE: dict[str, Any] = {
    "sourceRepos": ["*"],
    "destinations": [{"server": "*", "namespace": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}


def project(name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An AppProject; what `spec` does not say is free."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**FREE, **spec},
    }


def application(name: str, project_name: str, repository: Path, namespace: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "project": project_name,
            "source": {"repoURL": str(repository), "path": f"apps/{name}", "targetRevision": "HEAD"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
            **more,
        },
    }


@dataclass
class Projects:
    """The AppProjects of one test's cluster."""

    kubeconfig: Path
    namespace: str
    made: list[str] = field(default_factory=list)

    def _run(self, work: Any) -> Any:
        return on(self.kubeconfig, work)

    def install(self) -> None:
        async def work(cluster: Cluster) -> None:
            await cluster.apply(PROJECTS, field_manager="test")
            await cluster.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}, field_manager="test"
            )
            await until_served(cluster, APP_PROJECT)

        self._run(work)

    def put(self, name: str, spec: dict[str, Any]) -> None:
        async def work(cluster: Cluster) -> None:
            await cluster.apply(project(name, self.namespace, spec), field_manager="test")

        self._run(work)
        self.made.append(name)

    def remove(self, name: str) -> None:
        async def work(cluster: Cluster) -> None:
            await cluster.delete(cluster.discovery.find(APP_PROJECT), self.namespace, name)

        self._run(work)


def write_documents(path: Path, *documents: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return path
