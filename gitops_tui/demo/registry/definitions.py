"""The life of CustomResourceDefinitions: their kinds are served at once, then they are Established; with a definition go
its objects."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.crds.kinds import FINALIZER, is_established, resources
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.deletes import Deletes
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.writes import CRD, Writes
from gitops_tui.demo.status import Fault

Obj = dict[str, Any]


class CustomDefinitions:
    """Hears of every write to a definition."""

    def __init__(self, writes: Writes, deletes: Deletes) -> None:
        self._writes, self._deletes = writes, deletes
        writes.after.append(self._heard)

    def _heard(self, resource: Resource, obj: Obj, before: Obj | None) -> None:
        if resource.gvk != CRD:
            return
        spec = obj["spec"]
        name = obj["metadata"]["name"]
        gone = self._writes.objects.get(CRD, "", name) is None
        catalogue = self._writes.catalogue
        if gone:
            catalogue.drop(spec["group"], spec["names"]["plural"])
            for other in self._writes.objects.of_kind(CRD):
                if other["spec"]["group"] == spec["group"] and not is_established(other):
                    self._writes.clock.later(0, lambda name=other["metadata"]["name"]: self._establish(name))  # type: ignore[misc]
            return
        if before is None or before.get("spec") != spec:
            if before is not None:
                catalogue.drop(before["spec"]["group"], before["spec"]["names"]["plural"])
            for each in resources(obj) if not self._taken(obj) or is_established(obj) else ():
                catalogue.add(each)
        if obj["metadata"].get("deletionTimestamp"):
            self._writes.clock.later(0, lambda: self._clean(name))
        else:
            self._writes.clock.later(0, lambda: self._establish(name))

    def _establish(self, name: str) -> None:
        resource = self._writes.catalogue.of(CRD)
        old = self._writes.objects.get(CRD, "", name)
        if resource is None or old is None or old["metadata"].get("deletionTimestamp"):
            return
        status = old.get("status") or {}
        names = {key: value for key, value in old["spec"]["names"].items() if value}
        conditions = list(status.get("conditions") or ())
        if (taken := self._taken(old)) and not is_established(old):
            self._refuse(resource, old, taken)
            return
        if any(each.get("type") == "NamesAccepted" and each.get("status") == "False" for each in conditions):
            conditions = []  # whoever had the names has gone
            for each in resources(old):
                self._writes.catalogue.add(each)
        known = {each.get("type") for each in conditions}
        now = self._writes.clock.now()
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ):
            if kind not in known:
                conditions.append(
                    {
                        "type": kind,
                        "status": "True",
                        "lastTransitionTime": now,
                        "reason": reason,
                        "message": message,
                    }
                )
        stored = list(status.get("storedVersions") or ())
        stored += [
            each["name"] for each in old["spec"]["versions"] if each.get("storage") and each["name"] not in stored
        ]
        made = {"conditions": conditions, "acceptedNames": names, "storedVersions": stored}
        if made != status:
            self._writes.update(resource, old, {**old, "status": made}, Write("kube-apiserver"), "status")

    def _taken(self, crd: Obj) -> list[tuple[str, str]]:
        """(Which of its names, the name) that another definition of its group has."""
        spec, name = crd["spec"], crd["metadata"]["name"]
        plurals: set[Any] = set()
        kinds: set[Any] = set()
        for other in self._writes.objects.of_kind(CRD):
            if other["metadata"]["name"] == name or other["spec"]["group"] != spec["group"]:
                continue
            accepted = (other.get("status") or {}).get("acceptedNames") or {}
            plurals |= {accepted.get("plural"), accepted.get("singular"), *(accepted.get("shortNames") or ())}
            kinds |= {accepted.get("kind"), accepted.get("listKind")}
        told = spec["names"]
        found = [(field, told.get(field)) for field in ("plural", "singular") if told.get(field) in plurals]
        found += [("shortNames", each) for each in told.get("shortNames") or () if each in plurals]
        found += [(field, told.get(field)) for field in ("kind", "listKind") if told.get(field) in kinds]
        return [(field, str(value)) for field, value in found if value]

    def _refuse(self, resource: Resource, old: Obj, taken: list[tuple[str, str]]) -> None:
        """A definition whose names are another's waits for them."""
        field, name = taken[-1]
        reason = f"{field[:1].upper()}{field[1:]}Conflict"
        now = self._writes.clock.now()
        conditions = [
            {
                "type": kind,
                "status": "False",
                "lastTransitionTime": now,
                "reason": why,
                "message": said,
            }
            for kind, why, said in (
                ("NamesAccepted", reason, f'"{name}" is already in use'),
                ("Established", "NotAccepted", "not all names are accepted"),
            )
        ]
        refused = {each for each, _ in taken}
        names = {
            key: value
            for key, value in old["spec"]["names"].items()
            if key not in refused and key not in ("categories", "shortNames")
        }
        names.setdefault("kind", "")
        status = old.get("status") or {}
        made = {"conditions": conditions, "acceptedNames": names, "storedVersions": status.get("storedVersions") or []}
        before = status.get("conditions") or []
        if [each.get("message") for each in before] != [each["message"] for each in conditions]:
            self._writes.update(resource, old, {**old, "status": made}, Write("kube-apiserver"), "status")

    def _clean(self, name: str) -> None:
        """Deletes the objects of a definition that is going; it goes with the last of them."""
        resource = self._writes.catalogue.of(CRD)
        old = self._writes.objects.get(CRD, "", name)
        if resource is None or old is None or FINALIZER not in (old["metadata"].get("finalizers") or ()):
            return
        spec = old["spec"]
        kind = next((each for each in resources(old) if each.gvk == each.storage), None) or next(
            iter(resources(old)), None
        )
        left = 0
        if kind is not None:
            for each in list(self._writes.objects.of_kind(kind.storage)):
                metadata = each["metadata"]
                try:
                    _, gone = self._deletes.delete(
                        kind, metadata.get("namespace") or "", metadata["name"], {}, Write("kube-apiserver")
                    )
                except Fault:
                    gone = False
                left += not gone
        if left:
            self._say(old, "InstanceDeletionInProgress", "CustomResource deletion is in progress")
            self._writes.clock.later(0.5, lambda: self._clean(name))
            return
        metadata = dict(old["metadata"])
        metadata["finalizers"] = [each for each in metadata["finalizers"] if each != FINALIZER]
        if not metadata["finalizers"]:
            del metadata["finalizers"]
            self._writes.objects.remove(CRD, "", name)
            self._writes.catalogue.drop(spec["group"], spec["names"]["plural"])
        else:
            self._writes.objects.put(CRD, {**old, "metadata": metadata})

    def _say(self, old: Obj, reason: str, message: str) -> None:
        """How far its end is."""
        status = old.get("status") or {}
        conditions = [
            {**each, "reason": reason, "message": message} if each.get("type") == "Terminating" else each
            for each in status.get("conditions") or ()
        ]
        if conditions != status.get("conditions"):
            self._writes.objects.put(CRD, {**old, "status": {**status, "conditions": conditions}})
