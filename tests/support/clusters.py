"""What tests ask of a cluster through the program's own connection."""

from __future__ import annotations

from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from tests.support.waiting import until_async


async def until_served(cluster: Cluster, gvk: GVK) -> None:
    """Waits until the server says that it has the kind."""

    async def is_there() -> bool:
        await cluster.refresh_discovery()
        return cluster.discovery.get(gvk) is not None

    await until_async(is_there)
