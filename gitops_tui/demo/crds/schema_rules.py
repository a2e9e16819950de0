"""Whether the schema of a CustomResourceDefinition is structural and sound, in the words of k8s.io/apiextensions-apiserver
(pkg/apiserver/schema). CEL rules are looked at no further than that they are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_tui.demo.crds import structural
from gitops_tui.demo.crds.validation import validate
from gitops_tui.demo.rules.findings import forbidden_field, invalid_value, not_supported, required
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")


def has_default(schema: Any) -> bool:
    """Whether a default stands anywhere in a schema."""
    if isinstance(schema, Mapping):
        return any((name == "default") or has_default(below) for name, below in schema.items())
    return isinstance(schema, list) and any(has_default(each) for each in schema)


def schema_rules(schema: Obj, at: str) -> list[FieldError]:
    """What is wrong with the schema of a version, root and all below. at: its path in refusals."""
    errors = _structure(schema, at, root=True)
    metadata = (schema.get("properties") or {}).get("metadata")
    if isinstance(metadata, dict):
        more = set(metadata) - {"type", "properties"} or set(metadata.get("properties") or ()) - {
            "name",
            "generateName",
        }
        if more:
            said = "must not specify anything other than name and generateName, but metadata is implicitly specified"
            errors.append(forbidden_field(f"{at}.properties[metadata]", said))
    return errors


def _structure(schema: Obj, at: str, *, root: bool = False) -> list[FieldError]:
    """Whether a schema is structural, and one that the server takes."""
    if "$ref" in schema:
        return [forbidden_field(f"{at}.$ref", "$ref is not supported")]
    errors: list[FieldError] = []
    kind = schema.get("type")
    loose = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not kind and not loose:
        said = "must not be empty at the root" if root else "must not be empty for specified object fields"
        if at.endswith(".items"):
            said = "must not be empty for specified array items"
        errors.append(required(f"{at}.type", said))
    elif kind and kind not in _TYPES:
        return [not_supported(f"{at}.type", kind, _TYPES)]
    if root and kind and kind != "object":
        errors.append(invalid_value(f"{at}.type", kind, "must be object at the root"))
    if schema.get("uniqueItems"):
        said = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(forbidden_field(f"{at}.uniqueItems", said))
    errors += _contents(schema, at)
    errors += _list(schema, at)
    errors += _values(schema, at)
    for word in ("allOf", "anyOf", "oneOf"):
        for number, each in enumerate(schema.get(word) or ()):
            errors += _bare(each, f"{at}.{word}[{number}]", loose=bool(schema.get("x-kubernetes-int-or-string")))
    if isinstance(schema.get("not"), dict):
        errors += _bare(schema["not"], f"{at}.not")
    return errors


def _contents(schema: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
    if properties and additional not in (None, False):
        said = "additionalProperties and properties are mutual exclusive"
        errors.append(forbidden_field(f"{at}.additionalProperties", said))
    if schema.get("x-kubernetes-embedded-resource") and not (
        properties or schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        said = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        errors.append(required(f"{at}.properties", said))
    for name, child in sorted(properties.items()):
        if isinstance(child, dict):
            errors += _structure(child, f"{at}.properties[{name}]")
    items = schema.get("items")
    loose = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(items, dict):
        errors += _structure(items, f"{at}.items")
    if schema.get("type") == "array" and not items and not loose:
        errors.append(required(f"{at}.items", "must be specified"))
    if isinstance(additional, dict):
        errors += _structure(additional, f"{at}.additionalProperties")
    return errors


def _list(schema: Obj, at: str) -> list[FieldError]:
    """x-kubernetes-list-type and its keys."""
    listed, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    if not listed:
        return []
    if listed not in ("atomic", "set", "map"):
        return [not_supported(f"{at}.x-kubernetes-list-type", listed, ("atomic", "set", "map"), keep_order=True)]
    if schema.get("type") != "array":
        said = "must be array if x-kubernetes-list-type is specified"
        return [invalid_value(f"{at}.type", schema.get("type") or "", said)]
    items = schema.get("items") or {}
    if listed == "set" and items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        said = "must be atomic as item of a list with x-kubernetes-list-type=set"
        return [invalid_value(f"{at}.items.x-kubernetes-map-type", items.get("x-kubernetes-map-type"), said)]
    if listed != "map":
        return []
    if not keys:
        return [required(f"{at}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")]
    properties = items.get("properties") or {}
    if any(key not in properties for key in keys):
        said = "entries must all be names of item properties"
        return [invalid_value(f"{at}.x-kubernetes-list-map-keys", keys, said)]
    errors: list[FieldError] = []
    for key in keys:
        if "default" not in properties[key] and key not in (items.get("required") or ()):
            said = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            errors.append(required(f"{at}.items.properties[{key}].default", said))
    return errors


def _values(schema: Obj, at: str) -> list[FieldError]:
    """Patterns, defaults, rules."""
    errors: list[FieldError] = []
    if (pattern := schema.get("pattern")) and (why := _bad_pattern(pattern)):
        said = f"must be a valid regular expression, but isn't: {why}"
        errors.append(invalid_value(f"{at}.pattern", pattern, said))
    if "default" in schema and schema["default"] is not None:
        unknown: list[str] = []
        structural.prune(schema["default"], schema, "", unknown)
        if unknown:
            errors.append(invalid_value(f"{at}.default", schema["default"], "must not have unknown fields"))
        else:
            for each in validate(schema["default"], schema, ""):
                field = f"{at}.default.{each.field}" if each.field not in ("", "<nil>") else f"{at}.default"
                errors.append(FieldError(each.type, field, each.message))
    for number, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        if not str(rule.get("rule") or "").strip():
            errors.append(required(f"{at}.x-kubernetes-validations[{number}].rule", "rule is not specified"))
    return errors


def _bad_pattern(pattern: str) -> str:
    """What Go says of a pattern that it can't read, "" if it can."""
    try:
        re.compile(pattern.replace(r"\z", r"\Z"))
    except re.error as error:
        at = error.pos or 0
        said = str(error.msg)
        words = {
            "unterminated character set": f"missing closing ]: `{pattern[at:]}`",
            "missing ), unterminated subpattern": f"missing closing ): `{pattern}`",
            "unbalanced parenthesis": f"unexpected ): `{pattern}`",
            "nothing to repeat": f"missing argument to repetition operator: `{pattern[at : at + 1]}`",
        }
        return f"error parsing regexp: {words.get(said, f'{said}: `{pattern}`')}"
    return ""


def _bare(schema: Any, at: str, *, loose: bool = False) -> list[FieldError]:
    """What stands in allOf, anyOf, oneOf, not tells values, no structure."""
    if not isinstance(schema, dict):
        return []
    errors: list[FieldError] = []
    for field in ("type", "default", "title", "description", "additionalProperties"):
        if schema.get(field) and not (field == "type" and loose):
            errors.append(forbidden_field(f"{at}.{field}", "must be empty to be structural"))
    for field in (
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ):
        if schema.get(field):
            errors.append(forbidden_field(f"{at}.{field}", "must be false to be structural"))
    for name, child in sorted((schema.get("properties") or {}).items()):
        errors += _bare(child, f"{at}.properties[{name}]")
    errors += _bare(schema.get("items"), f"{at}.items")
    return errors
