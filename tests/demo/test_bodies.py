"""Bodies that are too deep, too large or unreadable are refused and harm nothing."""

from __future__ import annotations

import http.client

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.http.bodies import duplicates, yaml_value

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"- " * 50_000,
        b"\n".join(b" " * depth + b"a:" for depth in range(3000)),
        b"a: [" + b"{a: " * 3000,
    ],
)
def test_what_nests_too_deeply_is_an_error_and_no_crash(body: bytes) -> None:
    with pytest.raises(ValueError, match="yaml"):
        yaml_value(body)


def test_wide_yaml_is_read() -> None:
    assert yaml_value(b"a: [" + b"[], " * 5000 + b"1]")["a"][-1] == 1


def test_keys_that_stand_twice_are_found() -> None:
    assert duplicates(b'{"a":1,"b":[{"c":1,"c":2}],"a":2}') == ("a", "b[0].c")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[" * 10_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"x" * (3 * 1024 * 1024 + 1), "application/json", 413),
        (b"{}", "text/html", 415),
        (b"k8s\0\x0a\xff", "application/vnd.kubernetes.protobuf", 400),
    ],
)
def test_bodies_are_refused(demo_cluster: DemoCluster, body: bytes, kind: str, status: int) -> None:
    line = http.client.HTTPConnection(demo_cluster.url.removeprefix("http://"), timeout=120)
    line.request("POST", CONFIGMAPS, body, {"Authorization": f"Bearer {demo_cluster.token}", "Content-Type": kind})
    assert line.getresponse().status == status
    line.close()
