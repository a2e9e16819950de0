"""Expressions that need no jq name what jq names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui import jqpaths
from gitops_tui.compare import compare
from gitops_tui.compare.plainpaths import plain_paths
from gitops_tui.compare.rulefor import expression_for, rule_for, steps_of
from gitops_tui.model.keys import ResourceKey

NAMES = st.sampled_from(["a", "spec", "name", "port", "protocol", "x.y/z", 'q"uote', "$odd"])
VALUES = st.one_of(st.sampled_from(["a", "TCP", "80", "true", ""]), st.integers(0, 90), st.booleans(), st.none())
OBJECTS = st.recursive(
    VALUES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        "spec.a",
        "spec[name=a].port",
        "spec[port=80,protocol=TCP].name",
        "spec[name=true]",
        "a[1]",
        "a[0].name",
        'spec["x.y/z"].a',
        "spec[name=a].a[port=80].port",
        'spec["q\\"uote"][name=a]',
        "a.spec.name",
    ]
)


@given(path=PATHS, obj=st.dictionaries(NAMES, OBJECTS, max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_it_names_is_what_jq_names(path: str, obj: dict[str, Any]) -> None:
    steps = steps_of(path)
    assert steps is not None
    expression = expression_for(steps)
    mine, jqs = plain_paths(expression, obj), jqpaths.jq_paths(expression, obj)
    assert mine is not None, expression
    if isinstance(jqs, str):
        assert isinstance(mine, str), (expression, jqs)
    else:
        assert mine == jqs


@pytest.mark.parametrize(
    "expression", [".a[]", ".a | length", ".a?", "..", ".a, .b", ".a[1:2]", ".a == 1", '.a["b"]', "", ".", ".a.", "."]
)
def test_all_else_needs_jq(expression: str) -> None:
    assert plain_paths(expression, {}) is None


def test_a_rule_for_an_item_of_a_list_holds_without_jq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jqpaths._shared, "paths", lambda *_: jqpaths.MISSING)
    containers = [{"name": "app", "image": "a:1"}, {"name": "side", "image": "b:1"}]
    spec = {"selector": {}, "template": {"spec": {"containers": containers}}}
    desired = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    other = [{**containers[0], "image": "a:2"}, {**containers[1], "image": "b:2"}]
    live = {**desired, "spec": {**spec, "template": {"spec": {"containers": other}}}}
    key = ResourceKey("apps", "Deployment", "", "web")
    rule = rule_for("spec.template.spec.containers[name=app].image", key, "shop", "application")
    assert rule is not None and rule.jq_path_expressions
    drift = compare(desired, live, ignore=(rule,))
    assert [each.path for each in drift.differences] == ["spec.template.spec.containers[name=side].image"]
    assert [each.path for each in drift.hidden] == ["spec.template.spec.containers[name=app].image"]
    assert not drift.warnings
