"""Ownership of fields for one resource: what is tracked, and in which version."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields.managed import Scope
from gitops_tui.demo.fields.sets import Fields
from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.registry.conversion import convert
from gitops_tui.demo.registry.decode import Decoder
from gitops_tui.demo.registry.resources import Catalogue, Resource
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_STATUS: Fields = {"f:status": {}}
_LABELS_RESET = ("apps", "batch")


def reset_fields(resource: Resource, subresource: str) -> Fields:
    """What a write to the resource or its subresource can't set, so doesn't own."""
    if subresource == "status":
        if resource.custom is not None:
            return {f"f:{name}": {} for name in resource.type.declared if name != "status"} | {"f:metadata": {}}
        reset: Fields = {
            f"f:{name}": {}
            for name in resource.type.declared
            if name not in ("status", "metadata", "apiVersion", "kind")
        }
        if resource.gvk.kind == "Deployment":
            reset["f:metadata"] = {"f:labels": {}}
        if resource.gvk.kind == "Pod":
            reset["f:metadata"] = {"f:deletionTimestamp": {}, "f:ownerReferences": {}}
        return reset
    if subresource:
        return {}
    return _STATUS if "status" in resource.subresources else {}


def _empty(resource: Resource) -> Obj:
    """An object of a kind before anything is set: Go's structs are there though they are empty."""
    if resource.custom is not None:
        return {}
    found = _EMPTY.get(resource.gvk)
    if found is None:
        found = _EMPTY[resource.gvk] = Decoder().object({}, resource.type)
    return found


_EMPTY: dict[GVK, Obj] = {}


def scope(catalogue: Catalogue, resource: Resource, subresource: str) -> Scope:
    def other(obj: Obj, version: str) -> tuple[Obj, Type] | None:
        group, _, name = version.rpartition("/")
        if subresource == "scale" or group == "autoscaling" != resource.group:
            return None
        found = catalogue.of(GVK(group, name, resource.kind))
        if found is None and not obj:
            return {}, resource.type
        if found is None:
            return None
        return (convert(obj, found.gvk) if obj.get("metadata") is not None else {}), found.type

    reset = reset_fields(resource, subresource)
    return Scope(resource.gvk.api_version, subresource, reset, resource.type, _empty(resource), other)
