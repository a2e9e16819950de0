"""Workloads on a clock that the test drives: nothing happens until time goes on, and then in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.clock import DrivenClock
from gitops_tui.model.keys import GVK

DEPLOYMENT, POD = GVK("apps", "v1", "Deployment"), GVK("", "v1", "Pod")


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster(delay=2, clock=DrivenClock()) as running:
        yield running


def deployed(cluster: DemoCluster, fails: str = "", **spec: Any) -> None:
    notes = {"gitops-tui.io/demo-fails": fails} if fails else {}
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": notes},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }
    whole = {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}
    metadata = {"name": "web", "namespace": "default"}
    cluster.do("me", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": whole})
    cluster.advance(0)


def status(cluster: DemoCluster) -> dict[str, Any]:
    found = cluster.call(cluster.registry.get, DEPLOYMENT, "default", "web")
    assert found is not None
    return dict(found.get("status") or {})


def reasons(cluster: DemoCluster) -> dict[str, str]:
    return {each["type"]: each["reason"] for each in status(cluster)["conditions"]}


def container(cluster: DemoCluster) -> dict[str, Any]:
    pod = cluster.call(cluster.registry.list, POD, "default")[0]
    return dict(pod["status"]["containerStatuses"][0])


def test_pods_are_ready_after_the_delay_and_not_before(cluster: DemoCluster) -> None:
    deployed(cluster, replicas=2)
    cluster.advance(1)
    assert "readyReplicas" not in status(cluster)
    cluster.advance(2)
    assert status(cluster)["readyReplicas"] == 2
    assert reasons(cluster) == {"Available": "MinimumReplicasAvailable", "Progressing": "NewReplicaSetAvailable"}


def test_an_image_that_is_not_there_backs_off_and_misses_the_deadline(cluster: DemoCluster) -> None:
    deployed(cluster, "image", progressDeadlineSeconds=60)
    cluster.advance(1)
    assert container(cluster)["state"]["waiting"]["reason"] == "ErrImagePull"
    cluster.advance(20)
    assert container(cluster)["state"]["waiting"]["reason"] == "ImagePullBackOff"
    cluster.advance(60)
    assert reasons(cluster)["Progressing"] == "ProgressDeadlineExceeded"


def test_a_crash_loop_is_started_again_ever_later(cluster: DemoCluster) -> None:
    deployed(cluster, "crash")
    seen = []
    for _ in range(3):
        cluster.advance(31)
        seen.append(container(cluster)["restartCount"])
    assert container(cluster)["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container(cluster)["lastState"]["terminated"]["exitCode"] == 137
    assert seen[0] < seen[-1]
    assert seen[-1] < 10


def test_a_slow_start_is_ready_when_it_says(cluster: DemoCluster) -> None:
    deployed(cluster, "slow:40")
    cluster.advance(30)
    assert "readyReplicas" not in status(cluster)
    cluster.advance(20)
    assert status(cluster)["readyReplicas"] == 1


def test_an_autoscaler_follows_its_scripted_load(cluster: DemoCluster) -> None:
    deployed(cluster)
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "web", "namespace": "default", "annotations": {"gitops-tui.io/demo-load": "0=40,60=320,300=40"}}
    spec = {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": target, "metrics": [metric]}
    cluster.do(
        "me", {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}
    )
    sizes = []
    for seconds in (30, 90, 300):
        cluster.advance(seconds)
        sizes.append(status(cluster)["replicas"])
    assert sizes == [1, 4, 1]
