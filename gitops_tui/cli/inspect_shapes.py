"""The JSON shapes of what is asked of objects beyond their drift; the README documents them."""

from __future__ import annotations

from typing import Any

from gitops_tui.cli.output import time
from gitops_tui.model.inspect import Cause, Diagnosis, EventLine, Events, Link, LogTail, Orphans, Usage, UsageReport
from gitops_tui.model.keys import ResourceKey


def key(found: ResourceKey) -> dict[str, str]:
    return {"group": found.group, "kind": found.kind, "namespace": found.namespace, "name": found.name}


def cause(found: Cause) -> dict[str, Any]:
    return {
        "weight": found.weight,
        **key(found.about),
        "what": found.what,
        "message": found.message,
        "container": found.container,
        "since": found.since,
        "count": found.count,
    }


def log(found: LogTail | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "namespace": found.pod.namespace,
        "pod": found.pod.name,
        "container": found.container,
        "previous": found.previous,
        "lines": list(found.lines),
        "problem": found.problem,
    }


def diagnosis(found: Diagnosis) -> dict[str, Any]:
    return {
        "application": str(found.app),
        "resource": key(found.key) if found.key is not None else None,
        "health": found.health.value,
        "causes": [cause(each) for each in found.causes],
        "log": log(found.log),
        "problems": list(found.problems),
    }


def link(found: Link) -> dict[str, Any]:
    return {"url": found.url, "title": found.title, **key(found.about)}


def orphans(found: Orphans) -> dict[str, Any]:
    return {
        "application": str(found.app),
        "namespaces": list(found.namespaces),
        "orphans": [
            {**key(each.key), "created": time(each.created), "managedBy": each.managed_by} for each in found.orphans
        ],
        "problems": list(found.problems),
    }


def usage(found: Usage | None) -> dict[str, Any] | None:
    """cpu in cores, memory in bytes; a bound that not every container has is null."""
    if found is None:
        return None
    return {
        "cpu": round(found.cpu, 6),
        "memory": round(found.memory),
        "cpuRequest": _number(found.cpu_request),
        "cpuLimit": _number(found.cpu_limit),
        "memoryRequest": _number(found.memory_request),
        "memoryLimit": _number(found.memory_limit),
        "pods": found.pods,
        "at": found.at,
    }


def _number(value: float | None) -> float | None:
    return round(value, 6) if value is not None else None


def usage_report(found: UsageReport) -> dict[str, Any]:
    return {
        "application": str(found.app),
        "resource": key(found.key) if found.key is not None else None,
        "metrics": found.metrics,
        "total": usage(found.total),
        "rows": [{**key(each.key), "usage": usage(each.usage)} for each in found.rows],
        "problems": list(found.problems),
    }


def event(found: EventLine) -> dict[str, Any]:
    return {
        "type": "Warning" if found.warning else "Normal",
        "reason": found.reason,
        "message": found.message,
        **key(found.about),
        "count": found.count,
        "first": time(found.first),
        "last": time(found.last),
        "source": found.source,
    }


def events(found: Events) -> dict[str, Any]:
    return {"events": [event(each) for each in found.lines], "problems": list(found.problems)}
