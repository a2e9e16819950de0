"""Who somebody is and what they may do, from Role, ClusterRole and binding objects, as the RBAC authorizer has it.

On demand: a cluster where everybody with a token may do everything is the default. Tokens: the administrator's, those
that `Rbac.token` makes for a user, and those that service accounts ask for (the `token` subresource).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any, Protocol

import orjson
from aiohttp import web

from gitops_tui.demo.clock import Clock, stamp
from gitops_tui.demo.hooks import ADMIN, RequestInfo, Rules, User
from gitops_tui.demo.http import bodies, contents
from gitops_tui.demo.registry.decode import DecodeError, Decoder
from gitops_tui.demo.registry.resources import definitions
from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.status import Fault, bad_request, forbidden, invalid, method_not_allowed, not_found
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_GROUP = "rbac.authorization.k8s.io"
_ROLE, _BINDING = GVK(_GROUP, "v1", "Role"), GVK(_GROUP, "v1", "RoleBinding")
_CLUSTER_ROLE, _CLUSTER_BINDING = GVK(_GROUP, "v1", "ClusterRole"), GVK(_GROUP, "v1", "ClusterRoleBinding")
_TOKEN_REQUEST = GVK("authentication.k8s.io", "v1", "TokenRequest")
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_VIEWED = {
    "": "configmaps endpoints events limitranges namespaces persistentvolumeclaims pods pods/log pods/status "
    "replicationcontrollers resourcequotas serviceaccounts services",
    "apps": "controllerrevisions daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets "
    "statefulsets/scale",
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs jobs",
    "discovery.k8s.io": "endpointslices",
    "networking.k8s.io": "ingresses networkpolicies",
    "policy": "poddisruptionbudgets",
}
_NOT_EDITED = {"namespaces", "events", "limitranges", "resourcequotas", "pods/log", "pods/status", "endpointslices"}
# What everybody who is known may do (system:basic-user, system:discovery, system:public-info-viewer).
_EVERYBODY: list[Obj] = [
    {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
    {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
    {
        "verbs": ["get"],
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*"],
    },
    {"verbs": ["get"], "nonResourceURLs": ["/readyz", "/version", "/version/"]},
]


class _Registry(Protocol):
    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None: ...
    def list(self, gvk: GVK, namespace: str = "") -> list[Obj]: ...
    def create(self, obj: Obj, *, manager: str) -> Obj: ...


class Rbac:
    """Authenticator and authorizer of one cluster."""

    def __init__(self, registry: _Registry, clock: Clock, admin_token: str) -> None:
        self._registry, self._clock = registry, clock
        self._users: dict[str, User] = {admin_token: ADMIN}
        for obj in _standard_roles():
            if registry.get(_CLUSTER_ROLE, "", obj["metadata"]["name"]) is None:
                registry.create(obj, manager="kube-apiserver")

    # --- tokens -------------------------------------------------------------------------------------------------------

    def user(self, token: str) -> User | None:
        """Whose token it is, None where nobody's."""
        given = token.encode("utf-8", "surrogateescape")
        found = None
        for known, user in self._users.items():
            if secrets.compare_digest(known.encode(), given):
                found = user
        return found

    def token(self, name: str, *groups: str) -> str:
        """A new token for a user."""
        made = secrets.token_urlsafe(24)
        self._users[made] = User(name, groups=(*groups, "system:authenticated"))
        return made

    def reader(self, name: str = "reader") -> str:
        """A token for somebody who may read everything that the ClusterRole `view` shows, everywhere."""
        self._bind(name, "view", "")
        return self.token(name)

    def tenant(self, namespace: str, name: str = "tenant") -> str:
        """A token for somebody who may change what is in one namespace (ClusterRole `edit`), and see nothing else."""
        self._bind(name, "edit", namespace)
        return self.token(name)

    def _bind(self, user: str, role: str, namespace: str) -> None:
        gvk = _BINDING if namespace else _CLUSTER_BINDING
        name = f"{user}-{role}"
        if self._registry.get(gvk, namespace, name) is not None:
            return
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        self._registry.create(
            {
                "apiVersion": f"{_GROUP}/v1",
                "kind": gvk.kind,
                "metadata": metadata,
                "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": user}],
            },
            manager="kube-apiserver",
        )

    async def handle_token(self, request: web.Request, info: RequestInfo, account: Obj) -> web.StreamResponse:
        """The `token` subresource of a service account (TokenRequest)."""
        if info.verb != "create":
            raise method_not_allowed()
        declared = definitions().type("io.k8s.api.authentication.v1.TokenRequest")
        asked, _ = bodies.obj(await bodies.read(request), bodies.content_type(request), _TOKEN_REQUEST.kind, declared)
        contents.check_kind(asked, _TOKEN_REQUEST)
        try:
            spec = Decoder().object(asked, declared).get("spec") or {}
        except DecodeError as error:
            said = 'TokenRequest in version "v1" cannot be handled as a TokenRequest'
            raise bad_request(f"{said}: {error}") from None
        seconds = int(spec.get("expirationSeconds") or 3600)
        said = ""
        if seconds < 600:
            said = "may not specify a duration less than 10 minutes"
        elif seconds > 2**32:
            said = "may not specify a duration larger than 2^32 seconds"
        if said:
            wrong = invalid_value("spec.expirationSeconds", seconds, said)
            raise invalid("TokenRequest", "authentication.k8s.io", "", [wrong])
        bound = spec.get("boundObjectRef")
        if bound and bound.get("kind") in ("Pod", "Secret"):
            gvk = GVK("", "v1", bound["kind"])
            if self._registry.get(gvk, account["metadata"]["namespace"], str(bound.get("name") or "")) is None:
                raise not_found(f"{bound['kind'].lower()}s", "", str(bound.get("name") or ""))
        namespace, name = account["metadata"]["namespace"], account["metadata"]["name"]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        part = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode().rstrip("=")
        token = f"{part}.{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(24)}"
        uid = str(account["metadata"].get("uid", ""))
        user = User(f"system:serviceaccount:{namespace}:{name}", uid, groups)
        self._users[token] = user
        self._clock.later(seconds, lambda: self._users.pop(token, None))
        made = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": self._clock.now()},
            "spec": {
                "audiences": spec.get("audiences") or ["https://kubernetes.default.svc"],
                "expirationSeconds": seconds,
                "boundObjectRef": bound or None,
            },
            "status": {"token": token, "expirationTimestamp": stamp(self._clock.time() + seconds)},
        }
        return web.Response(body=orjson.dumps(made), status=201, content_type="application/json")

    # --- rights -------------------------------------------------------------------------------------------------------

    def allows(
        self, user: User, verb: str, group: str, resource: str, subresource: str, namespace: str, name: str
    ) -> bool:
        """Whether the user may do that to the resource (namespace "": all, or none at all)."""
        if "system:masters" in user.groups:
            return True
        wanted = f"{resource}/{subresource}" if subresource else resource
        return any(
            _matches(rule.get("verbs"), verb)
            and _matches(rule.get("apiGroups"), group)
            and (_matches(rule.get("resources"), wanted) or _any_of(rule, subresource))
            and (not rule.get("resourceNames") or name in rule["resourceNames"])
            for rule in self._rules(user, namespace)
        )

    def allows_path(self, user: User, verb: str, path: str) -> bool:
        """Whether the user may ask for a path that is no resource."""
        if "system:masters" in user.groups:
            return True
        return any(
            _matches(rule.get("verbs"), verb)
            and any(_path_fits(each, path) for each in rule.get("nonResourceURLs") or ())
            for rule in self._rules(user, "")
        )

    def rules(self, user: User, namespace: str) -> Rules:
        """Resource rules and non-resource rules in a namespace, as in SelfSubjectRulesReview."""
        found = list(self._rules(user, namespace))
        if "system:masters" in user.groups:
            found = [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
                {"verbs": ["*"], "nonResourceURLs": ["*"]},
            ]
        named = ("verbs", "apiGroups", "resources", "resourceNames")
        of_resources = [{key: rule[key] for key in named if rule.get(key)} for rule in found if rule.get("resources")]
        paths = [
            {"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}
            for rule in found
            if rule.get("nonResourceURLs")
        ]
        return of_resources, paths

    def check_grant(self, obj: Obj | None, old: Obj | None, info: RequestInfo) -> None:
        """Nobody gives rights that one has not oneself. Raises Fault (403) in the API server's words."""
        if obj is None or info.group != _GROUP or "system:masters" in info.user.groups or info.subresource:
            return
        namespace = info.namespace
        if info.resource in ("roles", "clusterroles"):
            if old is not None and (obj.get("rules") or []) == (old.get("rules") or []):
                return
            if self.allows(info.user, "escalate", _GROUP, info.resource, "", namespace, info.name):
                return
            given = list(obj.get("rules") or ())
        else:
            reference = obj["roleRef"]
            plural = "roles" if reference["kind"] == "Role" else "clusterroles"
            if self.allows(info.user, "bind", _GROUP, plural, "", namespace, reference["name"]):
                return
            given = self._role(obj, namespace)
        held = list(self._rules(info.user, namespace))
        missing = [each for rule in given for each in _single(rule) if not any(_covers(has, each) for has in held)]
        if not missing:
            return
        user = info.user
        groups = ", ".join(f'"{each}"' for each in user.groups)
        told = "\n".join(dict.fromkeys(_go_rule(each) for each in missing))
        why = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{told}'
        raise forbidden(info.resource, _GROUP, obj["metadata"]["name"], why)

    def _rules(self, user: User, namespace: str) -> Iterator[Obj]:
        if "system:authenticated" in user.groups:
            yield from _EVERYBODY
        for binding in self._registry.list(_CLUSTER_BINDING):
            if _concerns(binding, user, ""):
                yield from self._role(binding, "")
        if namespace:
            for binding in self._registry.list(_BINDING, namespace):
                if _concerns(binding, user, namespace):
                    yield from self._role(binding, namespace)

    def _role(self, binding: Obj, namespace: str) -> list[Obj]:
        reference = binding["roleRef"]
        gvk, where = (_ROLE, namespace) if reference["kind"] == "Role" else (_CLUSTER_ROLE, "")
        role = self._registry.get(gvk, where, reference["name"])
        return list((role or {}).get("rules") or ())


def _single(rule: Obj) -> Iterator[Obj]:
    """A rule as rules of one verb and one resource each."""
    for verb in rule.get("verbs") or ():
        for path in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [path]}
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                made = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
                yield {**made, **({"resourceNames": rule["resourceNames"]} if rule.get("resourceNames") else {})}


