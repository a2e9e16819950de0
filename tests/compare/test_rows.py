"""Rows of a diff: aligned, matched by key, looked into, folded, bounded."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, strategies

from gitops_tui.compare import compare, diff_rows, displayable, unified
from gitops_tui.compare.linediff import increasing, line_blocks, marks
from gitops_tui.compare.show import concealed
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.diff import DiffRows, RowKind
from gitops_tui.model.text import redact
from tests.compare import mixed, zoo

KINDS = [base["kind"] for base in zoo.ALL]


def recorded(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return mixed.recorded()[KINDS.index(kind)]


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def changed(rows: DiffRows) -> list[tuple[str, str]]:
    return [each for each in unified(rows) if each[0] in "+-"]


def test_a_moved_item_is_marked_and_is_no_change() -> None:
    desired, live = recorded("Service")
    live = copy.deepcopy(live)
    live["spec"]["ports"].reverse()
    rows = diff_rows(desired, live, compare(desired, live))
    assert rows.changes == ()
    assert sum(row.moved for row in rows.rows) == 1


def test_an_item_among_others_is_matched_by_its_key() -> None:
    desired, live = recorded("Deployment")
    live = copy.deepcopy(live)
    containers = live["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "injected", "image": "proxy:1"})
    containers[1]["image"] = "nginx:9"
    rows = diff_rows(desired, live, compare(desired, live))
    assert changed(rows) == [("-", "        image: nginx:9"), ("+", "        image: nginx:1.27")]
    (at,) = rows.changes
    row = rows.rows[at]
    assert row.left is not None
    assert "".join(row.left.text[begin:end] for begin, end in row.left.changed) == "1.27"


def test_the_order_of_init_containers_is_told_on_their_list() -> None:
    desired, live = recorded("Deployment")
    live = copy.deepcopy(live)
    live["spec"]["template"]["spec"]["initContainers"].reverse()
    rows = diff_rows(desired, live, compare(desired, live))
    assert [text.strip() for _, text in changed(rows)] == [
        'initContainers:  # ["migrate","wait"]',
        'initContainers:  # ["wait","migrate"]',
    ]


def test_a_document_of_json_in_a_text_is_compared_line_by_line() -> None:
    desired, live = config(c='{"a": 1, "b": {"c": [1, 2, 3]}}'), config(c='{"a": 1, "b": {"c": [1, 5, 3]}}')
    assert [text.strip() for _, text in changed(diff_rows(desired, live, compare(desired, live)))] == ["5,", "2,"]


def test_a_file_in_a_config_map_shows_only_its_changed_lines() -> None:
    lines = [f"line {number}" for number in range(100)]
    desired = config(f="\n".join(lines) + "\n")
    live = config(f="\n".join([*lines[:50], "more", *lines[50:80], *lines[81:]]) + "\n")
    rows = diff_rows(desired, live, compare(desired, live))
    assert changed(rows) == [("-", "    more"), ("+", "    line 80")]
    assert any(row.kind is RowKind.FOLD for row in rows.rows)


def test_what_urls_hold_of_passwords_is_marked_equal_or_different_and_never_shown() -> None:
    text = "main: postgres://mia:s3cret-%d@db/shop\nother: https://tok-en@git.example.com/o/r.git\n"
    desired, live = (
        config(file=text % 1, url="redis://:s3cret-1@cache", clone="ssh://git@h/r"),
        config(file=text % 2, url="redis://:s3cret-1@cache", clone="ssh://git@h/r"),
    )
    rows = diff_rows(desired, live, compare(desired, live))
    told = "\n".join(cell.text for row in rows.rows for cell in (row.left, row.right) if cell is not None)
    assert "s3cret" not in told
    assert "tok-en" not in told
    assert "ssh://git@h/r" in told
    (was,), (now,) = ([line for sign, line in changed(rows) if sign == each] for each in "-+")
    assert was != now
    assert "postgres://••••••••" in was
    assert "@db/shop" in now
    # What was given a mark keeps it where all credentials are taken out once more.
    assert redact(was) == was
    assert displayable(desired, urls=False)["data"] == desired["data"]
    (difference,) = map(concealed, compare(desired, live).differences)
    assert "s3cret" not in str((difference.desired, difference.live))
    assert difference.desired != difference.live


def test_what_a_rule_hides_is_dimmed_with_its_rule_and_is_no_change() -> None:
    desired, live = config(a="1", b="1"), config(a="2", b="2")
    rule = IgnoreRule("", "ConfigMap", json_pointers=("/data/a",))
    rows = diff_rows(desired, live, compare(desired, live, ignore=(rule,)))
    (hidden,) = [row for row in rows.rows if row.kind is RowKind.IGNORED]
    assert hidden.difference is not None
    assert hidden.difference.ignored_by == "ignoreDifferences: /data/a"
    assert [text.strip() for _, text in changed(rows)] == ["b: '2'", "b: '1'"]
    assert ("~", "  a: '2'") in unified(rows)
    assert len(rows.changes) == 1


def test_every_difference_of_a_verdict_has_a_row() -> None:
    import random

    chance = random.Random(5)
    for desired, live in mixed.recorded():
        schema = zoo.SCHEMAS.get(desired["kind"])
        for _ in range(30):
            _, wanted = zoo.mutated(desired, chance)
            drift = compare(wanted, live, schema=schema)
            rows = diff_rows(wanted, live, drift)
            told = {row.difference.path for row in rows.rows if row.difference is not None}
            assert told == {each.path for each in drift.differences}
            assert bool(rows.changes) == drift.is_drifted


def test_a_custom_kinds_rows_follow_the_types_of_its_verdict() -> None:
    desired, live = recorded("Widget")
    live = copy.deepcopy(live)
    live["spec"]["parts"].reverse()
    live["spec"]["parts"][1]["weight"] = 7
    rows = diff_rows(desired, live, compare(desired, live, schema=zoo.WIDGET_SCHEMA))
    assert [text.strip() for _, text in changed(rows)] == ["weight: 7", "weight: 1"]


def test_line_blocks_cover_both_sides_whatever_they_hold() -> None:
    import random

    chance = random.Random(3)
    for many in (0, 3, 40, 900):
        left = [str(chance.randrange(many or 1)) for _ in range(many)]
        right = [each for each in left if chance.random() > 0.1] + ["x"] * chance.randrange(3)
        at = [0, 0]
        for tag, a, b, c, d in line_blocks(left, right):
            assert (a, c) == tuple(at)
            assert (left[a:b] == right[c:d]) if tag == "equal" else True
            at = [b, d]
        assert at == [len(left), len(right)]


def test_the_longest_increasing_run() -> None:
    assert increasing([3, 1, 2, 5, 4]) in ([1, 2, 3], [1, 2, 4])
    assert increasing([]) == []


def test_marks_are_the_words_that_differ() -> None:
    left, right = marks("image: shop/web:1", "image: shop/web:2", 7)
    assert (left, right) == (((16, 17),), ((16, 17),))
    assert marks("same", "same", 0) == ((), ())
    # In a word without end just what differs.
    long = marks("x" * 2000 + "MIDDLE" + "y" * 2000, "x" * 2000 + "CENTER" + "y" * 2000, 0)
    assert long == (((2000, 2006),), ((2000, 2006),))
    assert marks("x" * 100, "x" * 100 + "y", 0) == ((), ((100, 101),))


def texts(rows: DiffRows) -> list[tuple[str, str]]:
    """The texts of both sides of what counts as a change."""
    return [
        (row.left.text if row.left else "", row.right.text if row.right else "")
        for row in rows.rows
        if row.kind in (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)
    ]


def rows_of(desired: dict[str, Any], live: dict[str, Any]) -> DiffRows:
    return diff_rows(desired, live, compare(desired, live))


@pytest.mark.parametrize(
    ("git", "cluster", "left", "right"),
    [
        ("a\tb", "a    b", '  x: "a\\tb"', '  x: "a    b"'),
        ("a b", "a\xa0b", '  x: "a b"', '  x: "a\\xa0b"'),
        ("caf\xe9", "cafe\u0301", '  x: "caf\\xe9"', '  x: "cafe\\u0301"'),
        ("pass", "pa\u200css", '  x: "pass"', '  x: "pa\\u200css"'),
        ("end", "end ", "  x: end", "  x: 'end '"),
        ("a\n\tb\n", "a\n    b\n", "    \\tb", "        b"),
        ("a \nb\n", "a\nb\n", "    a·", "    a"),
        ("a\n\n", "a\n", "  x: |+", "  x: |"),
        ("a\r\nb\n", "a\nb\n", "    a\u240d", "    a"),
    ],
)
def test_values_that_look_alike_are_told_apart(git: str, cluster: str, left: str, right: str) -> None:
    assert (left, right) in texts(rows_of(config(x=git), config(x=cluster)))


@given(strategies.text(max_size=40), strategies.text(max_size=40))
def test_what_differs_is_seen_to_differ(git: str, cluster: str) -> None:
    found = compare(config(x=git), config(x=cluster))
    shown = texts(diff_rows(config(x=git), config(x=cluster), found))
    assert bool(shown) == found.is_drifted
    assert all(left != right for left, right in shown)


def test_quotes_that_one_side_needs_are_no_difference() -> None:
    assert marks("  x: a b", "  x: 'a b: c'", 5) == ((), ((9, 13),))
    assert marks("  x: 1", "  x: '1'", 5) != ((), ())


def test_a_list_in_a_list_shows_what_differs_in_it() -> None:
    def widget(number: int) -> dict[str, Any]:
        rows = {"rows": [[1, 2], [3, [4, number]]]}
        return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": rows}

    rows = rows_of(widget(5), widget(6))
    assert texts(rows) == [("  - [3,[4,5]]", "  - [3,[4,6]]")]
    assert [row.difference.path for row in rows.rows if row.difference] == ["spec.rows[1][1][1]"]


def test_an_item_that_became_something_else_shows_both() -> None:
    def widget(item: Any) -> dict[str, Any]:
        return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"parts": [item]}}

    rows = rows_of(widget({"a": "1"}), widget("plain"))
    assert texts(rows) == [("", "  - plain"), ("  - a: '1'", "")]
    field = rows_of(widget([{"a": "1"}]), widget({"b": "2"}))
    assert ("", "  - b: '2'") in texts(field)


def role(verbs: str, *more: dict[str, Any]) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": verbs.split()}, *more]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}
    return {**kind, "metadata": {"name": "a", "namespace": "b"}, "rules": rules}


def test_a_list_inside_another_that_changed_is_matched_by_what_its_items_say() -> None:
    shown = texts(rows_of(role("get list watch"), role("list watch patch", {"verbs": ["get"]})))
    assert shown[:2] == [("  - get", ""), ("", "  - patch")]


def test_a_heading_that_both_sides_have_is_no_change() -> None:
    assert texts(rows_of(role("get"), role("get list"))) == [("", "  - list")]


def test_a_file_counts_a_change_once_and_names_its_difference_there() -> None:
    git = "\n".join(f"line {at}" for at in range(20))
    rows = rows_of(config(x=git), config(x=git.replace("line 9", "LINE 9")))
    (at,) = rows.changes
    row = rows.rows[at]
    assert row.difference is not None
    assert row.left is not None
    assert row.left.text == "    line 9"
    assert [each.path for each in rows.rows if each.kind is RowKind.FOLD] == ["data.x", ""]


def test_json_that_was_written_otherwise_is_compared_line_by_line() -> None:
    git = '{"a": 1, "b": [1, 2], "c": "a text of some length"}'
    cluster = '{\n  "a": 2,\n  "b": [1, 2],\n  "c": "a text of some length"\n}\n'
    shown = texts(rows_of(config(x=git), config(x=cluster)))
    assert ('      "a": 1,', '      "a": 2,') in shown
    assert not any('"b"' in left for left, _ in shown)


def test_a_field_that_goes_stands_below_its_heading() -> None:
    live = config(a="1")
    owned = {"f:metadata": {"f:labels": {".": {}, "f:old": {}}}}
    entry = {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": owned}
    live["metadata"] = {"name": "a", "labels": {"old": "x", "other": "y"}, "managedFields": [entry]}
    rows = diff_rows(config(a="1"), live, compare(config(a="1"), live), quiet=False)
    at = next(at for at, row in enumerate(rows.rows) if row.kind is RowKind.RIGHT)
    heading, gone = rows.rows[at - 1], rows.rows[at]
    assert [cell.text for cell in (heading.right, gone.right) if cell] == ["  labels:", "    old: x"]
    assert not any(row.right is not None and "other" in row.right.text for row in rows.rows)


def test_what_is_no_drift_can_be_left_out() -> None:
    desired, live = recorded("Deployment")
    live = {**live, "spec": {**live["spec"], "replicas": 9}}
    rows = diff_rows(desired, live, compare(desired, live), quiet=False)
    assert not any(row.kind is RowKind.EXTRA for row in rows.rows)
    assert sum(row.kind is RowKind.EQUAL for row in rows.rows) >= 3
