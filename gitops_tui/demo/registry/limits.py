"""LimitRanges and ResourceQuotas at work (kubernetes/kubernetes plugin/pkg/admission/limitranger, pkg/quota): what they fill in,
what they refuse, in their words, and a quota's status. Scopes of quotas are not looked at: such a quota limits nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gitops_tui.demo.objects import Objects
from gitops_tui.demo.registry.quantity import canonical
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.rules.numbers import quantity_value
from gitops_tui.demo.status import forbidden
from gitops_tui.model.keys import GVK

if TYPE_CHECKING:
    from gitops_tui.demo.registry.writes import Writes

Obj = dict[str, Any]
QUOTA, RANGE = GVK("", "v1", "ResourceQuota"), GVK("", "v1", "LimitRange")
_POD = ("", "Pod")
_CLAIM = ("", "PersistentVolumeClaim")
_SERVICE = ("", "Service")
_COUNTED = {
    ("", "ConfigMap"): "configmaps",
    ("", "Secret"): "secrets",
    ("", "Service"): "services",
    ("", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("", "ReplicationController"): "replicationcontrollers",
    ("", "ResourceQuota"): "resourcequotas",
}
_ON_UPDATE = (_SERVICE, _CLAIM)
"""Kinds that quotas look at also when they change (`Handles` of the real evaluators)."""
_COMPUTE = ("cpu", "memory", "ephemeral-storage")


# --- limit ranges ---------------------------------------------------------------------------------------------------


def _containers(obj: Obj) -> Iterable[tuple[str, int, Obj]]:
    for field in ("initContainers", "containers"):
        for number, container in enumerate((obj.get("spec") or {}).get(field) or ()):
            yield field, number, container


def within_ranges(resource: Resource, obj: Obj, objects: Objects) -> None:
    """What the LimitRanges of its namespace fill into a new object, in place. Raises Fault 403 for what they refuse."""
    key = (resource.group, resource.kind)
    if key not in (_POD, _CLAIM) or not objects.kinds.get(RANGE):
        return
    ranges = objects.of_kind(RANGE, obj["metadata"].get("namespace") or "")
    if key == _POD and (obj.get("spec") or {}).get("containers"):
        _fill_in(obj, ranges)
    _check_ranges(resource, obj, ranges)


def _fill_in(obj: Obj, ranges: Iterable[Obj]) -> None:
    """Requests and limits that a pod leaves to the LimitRanges."""
    told: list[str] = []
    for found in ranges:
        for item in (found.get("spec") or {}).get("limits") or ():
            if item.get("type") == "Container":
                _fill_in_of(obj, item, told)
    if told:
        notes = {**(obj["metadata"].get("annotations") or {})}
        notes["kubernetes.io/limit-ranger"] = "LimitRanger plugin set: " + "; ".join(told)
        obj["metadata"]["annotations"] = notes


def _fill_in_of(obj: Obj, item: Obj, told: list[str]) -> None:
    spec = obj["spec"] = dict(obj["spec"])
    for field, number, container in list(_containers(obj)):
        resources = dict(container.get("resources") or {})
        for part, source, word in (("requests", "defaultRequest", "request"), ("limits", "default", "limit")):
            given = dict(resources.get(part) or {})
            missing = sorted(name for name in item.get(source) or () if name not in given)
            for name in missing:
                given[name] = item[source][name]
            if missing:
                resources[part] = given
                kind = "init container" if field == "initContainers" else "container"
                told.append(f"{', '.join(missing)} {word} for {kind} {container['name']}")
        spec[field] = [*spec[field][:number], {**container, "resources": resources}, *spec[field][number + 1 :]]


def _check_ranges(resource: Resource, obj: Obj, ranges: Iterable[Obj]) -> None:
    """Raises Fault 403 for what is over or under a LimitRange."""
    key = (resource.group, resource.kind)
    said: list[str] = []
    for found in ranges:
        for item in (found.get("spec") or {}).get("limits") or ():
            kind = item.get("type")
            if key == _POD and kind == "Container":
                for _, _, container in _containers(obj):
                    resources = container.get("resources") or {}
                    said += _outside(item, kind, resources.get("requests") or {}, resources.get("limits") or {})
            elif key == _POD and kind == "Pod":
                said += _outside(item, kind, _sum(obj, "requests"), _sum(obj, "limits"))
            elif key == _CLAIM and kind == "PersistentVolumeClaim":
                requests = ((obj.get("spec") or {}).get("resources") or {}).get("requests") or {}
                said += _outside(item, kind, requests, {}, only_requests=True)
    if said:
        why = said[0] if len(said) == 1 else "[" + ", ".join(said) + "]"
        raise forbidden(resource.plural, resource.group, obj["metadata"].get("name") or "", why)


def _sum(obj: Obj, part: str) -> dict[str, str]:
    """What a pod's containers have together, of what each has."""
    listed = [
        (each.get("resources") or {}).get(part) or {} for field, _, each in _containers(obj) if field == "containers"
    ]
    names = set.intersection(*(set(each) for each in listed)) if listed else set()
    return {
        name: _text(sum((quantity_value(each[name]) for each in listed), Fraction(0)), name) for name in sorted(names)
    }


