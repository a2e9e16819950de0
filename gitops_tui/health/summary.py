"""The one line that matters about an object: `3/5 ready`, `CrashLoopBackOff app (137, OOMKilled) x12`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.health.objects import items, number, part
from gitops_tui.model.text import printable


def summary(obj: Mapping[str, Any]) -> str:
    """That line, "" where there is nothing to say."""
    kind = obj.get("kind")
    spec, status = part(obj, "spec"), part(obj, "status")
    if kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        return f"{number(status, 'readyReplicas')}/{number(spec, 'replicas', 1)} ready"
    if kind == "DaemonSet":
        return f"{number(status, 'numberReady')}/{number(status, 'desiredNumberScheduled')} ready"
    if kind == "Pod":
        return _pod(obj)
    if kind == "Job":
        return f"{number(status, 'succeeded')}/{number(spec, 'completions', 1)} done"
    if kind == "PersistentVolumeClaim":
        return printable(str(status.get("phase") or ""))
    if kind in ("Service", "Ingress"):
        found = items(part(status, "loadBalancer"), "ingress")
        return printable(", ".join(str(each.get("ip") or each.get("hostname") or "") for each in found)[:80])
    return ""


def _pod(obj: Mapping[str, Any]) -> str:
    status = part(obj, "status")
    for container in [*items(status, "initContainerStatuses"), *items(status, "containerStatuses")]:
        waiting = part(container, "state", "waiting")
        reason = str(waiting.get("reason") or "")
        if not reason or reason in ("PodInitializing", "ContainerCreating"):
            continue
        ended = part(container, "lastState", "terminated")
        last = f" ({ended.get('exitCode')}, {ended.get('reason')})" if ended else ""
        restarts = number(container, "restartCount")
        return printable(f"{reason} {container.get('name')}{last}" + (f" x{restarts}" if restarts else ""))
    listed = items(status, "containerStatuses")
    ready = sum(each.get("ready") is True for each in listed)
    return printable(f"{status.get('phase') or ''} {ready}/{len(listed)}" if listed else str(status.get("phase") or ""))
