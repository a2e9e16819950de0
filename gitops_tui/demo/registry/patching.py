"""Patches: the object after a change that is given as a function of the live one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gitops_tui.demo.registry.bodies import Write, decode, defaulted
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.writes import Writes
from gitops_tui.demo.rules.findings import invalid_value, required
from gitops_tui.demo.status import Fault, FieldError, bad_request, invalid
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]


def patch(
    writes: Writes,
    resource: Resource,
    namespace: str,
    name: str,
    patched: Callable[[Obj], Obj],
    write: Write,
    subresource: str = "",
) -> Obj:
    """The object after a patch: `patched` gives the new one from the live one (both in the resource's version)."""
    old = writes.stored(resource, namespace, name)
    live = writes.seen(resource, old)
    body = patched(live)
    made = GVK.of(str(body.get("apiVersion") or ""), str(body.get("kind") or ""))
    if made != resource.gvk:
        raise _unfit(resource, body, bad_request(": " + _other_kind(resource, made)))
    try:
        obj = decode(resource, body, write)
    except Fault as fault:
        if fault.status == 400:
            raise _unfit(resource, body, fault) from None
        raise
    if metadata_uid := obj["metadata"].get("uid"):
        if metadata_uid != old["metadata"]["uid"]:
            error = invalid_value("metadata.uid", metadata_uid, "field is immutable")
            raise invalid(resource.kind, resource.group, name, [error])
    metadata = obj["metadata"]
    if metadata.get("name") != name:
        given = metadata.get("name") or ""
        raise (
            bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
            if given
            else _name_gone(resource)
        )
    if (metadata.get("namespace") or "") != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if not metadata.get("resourceVersion"):
        metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
    obj = defaulted(resource, obj)
    return writes.update(resource, old, obj, write, subresource)


def _unfit(resource: Resource, body: Obj, fault: Fault) -> Fault:
    """A patch that makes something that is no object of its kind."""
    why = fault.message.partition(": ")[2]
    shown = orjson.dumps(orjson.dumps({name: body[name] for name in sorted(body)}).decode()).decode()
    error = FieldError("FieldValueInvalid", "patch", f"Invalid value: {shown}: {why}")
    made = invalid("", "", "", [error])
    made.message = f' "" is invalid: {error}'
    return made


def _other_kind(resource: Resource, given: GVK) -> str:
    """What the decoder says of an object of another kind than it is asked for."""
    group = resource.group.partition(".")[0] or "core"
    return f"converting ({given.version}.{given.kind}) to ({group}.{resource.kind}): unknown conversion"


def _name_gone(resource: Resource) -> Fault:
    return invalid(resource.kind, resource.group, "", [required("metadata.name", "name or generateName is required")])
