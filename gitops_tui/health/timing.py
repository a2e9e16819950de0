"""Since when an object is as healthy as it is, and how long its last rollout took, by what the API itself keeps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gitops_tui.health.objects import Obj, items, part, word
from gitops_tui.model.health import HealthStatus

_REVISION: Final = "deployment.kubernetes.io/revision"
_REUSED: Final = "deployment.kubernetes.io/revision-history"
_TELLING: Final = ("Ready", "Available", "Complete", "Failed", "Established", "Synced", "Healthy", "ReplicaFailure")


def moment(text: Any) -> datetime | None:
    """A timestamp of the API, None where it is none."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def since(obj: Obj, status: HealthStatus) -> datetime | None:
    """When the conditions that tell its health came to be as they are, the latest of them; a Deployment is not there
    before its rollout is. None where nothing tells."""
    found = []
    for each in items(part(obj, "status"), "conditions"):
        if word(each, "type") in _TELLING:
            found.append(moment(word(each, "lastTransitionTime")))
        elif word(each, "type") == "Progressing" and word(each, "reason") == "NewReplicaSetAvailable":
            found.append(moment(word(each, "lastUpdateTime")))
        elif word(each, "type") == "Progressing" and status is not HealthStatus.HEALTHY:
            found.append(moment(word(each, "lastTransitionTime")))
    return max((each for each in found if each is not None), default=None)


def rollout(obj: Obj, owned: Iterable[Any]) -> timedelta | None:
    """How long a Deployment's last rollout took: from its ReplicaSet's making until the controller said that it is
    available (k8s.io/kubernetes pkg/controller/deployment/progress.go). None where it is not done, or where an older
    ReplicaSet was taken again, whose age says nothing."""
    if word(obj, "kind") != "Deployment":
        return None
    done = None
    for each in items(part(obj, "status"), "conditions"):
        if word(each, "type") == "Progressing" and word(each, "reason") == "NewReplicaSetAvailable":
            done = moment(word(each, "lastUpdateTime"))
    revision = word(part(obj, "metadata", "annotations"), _REVISION)
    if done is None or not revision:
        return None
    for each in owned:
        notes = part(each, "metadata", "annotations")
        if word(each, "kind") == "ReplicaSet" and word(notes, _REVISION) == revision:
            began = moment(word(part(each, "metadata"), "creationTimestamp"))
            if began is None or word(notes, _REUSED) or done < began:
                return None
            return done - began
    return None
