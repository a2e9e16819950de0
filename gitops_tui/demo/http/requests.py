"""A request as the API server reads it (k8s.io/apiserver pkg/endpoints/request/requestinfo.go)."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_tui.demo.hooks import RequestInfo, User

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_OF_NAMESPACE = ("status", "finalize")


def parse(method: str, path: str, query: Mapping[str, str], user: User) -> RequestInfo:
    """What a request asks for."""
    parts = [part for part in path.split("/") if part]
    plain = RequestInfo(method, path, method.lower(), user=user)
    if len(parts) < 3 or parts[0] not in ("api", "apis"):
        return plain
    if parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    else:
        if len(parts) < 4:
            return plain
        group, version, rest = parts[1], parts[2], parts[3:]
    verb = _VERBS.get(method, "")
    watching = False
    if rest[0] == "watch" and len(rest) > 1:
        watching, rest = True, rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and not (len(rest) == 3 and rest[2] in _OF_NAMESPACE):
            rest = rest[2:]
    resource = rest[0]
    name = rest[1] if len(rest) > 1 else ""
    subresource = "/".join(rest[2:])
    if resource == "namespaces":
        namespace = name
    if verb == "get" and not name:
        verb = "watch" if _watching(query) else "list"
    if verb == "delete" and not name:
        verb = "deletecollection"
    if watching:
        verb = "watch"
    return RequestInfo(method, path, verb, group, version, resource, subresource, namespace, name, user, True)


def _watching(query: Mapping[str, str]) -> bool:
    return query.get("watch") is not None and query["watch"] not in ("0", "false")
