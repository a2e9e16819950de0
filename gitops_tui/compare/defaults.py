"""What the API server fills in and leaves out by itself: which empty values it doesn't keep, which defaults come back.

What Go's typed structs make of a value isn't all in OpenAPI: which scalars are pointers (a `false` is stored, `pointers`)
and which defaults the API server's code fills in (`DEFAULTS`). Where a table says nothing, the values differ: a wrong
"differs" is settled by the server's dry run, a wrong "equal" by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gitops_tui.compare.pointers import is_pointer
from gitops_tui.compare.values import same, same_scalar
from gitops_tui.model.drift import ABSENT
from gitops_tui.schema import Node

# Given what stands beside a field once Git is applied, and the field's type: its default, ABSENT where there is none.
Computed = Callable[[Mapping[str, Any], Node], Any]
# Whatever it is: an allocator or a controller has set it, and it is kept.
KEPT: Final = object()
_RBAC: Final = "rbac.authorization.k8s.io"
_POLICIES: Final = {
    "scaleUp": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    "scaleDown": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def _if(name: str, values: tuple[Any, ...], default: Any) -> Computed:
    """A default that there is while the field beside it has one of these values; None among them: or is left out."""
    return lambda around, _: default if (around.get(name) or None) in values else ABSENT


def _beside(name: str) -> Computed:
    return lambda around, _: around.get(name, ABSENT)


def _pull_policy(image: str) -> Computed:
    def policy(around: Mapping[str, Any], _: Node) -> str:
        name, at, _digest = str(around.get(image) or "").partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        return "Always" if tag == "latest" or not (tag or at) else "IfNotPresent"

    return policy


def _within(struct: str, default: Any) -> Computed:
    """A default that there is only where the struct around stands in that one."""

    def found(_: Mapping[str, Any], node: Node) -> Any:
        around = node.owner.owner if node.owner is not None else None
        return default if around is not None and around.struct == struct else ABSENT

    return found


def _of_job(default: Any, beside: tuple[str, ...] = (), instead: Any = ABSENT) -> Computed:
    """A Job's default, which a CronJob's template doesn't have; `instead`: where one of those beside it is set."""

    def found(around: Mapping[str, Any], node: Node) -> Any:
        if _within("batch.Job", True)(around, node) is not True:
            return ABSENT
        return instead if any(around.get(name) is not None for name in beside) else default

    return found


def _policies(_: Mapping[str, Any], node: Node) -> Any:
    rules = node.owner
    for name, default in _POLICIES.items():
        if rules is not None and rules.owner is not None and rules.owner.child(name) is rules:
            return default
    return ABSENT


def _scale_up(_: Mapping[str, Any], node: Node) -> Any:
    rules = node.owner
    return 0 if rules is not None and rules.owner is not None and rules.owner.child("scaleUp") is rules else ABSENT


def _empty_dir(around: Mapping[str, Any], _: Node) -> Any:
    return {} if all(value is None for name, value in around.items() if name not in ("name", "emptyDir")) else ABSENT


def _policy_types(around: Mapping[str, Any], _: Node) -> list[str]:
    return ["Ingress", "Egress"] if around.get("egress") else ["Ingress"]


def _template_labels(around: Mapping[str, Any], _: Node) -> Any:
    template = around.get("template")
    metadata = template.get("metadata") if isinstance(template, Mapping) else None
    return metadata.get("labels") if isinstance(metadata, Mapping) else ABSENT


def _subject_group(around: Mapping[str, Any], _: Node) -> str:
    return "" if around.get("kind") == "ServiceAccount" else _RBAC


