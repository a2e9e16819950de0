"""Types of fields, out of the bundled definitions or a CustomResourceDefinition: what structured-merge-diff needs (scalar,
map or list, granular or atomic, keys) and what Go's structs do with what they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.demo.fields.sets import key_element, value_element

SCALAR, MAP, LIST, DEDUCED = range(4)
_SCALARS = {"string": "string", "integer": "numeric", "number": "numeric", "boolean": "boolean"}
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TIMES = (_META + "Time", _META + "MicroTime")
_ATOMIC_RAW = ("io.k8s.apimachinery.pkg.runtime.RawExtension",)
_JSON = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON"


class Type:
    """One type; fields and items are resolved when first asked for.

    kind: SCALAR, MAP, LIST, or DEDUCED (whatever the value is: maps granular, lists atomic). scalar: "string",
    "numeric", "boolean" or "" (any). atomic: replaced as a whole. keys: (name, default) of what identifies an item of a
    list, () for sets. closed: a map that has no other fields than its declared ones. definition: its name among the
    definitions, "" where it has none. go: its fields in Go (see data/build.py), None where that isn't known.
    """

    __slots__ = (
        "_definitions",
        "_fields",
        "_item",
        "atomic",
        "closed",
        "custom",
        "declared",
        "default",
        "definition",
        "element_type",
        "enum",
        "format",
        "go",
        "keys",
        "kind",
        "merge_key",
        "preserve",
        "raw",
        "required",
        "scalar",
        "strategy",
        "type",
    )

    def __init__(self, raw: Mapping[str, Any], definitions: Definitions, *, custom: bool = False) -> None:
        merged = dict(raw)
        self.definition = ""
        while "$" in merged:
            self.definition = merged.pop("$")
            merged = {**definitions.raw.get(self.definition, {}), **merged}
        self.raw = merged
        self.custom = custom and not self.definition
        self._definitions = definitions
        self._fields: dict[str, Type | None] = {}
        self._item: Type | None = None
        self.go: Mapping[str, str] | None = definitions.go.get(self.definition) if self.definition else None
        self.type: str = merged.get("t") or ("object" if "P" in merged or "A" in merged else "")
        self.format: str = "int-or-string" if merged.get("i") else merged.get("f") or ""
        self.default = merged.get("d")
        self.enum: list[Any] | None = merged.get("e")
        self.required: list[str] = merged.get("r") or []
        self.merge_key: str = merged.get("p") or ""
        self.strategy: str = merged.get("s") or ""
        self.preserve = bool(merged.get("u"))
        self.declared: frozenset[str] = frozenset(merged.get("P") or ())
        self.element_type: Mapping[str, Any] | None = merged.get("A")
        self.atomic = False
        self.closed = False
        self.keys: tuple[tuple[str, Any], ...] = ()
        self.scalar = ""
        self.kind = DEDUCED
        if self.format in ("int-or-string", "quantity"):
            self.kind = SCALAR
        elif self.definition in _ATOMIC_RAW:
            self.atomic = True
        elif self.definition in _TIMES:
            self.kind = SCALAR
        elif self.type in _SCALARS:
            self.kind, self.scalar = SCALAR, _SCALARS[self.type]
        elif self.type == "array":
            self.kind = LIST
            listed = merged.get("l")
            self.atomic = listed not in ("map", "set") or (listed == "map" and not merged.get("k"))
            if not self.atomic and listed == "map":
                item = self.item
                self.keys = tuple(
                    (name, child.default if (child := item.field(name)) is not None else None)
                    for name in sorted(merged["k"])
                )
        elif self.type == "object" and (self.declared or self.element_type is not None):
            self.kind = MAP
            self.atomic = merged.get("m") == "atomic"
            self.closed = self.element_type is None and not self.preserve

    def field(self, name: str) -> Type | None:
        """The type of a field of a map; None where the schema has no such field."""
        try:
            return self._fields[name]
        except KeyError:
            pass
        if name in self.declared:
            found: Type | None = Type(self.raw["P"][name], self._definitions, custom=self.custom)
        elif self.element_type is not None:
            if "" not in self._fields:
                self._fields[""] = Type(self.element_type, self._definitions, custom=self.custom)
            return self._fields[""]
        elif self.closed:
            return None
        else:
            return ANY
        self._fields[name] = found
        return found

    @property
    def item(self) -> Type:
        """The type of a list's items."""
        if self._item is None:
            raw = self.raw.get("I")
            self._item = Type(raw, self._definitions, custom=self.custom) if raw is not None else ANY
        return self._item

    def element(self, item: Any) -> str:
        """The path element of an item of a granular list. Raises ValueError, in the API server's words."""
        if not self.keys:
            if isinstance(item, dict):
                raise ValueError("associative list without keys has an element that's a map type")
            if isinstance(item, list):
                raise ValueError("not supported: associative list with lists as elements")
            if item is None:
                raise ValueError("associative list without keys has an element that's an explicit null")
            return value_element(item)
        if item is None:
            raise ValueError("associative list with keys may not have a null element")
        if not isinstance(item, dict):
            raise ValueError("associative list with keys may not have non-map elements")  # noqa: TRY004 - one kind of refusal
        found = {}
        for name, default in self.keys:
            if name in item:
                found[name] = item[name]
            elif default is not None:
                found[name] = default
        if not found:
            listed = " ".join(f'"{name}"' for name, _ in self.keys)
            raise ValueError(
                f"associative list with keys has an element that omits all key fields [{listed}] "
                "(and doesn't have default values for any key fields)"
            )
        return key_element(found)


class Definitions:
    """Named types, and what Go's structs do with their fields."""

    def __init__(self, raw: Mapping[str, Any], go: Mapping[str, Mapping[str, str]]) -> None:
        self.raw, self.go = raw, go

    def type(self, name: str) -> Type:
        return Type({"$": name}, self)


ANY = Type({}, Definitions({}, {}))
