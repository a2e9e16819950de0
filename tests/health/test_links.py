"""Addresses of objects: hosts, load balancers and annotations, with a scheme only where something tells it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from gitops_tui.health.links import MOST, links
from tests.health.odd_objects import VALUES, fits


def made(api_version: str, kind: str, spec: Any = None, status: Any = None, **annotations: str) -> dict[str, Any]:
    named = {f"link.argocd.argoproj.io/{name}": value for name, value in annotations.items()}
    metadata = {"name": "web", "namespace": "shop", "annotations": named}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status or {}}


def urls(obj: dict[str, Any]) -> list[str]:
    return [each.url for each in links(obj)]


def ingress(*rules: Any, tls: Any = (), status: Any = None) -> dict[str, Any]:
    return made("networking.k8s.io/v1", "Ingress", {"rules": list(rules), "tls": list(tls)}, status)


BALANCER = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}, {"hostname": "lb.example"}]}}


def test_hosts_of_an_ingress_are_https_where_tls_names_them() -> None:
    paths = {"paths": [{"path": "/a"}, {"path": "/b/*"}]}
    one, two = {"host": "shop.example", "http": paths}, {"host": "plain.example"}
    found = urls(ingress(one, two, tls=[{"hosts": ["shop.example"]}]))
    assert found == ["https://shop.example/a", "https://shop.example/b", "http://plain.example"]


def test_an_ingress_without_hosts_is_at_its_load_balancer() -> None:
    assert urls(ingress({}, status=BALANCER)) == ["http://203.0.113.7", "http://lb.example"]
    assert urls(ingress(status=BALANCER, tls=[{}])) == ["https://203.0.113.7", "https://lb.example"]


def test_a_service_is_at_its_external_addresses_by_port() -> None:
    ports = [{"port": 443}, {"port": 8080, "name": "http"}, {"port": 5432, "name": "db"}]
    spec = {"type": "LoadBalancer", "ports": ports, "externalIPs": ["2001:db8::1"]}
    found = urls(made("v1", "Service", spec, {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}))
    assert found[:3] == ["https://203.0.113.7", "http://203.0.113.7:8080", "203.0.113.7:5432"]
    assert found[3:] == ["https://[2001:db8::1]", "http://[2001:db8::1]:8080", "[2001:db8::1]:5432"]
    assert urls(made("v1", "Service", {"type": "ClusterIP", "ports": ports})) == []
    assert urls(made("v1", "Service", {"type": "ExternalName", "externalName": "db.example"})) == ["db.example"]


def test_gateways_and_routes() -> None:
    listeners = [
        {"protocol": "HTTPS", "port": 443, "hostname": "shop.example"},
        {"protocol": "HTTP", "port": 8080},
        {"protocol": "TCP", "port": 5432},
    ]
    gateway = made(
        "gateway.networking.k8s.io/v1", "Gateway", {"listeners": listeners}, {"addresses": [{"value": "203.0.113.9"}]}
    )
    assert urls(gateway) == ["https://shop.example", "http://203.0.113.9:8080", "203.0.113.9:5432"]
    assert urls(made("gateway.networking.k8s.io/v1", "HTTPRoute", {"hostnames": ["a.example"]})) == ["a.example"]
    assert urls(made("route.openshift.io/v1", "Route", {"host": "o.example", "tls": {"termination": "edge"}})) == [
        "https://o.example"
    ]


def test_annotations_come_first_with_their_titles_and_only_addresses_of_the_web() -> None:
    obj = made("apps/v1", "Deployment", runbook="Runbook|https://wiki.example/web", docs="https://docs.example")
    obj["metadata"]["annotations"]["link.argocd.argoproj.io/bad"] = "javascript:alert(1)"
    obj["metadata"]["annotations"]["link.argocd.argoproj.io/worse"] = "http://["
    found = [(each.title, each.url) for each in links(obj)]
    assert found == [("docs", "https://docs.example"), ("Runbook", "https://wiki.example/web")]


def test_credentials_in_an_address_are_not_shown() -> None:
    (found,) = links(made("v1", "ConfigMap", grafana="https://user:hunter2@grafana.example/d"))
    assert found.url == "https://grafana.example/d"


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_any_shape_gives_printable_links_and_not_too_many(spec: Any, status: Any) -> None:
    for api_version, kind in (
        ("networking.k8s.io/v1", "Ingress"),
        ("v1", "Service"),
        ("gateway.networking.k8s.io/v1", "Gateway"),
    ):
        found = links({"apiVersion": api_version, "kind": kind, "metadata": spec, "spec": spec, "status": status})
        assert len(found) <= MOST
        assert all(fits(each.url) for each in found)
