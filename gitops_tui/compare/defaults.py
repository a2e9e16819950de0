"""What the API server fills in and leaves out by itself: which empty values it doesn't keep, which defaults come back.

What Go's typed structs make of a value isn't all in OpenAPI: which scalars are pointers (a `false` is stored) and
which defaults the API server's code fills in are tables here. Where a table says nothing, the values differ: a wrong
"differs" is settled by the server's dry run, a wrong "equal" by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gitops_tui.compare.values import same
from gitops_tui.model.drift import ABSENT
from gitops_tui.schema import Node

# Scalars of built-in kinds that are pointers in Go: their zero value is stored, and is not the same as no value.
_POINTERS: Final = frozenset(
    [
        "allocateLoadBalancerNodePorts",
        "allowPrivilegeEscalation",
        "allowVolumeExpansion",
        "attachRequired",
        "automountServiceAccountToken",
        "backoffLimit",
        "blockOwnerDeletion",
        "completions",
        "controller",
        "defaultMode",
        "enableServiceLinks",
        "expirationSeconds",
        "failedJobsHistoryLimit",
        "fsGroup",
        "hostProcess",
        "hostUsers",
        "immutable",
        "ingressClassName",
        "maxReplicas",
        "maxSkew",
        "minDomains",
        "minReplicas",
        "mode",
        "optional",
        "parallelism",
        "partition",
        "podInfoOnMount",
        "privileged",
        "progressDeadlineSeconds",
        "readOnlyRootFilesystem",
        "ready",
        "replicas",
        "requiresRepublish",
        "revisionHistoryLimit",
        "runAsGroup",
        "runAsNonRoot",
        "runAsUser",
        "serving",
        "setHostnameAsFQDN",
        "shareProcessNamespace",
        "stabilizationWindowSeconds",
        "startingDeadlineSeconds",
        "storageCapacity",
        "storageClassName",
        "successfulJobsHistoryLimit",
        "suspend",
        "terminating",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
        "ttlSecondsAfterFinished",
        "volumeMode",
        "activeDeadlineSeconds",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
        "timeZone",
        "appProtocol",
        "loadBalancerClass",
        "averageUtilization",
        "priority",
        "seLinuxMount",
    ]
)

# What the API server's own code fills in (pkg/apis/*/v1/defaults.go), by the field's name.
_DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "apiVersion": ("v1",),
    "kind": ("PersistentVolumeClaim",),
    "phase": ("Pending",),
    "apiGroup": ("", "rbac.authorization.k8s.io"),
    "backoffLimit": (6,),
    "completionMode": ("NonIndexed",),
    "completions": (1,),
    "concurrencyPolicy": ("Allow",),
    "defaultMode": (420,),
    "divisor": ("0",),
    "dnsPolicy": ("ClusterFirst",),
    "enableServiceLinks": (True,),
    "expirationSeconds": (3600,),
    "externalTrafficPolicy": ("Cluster",),
    "failedJobsHistoryLimit": (1,),
    "failurePolicy": ("Fail",),
    "failureThreshold": (3,),
    "imagePullPolicy": ("IfNotPresent", "Always"),
    "internalTrafficPolicy": ("Cluster",),
    "ipFamilyPolicy": ("SingleStack",),
    "matchPolicy": ("Equivalent",),
    "maxSurge": ("25%", 0),
    "maxUnavailable": ("25%", 1),
    "minReplicas": (1,),
    "mountPropagation": ("None",),
    "nodeAffinityPolicy": ("Honor",),
    "nodeTaintsPolicy": ("Ignore",),
    "manualSelector": (False,),
    "parallelism": (1,),
    "partition": (0,),
    "path": ("/",),
    "periodSeconds": (10,),
    "persistentVolumeReclaimPolicy": ("Retain",),
    "podInfoOnMount": (False,),
    "podManagementPolicy": ("OrderedReady",),
    "podReplacementPolicy": ("TerminatingOrFailed",),
    "policyTypes": (["Ingress"], ["Egress"], ["Ingress", "Egress"]),
    "progressDeadlineSeconds": (600,),
    "protocol": ("TCP",),
    "reclaimPolicy": ("Delete",),
    "reinvocationPolicy": ("Never",),
    "replicas": (1,),
    "restartPolicy": ("Always",),
    "revisionHistoryLimit": (10,),
    "schedulerName": ("default-scheduler",),
    "scheme": ("HTTP",),
    "scope": ("*",),
    "service": ("",),
    "sessionAffinity": ("None",),
    "successThreshold": (1,),
    "successfulJobsHistoryLimit": (3,),
    "suspend": (False,),
    "terminationGracePeriodSeconds": (30,),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "timeoutSeconds": (1, 10, 10800),
    "type": ("ClusterIP", "RollingUpdate", "Opaque", ""),
    "volumeBindingMode": ("Immediate",),
    "volumeMode": ("Filesystem",),
    "whenDeleted": ("Retain",),
    "whenScaled": ("Retain",),
    "ordinals": (),
}

# Filled in by controllers and allocators; Git may leave them out or empty at any time.
ASSIGNED: Final = frozenset(
    [
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "healthCheckNodePort",
        "nodePort",
        "volumeName",
        "serviceAccount",
        # Its older name keeps the value and gives it back.
        "serviceAccountName",
        "finalizers",
        "selfLink",
        "creationTimestamp",
    ]
)


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
        return not value and bool(name) and bool(node.type) and name not in _POINTERS
    return False


def comes_back(value: Any, node: Node | None, name: str, *, depth: int = 0) -> bool:
    """Whether a live field that Git leaves out holds what would come back by itself. node: the field's type."""
    if value is None or depth > 50:
        return value is None
    if node is None:
        return False
    if node.default not in (None, "") and same(node.default, value):
        return True
    if node.custom or (not name and isinstance(value, str)):
        return False
    if name in ASSIGNED or is_nothing(value, node, name) or any(same(each, value) for each in _DEFAULTS.get(name, ())):
        return True
    if isinstance(value, Mapping):
        if not value and not node.is_map:
            # An empty selector is not the same as none; a struct that is no pointer, and these, are always there.
            return (
                node.default == {} or name == "emptyDir" or (name == "securityContext" and "fsGroup" in node.declared)
            )
        return not node.is_map and all(
            comes_back(each, node.child(str(key)), str(key), depth=depth + 1) for key, each in value.items()
        )
    return False
