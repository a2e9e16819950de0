"""A difference's path becomes a rule that hides that difference and no other."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.compare import compare
from gitops_tui.compare.plainpaths import plain_paths
from gitops_tui.compare.rulefor import expression_for, pointer_for, rule_dict, rule_for
from gitops_tui.model import fieldpath
from gitops_tui.model.fieldpath import steps_of
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.text import printable

KEY = ResourceKey("apps", "Deployment", "shop", "web")


def deployment(image: str, replicas: int = 2, port: int = 80, note: str = "1") -> dict[str, Any]:
    side = {"name": "side", "image": image, "ports": [{"containerPort": 9090}]}
    app = {"name": "app", "image": image, "ports": [{"containerPort": port, "protocol": "TCP"}], "args": [image]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"example.org/x~y": note}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [app, side]}}},
    }


@pytest.mark.parametrize(
    ("path", "pointer", "expression"),
    [
        ("spec.replicas", "/spec/replicas", ".spec.replicas"),
        ('metadata.annotations["a.b/c~d"]', "/metadata/annotations/a.b~1c~0d", '.metadata.annotations.["a.b/c~d"]'),
        ("data.my-key", "/data/my-key", '.data.["my-key"]'),
        ('data["say \\"hi\\""]', '/data/say "hi"', '.data.["say \\"hi\\""]'),
        ("spec.containers[name=app].image", "", '.spec.containers[] | select(.name == "app") | .image'),
        (
            "spec.ports[port=80,protocol=UDP]",
            "",
            '.spec.ports[] | select((.port | tostring) == "80" and (.protocol // "TCP") == "UDP")',
        ),
        ('spec.items[name="two words"].x', "", '.spec.items[] | select(.name == "two words") | .x'),
        ("spec.args[0]", "", ".spec.args[0]"),
        ("spec.matrix[0][1].x", "", ".spec.matrix[0][1].x"),
    ],
)
def test_a_path_as_a_pointer_and_as_a_jq_expression(path: str, pointer: str, expression: str) -> None:
    steps = steps_of(path)
    assert steps is not None
    assert pointer_for(steps) == pointer
    assert expression_for(steps) == expression


ODD = [
    "a\x1b[31mb",
    "two\nlines",
    "a\tb",
    "\u202egnp",
    "\\u0041",
    'q"\\"',
    "a]b",
    "\U000e0041",
    "e" + "\u0301" * 9,
    "x\x85",
    "é",
]


@pytest.mark.parametrize("name", ODD)
def test_a_name_with_any_letters_is_printable_and_found_again(name: str) -> None:
    path = fieldpath.child("spec.limits", name)
    held = fieldpath.child(fieldpath.item("spec.parts", ("name",), {"name": name}), name)
    assert printable(path) == path
    assert printable(held) == held
    assert steps_of(path) == ("spec", "limits", name)
    assert steps_of(held) == ("spec", "parts", (("name", name),), name)
    assert fieldpath.parent(held) == fieldpath.item("spec.parts", ("name",), {"name": name})
    expression = expression_for(steps_of(held) or ())
    assert printable(expression) == expression
    assert plain_paths(expression, {"spec": {"parts": [{"name": name, name: 1}]}}) == [("spec", "parts", 0, name)]


@pytest.mark.parametrize("name", ODD)
def test_the_rule_of_a_field_with_such_a_name_hides_it(name: str) -> None:
    desired = {"apiVersion": "x.example/v1", "kind": "Map", "metadata": {"name": "m"}, "spec": {name: 1, "other": 1}}
    live = {**desired, "spec": {name: 2, "other": 2}}
    path = fieldpath.child("spec", name)
    rule = rule_for(path, ResourceKey("x.example", "Map", "", "m"), "shop")
    assert rule is not None
    after = compare(desired, live, ignore=(rule,))
    assert [each.path for each in after.hidden] == [path]
    assert [each.path for each in after.differences] == ["spec.other"]


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a[name=]", 'a["x]', "a b", "a[name=x", "a[=x]", "a.", "[0]]"])
def test_what_is_no_path_makes_no_rule(path: str) -> None:
    assert steps_of(path) is None
    assert rule_for(path, KEY, "shop") is None


@pytest.mark.parametrize(
    "live",
    [
        deployment("web:2", replicas=5, note="2"),
        deployment("web:1", port=8080),
        deployment("web:1", replicas=3),
    ],
)
def test_the_rule_of_each_difference_hides_it_alone(live: dict[str, Any]) -> None:
    desired = deployment("web:1")
    found = compare(desired, live).differences
    assert found
    for each in found:
        rule = rule_for(each.path, KEY, "shop")
        assert rule is not None
        after = compare(desired, live, ignore=(rule,))
        assert not after.warnings
        assert [one.path for one in after.hidden] == [each.path]
        assert [one.path for one in after.differences] == [one.path for one in found if one.path != each.path]


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ("object", {"application": "shop", "group": "apps", "kind": "Deployment", "name": "web", "namespace": "shop"}),
        ("application", {"application": "shop", "group": "apps", "kind": "Deployment"}),
        ("kind", {"group": "apps", "kind": "Deployment"}),
        ("all", {"group": "*", "kind": "*"}),
    ],
)
def test_a_rule_speaks_of_what_was_chosen(scope: str, wanted: dict[str, str]) -> None:
    rule = rule_for("spec.replicas", KEY, "shop", scope)
    assert rule is not None
    assert rule_dict(rule) == {**wanted, "jsonPointers": ["/spec/replicas"]}
    in_git = {name: value for name, value in wanted.items() if name != "application"}
    assert rule_dict(rule, ours=False) == {**in_git, "jsonPointers": ["/spec/replicas"]}


def test_names_with_signs_of_globs_stand_for_themselves() -> None:
    rule = rule_for("data.x", ResourceKey("", "ConfigMap", "a", "b*c"), "app[1]")
    assert rule is not None
    assert (rule.name, rule.application) == ("b[*]c", "app[[]1]")


def test_a_manager_in_place_of_the_field() -> None:
    rule = rule_for("spec.replicas", KEY, "shop", "kind", manager="vpa")
    assert rule is not None
    assert rule_dict(rule) == {"group": "apps", "kind": "Deployment", "managedFieldsManagers": ["vpa"]}
