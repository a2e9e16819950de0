"""Rows that were changed in place are the rows that a fresh layout gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_tui.model.application import Application, Destination
from gitops_tui.model.drift import Drift, DriftKind
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.tui.filtering import Filter
from gitops_tui.tui.layout import Layout, Node

KINDS = (("", "ConfigMap"), ("apps", "Deployment"), ("extensions", "Deployment"))
APPS = [AppKey("c", "", name) for name in ("one", "two")]


def member(number: int, drifted: bool, owned: bool, version: int = 0) -> ResourceState:
    group, kind = KINDS[number % 3]
    key = ResourceKey(group, kind, "ns", f"object-{number}")
    drift = Drift(DriftKind.MODIFIED if drifted else DriftKind.NONE)
    sync = SyncStatus.OUT_OF_SYNC if drifted else SyncStatus.SYNCED
    pods = (OwnedObject(ResourceKey("", "Pod", "ns", f"pod-{number}"), f"u{number}", None),) if owned else ()
    return ResourceState(key, "v1", sync, drift, Health(HealthStatus.HEALTHY), summary=str(version), owned=pods)


def application(key: AppKey, states: list[ResourceState]) -> ApplicationState:
    bad = any(each.drift.is_drifted for each in states)
    return ApplicationState(
        Application(key, (), Destination()),
        loading=False,
        sync=SyncStatus.OUT_OF_SYNC if bad else SyncStatus.SYNCED,
        resources={each.key: each for each in states},
    )


members = st.builds(member, st.integers(0, 8), st.booleans(), st.booleans(), st.integers(0, 2))
pictures = st.lists(st.lists(members, unique_by=lambda each: each.key, max_size=8), min_size=2, max_size=2)
openings = st.lists(
    st.tuples(
        st.sampled_from(APPS),
        st.sampled_from(["", *(f"{k}.{g}" if g else k for g, k in KINDS)]),
        st.integers(-1, 8),
        st.booleans(),
    ),
    max_size=4,
)


def snapshot_of(picture: list[list[ResourceState]]) -> Snapshot:
    return Snapshot(applications={key: application(key, states) for key, states in zip(APPS, picture, strict=True)})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(pictures, openings), min_size=1, max_size=5), st.sampled_from(["", "object-1", "kind:dep"]))
def test_rows_changed_in_place_equal_a_fresh_layout(steps, text: str) -> None:
    layout = Layout()
    layout.set_filter(text)
    for picture, opened in steps:
        for app, kind, number, is_open in opened:
            group, name = KINDS[number % 3]
            key = ResourceKey(group, name, "ns", f"object-{number}") if kind and number >= 0 else None
            layout.set(Node(app, key.group_kind if key else kind, key), is_open)
        rows = layout.rows(snapshot_of(picture))
        fresh = Layout()
        fresh.filter, fresh.opened = layout.filter, layout.opened
        assert list(rows) == list(fresh.rows(snapshot_of(picture)))
        assert list(rows) == [rows[at] for at in range(len(rows))]
        for at, row in enumerate(rows):
            assert rows.find(row.node) == at


def test_an_unchanged_neighbour_keeps_its_row() -> None:
    states = [member(number, number == 0, False) for number in range(0, 9, 3)]
    before = snapshot_of([states, []])
    layout = Layout()
    old = list(layout.rows(before))
    new_state = replace(states[1], summary="changed")
    after = snapshot_of([[states[0], new_state, states[2]], []])
    new = list(layout.rows(after))
    assert len(old) == len(new)
    changed = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one is not other]
    at = next(at for at, row in enumerate(new) if row.what is new_state)
    # The application's row (its state is another object), the kind's, and the one that changed.
    assert at in changed
    assert all(new[each].node.key in (None, new_state.key) for each in changed)


def test_the_jump_goes_through_closed_applications_and_around() -> None:
    before = snapshot_of([[member(0, True, False), member(1, True, False)], [member(2, True, False)]])
    layout = Layout()
    layout.rows(before)
    for app in APPS:
        layout.set(Node(app), False)
    rows = layout.rows(before)
    here = rows[0].node
    seen = []
    for _ in range(4):
        found = layout.jump(here, 1)
        assert found is not None
        here = found[0]
        seen.append((here.app.name, here.key.name, found[1], found[2]))
    assert [each[2] for each in seen] == [1, 2, 3, 1]
    assert {each[3] for each in seen} == {3}
    assert seen[2][0] == "two"
    back = layout.jump(here, -1)
    assert back is not None
    assert back[1] == 3


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("object-4", ["object-4"]),
        ("kind:configmap", ["object-0", "object-3"]),
        ("status:drifted", ["object-0"]),
        ("status:outofsync kind:deployment", []),
        ("health:healthy pod-1", ["object-1"]),
        ("app:two", []),
        ("ONE object-3", ["object-3"]),
        ("kind:", ["object-0", "object-1", "object-3", "object-4"]),
        ("nope:1", []),
    ],
)
def test_a_filter_needs_every_word(text: str, wanted: list[str]) -> None:
    states = [member(number, number == 0, number == 1) for number in (0, 1, 3, 4)]
    state = application(APPS[0], states)
    only = Filter(text).of(state)
    assert [each.key.name for each in states if only.matches(each)] == wanted


def test_two_kinds_of_one_name_show_their_groups() -> None:
    rows = Layout().rows(snapshot_of([[member(1, True, False), member(2, True, False)], []]))
    assert {row.name for row in rows if row.depth == 1} == {"Deployment.apps", "Deployment.extensions"}


def test_an_application_without_objects_is_not_shown_as_loading_nor_loading_as_empty() -> None:
    empty = application(APPS[0], [])
    for loading, word in ((True, "loading"), (False, "empty")):
        layout = Layout()
        layout.set(Node(APPS[0]), True)
        rows = layout.rows(Snapshot(applications={APPS[0]: replace(empty, loading=loading)}))
        assert rows[1].what.what == word
