"""The type of one field, and of the fields beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class Node:
    """A field's type. Children are resolved when they are first asked for, so that a large schema costs nothing.

    type: "object", "array", "string", "integer", "number", "boolean" or "" (not known). list_type: "atomic", "map" or
    "set" for arrays. list_keys: what identifies an item of a map list. format: "quantity", "int-or-string", "byte",
    "date-time", … default: None where there is none. preserve: unknown fields are kept. atomic_map: the mapping is
    replaced as a whole. custom: the field of a custom resource (no quantities there, empty values are kept).
    """

    __slots__ = (
        "_children",
        "_definitions",
        "_raw",
        "atomic_map",
        "custom",
        "default",
        "enum",
        "format",
        "list_keys",
        "list_type",
        "merge_key",
        "preserve",
        "required",
        "type",
    )

    def __init__(self, raw: Mapping[str, Any], definitions: Mapping[str, Any], *, custom: bool = False) -> None:
        own_default = raw.get("d")
        merged = dict(raw)
        while "$" in merged:
            target = definitions.get(merged.pop("$"))
            if target is None:
                break
            merged = {**target, **merged}
        self._raw = merged
        self._definitions = definitions
        self._children: dict[str, Node | None] = {}
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

    def child(self, name: str) -> Node | None:
        """The type of a field by that name (or of a mapping's values), None where it is not known."""
        if name not in self._children:
            raw = (self._raw.get("P") or {}).get(name)
            if raw is None:
                raw = self._raw.get("A")
            self._children[name] = Node(raw, self._definitions, custom=self.custom) if raw is not None else None
        return self._children[name]

    @property
    def items(self) -> Node | None:
        """The type of a list's items."""
        if "[]" not in self._children:
            raw = self._raw.get("I")
            self._children["[]"] = Node(raw, self._definitions, custom=self.custom) if raw is not None else None
        return self._children["[]"]

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the fields that are declared."""
        return tuple(self._raw.get("P") or ())

    @property
    def is_map(self) -> bool:
        """Whether any key may stand here (labels, a ConfigMap's data)."""
        return "A" in self._raw and "P" not in self._raw


_SHORT = {
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
}


def _structural(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = {short: schema[name] for name, short in _SHORT.items() if schema.get(name) is not None}
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
    if not isinstance(made.get("t"), str):
        made.pop("t", None)
    return made


def from_structural(schema: Mapping[str, Any]) -> Node:
    """The type of a custom kind, from what its CustomResourceDefinition holds under `openAPIV3Schema`."""
    from gitops_tui.schema.schemas import builtin

    raw = _structural(schema)
    raw["t"] = "object"
    raw.setdefault("P", {})["metadata"] = {"$": _OBJECT_META}
    return Node(raw, builtin().definitions, custom=True)
