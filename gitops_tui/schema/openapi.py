"""Types out of a cluster's own OpenAPI v3 documents, for kinds that are neither built in nor read from a CRD: those of
aggregated API servers, Kubernetes' own in versions that the bundled data doesn't have, and custom ones where the right to
read CRDs is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_tui.model.keys import GVK
from gitops_tui.schema.nodes import Node, sound
from gitops_tui.schema.schemas import SchemaSet

_KEEP = {
    "type": "t",
    "format": "f",
    "default": "d",
    "required": "r",
    "x-kubernetes-list-type": "l",
    "x-kubernetes-list-map-keys": "k",
    "x-kubernetes-map-type": "m",
    "x-kubernetes-patch-merge-key": "p",
    "x-kubernetes-patch-strategy": "s",
    "x-kubernetes-preserve-unknown-fields": "u",
    "x-kubernetes-int-or-string": "i",
    "enum": "e",
    "nullable": "n",
}
_MAX_DEPTH = 100
# A group, a version and a kind of Kubernetes' own API; a custom one's name begins with its group, turned around.
_OWN = re.compile(r"io\.k8s\.api\.[^.]+\.[^.]+\.[^.]+")


def trimmed(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """What a `Node` is made of, out of one schema of an OpenAPI v3 document; malformed parts are passed over."""
    made = sound({short: schema[name] for name, short in _KEEP.items() if name in schema})
    parts = schema.get("allOf")
    found = [schema, *(parts if isinstance(parts, list) else ())]
    reference = next(
        (each["$ref"] for each in found if isinstance(each, Mapping) and isinstance(each.get("$ref"), str)), ""
    )
    if reference:
        made["$"] = reference.rsplit("/", 1)[-1]
    if depth > _MAX_DEPTH:
        return made
    if isinstance(properties := schema.get("properties"), Mapping):
        made["P"] = {
            name: trimmed(child, depth + 1) for name, child in properties.items() if isinstance(child, Mapping)
        }
    for name, short in (("items", "I"), ("additionalProperties", "A")):
        if isinstance(inside := schema.get(name), Mapping):
            made[short] = trimmed(inside, depth + 1)
    return made


def with_openapi(schemas: SchemaSet, document: Mapping[str, Any]) -> SchemaSet:
    """The same and the kinds of one group and version as `/openapi/v3/apis/<group>/<version>` gives them; kinds that are
    known already and malformed parts are passed over."""
    components = document.get("components")
    found = components.get("schemas") if isinstance(components, Mapping) else None
    if not isinstance(found, Mapping):
        return schemas
    definitions = {**schemas.definitions}
    for name, schema in found.items():
        if isinstance(schema, Mapping) and name not in definitions:
            definitions[name] = trimmed(schema)
    custom: dict[GVK, Node] = {}
    for name, schema in found.items():
        said = schema.get("x-kubernetes-group-version-kind") if isinstance(schema, Mapping) else None
        for each in said if isinstance(said, list) else ():
            if not isinstance(each, Mapping):
                continue
            gvk = GVK(*(str(each.get(word) or "") for word in ("group", "version", "kind")))
            if schemas.exact(gvk) is None:
                # What Kubernetes serves itself goes through Go's types, whichever version it is of.
                custom[gvk] = Node({"$": name}, definitions, custom=_OWN.fullmatch(name) is None)
    return schemas.with_nodes(custom) if custom else schemas
