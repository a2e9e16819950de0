"""The command line on the embedded cluster and, where there is one, on a real API server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.cli.main import run
from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from tests.support.clusters import on


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Place:
    """A cluster with a namespace of our own, and a repository to run commands with."""

    kubeconfig: Path
    repository: Path
    capsys: pytest.CaptureFixture[str]
    name: str
    cluster: DemoCluster | None = None
    namespace: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:8]}")

    @property
    def app(self) -> str:
        return f"web-{self.namespace[-6:]}"

    def run(self, *arguments: str) -> Said:
        """`gitops-tui` with just these arguments."""
        self.capsys.readouterr()
        try:
            code = run(list(arguments))
        except SystemExit as left:  # argparse's way out
            code = int(left.code or 0)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    def __call__(self, *arguments: str, pattern: str = "") -> Said:
        """`gitops-tui` on the folder apps/<app> (or a pattern) of the repository and this cluster."""
        where = ["--repo", str(self.repository), "--path", pattern or f"apps/{self.app}", "-n", self.namespace]
        return self.run(*where, "--create-namespace", "--kubeconfig", str(self.kubeconfig), *arguments)

    def as_dana(self, obj: dict[str, Any]) -> None:
        """Someone else applies fields and takes them over."""
        mine = {**obj, "metadata": {**obj["metadata"], "namespace": self.namespace}}
        on(self.kubeconfig, lambda cluster: cluster.apply(mine, field_manager="dana"))

    def live(self, version: str, kind: str, name: str) -> dict[str, Any]:
        """An object of the namespace as the cluster has it, {} where there is none."""

        async def get(cluster: Cluster) -> Any:
            return await cluster.get(cluster.discovery.find(GVK.of(version, kind)), self.namespace, name)

        return on(self.kubeconfig, get) or {}


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
def cli(
    request: pytest.FixtureRequest, made_repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    if request.param == "real":
        yield Place(request.getfixturevalue("real_kubeconfig"), made_repository.folder, capsys, "real")
        return
    with DemoCluster() as cluster:
        yield Place(cluster.kubeconfig(tmp_path / "kubeconfig"), made_repository.folder, capsys, "demo", cluster)


Command = Callable[..., Said]
