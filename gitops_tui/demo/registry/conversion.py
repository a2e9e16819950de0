"""The same object in another version of its kind."""

from __future__ import annotations

from typing import Any

from gitops_tui.model.keys import GVK

Obj = dict[str, Any]


def convert(obj: Obj, to: GVK) -> Obj:
    """The object in another version of its kind; most versions differ by their name only."""
    if obj.get("apiVersion") == to.api_version and obj.get("kind") == to.kind:
        return obj
    made = {**obj, "kind": to.kind, "apiVersion": to.api_version}
    if to.group == "autoscaling" and to.kind == "HorizontalPodAutoscaler":
        return _hpa_to_v1(made) if to.version == "v1" else _hpa_to_v2(made)
    if to.kind == "Event":
        return _event(made, _TO_NEW if to.group else {new: old for old, new in _TO_NEW.items()}, new=bool(to.group))
    return made


_METRICS = "autoscaling.alpha.kubernetes.io/metrics"


def _hpa_to_v1(obj: Obj) -> Obj:
    spec = dict(obj.get("spec") or {})
    rest = []
    for metric in spec.pop("metrics", None) or ():
        target = (metric.get("resource") or {}).get("target") or {}
        cpu = metric.get("type") == "Resource" and (metric.get("resource") or {}).get("name") == "cpu"
        if cpu and target.get("averageUtilization") is not None:
            spec["targetCPUUtilizationPercentage"] = target["averageUtilization"]
        else:
            rest.append(metric)
    spec.pop("behavior", None)
    found = obj.get("status") or {}
    status = {name: value for name, value in found.items() if name in ("observedGeneration", "lastScaleTime")}
    status["currentReplicas"] = found.get("currentReplicas", 0)
    status["desiredReplicas"] = found.get("desiredReplicas", 0)
    made = {**obj, "spec": spec, "status": status}
    if rest:
        import orjson

        notes = {**(obj["metadata"].get("annotations") or {}), _METRICS: orjson.dumps(rest).decode()}
        made["metadata"] = {**obj["metadata"], "annotations": notes}
    return made


def _hpa_to_v2(obj: Obj) -> Obj:
    import orjson

    spec = dict(obj.get("spec") or {})
    metrics: list[Any] = []
    notes = dict(obj["metadata"].get("annotations") or {})
    if _METRICS in notes:
        metrics = orjson.loads(notes.pop(_METRICS))
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        metrics.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    found = obj.get("status") or {}
    status = {name: value for name, value in found.items() if name != "currentCPUUtilizationPercentage"}
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    status.setdefault("desiredReplicas", 0)
    status.setdefault("currentMetrics", None)
    metadata = {**obj["metadata"], "annotations": notes}
    if not notes:
        del metadata["annotations"]
    return {**obj, "spec": spec, "status": status, "metadata": metadata}


_TO_NEW = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def _event(obj: Obj, names: dict[str, str], *, new: bool) -> Obj:
    made = {names.get(name, name): value for name, value in obj.items()}
    if new:
        for name in ("reportingController", "reportingInstance"):
            if made.get(name) == "":
                del made[name]
    else:
        made.setdefault("reportingComponent", "")
        made.setdefault("reportingInstance", "")
    return made