def _covers(held: Obj, one: Obj) -> bool:
    """Whether a rule holds all that a single one gives."""
    if not _matches(held.get("verbs"), one["verbs"][0]):
        return False
    if "nonResourceURLs" in one:
        return any(_path_fits(each, one["nonResourceURLs"][0]) for each in held.get("nonResourceURLs") or ())
    names = held.get("resourceNames")
    return (
        _matches(held.get("apiGroups"), one["apiGroups"][0])
        and _matches(held.get("resources"), one["resources"][0])
        and (not names or set(one.get("resourceNames") or [""]) <= set(names))
    )


def _go_rule(rule: Obj) -> str:
    """A rule as refusals tell it."""
    words = (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    )
    told = [f"{word}:{orjson.dumps(rule[name]).decode()}" for name, word in words if rule.get(name)]
    return "{" + ", ".join(told) + "}"


def _matches(values: Any, wanted: str) -> bool:
    return bool(values) and ("*" in values or wanted in values)


def _any_of(rule: Obj, subresource: str) -> bool:
    return bool(subresource) and f"*/{subresource}" in (rule.get("resources") or ())


def _path_fits(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _concerns(binding: Obj, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name in ("*", user.name):
            return True
        if kind == "Group" and name in user.groups:
            return True
        where = subject.get("namespace") or namespace
        if kind == "ServiceAccount" and user.name == f"system:serviceaccount:{where}:{name}":
            return True
    return False


def impersonated(user: User, headers: Any, rights: Any) -> User:
    """The user that the request's `Impersonate-*` headers name, where this one may; the user itself without them.

    headers: a case-insensitive multidict. rights: an `Authorizer`. Raises Fault (403) where it may not.
    """
    name = headers.get("Impersonate-User")
    if not name:
        if groups := headers.getall("Impersonate-Group", ()):
            told = ", ".join(f'"{each}"' for each in groups)
            raise bad_request(
                f'requested &user.DefaultInfo{{Name:"", UID:"", Groups:[]string{{{told}}}, '
                "Extra:map[string][]string(nil)} without impersonating a user name"
            )
        return user
    groups = tuple(headers.getall("Impersonate-Group", ()))
    asked = [("users", name), *(("groups", each) for each in groups)]
    if name.startswith("system:serviceaccount:") and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        asked[0] = ("serviceaccounts", account)
        groups = groups or ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    for resource, wanted in asked:
        if not rights.allows(user, "impersonate", "", resource, "", "", wanted):
            said = (
                f'{resource} "{wanted}" is forbidden: User "{user.name}" cannot impersonate resource "{resource}" '
                'in API group "" at the cluster scope'
            )
            raise Fault(403, "Forbidden", said, details={"name": wanted, "kind": resource})
    if name != "system:anonymous" and "system:unauthenticated" not in groups:
        groups = (*groups, "system:authenticated")
    return User(name, groups=groups)


def _standard_roles() -> list[Obj]:
    """The ClusterRoles that bindings name most: cluster-admin, admin, edit and view."""

    def role(name: str, rules: list[Obj]) -> Obj:
        labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
        metadata = {"name": name, "labels": labels}
        return {"apiVersion": f"{_GROUP}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}

    def of(verbs: list[str], without: set[str]) -> list[Obj]:
        made = []
        for group, words in _VIEWED.items():
            resources = [each for each in words.split() if each not in without]
            if resources:
                made.append({"apiGroups": [group], "resources": resources, "verbs": verbs})
        return made

    every = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]
    more = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": [*_READ, *_WRITE]},
        {"apiGroups": [""], "resources": ["pods/exec", "pods/portforward", "pods/attach"], "verbs": ["get", "create"]},
    ]
    edit = [*of(_READ, set()), *of(_WRITE, _NOT_EDITED), *more]
    rights = [{"apiGroups": [_GROUP], "resources": ["rolebindings", "roles"], "verbs": [*_READ, *_WRITE]}]
    return [
        role("cluster-admin", every),
        role("admin", [*edit, *rights]),
        role("edit", edit),
        role("view", of(_READ, set())),
    ]
