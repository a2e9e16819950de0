"""The scale subresource of workloads and of custom kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.fields import managed, sets
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.scopes import scope
from gitops_tui.demo.registry.writes import Writes
from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.status import bad_request, invalid, modified

Obj = dict[str, Any]


def _get(obj: Obj, path: str) -> Any:
    place: Any = obj
    for step in filter(None, path.split(".")):
        if not isinstance(place, dict) or step not in place:
            return None
        place = place[step]
    return place


def _set(obj: Obj, path: str, value: Any) -> Obj:
    step, _, rest = path.partition(".")
    below = obj.get(step)
    return {**obj, step: _set(below if isinstance(below, dict) else {}, rest, value) if rest else value}


def selector_text(selector: Any) -> str:
    """A LabelSelector as text, as `status.selector` of a Scale has it."""
    if not isinstance(selector, dict):
        return ""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for term in selector.get("matchExpressions") or ():
        key, values = term.get("key"), ",".join(sorted(term.get("values") or ()))
        word = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        parts.append(str(word.get(term.get("operator"), "")))
    return ",".join(parts)


def read(resource: Resource, obj: Obj) -> Obj:
    """The Scale of an object (in the version of the resource)."""
    metadata = {
        name: obj["metadata"][name]
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if name in obj["metadata"]
    }
    if resource.custom is not None:
        spec_path, status_path, selector_path = resource.custom.scale
        text = _get(obj, selector_path) if selector_path else ""
    else:
        spec_path, status_path = "spec.replicas", "status.replicas"
        selector = (obj.get("spec") or {}).get("selector")
        if resource.kind == "ReplicationController":
            selector = {"matchLabels": selector}
        text = selector_text(selector)
    spec, status = _get(obj, spec_path), _get(obj, status_path)
    made: Obj = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata}
    made["spec"] = {"replicas": spec} if spec else {}
    made["status"] = {"replicas": status or 0}
    if text:
        made["status"]["selector"] = text
    return made


def write(
    writes: Writes, resource: Resource, namespace: str, name: str, change: Callable[[Obj], Obj], how: Write
) -> Obj:
    """The Scale after a change of it."""
    old = writes.stored(resource, namespace, name)
    live = writes.seen(resource, old)
    wanted = change(read(resource, live))
    given = (wanted.get("metadata") or {}).get("name")
    if given and given != name:
        raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
    version = (wanted.get("metadata") or {}).get("resourceVersion")
    if version and version != old["metadata"]["resourceVersion"]:
        raise modified(resource.plural, resource.group, name)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        kind = "string" if isinstance(replicas, str) else "bool" if isinstance(replicas, bool) else "number"
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: '
            f"json: cannot unmarshal {kind} into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    if replicas < 0:
        error = invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("Scale", "autoscaling", name, [error])
    path = _path(resource)
    return _changed(writes, resource, old, _set(managed.without(live), path, replicas), how)


def _path(resource: Resource) -> str:
    return str(resource.custom.scale[0]) if resource.custom is not None else "spec.replicas"


def apply(writes: Writes, resource: Resource, namespace: str, name: str, body: Obj, how: Write, *, force: bool) -> Obj:
    """The Scale after a server-side apply of it. Raises ConflictsFault."""
    old = writes.stored(resource, namespace, name)
    live = managed.without(writes.seen(resource, old))
    replicas = (body.get("spec") or {}).get("replicas")
    own = {"apiVersion": resource.gvk.api_version, "kind": resource.kind, "metadata": {"name": name}}
    applied = _set(own, _path(resource), replicas) if replicas is not None else own
    owners = scope(writes.catalogue, resource, "scale")
    managers = managed.decode(old["metadata"].get("managedFields"), trusted=True)
    merged, managers = managed.apply(live, applied, managers, owners, how.manager, writes.clock.now(), force=force)
    return read(resource, writes.change(resource, old, dict(merged or live), managers, how, "scale"))


def _changed(writes: Writes, resource: Resource, old: Obj, new: Obj, how: Write) -> Obj:
    live = writes.seen(resource, old)
    managers = managed.decode(old["metadata"].get("managedFields"), trusted=True)
    owners = scope(writes.catalogue, resource, "scale")
    # As for any object that nobody owns anything of: an update of what nobody owns leaves no owner.
    place = tuple(sets.field(step) for step in _path(resource).split(".") if step)
    if any(sets.has(owned.fields, place) for owned in managers.values()):
        managers = managed.update(managed.without(live), new, managers, owners, how.manager, writes.clock.now())
    return read(resource, writes.change(resource, old, new, managers, how, "scale"))
