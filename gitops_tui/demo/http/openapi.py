"""OpenAPI v2 and v3: the bundled definitions of built-in kinds, schemas of custom ones, and paths made from discovery.

Read and made when first asked for: a server that nobody explains with pays nothing.
"""

from __future__ import annotations

import hashlib
import lzma
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.demo.registry.resources import Catalogue, Resource, server_data
from gitops_tui.schema import builtin

Obj = dict[str, Any]
_DATA = Path(__file__).parent.parent / "data" / "openapi.json.xz"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_REF = "#/components/schemas/"


@lru_cache(maxsize=1)
def _definitions() -> Obj:
    return orjson.loads(lzma.decompress(_DATA.read_bytes()))  # type: ignore[no-any-return]


def _parameter(name: str, kind: str = "string") -> Obj:
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}


_WRITE = [_parameter("dryRun"), _parameter("fieldManager"), _parameter("fieldValidation")]
_PATCHES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")


def _name(resource: Resource) -> str:
    """The definition that describes a kind."""
    if resource.custom is None:
        return builtin().kinds[resource.gvk].definition
    backwards = ".".join(reversed(resource.group.split(".")))
    return f"{backwards}.{resource.gvk.version}.{resource.kind}"


def _gvk(resource: Resource) -> Obj:
    return {"group": resource.group, "version": resource.gvk.version, "kind": resource.kind}


