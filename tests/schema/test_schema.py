"""What the bundled schemas and a custom kind's own say."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gitops_tui.compare import compare
from gitops_tui.model.keys import GVK
from gitops_tui.schema import builtin, from_structural, with_openapi


def test_containers_merge_by_name_and_ports_by_port_and_protocol() -> None:
    node = builtin().node(GVK("apps", "v1", "Deployment"))
    for name in ("spec", "template", "spec", "containers"):
        assert node is not None
        node = node.child(name)
    assert node is not None
    assert node.list_keys == ("name",)
    assert node.items is not None
    ports = node.items.child("ports")
    assert ports is not None
    assert ports.list_keys == ("containerPort", "protocol")


def test_kinds_carry_their_discovery() -> None:
    info = builtin().kinds[GVK("apps", "v1", "Deployment")]
    assert (info.plural, info.namespaced) == ("deployments", True)
    assert "scale" in info.subresources


def test_a_malformed_structural_schema_is_no_crash() -> None:
    node = from_structural({"properties": {"spec": {"type": 7, "properties": "x", "items": [], "default": {"a": 1}}}})
    spec = node.child("spec")
    assert spec is not None
    assert spec.child("anything") is None


def test_an_unknown_kind_has_no_schema() -> None:
    assert builtin().node(GVK("a.b", "v1", "C")) is None


def test_types_out_of_a_clusters_openapi() -> None:
    parts = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {"$ref": "#/components/schemas/a.Part"},
    }
    document = {
        "components": {
            "schemas": {
                "a.Thing": {
                    "type": "object",
                    "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/a.Spec"}]}},
                    "x-kubernetes-group-version-kind": [{"group": "a.example", "version": "v1", "kind": "Thing"}],
                },
                "a.Spec": {
                    "type": "object",
                    "properties": {"parts": parts, "size": {"x-kubernetes-int-or-string": True}},
                },
                "a.Part": {"type": "object", "properties": {"name": {"type": "string"}}},
                "a.Loop": {"$ref": "#/components/schemas/a.Loop"},
                "odd": 7,
            }
        }
    }
    gvk = GVK("a.example", "v1", "Thing")
    node = with_openapi(builtin(), document).node(gvk)
    assert node is not None
    spec = node.child("spec")
    assert spec is not None
    listed = spec.child("parts")
    assert listed is not None
    assert (listed.list_type, listed.list_keys) == ("map", ("name",))
    assert builtin().node(gvk) is None
    for malformed in (
        {},
        {"components": 1},
        {"components": {"schemas": {"x": {"x-kubernetes-group-version-kind": [1]}}}},
    ):
        assert with_openapi(builtin(), malformed).node(gvk) is None


@pytest.mark.parametrize(
    "malformed",
    [
        {"type": ["array"], "items": 3},
        {"type": "array", "x-kubernetes-list-type": ["map"], "x-kubernetes-list-map-keys": "name"},
        {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [{"a": 1}, None]},
        {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": 1.5},
        {"type": "object", "properties": [], "additionalProperties": 1, "x-kubernetes-map-type": {}},
        {"type": "string", "enum": 3, "format": [], "required": "a", "default": {"a": []}},
        {"properties": {"a": None}, "items": [{}], "x-kubernetes-int-or-string": "yes"},
        7,
    ],
)
def test_a_malformed_schema_is_no_crash(malformed: Any) -> None:
    schema = {"type": "object", "properties": {"spec": malformed}}
    for one, other in (([{"name": "a"}], [{"name": "b"}]), ({"a": 1}, {"a": None}), ("1", 2)):
        desired = {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}, "spec": one}
        assert not compare(desired, copy.deepcopy(desired), schema=schema).is_drifted
        assert compare(desired, {**desired, "spec": other}, schema=schema).is_drifted
