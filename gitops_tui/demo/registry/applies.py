"""Server-side apply on the store: the typed merge, who owns what, conflicts; kubectl's own annotation follows."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields import managed
from gitops_tui.demo.fields.walks import validate
from gitops_tui.demo.registry.belonging import nameless, same_object
from gitops_tui.demo.registry.bodies import Write, check_strict, decoded, defaulted
from gitops_tui.demo.registry.decode import DecodeError
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.scopes import scope
from gitops_tui.demo.registry.writes import Writes
from gitops_tui.demo.status import Fault, bad_request, conflict, internal, not_found

Obj = dict[str, Any]


class Applies:
    """Applies to the store."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Obj,
        write: Write,
        *,
        force: bool,
        subresource: str = "",
    ) -> tuple[Obj, bool]:
        """The object after a server-side apply, and whether it is new. Raises Fault."""
        gvk = (body.get("apiVersion"), body.get("kind"))
        if gvk != (resource.gvk.api_version, resource.kind):
            group, _, version = str(body.get("apiVersion") or "").rpartition("/")
            kind = body.get("kind") or ""
            raise bad_request(f"invalid object type: {group}/{version}, Kind={kind}")
        metadata = body.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            raise bad_request("metadata must be an object")
        metadata = dict(metadata or {})
        if metadata.get("managedFields") is not None:
            raise bad_request("metadata.managedFields must be nil")
        metadata.pop("managedFields", None)
        given = metadata.get("name") or ""
        check_strict(resource, [], write)
        where = f"{metadata.get('namespace') or ''}/{given}; {self._said(resource)}"
        errors = validate({**body, "metadata": metadata}, resource.type)
        if errors:
            said = [f"{path}: {text}" if path else text for path, text in errors]
            text = said[0] if len(said) == 1 else "errors:\n" + "\n".join(f"  {each}" for each in said)
            raise Fault(500, "", f"failed to create typed patch object ({where}): {text}")
        if not given:
            raise nameless(name)
        if given != name:
            raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
        placed = metadata.get("namespace") or ""
        if placed and placed != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        old = self._writes.objects.get(resource.storage, namespace, name)
        if old is None and subresource:
            raise not_found(resource.plural, resource.group, name)
        applied = {**body, "metadata": metadata}
        now = self._writes.clock.now()
        owners = scope(self._writes.catalogue, resource, subresource)
        if old is None:
            return self._apply_new(resource, namespace, name, applied, owners, write, now), True
        live = managed.without(self._writes.seen(resource, old))
        managers = managed.decode(old["metadata"].get("managedFields"), trusted=True)
        if not managers:
            managers = managed.update(None, live, {}, owners, "before-first-apply", now)
        merged, managers = self._merged(live, applied, managers, owners, write.manager, now, force=force)
        if merged is None:
            merged = live
        if write.manager == "kubectl":
            merged = _last_applied(merged, applied)
        obj = self._fitted(resource, merged)
        obj["metadata"] = dict(obj["metadata"])
        same_object(resource, obj["metadata"], old)
        return self._writes.change(resource, old, obj, managers, write, subresource), False

    def _apply_new(
        self, resource: Resource, namespace: str, name: str, applied: Obj, owners: managed.Scope, write: Write, now: str
    ) -> Obj:
        metadata = applied["metadata"]
        if metadata.get("uid"):
            said = (
                f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
            )
            raise conflict(resource.plural, resource.group, name, said)
        metadata.pop("resourceVersion", None)
        self._writes.open_namespace(resource, namespace, name)
        merged, managers = managed.apply(None, applied, {}, owners, write.manager, now, force=True)
        obj = self._fitted(
            resource, _last_applied(merged or {}, applied) if write.manager == "kubectl" else merged or {}
        )
        metadata = obj["metadata"] = dict(obj["metadata"])
        metadata["name"] = name
        if resource.namespaced:
            metadata["namespace"] = namespace
        if resource.kind == "Namespace" and resource.custom is None:
            obj = defaulted(resource, obj)
        return self._writes.insert(resource, obj, managers, write)

    def _fitted(self, resource: Resource, merged: Obj) -> Obj:
        """What comes out of a merge as the kind's own object, with defaults. Raises Fault."""
        try:
            # An apply's nulls stay, as do those of maps and lists that it emptied: a custom kind refuses them.
            return defaulted(resource, decoded(resource, merged), keep_nulls=True)
        except DecodeError as error:
            said = f"failed to convert new typed object to object: {error}"
            raise Fault(500, "", said) from None

    @staticmethod
    def _merged(
        live: Obj,
        applied: Obj,
        managers: managed.Managers,
        owners: managed.Scope,
        manager: str,
        now: str,
        *,
        force: bool,
    ) -> tuple[Obj | None, managed.Managers]:
        try:
            return managed.apply(live, applied, managers, owners, manager, now, force=force)
        except managed.ConflictsFault as fault:
            if manager != "kubectl":
                raise
            left = managed.beyond_last_applied(fault.conflicts, live, owners)
            if left is None:
                raise
            if left:
                raise managed.ConflictsFault(left, managers) from None
            return managed.apply(live, applied, managers, owners, manager, now, force=True)
        except ValueError as error:
            raise internal(str(error)) from error

    @staticmethod
    def _said(resource: Resource) -> str:
        version = resource.gvk.api_version if resource.group else f"/{resource.gvk.version}"
        return f"{version}, Kind={resource.kind}"


def _last_applied(merged: Obj, applied: Obj) -> Obj:
    """kubectl's own annotation follows its server-side apply."""
    import orjson

    notes = (merged.get("metadata") or {}).get("annotations") or {}
    if not notes.get(managed.LAST_APPLIED):
        return merged
    metadata = dict(applied.get("metadata") or {})
    own = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != managed.LAST_APPLIED}
    metadata["annotations"] = own
    if not own:
        del metadata["annotations"]
    text = orjson.dumps({**applied, "metadata": metadata}, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    below = {**merged["metadata"], "annotations": {**notes, managed.LAST_APPLIED: text}}
    return {**merged, "metadata": below}
