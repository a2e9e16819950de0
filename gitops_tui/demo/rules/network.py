"""Validation of services, ingresses and network policies."""

from __future__ import annotations

import ipaddress
from typing import Any

from gitops_tui.demo.rules import meta, names
from gitops_tui.demo.rules.findings import duplicate, forbidden_field, invalid_value, not_supported, required
from gitops_tui.demo.rules.listnames import own_name
from gitops_tui.demo.rules.numbers import label_selector
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
CLUSTER_RANGE = ipaddress.ip_network("10.0.0.0/16")
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def _is_ip(text: Any) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: Any) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in str(text)


_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def _service_port(port: Obj, at: str, spec: Obj, *, single: bool, seen: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    if port.get("name") or not single:
        errors += own_name(port, at, seen)
    number = port.get("port", 0)
    errors += [invalid_value(f"{at}.port", number, said) for said in names.port_number(number)]
    if port.get("protocol") not in ("SCTP", "TCP", "UDP"):
        errors.append(not_supported(f"{at}.protocol", port.get("protocol", ""), ("SCTP", "TCP", "UDP")))
    target = port.get("targetPort", 0)
    complaints = names.port_name(target) if isinstance(target, str) else names.port_number(target)
    errors += [invalid_value(f"{at}.targetPort", target, said) for said in complaints]
    if port.get("nodePort") and spec.get("type") not in ("NodePort", "LoadBalancer"):
        errors.append(forbidden_field(f"{at}.nodePort", f"may not be used when `type` is '{spec.get('type')}'"))
    return errors


def service(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    kind = spec.get("type")
    ports = spec.get("ports") or []
    errors: list[FieldError] = []
    if not ports and spec.get("clusterIP") != "None" and kind != "ExternalName":
        errors.append(required("spec.ports"))
    if kind == "ExternalName":
        if not spec.get("externalName"):
            errors.append(required("spec.externalName"))
        else:
            name = spec["externalName"].rstrip(".")
            errors += [invalid_value("spec.externalName", name, said) for said in names.dns_subdomain(name)]
    seen: set[str] = set()
    for number, port in enumerate(ports):
        errors += _service_port(port, f"spec.ports[{number}]", spec, single=len(ports) == 1, seen=seen)
    used: set[tuple[Any, Any]] = set()
    for number, port in enumerate(ports):
        key = (port.get("protocol"), port.get("port"))
        if key in used:
            shown = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            errors.append(duplicate(f"spec.ports[{number}]", shown))
        used.add(key)
    errors += meta.labels(spec.get("selector"), "spec.selector")
    if spec.get("sessionAffinity") not in ("ClientIP", "None"):
        errors.append(not_supported("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None")))
    for number, address in enumerate(spec.get("clusterIPs") or ()):
        if address != "None" and not _is_ip(address):
            said = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            errors.append(invalid_value(f"spec.clusterIPs[{number}]", address, said))
    for number, address in enumerate(spec.get("externalIPs") or ()):
        if not _is_ip(address):
            said = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            errors.append(invalid_value(f"spec.externalIPs[{number}]", address, said))
    if kind not in _TYPES:
        errors.append(not_supported("spec.type", kind or "", _TYPES))
    for number, block in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        if not _is_cidr(block.strip()):
            errors.append(invalid_value(f"spec.LoadBalancerSourceRanges[{number}]", block, _CIDR))
    policy = spec.get("externalTrafficPolicy")
    if policy and kind not in ("NodePort", "LoadBalancer") and not spec.get("externalIPs"):
        said = "may only be set for externally-accessible services"
        errors.append(invalid_value("spec.externalTrafficPolicy", policy, said))
    elif policy and policy not in ("Cluster", "Local"):
        errors.append(not_supported("spec.externalTrafficPolicy", policy, ("Cluster", "Local")))
    if spec.get("loadBalancerClass") and kind != "LoadBalancer":
        said = "may only be used when `type` is 'LoadBalancer'"
        errors.append(forbidden_field("spec.loadBalancerClass", said))
    return errors


def service_update(new: Obj, old: Obj) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    needs = ("ClusterIP", "NodePort", "LoadBalancer")
    if before.get("type") in needs and after.get("type") in needs:
        was = before.get("clusterIPs") or []
        if was and after.get("clusterIPs") != was:
            said = "may not change once set"
            return [invalid_value("spec.clusterIPs[0]", after.get("clusterIPs"), said)]
    return []


def _backend(backend: Obj, at: str) -> list[FieldError]:
    found = backend.get("service")
    if found is None:
        if backend.get("resource") is None:
            return [invalid_value(at, "", "resource or service backend is required")]
        return []
    if backend.get("resource") is not None:
        return [invalid_value(at, "", "cannot set both resource and service backends")]
    errors: list[FieldError] = []
    name = found.get("name") or ""
    if not name:
        errors.append(required(f"{at}.service.name"))
    else:
        errors += [invalid_value(f"{at}.service.name", name, said) for said in names.dns_label(name)]
    port = found.get("port") or {}
    if port.get("name") and port.get("number"):
        errors.append(invalid_value(at, "", "cannot set both port name & port number"))
    elif port.get("name"):
        errors += [
            invalid_value(f"{at}.service.port.name", port["name"], said) for said in names.port_name(port["name"])
        ]
    elif port.get("number"):
        complaints = names.port_number(port["number"])
        errors += [invalid_value(f"{at}.service.port.number", port["number"], said) for said in complaints]
    else:
        errors.append(required(at, "port name or number is required"))
    return errors


def ingress(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        errors.append(invalid_value("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if backend is not None:
        errors += _backend(backend, "spec.defaultBackend")
    for number, rule in enumerate(rules):
        at = f"spec.rules[{number}]"
        host = rule.get("host") or ""
        if _is_ip(host):
            errors.append(invalid_value(f"{at}.host", host, "must be a DNS name, not an IP address"))
        elif host and not host.startswith("*."):
            errors += [invalid_value(f"{at}.host", host, said) for said in names.dns_subdomain(host)]
        http = rule.get("http")
        if http is None:
            continue
        if not http.get("paths"):
            errors.append(required(f"{at}.http.paths"))
        for index, path in enumerate(http.get("paths") or ()):
            errors += _path(path, f"{at}.http.paths[{index}]")
    if name := spec.get("ingressClassName"):
        errors += [invalid_value("spec.ingressClassName", name, said) for said in names.dns_subdomain(name)]
    return errors


def _path(path: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    kind, place = path.get("pathType"), path.get("path") or ""
    if kind is None:
        errors.append(required(f"{at}.pathType", "pathType must be specified"))
    elif kind in ("Exact", "Prefix"):
        if not place.startswith("/"):
            errors.append(invalid_value(f"{at}.path", place, "must be an absolute path"))
        for wrong in ("//", "/./", "/../", "%2f", "%2F"):
            if wrong in place:
                errors.append(invalid_value(f"{at}.path", place, f"must not contain '{wrong}'"))
    elif kind == "ImplementationSpecific":
        if place and not place.startswith("/"):
            errors.append(invalid_value(f"{at}.path", place, "must be an absolute path"))
    else:
        errors.append(not_supported(f"{at}.pathType", kind, ("Exact", "ImplementationSpecific", "Prefix")))
    return errors + _backend(path.get("backend") or {}, f"{at}.backend")


def _peer(peer: Obj, at: str) -> list[FieldError]:
    if not any(peer.get(name) is not None for name in ("podSelector", "namespaceSelector", "ipBlock")):
        return [required(at, "must specify a peer")]
    errors: list[FieldError] = []
    for name in ("podSelector", "namespaceSelector"):
        errors += label_selector(peer.get(name), f"{at}.{name}")
    block = peer.get("ipBlock")
    if block is not None:
        if not block.get("cidr"):
            errors.append(required(f"{at}.ipBlock.cidr"))
        elif not _is_cidr(block["cidr"]):
            errors.append(invalid_value(f"{at}.ipBlock.cidr", block["cidr"], _CIDR))
    return errors


def network_policy(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = label_selector(spec.get("podSelector"), "spec.podSelector")
    for kind, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(kind) or ()):
            at = f"spec.{kind}[{number}]"
            for index, port in enumerate(rule.get("ports") or ()):
                here = f"{at}.ports[{index}]"
                if port.get("protocol") not in (None, "TCP", "UDP", "SCTP"):
                    protocols = ("TCP", "UDP", "SCTP")
                    errors.append(not_supported(f"{here}.protocol", port["protocol"], protocols, keep_order=True))
                value = port.get("port")
                if value is not None:
                    complaints = names.port_name(value) if isinstance(value, str) else names.port_number(value)
                    errors += [invalid_value(f"{here}.port", value, said) for said in complaints]
            for index, peer in enumerate(rule.get(peers) or ()):
                errors += _peer(peer, f"{at}.{peers}[{index}]")
    for number, kind in enumerate(spec.get("policyTypes") or ()):
        if kind not in ("Ingress", "Egress"):
            listed = ("Ingress", "Egress")
            errors.append(not_supported(f"spec.policyTypes[{number}]", kind, listed, keep_order=True))
    return errors
