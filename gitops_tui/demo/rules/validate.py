"""Which rules a built-in kind's objects are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.rules import config, limits, meta, network, pods, workloads
from gitops_tui.demo.rules.findings import IMMUTABLE, forbidden_field, invalid_value, required
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_Validate = Callable[[Obj], list[FieldError]]
_Update = Callable[[Obj, Obj], list[FieldError]]


def _storage_class(obj: Obj) -> list[FieldError]:
    return [] if obj.get("provisioner") else [required("provisioner")]


def _lease(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        errors.append(invalid_value("spec.leaseDurationSeconds", seconds, "must be greater than 0"))
    if transitions is not None and transitions < 0:
        errors.append(invalid_value("spec.leaseTransitions", transitions, "must be greater than or equal to 0"))
    return errors


def _event(obj: Obj) -> list[FieldError]:
    about, namespace = obj.get("involvedObject") or {}, obj["metadata"].get("namespace") or ""
    given = about.get("namespace") or ""
    if given != namespace and (given or namespace != "default"):
        return [invalid_value("involvedObject.namespace", given, "does not match event.namespace")]
    return []


def _changed(*fields: str) -> _Update:
    """Fields of the object that may not change."""

    def check(new: Obj, old: Obj) -> list[FieldError]:
        return [invalid_value(name, new.get(name), IMMUTABLE) for name in fields if new.get(name) != old.get(name)]

    return check


def _priority_update(new: Obj, old: Obj) -> list[FieldError]:
    errors: list[FieldError] = []
    if new.get("value", 0) != old.get("value", 0):
        errors.append(forbidden_field("value", "may not be changed in an update."))
    return errors + _changed("preemptionPolicy")(new, old)


_RULES: dict[tuple[str, str], tuple[_Validate | None, _Update | None]] = {
    ("", "Pod"): (pods.pod, pods.pod_update),
    ("", "PodTemplate"): (lambda obj: pods.template(obj.get("template"), "template"), None),
    ("", "Service"): (network.service, network.service_update),
    ("", "ConfigMap"): (config.config_map, config.config_map_update),
    ("", "Secret"): (config.secret, config.secret_update),
    ("", "ResourceQuota"): (limits.quota, None),
    ("", "LimitRange"): (limits.limit_range, None),
    ("", "PersistentVolumeClaim"): (config.claim, config.claim_update),
    ("", "PersistentVolume"): (config.persistent_volume, None),
    ("apps", "Deployment"): (workloads.deployment, workloads._fixed_selector),
    ("apps", "ReplicaSet"): (workloads.replica_set, workloads._fixed_selector),
    ("apps", "StatefulSet"): (workloads.stateful_set, workloads.stateful_set_update),
    ("apps", "DaemonSet"): (workloads.daemon_set, workloads._fixed_selector),
    ("batch", "Job"): (workloads.job, workloads.job_update),
    ("batch", "CronJob"): (workloads.cron_job, None),
    ("autoscaling", "HorizontalPodAutoscaler"): (workloads.hpa, None),
    ("policy", "PodDisruptionBudget"): (workloads.disruption_budget, None),
    ("networking.k8s.io", "Ingress"): (network.ingress, None),
    ("networking.k8s.io", "NetworkPolicy"): (network.network_policy, None),
    ("rbac.authorization.k8s.io", "Role"): (config.role, None),
    ("rbac.authorization.k8s.io", "ClusterRole"): (config.role, None),
    ("rbac.authorization.k8s.io", "RoleBinding"): (config.role_binding, config.role_binding_update),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (config.role_binding, config.role_binding_update),
    ("coordination.k8s.io", "Lease"): (_lease, None),
    ("storage.k8s.io", "StorageClass"): (
        _storage_class,
        _changed("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    ),
    ("scheduling.k8s.io", "PriorityClass"): (None, _priority_update),
    ("", "Event"): (_event, None),
}


def validate(obj: Obj, old: Obj | None, group: str, kind: str, *, namespaced: bool) -> list[FieldError]:
    """What is wrong with an object, or with the change from the old one."""
    check, change = _RULES.get((group, kind), (None, None))
    errors = meta.validate(obj, group, kind, namespaced=namespaced)
    if old is not None:
        errors += meta.validate_update(obj, old)
    if kind == "Pod" and old is not None:
        return errors + (change(obj, old) if change is not None else [])
    if check is not None:
        errors += check(obj)
    if old is not None and change is not None:
        errors += change(obj, old)
    return errors
