"""What counts as drift and what doesn't, on objects as an API server gives them."""

from __future__ import annotations

import copy
import doctest
import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.compare import compare, confirm, diff_rows, displayable, unified
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.diff import RowKind
from gitops_tui.model.drift import ABSENT, DriftKind, Masked, Reason
from tests.compare import table


def deployment() -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "shop/web:1",
                            "ports": [{"containerPort": 80}],
                            "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
                            "env": [{"name": "WHERE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                        },
                        {"name": "side", "image": "shop/side:1"},
                    ]
                },
            },
        },
    }


def as_stored(obj: dict[str, Any]) -> dict[str, Any]:
    """With what the API server fills in for a Deployment, written out by hand."""
    live = copy.deepcopy(obj)
    live["metadata"] |= {
        "uid": "u",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    live["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "1"}
    live["spec"] |= {"revisionHistoryLimit": 10, "strategy": {"type": "RollingUpdate"}}
    pod = live["spec"]["template"]["spec"]
    pod |= {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {}}
    for container in pod["containers"]:
        container |= {"imagePullPolicy": "IfNotPresent", "terminationMessagePolicy": "File"}
        container.setdefault("resources", {})
    pod["containers"][0]["ports"][0]["protocol"] = "TCP"
    pod["containers"][0]["resources"]["requests"] = {"cpu": "1", "memory": "1Gi"}
    pod["containers"][0]["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] = "v1"
    live["status"] = {"replicas": 3}
    return live


def owned_by(live: dict[str, Any], manager: str, fields: dict[str, Any], operation: str = "Apply") -> dict[str, Any]:
    live = copy.deepcopy(live)
    live["metadata"].setdefault("managedFields", []).append(
        {"manager": manager, "operation": operation, "time": "2026-01-02T03:04:05Z", "fieldsV1": fields}
    )
    return live


def test_defaults_quantities_and_server_fields_are_no_drift() -> None:
    assert compare(deployment(), as_stored(deployment())).kind is DriftKind.NONE


def test_missing_and_extra() -> None:
    assert compare(deployment(), None).kind is DriftKind.MISSING
    assert compare(None, deployment()).kind is DriftKind.EXTRA
    assert not compare(None, None).is_drifted


def test_a_changed_field_is_named_with_both_values_and_its_owner() -> None:
    live = as_stored(deployment())
    live["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/web:2"
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}}}}}}}
    drift = compare(deployment(), owned_by(live, "kubectl-edit", fields, "Update"))
    (found,) = drift.differences
    assert found.path == "spec.template.spec.containers[name=app].image"
    assert (found.desired, found.live, found.reason) == ("shop/web:1", "shop/web:2", Reason.DIFFERS)
    assert found.live_owner is not None
    assert found.live_owner.manager == "kubectl-edit"


def test_the_order_of_a_keyed_list_does_not_matter() -> None:
    live = as_stored(deployment())
    live["spec"]["template"]["spec"]["containers"].reverse()
    assert not compare(deployment(), live).is_drifted


def test_an_atomic_mapping_that_differs_is_drift_and_one_that_is_equal_is_not() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    live = copy.deepcopy(service)
    live["spec"] |= {"clusterIP": "10.0.0.1", "type": "ClusterIP"}
    live["spec"]["ports"][0] |= {"protocol": "TCP", "targetPort": 80}  # type: ignore[index]
    assert not compare(service, live).is_drifted
    live["spec"]["selector"] = {"app": "web", "more": "x"}
    assert [each.path for each in compare(service, live).differences] == ["spec.selector"]


@pytest.mark.parametrize("value", [None, {}])
def test_empty_and_null_annotations_are_none(value: Any) -> None:
    desired = deployment()
    desired["metadata"]["creationTimestamp"] = None
    desired["spec"]["template"]["metadata"]["annotations"] = value
    assert not compare(desired, as_stored(deployment())).is_drifted


def test_null_over_what_merges_is_as_left_out_and_over_what_is_replaced_clears_it() -> None:
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": None}
    live = {**desired, "data": {"a": "by others"}}
    assert not compare(desired, live).is_drifted
    assert compare(desired, owned_by(live, "gitops-tui", {"f:data": {"f:a": {}}})).is_drifted
    tags = {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set", "nullable": True}
    own = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"tags": tags}}}}
    gauge = {"apiVersion": "a.example/v1", "kind": "Gauge", "metadata": {"name": "g"}, "spec": {"tags": None}}
    assert not compare(gauge, {**gauge, "spec": {"tags": ["by others"]}}, schema=own).is_drifted
    assert compare(gauge, {**gauge, "spec": {"tags": []}}, schema=own).is_drifted
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"selector": None}}
    assert compare(service, {**service, "spec": {"selector": {"app": "x"}}}).is_drifted


def test_an_empty_value_of_a_config_map_is_a_value() -> None:
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": ""}}
    assert compare(desired, {**desired, "data": {}}).is_drifted
    assert not compare(desired, copy.deepcopy(desired)).is_drifted


