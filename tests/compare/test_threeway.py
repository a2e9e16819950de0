"""Rows of three sides: aligned, told apart by who moved, masked, folded."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.compare import compare
from gitops_tui.compare.threeway import folded, sides_of, three_way_rows
from gitops_tui.model.diff import RowKind
from gitops_tui.model.drift import Moved
from gitops_tui.model.threeway import ThreeWayRow, ThreeWayRows


def deployment(replicas: int, image: str, **env: str) -> dict[str, Any]:
    container = {"name": "app", "image": image, "env": [{"name": k, "value": v} for k, v in env.items()]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}},
    }


def owned(live: dict[str, Any], *paths: str) -> dict[str, Any]:
    """The object with our manager's claim on fields of `data` or `spec`."""
    fields: dict[str, Any] = {}
    for path in paths:
        here = fields
        for step in path.split("."):
            here = here.setdefault(f"f:{step}", {})
    made = copy.deepcopy(live)
    entry = {"manager": "gitops-tui", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    made["metadata"]["managedFields"] = [{**entry, "apiVersion": live["apiVersion"]}]
    return made


def rows(last: Any, desired: Any, live: Any, **more: Any) -> ThreeWayRows:
    return three_way_rows(last, desired, live, compare(desired, live, mask_keys=more.get("mask_keys", ())), **more)


def told(found: ThreeWayRows) -> list[tuple[Moved, list[tuple[str, str]]]]:
    shown = [row for row in folded(found, 0).rows if row.kind is not RowKind.FOLD]
    return [(row.moved, [(name, cell.text.strip()) for name, cell in sides_of(row)]) for row in shown if row.moved]


def test_each_difference_says_who_moved_and_who_agrees() -> None:
    last = deployment(2, "web:1", A="1", B="1")
    now = deployment(2, "web:2", A="2", B="1")
    live = deployment(5, "web:1", A="3", B="1")
    assert told(rows(last, now, live)) == [
        (Moved.CLUSTER, [("last=Git", "replicas: 2"), ("live", "replicas: 5")]),
        (Moved.GIT, [("last=live", "image: web:1"), ("Git", "image: web:2")]),
        (Moved.BOTH, [("last", "value: '1'"), ("Git", "value: '2'"), ("live", "value: '3'")]),
    ]


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": data}


def test_a_field_that_git_lost_stands_once_with_both_sides_that_have_it() -> None:
    live = owned(config(a="1", b="2"), "data.a", "data.b")
    assert told(rows(config(a="1", b="2"), config(a="1"), live)) == [(Moved.GIT, [("last=live", "b: '2'")])]


def test_a_field_that_git_gained_and_one_that_the_cluster_lost() -> None:
    found = told(rows(config(a="1", gone="x"), config(a="1", gone="x", new="2"), config(a="1")))
    assert found == [
        (Moved.CLUSTER, [("last=Git", "gone: x")]),
        (Moved.GIT, [("Git", "new: '2'")]),
    ]


def test_what_both_moved_to_the_same_is_told_as_no_drift() -> None:
    found = rows(config(a="1"), config(a="2"), config(a="2"))
    assert told(found) == [(Moved.GIT, [("last", "a: '1'"), ("Git=live", "a: '2'")])]


def test_values_equal_in_kubernetes_eyes_moved_nowhere() -> None:
    limits = {"resources": {"limits": {"cpu": "1000m"}}}
    last, now, live = (deployment(1, "web:1") for _ in range(3))
    for side, cpu in ((last, "1"), (now, "1000m"), (live, "1")):
        container = side["spec"]["template"]["spec"]["containers"][0]
        container.update(copy.deepcopy(limits))
        container["resources"]["limits"]["cpu"] = cpu
    assert told(rows(last, now, live)) == []


def test_an_object_that_git_gained_or_lost_shows_what_there_is() -> None:
    assert all(moved is Moved.GIT for moved, _ in told(rows(None, config(a="1"), None)))
    gone = rows(config(a="1"), None, config(a="1"))
    assert ("last=live", "a: '1'") in [side for _, sides in told(gone) for side in sides]


def test_secret_values_never_stand_in_a_row_and_one_mark_means_one_value() -> None:
    def secret(value: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": value}}

    live = {**secret(""), "data": {"key": "bGl2ZS1zZWNyZXQ="}}
    del live["stringData"]
    found = rows(secret("last-secret"), secret("git-secret"), live)
    text = repr(found)
    assert not any(each in text for each in ("last-secret", "git-secret", "live-secret", "bGl2ZS1zZWNyZXQ="))
    sides = told(found)[0][1]
    assert [name for name, _ in sides] == ["last", "Git", "live"]
    assert len({said for _, said in sides}) == 3
    same = told(rows(secret("live-secret"), secret("git-secret"), live))[0]
    assert same[0] is Moved.GIT
    assert [name for name, _ in same[1]] == ["last=live", "Git"]


def test_a_credential_key_that_only_the_last_sync_had_is_masked_too() -> None:
    found = rows(config(a="1", db_password="hunter2"), config(a="2"), config(a="1"), mask_keys=("*password*",))
    assert "hunter2" not in repr(found)
    assert "db_password" in repr(found)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["spec", "data", "x.y", "status"]), values, max_size=3).map(
    lambda made: {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "t"}, **made}
)


