"""What the API server fills in for the kinds that people deploy."""

from __future__ import annotations

import base64
from typing import Any

from gitops_tui.demo.objects import Obj


def _default(obj: Any, **values: Any) -> None:
    for name, value in values.items():
        if obj.get(name) is None:
            obj[name] = value


def _pod_spec(spec: Obj) -> None:
    _default(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        terminationGracePeriodSeconds=30,
        securityContext={},
    )
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        latest = str(container.get("image", "")).endswith(":latest") or ":" not in str(container.get("image", ""))
        _default(
            container,
            imagePullPolicy="Always" if latest else "IfNotPresent",
            resources={},
            terminationMessagePath="/dev/termination-log",
            terminationMessagePolicy="File",
        )
        for port in container.get("ports") or []:
            _default(port, protocol="TCP")
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(probe):
                _default(container[probe], timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
                if container[probe].get("httpGet"):
                    _default(container[probe]["httpGet"], scheme="HTTP")


def set_defaults(obj: Obj, next_ip: str) -> None:
    """Fills in defaults, in place."""
    kind, spec = obj["kind"], obj.get("spec")
    if kind == "Secret":
        _default(obj, type="Opaque")
        text = obj.pop("stringData", None)
        if isinstance(text, dict):
            encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in text.items()}
            obj["data"] = {**(obj.get("data") or {}), **encoded}
    if kind == "Namespace":
        labels = obj["metadata"].setdefault("labels", {})
        labels.setdefault("kubernetes.io/metadata.name", obj["metadata"]["name"])
        obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        obj.setdefault("status", {"phase": "Active"})
    if not isinstance(spec, dict):
        return
    template = spec.get("template")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict):
        _pod_spec(template["spec"])
    if kind == "Pod":
        _pod_spec(spec)
    elif kind == "Deployment":
        _default(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
        strategy = spec.setdefault("strategy", {})
        _default(strategy, type="RollingUpdate")
        if strategy["type"] == "RollingUpdate":
            _default(strategy.setdefault("rollingUpdate", {}), maxSurge="25%", maxUnavailable="25%")
    elif kind == "CronJob":
        _default(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
        job = spec.get("jobTemplate", {}).get("spec", {}).get("template", {}).get("spec")
        if isinstance(job, dict):
            _pod_spec(job)
    elif kind == "Service":
        _default(
            spec,
            type="ClusterIP",
            sessionAffinity="None",
            clusterIP=next_ip,
            ipFamilies=["IPv4"],
            ipFamilyPolicy="SingleStack",
            internalTrafficPolicy="Cluster",
        )
        _default(spec, clusterIPs=[spec["clusterIP"]])
        for port in spec.get("ports") or []:
            _default(port, protocol="TCP", targetPort=port.get("port"))
