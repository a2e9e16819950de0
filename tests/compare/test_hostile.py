"""Nothing that stands in a manifest, in a cluster or in a rule makes the comparison crash, hang or lie."""

from __future__ import annotations

import copy
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.compare import compare, confirm, diff_rows, displayable, unified
from gitops_tui.compare.blame import three_way
from gitops_tui.compare.show import plain
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import DriftKind
from gitops_tui.schema import builtin
from tests.compare import mixed, zoo
from tests.compare.differential import canonical, node_of

RECORDED = mixed.recorded()
KINDS = [desired["kind"] for desired, _ in RECORDED]

SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**301)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1Gi", "100m", "\x1b[2J", "TCP", "", "2026-01-01T00:00:00Z", "aGk=", "\ud800"])
)
NAMES = st.sampled_from(
    [
        "metadata",
        "spec",
        "name",
        "containers",
        "data",
        "ports",
        "port",
        "kind",
        "apiVersion",
        "labels",
        "annotations",
        "template",
    ]
) | st.text(max_size=4)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=25
)
FIELDS: st.SearchStrategy[Any] = st.recursive(
    st.just({}) | JSON,
    lambda inner: st.dictionaries(
        st.sampled_from(
            [
                ".",
                "f:spec",
                "f:data",
                "f:a",
                "f:metadata",
                'k:{"name":"a"}',
                "k:{",
                "v:",
                'v:"x"',
                "i:0",
                "i:x",
                "f:",
                "odd",
                'k:{"name":{"a":1}}',
            ]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)


def shuffled(value: Any, node: Any, chance: Any, name: str = "") -> Any:
    """The same with keyed lists and sets in another order."""
    if isinstance(value, dict):
        return {key: shuffled(each, node.child(key) if node else None, chance, key) for key, each in value.items()}
    if isinstance(value, list):
        below = node.items if node else None
        made = [shuffled(each, below, chance) for each in value]
        if node is not None and node.list_type in ("map", "set") and name != "initContainers":
            chance.shuffle(made)
        return made
    return value


@given(
    JSON,
    JSON,
    st.sampled_from(
        [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("apps/v1", "Deployment"), ("a.b/v1", "Odd")]
    ),
    FIELDS,
)
@settings(max_examples=300, deadline=None)
def test_any_json_gets_a_verdict_and_a_picture(one: Any, other: Any, kind: Any, fields: Any) -> None:
    head = {"apiVersion": kind[0], "kind": kind[1]}
    entry = {"manager": "gitops-tui", "operation": "Apply", "fieldsV1": fields, "time": 7}
    desired = {**(one if isinstance(one, dict) else {"spec": one, "metadata": one, "data": one}), **head}
    live = {**(other if isinstance(other, dict) else {"spec": other, "data": other}), **head}
    if isinstance(live.get("metadata"), dict):
        live["metadata"]["managedFields"] = [entry, fields, None]
    before = repr((desired, live))
    drift = compare(desired, live)
    confirm(drift, live, desired, desired=desired)
    rows = diff_rows(desired, live, drift)
    unified(rows)
    plain(displayable(live))
    assert repr((desired, live)) == before
    assert not compare(desired, copy.deepcopy(desired)).is_drifted
    text = "".join(cell.text for row in rows.rows for cell in (row.left, row.right) if cell is not None)
    assert "\x1b" not in text


@given(st.sampled_from(range(len(RECORDED))), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_what_was_applied_is_in_sync_in_any_order_of_keyed_lists(which: int, chance: Any) -> None:
    desired, live = RECORDED[which]
    schema = zoo.SCHEMAS.get(desired["kind"])
    assert not compare(desired, live, schema=schema).is_drifted
    node = node_of(desired)
    assert not compare(shuffled(desired, node, chance), live, schema=schema).is_drifted
    assert not compare(desired, shuffled(live, node, chance), schema=schema).is_drifted
    assert canonical(desired, node) == canonical(shuffled(desired, node, chance), node)


@given(st.sampled_from(range(len(RECORDED))), st.randoms(use_true_random=False), JSON)
@settings(max_examples=200, deadline=None)
def test_a_live_object_with_anything_anywhere_is_no_crash(which: int, chance: Any, anything: Any) -> None:
    desired, live = copy.deepcopy(RECORDED[which])
    for side in (desired, live):
        paths = list(zoo.places(side))
        path = chance.choice(paths)
        zoo.at(side, path[:-1])[path[-1]] = anything
        if len(path) == 1 and path[0] in ("apiVersion", "kind", "metadata"):
            return
    drift = compare(desired, live)
    diff_rows(desired, live, drift)
    confirm(drift, live, desired, desired=desired)


@pytest.mark.parametrize(
    "managed", [None, [], "x", [None], [{"manager": 1}], [{"manager": "gitops-tui", "operation": "Apply"}]]
)
def test_managed_fields_that_are_missing_or_malformed(managed: Any) -> None:
    desired, live = copy.deepcopy(RECORDED[KINDS.index("Deployment")])
    live["metadata"]["managedFields"] = managed
    assert not compare(desired, live).is_drifted
    live["spec"]["replicas"] = 7
    (found,) = compare(desired, live).differences
    assert found.live_owner is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00+00:00"),
        ("2026-05-01T10:00:00.5+02:00", "2026-05-01T08:00:00.500000+00:00"),
        ("2026-05-01T10:00:00", None),
        ("0001-01-01T00:00:00+02:00", None),
        ("yesterday", None),
        (7, None),
    ],
)
def test_when_a_field_was_set_is_told_in_utc_or_not_at_all(text: Any, told: str | None) -> None:
    desired, live = copy.deepcopy(RECORDED[KINDS.index("Deployment")])
    live["spec"]["replicas"] = 7
    fields = {"f:spec": {"f:replicas": {}}}
    live["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "fieldsV1": fields, "time": text}]
    (found,) = compare(desired, live).differences
    assert found.live_owner is not None
    assert (found.live_owner.time and found.live_owner.time.isoformat()) == told


def test_a_field_path_into_a_list_that_lost_the_item() -> None:
    desired, live = copy.deepcopy(RECORDED[KINDS.index("Service")])
    del live["spec"]["ports"][1]
    del desired["spec"]["ports"][1]
    assert not compare(desired, live).is_drifted


def nested(levels: int, leaf: Any, *, lists: bool = False) -> Any:
    for _ in range(levels):
        leaf = [leaf] if lists else {"a": leaf}
    return leaf


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("kind", [("a.b/v1", "Odd"), ("v1", "ConfigMap"), ("apps/v1", "Deployment")])
def test_nesting_of_thousands_of_levels_is_compared_and_shown(kind: tuple[str, str], lists: bool) -> None:
    head = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}}
    field = "data" if kind[1] == "ConfigMap" else "spec"
    one, same, other = ({**head, field: {"a": nested(5000, leaf, lists=lists)}} for leaf in (1, 1, 2))
    assert not compare(one, same).is_drifted
    drift = compare(one, other)
    assert drift.is_drifted
    assert diff_rows(one, other, drift).rows
    assert confirm(drift, other, one, desired=one).is_drifted
    plain([(each.desired, each.live) for each in drift.differences])


