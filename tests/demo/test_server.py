"""Writes to the embedded server: what goes, what stays, and bodies that can't be read."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.clock import RealClock
from gitops_tui.demo.registry.registry import Registry

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster(delay=0) as running:
        yield running


def ask(
    cluster: DemoCluster, method: str, path: str, body: bytes, kind: str, token: str | None = None
) -> tuple[int, Any]:
    line = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=120)
    headers = {"Authorization": f"Bearer {cluster.token}" if token is None else token, "Content-Type": kind}
    line.request(method, path, body, headers)
    answer = line.getresponse()
    said = answer.read()
    line.close()
    return answer.status, json.loads(said)


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}, "spec": spec}


@pytest.fixture
def registry() -> Registry:
    made = Registry(RealClock())
    made.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}, manager="m")
    return made


def left(obj: dict[str, Any]) -> Any:
    return [
        {name: value for name, value in each.items() if name in ("name", "image", "env")}
        for each in obj["spec"]["template"]["spec"]["containers"]
    ]


@pytest.mark.parametrize("count", range(1, 12))
def test_items_an_applier_no_longer_sets_go_whole(registry: Registry, count: int) -> None:
    extra = [{"name": f"c{n}", "image": "x:1", "env": [{"name": "A", "value": "1"}]} for n in range(count)]
    first = {"name": "web", "image": "w:1"}
    registry.apply(deployment(first, *extra), manager="m", force=False)
    assert left(registry.apply(deployment(first), manager="m", force=False)) == [first]


def test_an_item_its_applier_drops_goes_though_another_manager_updated_a_field_of_it(registry: Registry) -> None:
    first, second = {"name": "web", "image": "w:1"}, {"name": "side", "image": "s:1"}
    registry.apply(deployment(first, second), manager="m", force=False)
    edited = deployment(first, {**second, "image": "s:2"})
    registry.update(edited, manager="kubectl-edit")
    made = registry.apply(deployment(first), manager="m", force=False)
    assert left(made) == [first]


def test_an_update_lands_on_the_object_of_its_address(cluster: DemoCluster) -> None:
    config: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    ask(cluster, "POST", CONFIGMAPS, json.dumps({**config, "data": {"a": "1"}}).encode(), "application/json")
    place = f"{CONFIGMAPS}/c"
    status, made = ask(cluster, "PUT", place, json.dumps({**config, "data": {"a": "2"}}).encode(), "application/json")
    assert (status, made["metadata"]["namespace"]) == (200, "default")
    assert ask(cluster, "GET", place, b"", "application/json")[1]["data"] == {"a": "2"}
    renamed = b'{"metadata": {"name": "other"}}'
    assert ask(cluster, "PATCH", place, renamed, "application/merge-patch+json")[0] == 400
    assert ask(cluster, "GET", f"{CONFIGMAPS}/other", b"", "application/json")[0] == 404


@pytest.mark.parametrize(
    ("method", "kind", "body"),
    [
        ("POST", "application/json", b"[]"),
        ("POST", "application/json", b"null"),
        ("PATCH", "application/apply-patch+yaml", b"a: ["),
        ("PATCH", "application/apply-patch+yaml", b"!!python/none x"),
    ],
)
def test_a_body_that_is_no_object_is_a_bad_request(cluster: DemoCluster, method: str, kind: str, body: bytes) -> None:
    status, said = ask(cluster, method, CONFIGMAPS + ("/c?fieldManager=m" if method == "PATCH" else ""), body, kind)
    assert (status, said["reason"]) == (400, "BadRequest")


def test_a_token_of_other_letters_is_refused(cluster: DemoCluster) -> None:
    assert ask(cluster, "GET", CONFIGMAPS, b"", "application/json", "Bearer \xe9")[0] == 401


def test_a_kubeconfig_over_an_open_file_is_closed_to_others(cluster: DemoCluster, tmp_path: Path) -> None:
    place = tmp_path / "kubeconfig"
    place.touch(mode=0o644)
    place.chmod(0o644)
    assert cluster.kubeconfig(place).stat().st_mode & 0o777 == 0o600
