"""The cluster that the tests of this folder sync to: the embedded one, and a real one where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.kube import Cluster, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.keys import GVK
from gitops_tui.settings import Settings
from tests.sync.place import Place


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """A fresh namespace."""
    demo = None
    if request.param == "demo":
        demo = DemoCluster(delay=0.05)
        demo.start()
        kubeconfig = demo.kubeconfig(tmp_path / "kubeconfig")
    else:
        kubeconfig = request.getfixturevalue("real_kubeconfig")
    settings = Settings(wave_timeout=20, hook_timeout=30, reconnect_timeout=5)
    cluster = Cluster(pick(None, contexts(kubeconfig)), kubeconfig, settings)
    await cluster.connect()
    name = f"sync-{uuid4().hex[:8]}"
    await cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        yield Place(cluster, name, settings, demo)
    finally:
        kind = cluster.discovery.find(GVK("", "v1", "Namespace"))
        await cluster.delete(kind, "", name, propagation="Background")
        await cluster.close()
        if demo is not None:
            demo.stop()
