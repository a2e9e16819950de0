"""Quotas and limit ranges with controllers behind them: who is refused waits longer and longer, says so once a try, and goes
on when there is room again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.clock import DrivenClock
from gitops_tui.model.keys import GVK

POD, EVENT, QUOTA, NODE = (GVK("", "v1", kind) for kind in ("Pod", "Event", "ResourceQuota", "Node"))
REPLICA_SET = GVK("apps", "v1", "ReplicaSet")
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}
WORKLOADS = {
    "Deployment": ("apps/v1", {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}),
    "StatefulSet": ("apps/v1", {"replicas": 2, "serviceName": "web", "selector": SELECTOR, "template": TEMPLATE}),
    "DaemonSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "Job": ("batch/v1", {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}),
}


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster(delay=0, clock=DrivenClock()) as running:
        yield running


def make(cluster: DemoCluster, version: str, kind: str, spec: dict[str, Any], name: str = "web") -> None:
    metadata = {"name": name, "namespace": "default"}
    cluster.do("me", {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
    cluster.advance(0)


def listed(cluster: DemoCluster, gvk: GVK) -> list[dict[str, Any]]:
    return list(cluster.call(cluster.registry.list, gvk, "default"))


def refusals(cluster: DemoCluster) -> int:
    return sum(each.get("count", 1) for each in listed(cluster, EVENT) if each["reason"] == "FailedCreate")


@pytest.mark.parametrize("kind", WORKLOADS)
def test_who_is_refused_tries_again_later_and_later_and_goes_on_when_there_is_room(
    cluster: DemoCluster, kind: str
) -> None:
    make(cluster, "v1", "ResourceQuota", {"hard": {"pods": "0"}}, "none")
    version, spec = WORKLOADS[kind]
    make(cluster, version, kind, spec)
    cluster.advance(30)
    assert 2 <= refusals(cluster) <= 8
    assert not listed(cluster, POD)
    if kind == "Deployment":
        found = listed(cluster, REPLICA_SET)[0]["status"]["conditions"][0]
        assert (found["type"], found["reason"]) == ("ReplicaFailure", "FailedCreate")
        assert "exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0" in found["message"]
    cluster.call(cluster.registry.delete, QUOTA, "default", "none")
    cluster.advance(70)
    assert listed(cluster, POD)


def test_a_quota_tells_what_is_used_as_it_changes(cluster: DemoCluster) -> None:
    make(cluster, "v1", "ResourceQuota", {"hard": {"pods": "3", "count/deployments.apps": "2"}}, "some")
    make(cluster, "apps/v1", "Deployment", WORKLOADS["Deployment"][1])
    cluster.advance(1)

    def used() -> dict[str, str]:
        return dict(listed(cluster, QUOTA)[0]["status"]["used"])

    assert used() == {"pods": "2", "count/deployments.apps": "1"}
    cluster.call(cluster.registry.delete, GVK("apps", "v1", "Deployment"), "default", "web")
    cluster.advance(40)
    assert used() == {"pods": "0", "count/deployments.apps": "0"}


def test_the_node_is_ready_from_the_first(cluster: DemoCluster) -> None:
    node = cluster.call(cluster.registry.list, NODE)[0]
    assert [each["status"] for each in node["status"]["conditions"] if each["type"] == "Ready"] == ["True"]
    assert node["status"]["nodeInfo"]["kubeletVersion"]
