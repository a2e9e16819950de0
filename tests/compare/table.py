"""What is equal in Kubernetes' eyes and what is not, case by case.

Each case: what we applied first, what others changed then (applied by another manager), and what Git says now. The live
objects are recorded from a real API server in data/table.json (`python -m tests.compare.table KUBECONFIG`), so that the
table is checked without one; the `real` test asks the server again.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parent / "data" / "table.json"


@dataclass(frozen=True)
class Case:
    name: str
    first: dict[str, Any]
    git: dict[str, Any]
    others: dict[str, Any] | None = None
    drifted: bool = False
    paths: tuple[str, ...] = ()
    manager: str = "somebody-else"
    # Who applied `first`, and by which operation.
    by: str = "gitops-tui"


def _of(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    metadata = fields.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "case", **metadata}, **fields}


def _pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1", **(container or {})}], **spec},
    }


def deployment(
    container: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **pod: Any
) -> dict[str, Any]:
    return _of(
        "apps/v1",
        "Deployment",
        spec={
            "replicas": 0,
            "selector": {"matchLabels": {"app": "x"}},
            "template": _pod(container, **pod),
            **(spec or {}),
        },
    )


def resources(cpu: Any, memory: Any) -> dict[str, Any]:
    return deployment({"resources": {"requests": {"cpu": cpu, "memory": memory}}})


def service(ports: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    return _of("v1", "Service", spec={"selector": {"app": "x"}, "ports": ports or [{"port": 80}], **spec})


def config_map(data: Any, **metadata: Any) -> dict[str, Any]:
    return _of("v1", "ConfigMap", data=data, metadata=metadata)


def secret(**fields: Any) -> dict[str, Any]:
    return _of("v1", "Secret", type="Opaque", **fields)


def role(**fields: Any) -> dict[str, Any]:
    return _of("rbac.authorization.k8s.io/v1", "Role", **fields)


RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
FULL = deployment(
    {
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "livenessProbe": {
            "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}],
    },
    {
        "progressDeadlineSeconds": 600,
        "revisionHistoryLimit": 10,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    },
    restartPolicy="Always",
    dnsPolicy="ClusterFirst",
    schedulerName="default-scheduler",
    securityContext={},
    terminationGracePeriodSeconds=30,
    volumes=[{"name": "c", "configMap": {"name": "c", "defaultMode": 420}}],
)
SHORT = deployment(
    {
        "ports": [{"containerPort": 80}],
        "livenessProbe": {"httpGet": {"port": 80}},
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    },
    volumes=[{"name": "c", "configMap": {"name": "c"}}],
)
STATEFUL = _of(
    "apps/v1",
    "StatefulSet",
    spec={
        "replicas": 0,
        "serviceName": "x",
        "selector": {"matchLabels": {"app": "x"}},
        "template": _pod(),
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "d"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        ],
    },
)
AGGREGATED = _of(
    "rbac.authorization.k8s.io/v1",
    "ClusterRole",
    aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"into": "case"}}]},
)
WEBHOOK = _of(
    "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration",
    webhooks=[
        {
            "name": "a.example.com",
            "clientConfig": {"service": {"name": "x", "namespace": "default"}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "rules": [
                {"apiGroups": ["none.example"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"]}
            ],
        }
    ],
)
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "cases.table.example"},
    "spec": {
        "group": "table.example",
        "names": {"kind": "Case", "plural": "cases"},
        "scope": "Namespaced",
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}
CRON = _of(
    "batch/v1",
    "CronJob",
    spec={
        "schedule": "0 3 * * *",
        "suspend": False,
        "jobTemplate": {"spec": {"template": _pod(restartPolicy="Never")}},
    },
)


def with_bundle(bundle: str) -> dict[str, Any]:
    made = copy.deepcopy(WEBHOOK)
    made["webhooks"][0]["clientConfig"]["caBundle"] = bundle
    return made


def widget(**spec: Any) -> dict[str, Any]:
    return _of("zoo.example/v1", "Widget", spec=spec)


def loose(**spec: Any) -> dict[str, Any]:
    return _of("zoo.example/v1", "Loose", spec=spec)


def annotated(obj: dict[str, Any], **notes: str) -> dict[str, Any]:
    made = copy.deepcopy(obj)
    made["metadata"]["annotations"] = {
        name.replace("__", "/").replace("_", "."): value for name, value in notes.items()
    }
    return made


RESTARTED = _of(
    "apps/v1",
    "Deployment",
    spec={"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}}},
)
PEM = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJlRENDQVIrZ0F3SUJBZ0lCQURBS0JnZ3Foa2pPUFFRREFqQWtNU0l3SUFZRFZRUUREQmx5YTJVeQpMWE5sY25abGNpMWpZVUF4TnpNeU5EUXpORGd3TUI0WERUSTBNVEV5TkRFd01UZ3dNRm9YRFRNME1URXlNakV3Ck1UZ3dNRm93SkRFaU1DQUdBMVVFQXd3WmNtdGxNaTF6WlhKMlpYSXRZMkZBTVRjek1qUTBNelE0TURCWk1CTUcKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="

TWO = deployment()
TWO["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "busybox:1"})

NETWORK = _of(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    spec={
        "podSelector": {"matchLabels": {"app": "x"}},
        "ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}], "ports": [{"port": 80}]}],
    },
)

EQUAL = [
    Case("quantities in milli and whole", resources("1000m", "1024Mi"), resources("1", "1Gi")),
    Case("quantities as numbers and fractions", resources("500m", "1Gi"), resources(0.5, 1073741824)),
    Case("quantities with exponents", resources("1k", "1e9"), resources("1e3", "1G")),
    Case("a number given as text where a quantity stands", resources(2, "1Gi"), resources("2", "1Gi")),
    Case("stringData and data", secret(data={"p": "aHVudGVyMg=="}), secret(stringData={"p": "hunter2"})),
    Case(
        "stringData wins over data",
        secret(data={"p": "aHVudGVyMg=="}),
        secret(data={"p": "eA=="}, stringData={"p": "hunter2"}),
    ),
    Case("base64 with line breaks", secret(data={"p": "aHVudGVyMg=="}), secret(data={"p": "aHVu\ndGVy\r\nMg==\n"})),
    Case("null annotations", config_map({"a": "1"}), config_map({"a": "1"}, annotations=None, creationTimestamp=None)),
    Case("empty annotations and labels", config_map({"a": "1"}), config_map({"a": "1"}, annotations={}, labels={})),
    Case(
        "a null and an empty list where nothing is", deployment(), deployment({"args": None, "env": [], "command": []})
    ),
    Case("an empty object where nothing is", deployment(), deployment({"resources": {}, "securityContext": None})),
    Case("a status in Git", deployment(), {**deployment(), "status": {}}),
    Case("protocol of a Service's port", service(), service([{"port": 80, "protocol": "TCP"}])),
    Case("targetPort written out", service(), service([{"port": 80, "targetPort": 80}])),
    Case(
        "protocol of a container's port",
        SHORT,
        deployment(
            {**SHORT["spec"]["template"]["spec"]["containers"][0], "ports": [{"containerPort": 80, "protocol": "TCP"}]},
            volumes=[{"name": "c", "configMap": {"name": "c"}}],
        ),
    ),
    Case(
        "protocol in a network policy",
        _of("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}),
        _of(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            spec={
                "podSelector": {},
                "ingress": [{"ports": [{"port": 80, "protocol": "TCP"}]}],
                "policyTypes": ["Ingress"],
            },
        ),
    ),
    Case("defaults written out", SHORT, FULL),
    Case("defaults left out", FULL, SHORT),
    Case(
        "a CronJob's defaults",
        CRON,
        {
            **CRON,
            "spec": {
                **CRON["spec"],
                "concurrencyPolicy": "Allow",
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
        },
    ),
    Case(
        "the order of ports",
        service([{"name": "a", "port": 80}, {"name": "b", "port": 81}]),
        service([{"name": "b", "port": 81}, {"name": "a", "port": 80}]),
    ),
    Case(
        "the order of a set",
        config_map({"a": "1"}, finalizers=["x.example/a", "x.example/b"]),
        config_map({"a": "1"}, finalizers=["x.example/b", "x.example/a"]),
    ),
    Case(
        "the order of a custom kind's set and map list",
        widget(zones=["a", "b"], parts=[{"name": "x"}, {"name": "y"}]),
        widget(zones=["b", "a"], parts=[{"name": "y", "protocol": "TCP"}, {"name": "x"}]),
    ),
    Case("rules that an aggregated ClusterRole is given", AGGREGATED, AGGREGATED, {**AGGREGATED, "rules": [RULE]}),
    Case("rules of a Role that are null", role(rules=[]), role(rules=None)),
    Case("a Role without rules", role(rules=None), role()),
    Case("volumeClaimTemplates as they are stored", STATEFUL, STATEFUL),
    Case("a CRD's conversion", CRD, {**CRD, "spec": {**CRD["spec"], "conversion": {"strategy": "None"}}}),
    Case(
        "a CRD's names",
        CRD,
        {**CRD, "spec": {**CRD["spec"], "names": {**CRD["spec"]["names"], "singular": "case", "listKind": "CaseList"}}},
    ),
    Case("a caBundle that another puts in", WEBHOOK, WEBHOOK, with_bundle(PEM)),
    Case("what a Service is assigned", service(type="NodePort"), service(type="NodePort")),
    Case("a Service's assigned fields left empty", service(), service(clusterIP="", externalName="")),
    Case(
        "tokens of a ServiceAccount",
        _of("v1", "ServiceAccount"),
        _of("v1", "ServiceAccount"),
        _of("v1", "ServiceAccount", secrets=[{"name": "t"}]),
    ),
    Case(
        "what kubectl notes",
        config_map({"a": "1"}),
        config_map({"a": "1"}),
        annotated(config_map({}), kubectl_kubernetes_io__last_1="x"),
    ),
    Case("kubectl rollout restart", deployment(), deployment(), RESTARTED, manager="kubectl-rollout"),
    Case(
        "fields that others add",
        deployment(),
        deployment(),
        _of("apps/v1", "Deployment", metadata={"labels": {"seen": "yes"}}, spec={"minReadySeconds": 3}),
    ),
    Case(
        "an item that others add to a keyed list",
        deployment(),
        deployment(),
        _of("apps/v1", "Deployment", spec={"template": {"spec": {"containers": [{"name": "proxy", "image": "p:1"}]}}}),
    ),
    Case("an int-or-string of a custom kind as a quantity", widget(limit="1024Mi"), widget(limit="1024Mi")),
    Case("a custom kind's default written out", widget(mode="x"), widget(mode="x", size=3)),
    Case("null where a custom kind has a default", widget(mode="x"), widget(mode="x", size=None)),
    Case(
        "a time in another zone of a built-in kind",
        _of("coordination.k8s.io/v1", "Lease", spec={"acquireTime": "2026-01-02T03:04:05.000000Z"}),
        _of("coordination.k8s.io/v1", "Lease", spec={"acquireTime": "2026-01-02T03:04:05.000000+00:00"}),
    ),
]
DIFFERENT = [
    Case(
        "an empty value of a ConfigMap against none",
        config_map({"a": "1"}),
        config_map({"a": "1", "b": ""}),
        None,
        True,
        ("data.b",),
    ),
    Case("an argument that is empty", deployment(), deployment({"args": [""]}), None, True),
    Case("false where a pointer stands", deployment(), deployment(automountServiceAccountToken=False), None, True),
    Case(
        "no replicas",
        deployment(spec={"replicas": 1, "paused": True}),
        deployment(spec={"replicas": 0, "paused": True}),
        None,
        True,
        ("spec.replicas",),
    ),
    Case(
        "a field that Git has lost", config_map({"a": "1", "b": "2"}), config_map({"a": "1"}), None, True, ("data.b",)
    ),
    Case("a container that Git has lost", TWO, deployment(), None, True, ("spec.template.spec.containers[name=side]",)),
    Case(
        "a probe that Git has lost",
        deployment({"livenessProbe": {"httpGet": {"port": 80}}}),
        deployment(),
        None,
        True,
        ("spec.template.spec.containers[name=app].livenessProbe",),
    ),
    Case(
        "a field that Git has lost and another owns too",
        config_map({"a": "1", "b": "2"}),
        config_map({"a": "1"}),
        config_map({"b": "2"}),
    ),
    Case(
        "a value that another changed",
        config_map({"a": "1"}),
        config_map({"a": "1"}),
        config_map({"a": "2"}),
        True,
        ("data.a",),
    ),
    Case("the order of arguments", deployment({"args": ["a", "b"]}), deployment({"args": ["b", "a"]}), None, True),
    Case(
        "the order of init containers",
        deployment(initContainers=[{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]),
        deployment(initContainers=[{"name": "b", "image": "i"}, {"name": "a", "image": "i"}]),
        None,
        True,
        ("spec.template.spec.initContainers",),
    ),
    Case(
        "a selector that has become wider",
        service(),
        service(selector={"app": "x", "more": "y"}),
        None,
        True,
        ("spec.selector",),
    ),
    Case(
        "false, zero and empty text of a custom kind",
        loose(a=1),
        loose(a=1, on=False, zero=0, text=""),
        None,
        True,
        ("spec.on", "spec.zero", "spec.text"),
    ),
    Case("a duration of a custom kind is text", widget(every="60s"), widget(every="1m"), None, True, ("spec.every",)),
    Case("a number and a text of a custom kind", loose(a=1), loose(a="1"), None, True, ("spec.a",)),
    Case("null against text of a loose kind", loose(a="x"), loose(a=None), None, True, ("spec.a",)),
    Case(
        "a rule of a Role that others widened",
        role(rules=[RULE]),
        role(rules=[RULE]),
        role(rules=[{**RULE, "verbs": ["*"]}]),
        True,
        ("rules[0].verbs[0]",),
    ),
    Case(
        "null inside a selector",
        NETWORK,
        {**NETWORK, "spec": {**NETWORK["spec"], "podSelector": {"matchLabels": None}}},
        None,
        True,
        ("spec.podSelector",),
    ),
    Case(
        "null inside an item of an atomic list",
        NETWORK,
        {
            **NETWORK,
            "spec": {
                **NETWORK["spec"],
                "ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}], "ports": None}],
            },
        },
        None,
        True,
    ),
    Case(
        "an empty selector inside an atomic list against none",
        NETWORK,
        {
            **NETWORK,
            "spec": {**NETWORK["spec"], "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}]},
        },
        None,
        True,
    ),
]
ALL = EQUAL + DIFFERENT


def live_of(case: Case, server: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the live object of a case, what a dry-run apply of Git's makes of it)."""
    server.delete(case.first)
    server.until_gone(case.first)
    server.apply(case.first, case.by)
    if case.others is not None:
        server.apply(case.others, case.manager)
    try:
        # What controllers write by themselves, once.
        time.sleep(0.05)
        return server.get(case.first), server.apply(case.git, dry_run=True)
    finally:
        server.delete(case.first)
        if case.first["metadata"].get("finalizers"):
            server.ask(
                "PATCH", server.path(case.first), {"metadata": {"finalizers": None}}, "application/merge-patch+json"
            )


def record(kubeconfig: str, cases: list[Case] = ALL) -> None:
    """Records the live objects of these cases from a real API server."""
    from tests.compare import zoo
    from tests.compare.server import Server

    server = Server(Path(kubeconfig))
    for crd in zoo.CRDS:
        server.apply(crd)
    time.sleep(3)
    made = json.loads(RECORD.read_text())
    for case in cases:
        made[case.name], _ = live_of(case, server)
    RECORD.write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