def test_a_megabyte_and_ten_thousand_lines_are_quick() -> None:
    lines = [f"line {number} of a long file" for number in range(10_000)]
    desired = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"big": "x" * 1_000_000, "file": "\n".join(lines)},
    }
    lines[500:500] = ["new"]
    lines[9000] = "changed"
    live = {**desired, "data": {"big": "x" * 600_000 + "y" * 400_000, "file": "\n".join(lines)}}
    begin = time.perf_counter()
    drift = compare(desired, live)
    rows = diff_rows(desired, live, drift)
    taken = time.perf_counter() - begin
    assert [each.path for each in drift.differences] == ["data.big", "data.file"]
    assert len(rows.rows) < 100
    assert max(len(cell.text) for row in rows.rows for cell in (row.left, row.right) if cell) < 10_000
    assert taken < 3, "a tenth of a second on an idle machine"


@pytest.mark.parametrize("lines", [["same"] * 10_000, [f"{number % 7}" for number in range(10_000)]])
def test_texts_that_repeat_themselves_don_t_hang(lines: list[str]) -> None:
    def config(text: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"f": text}}

    desired, live = config("\n".join(lines)), config("\n".join([*lines[5000:], "x", *lines[:4000], *lines[3:9]]))
    begin = time.perf_counter()
    rows = diff_rows(desired, live, compare(desired, live))
    assert rows.changes
    assert time.perf_counter() - begin < 10, "half a second on an idle machine"


