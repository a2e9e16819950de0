"""Create, update and apply as the API server does them, on the store: decode, own, prepare, admit, validate, store.

A request comes in the version of its resource; objects are kept in the storage version of their kind.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.fields import managed
from gitops_tui.demo.hooks import Admission, RequestInfo
from gitops_tui.demo.objects import Objects
from gitops_tui.demo.registry import limits
from gitops_tui.demo.registry.belonging import managers_before, nameless, placed, same_object, without_double_owners
from gitops_tui.demo.registry.bodies import Write, decode, decoded, defaulted
from gitops_tui.demo.registry.changes import as_kept, counted, limited, unchanged
from gitops_tui.demo.registry.conversion import convert
from gitops_tui.demo.registry.resources import Catalogue, Resource
from gitops_tui.demo.registry.scopes import scope
from gitops_tui.demo.registry.strategies import CONDITIONAL, Strategies, random_suffix
from gitops_tui.demo.rules import meta
from gitops_tui.demo.rules.findings import IMMUTABLE, invalid_value
from gitops_tui.demo.rules.validate import validate as validate_builtin
from gitops_tui.demo.rules.warnings import warnings
from gitops_tui.demo.status import (
    Fault,
    already_exists,
    bad_request,
    forbidden,
    invalid,
    not_found,
)
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
NAMESPACE = GVK("", "v1", "Namespace")
CRD = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
_SYSTEM = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")


class Writes:
    """Writes to the store. admission is asked after defaults and ownership, before validation."""

    def __init__(self, objects: Objects, catalogue: Catalogue, clock: Clock) -> None:
        self.objects = objects
        self.catalogue = catalogue
        self.clock = clock
        self.admission: Admission | None = None
        self.grants: Callable[[Obj, Obj | None, RequestInfo], None] | None = None
        """Refuses rights that whoever gives them has not, where rights count at all."""
        self.strategies = Strategies(objects)
        self.quotas = limits.Quotas(self)
        self.after: list[Callable[[Resource, Obj, Obj | None], None]] = []
        """Called with what was stored and what was there before."""

    # --- reads --------------------------------------------------------------------------------------------------------

    def stored(self, resource: Resource, namespace: str, name: str) -> Obj:
        """The object as it is kept. Raises Fault 404."""
        found = self.objects.get(resource.storage, namespace, name)
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        return found

    def seen(self, resource: Resource, obj: Obj) -> Obj:
        """A stored object in the version of the resource."""
        return convert(obj, resource.gvk)

    # --- create -------------------------------------------------------------------------------------------------------

    def create(self, resource: Resource, namespace: str, body: Obj, write: Write) -> Obj:
        """The created object (in the version of the resource). Raises Fault."""
        obj = placed(resource, namespace, decode(resource, body, write))
        obj = defaulted(resource, obj)
        metadata = obj["metadata"]
        if metadata.get("resourceVersion"):
            raise Fault(500, "", "resourceVersion should not be set on objects to be created")
        self.open_namespace(resource, namespace, metadata.get("name") or "")
        self._still_defined(resource, metadata.get("name") or "")
        without_double_owners(metadata, write)
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            metadata.pop(name, None)
        given = metadata.pop("managedFields", None)
        managers = {}
        if given:
            try:
                managers = managed.decode(given)
            except ValueError:
                managers = {}
        owners = scope(self.catalogue, resource, "")
        managers = managed.update(None, obj, managers, owners, write.manager, self.clock.now())
        return self.insert(resource, obj, managers, write)

    def insert(self, resource: Resource, obj: Obj, managers: managed.Managers, write: Write) -> Obj:
        metadata = obj["metadata"] = dict(obj["metadata"])
        for name in _SYSTEM:
            metadata.pop(name, None)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = f"{metadata['generateName'][:58]}{random_suffix()}"
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = self.clock.now()
        obj = dict(convert(obj, resource.storage))
        name = metadata.get("name") or ""
        obj = self._admitted(obj, None, "CREATE", write)
        obj["metadata"] = metadata = dict(obj["metadata"])
        if resource.custom is not None:
            metadata["generation"] = 1
            if resource.custom.status:
                obj.pop("status", None)
        else:
            if "status" in resource.subresources:
                self._clear_status(resource, obj)
            if name:
                limits.within_ranges(resource, obj, self.objects)
                self.strategies.create(obj, resource.storage)
        self._check(resource, obj, None)
        write.warnings += warnings(obj, resource.group, resource.kind)
        self.quotas.check(resource, obj)
        metadata = obj["metadata"]
        namespace = metadata.get("namespace") or ""
        if (found := self.objects.get(resource.storage, namespace, name)) is not None:
            fault = already_exists(resource.plural, resource.group, name)
            if found["metadata"].get("deletionTimestamp"):
                fault.message = f"object is being deleted: {fault.message}"
            raise fault
        obj = managed.with_managers(obj, managers)
        if write.dry_run:
            return self.seen(resource, obj)
        obj = self.objects.put(resource.storage, as_kept(resource, obj))
        for after in self.after:
            after(resource, obj, None)
        return self.seen(resource, obj)

    def _clear_status(self, resource: Resource, obj: Obj) -> None:
        """A new object's status is what its kind starts with."""
        if "status" not in obj:
            return
        empty = decoded(self._storage(resource), {"metadata": {}})
        if "status" in empty:
            obj["status"] = empty["status"]
        else:
            del obj["status"]

    def _storage(self, resource: Resource) -> Resource:
        return self.catalogue.of(resource.storage) or resource

    def open_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        found = self.objects.get(NAMESPACE, "", namespace)
        if found is None:
            raise not_found("namespaces", "", namespace)
        if found["metadata"].get("deletionTimestamp"):
            said = f"unable to create new content in namespace {namespace} because it is being terminated"
            causes = [
                {
                    "reason": "NamespaceTerminating",
                    "message": f"namespace {namespace} is being terminated",
                    "field": "metadata.namespace",
                }
            ]
            fault = forbidden(resource.plural, resource.group, name, said)
            fault.causes = causes
            raise fault

    def _still_defined(self, resource: Resource, name: str) -> None:
        """Raises Fault 403 where the kind's definition is going."""
        if resource.custom is None:
            return
        crd = self.objects.get(CRD, "", f"{resource.plural}.{resource.group}")
        if crd is not None and crd["metadata"].get("deletionTimestamp"):
            why = "create not allowed while custom resource definition is terminating"
            raise forbidden(resource.plural, resource.group, name, why)

    def _admitted(self, obj: Obj, old: Obj | None, operation: str, write: Write) -> Obj:
        if self.grants is not None:
            self.grants(obj, old, write.info)
        if self.admission is None:
            return obj
        found = self.admission.admit(obj, old, operation, write.info)
        return dict(found) if found is not None else obj

    def _check(self, resource: Resource, obj: Obj, old: Obj | None, subresource: str = "") -> None:
        """Raises Fault 422 with all that is wrong."""
        if resource.custom is not None:
            errors = meta.validate(obj, resource.group, resource.kind, namespaced=resource.namespaced, custom=True)
            if old is not None:
                errors += meta.validate_update(obj, old)
            seen = self._storage(resource).custom or resource.custom
            errors += seen.validate(obj)
        else:
            errors = validate_builtin(
                obj, old, resource.group, resource.kind, namespaced=resource.namespaced, subresource=subresource
            )
        if errors:
            raise invalid(resource.kind, resource.group, obj["metadata"].get("name") or "", errors)

    # --- update -------------------------------------------------------------------------------------------------------

    def replace(
        self, resource: Resource, namespace: str, name: str, body: Obj, write: Write, subresource: str = ""
    ) -> Obj:
        """The object after a PUT. Raises Fault."""
        obj = decode(resource, body, write)
        metadata = obj["metadata"]
        if metadata.get("name") and metadata["name"] != name:
            given = metadata["name"]
            raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
        if not metadata.get("name"):
            raise nameless(name)
        obj = defaulted(resource, placed(resource, namespace, obj))
        old = self.objects.get(resource.storage, namespace, name)
        if old is None:
            raise not_found(resource.plural, resource.group, name)
        version = obj["metadata"].get("resourceVersion") or ""
        if version and not version.isdecimal():
            raise Fault(500, "", f'strconv.ParseUint: parsing "{version}": invalid syntax')
        conditional = resource.custom is not None or (resource.group, resource.kind) in CONDITIONAL
        if not version and conditional:
            error = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise invalid(resource.plural, resource.group, name, [error])
        return self.update(resource, old, obj, write, subresource)

    def update(self, resource: Resource, old: Obj, obj: Obj, write: Write, subresource: str = "") -> Obj:
        """Stores obj (in the version of the resource, decoded, with defaults) in place of old (as stored)."""
        metadata = obj["metadata"] = dict(obj["metadata"])
        same_object(resource, metadata, old)
        without_double_owners(metadata, write)
        live = self.seen(resource, old)
        managers = managers_before(metadata, old, subresource)
        metadata.pop("managedFields", None)
        tracked = not (managers is not None and not managers and old["metadata"].get("uid"))
        if managers is None:
            managers = {}
        if tracked:
            owners = scope(self.catalogue, resource, subresource)
            managers = managed.update(managed.without(live), obj, managers, owners, write.manager, self.clock.now())
        return self.change(resource, old, obj, managers, write, subresource)

    def change(
        self, resource: Resource, old: Obj, obj: Obj, managers: managed.Managers, write: Write, subresource: str
    ) -> Obj:
        new = dict(convert(obj, resource.storage))
        new = self._admitted(new, old, "UPDATE", write)
        metadata = new["metadata"] = dict(new["metadata"])
        before = old["metadata"]
        for name in ("uid", "creationTimestamp", "generation", "selfLink"):
            metadata.pop(name, None)
            if name in before:
                metadata[name] = before[name]
        fixed = [
            invalid_value(f"metadata.{name}", metadata[name], IMMUTABLE)
            for name in ("deletionTimestamp", "deletionGracePeriodSeconds")
            if metadata.get(name) is not None and name not in before
        ]
        if fixed:
            raise invalid(resource.kind, resource.group, before["name"], fixed)
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if name in before:
                metadata[name] = before[name]
        metadata["resourceVersion"] = before["resourceVersion"]
        new = limited(resource, new, old, subresource)
        metadata = new["metadata"]
        if resource.custom is not None:
            if counted(new, resource) != counted(old, resource):
                metadata["generation"] = before.get("generation", 0) + 1
        elif subresource in ("", "scale", "resize"):
            self.strategies.update(new, old, resource.storage)
        self._check(resource, new, old, subresource)
        if not subresource and new.get("spec") != old.get("spec"):
            write.warnings += warnings(new, resource.group, resource.kind)
        self.quotas.check(resource, new, old)
        new = managed.with_managers(new, managers)
        if unchanged(new, old):
            return self.seen(resource, old)
        if write.dry_run:
            return self.seen(resource, new)
        namespace, name = before.get("namespace") or "", before["name"]
        if before.get("deletionTimestamp") and not metadata.get("finalizers") and self._may_go(resource, new):
            gone = self.objects.remove(resource.storage, namespace, name, new)
            assert gone is not None
            for after in self.after:
                after(resource, new, old)
            return self.seen(resource, new)
        stored = self.objects.put(resource.storage, as_kept(resource, new))
        for after in self.after:
            after(resource, stored, old)
        return self.seen(resource, stored)

    @staticmethod
    def _may_go(resource: Resource, obj: Obj) -> bool:
        """Whether an object that is being deleted has nothing left to wait for."""
        if resource.kind == "Namespace":
            return not (obj.get("spec") or {}).get("finalizers")
        return (obj["metadata"].get("deletionGracePeriodSeconds") or 0) == 0
