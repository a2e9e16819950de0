"""The type of one field, and of the fields beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_JSON_SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
# OpenAPI can't tell these unions' types: what a CustomResourceDefinition may hold of them is a schema (or true).
_UNIONS = {f"{_JSON_SCHEMA}Or{other}": _JSON_SCHEMA for other in ("Array", "Bool")}


class _Table(dict[str, "Node"]):
    """Field name -> type, made when first asked for. Free names (labels, a ConfigMap's keys) are not kept, so that
    nobody's names fill the memory."""

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node

    def __missing__(self, name: str) -> Node:
        found = self._node.child(name) or UNKNOWN
        if found is not UNKNOWN and name in self._node.declared:
            self[name] = found
        return found


class Node:
    """A field's type. Children are resolved when they are first asked for, so that a large schema costs nothing.

    type: "object", "array", "string", "integer", "number", "boolean" or "" (not known). list_type: "atomic", "map" or
    "set" for arrays. list_keys: what identifies an item of a map list. format: "quantity", "int-or-string", "byte",
    "date-time", … default: None where there is none. preserve: unknown fields are kept. atomic_map: the mapping is
    replaced as a whole. custom: the field of a custom resource (no quantities there, empty values are kept). nullable: a
    null is kept, and is not the same as no value.
    owner: the type in which this one stands, None for a whole object.
    """

    __slots__ = (
        "_any",
        "_children",
        "_definitions",
        "_raw",
        "atomic_map",
        "custom",
        "declared",
        "default",
        "enum",
        "format",
        "items",
        "list_keys",
        "list_type",
        "merge_key",
        "nullable",
        "owner",
        "plain",
        "preserve",
        "reference",
        "required",
        "table",
        "type",
    )

    def __init__(
        self,
        raw: Mapping[str, Any],
        definitions: Mapping[str, Any],
        *,
        custom: bool = False,
        owner: Node | None = None,
    ) -> None:
        own_default = raw.get("d")
        merged = dict(raw)
        self.owner = owner
        self.reference = _UNIONS.get(raw.get("$") or "", raw.get("$") or "")
        seen: set[str] = set()
        while "$" in merged:
            reference = merged.pop("$")
            reference = _UNIONS.get(reference, reference)
            if reference in seen:
                break
            seen.add(reference)
            # The metadata of a custom resource is stored as that of any other.
            custom = custom and reference != _OBJECT_META
            target = definitions.get(reference)
            if target is None:
                break
            merged = {**target, **merged}
        self._raw = merged
        self._definitions = definitions
        self._children: dict[str, Node | None] = {}
        self._any: Node | None = None
        self.declared: Mapping[str, Any] = merged.get("P") or {}
        self.table: Mapping[str, Node] = _Table(self)
        self.custom = custom
        self.type: str = merged.get("t") or ("object" if "P" in merged or "A" in merged else "")
        self.format: str = "int-or-string" if merged.get("i") else merged.get("f") or ""
        self.default = own_default if own_default is not None else merged.get("d")
        self.enum: list[Any] | None = merged.get("e")
        self.required: list[str] = merged.get("r") or []
        self.merge_key: str = merged.get("p") or ""
        keys = merged.get("k")
        self.list_keys: tuple[str, ...] = tuple(keys) if keys else ()
        self.list_type: str = ""
        if self.type == "array":
            self.list_type = merged.get("l") or "atomic"
            if self.list_type == "map" and not self.list_keys:
                self.list_type = "atomic"
        self.atomic_map = merged.get("m") == "atomic"
        self.preserve = bool(merged.get("u"))
        self.nullable = bool(merged.get("n"))

    def child(self, name: str) -> Node | None:
        """The type of a field by that name (or of a mapping's values), None where it is not known."""
        raw = self.declared.get(name)
        if raw is None:
            if self._any is None and (free := self._raw.get("A", FREE if self.preserve and self.custom else None)):
                self._any = Node(free, self._definitions, custom=self.custom, owner=self)
            return self._any
        if name not in self._children:
            self._children[name] = Node(raw, self._definitions, custom=self.custom, owner=self)
        return self._children[name]

    # The type of a list's items.
    items: Node | None
    # Whether all that may stand here is text: two such values are equal where Python says so (it takes true for 1, which in
    # JSON it is not).
    plain: bool

    def __getattr__(self, name: str) -> Any:
        """Finds out what is asked for the first time; it is an attribute from then on."""
        if name == "items":
            raw = self._raw.get("I", FREE if self.preserve and self.custom and not self.type else None)
            self.items = Node(raw, self._definitions, custom=self.custom, owner=self) if raw is not None else None
            return self.items
        if name == "plain":
            # What holds itself (a JSON schema's own schema) is not.
            self.plain = False
            self.plain = self._is_plain()
            return self.plain
        raise AttributeError(name)

    def _is_plain(self) -> bool:
        if self.preserve or self.format in ("quantity", "int-or-string"):
            return False
        if self.type == "array":
            return self.items is not None and self.items.plain
        if self.type == "object":
            below = [self.child(name) for name in self.declared]
            if "A" in self._raw:
                below.append(self.child("\0"))
            return bool(below) and all(each is not None and each.plain for each in below)
        return self.type == "string"

    @property
    def struct(self) -> str:
        """The group and the name of the definition that this type comes from (`core.Container`), "" where there is none."""
        parts = self.reference.split(".")
        return f"{parts[-3]}.{parts[-1]}" if len(parts) > 2 else ""

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the fields that are declared."""
        return tuple(self.declared)

    @property
    def is_map(self) -> bool:
        """Whether any key may stand here (labels, a ConfigMap's data)."""
        return "A" in self._raw and "P" not in self._raw


# What may stand in a field of a custom resource whose unknown fields are kept: anything, as it is written.
FREE: Mapping[str, Any] = {"u": True, "n": True}
# Stands for a type that is not known.
UNKNOWN = Node({}, {}, custom=True)

# The keywords of a structural schema, and what they are in the short form that the bundled data has.
SHORT = {
    "type": "t",
    "format": "f",
    "default": "d",
    "required": "r",
    "enum": "e",
    "x-kubernetes-list-type": "l",
    "x-kubernetes-list-map-keys": "k",
    "x-kubernetes-map-type": "m",
    "x-kubernetes-preserve-unknown-fields": "u",
    "x-kubernetes-int-or-string": "i",
    "nullable": "n",
}


_FORMS: Mapping[str, type] = {"t": str, "f": str, "l": str, "m": str, "p": str, "k": list, "r": list, "e": list}


def sound(made: dict[str, Any]) -> dict[str, Any]:
    """Keywords in the short form without those whose value has not the form of one."""
    for name, form in _FORMS.items():
        value = made.get(name)
        if value is None:
            continue
        texts = value if name in ("k", "r") and isinstance(value, list) else ()
        if not isinstance(value, form) or not all(isinstance(each, str) for each in texts):
            del made[name]
    return made


def _structural(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    made = sound({short: schema[name] for name, short in SHORT.items() if schema.get(name) is not None})
    if depth > 100:
        return made
    if isinstance(properties := schema.get("properties"), Mapping):
        made["P"] = {
            str(name): _structural(child, depth + 1) for name, child in properties.items() if isinstance(child, Mapping)
        }
    if isinstance(items := schema.get("items"), Mapping):
        made["I"] = _structural(items, depth + 1)
    if isinstance(additional := schema.get("additionalProperties"), Mapping):
        made["A"] = _structural(additional, depth + 1)
    if schema.get("x-kubernetes-embedded-resource"):
        made.setdefault("P", {})["metadata"] = {"$": _OBJECT_META}
    return made


def from_structural(schema: Mapping[str, Any]) -> Node:
    """The type of a custom kind, from what its CustomResourceDefinition holds under `openAPIV3Schema`."""
    from gitops_tui.schema.schemas import builtin

    raw = _structural(schema)
    raw["t"] = "object"
    raw.setdefault("P", {})["metadata"] = {"$": _OBJECT_META}
    return Node(raw, builtin().definitions, custom=True)
