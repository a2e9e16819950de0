"""Health over time: since when it is so, and how long the last rollout took to become healthy.

What this session saw change is known to the moment; what was so before it came is told by the API's own timestamps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from gitops_tui.health.timing import rollout, since
from gitops_tui.kube import LiveStore
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState

_COMING = (HealthStatus.PROGRESSING, HealthStatus.DEGRADED, HealthStatus.MISSING)


class Timing(NamedTuple):
    """since: aware, UTC, None where nothing tells. took: of the last rollout, None where it is not known."""

    since: datetime | None = None
    took: timedelta | None = None


def of_resource(
    known: ResourceState | None,
    live: Any,
    health: Health,
    owned: tuple[OwnedObject, ...],
    store: LiveStore,
    now: datetime,
) -> Timing:
    """Of an object that is there. known: as it was before, None at first sight."""
    told = rollout(live, (found[1] for each in owned if (found := store.by_uid(each.uid)) is not None))
    if known is None or known.health is None or known.live is None:
        return Timing(since(live, health.status), told)
    if known.health.status is health.status:
        return Timing(known.health_since, told or known.rollout)
    took = _took(known.health.status, known.health_since, health.status, now)
    return Timing(now, told or took or known.rollout)


def _took(before: HealthStatus, since_then: datetime | None, after: HealthStatus, now: datetime) -> timedelta | None:
    if after is HealthStatus.HEALTHY and before in _COMING and since_then is not None and since_then <= now:
        return now - since_then
    return None


def of_application(
    before: ApplicationState, health: HealthStatus, resources: Iterable[ResourceState], now: datetime
) -> Timing:
    """Of an application: at first sight it is healthy since its last object is, unhealthy since the first of those that
    make it so; its rollout took as long as the longest of its objects'."""
    counted = [each for each in resources if each.health is not None and each.drift.kind is not DriftKind.EXTRA]
    longest = max((each.rollout for each in counted if each.rollout is not None), default=None)
    if before.loading or before.health_since is None:
        times = [
            each.health_since
            for each in counted
            if each.health_since is not None and each.health is not None and each.health.status is health
        ]
        pick = max if health is HealthStatus.HEALTHY else min
        return Timing(pick(times, default=None), longest)
    if before.health is health:
        return Timing(before.health_since, before.rollout or longest)
    return Timing(now, _took(before.health, before.health_since, health, now) or before.rollout)
