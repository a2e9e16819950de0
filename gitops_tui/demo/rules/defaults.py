"""What the API server fills in (the SetDefaults functions of kubernetes/kubernetes pkg/apis/*/v1/defaults.go). Objects are
freshly decoded ones, changed in place; a zero value and no value are the same to a default, as in Go."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from gitops_tui.demo.rules.pod_defaults import fill as _default
from gitops_tui.demo.rules.pod_defaults import fill_absent as _absent
from gitops_tui.demo.rules.pod_defaults import pod_spec
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]


def _pod(obj: Obj) -> None:
    spec = obj.get("spec") or {}
    _absent(spec, enableServiceLinks=True)
    pod_spec(spec)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") or {}
        if limits := resources.get("limits"):
            requests = resources.setdefault("requests", {})
            for name, value in limits.items():
                requests.setdefault(name, value)
    obj["spec"] = spec


def _template(spec: Obj) -> None:
    template = spec.get("template")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict):
        pod_spec(template["spec"])


# --- workloads --------------------------------------------------------------------------------------------------------


def _deployment(obj: Obj) -> None:
    spec = obj["spec"]
    _absent(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec.setdefault("strategy", {})
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.get("rollingUpdate")
        if rolling is None:
            rolling = strategy["rollingUpdate"] = {}
        _absent(rolling, maxUnavailable="25%", maxSurge="25%")
    _template(spec)


def _replica_set(obj: Obj) -> None:
    _absent(obj["spec"], replicas=1)
    _template(obj["spec"])


def _stateful_set(obj: Obj) -> None:
    spec = obj["spec"]
    _default(spec, podManagementPolicy="OrderedReady")
    _absent(spec, replicas=1, revisionHistoryLimit=10)
    strategy = spec.setdefault("updateStrategy", {})
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        if strategy.get("rollingUpdate") is None:
            strategy["rollingUpdate"] = {}
        _absent(strategy["rollingUpdate"], partition=0, maxUnavailable=1)
    retention = spec.get("persistentVolumeClaimRetentionPolicy")
    if retention is None:
        retention = spec["persistentVolumeClaimRetentionPolicy"] = {}
    _default(retention, whenDeleted="Retain", whenScaled="Retain")
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        _claim(claim)
    _template(spec)


TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


def _daemon_set(obj: Obj) -> None:
    spec = obj["spec"]
    notes = obj["metadata"]["annotations"] = dict(obj["metadata"].get("annotations") or {})
    notes.setdefault(TEMPLATE_GENERATION, "0")
    _absent(spec, revisionHistoryLimit=10)
    strategy = spec.setdefault("updateStrategy", {})
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        if strategy.get("rollingUpdate") is None:
            strategy["rollingUpdate"] = {}
        _absent(strategy["rollingUpdate"], maxUnavailable=1, maxSurge=0)
    _template(spec)


def job_spec(spec: Obj) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = spec["parallelism"] = 1
    _absent(spec, parallelism=1, completionMode="NonIndexed", suspend=False)
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 2**31 - 1 if spec.get("backoffLimitPerIndex") is not None else 6
    _absent(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            _default(pattern, status="True")
    _template(spec)


def _job(obj: Obj) -> None:
    job_spec(obj["spec"])
    _absent(obj["spec"], manualSelector=False)


def _cron_job(obj: Obj) -> None:
    spec = obj["spec"]
    _default(spec, concurrencyPolicy="Allow")
    _absent(spec, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    inner = (spec.get("jobTemplate") or {}).get("spec")
    if isinstance(inner, dict):
        _template(inner)


def _replication_controller(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        if not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)
    _absent(spec, replicas=1)
    _template(spec)


# --- the rest ---------------------------------------------------------------------------------------------------------


def _service(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    _default(spec, sessionAffinity="None", type="ClusterIP")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        client = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        client.setdefault("timeoutSeconds", 10800)
        spec["sessionAffinityConfig"] = {"clientIP": client}
    for port in spec.get("ports") or ():
        _default(port, protocol="TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _default(spec, externalTrafficPolicy="Cluster")
    if spec["type"] != "ExternalName":
        _absent(spec, internalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _absent(spec, allocateLoadBalancerNodePorts=True)


def _secret(obj: Obj) -> None:
    _default(obj, type="Opaque")
    text = obj.pop("stringData", None)
    if isinstance(text, dict):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in text.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _namespace(obj: Obj) -> None:
    if name := obj["metadata"].get("name"):
        obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name


def _claim(obj: Obj) -> None:
    status = obj.setdefault("status", {})
    _default(status, phase="Pending")
    spec = obj.setdefault("spec", {})
    _absent(spec, volumeMode="Filesystem")
    for name in ("dataSource", "dataSourceRef"):
        if not spec.get(name):
            spec.pop(name, None)


def _volume_persistent(obj: Obj) -> None:
    _default(obj.setdefault("status", {}), phase="Pending")
    spec = obj.setdefault("spec", {})
    _default(spec, persistentVolumeReclaimPolicy="Retain")
    _absent(spec, volumeMode="Filesystem")
    if isinstance(path := spec.get("hostPath"), dict):
        _absent(path, type="")


def _network_policy(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            _absent(port, protocol="TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _storage_class(obj: Obj) -> None:
    _absent(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(obj: Obj) -> None:
    _absent(obj, preemptionPolicy="PreemptLowerPriority")


def _hpa(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    _absent(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if isinstance(behavior, dict):
        up = {
            "stabilizationWindowSeconds": 0,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ],
        }
        down = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}
        for name, wanted in (("scaleUp", up), ("scaleDown", down)):
            behavior[name] = {
                **wanted,
                **{key: value for key, value in (behavior.get(name) or {}).items() if value is not None},
            }


def _hpa_v1(obj: Obj) -> None:
    _absent(obj.setdefault("spec", {}), minReplicas=1)


def _role_binding(obj: Obj) -> None:
    ref = obj.setdefault("roleRef", {})
    _default(ref, apiGroup="rbac.authorization.k8s.io")
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = "rbac.authorization.k8s.io"


def _endpoints(obj: Obj) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            _default(port, protocol="TCP")


def _endpoint_slice(obj: Obj) -> None:
    for port in obj.get("ports") or ():
        _absent(port, name="", protocol="TCP")


def _webhooks(obj: Obj) -> None:
    for hook in obj.get("webhooks") or ():
        _absent(hook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        _absent(hook, namespaceSelector={}, objectSelector={})
        if obj["kind"].startswith("Mutating"):
            _absent(hook, reinvocationPolicy="Never")
        for rule in hook.get("rules") or ():
            _absent(rule, scope="*")
        if isinstance(service := (hook.get("clientConfig") or {}).get("service"), dict):
            _absent(service, port=443)


def _limit_range(obj: Obj) -> None:
    for item in (obj.get("spec") or {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        default = dict(item.get("max") or {}) | dict(item.get("default") or {})
        request = {**(item.get("min") or {}), **default, **(item.get("defaultRequest") or {})}
        if default:
            item["default"] = default
        if request:
            item["defaultRequest"] = request


def _crd(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    if kind := names.get("kind"):
        _default(names, singular=str(kind).lower(), listKind=f"{kind}List")
    if not spec.get("conversion"):
        spec["conversion"] = {"strategy": "None"}
    for version in spec.get("versions") or ():
        if isinstance(version, dict):
            version.setdefault("served", False)
            version.setdefault("storage", False)
    status = obj.setdefault("status", {})
    if not status:
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": None}


def _ingress_class(obj: Obj) -> None:
    parameters = (obj.get("spec") or {}).get("parameters")
    if isinstance(parameters, dict):
        _absent(parameters, scope="Cluster")


def _service_account(obj: Obj) -> None:
    return None


_TABLE: dict[tuple[str, str], Callable[[Obj], None]] = {
    ("", "Pod"): _pod,
    ("", "PodTemplate"): lambda obj: _template(obj),
    ("", "Service"): _service,
    ("", "Secret"): _secret,
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume_persistent,
    ("", "ReplicationController"): _replication_controller,
    ("", "Endpoints"): _endpoints,
    ("", "LimitRange"): _limit_range,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
}


def set_defaults(obj: Obj, gvk: GVK) -> None:
    """Fills in defaults, in place."""
    if gvk.group == "autoscaling":
        (_hpa if gvk.version == "v2" else _hpa_v1)(obj)
        return
    rule = _TABLE.get((gvk.group, gvk.kind))
    if rule is not None:
        rule(obj)
