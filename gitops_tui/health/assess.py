"""The health of one object, as gitops-engine's `pkg/health` has it for built-in kinds; other kinds by the general rules
of kstatus (observedGeneration and well-known conditions). Takes half-written objects of any shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from gitops_tui.model.health import Health, HealthStatus

Obj = Mapping[str, Any]
_H = HealthStatus
_HEALTHY = Health(_H.HEALTHY)
_HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"
_IGNORE_RESTART_POLICY = "argocd.argoproj.io/ignore-restart-policy"


def part(obj: Any, *names: str) -> Mapping[str, Any]:
    """A mapping inside an object, {} where it isn't there or is something else."""
    for name in names:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return obj if isinstance(obj, Mapping) else {}


def number(obj: Mapping[str, Any], name: str, default: int = 0) -> int:
    value = obj.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def items(obj: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = obj.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def conditions(obj: Obj) -> dict[str, Mapping[str, Any]]:
    """The status conditions by type."""
    return {str(each.get("type")): each for each in items(part(obj, "status"), "conditions")}


def _said(condition: Mapping[str, Any]) -> str:
    return str(condition.get("message") or condition.get("reason") or "")


def assess(obj: Obj) -> Health:
    """How healthy an object is; `.status` and `.message`."""
    metadata = part(obj, "metadata")
    finalizers = metadata.get("finalizers")
    hooked = isinstance(finalizers, list) and _HOOK_FINALIZER in finalizers
    if metadata.get("deletionTimestamp") and not hooked:
        return Health(_H.PROGRESSING, "Pending deletion")
    group = str(obj.get("apiVersion") or "").rpartition("/")[0]
    rule = _RULES.get((group, str(obj.get("kind") or "")))
    if rule is not None:
        return rule(obj)
    return general(obj)


def _lag(obj: Obj) -> Health | None:
    observed = part(obj, "status").get("observedGeneration")
    generation = part(obj, "metadata").get("generation")
    if isinstance(generation, int) and (observed if isinstance(observed, int) else 0) < generation:
        return Health(_H.PROGRESSING, "Waiting for rollout to finish: observed generation less than desired generation")
    return None


def deployment(obj: Obj) -> Health:
    spec, status = part(obj, "spec"), part(obj, "status")
    if spec.get("paused"):
        return Health(_H.SUSPENDED, "Deployment is paused")
    if lag := _lag(obj):
        return lag
    progress = conditions(obj).get("Progressing", {})
    if progress.get("reason") == "ProgressDeadlineExceeded":
        name = part(obj, "metadata").get("name")
        return Health(_H.DEGRADED, f'Deployment "{name}" exceeded its progress deadline')
    wanted = number(spec, "replicas", 1)
    updated, total, available = (number(status, each) for each in ("updatedReplicas", "replicas", "availableReplicas"))
    if updated < wanted:
        return Health(_H.PROGRESSING, f"Waiting for rollout to finish: {updated} out of {wanted} new replicas updated")
    if total > updated:
        return Health(
            _H.PROGRESSING, f"Waiting for rollout to finish: {total - updated} old replicas are pending termination"
        )
    if available < updated:
        return Health(
            _H.PROGRESSING, f"Waiting for rollout to finish: {available} of {updated} updated replicas are available"
        )
    return _HEALTHY


def stateful_set(obj: Obj) -> Health:
    spec, status = part(obj, "spec"), part(obj, "status")
    if not status.get("observedGeneration") or _lag(obj):
        return Health(_H.PROGRESSING, "Waiting for statefulset spec update to be observed")
    wanted, ready, updated = (
        number(spec, "replicas", 1),
        number(status, "readyReplicas"),
        number(status, "updatedReplicas"),
    )
    if ready < wanted:
        return Health(_H.PROGRESSING, f"Waiting for {wanted - ready} pods to be ready")
    strategy = part(spec, "updateStrategy")
    partition = number(part(strategy, "rollingUpdate"), "partition")
    if strategy.get("type") == "OnDelete":
        return Health(_H.HEALTHY, f"statefulset has {ready} ready pods")
    if strategy.get("type") == "RollingUpdate" and isinstance(strategy.get("rollingUpdate"), Mapping):
        if updated < wanted - partition:
            return Health(_H.PROGRESSING, "Waiting for partitioned roll out to finish")
        return Health(_H.HEALTHY, f"partitioned roll out complete: {updated} new pods have been updated")
    if status.get("updateRevision") != status.get("currentRevision"):
        return Health(_H.PROGRESSING, f"waiting for statefulset rolling update to complete {updated} pods")
    return _HEALTHY


def daemon_set(obj: Obj) -> Health:
    status = part(obj, "status")
    if _lag(obj):
        return Health(_H.PROGRESSING, "Waiting for rollout to finish: observed generation less than desired generation")
    if part(obj, "spec", "updateStrategy").get("type") == "OnDelete":
        return _HEALTHY
    wanted, updated, available = (
        number(status, each) for each in ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    )
    if updated < wanted:
        return Health(_H.PROGRESSING, f"Waiting for daemon set rollout: {updated} out of {wanted} new pods updated")
    if available < wanted:
        return Health(_H.PROGRESSING, f"Waiting for daemon set rollout: {available} of {wanted} pods are available")
    return _HEALTHY


def replica_set(obj: Obj) -> Health:
    if lag := _lag(obj):
        return lag
    failure = conditions(obj).get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return Health(_H.DEGRADED, _said(failure))
    available, wanted = number(part(obj, "status"), "availableReplicas"), number(part(obj, "spec"), "replicas", 1)
    if available < wanted:
        return Health(_H.PROGRESSING, f"Waiting for rollout to finish: {available} out of {wanted} are available")
    return _HEALTHY


def _broken_container(obj: Obj) -> str:
    found = []
    for container in items(part(obj, "status"), "containerStatuses"):
        waiting = part(container, "state", "waiting")
        reason = str(waiting.get("reason") or "")
        if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
            found.append(str(waiting.get("message") or reason))
    return ", ".join(found)


def pod(obj: Obj) -> Health:
    spec, status = part(obj, "spec"), part(obj, "status")
    phase = status.get("phase")
    notes = part(obj, "metadata", "annotations")
    hook = "argocd.argoproj.io/hook" in notes or "helm.sh/hook" in notes
    # A pod of finite life that its annotation says to look at as a lasting one.
    lasting = notes.get(_IGNORE_RESTART_POLICY) == "true" and not hook
    always = spec.get("restartPolicy", "Always") == "Always" or lasting
    if always and (broken := _broken_container(obj)):
        return Health(_H.DEGRADED, broken)
    if phase == "Pending":
        return Health(_H.PROGRESSING, str(status.get("message") or ""))
    if phase == "Succeeded":
        return Health(_H.HEALTHY, str(status.get("message") or ""))
    if phase == "Failed":
        failed = str(status.get("message") or "")
        for container in [*items(status, "initContainerStatuses"), *items(status, "containerStatuses")]:
            ended = part(container, "state", "terminated")
            if failed:
                break
            if ended.get("message") or ended.get("reason") == "OOMKilled":
                failed = str(ended.get("message") or "OOMKilled")
            elif ended.get("exitCode"):
                failed = f'container "{container.get("name")}" failed with exit code {ended["exitCode"]}'
        return Health(_H.DEGRADED, failed)
    if phase == "Running":
        if not always:
            return Health(_H.PROGRESSING, str(status.get("message") or ""))
        if conditions(obj).get("Ready", {}).get("status") == "True":
            return Health(_H.HEALTHY, str(status.get("message") or ""))
        if any(part(each, "lastState").get("terminated") for each in items(status, "containerStatuses")):
            return Health(_H.DEGRADED, str(status.get("message") or ""))
        return Health(_H.PROGRESSING, str(status.get("message") or ""))
    return Health(_H.UNKNOWN, str(status.get("message") or ""))


def job(obj: Obj) -> Health:
    found = conditions(obj)
    if "Failed" in found:
        return Health(_H.DEGRADED, str(found["Failed"].get("message") or ""))
    if found.get("Suspended", {}).get("status") == "True":
        return Health(_H.SUSPENDED, str(found["Suspended"].get("message") or ""))
    for kind in ("Complete", "Suspended"):
        if kind in found:
            return Health(_H.HEALTHY, str(found[kind].get("message") or ""))
    return Health(_H.PROGRESSING, "")


def cron_job(obj: Obj) -> Health:
    return Health(_H.SUSPENDED, "CronJob is suspended") if part(obj, "spec").get("suspend") is True else _HEALTHY


def claim(obj: Obj) -> Health:
    phase = part(obj, "status").get("phase")
    status = {"Bound": _H.HEALTHY, "Pending": _H.PROGRESSING, "Lost": _H.DEGRADED}.get(str(phase), _H.UNKNOWN)
    return Health(status, "")


def service(obj: Obj) -> Health:
    if part(obj, "spec").get("type") != "LoadBalancer":
        return _HEALTHY
    return _HEALTHY if items(part(obj, "status", "loadBalancer"), "ingress") else Health(_H.PROGRESSING, "")


def ingress(obj: Obj) -> Health:
    return _HEALTHY if items(part(obj, "status", "loadBalancer"), "ingress") else Health(_H.PROGRESSING, "")


# Conditions of an autoscaler that say it can't work, whatever their status (gitops-engine/pkg/health/health_hpa.go).
_CANT_SCALE = {
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
    listed = items(part(obj, "status"), "conditions")
    if obj.get("apiVersion") == "autoscaling/v1":
        # v1 has no conditions of its own: they are kept as JSON in an annotation.
        text = part(obj, "metadata", "annotations").get("autoscaling.alpha.kubernetes.io/conditions")
        if text is None:
            return Health(_H.PROGRESSING, "Waiting to Autoscale")
        try:
            listed = items({"conditions": orjson.loads(text)}, "conditions")
        except (ValueError, TypeError):
            return Health(_H.UNKNOWN, "the annotation with the autoscaler's conditions is not JSON")
    for each in listed:
        if (str(each.get("type")), str(each.get("reason"))) in _CANT_SCALE:
            return Health(_H.DEGRADED, str(each.get("message") or ""))
    for each in listed:
        if str(each.get("type")) in ("AbleToScale", "ScalingLimited") and each.get("status") == "True":
            return Health(_H.HEALTHY, str(each.get("message") or ""))
    return Health(_H.PROGRESSING, "Waiting to Autoscale")


def api_service(obj: Obj) -> Health:
    condition = conditions(obj).get("Available", {})
    if condition.get("status") == "True":
        return Health(_H.HEALTHY, _said(condition))
    return Health(_H.PROGRESSING, _said(condition) or "Waiting to be processed")


def application(obj: Obj) -> Health:
    said = part(obj, "status", "health")
    status = said.get("status")
    return (
        Health(_H(status), str(said.get("message") or ""))
        if isinstance(status, str) and status in set(_H)
        else Health(_H.UNKNOWN, "")
    )


def workflow(obj: Obj) -> Health:
    status = part(obj, "status")
    phase, message = str(status.get("phase") or ""), str(status.get("message") or "")
    if phase in ("", "Pending", "Running"):
        return Health(_H.PROGRESSING, message)
    ended = {"Succeeded": _H.HEALTHY, "Failed": _H.DEGRADED, "Error": _H.DEGRADED}
    return Health(ended.get(phase, _H.UNKNOWN), message)


def custom_definition(obj: Obj) -> Health:
    found = conditions(obj)
    if found.get("NamesAccepted", {}).get("status") == "False":
        return Health(_H.DEGRADED, _said(found["NamesAccepted"]))
    if found.get("Established", {}).get("status") == "True":
        return _HEALTHY
    return Health(_H.PROGRESSING, "Waiting to be established")


_GOOD = ("Ready", "Available", "Healthy", "Established", "Accepted", "Succeeded")


def general(obj: Obj) -> Health:
    """The rules of kstatus for kinds that nothing more is known of."""
    status = part(obj, "status")
    if not status:
        return _HEALTHY
    observed, generation = status.get("observedGeneration"), part(obj, "metadata").get("generation")
    if isinstance(observed, int) and isinstance(generation, int) and observed < generation:
        return Health(_H.PROGRESSING, "its controller has not seen the latest change yet")
    found = conditions(obj)
    for kind in ("Stalled", "Failed", "Degraded"):
        if found.get(kind, {}).get("status") == "True":
            return Health(_H.DEGRADED, _said(found[kind]))
    if found.get("Reconciling", {}).get("status") == "True":
        return Health(_H.PROGRESSING, _said(found["Reconciling"]))
    for kind in _GOOD:
        condition = found.get(kind)
        if condition is None:
            continue
        if condition.get("status") == "True":
            return Health(_H.HEALTHY, _said(condition))
        if condition.get("status") == "False":
            reason = str(condition.get("reason") or "").lower()
            waiting = any(word in reason for word in ("progress", "pending", "wait", "creating", "reconcil", "issuing"))
            return Health(_H.PROGRESSING if waiting else _H.DEGRADED, _said(condition))
        return Health(_H.PROGRESSING, _said(condition))
    return _HEALTHY


_RULES: dict[tuple[str, str], Callable[[Obj], Health]] = {
    ("apps", "Deployment"): deployment,
    ("apps", "StatefulSet"): stateful_set,
    ("apps", "DaemonSet"): daemon_set,
    ("apps", "ReplicaSet"): replica_set,
    ("", "Pod"): pod,
    ("batch", "Job"): job,
    ("batch", "CronJob"): cron_job,
    ("", "PersistentVolumeClaim"): claim,
    ("", "Service"): service,
    ("networking.k8s.io", "Ingress"): ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler,
    ("apiregistration.k8s.io", "APIService"): api_service,
    ("argoproj.io", "Application"): application,
    ("argoproj.io", "Workflow"): workflow,
    ("extensions", "Ingress"): ingress,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): custom_definition,
}
