"""Faults on request, and people who may do less: what a client meets when things go wrong."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster

MAPS = "/api/v1/namespaces/default/configmaps"
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster(delay=0, rbac=True, admin=True) as running:
        yield running


def ask(cluster: DemoCluster, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any, Any]:
    """Status, body as JSON, headers."""
    line = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=120)
    headers = {"Authorization": f"Bearer {token or cluster.token}", "Content-Type": "application/json"}
    line.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    try:
        answer = line.getresponse()
        text = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text.decode(), answer.headers
    finally:
        line.close()


def fault(cluster: DemoCluster, **told: Any) -> None:
    status, said, _ = ask(cluster, "POST", "/demo/faults", told)
    assert status == 200, said


def test_a_throttled_request_says_when_to_come_again_and_only_as_often_as_asked(cluster: DemoCluster) -> None:
    fault(cluster, does="throttle", retryAfter=3, verbs=["list"], count=1)
    status, said, headers = ask(cluster, "GET", MAPS)
    assert (status, said["reason"], headers["Retry-After"]) == (429, "TooManyRequests", "3")
    assert ask(cluster, "GET", MAPS)[0] == 200


def test_an_error_meets_what_its_rule_fits_and_nothing_else(cluster: DemoCluster) -> None:
    fault(cluster, does="error", status=500, resources=["configmaps"], namespace="default")
    assert ask(cluster, "GET", MAPS)[0] == 500
    assert ask(cluster, "GET", "/api/v1/namespaces/default/secrets")[0] == 200
    ask(cluster, "DELETE", "/demo/faults")
    assert ask(cluster, "GET", MAPS)[0] == 200


def test_latency_is_waited_for(cluster: DemoCluster) -> None:
    fault(cluster, does="latency", seconds=0.3, verbs=["list"], count=1)
    start = time.monotonic()
    assert ask(cluster, "GET", MAPS)[0] == 200
    assert time.monotonic() - start >= 0.3


def test_an_answer_is_cut_in_the_middle(cluster: DemoCluster) -> None:
    fault(cluster, does="cut", bytes=20, verbs=["list"], count=1)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(cluster, "GET", MAPS)


@pytest.mark.parametrize("does", ["drop", "gone"])
def test_a_watch_is_dropped_or_told_that_its_version_is_gone(cluster: DemoCluster, does: str) -> None:
    fault(cluster, does=does, verbs=["watch"], after=1)
    ask(cluster, "POST", MAPS, CONFIG)
    ask(cluster, "POST", MAPS, {**CONFIG, "metadata": {"name": "d"}})
    line = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=120)
    line.request("GET", f"{MAPS}?watch=1", headers={"Authorization": f"Bearer {cluster.token}"})
    events = [json.loads(each) for each in line.getresponse().read().splitlines()]
    line.close()
    assert [each["type"] for each in events] == (["ADDED"] if does == "drop" else ["ADDED", "ERROR"])
    if does == "gone":
        assert events[1]["object"]["code"] == 410


def test_webhooks_mutate_and_deny(cluster: DemoCluster) -> None:
    fault(
        cluster, does="mutate", patch={"metadata": {"labels": {"injected": "yes"}}}, resources=["configmaps"], count=1
    )
    assert ask(cluster, "POST", MAPS, CONFIG)[1]["metadata"]["labels"] == {"injected": "yes"}
    fault(cluster, does="deny", message="not on Fridays", resources=["configmaps"])
    status, said, _ = ask(cluster, "POST", MAPS, {**CONFIG, "metadata": {"name": "d"}})
    assert status in (400, 403)
    assert "denied the request: not on Fridays" in said["message"]


@pytest.mark.parametrize(
    "told", [{}, {"does": "explode"}, {"does": "error", "when": 1}, {"does": "latency", "seconds": "x"}, []]
)
def test_a_fault_that_makes_no_sense_is_refused(cluster: DemoCluster, told: Any) -> None:
    status, said, _ = ask(cluster, "POST", "/demo/faults", told)
    assert (status, said["reason"]) == (400, "BadRequest")


def test_faults_are_not_there_unless_asked_for_and_the_administrators_alone(cluster: DemoCluster) -> None:
    assert ask(cluster, "GET", "/demo/faults", token=cluster.call(cluster.rbac.token, "somebody"))[0] == 403  # type: ignore[union-attr]
    with DemoCluster(delay=0) as plain:
        assert ask(plain, "GET", "/demo/faults")[0] == 404


def test_a_reader_reads_all_and_a_tenant_changes_one_namespace(cluster: DemoCluster) -> None:
    assert cluster.rbac is not None
    reader = cluster.call(cluster.rbac.reader)
    tenant = cluster.call(cluster.rbac.tenant, "default")
    assert ask(cluster, "GET", "/api/v1/configmaps", token=reader)[0] == 200
    assert ask(cluster, "POST", MAPS, CONFIG, token=reader)[0] == 403
    assert ask(cluster, "POST", MAPS, CONFIG, token=tenant)[0] == 201
    assert ask(cluster, "GET", "/api/v1/namespaces/kube-system/configmaps", token=tenant)[0] == 403
