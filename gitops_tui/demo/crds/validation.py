"""Validation against OpenAPI v3 schemas in the words of k8s.io/kube-openapi. CEL rules (x-kubernetes-validations) are not
evaluated."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from gitops_tui.demo.fields.walks import same
from gitops_tui.demo.rules.findings import (
    duplicate,
    invalid_type,
    invalid_value,
    not_supported,
    required,
    shown,
    too_many,
)
from gitops_tui.demo.status import FieldError

Schema = Mapping[str, Any]


def kind_of(value: Any) -> str:
    """What JSON calls the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "array" if isinstance(value, list) else "object"


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text.replace(r"\z", r"\Z"))
    except re.error:
        return None


def validate(value: Any, schema: Schema, at: str) -> list[FieldError]:
    """What is wrong with a value."""
    errors: list[FieldError] = []
    if value is None:
        if schema.get("nullable") or not schema.get("type"):
            return []
        wanted = schema["type"]
        return [invalid_type(at, "null", f'{at} in body must be of type {wanted}: "null"')]
    kind = kind_of(value)
    if schema.get("x-kubernetes-int-or-string"):
        if kind not in ("integer", "string"):
            return [invalid_type(at, kind, f'{at} in body must be of type integer,string: "{kind}"')]
    elif wanted := schema.get("type"):
        fits = kind == wanted or (wanted == "number" and kind == "integer")
        if wanted == "integer" and kind == "number" and float(value).is_integer():
            fits = True
        if wanted == "integer" and fits and not -(2**63) <= value < 2**63:
            kind, fits = "number", False
        if not fits:
            wrong = [invalid_type(at, kind, f'{at} in body must be of type {wanted}: "{kind}"')]
            if wanted == "integer" and kind == "number":
                wrong.append(_nil(f"Checked value must be of type integer (default format) in {at}"))
            return wrong
    if kind == "object":
        errors += _object(value, schema, at)
    elif kind == "array":
        errors += _array(value, schema, at)
    elif kind == "string":
        errors += _string(value, schema, at)
    elif kind in ("integer", "number"):
        errors += _number(value, schema, at)
    if (enum := schema.get("enum")) is not None and not any(same(value, each) for each in enum):
        errors.append(not_supported(at, value, [str(each) for each in enum], keep_order=True))
    return errors + _combined(value, schema, at)


