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
    assert builtin().node(GVK("apps.b", "v1", "Deployment")) is None


@pytest.mark.parametrize(
    ("version", "kind", "like"),
    [
        ("apps/v1beta7", "Deployment", "apps/v1"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
        ("autoscaling/v1alpha1", "HorizontalPodAutoscaler", "autoscaling/v1"),
        ("autoscaling/v7", "HorizontalPodAutoscaler", "autoscaling/v2"),
        ("batch/odd", "CronJob", "batch/v1"),
        ("v2", "Service", "v1"),
    ],
)
def test_a_version_that_is_not_bundled_has_the_types_of_the_nearest(version: str, kind: str, like: str) -> None:
    assert builtin().exact(GVK.of(version, kind)) is None
    assert builtin().node_of(version, kind) is builtin().node_of(like, kind) is not None


def test_kubernetes_own_kinds_of_other_versions_go_through_gos_types() -> None:
    """As on a real API server that serves them: a count of 1 and an emptied list are what is there already."""
    version = "resource.k8s.io/v1beta2"
    name, kind = "io.k8s.api.resource.v1beta2.ResourceClaim", {"group": "resource.k8s.io", "version": "v1beta2"}
    request = {"$ref": "#/components/schemas/io.k8s.api.resource.v1.DeviceRequest"}
    requests = {
        "type": "array",
        "items": request,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
    }
    devices = {"type": "object", "properties": {"requests": requests, "more": {"type": "array", "items": {}}}}
    spec = {"type": "object", "properties": {"devices": devices}}
    schema = {
        "type": "object",
        "properties": {"spec": spec},
        "x-kubernetes-group-version-kind": [{**kind, "kind": "ResourceClaim"}],
    }
    schemas = with_openapi(builtin(), {"components": {"schemas": {name: schema}}})
    asked = {"deviceClassName": "gpu", "count": 1, "tolerations": []}
    desired = {
        "apiVersion": version,
        "kind": "ResourceClaim",
        "metadata": {"name": "c"},
        "spec": {"devices": {"requests": [{"name": "one", "exactly": asked}], "more": []}},
    }
    there = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    live = {**desired, "spec": {"devices": {"requests": [{"name": "one", "exactly": there}]}}}
    node = schemas.node_of(version, "ResourceClaim")
    assert node is not None
    assert not node.custom
    assert not compare(desired, live, schema=schemas).is_drifted
    assert [each.path for each in compare(desired, live).differences] == ["spec.devices.more"]


def test_a_custom_kind_of_a_group_of_kubernetes_projects_is_custom() -> None:
    kind = {"group": "snapshot.storage.k8s.io", "version": "v1", "kind": "VolumeSnapshot"}
    schema = {"type": "object", "x-kubernetes-group-version-kind": [kind]}
    document = {"components": {"schemas": {"io.k8s.storage.snapshot.v1.VolumeSnapshot": schema}}}
    node = with_openapi(builtin(), document).node(GVK(*kind.values()))
    assert node is not None
    assert node.custom


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