@settings(max_examples=150, deadline=None)
@given(objects, objects, objects)
def test_any_three_objects_are_laid_out_with_every_line_of_git_once(last: Any, now: Any, live: Any) -> None:
    found = rows(last, now, live)
    numbers = [row.desired.number for row in found.rows if row.desired is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    for context in (0, 3, -1):
        assert folded(found, context).rows


@pytest.mark.parametrize("same", [True, False])
def test_ten_thousand_lines_are_laid_out_in_time(same: bool) -> None:
    text = "\n".join(f"line {number}" for number in range(10_000))
    other = text if same else text.replace("line 5000\n", "line five thousand\n")
    found = rows(config(file=text), config(file=other), config(file=text))
    assert bool(found.changes) is not same
    assert isinstance(found.rows[0], ThreeWayRow)


def document(number: int, word: str) -> str:
    return json.dumps({"a": 1, "b": [1, number, 3], "c": word})


@pytest.mark.parametrize(
    ("last", "now", "live", "moved"),
    [
        (document(2, "w"), document(2, "w"), document(9, "w"), [(Moved.CLUSTER, [("last=Git", "2,"), ("live", "9,")])]),
        (document(2, "w"), document(9, "w"), document(2, "w"), [(Moved.GIT, [("last=live", "2,"), ("Git", "9,")])]),
        (
            document(2, "w"),
            document(9, "w"),
            document(2, "x"),
            [
                (Moved.GIT, [("last=live", "2,"), ("Git", "9,")]),
                (Moved.CLUSTER, [("last=Git", '"c": "w"'), ("live", '"c": "x"')]),
            ],
        ),
        ("x\ny\n", "x\nz\n", "x\ny\n", [(Moved.GIT, [("last=live", "y"), ("Git", "z")])]),
        ("x\ny", "x\ny", "x", [(Moved.CLUSTER, [("last=Git", "y")])]),
        (
            "a\tb",
            "a\tb",
            "a    b",
            [(Moved.CLUSTER, [("last=Git", 'text: "a\\tb"'), ("live", 'text: "a    b"')])],
        ),
    ],
)
def test_texts_move_line_by_line(last: str, now: str, live: str, moved: list[tuple[Moved, Any]]) -> None:
    assert told(rows(config(text=last), config(text=now), config(text=live))) == moved


values = st.sampled_from(["a", "a\nb", "a\nc\n", "a\tb", "a    b", document(1, "x"), document(2, "x"), "x: y", "1"])


@given(values, values, values)
def test_a_side_that_did_not_move_is_never_told_to_have(last: str, now: str, live: str) -> None:
    found = {row.moved for row in rows(config(text=last), config(text=now), config(text=live)).rows if row.moved}
    if last == now:
        assert found <= {Moved.CLUSTER}
    if last == live:
        assert found <= {Moved.GIT}
    assert bool(found) == (len({last, now, live}) > 1)
