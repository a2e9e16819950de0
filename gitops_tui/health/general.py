"""The rules for kinds that nothing more is known of: those of kstatus (`kubernetes-sigs/cli-utils`, `pkg/kstatus`:
observedGeneration, Stalled, Reconciling), then the conditions and the phases that most controllers write, by their names.

Without a status an object is Healthy once it exists. What speaks against health counts before what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gitops_tui.health.objects import Obj, items, part, said, word
from gitops_tui.health.rules import lags, stale, values
from gitops_tui.model.health import Health, HealthStatus

_H = HealthStatus
# Conditions that are bad where they are True.
_BAD: Final = frozenset(
    [
        "Failed",
        "Failure",
        "Error",
        "Degraded",
        "NotReady",
        "Invalid",
        "Terminal",
        "Faulted",
        "HasErrors",
        "ReconcileError",
        "ErrorOccurred",
        "SpecError",
        "Orphan",
        "ACK.Terminal",
        "NotSynced",
        "BackoffLimitExceeded",
    ]
)
# Conditions that are good where they are True; the first one there is decides, and an unfinished one after it is told.
_GOOD: Final = (
    "Ready",
    "Available",
    "Healthy",
    "Succeeded",
    "Complete",
    "Completed",
    "Synced",
    "Reconciled",
    "Established",
    "Programmed",
    "Accepted",
    "ResolvedRefs",
    "Deployed",
    "Installed",
    "Valid",
    "Active",
    "Bound",
    "Synchronized",
)
# Those that are looked at even where one before them is good.
_ALWAYS: Final = ("Synced", "Reconciled", "Programmed", "Accepted", "ResolvedRefs", "Valid")
# What a reason of a False condition has in it where the controller is still at work.
_AT_WORK: Final = [
    "progress",
    "creating",
    "pending",
    "wait",
    "provision",
    "initializ",
    "reconciling",
    "issuing",
    "updating",
    "upgrading",
    "scaling",
    "starting",
    "deploying",
    "installing",
    "doesnotexist",
    "unavailable",
    "inprogress",
    "deleting",
    "scheduling",
    "cloning",
    "rolling",
    "processing",
    "notready",
    "joining",
    "booting",
]
_AT_WORK_NOT: Final = ("fail", "error", "retry", "invalid", "denied", "timeout", "timedout", "backoff", "exceeded")
_PHASES: Final = {
    _H.DEGRADED: frozenset(
        [
            "failed",
            "failure",
            "error",
            "errored",
            "degraded",
            "invalid",
            "fatal",
            "unhealthy",
            "crashed",
            "rejected",
            "partiallyfailed",
            "failedvalidation",
            "aborted",
            "expired",
            "lost",
            "unrecoverable",
            "faulted",
            "unavailable",
            "broken",
            "red",
            "configerror",
            "crashloopbackoff",
        ]
    ),
    _H.PROGRESSING: frozenset(
        [
            "pending",
            "creating",
            "progressing",
            "provisioning",
            "initializing",
            "init",
            "installing",
            "updating",
            "upgrading",
            "running-setup",
            "new",
            "starting",
            "inprogress",
            "waiting",
            "reconciling",
            "deploying",
            "scheduling",
            "scheduled",
            "queued",
            "preparing",
            "restarting",
            "scaling",
            "finalizing",
            "processing",
            "yellow",
            "deleting",
            "terminating",
            "rolling",
            "attaching",
            "detaching",
        ]
    ),
    _H.SUSPENDED: frozenset(["suspended", "paused", "stopped", "hibernated", "halted", "disabled"]),
    _H.HEALTHY: frozenset(
        [
            "running",
            "ready",
            "active",
            "available",
            "healthy",
            "succeeded",
            "success",
            "successful",
            "completed",
            "complete",
            "bound",
            "established",
            "online",
            "ok",
            "green",
            "finished",
            "done",
            "deployed",
            "installed",
            "synced",
            "attached",
            "created",
        ]
    ),
}
_BY_PHASE: Final = {name: status for status, names in _PHASES.items() for name in names}
_PHASE_FIELDS: Final = ("phase", "state", "currentState", "health", "status", "robustness", "currentPhase")


def _at_work(condition: Mapping[str, Any]) -> bool:
    reason = word(condition, "reason").lower()
    if any(each in reason for each in _AT_WORK_NOT):
        return False
    return any(each in reason for each in _AT_WORK)


def general(obj: Obj) -> Health:
    """The health by those rules."""
    status, spec = part(obj, "status"), part(obj, "spec")
    if not status:
        return Health(_H.HEALTHY)
    if lags(obj):
        return Health(_H.PROGRESSING, "its controller has not seen the latest change yet")
    if spec.get("suspend") is True or spec.get("suspended") is True or spec.get("paused") is True:
        return Health(_H.SUSPENDED, f"{word(obj, 'kind') or 'it'} is suspended")
    found = {word(each, "type"): each for each in items(status, "conditions")}
    conditions = _by_conditions(found)
    if stale(obj, status) and (conditions is None or conditions.status is not _H.SUSPENDED):
        return Health(_H.PROGRESSING, "its controller has not seen the latest change yet")
    if conditions is not None and (conditions.status is not _H.HEALTHY or "Ready" in found):
        return conditions
    for rule in (_by_failure, _by_holders, _by_phase, _by_counts):
        said_so = rule(status)
        if said_so is not None and said_so.status is not _H.HEALTHY:
            return said_so
    return conditions or Health(_H.HEALTHY)


def _by_conditions(found: Mapping[str, Mapping[str, Any]]) -> Health | None:
    def holds(kind: str, value: str = "True") -> bool:
        return kind in found and found[kind].get("status") == value

    for kind in ("Paused", "Suspended", "ReconciliationPaused", "Stopped"):
        if holds(kind):
            return Health(_H.SUSPENDED, said(found[kind]))
    if holds("Stalled"):
        return Health(_H.DEGRADED, said(found["Stalled"]))
    for kind, each in found.items():
        if kind in _BAD and each.get("status") == "True":
            return Health(_H.DEGRADED, said(each))
    ready = found.get("Ready")
    if holds("Reconciling"):
        retries = "retry" in word(found["Reconciling"], "reason").lower()
        if not (retries and ready is not None and ready.get("status") == "False"):
            return Health(_H.PROGRESSING, said(found["Reconciling"]))
    if holds("Synced", "False") and word(found["Synced"], "reason") == "ReconcilePaused":
        return Health(_H.SUSPENDED, "ReconcilePaused")
    good: Mapping[str, Any] | None = None
    for kind in _GOOD:
        if kind not in found:
            continue
        each = found[kind]
        if each.get("status") == "True":
            good = good or each
        elif good is None or kind in _ALWAYS:
            if each.get("status") == "False" and not _at_work(each):
                return Health(_H.DEGRADED, said(each) or f"{kind} is False")
            return Health(_H.PROGRESSING, said(each) or f"{kind} is {word(each, 'status')}")
    for kind, each in found.items():
        reason = word(each, "reason")
        if kind.endswith(("Failed", "Error")) and each.get("status") == "True":
            return Health(_H.DEGRADED, said(each))
        if each.get("status") == "False" and "Ready" not in found and not _is_bad_by_name(kind):
            if reason.endswith(("Failed", "Error", "Exceeded")) or reason.startswith(("Failed", "Invalid")):
                return Health(_H.DEGRADED, said(each))
            if good is None and kind.endswith(("Ready", "Available", "Healthy", "Synced", "Synchronized", "Succeeded")):
                return Health(_H.PROGRESSING if _at_work(each) else _H.DEGRADED, said(each))
    if holds("Progressing") and "Ready" not in found and "Available" not in found:
        return Health(_H.PROGRESSING, said(found["Progressing"]))
    return Health(_H.HEALTHY, said(good)) if good is not None else None


def _is_bad_by_name(kind: str) -> bool:
    """Whether a condition is good where it is False."""
    return kind in _BAD or kind.endswith(("Failed", "Failure", "Error", "Pressure", "Unavailable", "Unhealthy"))


def _by_failure(status: Mapping[str, Any]) -> Health | None:
    """A failure that the status names (`failureMessage` is Cluster API's contract), and plain true or false."""
    for name in ("failureMessage", "failureReason", "errorMessage"):
        if word(status, name):
            return Health(_H.DEGRADED, word(status, name))
    if status.get("healthy") is False:
        return Health(_H.DEGRADED, word(status, "message") or "healthy is false")
    if status.get("ready") is False:
        return Health(_H.PROGRESSING, word(status, "message") or "ready is false")
    return None


def _by_holders(status: Mapping[str, Any]) -> Health | None:
    """Routes and policies of the Gateway API and of those that follow it: a parent (ancestor) each with conditions."""
    for name in ("parents", "ancestors"):
        for holder in values(status, (name, "[]")):
            for each in items(holder, "conditions") if isinstance(holder, Mapping) else ():
                if word(each, "type") in ("Accepted", "ResolvedRefs", "Programmed") and each.get("status") == "False":
                    return Health(_H.PROGRESSING if _at_work(each) else _H.DEGRADED, said(each))
    return None


def _by_phase(status: Mapping[str, Any]) -> Health | None:
    for name in _PHASE_FIELDS:
        value = word(status, name)
        if not value:
            continue
        plain = value.lower().replace("_", "").replace("-", "").replace(" ", "")
        known = _BY_PHASE.get(plain)
        if known is None and plain.endswith(("failed", "failure", "error")):
            known = _H.DEGRADED
        if known is None and plain.endswith("ing"):
            known = _H.PROGRESSING
        if known is not None:
            words = word(status, "message") or word(status, "reason") or f"{name}: {value}"
            return Health(known, "" if known is _H.HEALTHY else words)
    return None


def _by_counts(status: Mapping[str, Any]) -> Health | None:
    ready, wanted = status.get("readyReplicas"), status.get("replicas")
    if type(ready) is int and type(wanted) is int and ready < wanted:
        return Health(_H.PROGRESSING, f"{ready} of {wanted} replicas are ready")
    return None