_CONTAINER: Final = {
    "imagePullPolicy": _pull_policy("image"),
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_FILES: Final = {"defaultMode": 420}
_DEVICES: Final = {
    "allocationMode": "ExactCount",
    "count": _if("allocationMode", ("ExactCount", None), 1),
}
_WEBHOOK: Final = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
    "reinvocationPolicy": "Never",
}
_EXPOSED: Final = ("NodePort", "LoadBalancer")
# What the API server's own code fills in (pkg/apis/*/v1/defaults.go of Kubernetes 1.37), by struct and field.
DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "admissionregistration.MatchResources": {
        "matchPolicy": "Equivalent",
        "namespaceSelector": {},
        "objectSelector": {},
    },
    "admissionregistration.MutatingAdmissionPolicySpec": {"failurePolicy": "Fail"},
    "admissionregistration.MutatingWebhook": _WEBHOOK,
    "admissionregistration.NamedRuleWithOperations": {"scope": "*"},
    "admissionregistration.RuleWithOperations": {"scope": "*"},
    "admissionregistration.ServiceReference": {"port": 443},
    "admissionregistration.ValidatingAdmissionPolicySpec": {"failurePolicy": "Fail"},
    "admissionregistration.ValidatingWebhook": _WEBHOOK,
    "apiextensions.CustomResourceDefinitionNames": {
        "singular": lambda around, _: str(around.get("kind") or "").lower(),
        "listKind": lambda around, _: f"{around.get('kind') or ''}List",
    },
    "apiextensions.CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "apiextensions.ServiceReference": {"port": 443},
    "apiregistration.ServiceReference": {"port": 443},
    "apps.DaemonSetSpec": {"revisionHistoryLimit": 10},
    "apps.DaemonSetUpdateStrategy": {
        "type": "RollingUpdate",
        "rollingUpdate": _if("type", ("RollingUpdate", None), {}),
    },
    "apps.DeploymentSpec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
    "apps.DeploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": _if("type", ("RollingUpdate", None), {})},
    "apps.ReplicaSetSpec": {"replicas": 1},
    "apps.RollingUpdateDaemonSet": {"maxSurge": 0, "maxUnavailable": 1},
    "apps.RollingUpdateDeployment": {"maxSurge": "25%", "maxUnavailable": "25%"},
    "apps.RollingUpdateStatefulSetStrategy": {"partition": 0, "maxUnavailable": 1},
    "apps.StatefulSetPersistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    "apps.StatefulSetSpec": {
        "podManagementPolicy": "OrderedReady",
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "persistentVolumeClaimRetentionPolicy": {},
    },
    "apps.StatefulSetUpdateStrategy": {"type": "RollingUpdate", "rollingUpdate": _if("type", (None,), {})},
    "autoscaling.HPAScalingRules": {
        "selectPolicy": "Max",
        "policies": _policies,
        "stabilizationWindowSeconds": _scale_up,
    },
    "autoscaling.HorizontalPodAutoscalerBehavior": {"scaleUp": {}, "scaleDown": {}},
    "autoscaling.HorizontalPodAutoscalerSpec": {
        "minReplicas": 1,
        "targetCPUUtilizationPercentage": 80,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    },
    "batch.CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "batch.JobSpec": {
        "parallelism": _of_job(1),
        "completions": _of_job(1, ("parallelism",)),
        "backoffLimit": _of_job(6, ("backoffLimitPerIndex",), 2**31 - 1),
        "completionMode": _of_job("NonIndexed"),
        "suspend": _of_job(False),
        "podReplacementPolicy": _of_job("TerminatingOrFailed", ("podFailurePolicy",), "Failed"),
        "manualSelector": _of_job(False),
    },
    "batch.PodFailurePolicyOnPodConditionsPattern": {"status": "True"},
    "core.ClientIPConfig": {"timeoutSeconds": 10800},
    "core.ConfigMapVolumeSource": _FILES,
    "core.Container": _CONTAINER,
    "core.ContainerPort": {"protocol": "TCP"},
    "core.DownwardAPIVolumeSource": _FILES,
    "core.EndpointPort": {"protocol": "TCP"},
    "core.EphemeralContainer": _CONTAINER,
    "core.GRPCAction": {"service": ""},
    "core.HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "core.HostPathVolumeSource": {"type": ""},
    "core.ImageVolumeSource": {"pullPolicy": _pull_policy("reference")},
    "core.NamespaceSpec": {"finalizers": KEPT},
    "core.ObjectFieldSelector": {"apiVersion": "v1"},
    "core.PersistentVolumeClaim": {"apiVersion": "v1", "kind": "PersistentVolumeClaim"},
    "core.PersistentVolumeClaimSpec": {"volumeMode": "Filesystem", "volumeName": KEPT},
    "core.PersistentVolumeClaimStatus": {"phase": "Pending"},
    "core.PersistentVolumeSpec": {
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
    },
    "core.PodSpec": {
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": _within("core.Pod", True),
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        # The two names of one field give each other back.
        "serviceAccount": KEPT,
        "serviceAccountName": KEPT,
        "terminationGracePeriodSeconds": 30,
    },
    "core.Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "core.ProjectedVolumeSource": _FILES,
    "core.ReplicationControllerSpec": {"selector": _template_labels},
    "core.ResourceFieldSelector": {"divisor": "0"},
    "core.Secret": {"type": "Opaque"},
    "core.SecretVolumeSource": _FILES,
    "core.ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "core.ServicePort": {"protocol": "TCP", "targetPort": _beside("port"), "nodePort": KEPT},
    "core.ServiceSpec": {
        "allocateLoadBalancerNodePorts": _if("type", ("LoadBalancer",), True),
        "clusterIP": KEPT,
        "clusterIPs": KEPT,
        "externalTrafficPolicy": _if("type", _EXPOSED, "Cluster"),
        "healthCheckNodePort": KEPT,
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": KEPT,
        "ipFamilyPolicy": "SingleStack",
        "sessionAffinity": "None",
        "sessionAffinityConfig": _if("sessionAffinity", ("ClientIP",), {"clientIP": {"timeoutSeconds": 10800}}),
        "type": "ClusterIP",
    },
    "core.SessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
    "core.Volume": {"emptyDir": _empty_dir},
    "discovery.EndpointPort": {"name": "", "protocol": "TCP"},
    "flowcontrol.ExemptPriorityLevelConfiguration": {"nominalConcurrencyShares": 0, "lendablePercent": 0},
    "flowcontrol.FlowSchemaSpec": {"matchingPrecedence": 1000},
    "flowcontrol.LimitedPriorityLevelConfiguration": {"nominalConcurrencyShares": 30, "lendablePercent": 0},
    "flowcontrol.QueuingConfiguration": {"handSize": 8, "queues": 64, "queueLengthLimit": 50},
    "networking.IngressClassParametersReference": {"scope": "Cluster"},
    "networking.NetworkPolicyPort": {"protocol": "TCP"},
    "networking.NetworkPolicySpec": {"policyTypes": _policy_types},
    "rbac.RoleRef": {"apiGroup": _RBAC},
    "rbac.Subject": {"apiGroup": _subject_group},
    "resource.DeviceSubRequest": _DEVICES,
    "resource.ExactDeviceRequest": _DEVICES,
    "scheduling.PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "storage.CSIDriverSpec": {
        "attachRequired": True,
        "podInfoOnMount": False,
        "storageCapacity": False,
        "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "volumeLifecycleModes": ["Persistent"],
        "requiresRepublish": False,
        "seLinuxMount": False,
        "preventPodSchedulingIfMissing": False,
    },
    "storage.StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
}


