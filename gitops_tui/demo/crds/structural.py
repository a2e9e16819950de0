"""Structural schemas at work: types for field sets, pruning, defaulting (k8s.io/apiextensions-apiserver pkg/apiserver/schema)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from gitops_tui.schema.nodes import SHORT

Obj = dict[str, Any]
Schema = Mapping[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def raw_type(schema: Schema, depth: int = 0) -> dict[str, Any]:
    """The schema in the short form that `fields.types.Type` reads."""
    made: dict[str, Any] = {short: schema[name] for name, short in SHORT.items() if schema.get(name) is not None}
    if depth > 100:
        return made
    if isinstance(properties := schema.get("properties"), Mapping):
        made["P"] = {
            name: raw_type(child, depth + 1) for name, child in properties.items() if isinstance(child, Mapping)
        }
    if isinstance(items := schema.get("items"), Mapping):
        made["I"] = raw_type(items, depth + 1)
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        made["A"] = raw_type(additional, depth + 1)
    elif additional is True:
        made["A"] = {}
    if schema.get("x-kubernetes-embedded-resource"):
        made.setdefault("P", {})["metadata"] = {"$": _META}
        for name in ("apiVersion", "kind"):
            made["P"].setdefault(name, {"t": "string"})
    return made


def root_type(schema: Schema) -> dict[str, Any]:
    """The same for a whole object: with apiVersion, kind and metadata."""
    made = raw_type(schema)
    made["t"] = "object"
    properties = made.setdefault("P", {})
    properties["metadata"] = {"$": _META}
    for name in ("apiVersion", "kind"):
        properties[name] = {"t": "string"}
    return made


def prune(value: Any, schema: Schema, at: str, unknown: list[str], *, root: bool = False) -> Any:
    """The value without what the schema doesn't know; `unknown` gets the paths of what went."""
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return value
        return [prune(each, items, f"{at}[{number}]", unknown) for number, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    embedded = root or bool(schema.get("x-kubernetes-embedded-resource"))
    made = {}
    for name, below in value.items():
        here = f"{at}.{name}" if at else name
        if embedded and name in ("apiVersion", "kind", "metadata"):
            made[name] = below
        elif name in properties:
            made[name] = prune(below, properties[name], here, unknown)
        elif isinstance(additional, Mapping):
            made[name] = prune(below, additional, here, unknown)
        elif additional is True or keep:
            made[name] = below
        else:
            unknown.append(here)
    return made


def default(value: Any, schema: Schema) -> Any:
    """The value with the schema's defaults; a null where null is not allowed counts as absent if there is a default."""
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        made = dict(value)
        for name, child in properties.items():
            if "default" in child and (name not in made or (made[name] is None and not child.get("nullable"))):
                made[name] = copy.deepcopy(child["default"])
            elif name in made and made[name] is None and not child.get("nullable"):
                continue
            if isinstance(made.get(name), dict | list):
                made[name] = default(made[name], child)
        if isinstance(additional, Mapping):
            for name, below in made.items():
                if name in properties:
                    continue
                if below is None and "default" in additional and not additional.get("nullable"):
                    made[name] = copy.deepcopy(additional["default"])
                elif isinstance(below, dict | list):
                    made[name] = default(below, additional)
        return made
    if isinstance(value, list):
        items = schema.get("items")
        return [default(each, items) for each in value] if isinstance(items, Mapping) else value
    return value


def drop_nulls(value: Any, schema: Schema) -> Any:
    """Nulls of fields that can't be null and have no default go, as the API server drops them."""
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        made = {}
        for name, below in value.items():
            child = properties.get(name)
            if child is None:
                child = additional if isinstance(additional, Mapping) else None
            if below is None and child is not None and not child.get("nullable") and name in properties:
                continue
            made[name] = drop_nulls(below, child) if child is not None else below
        return made
    if isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
        return [drop_nulls(each, items) for each in value]
    return value
