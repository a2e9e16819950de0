"""The server's storage for those who live inside it: controllers, the demo's script, tests."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.objects import Objects
from gitops_tui.demo.patches.merge import merge_patch
from gitops_tui.demo.registry import patching, scale
from gitops_tui.demo.registry.applies import Applies
from gitops_tui.demo.registry.bodies import Write, decode, defaulted
from gitops_tui.demo.registry.definitions import CustomDefinitions
from gitops_tui.demo.registry.deletes import Deletes
from gitops_tui.demo.registry.protection import Protection
from gitops_tui.demo.registry.resources import Catalogue, Resource
from gitops_tui.demo.registry.writes import NAMESPACE, Writes
from gitops_tui.demo.status import no_such_resource, not_found
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]


class Registry:
    """All calls belong on the cluster's loop. Objects that come out are never to be changed."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.objects = Objects()
        self.catalogue = Catalogue.of_builtin()
        self.writes = Writes(self.objects, self.catalogue, clock)
        self.applies = Applies(self.writes)
        self.deletes = Deletes(self.writes)
        self.custom_definitions = CustomDefinitions(self.writes, self.deletes)
        self.protection = Protection(self.writes)

    def resource(self, gvk: GVK) -> Resource:
        """The served kind. Raises Fault 404."""
        found = self.catalogue.of(gvk)
        if found is None:
            raise no_such_resource()
        return found

    def _of(self, obj: Obj) -> Resource:
        return self.resource(GVK.of(str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")))

    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None:
        """The stored object."""
        return self.objects.get(gvk, namespace, name)

    def list(self, gvk: GVK, namespace: str = "") -> list[Obj]:
        """The stored objects of a kind, of one namespace where given."""
        return self.objects.of_kind(gvk, namespace)

    def create(self, obj: Obj, *, manager: str) -> Obj:
        """Creates an object. Raises Fault."""
        return self.writes.create(self._of(obj), _namespace(obj), obj, Write(manager))

    def update(self, obj: Obj, *, manager: str, subresource: str = "") -> Obj:
        """Puts an object (or, with subresource "status", its status) in place of the stored one. Raises Fault."""
        resource = self._of(obj)
        namespace, name = _namespace(obj), obj["metadata"]["name"]
        old = self.objects.get(resource.storage, namespace, name)
        if old is None:
            raise not_found(resource.plural, resource.group, name)
        write = Write(manager)
        made = defaulted(resource, decode(resource, obj, write))
        return self.writes.update(resource, old, made, write, subresource)

    def patch(self, gvk: GVK, namespace: str, name: str, patch: Obj, *, manager: str, subresource: str = "") -> Obj:
        """Applies a JSON merge patch. Raises Fault."""
        resource = self.resource(gvk)
        write = Write(manager)
        if subresource == "scale":
            return scale.write(
                self.writes, resource, namespace, name, lambda found: dict(merge_patch(found, patch)), write
            )
        return patching.patch(
            self.writes, resource, namespace, name, lambda live: dict(merge_patch(live, patch)), write, subresource
        )

    def apply(self, obj: Obj, *, manager: str, force: bool = True, subresource: str = "") -> Obj:
        """Server-side apply. Raises Fault."""
        resource = self._of(obj)
        made, _ = self.applies.apply(
            resource,
            _namespace(obj),
            obj["metadata"]["name"],
            obj,
            Write(manager),
            force=force,
            subresource=subresource,
        )
        return made

    def delete(self, gvk: GVK, namespace: str, name: str, options: Obj | None = None) -> Obj | None:
        """Deletes; the object as it is afterwards, None where it is gone. Raises Fault."""
        made, gone = self.deletes.delete(self.resource(gvk), namespace, name, options or {}, Write("controller"))
        return None if gone else made

    def remove_finalizer(self, gvk: GVK, namespace: str, name: str, finalizer: str) -> None:
        """Takes one finalizer away; the object goes if it was waiting for the last one only."""
        resource = self.resource(gvk)
        old = self.objects.get(resource.storage, namespace, name)
        if old is None or finalizer not in (old["metadata"].get("finalizers") or ()):
            return
        metadata = dict(old["metadata"])
        left = [each for each in metadata["finalizers"] if each != finalizer]
        if left:
            metadata["finalizers"] = left
        else:
            del metadata["finalizers"]
        self.writes.update(resource, old, {**old, "metadata": metadata}, Write("kube-controller-manager"))

    def finalize_namespace(self, name: str) -> None:
        """Lets a Terminating namespace go: nothing lives in it any more."""
        resource = self.resource(NAMESPACE)
        old = self.objects.get(NAMESPACE, "", name)
        if old is None or not old["metadata"].get("deletionTimestamp"):
            return
        spec = dict(old.get("spec") or {})
        spec["finalizers"] = [each for each in spec.get("finalizers") or () if each != "kubernetes"]
        if not spec["finalizers"]:
            del spec["finalizers"]
        new = {**old, "spec": spec}
        if not spec.get("finalizers") and not old["metadata"].get("finalizers"):
            self.objects.remove(NAMESPACE, "", name, new)
            for after in self.writes.after:
                after(resource, new, old)
        else:
            self.objects.put(NAMESPACE, new)


def _namespace(obj: Obj) -> str:
    return (obj.get("metadata") or {}).get("namespace") or ""
