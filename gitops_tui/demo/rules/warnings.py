"""What the API server takes and warns of (kubernetes/kubernetes pkg/api/pod/warnings.go and those of single kinds)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

Obj = dict[str, Any]
_TEMPLATES = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    **{("apps", kind): ("spec", "template") for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")},
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
_CRITICAL = "scheduler.alpha.kubernetes.io/critical-pod"


def warnings(obj: Obj, group: str, kind: str) -> list[str]:
    """What an answer to a write of this object warns of."""
    if (group, kind) == ("", "Secret"):
        return _certificate(obj)
    path = _TEMPLATES.get((group, kind))
    if path is None:
        return []
    place: Any = obj
    for step in path:
        place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not isinstance(place.get("spec"), dict):
        return []
    return list(_of_pod(place, "".join(f"{step}." for step in path)))


def _of_pod(found: Obj, at: str) -> Iterator[str]:
    spec = found["spec"]
    for label in spec.get("nodeSelector") or ():
        if label in _LABELS:
            yield f"{at}spec.nodeSelector[{label}]: {_LABELS[label]}"
    if _CRITICAL in ((found.get("metadata") or {}).get("annotations") or {}):
        said = 'non-functional in v1.16+; use the "priorityClassName" field instead'
        yield f"{at}metadata.annotations[{_CRITICAL}]: {said}"
    for number, each in enumerate(spec.get("imagePullSecrets") or ()):
        if not each.get("name"):
            yield f'{at}spec.imagePullSecrets[{number}].name: invalid empty name ""'
    for field in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(field) or ()):
            here = f"{at}spec.{field}[{number}]"
            yield from _of_container(container, here)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        yield (
            f"{at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        )


def _of_container(container: Obj, at: str) -> Iterator[str]:
    seen: dict[Any, int] = {}
    for number, port in enumerate(container.get("ports") or ()):
        key = (port.get("containerPort"), port.get("protocol"), port.get("hostPort"), port.get("hostIP"))
        if key in seen:
            yield f"{at}.ports[{number}]: duplicate port definition with {at}.ports[{seen[key]}]"
        seen.setdefault(key, number)
    known: dict[str, int] = {}
    for number, env in enumerate(container.get("env") or ()):
        name = env.get("name") or ""
        if name in known and f"$({name})" not in str(env.get("value") or ""):
            yield f'{at}.env[{number}]: hides previous definition of "{name}", which may be dropped when using apply'
        known[name] = number


def _certificate(obj: Obj) -> list[str]:
    if obj.get("type") != "kubernetes.io/tls":
        return []
    found = base64.b64decode((obj.get("data") or {}).get("tls.crt") or "")
    if b"-----BEGIN" not in found:
        return ["tls: failed to find any PEM data in certificate input"]
    return []
