"""ignoreDifferences: what is hidden, what is counted, and what a bad rule does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gitops_tui.compare import compare, confirm, respecting
from gitops_tui.compare.ignore import rules_for
from gitops_tui.jqpaths import JqPaths
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.keys import ResourceKey
from gitops_tui.schema import builtin

KEY = ResourceKey("apps", "Deployment", "shop-eu", "web-1")


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web-1", "namespace": "shop-eu"},
        "spec": spec,
    }


def containers(*items: dict[str, Any]) -> dict[str, Any]:
    return deployment(template={"spec": {"containers": list(items)}})


def rule(**words: Any) -> IgnoreRule:
    return IgnoreRule(**{"group": "apps", "kind": "Deployment", **words})


@pytest.mark.parametrize(
    ("words", "speaks"),
    [
        ({"group": "apps", "kind": "Deployment"}, True),
        ({"group": "*", "kind": "*"}, True),
        ({"kind": "*"}, True),
        ({"group": "app?", "kind": "Dep*"}, True),
        ({"group": "{batch,apps}", "kind": "[!S]*"}, True),
        ({"group": "{batch,apps", "kind": "Deployment"}, False),
        ({"group": "", "kind": "Deployment"}, False),
        ({"group": "apps", "kind": "StatefulSet"}, False),
        ({"group": "apps", "kind": "Deployment", "name": "web-*"}, True),
        ({"group": "apps", "kind": "Deployment", "name": "web"}, False),
        ({"group": "apps", "kind": "Deployment", "namespace": "shop-*"}, True),
        ({"group": "apps", "kind": "Deployment", "namespace": "other"}, False),
    ],
)
def test_group_kind_name_and_namespace_are_globs(words: dict[str, Any], speaks: bool) -> None:
    assert bool(rules_for([IgnoreRule(**words)], KEY)) is speaks


@pytest.mark.parametrize(
    "words", [{"kind": 5}, {"group": ["apps"]}, {"name": {}}, {"namespace": True, "kind": "Deployment"}]
)
def test_a_rule_whose_words_are_no_text_hides_nothing(words: dict[str, Any]) -> None:
    rules = [{**words, "jsonPointers": ["/spec/replicas"]}]
    drift = compare(deployment(replicas=1), deployment(replicas=2), ignore=rules)
    assert [each.path for each in drift.differences] == ["spec.replicas"]


def test_what_a_pointer_hides_is_counted_and_names_its_rule() -> None:
    drift = compare(
        deployment(replicas=1, paused=True),
        deployment(replicas=5, paused=False),
        ignore=[rule(json_pointers=("/spec/replicas",))],
    )
    assert [each.path for each in drift.differences] == ["spec.paused"]
    assert drift.ignored == 1
    (hidden,) = drift.hidden
    assert (hidden.path, hidden.ignored_by) == ("spec.replicas", "ignoreDifferences: /spec/replicas")


@pytest.mark.parametrize(
    ("written", "hidden"),
    [
        ({"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}, ["spec.replicas"]),
        ({"group": "*", "kind": "*", "name": "web-*", "jqPathExpressions": [".spec.paused"]}, ["spec.paused"]),
        ({"group": "apps", "kind": "Deployment", "managedFieldsManagers": ("scaler",)}, ["spec.replicas"]),
        ({"group": "apps", "kind": "Deployment", "namespace": "other", "jsonPointers": ["/spec/replicas"]}, []),
        ({"kind": "Deployment", "group": 7, "jsonPointers": "/spec/replicas", "more": None}, []),
    ],
)
def test_rules_are_taken_as_an_application_holds_them(written: dict[str, Any], hidden: list[str]) -> None:
    desired, live = deployment(replicas=1, paused=True), deployment(replicas=5, paused=False)
    owner = {"manager": "scaler", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live["metadata"]["managedFields"] = [owner]
    drift = compare(desired, live, ignore=[written])
    assert [each.path for each in drift.hidden] == hidden
    assert len(drift.differences) == 2 - len(hidden)
    settled = confirm(drift, live, deployment(replicas=1, paused=True), desired=desired, ignore=[written])
    assert [each.path for each in settled.differences] == [each.path for each in drift.differences]


def test_a_pointer_into_a_list_and_one_with_escapes() -> None:
    desired, live = containers({"name": "a", "image": "1"}), containers({"name": "a", "image": "2"})
    for at, hidden in (
        ("0", True),
        ("-1", True),
        ("1", False),
        ("-2", False),
        ("-", False),
        ("0\n", False),
        ("²", False),
    ):
        rules = [rule(json_pointers=(f"/spec/template/spec/containers/{at}/image",))]
        assert compare(desired, live, ignore=rules).is_drifted is not hidden, at
    for side, value in ((desired, "x"), (live, "y")):
        side["metadata"] = {"name": "w", "annotations": {"a/b~c": value}}
    pointers = ("/spec/template/spec/containers/0/image", "/metadata/annotations/a~1b~0c")
    assert not compare(desired, live, ignore=[rule(json_pointers=pointers)]).is_drifted


def test_a_rule_beneath_a_field_that_is_missing_as_a_whole() -> None:
    desired = deployment(strategy={"rollingUpdate": {"maxSurge": 5}})
    drift = compare(desired, deployment(), ignore=[rule(json_pointers=("/spec/strategy/rollingUpdate",))])
    assert not drift.is_drifted
    assert drift.ignored == 1


def test_a_bad_pointer_is_named_once_and_off() -> None:
    drift = compare(
        deployment(replicas=1),
        deployment(replicas=5),
        ignore=[rule(json_pointers=("spec/replicas", "/spec/99/x", "/"))],
    )
    assert drift.is_drifted
    (warning,) = drift.warnings
    assert "spec/replicas" in warning
    assert "the rule is off" in warning
    # Places are counted in what is put around an expression.
    assert "line 1" not in warning
    assert ":;" not in warning


def test_fields_of_a_trusted_manager_are_hidden() -> None:
    live = deployment(replicas=5, paused=False)
    live["metadata"]["managedFields"] = [
        {"manager": "scaler", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {
            "manager": "someone",
            "operation": "Update",
            "time": "2026-01-01T00:00:00Z",
            "fieldsV1": {"f:spec": {"f:replicas": {}, "f:paused": {}}},
        },
    ]
    drift = compare(deployment(replicas=1, paused=True), live, ignore=[rule(managed_fields_managers=("scaler",))])
    assert [each.path for each in drift.differences] == ["spec.paused"]
    assert drift.hidden[0].ignored_by == "ignoreDifferences: manager scaler"


def test_a_removed_field_can_be_hidden() -> None:
    live = deployment(replicas=1, minReadySeconds=3)
    live["metadata"]["managedFields"] = [
        {
            "manager": "gitops-tui",
            "operation": "Apply",
            "fieldsV1": {"f:spec": {"f:replicas": {}, "f:minReadySeconds": {}}},
        }
    ]
    assert compare(deployment(replicas=1), live).is_drifted
    assert not compare(deployment(replicas=1), live, ignore=[rule(json_pointers=("/spec/minReadySeconds",))]).is_drifted


def test_jq_expressions_find_items_wherever_they_stand() -> None:
    pytest.importorskip("jq", reason="the extra jq is not installed")
    desired = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    live = containers({"name": "b", "image": "2"}, {"name": "a", "image": "1"})
    expression = '.spec.template.spec.containers[] | select(.name == "b") | .image'
    drift = compare(desired, live, ignore=[rule(jq_path_expressions=(expression,))])
    assert not drift.is_drifted
    assert drift.ignored == 1
    live["spec"]["template"]["spec"]["containers"][1]["image"] = "3"
    assert compare(desired, live, ignore=[rule(jq_path_expressions=(expression,))]).is_drifted


def test_a_slice_of_a_list_can_be_ignored() -> None:
    pytest.importorskip("jq", reason="the extra jq is not installed")
    desired, live = (
        containers({"name": "a", "args": ["1", "2", "3"]}),
        containers({"name": "a", "args": ["1", "9", "8"]}),
    )
    expression = ".spec.template.spec.containers[0].args[1:3]"
    assert not compare(desired, live, ignore=[rule(jq_path_expressions=(expression,))]).is_drifted
    assert compare(desired, live, ignore=[rule(jq_path_expressions=(expression.replace("1:3", "1:2"),))]).is_drifted


@pytest.mark.parametrize("expression", [".spec[", ".spec | error", "nothing(.)", "1", ".spec.replicas.deeper"])
def test_a_bad_jq_expression_is_named_and_off(expression: str) -> None:
    pytest.importorskip("jq", reason="the extra jq is not installed")
    drift = compare(deployment(replicas=1), deployment(replicas=5), ignore=[rule(jq_path_expressions=(expression,))])
    assert drift.is_drifted
    assert len(drift.warnings) == 1
    assert expression in drift.warnings[0]
    # Places are counted in what is put around an expression.
    assert "line 1" not in drift.warnings[0]
    assert ":;" not in drift.warnings[0]


def test_jq_that_never_ends_is_ended_and_not_tried_again() -> None:
    pytest.importorskip("jq", reason="the extra jq is not installed")
    runner = JqPaths(timeout=0.3)
    try:
        assert runner.paths(".spec", {"spec": 1}) == [("spec",)]
        begin = time.monotonic()
        said = runner.paths("last(range(1e18)) as $x | .a", {"a": 1})
        assert isinstance(said, str)
        assert "longer" in said
        assert time.monotonic() - begin < 15
        begin = time.monotonic()
        assert runner.paths("last(range(1e18)) as $x | .a", {"a": 2}) == said
        assert time.monotonic() - begin < 0.2
        assert runner.paths(".spec", {"spec": 2}) == [("spec",)]
    finally:
        runner.close()


def test_ignored_fields_are_applied_with_their_live_values() -> None:
    desired = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    desired["spec"]["replicas"] = 1
    live = containers({"name": "b", "image": "2"}, {"name": "a", "image": "3"})
    live["spec"]["replicas"] = 5
    pointers = ("/spec/replicas", "/spec/template/spec/containers/1/image", "/spec/none")
    node = builtin().node_of("apps/v1", "Deployment")
    made = respecting(desired, live, [rule(json_pointers=pointers)], KEY, node)
    assert made["spec"]["replicas"] == 5
    assert [each["image"] for each in made["spec"]["template"]["spec"]["containers"]] == ["1", "2"]
    assert desired["spec"]["replicas"] == 1
    assert respecting(desired, live, [rule(kind="Other", json_pointers=pointers)], KEY, node) is desired


def test_what_a_named_manager_owns_is_applied_as_it_is() -> None:
    desired = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    desired["spec"]["replicas"] = 1
    live = containers({"name": "b", "image": "2"}, {"name": "a", "image": "3"})
    live["spec"]["replicas"] = 5
    owned = {
        "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {'k:{"name":"b"}': {"f:image": {}}}}}}
    }
    entry = {"manager": "scaler", "operation": "Update", "fieldsV1": owned}
    live["metadata"] = {**live["metadata"], "managedFields": [entry]}
    node = builtin().node_of("apps/v1", "Deployment")
    made = respecting(desired, live, [rule(managed_fields_managers=("scaler",))], KEY, node)
    assert made["spec"]["replicas"] == 5
    assert [each["image"] for each in made["spec"]["template"]["spec"]["containers"]] == ["1", "2"]
    assert respecting(desired, live, [rule(managed_fields_managers=("other",))], KEY, node) is desired


def test_a_secrets_ignored_key_is_applied_as_it_is_where_git_has_it_as_text() -> None:
    desired = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "x", "b": "y"}}
    live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "bGl2ZQ==", "b": "b2xk"}}
    key = ResourceKey("", "Secret", "", "s")
    rules = [IgnoreRule("", "Secret", json_pointers=("/data/a",))]
    made = respecting(desired, live, rules, key)
    assert made["data"] == {"a": "bGl2ZQ==", "b": "eQ=="}
    assert "stringData" not in made
    assert respecting(desired, live, [IgnoreRule("", "Secret", json_pointers=("/data/c",))], key) is desired


def test_an_ignored_field_that_the_cluster_has_not_is_left_out() -> None:
    made = respecting(deployment(replicas=1), deployment(), [rule(json_pointers=("/spec/replicas",))], KEY)
    assert made["spec"] == {}


SECRET_RULES = (
    ".data.p | error",
    ".data.p | @base64d",
    ".data | tojson | error",
    ".data.p | tonumber",
    "error(env.GITOPS_TUI_PROBE)",
    "error($ENV.GITOPS_TUI_PROBE)",
    "env",
)


@pytest.mark.parametrize("expression", SECRET_RULES)
def test_what_jq_says_of_an_object_holds_no_values_and_no_environment(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jq")
    monkeypatch.setenv("GITOPS_TUI_PROBE", "from the environment")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    desired, live = {**secret, "stringData": {"p": "hunter2"}}, {**secret, "data": {"p": "aHVudGVyMw=="}}
    drift = compare(desired, live, ignore=[IgnoreRule(kind="Secret", jq_path_expressions=(expression,))])
    (warning,) = drift.warnings
    assert "the rule is off" in warning
    for value in ("hunter", "aHVudGVy", "from the environment", "PATH", "SHELL"):
        assert value not in warning.removeprefix(f"ignoreDifferences: {expression}")


@pytest.mark.parametrize("expression", [".spec.template.spec.initContainers[].image", ".status.none[] | .x"])
def test_an_object_without_the_list_is_no_fault_of_the_rule(expression: str) -> None:
    drift = compare(deployment(replicas=1), deployment(replicas=2), ignore=[rule(jq_path_expressions=(expression,))])
    assert drift.is_drifted
    assert not drift.warnings
