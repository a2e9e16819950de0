"""Reviews: what a caller may do and who it is (authorization.k8s.io, authentication.k8s.io)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields import managed
from gitops_tui.demo.hooks import Authenticator, Authorizer, User
from gitops_tui.demo.registry.bodies import Write, decode
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.scopes import scope
from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.status import bad_request, invalid

Obj = dict[str, Any]
KINDS = {
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
}


def owned(resource: Resource, body: Obj, write: Write, registry: Registry) -> Obj:
    """A review as the server reads it, with who owns what, or a time. Raises Fault 400, 422."""
    made = decode(resource, body, write)
    metadata = made["metadata"] = dict(made.get("metadata") or {})
    if resource.kind == "SelfSubjectReview":
        metadata["creationTimestamp"] = registry.clock.now()
        return made
    metadata.pop("managedFields", None)
    managers = managed.update(
        None, made, {}, scope(registry.catalogue, resource, ""), write.manager, registry.clock.now()
    )
    return dict(managed.with_managers(made, managers))


def review(
    plural: str, body: Obj, user: User, authorizer: Authorizer, authenticator: Authenticator, kind: str, version: str
) -> Obj:
    """The answered review. Raises Fault 422."""
    found = body.get("spec")
    spec: Obj = found if isinstance(found, dict) else {}
    metadata = {name: value for name, value in (body.get("metadata") or {}).items() if value is not None}
    made: Obj = {"kind": kind, "apiVersion": version, "metadata": metadata}
    if plural == "selfsubjectreviews":
        return {**made, "status": {"userInfo": _user(user)}}
    made["spec"] = spec
    if plural == "tokenreviews":
        if not spec.get("token"):
            raise bad_request("token is required for TokenReview in authentication")
        who = authenticator.user(str(spec.get("token") or ""))
        status: Obj = (
            {"authenticated": True, "user": _user(who)} if who else {"user": {}, "error": "invalid bearer token"}
        )
        return {**made, "status": status}
    if plural == "selfsubjectrulesreviews":
        namespace = spec.get("namespace") or ""
        if not namespace:
            raise bad_request("no namespace on request")
        resources, others = authorizer.rules(user, namespace)
        status = {"resourceRules": resources, "nonResourceRules": others, "incomplete": False}
        return {**made, "spec": {}, "status": status}
    if plural != "selfsubjectaccessreviews":
        if not spec.get("user") and not spec.get("groups"):
            said = "at least one of user or group must be specified"
            raise invalid("", "authorization.k8s.io", "", [invalid_value("spec.user", "", said)])
        user = User(str(spec.get("user") or ""), str(spec.get("uid") or ""), tuple(spec.get("groups") or ()))
    asked, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (asked is None) == (path is None):
        said = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        value = {"Path": path.get("path", ""), "Verb": path.get("verb", "")} if path is not None else None
        fault = invalid("", "authorization.k8s.io", "", [invalid_value("spec", value, said)])
        raise fault
    if plural == "localsubjectaccessreviews" and asked is not None:
        where = str(asked.get("namespace") or "")
        if where != metadata.get("namespace"):
            at = "spec.resourceAttributes.namespace"
            raise invalid("", "authorization.k8s.io", "", [invalid_value(at, where, "must match metadata.namespace")])
    if asked is not None:
        allowed = authorizer.allows(
            user,
            str(asked.get("verb") or ""),
            str(asked.get("group") or ""),
            str(asked.get("resource") or ""),
            str(asked.get("subresource") or ""),
            str(asked.get("namespace") or ""),
            str(asked.get("name") or ""),
        )
    else:
        assert path is not None
        allowed = authorizer.allows_path(user, str(path.get("verb") or ""), str(path.get("path") or ""))
    status = {"allowed": allowed}
    return {**made, "status": status}


def _user(user: User) -> Obj:
    made: Obj = {"username": user.name}
    if user.uid:
        made["uid"] = user.uid
    if user.groups:
        made["groups"] = list(user.groups)
    if user.extra:
        made["extra"] = {name: list(values) for name, values in user.extra.items()}
    return made
