"""Which rules a built-in kind's objects are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.crds.definition_rules import validate_definition
from gitops_tui.demo.rules import config, limits, meta, network, pods, workloads
from gitops_tui.demo.rules.findings import IMMUTABLE, forbidden_field, invalid_value, required
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_Validate = Callable[[Obj], list[FieldError]]
_Update = Callable[[Obj, Obj], list[FieldError]]
_Rule = Callable[[Obj, Obj | None], list[FieldError]]
"""What is wrong with an object, or with the change from the old one."""


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


def _rule(check: _Validate | None, change: _Update | None = None) -> _Rule:
    def both(new: Obj, old: Obj | None) -> list[FieldError]:
        errors = check(new) if check is not None else []
        return errors + (change(new, old) if change is not None and old is not None else [])

    return both


def _pod(new: Obj, old: Obj | None) -> list[FieldError]:
    return pods.pod(new) + pods.new_pod(new) if old is None else pods.pod_update(new, old)


_RULES: dict[tuple[str, str], _Rule] = {
    ("", "Pod"): _pod,
    ("", "PodTemplate"): _rule(lambda obj: pods.template(obj.get("template"), "template")),
    ("", "Service"): _rule(network.service, network.service_update),
    ("", "ConfigMap"): _rule(config.config_map, config.config_map_update),
    ("", "Secret"): _rule(config.secret, config.secret_update),
    ("", "ResourceQuota"): _rule(limits.quota),
    ("", "LimitRange"): _rule(limits.limit_range),
    ("", "PersistentVolumeClaim"): _rule(config.claim, config.claim_update),
    ("", "PersistentVolume"): _rule(config.persistent_volume),
    ("apps", "Deployment"): _rule(workloads.deployment, workloads._fixed_selector),
    ("apps", "ReplicaSet"): _rule(workloads.replica_set, workloads._fixed_selector),
    ("apps", "StatefulSet"): _rule(workloads.stateful_set, workloads.stateful_set_update),
    ("apps", "DaemonSet"): _rule(workloads.daemon_set, workloads._fixed_selector),
    ("batch", "Job"): _rule(workloads.job, workloads.job_update),
    ("batch", "CronJob"): _rule(workloads.cron_job),
    ("autoscaling", "HorizontalPodAutoscaler"): _rule(workloads.hpa),
    ("policy", "PodDisruptionBudget"): _rule(workloads.disruption_budget),
    ("networking.k8s.io", "Ingress"): _rule(network.ingress),
    ("networking.k8s.io", "NetworkPolicy"): _rule(network.network_policy),
    ("rbac.authorization.k8s.io", "Role"): _rule(config.role),
    ("rbac.authorization.k8s.io", "ClusterRole"): _rule(config.role),
    ("rbac.authorization.k8s.io", "RoleBinding"): _rule(config.role_binding, config.role_binding_update),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _rule(config.role_binding, config.role_binding_update),
    ("coordination.k8s.io", "Lease"): _rule(_lease),
    ("storage.k8s.io", "StorageClass"): _rule(
        _storage_class,
        _changed("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    ),
    ("scheduling.k8s.io", "PriorityClass"): _rule(None, _priority_update),
    ("", "Event"): _rule(_event),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): validate_definition,
}


def validate(
    obj: Obj, old: Obj | None, group: str, kind: str, *, namespaced: bool, subresource: str = ""
) -> list[FieldError]:
    """What is wrong with an object, or with the change from the old one by a subresource of it."""
    errors = meta.validate(obj, group, kind, namespaced=namespaced)
    if old is not None:
        errors += meta.validate_update(obj, old)
    if subresource in ("ephemeralcontainers", "resize"):  # what they are for a pod's own updates may not change
        return errors + pods.pod(obj)
    rule = _RULES.get((group, kind))
    return errors + (rule(obj, old) if rule is not None else [])