def is_nothing(value: Any, node: Node | None, name: str = "", *, depth: int = 0) -> bool:
    """Whether the API server keeps no such field where Git sets `value` (Go's `omitempty`). node: the field's type."""
    if value is None or value is ABSENT:
        return True
    if node is None or node.custom or depth > 50:
        return False
    if isinstance(value, Mapping):
        if node.is_map:
            return not value
        return node.default == {} and all(
            is_nothing(each, node.child(str(key)), str(key), depth=depth + 1) for key, each in value.items()
        )
    if isinstance(value, list):
        return not value
    if isinstance(value, bool | int | float | str):
        # Without a name it is an item or a mapping's value: those are kept as they are.
        return not value and bool(name) and node.type not in ("", "object", "array") and not is_pointer(node, name)
    return False


def comes_back(
    value: Any, node: Node | None, name: str, around: Mapping[str, Any] | Any = ABSENT, *, depth: int = 0
) -> bool:
    """Whether a live field that Git leaves out holds what would come back by itself. node: the field's type; around:
    what Git sets beside it."""
    if node is None or depth > 50:
        return False
    if value is None:
        # Custom resources keep a null that may stand there.
        return not node.custom
    if node.default is not None and (node.custom or node.default != "") and same(_filled(node.default, node), value):
        return True
    if node.custom or not name:
        return False
    if is_nothing(value, node, name):
        return True
    default = _default(node, name, around)
    if default is KEPT:
        return True
    if isinstance(value, Mapping) and (node.default == {} or default == {}):
        # More would come back where a struct that is filled in is not there.
        filled = (each for each in DEFAULTS.get(node.struct, ()) if each not in value)
        return all(
            comes_back(each, node.child(str(key)), str(key), {}, depth=depth + 1) for key, each in value.items()
        ) and not any((below := node.child(each)) and _default(below, each, {}) == {} for each in filled)
    if isinstance(value, Mapping | list):
        return same(default, value)
    return default is not ABSENT and same_scalar(default, value, node)


def is_default(value: Any, node: Node | None, name: str, around: Mapping[str, Any] | Any) -> bool:
    """Whether what Git writes out is the default that the field has where it is left out."""
    # No default adds an item, or a key to a mapping.
    if node is None or value is None or not name or _default(node, name, around) is KEPT:
        return False
    return comes_back(value, node, name, around)


def _filled(value: Any, node: Node | None, depth: int = 0) -> Any:
    """A custom kind's default with the defaults of what stands in it."""
    if not isinstance(value, Mapping) or node is None or not node.custom or depth > 50:
        return value
    made = {key: _filled(each, node.child(str(key)), depth + 1) for key, each in value.items()}
    for name in node.declared:
        below = node.child(name)
        if name not in made and below is not None and below.default is not None:
            made[name] = _filled(below.default, below, depth + 1)
    return made


def _default(node: Node, name: str, around: Any) -> Any:
    if node.owner is None:
        return ABSENT
    found = DEFAULTS.get(node.owner.struct, {}).get(name, ABSENT)
    if callable(found):
        return found(around if isinstance(around, Mapping) else {}, node)
    return found
