"""Kubernetes' own kinds, decided exactly as gitops-engine's `pkg/health` decides them, words included (`health_*.go`,
argo-cd at 37ee009). There a field of a wrong type fails the conversion and a version that it doesn't know fails the
check: both are Unknown with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from gitops_tui.health.objects import Obj, items, part, word
from gitops_tui.model.health import Health, HealthStatus

_H = HealthStatus
HEALTHY: Final = Health(_H.HEALTHY)
_HOOKS: Final = ("argocd.argoproj.io/hook", "helm.sh/hook")
_IGNORE_RESTART_POLICY: Final = "argocd.argoproj.io/ignore-restart-policy"


class WrongType(ValueError):
    """A field that a typed client could not read."""


def _number(obj: Mapping[str, Any], name: str) -> int:
    """A whole number, 0 where there is none."""
    value = obj.get(name)
    if value is None:
        return 0
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise WrongType(f"{name} is no whole number")


def _wanted(spec: Mapping[str, Any]) -> int | None:
    return None if spec.get("replicas") is None else _number(spec, "replicas")


def _text(obj: Mapping[str, Any], name: str) -> str:
    value = obj.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongType(f"{name} is no text")
    return value


def _part(obj: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = obj.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise WrongType(f"{name} is no mapping")
        obj = value
    return obj


def _list(obj: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = obj.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise WrongType(f"{name} is no list of mappings")
    return value


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    for each in _list(status, "conditions"):
        if each.get("type") == kind:
            return each
    return None


def _behind(obj: Obj, status: Mapping[str, Any]) -> bool:
    return _number(_part(obj, "metadata"), "generation") > _number(status, "observedGeneration")


def _progressing(message: str) -> Health:
    return Health(_H.PROGRESSING, message)


def deployment(obj: Obj) -> Health:
    spec, status = _part(obj, "spec"), _part(obj, "status")
    paused = spec.get("paused")
    if paused is not None and not isinstance(paused, bool):
        raise WrongType("paused is neither true nor false")
    if paused:
        return Health(_H.SUSPENDED, "Deployment is paused")
    if _behind(obj, status):
        return _progressing(
            "Waiting for rollout to finish: observed deployment generation less than desired generation"
        )
    progress = _condition(status, "Progressing")
    if progress is not None and progress.get("reason") == "ProgressDeadlineExceeded":
        return Health(_H.DEGRADED, f'Deployment "{word(part(obj, "metadata"), "name")}" exceeded its progress deadline')
    wanted, updated = _wanted(spec), _number(status, "updatedReplicas")
    total, available = _number(status, "replicas"), _number(status, "availableReplicas")
    if wanted is not None and updated < wanted:
        return _progressing(
            f"Waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated..."
        )
    if total > updated:
        return _progressing(f"Waiting for rollout to finish: {total - updated} old replicas are pending termination...")
    if available < updated:
        return _progressing(
            f"Waiting for rollout to finish: {available} of {updated} updated replicas are available..."
        )
    return HEALTHY


def stateful_set(obj: Obj) -> Health:
    spec, status = _part(obj, "spec"), _part(obj, "status")
    if _number(status, "observedGeneration") == 0 or _behind(obj, status):
        return _progressing("Waiting for statefulset spec update to be observed...")
    wanted, ready, updated = _wanted(spec), _number(status, "readyReplicas"), _number(status, "updatedReplicas")
    if wanted is not None and ready < wanted:
        return _progressing(f"Waiting for {wanted - ready} pods to be ready...")
    strategy = _part(spec, "updateStrategy")
    kind = _text(strategy, "type")
    if kind == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        rolling = _part(strategy, "rollingUpdate")
        if wanted is not None and rolling.get("partition") is not None:
            target = wanted - _number(rolling, "partition")
            if updated < target:
                return _progressing(
                    f"Waiting for partitioned roll out to finish: {updated} out of {target} new pods have been updated..."
                )
        return Health(_H.HEALTHY, f"partitioned roll out complete: {updated} new pods have been updated...")
    if kind == "OnDelete":
        return Health(_H.HEALTHY, f"statefulset has {ready} ready pods")
    update, current = _text(status, "updateRevision"), _text(status, "currentRevision")
    if update != current:
        return _progressing(
            f"waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        )
    count = _number(status, "currentReplicas")
    return Health(_H.HEALTHY, f"statefulset rolling update complete {count} pods at revision {current}...")


def daemon_set(obj: Obj) -> Health:
    spec, status = _part(obj, "spec"), _part(obj, "status")
    if _behind(obj, status):
        return _progressing(
            "Waiting for rollout to finish: observed daemon set generation less than desired generation"
        )
    wanted, updated = _number(status, "desiredNumberScheduled"), _number(status, "updatedNumberScheduled")
    available = _number(status, "numberAvailable")
    if _text(_part(spec, "updateStrategy"), "type") == "OnDelete":
        return Health(_H.HEALTHY, f"daemon set {updated} out of {wanted} new pods have been updated")
    name = word(part(obj, "metadata"), "name")
    if updated < wanted:
        return _progressing(
            f'Waiting for daemon set "{name}" rollout to finish: {updated} out of {wanted} new pods have been updated...'
        )
    if available < wanted:
        return _progressing(
            f'Waiting for daemon set "{name}" rollout to finish: {available} of {wanted} updated pods are available...'
        )
    return HEALTHY


def replica_set(obj: Obj) -> Health:
    spec, status = _part(obj, "spec"), _part(obj, "status")
    if _behind(obj, status):
        return _progressing(
            "Waiting for rollout to finish: observed replica set generation less than desired generation"
        )
    failure = _condition(status, "ReplicaFailure")
    if failure is not None and failure.get("status") == "True":
        return Health(_H.DEGRADED, word(failure, "message"))
    wanted, available = _wanted(spec), _number(status, "availableReplicas")
    if wanted is not None and available < wanted:
        return _progressing(f"Waiting for rollout to finish: {available} out of {wanted} new replicas are available...")
    return HEALTHY


def is_broken(reason: str) -> bool:
    """Whether a container that waits for this reason has failed (health_pod.go)."""
    return reason.startswith("Err") or reason.endswith(("Error", "BackOff"))


def _failure(container: Mapping[str, Any]) -> str:
    ended = part(container, "state", "terminated")
    if word(ended, "message"):
        return word(ended, "message")
    if ended.get("reason") == "OOMKilled":
        return "OOMKilled"
    code = _number(ended, "exitCode")
    return f'container "{word(container, "name")}" failed with exit code {code}' if code else ""


def pod(obj: Obj) -> Health:
    spec, status = _part(obj, "spec"), _part(obj, "status")
    policy, phase, message = _text(spec, "restartPolicy"), _text(status, "phase"), _text(status, "message")
    notes = part(obj, "metadata", "annotations")
    hook = any(each in notes for each in _HOOKS)
    # A pod of finite life that its annotation says to look at as a lasting one; never a hook's.
    always = policy == "Always" or (notes.get(_IGNORE_RESTART_POLICY) == "true" and not hook)
    containers = _list(status, "containerStatuses")
    if always:
        broken = []
        for container in containers:
            waiting = part(container, "state", "waiting")
            if is_broken(word(waiting, "reason")):
                broken.append(word(waiting, "message"))
        if broken:
            return Health(_H.DEGRADED, ", ".join(broken))
    if phase == "Pending":
        return _progressing(message)
    if phase == "Succeeded":
        return Health(_H.HEALTHY, message)
    if phase == "Failed":
        every = [*_list(status, "initContainerStatuses"), *containers]
        return Health(_H.DEGRADED, message or next(filter(None, map(_failure, every)), ""))
    if phase == "Running" and always:
        ready = _condition(status, "Ready")
        if ready is not None and ready.get("status") == "True":
            return Health(_H.HEALTHY, message)
        if any(part(each, "lastState").get("terminated") is not None for each in containers):
            return Health(_H.DEGRADED, message)
        return _progressing(message)
    if phase == "Running" and policy in ("OnFailure", "Never"):
        return _progressing(message)
    return Health(_H.UNKNOWN, message)


def job(obj: Obj) -> Health:
    failed = complete = suspended = False
    failure = message = ""
    for each in _list(_part(obj, "status"), "conditions"):
        kind = each.get("type")
        if kind == "Failed":
            failed = complete = True
            failure = _text(each, "message")
        elif kind in ("Complete", "Suspended"):
            complete = True
            message = _text(each, "message")
            suspended = suspended or (kind == "Suspended" and each.get("status") == "True")
    if not complete:
        return _progressing(message)
    if failed:
        return Health(_H.DEGRADED, failure)
    return Health(_H.SUSPENDED if suspended else _H.HEALTHY, message)


_CLAIMS: Final = {"Bound": _H.HEALTHY, "Pending": _H.PROGRESSING, "Lost": _H.DEGRADED}


def claim(obj: Obj) -> Health:
    return Health(_CLAIMS.get(_text(_part(obj, "status"), "phase"), _H.UNKNOWN))


def service(obj: Obj) -> Health:
    if _text(_part(obj, "spec"), "type") != "LoadBalancer" or _list(_part(obj, "status", "loadBalancer"), "ingress"):
        return HEALTHY
    return Health(_H.PROGRESSING)


def ingress(obj: Obj) -> Health:
    addresses = part(obj, "status", "loadBalancer").get("ingress")
    return HEALTHY if isinstance(addresses, list) and addresses else Health(_H.PROGRESSING)


# Conditions of an autoscaler that say it can't work, whatever their status.
_CANT_SCALE: Final = {
    ("AbleToScale", "FailedGetScale"),
    ("AbleToScale", "FailedUpdateScale"),
    ("ScalingActive", "FailedGetResourceMetric"),
    ("ScalingActive", "FailedGetObjectMetric"),
    ("ScalingActive", "FailedGetPodsMetric"),
    ("ScalingActive", "FailedGetExternalMetric"),
    ("ScalingActive", "FailedComputeMetricsReplicas"),
    ("ScalingActive", "InvalidSelector"),
}


def autoscaler(obj: Obj) -> Health:
    if obj.get("apiVersion") == "autoscaling/v1":
        # v1 has no conditions of its own: they are kept as JSON in an annotation.
        text = part(obj, "metadata", "annotations").get("autoscaling.alpha.kubernetes.io/conditions")
        if text is None:
            return _progressing("Waiting to Autoscale")
        try:
            found = orjson.loads(text)
        except (ValueError, TypeError):
            raise WrongType("the annotation with the conditions is no JSON") from None
        listed = items({"found": found}, "found")
    else:
        listed = _list(_part(obj, "status"), "conditions")
    for each in listed:
        if (word(each, "type"), word(each, "reason")) in _CANT_SCALE:
            return Health(_H.DEGRADED, word(each, "message"))
    for each in listed:
        if word(each, "type") in ("AbleToScale", "ScalingLimited") and each.get("status") == "True":
            return Health(_H.HEALTHY, word(each, "message"))
    return _progressing("Waiting to Autoscale")


def api_service(obj: Obj) -> Health:
    found = _condition(_part(obj, "status"), "Available")
    if found is None:
        return _progressing("Waiting to be processed")
    words = f"{word(found, 'reason')}: {word(found, 'message')}"
    return Health(_H.HEALTHY if found.get("status") == "True" else _H.PROGRESSING, words)


_WORKFLOWS: Final = {
    "": _H.PROGRESSING,
    "Pending": _H.PROGRESSING,
    "Running": _H.PROGRESSING,
    "Succeeded": _H.HEALTHY,
    "Failed": _H.DEGRADED,
    "Error": _H.DEGRADED,
}


def workflow(obj: Obj) -> Health:
    status = part(obj, "status")
    return Health(_WORKFLOWS.get(word(status, "phase"), _H.UNKNOWN), word(status, "message"))


_ANY: Final = ()
BUILTIN: Final[dict[tuple[str, str], tuple[tuple[str, ...], Callable[[Obj], Health]]]] = {
    ("apps", "Deployment"): (("apps/v1",), deployment),
    ("apps", "StatefulSet"): (("apps/v1",), stateful_set),
    ("apps", "DaemonSet"): (("apps/v1",), daemon_set),
    ("apps", "ReplicaSet"): (("apps/v1",), replica_set),
    ("", "Pod"): (("v1",), pod),
    ("batch", "Job"): (("batch/v1",), job),
    ("", "PersistentVolumeClaim"): (("v1",), claim),
    ("", "Service"): (("v1",), service),
    ("networking.k8s.io", "Ingress"): (_ANY, ingress),
    ("extensions", "Ingress"): (_ANY, ingress),
    ("autoscaling", "HorizontalPodAutoscaler"): (("autoscaling/v1", "autoscaling/v2"), autoscaler),
    ("apiregistration.k8s.io", "APIService"): (
        ("apiregistration.k8s.io/v1", "apiregistration.k8s.io/v1beta1"),
        api_service,
    ),
    ("argoproj.io", "Workflow"): (_ANY, workflow),
}
"""(group, kind) -> the apiVersions that are understood (none: any) and the check."""