def test_a_field_that_is_ours_and_gone_from_git_is_drift() -> None:
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}}
    live = owned_by({**desired, "data": {"a": "1", "b": "2"}}, "gitops-tui", {"f:data": {"f:a": {}, "f:b": {}}})
    (found,) = compare(desired, live).differences
    assert (found.path, found.desired, found.reason) == ("data.b", ABSENT, Reason.REMOVED)
    shared = owned_by(live, "other", {"f:data": {"f:b": {}}})
    assert not compare(desired, shared).is_drifted


def test_a_default_that_would_come_back_is_no_drift() -> None:
    desired = deployment()
    del desired["spec"]["replicas"]
    live = as_stored(deployment())
    fields = {"f:spec": {"f:replicas": {}}}
    assert compare(desired, owned_by(live, "gitops-tui", fields)).is_drifted
    live["spec"]["replicas"] = 1
    assert not compare(desired, owned_by(live, "gitops-tui", fields)).is_drifted


def test_defaults_written_out_are_equal_also_where_an_api_server_has_left_them_out() -> None:
    def paths(git: dict[str, Any], live: dict[str, Any]) -> list[str]:
        return [each.path for each in compare(git, live).differences]

    assert paths(table.FULL, table.SHORT) == []
    assert paths(table.deployment(spec={"replicas": 1}), _without(table.deployment(), "replicas")) == []
    assert paths(table.service([{"port": 80, "protocol": "TCP", "targetPort": 80}]), table.service()) == []
    assert paths(table.service([{"port": 80, "targetPort": 81}]), table.service()) == [
        "spec.ports[port=80,protocol=TCP].targetPort"
    ]
    # What others assign is nobody's default.
    assert paths(table.service([{"port": 80, "nodePort": 30001}], clusterIP="None"), table.service()) == [
        "spec.ports[port=80,protocol=TCP].nodePort",
        "spec.clusterIP",
    ]
    assert paths(table.deployment(serviceAccountName="a"), table.deployment()) == [
        "spec.template.spec.serviceAccountName"
    ]
    gauge = {"apiVersion": "a.example/v1", "kind": "Gauge", "metadata": {"name": "g"}}
    top = {"type": "object", "properties": {"top": {"type": "integer", "default": 3}}}
    own = {"type": "object", "properties": {"spec": top}}
    assert not compare({**gauge, "spec": {"top": 3}}, {**gauge, "spec": {}}, schema=own).is_drifted
    assert compare({**gauge, "spec": {"top": 4}}, {**gauge, "spec": {}}, schema=own).is_drifted


def _without(obj: dict[str, Any], name: str) -> dict[str, Any]:
    return {**obj, "spec": {key: value for key, value in obj["spec"].items() if key != name}}


def test_before_our_first_apply_what_kubectl_applied_counts() -> None:
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}}
    note = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1","b":"2"}}'
    live = {
        **desired,
        "metadata": {"name": "a", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": note}},
        "data": {"a": "1", "b": "2", "c": "by others"},
    }
    drift = compare(desired, live)
    assert [each.path for each in drift.differences] == ["data.b"]
    assert confirm(drift, live, live).is_drifted


def test_our_own_marks_are_no_drift() -> None:
    live = as_stored(deployment())
    live["metadata"]["labels"]["gitops-tui.io/application"] = "x"
    live["metadata"]["annotations"]["gitops-tui.io/tracking-id"] = "x"
    marks = {"f:metadata": {"f:annotations": {"f:gitops-tui.io/tracking-id": {}}}}
    assert not compare(deployment(), owned_by(live, "gitops-tui", marks)).is_drifted


def test_secrets_are_compared_by_value_and_never_shown() -> None:
    desired = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": "hunter2"}}
    live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "aHVu\ndGVyMg=="}}
    assert not compare(desired, live).is_drifted
    live["data"] = {"p": "b3RoZXI="}  # type: ignore[dict-item]
    drift = compare(desired, live)
    assert isinstance(drift.differences[0].live, Masked)
    shown = repr(drift) + repr(diff_rows(desired, live, drift)) + repr(displayable(desired)) + repr(displayable(live))
    for value in ("hunter2", "aHVudGVyMg", "b3RoZXI"):
        assert value not in shown


def test_custom_kinds_take_their_own_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "parts": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                    }
                },
            }
        },
    }
    desired = {
        "apiVersion": "a.b/v1",
        "kind": "W",
        "metadata": {"name": "w"},
        "spec": {"parts": [{"name": "a"}, {"name": "b"}]},
    }
    live = {**desired, "spec": {"parts": [{"name": "b"}, {"name": "a"}]}}
    assert not compare(desired, live, schema=schema).is_drifted
    assert compare(desired, live).is_drifted
    assert compare({**desired, "spec": {"on": False}}, {**desired, "spec": {}}).is_drifted


