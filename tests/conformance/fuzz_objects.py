"""Random objects of ten kinds and random writes to them, out of small pools, so that writers meet in the same fields."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.conformance.case_steps import APPLY, JSON_PATCH, MERGE, STRATEGIC, container, place_of, template, thing

Obj = dict[str, Any]
Make = Callable[[Random], Obj]
_HELD = ("paused", "suspend")  # never taken away: controllers would write in their own time
RBAC = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Write:
    """One request to the sequence's object. change: for an update, how what was read is changed (names of parts)."""

    method: str
    kind: str
    body: Any
    manager: str
    force: bool = False

    def told(self) -> str:
        what = {APPLY: "apply", MERGE: "merge", STRATEGIC: "strategic", JSON_PATCH: "json"}.get(self.kind, "update")
        return f"{what}{' --force' if self.force else ''} as {self.manager}: {self.body}"


def some(random: Random, *values: Any) -> list[Any]:
    """Some of them, in any order."""
    return random.sample(values, random.randint(0, len(values)))


def part(random: Random, **values: Any) -> Obj:
    """Each of them, or not. A list of values: one of them; a function: what it makes."""
    made: Obj = {}
    for name, value in values.items():
        if random.random() < 0.6:
            made[name] = value(random) if callable(value) else random.choice(value)
    return made


def _containers(random: Random) -> list[Obj]:
    made = []
    for name in some(random, "a", "b", "c") or ["a"]:
        env = [{"name": each, "value": random.choice("12")} for each in some(random, "A", "B", "C")]
        ports = [
            {"containerPort": each, **part(random, protocol=["TCP"], name=[f"p{each}"])}
            for each in some(random, 80, 81)
        ]
        limits = part(random, cpu=["1", "1000m", "2"], memory=["1Gi"])
        more = part(
            random,
            env=[env],
            ports=[ports],
            command=[["x"], ["x", "y"]],
            resources=[{"limits": limits}],
            imagePullPolicy=["Always", "IfNotPresent"],
            readinessProbe=[
                {"httpGet": {"path": "/", "port": 80}},
                {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5},
            ],
        )
        made.append(container(name, f"app:{random.choice('12')}", **more))
    return made


def _template(random: Random, **spec: Any) -> Obj:
    volumes = [
        {"name": each, **random.choice([{"emptyDir": {}}, {"configMap": {"name": "c"}}])}
        for each in some(random, "v", "w")
    ]
    tolerations = [{"key": each, "operator": "Exists"} for each in some(random, "t", "u")]
    more = part(random, volumes=[volumes], tolerations=[tolerations], terminationGracePeriodSeconds=[5, 30])
    made = template(*_containers(random), **{**more, **spec})
    if notes := part(random, a="12", b="12"):
        made["metadata"]["annotations"] = notes
    return made


def _deployment(random: Random) -> Obj:
    spec = {"paused": True, "selector": {"matchLabels": {"app": "web"}}, "template": _template(random)}
    rolling = part(random, maxSurge=[1, "50%"], maxUnavailable=[1, "25%"])
    strategy = [{"type": "RollingUpdate", "rollingUpdate": rolling}, {"type": "Recreate"}]
    return {"spec": {**spec, **part(random, replicas=[1, 2, 3], minReadySeconds=[0, 5], strategy=strategy)}}


def _stateful(random: Random) -> Obj:
    spec = {
        "serviceName": "db",
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "template": _template(random),
    }
    return {"spec": {**spec, **part(random, podManagementPolicy=["OrderedReady"], revisionHistoryLimit=[2, 3])}}


def _daemon(random: Random) -> Obj:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": _template(random, nodeSelector={"none": "x"})}
    return {"spec": {**spec, **part(random, minReadySeconds=[0, 5], revisionHistoryLimit=[2, 3])}}


def _cron(random: Random) -> Obj:
    pods = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": _containers(random), "restartPolicy": "Never"},
    }
    job = {"spec": {"template": pods, **part(random, backoffLimit=[1, 2], parallelism=[1, 2])}}
    spec = {"schedule": random.choice(["0 0 1 1 *", "0 0 2 1 *"]), "suspend": True, "jobTemplate": job}
    return {"spec": {**spec, **part(random, concurrencyPolicy=["Forbid", "Allow"], failedJobsHistoryLimit=[1, 2])}}


def _service(random: Random) -> Obj:
    ports = [
        {"port": each, "name": f"p{each}", **part(random, targetPort=[8080, "http"], protocol=["TCP"])}
        for each in some(random, 80, 81, 82) or [80]
    ]
    selector = part(random, app="ab", tier="ab") or {"app": "a"}
    return {
        "spec": {
            "ports": ports,
            "selector": selector,
            **part(random, sessionAffinity=["None", "ClientIP"], publishNotReadyAddresses=[True]),
        }
    }