def test_a_list_of_ten_thousand_keyed_items_is_compared_in_linear_time() -> None:
    env = [{"name": f"N{number}", "value": "1"} for number in range(10_000)]
    fields = {f'k:{{"name":"N{number}"}}': {".": {}, "f:name": {}, "f:value": {}} for number in range(10_000)}
    owner = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"a"}': {".": {}, "f:env": fields}}}}}}

    def deployment(items: list[Any], managed: Any = None) -> dict[str, Any]:
        spec = {"template": {"spec": {"containers": [{"name": "a", "env": items}]}}}
        metadata: dict[str, Any] = {"name": "x"}
        if managed is not None:
            metadata["managedFields"] = [{"manager": "gitops-tui", "operation": "Apply", "fieldsV1": managed}]
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}

    begin = time.perf_counter()
    assert not compare(deployment(env), deployment(env[::-1], owner)).is_drifted
    drift = compare(deployment([{**each, "value": "2"} for each in env[:9000]]), deployment(env[::-1], owner))
    assert len(drift.differences) == 10_000
    assert time.perf_counter() - begin < 8, "half a second on an idle machine"


def _many(kind: str, many: int, start: int) -> dict[str, Any]:
    numbers = range(start, start + many)
    spec: dict[str, Any] = {
        "set": {"zones": [f"z{number}" for number in numbers]},
        "keyed": {"parts": [{"name": f"n{number}"} for number in numbers]},
        "nested": {"parts": [{"name": "n", "tags": [f"t{number}" for number in numbers]}]},
        "mapping": {"extra": {f"k{number}": "v" for number in numbers}},
    }[kind]
    return {"apiVersion": "zoo.example/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


@pytest.mark.parametrize("kind", ["set", "keyed", "nested", "mapping"])
def test_thousands_of_differences_are_told_settled_and_set_three_ways_in_linear_time(kind: str) -> None:
    schema, many = zoo.WIDGET_SCHEMA, 5_000
    desired, live = _many(kind, many, 0), _many(kind, many, 10 * many)
    begin = time.perf_counter()
    drift = compare(desired, live, schema=schema)
    assert len(drift.differences) == many
    assert len(confirm(drift, live, desired, desired=desired, schema=schema).differences) >= many
    assert len(three_way(live, desired, live, drift, schema=schema)) == many
    assert time.perf_counter() - begin < 8, "half a second on an idle machine"


def test_a_set_of_thousands_inside_a_list_that_is_replaced_as_a_whole() -> None:
    numbers = {"type": "array", "items": {"type": "integer"}, "x-kubernetes-list-type": "set"}
    steps = {"type": "array", "items": {"type": "object", "properties": {"n": numbers}}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"steps": steps}}}}

    def obj(items: list[int]) -> dict[str, Any]:
        return {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}, "spec": {"steps": [{"n": items}]}}

    begin = time.perf_counter()
    assert not compare(obj(list(range(9_000))), obj(list(reversed(range(9_000)))), schema=schema).is_drifted
    drift = compare(obj(list(range(9_000))), obj(list(range(1, 9_001))), schema=schema)
    assert [each.path for each in drift.differences] == ["spec.steps[0].n[=0]", "spec.steps[0].n[=9000]"]
    assert time.perf_counter() - begin < 8, "a tenth of a second on an idle machine"


