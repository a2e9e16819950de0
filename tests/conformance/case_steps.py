"""The words that cases are written in: a case is a name and steps, a step is one request.

Steps name resources shortly: "configmaps/a" lies in the case's own namespace, "/version" is a path as it is. "$NS" in
paths and bodies stands for the case's namespace, a random name, and answers are recorded with "$NS" in its place; so
objects of the cluster take it into their names. What a case is compared by: the status of every step, the whole body of
a refusal, and the whole body of the last step (or of steps marked `.shown()`; `.only(...)` narrows it to some fields).
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.conformance.api_client import Answer, Client

Obj = dict[str, Any]
History = list[Answer]

_CORE = "api/v1"
_PREFIXES = {
    _CORE: "configmaps secrets pods services serviceaccounts persistentvolumeclaims events endpoints limitranges "
    "resourcequotas replicationcontrollers podtemplates",
    "apis/apps/v1": "deployments replicasets statefulsets daemonsets controllerrevisions",
    "apis/batch/v1": "jobs cronjobs",
    "apis/networking.k8s.io/v1": "ingresses networkpolicies",
    "apis/autoscaling/v2": "horizontalpodautoscalers",
    "apis/policy/v1": "poddisruptionbudgets",
    "apis/rbac.authorization.k8s.io/v1": "roles rolebindings",
    "apis/discovery.k8s.io/v1": "endpointslices",
    "apis/coordination.k8s.io/v1": "leases",
    "apis/$NS.example.com/v1": "widgets",
}
_CLUSTER_PREFIXES = {
    _CORE: "namespaces nodes persistentvolumes",
    "apis/apiextensions.k8s.io/v1": "customresourcedefinitions",
    "apis/rbac.authorization.k8s.io/v1": "clusterroles clusterrolebindings",
    "apis/storage.k8s.io/v1": "storageclasses",
    "apis/scheduling.k8s.io/v1": "priorityclasses",
    "apis/authorization.k8s.io/v1": "selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews",
    "apis/authentication.k8s.io/v1": "selfsubjectreviews",
}
_PLACES = {name: f"{prefix}/namespaces/$NS" for prefix, names in _PREFIXES.items() for name in names.split()} | {
    name: prefix for prefix, names in _CLUSTER_PREFIXES.items() for name in names.split()
}
_KINDS = {
    "ConfigMap": "configmaps", "Secret": "secrets", "Pod": "pods", "Service": "services", "Deployment": "deployments",
    "ServiceAccount": "serviceaccounts", "PersistentVolumeClaim": "persistentvolumeclaims", "Event": "events",
    "ReplicaSet": "replicasets", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs",
    "CronJob": "cronjobs", "Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Role": "roles",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers", "PodDisruptionBudget": "poddisruptionbudgets",
    "RoleBinding": "rolebindings", "Lease": "leases", "Widget": "widgets", "Namespace": "namespaces",
    "PersistentVolume": "persistentvolumes", "CustomResourceDefinition": "customresourcedefinitions",
    "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings", "StorageClass": "storageclasses",
    "PriorityClass": "priorityclasses", "SelfSubjectAccessReview": "selfsubjectaccessreviews",
    "SelfSubjectRulesReview": "selfsubjectrulesreviews", "SelfSubjectReview": "selfsubjectreviews",
    "SubjectAccessReview": "subjectaccessreviews", "EndpointSlice": "endpointslices", "Endpoints": "endpoints",
    "LimitRange": "limitranges", "ResourceQuota": "resourcequotas",
}  # fmt: skip
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


def place(what: str) -> str:
    """The path of a resource ("configmaps", "configmaps/a", "deployments/d/scale") or a path as it is."""
    if what.startswith("/"):
        return what
    return f"/{_PLACES[what.split('/', maxsplit=1)[0]]}/{what}"


def place_of(obj: Obj, *, named: bool = True) -> str:
    """Where an object of that kind lives."""
    plural = _KINDS[obj["kind"]]
    path = f"/{_PLACES[plural]}/{plural}"
    if "/v" in str(obj.get("apiVersion")) and plural == "widgets":
        path = path.replace("/v1/", f"/{obj['apiVersion'].rsplit('/', 1)[1]}/", 1)
    return f"{path}/{obj['metadata']['name']}" if named else path


@dataclass(frozen=True, slots=True)
class Step:
    """One request, or a wait. body: JSON, bytes as they are, or a function of the answers so far."""

    method: str
    path: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    is_shown: bool = False
    is_quiet: bool = False
    wanted: Callable[[Answer], bool] | None = None
    enough: Callable[[list[Any]], bool] | None = None

    def only(self, *fields: str) -> Step:
        """Compares these fields (dotted paths) of the body and no others."""
        return replace(self, fields=fields, is_shown=True)

    def shown(self) -> Step:
        return replace(self, is_shown=True)

    def quiet(self) -> Step:
        """Compares the status alone, wherever the step stands."""
        return replace(self, is_quiet=True)

    def until(self, wanted: Callable[[Answer], bool]) -> Step:
        """Asks again until the answer is as wanted; after 120 s the last answer is what counts."""
        return replace(self, wanted=wanted)

    def with_headers(self, **headers: str) -> Step:
        return replace(
            self, headers={**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )

    def run(self, client: Client, namespace: str, history: History) -> Answer:
        """Sends it."""
        body = self.body(history) if callable(self.body) else self.body
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            body = body.replace(b"$NS", namespace.encode())
        params = {name: str(value(history) if callable(value) else value) for name, value in self.params.items()}
        path = self.path + ("?" + urllib.parse.urlencode(params) if params else "")
        path = path.replace("$NS", namespace).replace("%24NS", namespace)
        headers = {"Content-Type": "application/json", **self.headers} if body is not None else dict(self.headers)
        headers = {name: value.replace("$NS", namespace) for name, value in headers.items()}
        if self.enough is not None:
            return client.stream(path, self.enough, headers=headers)
        end = time.monotonic() + 120
        while True:
            answer = client.send(self.method, path, body, headers=headers)
            if self.wanted is None or self.wanted(answer) or time.monotonic() > end:
                return answer
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Case:
    """name: what the server does, as a sentence. steps: in order."""

    name: str
    steps: tuple[Step, ...]
    controllers: bool = False


class Table:
    """The cases of one subject. controllers: they are about what controllers write, which is compared too."""

    def __init__(self, subject: str, *, controllers: bool = False) -> None:
        self.subject = subject
        self.controllers = controllers
        self.cases: list[Case] = []

    def __call__(self, name: str, *steps: Step | Sequence[Step]) -> None:
        flat: list[Step] = []
        for step in steps:
            flat.extend([step] if isinstance(step, Step) else step)
        self.cases.append(Case(name, tuple(flat), self.controllers))

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)


# --- requests -----------------------------------------------------------------------------------------------------


def get(what: str, **params: Any) -> Step:
    return Step("GET", place(what), params=params)


def raw(method: str, what: str, body: Any = None, kind: str = "application/json", **params: Any) -> Step:
    headers = {"Content-Type": kind} if body is not None else {}
    return Step(method, place(what), body, params, headers)


def table(what: str, **params: Any) -> Step:
    return Step("GET", place(what), params=params, headers={"Accept": TABLE})


def create(obj: Obj, what: str = "", **params: Any) -> Step:
    return Step("POST", place(what) if what else place_of(obj, named=False), obj, params)


def put(obj: Obj, what: str = "", **params: Any) -> Step:
    return Step("PUT", place(what) if what else place_of(obj), obj, params)


def apply(obj: Obj, manager: str = "one", what: str = "", **params: Any) -> Step:
    """A server-side apply. `force=True` takes fields of others."""
    if "force" in params:
        params["force"] = str(params["force"]).lower()
    sent = {"fieldManager": manager, **params} if manager else params
    return Step("PATCH", place(what) if what else place_of(obj), obj, sent, {"Content-Type": APPLY})


def merge(what: str, patch: Any, **params: Any) -> Step:
    return Step("PATCH", place(what), patch, params, {"Content-Type": MERGE})


def strategic(what: str, patch: Any, **params: Any) -> Step:
    return Step("PATCH", place(what), patch, params, {"Content-Type": STRATEGIC})


def json_patch(what: str, *operations: Obj, **params: Any) -> Step:
    return Step("PATCH", place(what), list(operations), params, {"Content-Type": JSON_PATCH})


def delete(what: str, options: Obj | None = None, **params: Any) -> Step:
    return Step("DELETE", place(what), options, params)


def edit(what: str, change: Callable[[Obj], object], manager: str = "editor", **params: Any) -> list[Step]:
    """Reads an object, changes it in place, and writes it back as a whole."""

    def changed(history: History) -> Obj:
        obj: Obj = json.loads(json.dumps(history[-1].body))
        if obj.get("kind") == "Deployment":  # its controller may have written the status meanwhile
            obj["metadata"].pop("resourceVersion")
        change(obj)
        return obj

    return [get(what).quiet(), Step("PUT", place(what), changed, {"fieldManager": manager, **params})]


def watch(what: str, count: int, **params: Any) -> Step:
    """Reads that many events."""
    return Step("GET", place(what), params={"watch": "1", **params}, enough=lambda found: len(found) >= count)


def answered(*path: str | int, of: int = -1) -> Callable[[History], Any]:
    """A value of an earlier answer: `answered("metadata", "resourceVersion", of=0)`."""

    def value(history: History) -> Any:
        found: Any = history[of].body
        for part in path:
            found = found[part]
        return found

    return value


def having(**wanted: Any) -> Callable[[Answer], bool]:
    """For `until`: these values are there; `status__replicas=2` is status.replicas."""

    def check(answer: Answer) -> bool:
        for path, value in wanted.items():
            found: Any = answer.body
            for part in path.split("__"):
                found = found.get(part) if isinstance(found, dict) else None
            if found != value:
                return False
        return True

    return check


def gone(answer: Answer) -> bool:
    """For `until`: it is there no longer."""
    return answer.status == 404


# --- objects ------------------------------------------------------------------------------------------------------


def config_map(name: str = "a", /, **data: str) -> Obj:
    obj: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    return {**obj, "data": data} if data else obj


def thing(kind: str, name: str, spec: Any = None, version: str = "v1", **metadata: Any) -> Obj:
    obj: Obj = {"apiVersion": version, "kind": kind, "metadata": {"name": name, **metadata}}
    return obj if spec is None else {**obj, "spec": spec}


def container(name: str = "app", image: str = "app:1", **more: Any) -> Obj:
    return {"name": name, "image": image, **more}


def template(*containers: Obj, labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    return {
        "metadata": {"labels": labels or {"app": "web"}},
        "spec": {"containers": list(containers or [container()]), **spec},
    }


def deployment(name: str = "web", *containers: Obj, **spec: Any) -> Obj:
    whole = {"selector": {"matchLabels": {"app": "web"}}, "template": template(*containers), **spec}
    return thing("Deployment", name, whole, "apps/v1")


def pod(name: str = "p", *containers: Obj, **spec: Any) -> Obj:
    return thing("Pod", name, {"containers": list(containers or [container()]), **spec})


def service(name: str = "s", *ports: Obj, **spec: Any) -> Obj:
    return thing("Service", name, {"selector": {"app": "web"}, "ports": list(ports or [{"port": 80}]), **spec})


def labelled(obj: Obj, **labels: str | None) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}


def annotated(obj: Obj, **annotations: str) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
