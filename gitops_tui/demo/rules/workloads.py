"""Validation of workloads (kubernetes/kubernetes pkg/apis/{apps,batch,autoscaling,policy}/validation)."""

from __future__ import annotations

import re
from typing import Any

from gitops_tui.demo.rules import names, pods
from gitops_tui.demo.rules.findings import (
    IMMUTABLE,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from gitops_tui.demo.rules.numbers import (
    as_zero,
    at_least,
    int_or_percent,
    label_selector,
    not_over_100,
    selector_matches,
)
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_IMMUTABLE_KEYS = "field is immutable"


def _selector(spec: Obj, kind: str, *, empty: str) -> list[FieldError]:
    selector = spec.get("selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    errors: list[FieldError] = []
    if selector is None:
        if kind != "DaemonSet":  # one without a selector fits no template, and is told just that
            errors.append(required("spec.selector"))
    else:
        errors += label_selector(selector, "spec.selector")
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            errors.append(invalid_value("spec.selector", {}, f"empty selector is invalid for {empty}"))
            return errors
    if not selector_matches(selector, labels):
        errors.append(_mismatch(labels))
    return errors


def _mismatch(labels: Any) -> FieldError:
    return invalid_value("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")


def _always(spec: Obj) -> list[FieldError]:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy", "")
    if policy != "Always":
        return [not_supported("spec.template.spec.restartPolicy", policy, ("Always",))]
    return []


def _go_strategy(strategy: Obj) -> Any:
    rolling = strategy.get("rollingUpdate")
    return {"Type": strategy.get("type", ""), "RollingUpdate": rolling if rolling else None}


def deployment(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = at_least(spec.get("replicas"), 0, "spec.replicas")
    errors += _selector(spec, "Deployment", empty="deployment")
    errors += pods.template(spec.get("template"), "spec.template") + _always(spec)
    strategy = spec.get("strategy") or {}
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            said = "may not be specified when strategy `type` is 'Recreate'"
            errors.append(forbidden_field("spec.strategy.rollingUpdate", said))
    elif kind == "RollingUpdate":
        errors += _rolling(rolling or {}, "spec.strategy.rollingUpdate")
    else:
        errors.append(not_supported("spec.strategy", _go_strategy(strategy), ("Recreate", "RollingUpdate")))
    errors += at_least(spec.get("minReadySeconds"), 0, "spec.minReadySeconds")
    errors += at_least(spec.get("revisionHistoryLimit"), 0, "spec.revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        errors += at_least(deadline, 0, "spec.progressDeadlineSeconds")
        if deadline <= spec.get("minReadySeconds", 0):
            errors.append(
                invalid_value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
            )
    return errors


def _rolling(rolling: Obj, at: str) -> list[FieldError]:
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    errors = int_or_percent(unavailable, f"{at}.maxUnavailable")
    errors += int_or_percent(surge, f"{at}.maxSurge")
    if as_zero(unavailable) and as_zero(surge):
        errors.append(invalid_value(f"{at}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0"))
    return errors + not_over_100(unavailable, f"{at}.maxUnavailable")


def _fixed_selector(new: Obj, old: Obj) -> list[FieldError]:
    after, before = (new.get("spec") or {}).get("selector"), (old.get("spec") or {}).get("selector")
    return [invalid_value("spec.selector", after, IMMUTABLE)] if after != before else []


def replica_set(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = at_least(spec.get("replicas"), 0, "spec.replicas")
    errors += at_least(spec.get("minReadySeconds"), 0, "spec.minReadySeconds")
    errors += _selector(spec, "ReplicaSet", empty="deployment")
    return errors + pods.template(spec.get("template"), "spec.template") + _always(spec)


def stateful_set(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    policy = spec.get("podManagementPolicy", "")
    if policy not in ("OrderedReady", "Parallel"):
        errors.append(invalid_value("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"))
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") not in ("RollingUpdate", "OnDelete"):
        said = "must be 'RollingUpdate' or 'OnDelete'"
        errors.append(invalid_value("spec.updateStrategy", _go_strategy(strategy), said))
    errors += at_least(spec.get("replicas"), 0, "spec.replicas")
    errors += at_least(spec.get("minReadySeconds"), 0, "spec.minReadySeconds")
    errors += _selector(spec, "StatefulSet", empty="statefulset")
    return errors + pods.template(spec.get("template"), "spec.template") + _always(spec)


_SS_CHANGES = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def stateful_set_update(new: Obj, old: Obj) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return [
        invalid_value(f"spec.{name}", after.get(name), IMMUTABLE)
        for name in ("podManagementPolicy", "serviceName", "selector", "volumeClaimTemplates")
        if after.get(name) != before.get(name)
    ]


def daemon_set(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = _selector(spec, "DaemonSet", empty="daemonset")
    errors += pods.template(spec.get("template"), "spec.template") + _always(spec)
    errors += at_least(spec.get("minReadySeconds"), 0, "spec.minReadySeconds")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "RollingUpdate":
        errors += _rolling(strategy.get("rollingUpdate") or {}, "spec.updateStrategy.rollingUpdate")
    elif strategy.get("type") != "OnDelete":
        listed = ("RollingUpdate", "OnDelete")
        errors.append(not_supported("spec.updateStrategy", _go_strategy(strategy), listed, keep_order=True))
    return errors + at_least(spec.get("revisionHistoryLimit"), 0, "spec.revisionHistoryLimit")


def _job_spec(spec: Obj, at: str, *, template_labels: bool = True) -> list[FieldError]:
    errors: list[FieldError] = []
    for name in ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"):
        errors += at_least(spec.get(name), 0, f"{at}.{name}")
    mode = spec.get("completionMode")
    if mode is not None and mode not in ("NonIndexed", "Indexed"):
        errors.append(not_supported(f"{at}.completionMode", mode, ("NonIndexed", "Indexed"), keep_order=True))
    if mode == "Indexed" and spec.get("completions") is None:
        errors.append(required(f"{at}.completions", "when completion mode is Indexed"))
    errors += pods.template(spec.get("template"), f"{at}.template")
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy")
    if policy not in ("OnFailure", "Never"):
        where = f"{at}.template.spec.restartPolicy"
        if policy in ("Always", "", None):
            errors.append(required(where, 'valid values: "OnFailure", "Never"'))
        else:
            errors.append(not_supported(where, policy, ("OnFailure", "Never"), keep_order=True))
    return errors


def job(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    selector = spec.get("selector")
    uid = (obj.get("metadata") or {}).get("uid")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not spec.get("manualSelector"):
        wanted = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
        if selector != wanted:
            errors.append(invalid_value("spec.selector", selector, "`selector` not auto-generated"))
    elif selector is None:
        errors.append(required("spec.selector"))
    if not selector_matches(selector, labels):
        errors.append(_mismatch(labels))
    return errors + _job_spec(spec, "spec")


def job_update(new: Obj, old: Obj) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    errors = []
    indexed = before.get("completionMode") == "Indexed"
    elastic = indexed and after.get("completions") == after.get("parallelism")
    if after.get("completions") != before.get("completions") and not elastic:
        errors.append(invalid_value("spec.completions", after.get("completions"), IMMUTABLE))
    for name in ("selector", "template", "completionMode", "podFailurePolicy", "backoffLimitPerIndex"):
        if after.get(name) == before.get(name):
            continue
        if name == "template":
            if after.get("suspend") and before.get("suspend") and _only_scheduling(after[name], before[name]):
                continue
            at = "spec.template.spec" if before.get("suspend") else "spec.template"
            errors.append(invalid_value(at, after.get(name), IMMUTABLE))
        else:
            errors.append(invalid_value(f"spec.{name}", after.get(name), IMMUTABLE))
    return errors


def _only_scheduling(after: Obj, before: Obj) -> bool:
    """A suspended job's node selector, tolerations and the like may change."""
    free = ("nodeSelector", "affinity", "tolerations", "schedulingGates")
    return all(
        (after.get("spec") or {}).get(name) == (before.get("spec") or {}).get(name)
        for name in {**(after.get("spec") or {}), **(before.get("spec") or {})}
        if name not in free
    )


_CRON_NAMES = {
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
}
_CRON_FIELD = re.compile(r"^[\d*/,\-?LW#a-zA-Z]+$")


def _schedule(text: str) -> str:
    """What is wrong with a cron line, "" where nothing is."""
    text = re.sub(r"^(TZ|CRON_TZ)=\S+\s+", "", text)
    if text.startswith("@"):
        return "" if text in _CRON_NAMES or text.startswith("@every ") else f"unrecognized descriptor: {text}"
    parts = text.split()
    if len(parts) != 5:
        return f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]"
    for part, (least, most) in zip(parts, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6)), strict=True):
        for piece in part.split(","):
            if not _CRON_FIELD.match(piece):
                return f'failed to parse int from {piece}: strconv.Atoi: parsing "{piece}": invalid syntax'
            for number in re.findall(r"(?<!/)\b\d+", piece):
                if int(number) > most:
                    return f"end of range ({number}) above maximum ({most}): {piece}"
                if int(number) < least:
                    return f"beginning of range ({number}) below minimum ({least}): {piece}"
    return ""


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return f"unknown time zone {name}"
    return ""


def cron_job(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    schedule = spec.get("schedule") or ""
    if not schedule:
        errors.append(required("spec.schedule"))
    elif "TZ" in schedule:
        said = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        errors.append(invalid_value("spec.schedule", schedule, said))
    elif said := _schedule(schedule):
        errors.append(invalid_value("spec.schedule", schedule, said))
    zone = spec.get("timeZone")
    if zone is not None and (said := _zone(zone)):
        errors.append(invalid_value("spec.timeZone", zone, said))
    errors += at_least(spec.get("startingDeadlineSeconds"), 0, "spec.startingDeadlineSeconds")
    policy = spec.get("concurrencyPolicy", "")
    if policy not in ("Allow", "Forbid", "Replace"):
        errors.append(not_supported("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace")))
    errors += _job_spec((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")
    for name in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        errors += at_least(spec.get(name), 0, f"spec.{name}")
    name = (obj.get("metadata") or {}).get("name") or ""
    if len(name) > 52:
        errors.append(invalid_value("metadata.name", name, "must be no more than 52 characters"))
    return errors


def hpa(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and most < least:
        errors.append(invalid_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    ref = spec.get("scaleTargetRef") or {}
    for name in ("kind", "name"):
        if not ref.get(name):
            errors.append(required(f"spec.scaleTargetRef.{name}"))
    version = ref.get("apiVersion") or ""
    if "/" not in version and ref.get("kind") not in ("ReplicationController",):
        errors.append(invalid_value("spec.scaleTargetRef.apiVersion", version, "apiVersion must specify API group"))
    for number, metric in enumerate(spec.get("metrics") or ()):
        kind = str(metric.get("type") or "")
        field = kind[:1].lower() + kind[1:]
        if not kind:
            errors.append(required(f"spec.metrics[{number}].type", "must specify a metric source type"))
        elif metric.get(field) is None:
            said = "must populate information for the given metric source"
            errors.append(required(f"spec.metrics[{number}].{field}", said))
    if least == 0 and not any(m.get("type") in ("Object", "External") for m in spec.get("metrics") or ()):
        said = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.append(forbidden_field("spec.metrics", said))
    if most < 1:
        errors.append(required("spec.maxReplicas"))
    return errors


def disruption_budget(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        shown = {
            "MinAvailable": least,
            "Selector": spec.get("selector"),
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        return [invalid_value("spec", shown, "minAvailable and maxUnavailable cannot be both set")]
    errors: list[FieldError] = []
    for name in ("minAvailable", "maxUnavailable"):
        if spec.get(name) is not None:
            errors += int_or_percent(spec[name], f"spec.{name}") + not_over_100(spec[name], f"spec.{name}")
    return errors + label_selector(spec.get("selector"), "spec.selector")


__all__ = ["_fixed_selector", "deployment", "names"]
