"""Real-looking objects of fifteen built-in kinds and three custom ones, and the ways in which people and machines change
them. Used by the differential test, which asks a real API server, and by the benchmarks."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

LABELS = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}

POD: dict[str, Any] = {
    "metadata": {"labels": {"app": "x"}, "annotations": {"prometheus.io/scrape": "true"}},
    "spec": {
        "serviceAccountName": "default",
        "securityContext": {"runAsNonRoot": True, "fsGroup": 2000},
        "initContainers": [
            {"name": "wait", "image": "busybox:1", "command": ["sh", "-c", "true"]},
            {"name": "migrate", "image": "shop/migrate:1"},
        ],
        "containers": [
            {
                "name": "app",
                "image": "nginx:1.27",
                "args": ["--port", "80"],
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "b"}}},
                    {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "cm"}}],
                "ports": [
                    {"name": "http", "containerPort": 80},
                    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                ],
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": 2, "memory": "2048Mi"}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10},
                "readinessProbe": {"tcpSocket": {"port": 80}},
                "volumeMounts": [{"name": "c", "mountPath": "/c"}, {"name": "d", "mountPath": "/d", "readOnly": True}],
            },
            {"name": "side", "image": "busybox:1", "securityContext": {"allowPrivilegeEscalation": False}},
        ],
        "volumes": [
            {"name": "c", "configMap": {"name": "cm", "items": [{"key": "a", "path": "a"}]}},
            {"name": "d", "emptyDir": {}},
        ],
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": "x"}},
            }
        ],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 1,
                        "podAffinityTerm": {
                            "topologyKey": "kubernetes.io/hostname",
                            "labelSelector": {"matchLabels": {"app": "x"}},
                        },
                    }
                ]
            }
        },
    },
}
JOB_POD: dict[str, Any] = {
    "metadata": {"labels": {"job": "x"}},
    "spec": {"restartPolicy": "Never", "containers": [{"name": "j", "image": "busybox:1", "args": ["true"]}]},
}
RULES: list[dict[str, Any]] = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"], "resourceNames": ["web"]},
]

BUILTIN: list[dict[str, Any]] = [
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": {"a": "1", "empty": "", "file.ini": "[a]\nx=1\ny=2\n", "conf.json": '{"a": 1, "b": [1, 2]}'},
        "binaryData": {"bin": "AAEC"},
    },
    {"apiVersion": "v1", "kind": "Secret", "data": {"r": "YWJj"}, "stringData": {"plain": "hunter2"}, "type": "Opaque"},
    {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {
            "selector": {"app": "x"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http"},
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
            ],
            "sessionAffinity": "ClientIP",
        },
    },
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "imagePullSecrets": [{"name": "a"}, {"name": "b"}],
        "automountServiceAccountToken": False,
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {
            "replicas": 0,
            "minReadySeconds": 5,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}},
            "selector": {"matchLabels": {"app": "x"}},
            "template": POD,
        },
    },
    {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "spec": {
            "replicas": 0,
            "serviceName": "x",
            "selector": {"matchLabels": {"app": "x"}},
            "template": POD,
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                }
            ],
        },
    },
    {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {**POD, "spec": {**POD["spec"], "nodeSelector": {"no": "where"}}},
        },
    },
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "spec": {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": JOB_POD}}},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": ["a.example", "b.example"], "secretName": "t"}],
            "rules": [
                {
                    "host": "a.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "x", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ],
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "spec": {
            "podSelector": {"matchLabels": {"app": "x"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}],
        },
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "x"}}},
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            "minReplicas": 1,
            "maxReplicas": 5,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
                }
            ],
            "behavior": {
                "scaleDown": {
                    "stabilizationWindowSeconds": 60,
                    "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
                }
            },
        },
    },
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": RULES},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"},
        "subjects": [
            {"kind": "ServiceAccount", "name": "default", "namespace": "default"},
            {"kind": "User", "name": "dana", "apiGroup": "rbac.authorization.k8s.io"},
        ],
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "none",
            "resources": {"requests": {"storage": "1024Mi"}},
        },
    },
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "spec": {
            "limits": [{"type": "Container", "max": {"cpu": "4"}, "defaultRequest": {"cpu": "100m", "memory": "64Mi"}}]
        },
    },
    {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "spec": {"hard": {"count/widgets.zoo.example": "1k", "pods": "100000"}},
    },
    {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"suspend": True, "backoffLimit": 2, "template": JOB_POD},
    },
]

_PART = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "protocol": {"type": "string", "default": "TCP"},
        "weight": {"type": "integer"},
        "on": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
    },
}
WIDGET_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "default": 3},
                "mode": {"type": "string"},
                "ratio": {"type": "number"},
                "limit": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "every": {"type": "string", "format": "duration"},
                "at": {"type": "string", "format": "date-time"},
                "maybe": {"type": "string", "nullable": True},
                "parts": {
                    "type": "array",
                    "items": _PART,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "protocol"],
                },
                "zones": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "steps": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"run": {"type": "string"}, "retries": {"type": "integer", "default": 2}},
                    },
                },
                "pick": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "additionalProperties": {"type": "string"},
                },
                "extra": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
LOOSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
HOLDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "template": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "x-kubernetes-preserve-unknown-fields": True,
                },
                "things": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                "paused": {"type": "boolean", "default": False},
            },
        }
    },
}


def _crd(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    plural = kind.lower() + "s"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.zoo.example"},
        "spec": {
            "group": "zoo.example",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


CRDS = [_crd("Widget", WIDGET_SCHEMA), _crd("Loose", LOOSE_SCHEMA), _crd("Holder", HOLDER_SCHEMA)]
SCHEMAS: dict[str, dict[str, Any]] = {"Widget": WIDGET_SCHEMA, "Loose": LOOSE_SCHEMA, "Holder": HOLDER_SCHEMA}

CUSTOM: list[dict[str, Any]] = [
    {
        "apiVersion": "zoo.example/v1",
        "kind": "Widget",
        "spec": {
            "mode": "fast",
            "ratio": 0.5,
            "limit": "10%",
            "every": "60s",
            "at": "2026-01-02T03:04:05Z",
            "parts": [{"name": "a", "weight": 1, "on": False, "tags": ["x", "y"]}, {"name": "b", "protocol": "UDP"}],
            "zones": ["eu", "us"],
            "steps": [{"run": "one"}, {"run": "two", "retries": 0}],
            "pick": {"a": "b"},
            "extra": {"k": "", "l": "v"},
        },
    },
    {
        "apiVersion": "zoo.example/v1",
        "kind": "Loose",
        "spec": {
            "on": False,
            "zero": 0,
            "empty": "",
            "list": [1, "a", {"x": [True, 1.5]}],
            "map": {"a": {"b": {}}},
            "none": [],
        },
    },
    {
        "apiVersion": "zoo.example/v1",
        "kind": "Holder",
        "spec": {
            "template": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "in", "labels": {"a": "b"}},
                "data": {"a": "1"},
            },
            "things": [{"a": 1}, {"b": [1, 2]}],
        },
    },
]
ALL = BUILTIN + CUSTOM


def named(base: dict[str, Any], name: str) -> dict[str, Any]:
    """A copy with that name and the labels that all have."""
    made = {key: copy.deepcopy(base[key]) for key in ("apiVersion", "kind")}
    made["metadata"] = {"name": name, "labels": dict(LABELS), "annotations": {"team": "shop"}}
    for key, value in base.items():
        made.setdefault(key, copy.deepcopy(value))
    return made


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All paths inside an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in pairs:
        yield (*path, name)
        yield from places(below, (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


_FIXED = {"apiVersion", "kind", "name", "roleRef", "serviceName", "volumeClaimTemplates"}
_EQUAL: dict[Any, list[Any]] = {
    "500m": ["0.5", 0.5, "500000u"],
    "1Gi": ["1024Mi", "1073741824", 1073741824],
    "2048Mi": ["2Gi", "2147483648"],
    "1024Mi": ["1Gi", "1048576Ki"],
    "1k": ["1000", 1000],
    "64Mi": ["65536Ki"],
    "100m": ["0.1"],
    "4": [4, "4000m"],
    "100000": [100000, "100k"],
    2: ["2", "2000m"],
}


def mutated(obj: dict[str, Any], chance: random.Random, how: str | None = None) -> tuple[str, dict[str, Any]]:
    """One random mutation: (its name, the changed copy). The copy may be equal to `obj` in Kubernetes' eyes."""
    made = copy.deepcopy(obj)
    how = how or chance.choice(("change", "change", "add", "remove", "remove", "reorder", "rewrite", "empty"))
    paths = [
        path
        for path in places(made)
        if len(path) > 1
        and not (path[0] == "metadata" and path[1] not in ("labels", "annotations"))
        and not any(step in _FIXED for step in path if path[0] != "metadata" or step == "name")
        and "selector" not in path
    ] or [path for path in places(made) if path[0] not in ("apiVersion", "kind", "metadata")]
    if not paths:
        return "none", made
    lists = [path for path in paths if isinstance(at(made, path), list) and len(at(made, path)) > 1]
    maps = [path for path in paths if isinstance(at(made, path), dict)] or [("metadata", "labels")]
    if how == "reorder" and lists:
        at(made, chance.choice(lists)).reverse()
        return how, made
    if how == "add":
        target = chance.choice(maps)
        place = at(made, target)
        path_text = "/".join(map(str, target))
        if target[-1] in ("labels", "annotations", "data", "matchLabels", "extra", "pick", "map", "nodeSelector"):
            place[f"new{chance.randrange(100)}"] = (
                chance.choice(["v", "", "1"]) if "binaryData" not in path_text else "AAAA"
            )
        else:
            known = {
                "spec": ("revisionHistoryLimit", 3),
                "securityContext": ("runAsUser", 1000),
                "resources": ("limits", {"memory": "3Gi"}),
                "httpGet": ("scheme", chance.choice(["HTTP", "HTTPS"])),
            }.get(str(target[-1]))
            if known is not None:
                place[known[0]] = known[1]
            else:
                place.setdefault("imagePullPolicy", chance.choice(["IfNotPresent", "Always"]))
        return how, made
    if how == "rewrite":
        equal = [
            p
            for p in paths
            if isinstance(at(made, p), (str, int)) and not isinstance(at(made, p), bool) and at(made, p) in _EQUAL
        ]
        if equal:
            path = chance.choice(equal)
            at(made, path[:-1])[path[-1]] = chance.choice(_EQUAL[at(made, path)])
            return how, made
    path = chance.choice(paths)
    parent, last = at(made, path[:-1]), path[-1]
    value = parent[last]
    if how == "remove":
        del parent[last]
    elif how == "empty":
        parent[last] = chance.choice([None, {} if isinstance(value, dict) else [] if isinstance(value, list) else ""])
    elif isinstance(value, bool):
        parent[last] = not value
    elif isinstance(value, (int, float)):
        parent[last] = value + 1
    elif isinstance(value, str):
        parent[last] = (
            chance.choice(["Zm9v", "YmFy"])
            if path[0] in ("binaryData",) or (path[:1] == ("data",) and made["kind"] == "Secret")
            else "750m"
            if value.endswith("m")
            else "3Gi"
            if value.endswith("i")
            else value + "x"
        )
    elif isinstance(value, list) and value:
        parent[last] = [*value, copy.deepcopy(value[0])] if chance.random() < 0.3 else value[:-1]
    elif isinstance(value, dict):
        parent[last] = dict(list(value.items())[:-1])
    return how, made
