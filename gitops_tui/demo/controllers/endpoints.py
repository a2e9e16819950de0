"""Endpoints and EndpointSlices of a Service: the addresses of the ready pods that it selects."""

from __future__ import annotations

import copy

from gitops_tui.demo.controllers.base import (
    ENDPOINTS,
    MANAGER,
    POD,
    SERVICE,
    SLICE,
    Context,
    Obj,
    is_ready,
    owner_reference,
    selects,
)

_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Writes both for a service that selects pods."""
    service = context.registry.get(SERVICE, namespace, name)
    if service is None:
        if context.registry.get(ENDPOINTS, namespace, name) is not None:
            context.registry.delete(ENDPOINTS, namespace, name)
        return
    selector = service["spec"].get("selector")
    if not selector or service["spec"].get("type") == "ExternalName" or service["metadata"].get("deletionTimestamp"):
        return
    pods = [
        each
        for each in context.index.living(POD, namespace)
        if selects({"matchLabels": selector}, each["metadata"].get("labels") or {})
        and (each.get("status") or {}).get("podIP")
        and (each.get("status") or {}).get("phase") == "Running"
    ]
    pods.sort(key=lambda each: (each["status"]["podIP"], each["metadata"]["name"]))
    _slice(context, service, pods)
    _endpoints(context, service, pods)


def _ports(service: Obj, pods: list[Obj]) -> list[Obj]:
    made = []
    for each in service["spec"].get("ports") or ():
        target = each.get("targetPort", each["port"])
        if isinstance(target, str):
            named = [
                port["containerPort"]
                for pod in pods
                for box in pod["spec"]["containers"]
                for port in box.get("ports") or ()
                if port.get("name") == target
            ]
            if not named:
                continue
            target = named[0]
        made.append({"name": each.get("name", ""), "port": target, "protocol": each.get("protocol", "TCP")})
    return made


def _target(pod: Obj) -> Obj:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}


def _slice(context: Context, service: Obj, pods: list[Obj]) -> None:
    metadata = service["metadata"]
    endpoints = []
    for pod in pods:
        going = bool(pod["metadata"].get("deletionTimestamp"))
        conditions = {"ready": is_ready(pod) and not going, "serving": is_ready(pod), "terminating": going}
        one: Obj = {"addresses": [pod["status"]["podIP"]], "conditions": conditions, "targetRef": _target(pod)}
        if pod["spec"].get("nodeName"):
            one["nodeName"] = pod["spec"]["nodeName"]
        if pod["spec"].get("hostname") and pod["spec"].get("subdomain") == metadata["name"]:
            one["hostname"] = pod["spec"]["hostname"]
        endpoints.append(one)
    labels = {
        **(metadata.get("labels") or {}),
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": metadata["name"],
    }
    if service["spec"].get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    ports = _ports(service, pods) if pods else []
    had = context.claimed(service, SLICE, None)
    if had:
        old = had[0]
        same = (old.get("endpoints") or [], old.get("ports") or [], old["metadata"].get("labels"))
        if same == (endpoints, ports, labels):
            return
        notes = {**(old["metadata"].get("annotations") or {}), _TRIGGER: context.clock.now()}
        made = {**old, "endpoints": endpoints, "ports": ports}
        made["metadata"] = {**old["metadata"], "labels": labels, "annotations": notes}
        context.registry.update(copy.deepcopy(made), manager=MANAGER)
        return
    context.registry.create(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": f"{metadata['name']}-",
                "namespace": metadata["namespace"],
                "labels": labels,
                "annotations": {_TRIGGER: metadata["creationTimestamp"]},
                "ownerReferences": [owner_reference(service)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": ports,
        },
        manager=MANAGER,
    )


def _endpoints(context: Context, service: Obj, pods: list[Obj]) -> None:
    metadata = service["metadata"]
    sides: dict[str, list[Obj]] = {"addresses": [], "notReadyAddresses": []}
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp"):
            continue
        one = {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName", ""), "targetRef": _target(pod)}
        sides["addresses" if is_ready(pod) else "notReadyAddresses"].append(one)
    ports = [{key: value for key, value in each.items() if value != ""} for each in _ports(service, pods)]
    subset: Obj = {key: value for key, value in sides.items() if value}
    subsets = [{**subset, **({"ports": ports} if ports else {})}] if subset else []
    labels = {**(metadata.get("labels") or {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    if service["spec"].get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    old = context.registry.get(ENDPOINTS, metadata["namespace"], metadata["name"])
    if old is not None and (old.get("subsets") or [], old["metadata"].get("labels")) == (subsets, labels):
        return
    made: Obj = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {_TRIGGER: context.clock.now() if old else metadata["creationTimestamp"]},
        },
    }
    if subsets:
        made["subsets"] = subsets
    if old is None:
        context.registry.create(made, manager=MANAGER)
    else:
        context.registry.update(made, manager=MANAGER)