def _outside(
    item: Obj, kind: str, requests: Mapping[str, Any], limits: Mapping[str, Any], *, only_requests: bool = False
) -> list[str]:
    said: list[str] = []
    for name, least in sorted((item.get("min") or {}).items()):
        start = f"minimum {name} usage per {kind} is {least}"
        if name not in requests:
            said.append(f"{start}.  No request is specified")
        elif quantity_value(requests[name]) < quantity_value(least):
            said.append(f"{start}, but request is {requests[name]}")
        elif name in limits and quantity_value(limits[name]) < quantity_value(least):
            said.append(f"{start}, but limit is {limits[name]}")
    for name, most in sorted((item.get("max") or {}).items()):
        start = f"maximum {name} usage per {kind} is {most}"
        if only_requests:
            if name in requests and quantity_value(requests[name]) > quantity_value(most):
                said.append(f"{start}, but request is {requests[name]}")
        elif name not in limits:
            said.append(f"{start}.  No limit is specified")
        elif quantity_value(limits[name]) > quantity_value(most):
            said.append(f"{start}, but limit is {limits[name]}")
        elif name in requests and quantity_value(requests[name]) > quantity_value(most):
            said.append(f"{start}, but request is {requests[name]}")
    return said


# --- quotas ---------------------------------------------------------------------------------------------------------


def _text(value: Fraction, name: str) -> str:
    """A number as a quantity: of bytes in powers of two where it fits."""
    if ("memory" in name or "storage" in name) and value.denominator == 1 and value and value % 1024 == 0:
        return canonical(f"{int(value) // 1024}Ki")
    return canonical(str(value.numerator) if value.denominator == 1 else f"{int(value * 10**9)}n")


def _count_of(resource: Resource) -> str:
    return f"count/{resource.plural}" + (f".{resource.group}" if resource.group else "")


def _limits_of(resource: Resource) -> set[str]:
    """The limits of quotas that objects of a kind use up."""
    key = (resource.group, resource.kind)
    found = {_count_of(resource)}
    if key in _COUNTED:
        found.add(_COUNTED[key])
    if key == _POD:
        found |= {"pods", *_COMPUTE, *(f"{part}.{name}" for part in ("requests", "limits") for name in _COMPUTE)}
    if key == _SERVICE:
        found |= {"services.nodeports", "services.loadbalancers"}
    if key == _CLAIM:
        found.add("requests.storage")
    return found


