"""The same mark means the same value, wherever one object is shown."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.compare import compare, confirm, diff_rows
from gitops_tui.compare.show import marks_in
from gitops_tui.model.drift import Masked
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncStatus


def secret(**data: str) -> dict[str, Any]:
    coded = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, "data": coded}


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": data}


def test_rows_have_the_marks_of_the_verdict() -> None:
    desired, live = secret(admin="one", card="two", zone="three"), secret(admin="one", card="four", zone="five")
    found = compare(desired, live)
    rows = diff_rows(desired, live, found)
    for each in found.differences:
        (row,) = [row for row in rows.rows if row.path == each.path]
        assert row.left is not None
        assert row.right is not None
        assert row.left.text.endswith(str(each.desired))
        assert row.right.text.endswith(str(each.live))
    shown = [cell.text for row in rows.rows for cell in (row.left, row.right) if cell is not None]
    assert len(set(marks_in(shown))) == 5


def test_a_dry_run_keeps_the_marks_of_what_was_hidden_before() -> None:
    desired, live = secret(a="one", b="two"), secret(a="three", b="four")
    found = compare(desired, live)
    settled = confirm(found, live, secret(a="one", b="four"), desired=desired)
    assert [each.path for each in settled.differences] == ["data.a"]
    assert {each.path: (each.desired, each.live) for each in found.differences} == {
        each.path: (each.desired, each.live) for each in (*settled.differences, *settled.hidden)
    }


def test_json_marks_credentials_in_urls_and_masked_values_by_different_marks() -> None:
    keys = ("*password*",)
    desired = config(db_password="p1", dsn="postgres://u:p1@db/x", other="redis://:p2@r", same="https://t@h")
    live = config(db_password="p3", dsn="postgres://u:p4@db/x", other="redis://:p5@r", same="https://t2@h")
    found = compare(desired, live, mask_keys=keys)
    made = shapes.resource(
        ResourceState(ResourceKey("", "ConfigMap", "b", "a"), "v1", SyncStatus.OUT_OF_SYNC, found, live=live)
    )
    marks = list(marks_in([[each["desired"], each["live"]] for each in made["differences"]]))
    assert len(marks) == 8
    assert len(set(marks)) == 8


def test_a_mark_is_found_in_text() -> None:
    assert list(marks_in({"a": [f"x://{Masked('AB')}@h", Masked("C")], "b": "(D)"})) == ["AB", "C"]
