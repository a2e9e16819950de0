"""The kinds that a CustomResourceDefinition defines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.demo.crds import structural
from gitops_tui.demo.crds.validation import validate, validate_lists
from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.registry.resources import Resource, Subresource, definitions
from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.status import FieldError
from gitops_tui.model.keys import GVK
from gitops_tui.records import dataclass

Obj = dict[str, Any]
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_WRITES = ("get", "patch", "update")
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """One version of a custom kind. scale: (spec path, status path, selector path) without their leading dots."""

    name: str
    schema: Mapping[str, Any]
    prunes: bool
    status: bool
    scale: tuple[str, str, str] | None
    printer: tuple[Mapping[str, Any], ...]
    selectable: tuple[str, ...] = ()
    """Paths that field selectors know."""
    deprecated: str = ""
    """What every answer warns of."""

    def prune(self, obj: Obj, unknown: list[str]) -> Obj:
        if not self.prunes:
            return obj
        return dict(structural.prune(obj, self.schema, "", unknown, root=True))

    def default(self, obj: Obj, *, keep_nulls: bool = False) -> Obj:
        """With defaults; without nulls where none may be, unless they are to be kept (and refused by `validate`)."""
        made = structural.default(obj, self.schema)
        return dict(made if keep_nulls else structural.drop_nulls(made, self.schema))

    def validate(self, obj: Obj) -> list[FieldError]:
        bare = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")}
        schema = {**self.schema, "required": [n for n in self.schema.get("required") or () if n not in _OWN]}
        errors = validate(bare, schema, "")
        if not errors:
            errors = validate_lists(bare, schema, "")
        if self.scale is not None:
            errors += self._scale_errors(obj)
        return errors

    def _scale_errors(self, obj: Obj) -> list[FieldError]:
        assert self.scale is not None
        place: Any = obj
        for step in self.scale[0].split("."):
            if not isinstance(place, dict):
                return [_accessor(self.scale[0], place, "map[string]interface{}")]
            if step not in place:
                return []
            place = place[step]
        if isinstance(place, bool) or not isinstance(place, int):
            return [_accessor(self.scale[0], place, "int64")]
        if place < 0:
            return [invalid_value("." + self.scale[0], place, "should be a non-negative integer")]
        return []


_OWN = ("apiVersion", "kind", "metadata")
_GO = {str: "string", float: "float64", bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}


def _accessor(path: str, value: Any, wanted: str) -> FieldError:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    said = f".{path} accessor error: {shown} is of the type {_GO.get(type(value), 'int64')}, expected {wanted}"
    return invalid_value("." + path, 0, said)


def _version(spec: Obj, found: Obj) -> CustomVersion:
    schema = ((found.get("schema") or {}).get("openAPIV3Schema")) or {"x-kubernetes-preserve-unknown-fields": True}
    subresources = found.get("subresources") or {}
    scale = subresources.get("scale")
    paths = None
    if isinstance(scale, dict):
        keys = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
        paths = tuple(str(scale.get(key) or "").removeprefix(".") for key in keys)
    printer = found.get("additionalPrinterColumns") or (
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    )
    return CustomVersion(
        found["name"],
        schema,
        not spec.get("preserveUnknownFields"),
        "status" in subresources,
        paths,  # type: ignore[arg-type]
        tuple(printer),
        tuple(str(each.get("jsonPath") or "").removeprefix(".") for each in found.get("selectableFields") or ()),
        _warning(spec, found),
    )


def _warning(spec: Obj, found: Obj) -> str:
    if not found.get("deprecated"):
        return ""
    usual = f"{spec['group']}/{found['name']} {spec['names']['kind']} is deprecated"
    return str(found.get("deprecationWarning") or usual)


def is_established(crd: Obj) -> bool:
    return any(
        each.get("type") == "Established" and each.get("status") == "True"
        for each in (crd.get("status") or {}).get("conditions") or ()
    )


def resources(crd: Obj) -> list[Resource]:
    """The kinds that a sound definition serves, in the order of discovery (the best version first)."""
    spec = crd["spec"]
    group, names = spec["group"], spec["names"]
    storage = next(each["name"] for each in spec["versions"] if each.get("storage"))
    made = []
    for found in sorted(spec["versions"], key=lambda each: version_rank(each["name"])):
        if not found.get("served"):
            continue
        custom = _version(spec, found)
        gvk = GVK(group, found["name"], names["kind"])
        subresources = {}
        if custom.status:
            subresources["status"] = Subresource("status", gvk, _WRITES)
        if custom.scale is not None:
            subresources["scale"] = Subresource("scale", GVK("autoscaling", "v1", "Scale"), _WRITES)
        columns = [("Name", "string", "name", _NAME, 0)]
        for each in custom.printer:
            said = (
                each.get("description") or f"Custom resource definition column (in JSONPath format): {each['jsonPath']}"
            )
            form, level = each.get("format") or "", each.get("priority") or 0
            columns.append((each["name"], each["type"], form, said, level))
        made.append(
            Resource(
                gvk,
                names["plural"],
                names.get("singular") or names["kind"].lower(),
                spec["scope"] == "Namespaced",
                _VERBS,
                tuple(names.get("shortNames") or ()),
                tuple(names.get("categories") or ()),
                subresources,
                Type(structural.root_type(custom.schema), definitions(), custom=True),
                GVK(group, storage, names["kind"]),
                tuple(columns),
                custom,
            )
        )
    return made


_NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)


def version_rank(name: str) -> tuple[int, int, int, str]:
    """Sorts versions as Kubernetes does: v2, v1, v2beta1, v1alpha1, others by name."""
    import re

    found = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", name)
    if found is None:
        return (1, 0, 0, name)
    stage = {"": 0, "beta": 1, "alpha": 2}[found[2] or ""]
    return (0, stage * 10**6 - int(found[1]) * 1000 - int(found[3] or 0), 0, name)
