"""What Go's structs make of a body: unknown fields are told and dropped, wrong types are an error, empty values go where
they are not written, quantities and times take their canonical form. Works on built-in kinds."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any

from gitops_tui.demo.fields.types import DEDUCED, LIST, MAP, Type
from gitops_tui.demo.registry.quantity import canonical

_GO_ZERO: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


class DecodeError(Exception):
    """A body that Go's decoder refuses; the message is Go's."""


class Decoder:
    """One pass over one body. unknown: paths of fields that no struct has."""

    __slots__ = ("_whole", "unknown")

    def __init__(self, *, whole: bool = False) -> None:
        """whole: 3.0 is an integer, as it is to a merge; to Go's JSON it is none."""
        self._whole = whole
        self.unknown: list[str] = []

    def object(self, body: dict[str, Any], declared: Type) -> dict[str, Any]:
        """The whole object. Raises DecodeError."""
        made = self._struct(body, declared, "", "")
        return made if isinstance(made, dict) else {}

    def _struct(self, value: dict[str, Any], declared: Type, at: str, spelled: str) -> dict[str, Any]:
        go = declared.go
        made: dict[str, Any] = {}
        fields = declared.declared
        for name, below in value.items():
            if name not in fields:
                self.unknown.append(f"{at}{name}")
                continue
            if below is None:
                continue
            child = declared.field(name)
            assert child is not None
            owner = declared
            taken = self._value(below, child, owner, f"{at}{name}", f"{spelled}{name}")
            if go is not None:
                code = go.get(name, "p")[0]
                if code in "vcz" and not taken:
                    continue
            made[name] = taken
        if go is not None:
            for name in _written(declared, go):
                if name not in made:
                    child = declared.field(name)
                    assert child is not None
                    zero = self._zero(go[name][0], child)
                    if zero is not _SKIP:
                        made[name] = zero
        return made

    def _zero(self, code: str, child: Type) -> Any:
        if code in ("P", "C"):
            return None
        if code == "V" and child.format != "quantity":
            return _GO_ZERO.get(child.type, "")
        if child.kind == MAP and child.go is not None:
            return self._struct({}, child, "", "")
        if child.format == "quantity":
            return "0"
        if child.format == "int-or-string":
            return 0
        if child.format == "date-time":
            return None
        return {} if child.type == "object" else _SKIP

    def _value(self, value: Any, declared: Type, owner: Type, at: str, spelled: str) -> Any:
        kind = declared.kind
        if kind == MAP:
            if not isinstance(value, dict):
                raise self._mismatch(value, declared, owner, spelled)
            if declared.element_type is None:
                return self._struct(value, declared, at + ".", spelled + ".")
            return self._map(value, declared, owner, at, spelled)
        if kind == LIST:
            if not isinstance(value, list):
                raise self._mismatch(value, declared, owner, spelled)
            item = declared.item
            made = []
            for number, each in enumerate(value):
                if each is None:
                    made.append(self._zero("s" if item.kind == MAP else "V", item))
                else:
                    made.append(self._value(each, item, owner, f"{at}[{number}]", spelled))
            return made
        if kind == DEDUCED:
            if declared.type == "object" and declared.definition and not isinstance(value, dict):
                if declared.definition.rpartition(".")[2] not in (
                    "JSON",
                    "JSONSchemaPropsOrBool",
                    "JSONSchemaPropsOrArray",
                ):
                    raise self._mismatch(value, declared, owner, spelled)
            return value
        return self._scalar(value, declared, owner, spelled)

    def _map(self, value: dict[str, Any], declared: Type, owner: Type, at: str, spelled: str) -> dict[str, Any]:
        made = {}
        child = declared.field("")
        assert child is not None
        for name, below in value.items():
            if below is None:
                made[name] = None if child.kind == LIST else self._zero("s" if child.kind == MAP else "V", child)
            else:
                made[name] = self._value(below, child, owner, f"{at}.{name}", spelled)
        return made

    def _scalar(self, value: Any, declared: Type, owner: Type, spelled: str) -> Any:
        form = declared.format
        if form == "int-or-string":
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise self._mismatch(value, declared, owner, spelled, "int32")
            return value
        if form == "quantity":
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise DecodeError(_QUANTITY_ERROR)
            try:
                return canonical(str(value))
            except ValueError:
                raise DecodeError(_QUANTITY_ERROR) from None
        wanted = declared.type
        if wanted == "string":
            if not isinstance(value, str):
                raise self._mismatch(value, declared, owner, spelled)
            if form == "date-time":
                return _time(value, micro=declared.definition.endswith("MicroTime"))
            if form == "byte":
                return _bytes(value)
            return value
        if wanted == "boolean":
            if not isinstance(value, bool):
                raise self._mismatch(value, declared, owner, spelled)
            return value
        if wanted == "integer":
            if isinstance(value, bool) or not isinstance(value, int):
                if self._whole and isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
                    return int(value)
                raise self._mismatch(value, declared, owner, spelled)
            limit = 2**31 if form == "int32" else 2**63
            if not -limit <= value < limit:
                raise self._mismatch(value, declared, owner, spelled)
            return value
        if wanted == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._mismatch(value, declared, owner, spelled)
        return value

    def _mismatch(self, value: Any, declared: Type, owner: Type, spelled: str, go: str = "") -> DecodeError:
        given = (
            "object"
            if isinstance(value, dict)
            else "array"
            if isinstance(value, list)
            else "bool"
            if isinstance(value, bool)
            else "string"
            if isinstance(value, str)
            else "number"
        )
        wanted = go or go_type(declared, owner, spelled)
        if given == "number" and (isinstance(value, float) or (declared.type == "integer" and isinstance(value, int))):
            given = f"number {value}"
        struct = owner.definition.rpartition(".")[2]
        return DecodeError(f"json: cannot unmarshal {given} into Go struct field {struct}.{spelled} of type {wanted}")