def _operation(resource: Resource, action: str, **more: Any) -> Obj:
    answer = {"application/json": {"schema": {"$ref": _REF + _name(resource)}}}
    return {
        **more,
        "responses": {"200": {"description": "OK", "content": answer}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(resource),
    }


def _paths(resource: Resource) -> Obj:
    base = f"/apis/{resource.group}" if resource.group else "/api"
    base += f"/{resource.gvk.version}"
    if resource.namespaced:
        base += "/namespaces/{namespace}"
    base += f"/{resource.plural}"
    whole: Obj = {}
    one: Obj = {}
    body = {"content": {"*/*": {"schema": {"$ref": _REF + _name(resource)}}}, "required": True}
    if "list" in resource.verbs:
        whole["get"] = _operation(
            resource, "list", parameters=[_parameter("labelSelector"), _parameter("fieldSelector")]
        )
    if "create" in resource.verbs:
        whole["post"] = _operation(resource, "post", parameters=_WRITE, requestBody=body)
    if "deletecollection" in resource.verbs:
        whole["delete"] = _operation(resource, "deletecollection", parameters=[_parameter("dryRun")])
    if "get" in resource.verbs:
        one["get"] = _operation(resource, "get")
    if "update" in resource.verbs:
        one["put"] = _operation(resource, "put", parameters=_WRITE, requestBody=body)
    if "delete" in resource.verbs:
        one["delete"] = _operation(resource, "delete", parameters=[_parameter("dryRun")])
    if "patch" in resource.verbs:
        kinds = _PATCHES if resource.custom is not None else (*_PATCHES, "application/strategic-merge-patch+json")
        patch = {"schema": {"$ref": _REF + _META + "Patch"}}
        given = {"content": dict.fromkeys(kinds, patch), "required": True}
        parameters = [*_WRITE, _parameter("force", "boolean")]
        one["patch"] = _operation(resource, "patch", parameters=parameters, requestBody=given)
    made = {base: whole}
    if one:
        made[base + "/{name}"] = one
    return {path: below for path, below in made.items() if below}


def _custom_schema(resource: Resource) -> Obj:
    schema = dict(resource.custom.schema)
    properties = dict(schema.get("properties") or {})
    properties.setdefault("apiVersion", _OWN_FIELDS["apiVersion"])
    properties.setdefault("kind", _OWN_FIELDS["kind"])
    properties["metadata"] = {
        "description": "Standard object's metadata.",
        "allOf": [{"$ref": _REF + _META + "ObjectMeta"}],
    }
    return {**schema, "properties": properties, "x-kubernetes-group-version-kind": [_gvk(resource)]}


_OWN_FIELDS = {
    "apiVersion": {
        "description": "APIVersion defines the versioned schema of this representation of an object.",
        "type": "string",
    },
    "kind": {
        "description": "Kind is a string value representing the REST resource this object represents.",
        "type": "string",
    },
}


def _references(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for name, below in value.items():
            if name == "$ref" and isinstance(below, str):
                found.add(below.rpartition("/")[2])
            else:
                _references(below, found)
    elif isinstance(value, list):
        for each in value:
            _references(each, found)


def _closure(schemas: Obj, wanted: set[str]) -> Obj:
    """The schemas named, and all that those refer to."""
    made: Obj = {}
    queue = list(wanted)
    definitions = _definitions()
    while queue:
        name = queue.pop()
        if name in made:
            continue
        schema = schemas.get(name) or definitions.get(name)
        if schema is None:
            continue
        made[name] = schema
        found: set[str] = set()
        _references(schema, found)
        queue += [each for each in found if each not in made]
    return made


class OpenApi:
    """The documents for a catalogue, kept as long as its kinds stay the same."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._made: dict[str, bytes] = {}
        self._version = catalogue.version

    def _kept(self, name: str, make: Any) -> bytes:
        if self._catalogue.version != self._version:
            self._made.clear()
            self._version = self._catalogue.version
        if name not in self._made:
            self._made[name] = orjson.dumps(make())
        return self._made[name]

    def _of(self, group: str, version: str) -> list[Resource]:
        return [each for each in self._catalogue if (each.group, each.gvk.version) == (group, version)]

    def index(self) -> bytes:
        """`/openapi/v3`."""

        def make() -> Obj:
            made = {}
            for group, versions in self._catalogue.versions().items():
                for version in versions:
                    path = f"apis/{group}/{version}" if group else f"api/{version}"
                    kinds = ",".join(
                        f"{each.kind}:{hash(each.custom) if each.custom is None else each.custom}"
                        for each in self._of(group, version)
                    )
                    mark = hashlib.sha256(kinds.encode()).hexdigest()[:32].upper()
                    made[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={mark}"}
            return {"paths": made}

        return self._kept("v3", make)

    def v3(self, path: str) -> bytes | None:
        """`/openapi/v3/apis/GROUP/VERSION`, None where there is no such."""
        parts = path.split("/")
        if parts[0] == "api" and len(parts) == 2:
            group, version = "", parts[1]
        elif parts[0] == "apis" and len(parts) == 3:
            group, version = parts[1], parts[2]
        else:
            return None
        resources = self._of(group, version)
        if not resources:
            return None

        def make() -> Obj:
            schemas = {_name(each): _custom_schema(each) for each in resources if each.custom is not None}
            paths: Obj = {}
            for each in resources:
                paths.update(_paths(each))
            wanted = {_name(each) for each in resources} | {_META + "Patch"}
            info = {"title": "Kubernetes", "version": server_data()["version"]["gitVersion"]}
            components = {"schemas": _closure(schemas, wanted)}
            return {"openapi": "3.0.0", "info": info, "paths": paths, "components": components}

        return self._kept(f"v3/{path}", make)

    def v2(self) -> bytes:
        """`/openapi/v2`."""

        def make() -> Obj:
            schemas = {_name(each): _custom_schema(each) for each in self._catalogue if each.custom is not None}
            paths: Obj = {}
            for each in self._catalogue:
                for path, below in _paths(each).items():
                    paths[path] = {verb: _to_v2(operation) for verb, operation in below.items()}
            wanted = {_name(each) for each in self._catalogue} | {_META + "Patch"}
            definitions = {name: _schema_v2(schema) for name, schema in _closure(schemas, wanted).items()}
            info = {"title": "Kubernetes", "version": server_data()["version"]["gitVersion"]}
            return {"swagger": "2.0", "info": info, "paths": paths, "definitions": definitions}

        return self._kept("v2", make)


def _schema_v2(value: Any) -> Any:
    if isinstance(value, list):
        return [_schema_v2(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _schema_v2(below) for name, below in value.items()}
    inner = made.get("allOf")
    if isinstance(inner, list) and len(inner) == 1 and "$ref" in inner[0]:
        made = {name: below for name, below in made.items() if name not in ("allOf", "default")}
        made["$ref"] = inner[0]["$ref"]
    if isinstance(reference := made.get("$ref"), str):
        made["$ref"] = "#/definitions/" + reference.rpartition("/")[2]
    return made


def _to_v2(operation: Obj) -> Obj:
    parameters = [
        {"name": each["name"], "in": each["in"], "type": each["schema"]["type"], "uniqueItems": True}
        for each in operation.get("parameters") or ()
    ]
    made = {name: value for name, value in operation.items() if name not in ("parameters", "requestBody", "responses")}
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        schema = next(iter(content.values()))["schema"]
        parameters.append({"name": "body", "in": "body", "required": True, "schema": _schema_v2(schema)})
        made["consumes"] = list(content)
    made["parameters"] = parameters
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    made["responses"] = {"200": {"description": "OK", "schema": _schema_v2(answer)}}
    return made
