"""HorizontalPodAutoscaler under a scripted load, and PodDisruptionBudget.

The annotation `gitops-tui.io/demo-load` says the load: `320` (as if one pod ran at 320 %; shared by all pods), or steps
`0=100,60=320,300=40`, each so many seconds after the autoscaler was made. Without it there are no metrics, as on a
cluster without a metrics server.
"""

from __future__ import annotations

from gitops_tui.demo.controllers.base import (
    AUTOSCALER,
    BUDGET,
    MANAGER,
    POD,
    Context,
    Obj,
    is_active,
    is_ready,
    scaled,
    seconds_of,
    selects,
    without_zeros,
)
from gitops_tui.model.keys import GVK

LOAD = "gitops-tui.io/demo-load"
_PERIOD = 15.0
_COMPONENT = "horizontal-pod-autoscaler"
_MISSING = (
    "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource "
    "metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
)


def load_at(script: str, age: float) -> float | None:
    """The load of a script at an age in seconds, None where it says none."""
    found = None
    for step in script.split(","):
        at, _, value = step.strip().rpartition("=")
        try:
            if float(at or 0) <= age:
                found = float(value)
        except ValueError:
            return None
    return found


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Measures the load, scales, and says so."""
    obj = context.registry.get(AUTOSCALER, namespace, name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return
    spec, target = obj["spec"], obj["spec"]["scaleTargetRef"]
    gvk = GVK.of(target.get("apiVersion") or "v1", target["kind"])
    scale = context.registry.get(gvk, namespace, target["name"])
    generation = obj["metadata"].get("generation", 1)
    if scale is None:
        reason = f'deployments.apps "{target["name"]}" not found' if target["kind"] == "Deployment" else "not found"
        said = f"the HPA controller was unable to get the target's current scale: {reason}"
        rows = [("AbleToScale", "False", "FailedGetScale", said)]
        _tell(context, obj, {"currentReplicas": 0, "observedGeneration": generation}, rows)
        context.events.record(obj, "Warning", "FailedGetScale", reason, _COMPONENT)
        return
    had = int(scale["spec"].get("replicas", 1))
    script = str((obj["metadata"].get("annotations") or {}).get(LOAD, ""))
    age = context.clock.time() - seconds_of(obj["metadata"]["creationTimestamp"])
    load = load_at(script, age) if script else None
    able = ("AbleToScale", "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale")
    low, high = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
    if load is None:
        said = f"the HPA was unable to compute the replica count: {_MISSING}"
        rows = [able, ("ScalingActive", "False", "FailedGetResourceMetric", said)]
        status: Obj = {"currentReplicas": had, "currentMetrics": [{"type": ""}], "observedGeneration": generation}
        _tell(context, obj, status, rows)
        context.events.record(obj, "Warning", "FailedGetResourceMetric", _MISSING, _COMPONENT)
        wanted = min(max(had, low), high)
    else:
        wanted = _scale(context, obj, had, load, low, high)
    if wanted != had:
        change = {"spec": {"replicas": wanted}}
        context.registry.patch(gvk, namespace, target["name"], change, manager=MANAGER, subresource="scale")
        why = (
            "All metrics below target"
            if wanted < had
            else "cpu resource utilization (percentage of request) above target"
        )
        said = f"New size: {wanted}; reason: {why}"
        context.events.record(obj, "Normal", "SuccessfulRescale", said, _COMPONENT)
    if script:
        context.enqueue("autoscaler", namespace, name, _PERIOD)


def _scale(context: Context, obj: Obj, had: int, load: float, low: int, high: int) -> int:
    goal = 80
    for metric in obj["spec"].get("metrics") or ():
        goal = int(((metric.get("resource") or {}).get("target") or {}).get("averageUtilization") or goal)
    now = round(load / max(had, 1))
    wanted = had if abs(now / goal - 1) <= 0.1 else -(-round(load) // goal)
    within = min(max(wanted, low), high)
    limited = ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range")
    if wanted > high:
        said = "the desired replica count is more than the maximum replica count"
        limited = ("ScalingLimited", "True", "TooManyReplicas", said)
    elif wanted < low:
        said = "the desired replica count is less than the minimum replica count"
        limited = ("ScalingLimited", "True", "TooFewReplicas", said)
    said = (
        "the HPA was able to successfully calculate a replica count from cpu resource utilization "
        "(percentage of request)"
    )
    able = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
    if within != had:
        text = f"the HPA controller was able to update the target scale to {within}"
        able = ("AbleToScale", "True", "SucceededRescale", text)
    current = {"averageUtilization": now, "averageValue": f"{now}m"}
    status: Obj = {
        "currentReplicas": had,
        "desiredReplicas": within,
        "observedGeneration": obj["metadata"].get("generation", 1),
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
    }
    if within != had:
        status["lastScaleTime"] = context.clock.now()
    elif (obj.get("status") or {}).get("lastScaleTime"):
        status["lastScaleTime"] = obj["status"]["lastScaleTime"]
    _tell(context, obj, status, [able, ("ScalingActive", "True", "ValidMetricFound", said), limited])
    return within


def _tell(context: Context, obj: Obj, status: Obj, rows: list[tuple[str, str, str, str]]) -> None:
    old = {each["type"]: each for each in (obj.get("status") or {}).get("conditions") or ()}
    now = context.clock.now()
    conditions = []
    for kind, word, reason, message in rows:
        was = old.get(kind)
        since = was["lastTransitionTime"] if was and was["status"] == word else now
        conditions.append(
            {"type": kind, "status": word, "lastTransitionTime": since, "reason": reason, "message": message}
        )
    made = {"desiredReplicas": 0, **status, "conditions": conditions}
    context.write_status(obj, without_zeros(made, "desiredReplicas"))


def reconcile_budget(context: Context, namespace: str, name: str) -> None:
    """How many of its pods may be disturbed now."""
    obj = context.registry.get(BUDGET, namespace, name)
    if obj is None:
        return
    spec = obj["spec"]
    pods = [
        each
        for each in context.index.living(POD, namespace)
        if selects(spec.get("selector"), each["metadata"].get("labels") or {}) and is_active(each)
    ]
    healthy, expected = sum(is_ready(each) for each in pods), len(pods)
    if "maxUnavailable" in spec:
        desired = max(0, expected - scaled(spec["maxUnavailable"], expected, up=True))
    else:
        desired = scaled(spec.get("minAvailable", 1), expected, up=True)
    allowed = max(0, healthy - desired) if expected else 0
    old = {each["type"]: each for each in (obj.get("status") or {}).get("conditions") or ()}.get("DisruptionAllowed")
    word, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    since = old["lastTransitionTime"] if old and old["status"] == word else context.clock.now()
    generation = obj["metadata"].get("generation", 1)
    status: Obj = {
        "observedGeneration": generation,
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": [
            {
                "type": "DisruptionAllowed",
                "status": word,
                "observedGeneration": generation,
                "lastTransitionTime": since,
                "reason": reason,
                "message": "",
            }
        ],
    }
    context.write_status(obj, status)


__all__ = ["LOAD", "load_at", "reconcile", "reconcile_budget"]