def test_numbers_that_json_can_t_hold() -> None:
    head = {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}}
    for value in (math.nan, math.inf, 10**5000, -(10**400)):
        obj = {**head, "spec": {"a": value, "b": [value]}}
        assert not compare(obj, copy.deepcopy(obj)).is_drifted
        drift = compare(obj, {**head, "spec": {"a": 1, "b": [1]}})
        assert drift.kind is DriftKind.MODIFIED
        assert diff_rows(obj, {**head, "spec": {"a": 1, "b": [1]}}, drift).rows
        plain(drift.differences[0].desired)


ODD = [nested(5000, 1), nested(5000, 1, lists=True), 10**5000, {"a": 10**5000}]


@pytest.mark.parametrize("odd", ODD, ids=["deep", "deep lists", "long", "long inside"])
@pytest.mark.parametrize("field", ["data", "stringData", "finalizers", "env"])
def test_values_too_deep_or_long_for_a_text_are_told_apart_where_texts_stand(odd: Any, field: str) -> None:
    def obj(value: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}
        if field == "finalizers":
            made["metadata"][field] = [value]
        elif field == "env":
            spec = {"containers": [{"name": "a", "env": [{"name": value, "value": "1"}]}]}
            return {**made, "apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}
        else:
            made[field] = {"one": value, "two": value}
        return made

    assert not compare(obj(odd), obj(odd)).is_drifted
    drift = compare(obj(odd), obj("eA=="))
    assert drift.is_drifted
    assert compare(obj("eA=="), obj(odd)).is_drifted
    if field in ("data", "stringData"):
        one, two = drift.differences
        assert one.desired == two.desired
        assert one.desired != one.live
    assert diff_rows(obj(odd), obj("eA=="), drift).rows
    assert confirm(drift, obj("eA=="), obj(odd), desired=obj(odd)).is_drifted


def test_a_line_break_at_the_end_of_a_name_stands_in_quotes() -> None:
    def obj(image: str) -> dict[str, Any]:
        spec = {"free\n": image, "containers": [{"name": "app\n", "image": image}]}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}

    found = compare(obj("1"), obj("2")).differences
    assert [each.path for each in found] == ['spec["free\\u000a"]', 'spec.containers[name="app\\u000a"].image']


@pytest.mark.parametrize("odd", [[], "x", 7, True, 1.5])
def test_what_is_no_object_at_all_is_no_crash(odd: Any) -> None:
    whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}}
    rule = IgnoreRule(kind="*", json_pointers=("/data/a",))
    assert compare(whole, odd, mask_keys=["a"]).is_drifted
    assert not compare(odd, whole, ignore=[rule]).is_drifted
    assert not compare(odd, odd).is_drifted
    assert not compare(whole, whole, schema=odd).is_drifted


def test_true_is_not_one() -> None:
    head = {"apiVersion": "a.b/v1", "kind": "Odd", "metadata": {"name": "x"}}
    assert compare({**head, "spec": {"a": True}}, {**head, "spec": {"a": 1}}).is_drifted
    assert compare({**head, "spec": {"a": [True]}}, {**head, "spec": {"a": [1]}}).is_drifted
    assert not compare({**head, "spec": {"a": 1}}, {**head, "spec": {"a": 1.0}}).is_drifted


def test_free_names_do_not_fill_the_memory() -> None:
    node = builtin().node_of("v1", "ConfigMap")
    assert node is not None
    for number in range(100):
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {f"key{number}": "1"}}
        compare(obj, copy.deepcopy(obj))
    assert len(node.table["data"].table) == 0