def _combined(value: Any, schema: Schema, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    every = schema.get("allOf") or ()
    fits = 0
    for part in every:
        unfit = validate(value, part, at)
        fits += not unfit
        errors += unfit
    if every and fits < len(every):
        said = "None validated" if not fits else f"Found {fits} valid alternatives"
        errors.append(_nil(f'"{at}" must validate all the schemas (allOf). {said}'))
    for word, least in (("anyOf", 1), ("oneOf", 1)):
        options = schema.get(word)
        if not options:
            continue
        found: list[list[FieldError]] = [validate(value, each, at) for each in options]
        fit = sum(not each for each in found)
        if word == "anyOf" and fit < least:
            errors.append(_nil(f'"{at}" must validate at least one schema (anyOf)'))
            errors += _shortest(found)
        if word == "oneOf" and fit != 1:
            said = "Found none valid" if not fit else f"Found {fit} valid alternatives"
            errors.append(_nil(f'"{at}" must validate one and only one schema (oneOf). {said}'))
            if not fit:
                errors += _shortest(found)
    if (wrong := schema.get("not")) and not validate(value, wrong, at):
        errors.append(_nil(f'"{at}" must not validate the schema (not)'))
    return errors


def _shortest(found: list[list[FieldError]]) -> list[FieldError]:
    """The findings of the option that nearly fits."""
    return sorted(found, key=lambda each: len(each))[0]


def _nil(said: str) -> FieldError:
    return FieldError("FieldValueInvalid", "<nil>", f'Invalid value: "": {said}')


def _object(value: dict[str, Any], schema: Schema, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    properties = schema.get("properties") or {}
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        errors.append(invalid_value(at, len(value), f"{at} in body should have at least {least} properties"))
    if most is not None and len(value) > most:
        errors.append(too_many(at, len(value), most))
    for name in schema.get("required") or ():
        if name not in value:
            errors.append(required(f"{at}.{name}" if at else name))
    additional = schema.get("additionalProperties")
    for name, below in value.items():
        child = properties.get(name)
        if child is None:
            child = additional if isinstance(additional, Mapping) else None
        if child is not None:
            errors += validate(below, child, f"{at}.{name}" if at else name)
    if schema.get("x-kubernetes-embedded-resource"):
        for name in ("apiVersion", "kind"):
            if not value.get(name):
                errors.append(required(f"{at}.{name}"))
    return errors


def _array(value: list[Any], schema: Schema, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        errors.append(invalid_value(at, len(value), f"{at} in body should have at least {least} items"))
    if most is not None and len(value) > most:
        errors.append(too_many(at, len(value), most))
    items = schema.get("items")
    if isinstance(items, Mapping):
        for number, each in enumerate(value):
            errors += validate(each, items, f"{at}[{number}]")
    return errors


_FORMATS = {
    "date": re.compile(r"^\d{4}-\d{2}-\d{2}$"),
    "email": re.compile(r"^[^@\s]+@[^@\s]+$"),
    "uuid": re.compile(r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"),
    "duration": re.compile(
        r"^[+-]?(\d+(\.\d*)?\s*(ns|us|µs|ms|s|m|h|d|w|hr|hour|hours|min|minute|minutes|sec|second|seconds|day|days|week|weeks|millis?|micros?|nanos?)\s*)+$|^0$"
    ),
    "uri": re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:|/)\S*$"),
    "hostname": re.compile(
        r"^(?=.{1,255}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$"
    ),
    "ipv4": re.compile(r"^(\d{1,3}\.){3}\d{1,3}$"),
}


def _fits_format(value: str, form: str) -> bool:
    if form == "date-time":
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return False
        return "T" in value.upper()
    if form == "cidr":
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        return "/" in value
    if form == "byte":
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return True
    pattern = _FORMATS.get(form)
    return pattern is None or pattern.match(value) is not None


def _string(value: str, schema: Schema, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    least, most = schema.get("minLength"), schema.get("maxLength")
    if most is not None and len(value) > most:
        errors.append(FieldError("FieldValueTooLong", at, f"Too long: may not be more than {most} bytes"))
    elif least is not None and len(value) < least:
        errors.append(invalid_value(at, value, f"{at} in body should be at least {least} chars long"))
    text = schema.get("pattern")
    if not errors and text and (pattern := _pattern(text)) is not None and not pattern.search(value):
        errors.append(invalid_value(at, value, f"{at} in body should match '{text}'"))
    form = schema.get("format")
    if form and not _fits_format(value, form):
        errors.append(invalid_type(at, value, f"{at} in body must be of type {form}: {shown(value)}"))
    return errors


def _number(value: float, schema: Schema, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None:
        if schema.get("exclusiveMaximum") and value >= most:
            errors.append(invalid_value(at, value, f"{at} in body should be less than {_plain(most)}"))
        elif value > most:
            errors.append(invalid_value(at, value, f"{at} in body should be less than or equal to {_plain(most)}"))
    if least is not None:
        if schema.get("exclusiveMinimum") and value <= least:
            errors.append(invalid_value(at, value, f"{at} in body should be greater than {_plain(least)}"))
        elif value < least and not schema.get("exclusiveMinimum"):
            errors.append(invalid_value(at, value, f"{at} in body should be greater than or equal to {_plain(least)}"))
    if schema.get("format") == "int32" and not -(2**31) <= value < 2**31:
        return [_nil(f"Checked value must be of type integer with format int32 in {at}")]
    step = schema.get("multipleOf")
    if step and value % step:
        errors.append(invalid_value(at, value, f"{at} in body should be a multiple of {_plain(step)}"))
    return errors


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def validate_lists(value: Any, schema: Schema, at: str) -> list[FieldError]:
    """Items that stand twice in sets and map lists."""
    errors: list[FieldError] = []
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        for name, below in value.items():
            child = properties.get(name) or (additional if isinstance(additional, Mapping) else None)
            if child:
                errors += validate_lists(below, child, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        items = schema.get("items")
        listed, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or ()
        seen: list[Any] = []
        for number, each in enumerate(value):
            key = each
            if listed == "map" and isinstance(each, dict):
                key = {name: each[name] for name in sorted(keys) if name in each}
            if listed in ("map", "set"):
                if any(same(key, other) for other in seen):
                    errors.append(duplicate(f"{at}[{number}]", key))
                seen.append(key)
            if isinstance(items, Mapping):
                errors += validate_lists(each, items, f"{at}[{number}]")
    return errors