def test_ignored_differences_are_counted() -> None:
    live = as_stored(deployment())
    live["spec"]["replicas"] = 9
    drift = compare(deployment(), live, ignore=(IgnoreRule("apps", "Deployment", json_pointers=("/spec/replicas",)),))
    assert not drift.is_drifted
    assert drift.ignored == 1


def test_the_server_has_the_last_word() -> None:
    live = as_stored(deployment())
    live["spec"]["replicas"] = 9
    drift = compare(deployment(), live)
    assert confirm(drift, live, {**live, "spec": {**live["spec"], "replicas": 3}}).is_drifted
    settled = confirm(drift, live, copy.deepcopy(live))
    assert settled.confirmed
    assert not settled.is_drifted


def test_rows_stand_side_by_side_and_mark_what_changed() -> None:
    live = as_stored(deployment())
    live["spec"]["replicas"] = 9
    rows = diff_rows(deployment(), live, compare(deployment(), live))
    (at,) = rows.changes
    row = rows.rows[at]
    assert row.kind is RowKind.CHANGED
    assert row.left is not None
    assert row.right is not None
    assert (row.left.text, row.right.text) == ("  replicas: 3", "  replicas: 9")
    assert row.left.changed == ((12, 13),)
    assert ("-", "  replicas: 9") in unified(rows)
    assert ("+", "  replicas: 3") in unified(rows)


def test_control_characters_are_shown_not_obeyed() -> None:
    desired = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"a\x1b[2J": "\x1b]0;x\x07\n"},
    }
    drift = compare(desired, {**desired, "data": {}})
    rows = diff_rows(desired, {**desired, "data": {}}, drift)
    text = "".join(cell.text for row in rows.rows for cell in (row.left, row.right) if cell) + drift.differences[0].path
    assert "\x1b" not in text
    assert "\x07" not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "name", "containers", "data", "ports", "kind", "managedFields", "f:x", "k:{"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
KINDS = st.sampled_from(
    [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("apps/v1", "Deployment"), ("a.b/v1", "Odd")]
)


@given(KINDS, st.dictionaries(st.text(max_size=5), JSON, max_size=4), JSON, JSON, JSON, JSON)
@settings(max_examples=150, deadline=None)
def test_any_json_gets_a_verdict(
    kind: Any, more: Any, spec: Any, metadata: Any, live_spec: Any, live_metadata: Any
) -> None:
    head = {"apiVersion": kind[0], "kind": kind[1]}
    desired = {**more, **head, "spec": spec, "metadata": metadata, "data": spec}
    live = {**head, "spec": live_spec, "metadata": live_metadata, "data": live_spec}
    before = copy.deepcopy((desired, live))
    drift = compare(desired, live)
    diff_rows(desired, live, drift)
    assert (desired, live) == before


@given(KINDS, JSON, JSON)
@settings(max_examples=150, deadline=None)
def test_an_object_does_not_differ_from_itself(kind: Any, spec: Any, data: Any) -> None:
    obj = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}, "spec": spec, "data": data}
    assert not compare(obj, copy.deepcopy(obj)).is_drifted


def test_deep_nesting_is_bounded() -> None:
    def deep(levels: int, leaf: Any) -> Any:
        for _ in range(levels):
            leaf = {"a": leaf}
        return leaf

    head = {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}}
    one, other = {**head, "spec": deep(5000, 1)}, {**head, "spec": deep(5000, 2)}
    assert compare(one, other).is_drifted
    assert not compare(one, {**head, "spec": deep(5000, 1)}).is_drifted


def test_deep_nesting_is_laid_out_to_a_bound() -> None:
    leaf: Any = 1
    for _ in range(3000):
        leaf = {"a": [leaf]}
    obj = {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}, "spec": leaf}
    assert diff_rows(obj, {**obj, "spec": {}}, compare(obj, {**obj, "spec": {}})).rows


def test_adopting_what_a_client_made_shows_no_drift_of_defaults() -> None:
    desired: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    live = copy.deepcopy(desired)
    live["metadata"]["annotations"] = {"deprecated.daemonset.template.generation": "1"}
    live["spec"]["ports"][0] |= {"protocol": "TCP", "targetPort": 80}
    port = {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}}}
    fields = {
        "f:metadata": {"f:annotations": {".": {}, "f:deprecated.daemonset.template.generation": {}}},
        "f:spec": {"f:ports": port},
    }
    assert not compare(desired, owned_by(live, "helm", fields, "Update")).is_drifted


def test_a_label_that_is_gone_from_git_is_told_by_its_key() -> None:
    desired = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    live = {**desired, "metadata": {"name": "a", "labels": {"x": "1", "y": "2"}}}
    drift = compare(desired, owned_by(live, "gitops-tui", {"f:metadata": {"f:labels": {"f:x": {}}}}))
    assert [each.path for each in drift.differences] == ["metadata.labels.x"]


def test_the_examples_of_its_docstring_hold() -> None:
    found = doctest.testmod(importlib.import_module("gitops_tui.compare.compare"))
    assert (found.failed, found.attempted > 5) == (0, True)
