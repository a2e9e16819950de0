"""Kinds beside gitops-engine's whose health does not fit one line of `table.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gitops_tui.health.objects import Obj, items, part, word
from gitops_tui.model.health import Health, HealthStatus

_H = HealthStatus


def cron_job(obj: Obj) -> Health:
    """A CronJob that a person suspended is as they want it: Healthy, as Argo CD has it since 3.1. One whose last run
    that ended was started and never succeeded is Degraded; while a run is active nothing is known yet."""
    spec, status = part(obj, "spec"), part(obj, "status")
    if spec.get("suspend") is True:
        return Health(_H.HEALTHY, "CronJob is suspended")
    active = status.get("active")
    started, succeeded = word(status, "lastScheduleTime"), word(status, "lastSuccessfulTime")
    if not active and started and succeeded and succeeded < started:  # RFC 3339 in UTC: they sort as texts
        return Health(_H.DEGRADED, "CronJob has not completed its last execution successfully")
    return Health(_H.HEALTHY)


def collector(obj: Obj) -> Health:
    """An OpenTelemetryCollector counts its replicas as "1/3"; a sidecar and a DaemonSet have none."""
    counts = word(part(obj, "status", "scale"), "statusReplicas")
    ready, slash, wanted = counts.partition("/")
    if not slash or ready == wanted:
        return Health(_H.HEALTHY)
    return Health(_H.DEGRADED if ready == "0" else _H.PROGRESSING, f"{counts} replicas are ready")


def _sha(environment: dict[str, Any] | Any, side: str) -> str:
    proposed = part(environment, side)
    return word(part(proposed, "note"), "drySha") or word(part(proposed, "dry"), "sha")


def promotion(obj: Obj) -> Health:
    """A PromotionStrategy is Healthy once each environment runs the one commit that all are to run."""
    status = part(obj, "status")
    generation = part(obj, "metadata").get("generation")
    ready = next((each for each in items(status, "conditions") if each.get("type") == "Ready"), None)
    if ready is None:
        return Health(_H.PROGRESSING, "waiting for its controller")
    if type(ready.get("observedGeneration")) is int and ready["observedGeneration"] != generation and generation:
        return Health(_H.PROGRESSING, "its controller has not seen the latest change yet")
    if ready.get("status") == "False":
        return Health(_H.DEGRADED, word(ready, "message") or word(ready, "reason"))
    environments = items(status, "environments")
    if not environments:
        return Health(_H.DEGRADED, "it has no environments")
    wanted = {_sha(each, "proposed") for each in environments}
    if len(wanted) > 1 or "" in wanted:
        return Health(_H.PROGRESSING, "the environments do not have the same proposed commit yet")
    for each in environments:
        if _sha(each, "active") not in wanted and word(part(each, "active", "dry"), "sha") != word(
            part(each, "proposed", "dry"), "sha"
        ):
            return Health(_H.PROGRESSING, f"{word(each, 'branch')} does not run the proposed commit yet")
    return Health(_H.HEALTHY)


OWN: Final[dict[tuple[str, str], Callable[[Obj], Health]]] = {
    ("batch", "CronJob"): cron_job,
    ("opentelemetry.io", "OpenTelemetryCollector"): collector,
    ("promoter.argoproj.io", "PromotionStrategy"): promotion,
}
"""(group, kind) -> its check."""
