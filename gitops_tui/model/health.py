"""Health, in Argo CD's words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from gitops_tui.records import dataclass


class HealthStatus(StrEnum):
    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


_ORDER: Final = {status: rank for rank, status in enumerate(HealthStatus)}


@dataclass(frozen=True, slots=True)
class Health:
    status: HealthStatus
    message: str = ""


def worst(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """The worst of them (Healthy < Suspended < Progressing < Missing < Degraded < Unknown), Healthy for none
    (gitops-engine/pkg/health/health.go)."""
    return max(statuses, key=_ORDER.__getitem__, default=HealthStatus.HEALTHY)
