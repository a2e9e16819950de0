"""What the bundled schemas and a custom kind's own say."""

from __future__ import annotations

from gitops_tui.model.keys import GVK
from gitops_tui.schema import builtin, from_structural


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
