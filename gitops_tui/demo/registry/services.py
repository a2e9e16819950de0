"""Which cluster IPs and node ports Services get (kubernetes/kubernetes pkg/registry/core/service/storage/alloc.go)."""

from __future__ import annotations

import ipaddress
from typing import Any

from gitops_tui.demo.objects import Objects
from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.rules.network import CLUSTER_RANGE
from gitops_tui.demo.status import invalid
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_NODE_PORTS = range(30000, 32768)
_SERVICE = GVK("", "v1", "Service")


class Services:
    """Gives Services their addresses and ports. objects: the store, for those that others have."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._next_ip = 10

    def create(self, obj: Obj) -> None:
        """Before validation of a new one, in place. Raises Fault 422 for what can't be had."""
        spec = obj["spec"] = dict(obj.get("spec") or {})
        obj.setdefault("status", {"loadBalancer": {}})
        if spec.get("type") == "ExternalName":
            return
        given = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
        if spec.get("ipFamilyPolicy") == "RequireDualStack":
            said = "this cluster is not configured for dual-stack services"
            error = invalid_value("spec.ipFamilyPolicy", "RequireDualStack", said)
            raise invalid("Service", "", obj["metadata"]["name"], [error])
        self._address(obj, spec, given)
        self._node_ports(spec, obj["metadata"]["name"])

    def update(self, new: Obj, old: Obj) -> None:
        """Before validation of a change, in place: what it has stays, if nothing else is asked for. Raises Fault 422."""
        spec, before = dict(new.get("spec") or {}), old.get("spec") or {}
        new["spec"] = spec
        if spec.get("type") == "ExternalName":
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
                spec.pop(name, None)
            return
        if not spec.get("clusterIP") and not spec.get("clusterIPs"):
            for name in ("clusterIP", "clusterIPs"):
                if name in before:
                    spec[name] = before[name]
        elif spec.get("clusterIP") and (not spec.get("clusterIPs") or spec["clusterIPs"] == before.get("clusterIPs")):
            spec["clusterIPs"] = [spec["clusterIP"]]
        for name in ("ipFamilies", "ipFamilyPolicy"):
            if name not in spec and name in before:
                spec[name] = before[name]
        if not spec.get("clusterIP"):
            self._address(new, spec, "")
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            known = {(p.get("protocol"), p.get("port")): p.get("nodePort") for p in before.get("ports") or ()}
            ports = []
            for port in spec.get("ports") or ():
                if not port.get("nodePort") and known.get((port.get("protocol"), port.get("port"))):
                    port = {**port, "nodePort": known[port.get("protocol"), port.get("port")]}
                ports.append(port)
            spec["ports"] = ports
            own = frozenset(port["nodePort"] for port in before.get("ports") or () if port.get("nodePort"))
            self._node_ports(spec, new["metadata"]["name"], own)
        elif before.get("type") in ("NodePort", "LoadBalancer"):
            spec["ports"] = [
                {name: value for name, value in port.items() if name != "nodePort"}
                if any(port.get("nodePort") == p.get("nodePort") for p in before.get("ports") or ())
                else port
                for port in spec.get("ports") or ()
            ]
            if spec.get("type") != "LoadBalancer":
                spec.pop("allocateLoadBalancerNodePorts", None)
            if before.get("externalTrafficPolicy") == spec.get("externalTrafficPolicy") and not spec.get("externalIPs"):
                spec.pop("externalTrafficPolicy", None)

    def _addresses(self) -> set[str]:
        return {
            address
            for each in self._objects.of_kind(_SERVICE)
            for address in (each.get("spec") or {}).get("clusterIPs") or ()
        }

    def _ports(self) -> set[int]:
        return {
            port["nodePort"]
            for each in self._objects.of_kind(_SERVICE)
            for port in (each.get("spec") or {}).get("ports") or ()
            if port.get("nodePort")
        }

    def _address(self, obj: Obj, spec: Obj, given: str) -> None:
        if given and given != "None":
            try:
                inside = ipaddress.ip_address(given) in CLUSTER_RANGE
            except ValueError:
                spec["clusterIP"], spec["clusterIPs"] = given, [given]
                return
            said = ""
            if not inside:
                said = (
                    f"failed to allocate IP {given}: the provided IP ({given}) is not in the valid range. "
                    f"The range of valid IPs is {CLUSTER_RANGE}"
                )
            elif given in self._addresses():
                said = f"failed to allocate IP {given}: provided IP is already allocated"
            if said:
                error = invalid_value("spec.clusterIPs", [given], said)
                raise invalid("Service", "", obj["metadata"]["name"], [error])
        elif not given:
            used = self._addresses()
            while True:
                self._next_ip += 1
                given = str(CLUSTER_RANGE[self._next_ip % (CLUSTER_RANGE.num_addresses - 2) + 1])
                if given not in used:
                    break
        spec["clusterIP"], spec["clusterIPs"] = given, [given]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")

    @staticmethod
    def _check_ports(name: str, asked: list[int | None], used: set[int]) -> None:
        """Raises Fault 422 for node ports that can't be had."""
        errors = []
        for number, port in enumerate(asked):
            said = ""
            if port and port not in _NODE_PORTS:
                said = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            elif port and port in used:
                said = "provided port is already allocated"
            if said:
                errors.append(invalid_value(f"spec.ports[{number}].nodePort", port, said))
        if errors:
            raise invalid("Service", "", name, errors)

    def _node_ports(self, spec: Obj, name: str, kept: frozenset[int] = frozenset()) -> None:
        """kept: ports that are the service's own already."""
        kind = spec.get("type")
        if kind != "NodePort" and not (
            kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False
        ):
            return
        used = self._ports()
        ports = []
        self._check_ports(name, [port.get("nodePort") for port in spec.get("ports") or ()], used - kept)
        for port in spec.get("ports") or ():
            if not port.get("nodePort"):
                number = next(number for number in _NODE_PORTS if number not in used)
                used.add(number)
                port = {**port, "nodePort": number}
            ports.append(port)
        spec["ports"] = ports
