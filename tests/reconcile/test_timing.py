"""Health over time as a session sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gitops_tui.kube import LiveStore
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.reconcile.timing import of_application, of_resource

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGO = NOW - timedelta(minutes=3)
LIVE: dict[str, Any] = {"kind": "StatefulSet", "metadata": {"name": "db"}}
HEALTHY, PROGRESSING = Health(HealthStatus.HEALTHY), Health(HealthStatus.PROGRESSING)


def state(health: Health, since: datetime | None, name: str = "db", took: timedelta | None = None) -> ResourceState:
    key = ResourceKey("apps", "StatefulSet", "shop", name)
    return ResourceState(key, "apps/v1", SyncStatus.SYNCED, health=health, live=LIVE, health_since=since, rollout=took)


def application(health: HealthStatus, since: datetime | None, *, loading: bool = False) -> ApplicationState:
    app = Application(AppKey("prod", "", "shop"), (Source("/r", "a"),), Destination())
    return ApplicationState(app, loading=loading, health=health, health_since=since)


def test_what_becomes_healthy_is_so_since_now_and_took_as_long_as_it_was_not() -> None:
    found = of_resource(state(PROGRESSING, AGO), LIVE, HEALTHY, (), LiveStore(), NOW)
    assert found == (NOW, timedelta(minutes=3))


def test_what_stays_as_it_is_keeps_its_time_and_its_last_rollout() -> None:
    known = state(HEALTHY, AGO, took=timedelta(seconds=9))
    assert of_resource(known, LIVE, HEALTHY, (), LiveStore(), NOW) == (AGO, timedelta(seconds=9))
    assert of_resource(known, LIVE, PROGRESSING, (), LiveStore(), NOW) == (NOW, timedelta(seconds=9))


def test_at_first_sight_an_application_is_healthy_since_its_last_object_is() -> None:
    first, last = state(HEALTHY, AGO, "a"), state(HEALTHY, NOW, "b", timedelta(seconds=7))
    found = of_application(
        application(HealthStatus.UNKNOWN, None, loading=True), HealthStatus.HEALTHY, [first, last], NOW
    )
    assert found == (NOW, timedelta(seconds=7))


def test_an_unhealthy_application_is_so_since_the_first_object_that_makes_it_so() -> None:
    objects = [state(PROGRESSING, NOW, "a"), state(PROGRESSING, AGO, "b"), state(HEALTHY, NOW - timedelta(days=1), "c")]
    before = application(HealthStatus.UNKNOWN, None, loading=True)
    assert of_application(before, HealthStatus.PROGRESSING, objects, NOW).since == AGO


def test_an_application_that_comes_up_says_how_long_that_took() -> None:
    before = application(HealthStatus.PROGRESSING, AGO)
    found = of_application(before, HealthStatus.HEALTHY, [state(HEALTHY, NOW)], NOW)
    assert found == (NOW, timedelta(minutes=3))