def usage(resource: Resource, obj: Obj) -> dict[str, Fraction]:
    """What one object uses up of which limits."""
    key = (resource.group, resource.kind)
    made = {_count_of(resource): Fraction(1)}
    if key in _COUNTED:
        made[_COUNTED[key]] = Fraction(1)
    spec = obj.get("spec") or {}
    if key == _SERVICE:
        kind = spec.get("type")
        if kind == "LoadBalancer":
            made["services.loadbalancers"] = Fraction(1)
        made["services.nodeports"] = Fraction(sum(1 for port in spec.get("ports") or () if port.get("nodePort")))
    if key == _CLAIM:
        storage = (spec.get("resources") or {}).get("requests", {}).get("storage")
        if storage is not None:
            made["requests.storage"] = quantity_value(storage)
    if key == _POD and (obj.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
        made["pods"] = Fraction(1)
        for part in ("requests", "limits"):
            for name in _COMPUTE:
                total = _of_pod(obj, part, name)
                made[f"{part}.{name}"] = total
                if part == "requests":
                    made[name] = total
    return made


def _of_pod(obj: Obj, part: str, name: str) -> Fraction:
    """What a pod needs: the sum of its containers, or more where one that runs first needs more."""
    together, first = Fraction(0), Fraction(0)
    for field, _, container in _containers(obj):
        value = quantity_value(((container.get("resources") or {}).get(part) or {}).get(name, "0"))
        if field == "containers":
            together += value
        else:
            first = max(first, value)
    return max(together, first)


class Quotas:
    """Keeps the quotas of namespaces."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._objects = writes.objects
        self._due: set[str] = set()
        self._objects.listeners.append(self._heard)

    def _of(self, namespace: str) -> list[Obj]:
        if not namespace or not self._objects.kinds.get(QUOTA):
            return []
        return [
            each
            for each in self._objects.of_kind(QUOTA, namespace)
            if not (each.get("spec") or {}).get("scopes") and not (each.get("spec") or {}).get("scopeSelector")
        ]

    def check(self, resource: Resource, obj: Obj, old: Obj | None = None) -> None:
        """Raises Fault 403 where an object, or its change from the old one, would use more than is left."""
        if old is not None and (resource.group, resource.kind) not in _ON_UPDATE:
            return
        namespace, name = obj["metadata"].get("namespace") or "", obj["metadata"].get("name") or ""
        quotas = self._of(namespace)
        if not quotas:
            return
        wanted = usage(resource, obj)
        before = usage(resource, old) if old is not None else {}
        for quota in quotas:
            hard = (quota.get("spec") or {}).get("hard") or {}
            if old is None and (resource.group, resource.kind) == _POD:
                self._must_specify(resource, obj, quota, hard)
            more = {key: wanted[key] - before.get(key, 0) for key in hard if key in wanted}
            more = {key: value for key, value in more.items() if value > 0}
            if not more:
                continue
            used = self._used(namespace, more)
            over = sorted(key for key, value in more.items() if used[key] + value > quantity_value(hard[key]))
            if over:
                asked = ",".join(f"{key}={_text(more[key], key)}" for key in over)
                taken = ",".join(f"{key}={_text(used[key], key)}" for key in over)
                limited = ",".join(f"{key}={hard[key]}" for key in over)
                why = f"exceeded quota: {quota['metadata']['name']}, requested: {asked}, used: {taken}, limited: {limited}"
                raise forbidden(resource.plural, resource.group, name, why)

    @staticmethod
    def _must_specify(resource: Resource, obj: Obj, quota: Obj, hard: Mapping[str, Any]) -> None:
        """Where a quota counts CPU or memory, every container must say what it needs."""
        missing: list[str] = []
        for key in sorted(hard):
            part, _, name = key.rpartition(".")
            if name not in _COMPUTE or part not in ("", "requests", "limits"):
                continue
            without = sorted(
                container["name"]
                for _, _, container in _containers(obj)
                if name not in ((container.get("resources") or {}).get(part or "requests") or {})
            )
            if without:
                missing.append(f"{key} for: {','.join(without)}")
        if missing:
            why = f"failed quota: {quota['metadata']['name']}: must specify {'; '.join(missing)}"
            raise forbidden(resource.plural, resource.group, obj["metadata"].get("name") or "", why)

    def _used(self, namespace: str, names: Iterable[str]) -> dict[str, Fraction]:
        """What the namespace's objects use up now."""
        found = dict.fromkeys(names, Fraction(0))
        for resource in self._writes.catalogue:
            if not resource.namespaced or resource.gvk != resource.storage or _limits_of(resource).isdisjoint(found):
                continue
            for obj in self._objects.of_kind(resource.storage, namespace):
                for key, value in usage(resource, obj).items():
                    if key in found:
                        found[key] += value
        return found

    def _heard(self, gvk: GVK, _: str, obj: Obj) -> None:
        namespace = obj["metadata"].get("namespace") or ""
        if not namespace or namespace in self._due or not self._objects.kinds.get(QUOTA):
            return
        if gvk == QUOTA or self._objects.of_kind(QUOTA, namespace):
            self._due.add(namespace)
            self._writes.clock.later(0, lambda: self._refresh(namespace))

    def _refresh(self, namespace: str) -> None:
        """The status of a namespace's quotas."""
        self._due.discard(namespace)
        for quota in self._of(namespace):
            hard = dict((quota.get("spec") or {}).get("hard") or {})
            known = hard.keys() & set().union(*(_limits_of(resource) for resource in self._writes.catalogue))
            used = self._used(namespace, known)
            status = {"hard": hard, "used": {name: _text(used[name], name) for name in sorted(known)}}
            if (quota.get("status") or {}) != status:
                self._objects.put(QUOTA, {**quota, "status": status})
