"""Which side moved since the last sync, as the tree's rows say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_tui.model.application import Application, Destination
from gitops_tui.model.drift import Drift, DriftKind, FieldDifference, Moved, MovedCounts, Reason
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, ResourceState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.tui.filtering import Filter
from gitops_tui.tui.layout import Layout, Node
from gitops_tui.tui.paint import width_of
from gitops_tui.tui.rowtext import Columns, row_pieces, with_side

APP = AppKey("c", "", "shop")


def resource(name: str, moved: Moved, *paths: str, health: HealthStatus = HealthStatus.HEALTHY) -> ResourceState:
    found = tuple(FieldDifference(path, 1, 2, Reason.DIFFERS) for path in paths)
    drift = Drift(DriftKind.MODIFIED if paths else DriftKind.NONE, found)
    sync = SyncStatus.OUT_OF_SYNC if paths else SyncStatus.SYNCED
    key = ResourceKey("apps", "Deployment", "shop", name)
    return ResourceState(key, "apps/v1", sync, drift, Health(health), moved=moved)


def application(*states: ResourceState, health: HealthStatus = HealthStatus.HEALTHY) -> ApplicationState:
    moved = [each.moved for each in states]
    return ApplicationState(
        Application(APP, (), Destination()),
        loading=False,
        sync=SyncStatus.OUT_OF_SYNC,
        health=health,
        resources={each.key: each for each in states},
        moved=MovedCounts(moved.count(Moved.GIT), moved.count(Moved.CLUSTER), moved.count(Moved.BOTH)),
    )


def tree(state: ApplicationState, width: int) -> list[str]:
    rows = Layout().rows(Snapshot(applications={APP: state}))
    return ["".join(text for text, _ in row_pieces(row, Columns(width))).rstrip() for row in rows]


STATES = (
    resource("api", Moved.GIT, "spec.template.spec.containers[name=app].image"),
    resource("cart", Moved.CLUSTER, "spec.replicas"),
    resource("web", Moved.BOTH, "spec.replicas", "spec.paused"),
    resource("calm", Moved.NONE),
)


@pytest.mark.parametrize("width", [80, 72])
def test_a_drifted_row_says_which_side_changed_and_those_above_count_them(width: int) -> None:
    app, kind, api, cart, web, calm = tree(application(*STATES), width)
    assert app.endswith("✗ OutOfSync 1 Git 1 cluster 1 both ♥")
    assert kind.endswith("✗ 3 of 4 1 Git 1 cluster 1 both ♥")
    assert api.endswith("≠ image · Git changed ♥ Healthy")
    assert cart.endswith("≠ replicas · cluster changed ♥")
    assert "· both changed" in web
    assert "changed" not in calm


def test_the_application_counts_what_each_side_changed_beside_its_health() -> None:
    states = (STATES[0], STATES[1])
    assert tree(application(*states), 80)[0].split("  ")[-1].strip() == "✗ OutOfSync · 1 Git, 1 cluster ♥"
    ill = tree(application(*states, health=HealthStatus.DEGRADED), 80)[0]
    assert "✗ 1 Git, 1 cluster" in ill
    assert "↯ Degraded" in ill


def test_healthy_is_a_word_wherever_it_fits_beside_what_drifts() -> None:
    rows = tree(application(*STATES), 160)
    assert all(row.endswith("♥ Healthy") for row in rows)
    assert "≠ replicas · cluster changed  ♥ Healthy" in rows[3]


def test_health_that_is_not_calm_keeps_its_word_beside_the_side() -> None:
    ill = resource("cart", Moved.CLUSTER, "spec.replicas", health=HealthStatus.DEGRADED)
    row = tree(application(ill), 80)[2]
    assert "≠ replicas · cluster" in row
    assert "↯ Degraded" in row


def test_no_side_is_said_where_none_is_known() -> None:
    row = tree(application(resource("cart", Moved.NONE, "spec.replicas")), 80)[2]
    assert "≠ replicas" in row
    assert "·" not in row


@pytest.mark.parametrize("room", range(1, 60))
@pytest.mark.parametrize("moved", list(Moved))
def test_the_words_never_grow_past_their_room(room: int, moved: Moved) -> None:
    assert width_of(with_side("≠ replicas, image, paused", moved, room)) <= room


def test_the_kinds_count_follows_a_change_in_place() -> None:
    layout = Layout()
    state = application(*STATES)
    layout.rows(Snapshot(applications={APP: state}))
    settled = replace(STATES[1], moved=Moved.NONE, drift=Drift(DriftKind.NONE), sync=SyncStatus.SYNCED)
    after = replace(state, resources={**state.resources, settled.key: settled})
    rows = layout.rows(Snapshot(applications={APP: after}))
    fresh = Layout().rows(Snapshot(applications={APP: after}))
    at = rows.find(Node(APP, "Deployment.apps"))
    assert at is not None
    assert rows[at].what == fresh[at].what
    assert rows[at].what.moved == MovedCounts(git=1, both=1)


def test_what_does_not_count_is_not_counted_on_its_kinds_row() -> None:
    extra = replace(resource("old", Moved.GIT), drift=Drift(DriftKind.EXTRA, ignored_by="compare-options: x"))
    rows = Layout().rows(Snapshot(applications={APP: application(STATES[1], extra, STATES[3])}))
    at = rows.find(Node(APP, "Deployment.apps"))
    assert at is not None
    assert (rows[at].what.drifted, rows[at].what.moved) == (1, MovedCounts(cluster=1))


@pytest.mark.parametrize(
    ("text", "names"), [("moved:git", "api web"), ("moved:cluster", "cart web"), ("moved:both", "web")]
)
def test_the_filter_knows_the_sides(text: str, names: str) -> None:
    only = Filter(text).of(application(*STATES))
    assert " ".join(each.key.name for each in STATES if only.matches(each)) == names


def test_a_sync_that_would_fail_and_what_admission_changes_stand_in_the_row() -> None:
    found = resource("cart", Moved.CLUSTER, "spec.replicas")
    refused = replace(found, drift=replace(found.drift, refused="spec.selector: field is immutable"))
    assert "⊘ would fail ≠ replicas · cluster changed" in tree(application(refused), 100)[2]
    noted = replace(found.drift.differences[0], note="the cluster's admission changes this field to 5")
    changed = replace(found, drift=replace(found.drift, differences=(noted,)))
    assert "≠ replicas (admission) · cluster" in tree(application(changed), 100)[2]
