"""When two values are one in Kubernetes' eyes: quantities, int-or-string, base64, times, empty and absent, defaults.

What Go's typed structs make of a value isn't all in OpenAPI: which scalars are pointers (a `false` is stored) and
which defaults the API server's code fills in are tables here. Where a table says nothing, the values differ: a wrong
"differs" is settled by the server's dry run, a wrong "equal" by nobody.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from gitops_tui.model.drift import ABSENT
from gitops_tui.schema import Node

_QUANTITY = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$")
_SUFFIX: Final = {
    **{name: Fraction(1024) ** (rank + 1) for rank, name in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))},
    **{name: Fraction(1000) ** (rank + 1) for rank, name in enumerate(("k", "M", "G", "T", "P", "E"))},
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
}

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
        "finalizers",
        "selfLink",
        "creationTimestamp",
    ]
)


@lru_cache(maxsize=4096)
def quantity(text: str) -> Fraction | None:
    """The amount that a Kubernetes quantity stands for, None for what isn't one
    (k8s.io/apimachinery/pkg/api/resource)."""
    found = _QUANTITY.match(text.strip()) if len(text) <= 64 else None
    if found is None:
        return None
    number = Fraction(found[1] if not found[1].endswith(".") else found[1] + "0")
    if found[2]:
        return number * Fraction(10) ** int(found[2][1:])
    return number * _SUFFIX[found[3]] if found[3] else number


def _amount(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return quantity(str(value))


def _bytes(value: str) -> bytes | str:
    try:
        return b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return value


def _moment(value: str) -> datetime | str:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def same_scalar(desired: Any, live: Any, node: Node | None) -> bool:
    """Whether two values that are no containers (or not both) are equal in Kubernetes' eyes."""
    if desired is None or live is None:
        return desired is live
    if isinstance(desired, bool) or isinstance(live, bool):
        return desired is live
    if isinstance(desired, int | float) and isinstance(live, int | float):
        return desired == live
    form = node.format if node is not None else ""
    if type(desired) is type(live) and desired == live:
        return True
    if not form:
        return False
    if form in ("quantity", "int-or-string"):
        if str(desired) == str(live):
            return isinstance(desired, str | int | float) and isinstance(live, str | int | float)
        if form == "int-or-string" and node is not None and not node.custom:
            return False
        amount = _amount(desired)
        return amount is not None and amount == _amount(live)
    if isinstance(desired, str) and isinstance(live, str):
        if form == "byte":
            return _bytes(desired) == _bytes(live)
        if form == "date-time":
            return _moment(desired) == _moment(live)
    return False


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are strictly equal (true is not 1), to any depth."""
    stack = [(left, right)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            stack.extend((value, other[name]) for name, value in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif isinstance(one, bool) or isinstance(other, bool):
            if one is not other:
                return False
        elif isinstance(one, dict | list) or isinstance(other, dict | list) or one != other:
            return False
    return True


def is_nothing(value: Any, node: Node | None, name: str = "", *, depth: int = 0) -> bool:
    """Whether the API server keeps no such field where Git sets `value` (Go's `omitempty`). node: the field's type."""
    if value is None or value is ABSENT:
        return True
    if node is None or node.custom or depth > 50:
        return False
    if isinstance(value, Mapping):
        if node.is_map or node.atomic_map:
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
        return not node.is_map and all(
            comes_back(each, node.child(str(key)), str(key), depth=depth + 1) for key, each in value.items()
        )
    return False


def normalised(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The object as the API server would store it, where a kind has rules of its own; never changes `obj`."""
    made = dict(obj)
    if not str(made.get("apiVersion") or "").startswith(("v1", "rbac.authorization.k8s.io/")):
        return made
    if made.get("kind") == "Secret" and made.get("apiVersion") == "v1":
        data, texts = made.get("data"), made.pop("stringData", None)
        if isinstance(data, Mapping) or isinstance(texts, Mapping):
            both = {key: "" if value is None else value for key, value in (data or {}).items()} if data else {}
            for key, value in (texts or {}).items():
                text = "" if value is None else value if isinstance(value, str) else str(value)
                both[key] = b64encode(text.encode("utf-8", "surrogatepass")).decode()
            made["data"] = both
    elif made.get("kind") == "ClusterRole" and made.get("aggregationRule"):
        # The controller fills the rules in.
        made.pop("rules", None)
    return made
