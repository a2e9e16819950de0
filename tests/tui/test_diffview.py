"""The diff as it is drawn: aligned, folded, coloured, wrapped."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.compare import compare
from gitops_tui.compare.linediff import marks
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.drift import DriftKind, Owner
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.difffoot import diff_foot
from gitops_tui.tui.diffview import Look, build, draw, lines_of, shift_of
from gitops_tui.tui.highlight import highlight_yaml
from gitops_tui.tui.paint import Palette
from gitops_tui.tui.themes import load_themes

PALETTE = Palette(next(theme for theme in load_themes() if theme.name == "gitops-dark"))
GIT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "n"},
    "data": {f"key-{number:02}": "same" for number in range(40)} | {"a": "region: eu-west", "z": "one"},
}


def state(live: dict[str, Any] | None, git: dict[str, Any] = GIT) -> ResourceState:
    key = ResourceKey("", git["kind"], "n", "c")
    manifest = Manifest(key, "v1", git, Origin("c.yaml"), "d")
    return ResourceState(key, "v1", SyncStatus.OUT_OF_SYNC, compare(git, live), manifest=manifest, live=live)


@pytest.fixture
def drifted() -> ResourceState:
    live = copy.deepcopy(GIT)
    live["data"]["a"], live["data"]["z"] = "region: eu-north", "two"
    live["data"]["mine"] = "by hand"
    return state(live)


def texts(view, look: Look, width: int = 100) -> list[str]:
    return [draw(view, line, look, width, PALETTE).text for line in lines_of(view, look, width)[0]]


def test_both_sides_stand_beside_each_other_and_equal_runs_are_folded(drifted) -> None:
    assert drifted.drift.kind is DriftKind.MODIFIED
    view = build(drifted)
    look = Look()
    lines, changes = lines_of(view, look, 100)
    shown = texts(view, look)
    assert all(len(line) == 100 for line in shown)
    assert len(changes) == 2
    first = shown[changes[0]]
    assert first.index("│") == 49
    assert "-" in first[:6]
    assert "eu-west" in first[:49]
    assert "eu-north" in first[50:]
    folds = [line for line in shown if "⋯" in line]
    assert any("equal lines" in line for line in folds)
    # Nothing is lost: what folds count and what is shown make up the whole.
    counted = sum(line.row.folded or 1 for line in lines)
    assert counted == len(view.rows.rows)


def test_a_mark_covers_just_what_changed_inside_the_line(drifted) -> None:
    view = build(drifted)
    lines, changes = lines_of(view, Look(), 100)
    strip = draw(view, lines[changes[0]], Look(), 100, PALETTE)
    marked = [
        s.text
        for s in strip
        if s.style and s.style.bgcolor in (PALETTE["text on git-mark"].bgcolor, PALETTE["text on cluster-mark"].bgcolor)
    ]
    assert marked == ["west", "north"]


def test_unified_shows_git_then_cluster(drifted) -> None:
    view = build(drifted)
    shown = texts(view, Look(unified=True))
    at = next(at for at, line in enumerate(shown) if "eu-west" in line)
    assert " - " in shown[at]
    assert " + " in shown[at + 1]
    assert "eu-north" in shown[at + 1]


def test_what_only_the_cluster_has_is_quiet(drifted) -> None:
    shown = build(drifted)
    look = Look(context=-1)
    lines, _ = lines_of(shown, look, 100)
    line = next(line for line in lines if line.row.right and "mine" in line.row.right.text)
    strip = draw(shown, line, look, 100, PALETTE)
    said = next(segment for segment in strip if "mine" in segment.text)
    assert said.style.color == PALETTE["muted"].color


def test_more_context_shows_more_and_all_shows_everything(drifted) -> None:
    view = build(drifted)
    sizes = [len(lines_of(view, Look(context=context), 100)[0]) for context in (0, 3, 10, -1)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] == len(view.rows.rows)


def test_wrapped_lines_keep_every_character() -> None:
    live = copy.deepcopy(GIT)
    live["data"]["a"] = "x" * 150 + "漢字" * 20
    view = build(state(live))
    look = Look(wrap=True, context=0)
    lines, changes = lines_of(view, look, 60)
    assert len(changes) == 1
    shown = "".join(texts(view, look, 60)[at][30:] for at in range(len(lines)))
    assert shown.count("x") >= 150
    assert shown.count("漢") == 20


def test_a_scrolled_line_shows_its_end() -> None:
    live = copy.deepcopy(GIT)
    live["data"]["a"] = "x" * 300 + "end"
    view = build(state(live))
    assert not any("end" in line for line in texts(view, Look(context=0)))
    assert any("end" in line for line in texts(view, Look(context=0, left=280)))


@pytest.mark.parametrize("look", [Look(context=0), Look(context=0, unified=True)])
@pytest.mark.parametrize("filling", ["x" * 300, "漢字" * 100, "many words and " * 30])
def test_a_change_far_to_the_right_is_in_sight(look: Look, filling: str) -> None:
    git, live = copy.deepcopy(GIT), copy.deepcopy(GIT)
    git["data"]["a"], live["data"]["a"] = f"{filling}GIT", f"{filling}LIVE"
    view = build(state(live, git))
    said = "\n".join(texts(view, look, 80))
    assert "GIT" in said
    assert "LIVE" in said
    assert "a: …" in said


@pytest.mark.parametrize(
    ("git", "live", "room", "shown"),
    [
        (" " * 10 + "image: shop/web:1.0", " " * 10 + "image: shop/web:1.1", 25, "     …image: shop/web:1.0"),
        (" " * 10 + "image: shop/web:1.0", " " * 10 + "image: shop/web:1.1", 20, "…image: shop/web:1.0"),
        (" " * 10 + "image: shop/web:1.0", " " * 10 + "image: shop/web:1.1", 29, " " * 10 + "image: shop/web:1.0"),
        (" " * 10 + "image: 漢字漢字:1", " " * 10 + "image: 漢字漢字:2", 18, "…image: 漢字漢字:1"),
        ("image: shop/web:1.0", "image: shop/web:1.1", 18, "image: …1.0"),
    ],
)
def test_a_field_keeps_its_name_where_its_line_is_cut(git: str, live: str, room: int, shown: str) -> None:
    one, other = marks(git, live, git.index(": ") + 2)
    kept, start = shift_of((DiffCell(1, git, one), DiffCell(1, live, other)), Look(), room)
    assert (git[:kept] + "…" + git[start:] if start else git) == shown


def test_a_fold_tells_where_the_next_change_is_unless_a_line_does(drifted) -> None:
    folds = [line for line in texts(build(drifted), Look()) if "⋯" in line]
    assert "· in data" in folds[0]
    live = copy.deepcopy(GIT)
    live["data"]["key-00"] = "other"
    assert not any("· in" in line for line in texts(build(state(live)), Look()))


@pytest.mark.parametrize("unified", [False, True])
def test_what_a_rule_hides_is_shown_dimmed_with_both_its_values(unified: bool) -> None:
    live = copy.deepcopy(GIT)
    live["data"]["a"] = "eu-north"
    rule = IgnoreRule("", "ConfigMap", json_pointers=("/data/a",))
    drift = compare(GIT, live, ignore=(rule,))
    assert not drift.is_drifted
    view = build(replace(state(live), drift=drift))
    look = Look(unified=unified, hidden=True)
    lines, changes = lines_of(view, look, 100)
    assert not changes
    strips = [draw(view, line, look, 100, PALETTE) for line in lines]
    found = [strip for strip in strips if "eu-" in strip.text]
    signs = ["~-", "~+"] if unified else [" ~ "]
    assert [sign in strip.text[:8] for sign, strip in zip(signs, found, strict=True)] == [True] * len(signs)
    assert "eu-west" in found[0].text
    assert "eu-north" in found[-1].text
    for strip in found:
        assert {s.style.color for s in strip if s.style and "eu-" in s.text} == {PALETTE["muted"].color}
        grounds = {s.style.bgcolor for s in strip if s.style}
        assert not grounds & {PALETTE["text on git-ground"].bgcolor, PALETTE["text on cluster-ground"].bgcolor}


def test_many_hidden_lines_are_folded_in_no_time() -> None:
    git = "\n".join(f"line {number}" for number in range(18_000))
    obj = {**GIT, "data": {"a": git}}
    live = {**GIT, "data": {"a": "\n".join(f"line {n}" if n % 12 else f"LINE {n}" for n in range(18_000))}}
    rule = IgnoreRule("", "ConfigMap", json_pointers=("/data/a",))
    hidden = replace(state(live, obj), drift=compare(obj, live, ignore=(rule,)))
    view = build(hidden)
    begin = time.monotonic()
    lines, _ = lines_of(view, Look(hidden=True), 100)
    assert time.monotonic() - begin < 3
    assert sum(line.row.kind is RowKind.FOLD for line in lines) > 1000


def test_an_owner_is_told_in_words_and_whole() -> None:
    live = copy.deepcopy(GIT)
    live["data"]["z"] = "two"
    for manager, said in (("kubectl-edit:dana", "kubectl-edit by dana"), ("管理者マネージャ", "管理者マネージャ")):
        entry = {"manager": manager, "operation": "Update", "fieldsV1": {"f:data": {"f:z": {}}}}
        live["metadata"]["managedFields"] = [entry]
        assert any(line.rstrip().endswith(said) for line in texts(build(state(live)), Look()))


def test_an_item_that_stands_elsewhere_says_so() -> None:
    ports = [{"port": 1, "name": "a"}, {"port": 2, "name": "b"}]
    git = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}
    live = {**git, "spec": {"ports": ports[::-1], "clusterIP": "10.0.0.1"}}
    assert sum(line.rstrip().endswith("moved") for line in texts(build(state(live, git)), Look(context=-1))) == 1


def test_the_foot_says_which_field_and_leaves_out_what_has_no_room(drifted) -> None:
    difference = drifted.drift.differences[0]
    long = replace(difference, path="spec.template.spec.containers[name=app].image", live_owner=Owner("kubectl-edit"))

    def foot(width: int, **more: Any) -> str:
        return "".join(text for text, _ in diff_foot(3, 1, long, Look(), width, **more))

    assert foot(140).startswith(f" 3 changes · 2/3 · {long.path} by kubectl-edit · n next · u unified")
    assert foot(140).endswith("w wrap")
    for width in range(60, 140):
        said = foot(width)
        assert len(said) <= width
        assert "[name=app].image by kubectl-edit" in said
    assert "3 two sides" in foot(140, three=True)
    assert "u " not in "".join(text for text, _ in diff_foot(1, 0, None, Look(unified=True), 140, two_sides=False))
    assert "n next" not in "".join(text for text, _ in diff_foot(1, 0, long, Look(), 140))


def test_a_missing_object_is_one_column_of_git() -> None:
    view = build(state(None))
    assert view.sides == 1
    shown = texts(view, Look())
    assert all(" - " in line for line in shown)


def test_pygments_tells_keys_from_values() -> None:
    lines = highlight_yaml("a: b\nc:\n  - 5\n  - 'x'\n# no\n")
    assert lines[0][0] == (0, 1, "key")
    assert (3, 4, "string") in lines[0]
    assert any(role == "number" for _, _, role in lines[2])
    assert any(role == "string" for _, _, role in lines[3])
    assert lines[4][0][2] == "muted"


def test_a_huge_text_is_left_plain() -> None:
    assert highlight_yaml("a: " + "x" * 500_000) == ()


hostile = st.text(
    st.one_of(
        st.sampled_from("ab :'-|\t\n\r\x1b[\u202e\u200b\u200d\u0301漢🙂\ufe0f\xa0é{}\"\\\\"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(hostile, hostile, st.integers(24, 120), st.booleans(), st.booleans(), st.integers(0, 40))
def test_a_line_is_as_wide_as_it_is_to_be_and_obeys_no_value(
    git: str, live: str, width: int, unified: bool, wrap: bool, left: int
) -> None:
    git_obj, live_obj = copy.deepcopy(GIT), copy.deepcopy(GIT)
    git_obj["data"], live_obj["data"] = {"a": git, "b": "same"}, {"a": live, "b": "same"}
    view = build(state(live_obj, git_obj))
    look = Look(unified=unified, wrap=wrap, left=left)
    lines, changes = lines_of(view, look, width)
    assert bool(changes) == (git != live)
    for line in lines:
        strip = draw(view, line, look, width, PALETTE)
        assert strip.cell_length == width == sum(segment.cell_length for segment in strip)
        assert printable(strip.text) == strip.text
