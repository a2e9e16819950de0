"""A quota without room is named with what is used of what is allowed, as it is now, also where no event tells it."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.health.why import QUOTA, why
from gitops_tui.model.inspect import Cause
from gitops_tui.model.keys import ResourceKey
from gitops_tui.reconcile.quotas import asks, full, lacks_pods, with_quotas

REFUSED = 'pods "web-x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3'
OWNER = ResourceKey("apps", "ReplicaSet", "shop", "web-1")


def quota(used: dict[str, str], hard: dict[str, str], name: str = "team", **spec: Any) -> dict[str, Any]:
    return {
        "kind": "ResourceQuota",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
        "status": {"hard": hard, "used": used},
    }


def replica_set(have: int, want: int, **resources: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "app", "resources": resources}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"replicas": want, "template": template},
        "status": {"replicas": have},
    }


def refused(message: str) -> Cause:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    root = replica_set(3, 5) | {"status": {"replicas": 3, "conditions": [condition]}}
    return why(root, (), ())[0]


def test_a_refusal_names_its_quota_with_the_numbers_of_now() -> None:
    cause = refused(REFUSED)
    assert (cause.weight, cause.what) == (QUOTA, "the quota team is used up: Pods are refused")
    quotas = [quota({"pods": "3", "requests.cpu": "1"}, {"pods": "3", "requests.cpu": "4"})]
    (found,) = with_quotas([cause], [replica_set(3, 5)], quotas)
    assert found.what == "the quota team is used up (pods 3 of 3 used): Pods are refused"
    assert found.message == cause.message


def test_a_quota_that_has_room_again_is_said_so() -> None:
    (found,) = with_quotas([refused(REFUSED)], [], [quota({"pods": "1"}, {"pods": "3"})])
    assert found.what == "the quota team was used up, and has room again: pods 1 of 3 used; Pods were refused"


def test_a_quota_that_demands_what_a_pod_does_not_set() -> None:
    said = 'pods "web-x" is forbidden: failed quota: team: must specify limits.cpu for: app'
    cause = refused(said)
    assert (cause.weight, cause.what) == (QUOTA, "the quota team asks for what its Pods do not set")
    (found,) = with_quotas([cause], [], [quota({"limits.cpu": "0"}, {"limits.cpu": "2"})])
    assert found == cause


def test_without_an_event_a_full_quota_is_found_by_what_one_more_pod_would_take() -> None:
    short = replica_set(1, 2, requests={"cpu": "300m", "memory": "64Mi"}, limits={"cpu": "1"})
    used = {"pods": "4", "requests.cpu": "1800m", "memory": "1Gi", "limits.cpu": "2"}
    hard = {"pods": "9", "requests.cpu": "2", "memory": "8Gi", "limits.cpu": "2"}
    (found,) = with_quotas([], [short], [quota(used, hard)])
    assert found.about == OWNER
    assert found.what == ("the quota team has no room for its Pods: requests.cpu 1800m of 2, limits.cpu 2 of 2 used")
    assert with_quotas([], [short], [quota({"pods": "1"}, {"pods": "9"})]) == []
    assert with_quotas([], [short], [quota(used, hard, scopes=["BestEffort"])]) == []
    elsewhere = quota(used, hard)
    elsewhere["metadata"]["namespace"] = "other"
    assert with_quotas([], [short], [elsewhere]) == []


def test_what_one_more_pod_takes() -> None:
    short = replica_set(0, 1, requests={"cpu": "100m"}, limits={"memory": 5})
    short["spec"]["template"]["spec"]["initContainers"] = [{"resources": {"requests": {"cpu": "2"}}}]
    taken = {name: float(value) for name, value in asks(short).items()}
    assert taken == {"pods": 1, "count/pods": 1, "requests.cpu": 2, "cpu": 2, "limits.memory": 5}
    assert full({}, asks(short)) == []


@pytest.mark.parametrize(
    ("obj", "lacks"),
    [
        (replica_set(1, 2), True),
        (replica_set(2, 2), False),
        ({"kind": "StatefulSet", "spec": {}, "status": {}}, True),
        ({"kind": "DaemonSet", "status": {"currentNumberScheduled": 1, "desiredNumberScheduled": 2}}, True),
        ({"kind": "Job", "spec": {}, "status": {}}, True),
        ({"kind": "Job", "spec": {"suspend": True}, "status": {}}, False),
        ({"kind": "Job", "status": {"active": 1}}, False),
        ({"kind": "Job", "status": {"conditions": [{"type": "Complete", "status": "True"}]}}, False),
        ({"kind": "Deployment", "spec": {"replicas": 3}}, False),
        ({"kind": "Job", "spec": 3, "status": []}, True),
        ({}, False),
    ],
)
def test_which_controllers_lack_pods(obj: dict[str, Any], lacks: bool) -> None:
    assert lacks_pods(obj) is lacks


def test_odd_quotas_do_no_harm() -> None:
    odd = [{}, {"metadata": {"namespace": "shop", "name": "team"}, "status": {"hard": {"pods": []}, "used": 3}}]
    found = with_quotas([refused(REFUSED)], [replica_set(0, 1)], odd)
    assert found[0].weight == QUOTA
