"""When two values are one: quantities, times and bytes as a real API server stores them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.compare import compare, confirm


def volume(limit: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "a", "image": "i:1"}], "volumes": [{"name": "v", "emptyDir": {"sizeLimit": limit}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod}


def container(memory: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "a", "image": "i:1", "resources": {"requests": {"memory": memory}}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod}


# What Git says, and what a real API server made of it.
STORED: list[tuple[Any, str]] = [
    ("1.0", "1"),
    (1.0, "1"),
    ("1e0", "1e0"),
    ("1E3", "1e3"),
    ("1e+3", "1e3"),
    (".5", "500m"),
    (0.5, "500m"),
    ("5e-1", "500e-3"),
    ("1.5Gi", "1536Mi"),
    ("1.0Gi", "1Gi"),
    (1073741824, "1073741824"),
    ("+1", "1"),
    ("01", "1"),
    (" 1 ", "1"),
    ("1.", "1"),
    ("1.k", "1k"),
    ("0Mi", "0"),
    ("00", "0"),
    ("0.5Ki", "512"),
    ("0.1Ki", "102400m"),
    ("9Ei", "9223372036854775807"),
    ("8Ei", "9223372036854775807"),
    ("9223372036854775808", "9223372036854775808"),
    ("10E", "10E"),
    ("0.1n", "1n"),
    ("1e-10", "1e-9"),
    ("1.23456789012345", "1234567891n"),
    (123456789012345678901234567890, "123456789012345680e12"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
]


@pytest.mark.parametrize(("git", "stored"), STORED)
def test_a_quantity_is_what_the_server_made_of_it(git: Any, stored: str) -> None:
    assert not compare(volume(git), volume(stored)).is_drifted
    assert compare(volume(git), volume("7")).is_drifted


@pytest.mark.parametrize(
    ("git", "stored"),
    [("1", "1m"), ("1Ki", "1k"), ("1 Gi", "1Gi"), ("\uff11", "1"), ("1Gib", "1Gi"), ("1K", "1k"), ("-1", "1")],
)
def test_these_are_not_one_amount(git: str, stored: str) -> None:
    assert compare(volume(git), volume(stored)).is_drifted


def test_resources_are_rounded_up_to_thousandths_and_other_amounts_are_not() -> None:
    assert not compare(container("1.0001"), container("1001m")).is_drifted
    assert not compare(container("100u"), container("1m")).is_drifted
    assert compare(container("1.0001"), container("1")).is_drifted
    assert compare(volume("100u"), volume("1m")).is_drifted
    assert not compare(container(None), container("0")).is_drifted
    assert compare(container(None), container("1")).is_drifted


def lease(at: str) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "l"},
        "spec": {"renewTime": at},
    }


def tainted(at: str) -> dict[str, Any]:
    taint = {"key": "a", "effect": "NoExecute", "timeAdded": at}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": [taint]}}


def test_times_are_one_in_any_zone_and_to_the_second_or_the_microsecond_as_their_type_is() -> None:
    assert not compare(lease("2026-01-02T05:04:05.000001+02:00"), lease("2026-01-02T03:04:05.000001Z")).is_drifted
    assert compare(lease("2026-01-02T03:04:05.000001Z"), lease("2026-01-02T03:04:05.000000Z")).is_drifted
    assert not compare(tainted("2026-01-02T05:04:05.5+02:00"), tainted("2026-01-02T03:04:05Z")).is_drifted
    assert compare(tainted("2026-01-02T03:04:06Z"), tainted("2026-01-02T03:04:05Z")).is_drifted
    assert compare(tainted("2026-01-02"), tainted("2026-01-02T00:00:00")).is_drifted, "no time, as Go reads it"


@pytest.mark.parametrize(
    ("git", "stored", "drifted"),
    [
        ("YQ==\n", "YQ==", False),
        ("Y\r\nQ==", "YQ==", False),
        ("YR==", "YQ==", False),
        ("YQ", "YQ==", True),
        ("YQ== ", "YQ==", True),
        ("Yg==", "YQ==", True),
    ],
)
def test_bytes_are_one_however_they_are_broken(git: str, stored: str, drifted: bool) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    assert compare({**secret, "data": {"a": git}}, {**secret, "data": {"a": stored}}).is_drifted is drifted


def test_texts_that_only_look_alike_differ() -> None:
    def config(text: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": text}}

    assert compare(config("\u00e9"), config("e\u0301")).is_drifted
    assert compare(config("yes"), config("true")).is_drifted


def _gauge(node: dict[str, Any], value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(an object of a custom kind whose `spec.a` is `value`, the kind's schema)."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": node}}}}
    return {
        "apiVersion": "a.example/v1",
        "kind": "Gauge",
        "metadata": {"name": "g"},
        "spec": {"a": value},
    }, schema


ON = {"type": "object", "additionalProperties": {"type": "boolean", "default": True}}
SIZES = {"type": "array", "items": {"type": "object", "default": {"size": 7}}}
NUMBERS = {"type": "array", "items": {"type": "number"}, "x-kubernetes-list-type": "set"}


@pytest.mark.parametrize(
    ("node", "git", "live", "paths"),
    [
        (ON, {"x": True}, {"y": True}, ["spec.a.x"]),
        (ON, {"x": None}, {"x": True}, []),
        ({"type": "array", "items": ON}, [{"x": True}], [{"x": True, "y": True}], ["spec.a[0].y"]),
        ({"type": "array", "items": ON}, [{"x": True, "y": True}], [{"x": True}], ["spec.a[0].y"]),
        (SIZES, [None], [{"size": 7}], []),
        (SIZES, [None], [{"size": 8}], ["spec.a[0]"]),
        (NUMBERS, [2.0, 1], [1, 2], []),
        (NUMBERS, [2.0], [1], ["spec.a[=2]"]),
    ],
)
def test_defaults_of_a_custom_kind_add_no_keys_and_no_items(node: Any, git: Any, live: Any, paths: list[str]) -> None:
    desired, schema = _gauge(node, git)
    stored, _ = _gauge(node, live)
    assert [each.path for each in compare(desired, stored, schema=schema).differences] == paths


def test_a_dry_run_tells_a_whole_number_as_the_server_writes_it() -> None:
    desired, schema = _gauge(NUMBERS, [2.0])
    live, dry = _gauge(NUMBERS, [1])[0], _gauge(NUMBERS, [1, 2])[0]
    settled = confirm(compare(desired, live, schema=schema), live, dry, desired=desired, schema=schema)
    assert [each.path for each in settled.differences] == ["spec.a[=2]"]


def test_a_map_s_value_that_is_ours_and_gone_from_git_is_drift_though_it_has_the_default() -> None:
    desired, schema = _gauge(ON, {"x": False})
    live, _ = _gauge(ON, {"x": False, "y": True})
    fields = {"f:spec": {"f:a": {"f:x": {}, "f:y": {}}}}
    live["metadata"]["managedFields"] = [{"manager": "gitops-tui", "operation": "Apply", "fieldsV1": fields}]
    assert [each.path for each in compare(desired, live, schema=schema).differences] == ["spec.a.y"]
