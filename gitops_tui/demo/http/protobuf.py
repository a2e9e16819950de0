"""Bodies that typed clients send: Kubernetes' protobuf, read into the JSON form of the object.

The numbers of the fields come from the Go structs (data/build.py), the types from the definitions. Answers are always
JSON: every client that sends protobuf takes that too.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from gitops_tui.demo.fields.types import LIST, MAP, Type
from gitops_tui.demo.registry.resources import server_data

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
_SPECIAL = "io.k8s.apimachinery.pkg."


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value): an integer, a float, or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, form = key >> 3, key & 7
        if form == 0:
            value: Any
            value, at = _varint(data, at)
            yield number, value - (1 << 64) if value >= 1 << 63 else value
        elif form == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("unexpected EOF")
            yield number, data[at : at + size]
            at += size
        elif form == 1:
            yield number, struct.unpack_from("<d", data, at)[0]
            at += 8
        elif form == 5:
            yield number, struct.unpack_from("<f", data, at)[0]
            at += 4
        else:
            raise ValueError(f"illegal wireType {form}")


def envelope(data: bytes) -> tuple[str, str, bytes]:
    """apiVersion, kind and message of a body. Raises ValueError."""
    if data[:4] != _MAGIC:
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    version = kind = ""
    raw = b""
    for number, value in _fields(data[4:]):
        if number == 1:
            for inner, text in _fields(value):
                if inner == 1:
                    version = text.decode()
                elif inner == 2:
                    kind = text.decode()
        elif number == 2:
            raw = value
    return version, kind, raw


def read(data: bytes, declared: Type) -> dict[str, Any]:
    """The object in a body. Raises ValueError."""
    try:
        version, kind, raw = envelope(data)
        return {"apiVersion": version, "kind": kind, **_message(raw, declared, declared.definition)}
    except (IndexError, struct.error, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise ValueError("unexpected EOF") from error


def _message(data: bytes, declared: Type, name: str) -> dict[str, Any]:
    numbers = server_data()["wire"].get(name) or {}
    made: dict[str, Any] = {}
    for number, value in _fields(data):
        field = numbers.get(str(number))
        if field is None:
            continue
        if field[0] == "+":
            made.update(_message(value, declared, field[1:]))
            continue
        child = declared.field(field)
        if child is None:
            continue
        if child.kind == LIST:
            made.setdefault(field, []).append(_value(value, child.item))
        elif child.kind == MAP and child.element_type is not None:
            entry = dict(_fields(value))
            inner = child.field("")
            assert inner is not None
            key = entry.get(1, b"").decode()
            made.setdefault(field, {})[key] = _value(entry.get(2, b""), inner)
        else:
            made[field] = _value(value, child)
    return made


def _value(value: Any, declared: Type) -> Any:
    definition = declared.definition
    if definition.startswith(_SPECIAL) or definition.endswith(".apiextensions.v1.JSON"):
        known, found = _special(value, definition)
        if known:
            return found
    if declared.kind == LIST:  # a named list type is a message of its own
        return [_value(each, declared.item) for _, each in _fields(value)]
    if isinstance(value, bytes):
        if declared.format == "byte":
            return base64.b64encode(value).decode()
        if declared.type == "string":
            return value.decode()
        return _message(value, declared, definition)
    return bool(value) if declared.type == "boolean" else value


def _special(value: Any, definition: str) -> tuple[bool, Any]:
    """Types that have a form of their own in JSON."""
    name = definition.rpartition(".")[2]
    if name in ("Time", "MicroTime"):
        found = dict(_fields(value))
        if not found:
            return True, None
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=found.get(1, 0), microseconds=found.get(2, 0) // 1000
        )
        return True, when.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if name == "MicroTime" else "%Y-%m-%dT%H:%M:%SZ")
    if name == "Quantity":
        return True, dict(_fields(value)).get(1, b"0").decode() or "0"
    if name == "IntOrString":
        found = dict(_fields(value))
        return True, found.get(3, b"").decode() if found.get(1) else found.get(2, 0)
    if name in ("RawExtension", "FieldsV1", "JSON"):
        raw = dict(_fields(value)).get(1, b"")
        return True, orjson.loads(raw) if raw else None
    if name == "Duration":
        return True, f"{dict(_fields(value)).get(1, 0) / 10**9}s"
    return False, None
