"""The main job on the embedded cluster: drift, sync, prune, roll back, pause; and the server's own manners."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.demo import Demo, DemoCluster, start_demo


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    folder = tmp_path / "demo"
    folder.mkdir()
    running = start_demo(folder)
    yield running
    running.stop()


def cli(demo: Demo, *args: str) -> subprocess.CompletedProcess[str]:
    where = ["-f", str(demo.applications), "--kubeconfig", str(demo.kubeconfig)]
    line = [sys.executable, "-m", "gitops_tui", *args, *where]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)


def drift(demo: Demo) -> dict[str, str]:
    found = json.loads(cli(demo, "status", "-o", "json").stdout)["applications"]
    return {
        f"{app['name']}/{each['name']}": each["drift"]
        for app in found
        for each in app["resources"]
        if each["drift"] != "None"
    }


def test_a_newcomer_finds_drift_heals_it_and_rolls_back(demo: Demo) -> None:
    assert drift(demo) == {
        "shop/checkout": "Modified",
        "shop/shop-promo-2023": "Extra",
        "payments/payments-settings": "Modified",
        "observability/observability-settings": "Missing",
    }
    said = json.loads(cli(demo, "diff", "shop", "-o", "json").stdout)
    difference = next(each for each in said["resources"] if each["name"] == "checkout")["differences"][0]
    assert (difference["path"], difference["desired"], difference["live"]) == ("spec.replicas", 3, 5)
    assert difference["liveOwner"]["manager"] == "kubectl-scale"

    assert cli(demo, "sync", "shop", "--yes", "--prune").returncode == 0
    assert cli(demo, "diff", "shop").returncode == 0

    commits = json.loads(cli(demo, "history", "shop", "-o", "json").stdout)["commits"]
    older = commits[1]["sha"]
    assert cli(demo, "rollback", "shop", older, "--yes").returncode == 0
    shop = json.loads(cli(demo, "status", "shop", "-o", "json").stdout)["applications"][0]
    assert (shop["pin"]["revision"], shop["behind"], shop["sync"]) == (older, 1, "Synced")

    assert cli(demo, "pause", "web", "--reason", "INC-42").returncode == 0
    web = json.loads(cli(demo, "status", "web", "-o", "json").stdout)["applications"][0]
    assert web["pause"]["reason"] == "INC-42"


def test_secrets_are_masked(demo: Demo) -> None:
    for args in (("render", "payments"), ("render", "payments", "-o", "json"), ("status", "-o", "json")):
        assert "demo-only" not in cli(demo, *args).stdout
    assert "ZGVtby1vbmx5" not in cli(demo, "render", "payments", "-o", "json").stdout


def test_no_request_without_the_token() -> None:
    with DemoCluster() as cluster:
        assert cluster.url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(f"{cluster.url}/api/v1/namespaces", timeout=120)
        assert raised.value.code == 401


def test_an_applier_that_sets_a_field_less_removes_it_and_conflicts_are_named() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
    with DemoCluster() as cluster:
        cluster.do("one", {**config, "data": {"a": "1", "b": "2"}})
        made = cluster.do("one", {**config, "data": {"a": "1"}})
        assert made["data"] == {"a": "1"}
        kept = made["metadata"]["resourceVersion"]
        assert cluster.do("one", {**config, "data": {"a": "1"}})["metadata"]["resourceVersion"] == kept
        cluster.do("two", {**config, "data": {"a": "9"}}, operation="Update")
        body = json.dumps({**config, "data": {"a": "1"}}).encode()
        request = urllib.request.Request(
            f"{cluster.url}/api/v1/namespaces/default/configmaps/c?fieldManager=one",
            data=body,
            method="PATCH",
            headers={"Authorization": f"Bearer {cluster.token}", "Content-Type": "application/apply-patch+yaml"},
        )
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=120)
        assert raised.value.code == 409
        assert 'conflict: conflict with "two" using v1: .data.a' in raised.value.read().decode().replace("\\", "")
