"""Validation of metadata (k8s.io/apimachinery pkg/api/validation/objectmeta.go)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import IMMUTABLE, forbidden_field, invalid_value, required, shown
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_ANNOTATIONS_LIMIT = 256 * 1024

_LABEL_NAMES = {("", "Namespace"), ("", "Service")}
_PATH_NAMES = {"rbac.authorization.k8s.io"}


def name_rule(group: str, kind: str) -> Callable[[str], tuple[str, ...]]:
    """What a kind's names must be."""
    if (group, kind) in _LABEL_NAMES:
        return names.dns_label
    if group in _PATH_NAMES:
        return names.path_segment
    return names.dns_subdomain


def labels(found: Any, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, value in sorted((found or {}).items()):
        complaints = [said.replace("a qualified name", "a valid label key") for said in names.qualified_name(name)]
        errors += [invalid_value(field, name, said) for said in complaints]
        errors += [invalid_value(field, value, said) for said in names.label_value(value)]
    return errors


def annotation_values(found: Any, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    size = 0
    for name, value in sorted((found or {}).items()):
        errors += [invalid_value(field, name, said) for said in names.qualified_name(name.lower())]
        size += len(name.encode()) + len(value.encode())
    if size > _ANNOTATIONS_LIMIT:
        errors.append(
            FieldError("FieldValueTooLong", field, f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes")
        )
    return errors


def _owners(found: Any, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    controller = ""
    for number, owner in enumerate(found or ()):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                errors.append(required(f"{field}[{number}].{name}", "must not be empty"))
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            errors.append(
                invalid_value(f"{field}[{number}]", owner, "/v1, Kind=Event is disallowed from being an owner")
            )
        if owner.get("controller"):
            said = f"{owner.get('kind')}/{owner.get('name')}"
            if controller:
                text = f'Only one reference can have Controller set to true. Found "true" in references for {controller} and {said}'
                errors.append(FieldError("FieldValueInvalid", field, f"Invalid value: {shown(found)}: {text}"))
            controller = said
    return errors


_STANDARD = ("kubernetes", "orphan", "foregroundDeletion")


def _finalizers(found: Any, field: str, *, custom: bool) -> list[FieldError]:
    """custom: of a custom resource, whose finalizers need no slash (only core's own validation asks for that)."""
    errors: list[FieldError] = []
    unqualified: list[FieldError] = []
    orphan = foreground = False
    for number, each in enumerate(found or ()):
        if "/" not in each and each not in _STANDARD and not custom:
            said = "name is neither a standard finalizer name nor is it fully qualified"
            unqualified.append(invalid_value(f"{field}[{number}]", each, said))
        errors += [invalid_value(field, each, said) for said in names.qualified_name(each)]
        orphan |= each == "orphan"
        foreground |= each == "foregroundDeletion"
    if orphan and foreground:
        errors.append(invalid_value(field, found, "finalizer orphan and foregroundDeletion cannot be both set"))
    return errors + unqualified


def validate(obj: Obj, group: str, kind: str, *, namespaced: bool, custom: bool = False) -> list[FieldError]:
    """What is wrong with an object's metadata. custom: it is a custom resource."""
    metadata = obj.get("metadata") or {}
    errors: list[FieldError] = []
    name = metadata.get("name") or ""
    if prefix := metadata.get("generateName"):
        bare = f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        errors += [invalid_value("metadata.generateName", prefix, said) for said in name_rule(group, kind)(bare)]
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    elif (group, kind) == ("", "Namespace") and "." in name:
        errors.append(invalid_value("metadata.name", name, "must not contain dots"))
    else:
        errors += [invalid_value("metadata.name", name, said) for said in name_rule(group, kind)(name)]
    if namespaced:
        namespace = metadata.get("namespace") or ""
        if not namespace:
            errors.append(required("metadata.namespace"))
        else:
            errors += [invalid_value("metadata.namespace", namespace, said) for said in names.dns_label(namespace)]
    elif metadata.get("namespace"):
        errors.append(forbidden_field("metadata.namespace", "not allowed on this type"))
    if (metadata.get("generation") or 0) < 0:
        errors.append(
            invalid_value("metadata.generation", metadata["generation"], "must be greater than or equal to 0")
        )
    errors += labels(metadata.get("labels"), "metadata.labels")
    errors += annotation_values(metadata.get("annotations"), "metadata.annotations")
    errors += _owners(metadata.get("ownerReferences"), "metadata.ownerReferences")
    errors += _finalizers(metadata.get("finalizers"), "metadata.finalizers", custom=custom)
    return errors


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """What may not change in metadata."""
    after, before = new.get("metadata") or {}, old.get("metadata") or {}
    errors: list[FieldError] = []
    if before.get("deletionTimestamp"):
        added = [each for each in after.get("finalizers") or () if each not in (before.get("finalizers") or ())]
        if added:
            listed = ", ".join(f'"{each}"' for each in sorted(added))
            errors.append(
                forbidden_field(
                    "metadata.finalizers",
                    f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}",
                )
            )
    for field in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if after.get(field) != before.get(field):
            errors.append(invalid_value(f"metadata.{field}", after.get(field), IMMUTABLE))
    return errors


__all__ = ["annotation_values", "labels", "name_rule", "validate", "validate_update"]
