"""Addresses that an object has: where its hosts, load balancers and annotations lead. Pure, over objects of any shape.

Hosts of Ingresses as Argo CD reads them (controller/cache/info.go: populateIngressInfo), `link.argocd.argoproj.io/*`
annotations in its format `[title|]url` (docs/user-guide/external-url.md). A host whose scheme nothing tells stands without
one: nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from gitops_tui.health.objects import Obj, clean, items, number, part, word
from gitops_tui.model.inspect import Link
from gitops_tui.model.keys import ResourceKey

ANNOTATION: Final = "link.argocd.argoproj.io/"
MOST: Final = 50
"""Links of one object that are kept."""
_HTTPS, _HTTP = 443, 80


def links(obj: Any) -> tuple[Link, ...]:
    """The object's links, its annotations' first, each address once."""
    if not isinstance(obj, Mapping):
        return ()
    metadata = part(obj, "metadata")
    group = word(obj, "apiVersion").rpartition("/")[0]
    key = ResourceKey(group, word(obj, "kind"), word(metadata, "namespace"), word(metadata, "name"))
    rule = _RULES.get((group, key.kind))
    found = [*annotated(part(metadata, "annotations")), *(rule(obj) if rule is not None else ())]
    made: dict[str, Link] = {}
    for title, address in found:
        address = clean(address)
        if address and len(made) < MOST:
            made.setdefault(address, Link(address, clean(title), key))
    return tuple(made.values())


def annotated(annotations: Obj) -> Iterator[tuple[str, str]]:
    """(title, address) of each annotation that has one; only addresses of the web."""
    for name in sorted(each for each in annotations if isinstance(each, str) and each.startswith(ANNOTATION)):
        value = word(annotations, name)
        title, bar, address = value.partition("|")
        address = address.partition("|")[0] if bar else value
        if is_web(address.strip()):
            yield (title.strip() if bar else name.removeprefix(ANNOTATION)), address.strip()


def is_web(address: str) -> bool:
    """Whether it is an http or https address with a host."""
    try:
        found = urlsplit(address)
        return found.scheme in ("http", "https") and bool(found.hostname)
    except ValueError:
        return False


def _texts(obj: Obj, name: str) -> list[str]:
    value = obj.get(name)
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def _balancers(obj: Obj) -> list[str]:
    found = (
        word(each, "hostname") or word(each, "ip") for each in items(part(obj, "status", "loadBalancer"), "ingress")
    )
    return [each for each in found if each]


def _bare(host: str) -> str:
    """An IPv6 address in the brackets that it needs in an address."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _ingress(obj: Obj) -> Iterator[tuple[str, str]]:
    spec = part(obj, "spec")
    tls = items(spec, "tls")
    secure = {host for each in tls for host in _texts(each, "hosts")}
    # Without hosts it is for all of them.
    all_secure = any(not _texts(each, "hosts") for each in tls)
    for rule in items(spec, "rules"):
        host = word(rule, "host")
        for name in [host] if host else _balancers(obj):
            scheme = "https" if all_secure or name in secure else "http"
            paths = [word(each, "path") for each in items(part(rule, "http"), "paths")] or [""]
            for path in paths:
                yield "Ingress", f"{scheme}://{_bare(name)}{path.removesuffix('*').rstrip('/')}"
    if not items(spec, "rules"):
        for name in _balancers(obj):
            yield "Ingress", f"{'https' if tls else 'http'}://{_bare(name)}"


def _service(obj: Obj) -> Iterator[tuple[str, str]]:
    spec = part(obj, "spec")
    if word(spec, "type") == "ExternalName":
        yield "external name", word(spec, "externalName")
        return
    kinds = [("load balancer", host) for host in _balancers(obj)]
    kinds += [("external address", host) for host in _texts(spec, "externalIPs")]
    for title, host in kinds:
        for port in items(spec, "ports") or [{}]:
            yield title, _with_port(host, port)


def _with_port(host: str, port: Obj) -> str:
    value, name = number(port, "port"), word(port, "name")
    protocol = word(port, "appProtocol") or name
    if value == _HTTPS or protocol in ("https", "kubernetes.io/wss"):
        return f"https://{_bare(host)}" + ("" if value == _HTTPS else f":{value}")
    if value == _HTTP or protocol in ("http", "kubernetes.io/h2c", "kubernetes.io/ws"):
        return f"http://{_bare(host)}" + ("" if value == _HTTP else f":{value}")
    return f"{_bare(host)}:{value}" if value else host


def _gateway(obj: Obj) -> Iterator[tuple[str, str]]:
    addresses = [word(each, "value") for each in items(part(obj, "status"), "addresses")]
    for each in items(part(obj, "spec"), "listeners"):
        protocol, port = word(each, "protocol"), number(each, "port")
        hosts = [word(each, "hostname")] if word(each, "hostname") else addresses
        for host in hosts:
            if not host:
                continue
            if protocol in ("HTTP", "HTTPS"):
                usual = _HTTPS if protocol == "HTTPS" else _HTTP
                yield "Gateway", f"{protocol.lower()}://{_bare(host)}" + ("" if port in (0, usual) else f":{port}")
            else:
                yield "Gateway", f"{_bare(host)}:{port}" if port else host


def _route(obj: Obj) -> Iterator[tuple[str, str]]:
    for host in _texts(part(obj, "spec"), "hostnames"):
        yield "host", host


def _openshift(obj: Obj) -> Iterator[tuple[str, str]]:
    spec = part(obj, "spec")
    if host := word(spec, "host"):
        yield "Route", f"{'https' if part(spec, 'tls') else 'http'}://{host}{word(spec, 'path')}"


def _knative(obj: Obj) -> Iterator[tuple[str, str]]:
    if address := word(part(obj, "status"), "url"):
        yield "Knative", address


def _istio(obj: Obj) -> Iterator[tuple[str, str]]:
    for host in _texts(part(obj, "spec"), "hosts"):
        # Names inside the mesh lead nowhere from here.
        if "." in host and not host.endswith(".local"):
            yield "host", host


_RULES: Final = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("extensions", "Ingress"): _ingress,
    ("", "Service"): _service,
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    **{("gateway.networking.k8s.io", kind): _route for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute")},
    ("route.openshift.io", "Route"): _openshift,
    ("serving.knative.dev", "Service"): _knative,
    ("networking.istio.io", "VirtualService"): _istio,
}


def of_info(info: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(title, address) of those lines of an application's `info` that are addresses."""
    return ((name, value) for name, value in info if is_web(value))