def _ingress(random: Random) -> Obj:
    def backend(port: int) -> Obj:
        return {"service": {"name": "s", "port": {"number": port}}}

    paths = [{"path": each, "pathType": "Prefix", "backend": backend(80)} for each in some(random, "/a", "/b") or ["/"]]
    rules = [{"host": f"{each}.example.com", "http": {"paths": paths}} for each in some(random, "a", "b") or ["c"]]
    return {"spec": {"rules": rules, **part(random, ingressClassName="xy", tls=[[{"hosts": ["a.example.com"]}]])}}


def _role(random: Random) -> Obj:
    def rule(resource: str) -> Obj:
        return {"apiGroups": [""], "resources": [resource], "verbs": some(random, "get", "list") or ["get"]}

    # Never none: see DIFFERENCES.md.
    return {"rules": [rule(each) for each in some(random, "pods", "secrets") or ["pods"]]}


def _secret(random: Random) -> Obj:
    return part(random, data=[{"a": "MQ=="}, {"a": "Mg==", "b": "MQ=="}], stringData=[{"a": "1"}, {"b": "2"}])


def _config(random: Random) -> Obj:
    return part(random, data=lambda r: part(r, a="12", b="12", c=["1", ""]), binaryData=[{"z": "AAAA"}])


def _widget(random: Random) -> Obj:
    parts = [{"name": each, **part(random, kind=["bolt", "nut"], count=[1, 2])} for each in some(random, "a", "b", "c")]
    free = {"a": {"b": random.choice([1, 2]), **part(random, c=[[1, 2], [2]])}}
    box = part(random, a="12", b="12") or {"a": "1"}
    more = part(
        random,
        color=["red", "green"],
        tags=[some(random, "x", "y", "z")],
        words=[["x"], ["x", "y"]],
        parts=[parts],
        settings=[box],
        box=[box],
        free=[free],
        port=[80, "http"],
    )
    return {"spec": {"size": random.choice([1, 2]), **more}}


KINDS: dict[str, tuple[str, Make]] = {
    "ConfigMap": ("v1", _config),
    "Secret": ("v1", _secret),
    "Deployment": ("apps/v1", _deployment),
    "StatefulSet": ("apps/v1", _stateful),
    "DaemonSet": ("apps/v1", _daemon),
    "CronJob": ("batch/v1", _cron),
    "Service": ("v1", _service),
    "Ingress": ("networking.k8s.io/v1", _ingress),
    "Role": (RBAC, _role),
    "Widget": ("$NS.example.com/v1", _widget),
}


def an_object(random: Random, kind: str) -> Obj:
    version, make = KINDS[kind]
    metadata: Obj = part(
        random, labels=lambda r: part(r, a="12", b="12"), annotations=lambda r: part(r, **{"x/a": "12"})
    )
    return {**thing(kind, "$NAME", version=version, **metadata), **make(random)}


def a_sequence(random: Random) -> tuple[str, list[Write]]:
    """A kind, and up to eight writes to one object of it. The first makes it."""
    kind = random.choice(list(KINDS))
    writes = []
    for number in range(random.randint(2, 8)):
        obj, manager = an_object(random, kind), random.choice(["one", "two"])
        roll = random.random()
        if number == 0 or roll < 0.5:
            writes.append(Write("PATCH", APPLY, obj, manager, force=random.random() < 0.4))
            continue
        patch = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}
        patch["metadata"] = {name: value for name, value in obj["metadata"].items() if name != "name"}
        if random.random() < 0.3 and isinstance(patch.get("spec"), dict):
            patch["spec"][random.choice([key for key in patch["spec"] if key not in _HELD])] = None
        if roll < 0.62:
            writes.append(Write("PATCH", MERGE, patch, manager))
        elif roll < 0.78:
            writes.append(Write("PATCH", STRATEGIC, patch, manager))
        elif roll < 0.88:
            writes.append(Write("PATCH", JSON_PATCH, _operations(random, patch), manager))
        else:
            writes.append(Write("PUT", "application/json", obj, manager))
    return kind, writes


def _operations(random: Random, patch: Obj) -> list[Obj]:
    """A few JSON patch operations on what the patch tells."""
    made: list[Obj] = []
    for name, value in patch.items():
        if name == "metadata" or not isinstance(value, dict) or not value:
            continue
        key = random.choice([key for key in value if key not in _HELD] or list(value))
        operation = random.choice(["add", "add", "replace", "remove"])
        step: Obj = {"op": operation, "path": f"/{name}/{key}"}
        if operation != "remove":
            step["value"] = value[key]
        made.append(step)
    return made or [{"op": "add", "path": "/metadata/labels", "value": {"a": "3"}}]


def merged(old: Any, new: Any) -> Any:
    """What a person makes of what was read: maps are merged, all else is replaced."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return copy.deepcopy(new)
    return {**old, **{name: merged(old.get(name), value) for name, value in new.items()}}


def where(kind: str) -> str:
    return place_of(thing(kind, "$NAME", version=KINDS[kind][0]))
