"""Whose session syncs by itself: taken, renewed, given back, taken over from a holder that went silent."""

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
from gitops_tui.state.lease import SILENCE, Lease

LEASE = GVK("coordination.k8s.io", "v1", "Lease")


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Cluster, Settings]]:
    demo = None
    if request.param == "demo":
        demo = DemoCluster()
        demo.start()
        kubeconfig = demo.kubeconfig(tmp_path / "kubeconfig")
    else:
        kubeconfig = request.getfixturevalue("real_kubeconfig")
    settings = Settings(state_namespace=f"lease-{uuid4().hex[:8]}")
    cluster = Cluster(pick(None, contexts(kubeconfig)), kubeconfig, settings)
    await cluster.connect()
    try:
        yield cluster, settings
    finally:
        kind = cluster.discovery.find(GVK("", "v1", "Namespace"))
        await cluster.delete(kind, "", settings.state_namespace, propagation="Background")
        await cluster.close()
        if demo is not None:
            demo.stop()


async def test_one_holds_it_and_the_next_takes_over_after_silence_only(there: tuple[Cluster, Settings]) -> None:
    clock = Clock()
    one, two = (Lease(*there, "worker", name, clock) for name in ("dana@a/1", "kim@b/2"))
    assert (await one.hold()).mine
    assert (await two.hold()).identity == "dana@a/1"
    for _ in range(4):
        clock.now += 5
        assert (await one.hold()).mine
        assert not (await two.hold()).mine
    clock.now += SILENCE - 1
    assert not one.is_mine
    assert not (await two.hold()).mine
    clock.now += 1.5
    assert (await two.hold()).mine
    assert not (await one.hold()).mine
    assert two.is_mine


async def test_it_is_given_back_at_once(there: tuple[Cluster, Settings]) -> None:
    clock = Clock()
    one, two = (Lease(*there, "worker", name, clock) for name in ("dana@a/1", "kim@b/2"))
    await one.hold()
    assert not (await two.hold()).mine
    await one.release()
    assert not one.is_mine
    assert (await two.hold()).mine


async def test_clocks_that_are_wrong_and_times_that_are_nonsense_do_no_harm(there: tuple[Cluster, Settings]) -> None:
    cluster, settings = there
    clock, other = Clock(), Clock()
    other.now += 600
    one, two = Lease(*there, "worker", "dana@a/1", clock), Lease(*there, "worker", "kim@b/2", other)
    await one.hold()
    live = await cluster.get(cluster.discovery.find(LEASE), settings.state_namespace, "worker")
    assert live is not None
    await cluster.replace({**live, "spec": {**live["spec"], "renewTime": "1999-01-01T00:00:00.000000Z"}})
    assert not (await two.hold()).mine
    assert (await one.hold()).mine


async def test_one_that_was_stolen_is_noticed_at_the_next_renewal(there: tuple[Cluster, Settings]) -> None:
    cluster, settings = there
    clock = Clock()
    one = Lease(*there, "worker", "dana@a/1", clock)
    await one.hold()
    live = await cluster.get(cluster.discovery.find(LEASE), settings.state_namespace, "worker")
    assert live is not None
    await cluster.replace({**live, "spec": {**live["spec"], "holderIdentity": "thief/3"}})
    assert (await one.hold()).identity == "thief/3"
    assert not one.is_mine
