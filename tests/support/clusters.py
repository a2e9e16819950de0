"""What tests ask of a cluster through the program's own connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from gitops_tui.kube import Cluster, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.keys import GVK
from gitops_tui.settings import Settings
from tests.support.waiting import until_async

Answer = TypeVar("Answer")
PROJECTS: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "appprojects.argoproj.io"},
    "spec": {
        "group": "argoproj.io",
        "scope": "Namespaced",
        "names": {
            "kind": "AppProject",
            "listKind": "AppProjectList",
            "plural": "appprojects",
            "singular": "appproject",
        },
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    }
                },
            }
        ],
    },
}
"""Makes the kind AppProject. Argo CD's own is longer; what counts here is that fields are kept as they are given."""


@asynccontextmanager
async def connected(kubeconfig: Path, context: str | None = None, **hooks: Any) -> AsyncIterator[Cluster]:
    """The cluster of a kubeconfig's context (None: its current one). hooks: as `Cluster` takes them."""
    cluster = Cluster(pick(context, contexts(kubeconfig)), kubeconfig, Settings(), **hooks)
    try:
        await cluster.connect()
        yield cluster
    finally:
        await cluster.close()


def on(kubeconfig: Path, work: Callable[[Cluster], Awaitable[Answer]]) -> Answer:
    """What the work gives on the cluster."""

    async def run() -> Answer:
        async with connected(kubeconfig) as cluster:
            return await work(cluster)

    return asyncio.run(run())


async def until_served(cluster: Cluster, gvk: GVK) -> None:
    """Waits until the server says that it has the kind."""

    async def is_there() -> bool:
        await cluster.refresh_discovery()
        return cluster.discovery.get(gvk) is not None

    await until_async(is_there)