_SKIP: Any = object()
_QUANTITY_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_WRITTEN: dict[str, tuple[str, ...]] = {}


def _written(declared: Type, go: Any) -> tuple[str, ...]:
    """The fields of a struct that are written though they are empty."""
    found = _WRITTEN.get(declared.definition)
    if found is None:
        found = _WRITTEN[declared.definition] = tuple(
            name for name, code in go.items() if code[0] in "sSVPC" and name in declared.declared
        )
    return found


def go_type(declared: Type, owner: Type, spelled: str) -> str:
    """The name of a field's type in Go."""
    code = (owner.go or {}).get(re.sub(r"\[.*?\]$", "", spelled.rpartition(".")[2]), "")
    named = code[1:]
    if declared.kind == LIST or (declared.kind == MAP and declared.element_type is not None):
        if named:
            return named
    elif declared.definition:
        package, _, name = declared.definition.rpartition(".")
        return f"{package.rpartition('.')[2]}.{name}"
    elif named and not named.startswith(("[]", "map[")):
        return named
    elif named.startswith("map["):
        return named.partition("]")[2]
    elif named.startswith("[]"):
        return named[2:]
    return {"string": "string", "boolean": "bool", "integer": declared.format or "int64", "number": "float64"}.get(
        declared.type, "map[string]interface {}" if declared.type == "object" else "[]interface {}"
    )


def _time(text: str, *, micro: bool) -> str:
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00") if text.endswith("Z") else text)
        if when.tzinfo is None or "T" not in text.upper():
            raise ValueError(text)
    except ValueError:
        layout = "2006-01-02T15:04:05.000000Z07:00" if micro else "2006-01-02T15:04:05Z07:00"
        raise DecodeError(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"') from None
    when = when.astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if micro else when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bytes(text: str) -> str:
    bare = text.replace("\n", "").replace("\r", "")
    try:
        return base64.b64encode(base64.b64decode(bare, validate=True)).decode()
    except (binascii.Error, ValueError):
        for at, letter in enumerate(text):
            if not (letter.isalnum() and letter.isascii()) and letter not in "+/=\r\n":
                raise DecodeError(f"illegal base64 data at input byte {at}") from None
        raise DecodeError(f"illegal base64 data at input byte {len(bare) // 4 * 4}") from None
