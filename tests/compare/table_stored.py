"""More of the table: what admission, strategies and defaults of some kinds make of an object by themselves.

Recorded along with the rest: `python -m tests.compare.table_stored KUBECONFIG`.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.compare.table import NETWORK, RULE, Case, _of, record


def pod(*tolerations: dict[str, Any]) -> dict[str, Any]:
    return _of(
        "v1", "Pod", spec={"containers": [{"name": "app", "image": "nginx:1"}], "tolerations": list(tolerations)}
    )


def scaler(**spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
    return _of("autoscaling/v1", "HorizontalPodAutoscaler", spec={"maxReplicas": 3, "scaleTargetRef": target, **spec})


def account(*secrets: dict[str, Any]) -> dict[str, Any]:
    return _of("v1", "ServiceAccount", secrets=list(secrets))


def controller(**spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1"}]},
    }
    return _of("v1", "ReplicationController", spec={"replicas": 0, "template": template, **spec})


def driver(**spec: Any) -> dict[str, Any]:
    return _of("storage.k8s.io/v1", "CSIDriver", spec=spec)


def volume(**spec: Any) -> dict[str, Any]:
    size, source = {"storage": "1Gi"}, {"server": "a", "path": "/b"}
    modes = ["ReadWriteOnce"]
    return _of("v1", "PersistentVolume", spec={"capacity": size, "accessModes": modes, "nfs": source, **spec})


def role(**fields: Any) -> dict[str, Any]:
    return _of("rbac.authorization.k8s.io/v1", "ClusterRole", **fields)


FROM = {"clusterRoleSelectors": [{"matchLabels": {"into": "nobody"}}]}
CLAIM = {"namespace": "default", "name": "mine"}


def network(ports: list[Any]) -> dict[str, Any]:
    return {**NETWORK, "spec": {**NETWORK["spec"], "ingress": [{"ports": ports}]}}


SPOT = {"key": "spot", "operator": "Exists"}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}

CASES = [
    Case("a claim that others bind a volume to", volume(), volume(), volume(claimRef=CLAIM)),
    Case("an empty claim of a volume that others bound", volume(), volume(claimRef={}), volume(claimRef=CLAIM)),
    Case("a claim that Git has lost", volume(claimRef=CLAIM), volume(), None, True, ("spec.claimRef",)),
    Case(
        "rules that Git sets where another has them filled in",
        role(rules=[RULE]),
        role(rules=[RULE]),
        role(rules=[{**RULE, "verbs": ["*"]}], aggregationRule=FROM),
        True,
    ),
    Case(
        "rules that Git sets and is about to have filled in",
        role(rules=[RULE]),
        role(rules=[RULE], aggregationRule=FROM),
        None,
        True,
        ("aggregationRule",),
    ),
    Case("tolerations that admission adds to a Pod", pod(SPOT), pod(SPOT)),
    Case(
        "a toleration of a Pod in the place of admission's",
        pod({**NOT_READY, "tolerationSeconds": 60}),
        pod({**NOT_READY, "tolerationSeconds": 60}),
    ),
    Case("a toleration that a Pod is to have more", pod(SPOT), pod(SPOT, {"key": "more"}), None, True),
    Case("the default target of an autoscaler left out", scaler(targetCPUUtilizationPercentage=80), scaler()),
    Case("the default target of an autoscaler written out", scaler(), scaler(targetCPUUtilizationPercentage=80)),
    Case(
        "what a ServiceAccount says of its secrets beside their names",
        account({"name": "a"}),
        account({"name": "a", "namespace": "default", "kind": "Secret"}),
    ),
    Case(
        "a secret that a ServiceAccount is to have",
        account({"name": "a"}),
        account({"name": "a"}, {"name": "b"}),
        None,
        True,
        ("secrets[name=b]",),
    ),
    Case("an empty selector of a ReplicationController", controller(), controller(selector={})),
    Case("the selector of a ReplicationController left out", controller(selector={"app": "x"}), controller()),
    Case(
        "an emptied list whose default comes back",
        driver(volumeLifecycleModes=["Persistent"]),
        driver(volumeLifecycleModes=[]),
    ),
    Case("a null among the structs of a list", network([{}]), network([None])),
    Case("a null in the place of a struct that says more", network([{"port": 80}]), network([None]), None, True),
]

if __name__ == "__main__":
    record(sys.argv[1], CASES)
