"""What is asked of resources: each verb of the API, from the request to the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import yaml
from aiohttp import web

from gitops_tui.demo.hooks import Faults, RequestInfo
from gitops_tui.demo.http import bodies, contents, options
from gitops_tui.demo.http.accept import Form, form
from gitops_tui.demo.http.reads import listed, page, shown
from gitops_tui.demo.http.watching import Watch
from gitops_tui.demo.patches.merge import json_patch, merge_patch
from gitops_tui.demo.patches.strategic import strategic_merge
from gitops_tui.demo.registry import patching, scale
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.deletes import deleted_answer
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.registry.subresources import bind, evict, finalize
from gitops_tui.demo.status import Fault, method_not_allowed, no_such_resource, not_found

Obj = dict[str, Any]
_APPLY = ("application/apply-patch+yaml", "application/apply-patch+cbor")
_JSON_PATCH, _MERGE = "application/json-patch+json", "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"


def answer(
    value: Any, status: int = 200, wanted: Form | None = None, warnings: list[str] | None = None
) -> web.Response:
    """The answer with an object."""
    if wanted is not None and wanted.yaml:
        body = yaml.safe_dump(value, allow_unicode=True).encode()
        kind = "application/yaml"
    else:
        body = orjson.dumps(value) + b"\n"
        kind = "application/json"
    response = web.Response(
        status=status, body=body, headers={"Content-Type": kind, "Cache-Control": "no-cache, private"}
    )
    for said in warnings or ():
        quoted = said.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


_PODS_STAY = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_OLD_ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"


def _deprecated(resource: Resource) -> list[str]:
    """What every answer about a resource warns of."""
    if resource.custom is not None:
        return [resource.custom.deprecated] if resource.custom.deprecated else []
    said = {"Endpoints": _OLD_ENDPOINTS, "ComponentStatus": "v1 ComponentStatus is deprecated in v1.19+"}
    return [said[resource.kind]] if not resource.group and resource.kind in said else []


# What a PUT makes where it isn't there (`AllowCreateOnUpdate` of the real strategies).
_MADE_BY_UPDATE = {
    ("", "Endpoints"),
    ("", "Event"),
    ("events.k8s.io", "Event"),
    ("", "LimitRange"),
    ("", "Service"),
    ("coordination.k8s.io", "Lease"),
    ("node.k8s.io", "RuntimeClass"),
    *(("rbac.authorization.k8s.io", kind) for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")),
}


class Verbs:
    """Answers requests for resources."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._writes = registry.writes
        self.faults: Faults | None = None
        self.closing = asyncio.Event()
        self._watches: set[Watch] = set()

    def close(self) -> None:
        """Ends all watches."""
        self.closing.set()
        for watch in self._watches:
            watch.close()

    async def respond(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        """Raises Fault."""
        verb, sub = info.verb, info.subresource
        if sub and sub not in resource.subresources:
            if resource.custom is not None and sub in ("status", "scale"):
                raise not_found(resource.plural, resource.group, info.name)
            raise no_such_resource()
        known = resource.subresources[sub].verbs if sub else resource.verbs
        if not verb or (verb not in known and not (sub and verb == "create" and "create" in known)):
            raise method_not_allowed()
        if (verb == "create" and info.name and not sub) or (verb in ("update", "patch") and not info.name):
            raise method_not_allowed()
        if resource.namespaced and not info.namespace and verb not in ("list", "watch"):
            raise method_not_allowed() if verb in ("create", "deletecollection") else no_such_resource()
        if not resource.namespaced and info.namespace and resource.kind != "Namespace":
            raise no_such_resource()
        if verb == "watch":
            return await self._watch(request, info, resource)
        if verb == "list":
            return self._list(request, info, resource)
        if verb == "get":
            return self._get(request, info, resource)
        if verb in ("delete", "deletecollection"):
            return await self._delete(request, info, resource)
        return await self._write(request, info, resource)

    def _place(self, info: RequestInfo, resource: Resource) -> str:
        return info.namespace if resource.namespaced else ""

    # --- reads --------------------------------------------------------------------------------------------------------

    def _get(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.Response:
        wanted = form(request.headers, request.query, tables=True)
        _read_version(request)
        if (asked := options.version(request.query.get("resourceVersion", ""))) > self._registry.objects.version:
            raise options.too_large(asked, self._registry.objects.version)
        found = self._writes.stored(resource, self._place(info, resource), info.name)
        if info.subresource == "scale":
            return answer(scale.read(resource, self._writes.seen(resource, found)), 200, wanted)
        if info.subresource not in ("", "status", "approval", "resize", "ephemeralcontainers"):
            raise no_such_resource()
        return answer(shown(self._registry, resource, found, wanted), 200, wanted, _deprecated(resource))

    def _list(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.Response:
        wanted = form(request.headers, request.query, tables=True, many=True)
        found = page(self._registry, resource, self._place(info, resource), request.query)
        return answer(listed(self._registry, resource, found, wanted), 200, wanted, _deprecated(resource))

    async def _watch(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        wanted = form(request.headers, request.query, tables=True, many=True, stream=True)
        _read_version(request)
        watch = Watch(self._registry, resource, info, request.query, wanted, self.closing)
        self._watches.add(watch)
        try:
            return await watch.run(request, self.faults)
        finally:
            self._watches.discard(watch)

    # --- writes -------------------------------------------------------------------------------------------------------

    def _how(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> Write:
        made = contents.write(request, info)
        made.warnings += _deprecated(resource)
        return made

    async def _write(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        if info.verb == "patch":
            return await self._patch(request, info, resource)
        wanted = form(request.headers, request.query, tables=True)
        dry = request.query.getall("dryRun", [])
        kind = "UpdateOptions" if info.verb == "update" else "CreateOptions"
        data = await bodies.read(request)
        options.check_write(kind, request.query, dry)
        twice: list[str] = []
        expects, declared = contents.expected(resource, info)
        body, keys = bodies.obj(data, bodies.content_type(request), expects.kind, declared, twice)
        contents.check_kind(body, expects, custom=resource.custom is not None)
        how = self._how(request, info, resource)
        namespace = self._place(info, resource)
        if info.subresource:
            return self._write_subresource(info, resource, body, how, wanted)
        if resource.kind == "Binding" and not resource.group:
            name = str((body.get("metadata") or {}).get("name") or "")
            return answer(bind(self._registry, namespace, name, body, how), 201, wanted)
        how.repeated = tuple(twice)
        contents.find_duplicates(data, body, keys, how)
        is_new = self._registry.get(resource.storage, namespace, info.name) is None
        if info.verb == "create" or (is_new and (resource.group, resource.kind) in _MADE_BY_UPDATE):
            with bodies.numbers_as_written(data):
                made = self._writes.create(resource, namespace, body, how)
            return answer(shown(self._registry, resource, made, wanted), 201, wanted, how.warnings)
        with bodies.numbers_as_written(data):
            made = self._writes.replace(resource, namespace, info.name, body, how)
        return answer(shown(self._registry, resource, made, wanted), 200, wanted, how.warnings)

    def _write_subresource(
        self, info: RequestInfo, resource: Resource, body: Obj, how: Write, wanted: Form
    ) -> web.StreamResponse:
        namespace = self._place(info, resource)
        if info.subresource == "scale":
            made = scale.write(self._writes, resource, namespace, info.name, lambda _: body, how)
            return answer(made, 200, wanted, how.warnings)
        if info.subresource == "eviction":
            return answer(evict(self._registry, namespace, info.name, body, how), 201, wanted)
        if info.subresource == "binding":
            return answer(bind(self._registry, namespace, info.name, body, how), 201, wanted)
        if info.subresource == "finalize" and resource.kind == "Namespace":
            return answer(finalize(self._registry, info.name, body), 200, wanted)
        if info.verb == "create":
            raise method_not_allowed()
        made = self._writes.replace(resource, namespace, info.name, body, how, info.subresource)
        return answer(shown(self._registry, resource, made, wanted), 200, wanted, how.warnings)

    async def _patch(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        wanted = form(request.headers, request.query, tables=True)
        kind = bodies.content_type(request)
        apply = kind in _APPLY
        if kind not in (_JSON_PATCH, _MERGE, _STRATEGIC, "application/apply-patch+yaml"):
            raise Fault(415, "UnsupportedMediaType", "415: Unsupported Media Type", details={})
        if kind == _STRATEGIC and resource.custom is not None:
            raise bodies.unsupported(f"{_JSON_PATCH}, {_MERGE}, application/apply-patch+yaml")
        data = await bodies.read(request)
        options.check_write("PatchOptions", request.query, request.query.getall("dryRun", []), apply=apply, patch=True)
        how = self._how(request, info, resource)
        namespace = self._place(info, resource)
        if apply:
            return self._apply(request, info, resource, data, how, wanted)
        patch = contents.patch(data, a_list=kind == _JSON_PATCH)
        how.whole = kind == _STRATEGIC
        if kind != _JSON_PATCH:
            contents.find_duplicates(data, patch, data.count(b'":'), how)

        def changed(live: Obj) -> Obj:
            if kind == _JSON_PATCH:
                return dict(json_patch(live, patch))
            if kind == _MERGE:
                return dict(merge_patch(live, patch))
            return dict(strategic_merge(live, patch, resource.type))

        if info.subresource == "scale":
            made = scale.write(self._writes, resource, namespace, info.name, changed, how)
            return answer(made, 200, wanted, how.warnings)
        try:
            made = patching.patch(self._writes, resource, namespace, info.name, changed, how, info.subresource)
        except Fault as fault:
            raise contents.unrecognized(fault, patch) if kind == _STRATEGIC else fault from None
        return answer(shown(self._registry, resource, made, wanted), 200, wanted, how.warnings)

    def _apply(
        self, request: web.BaseRequest, info: RequestInfo, resource: Resource, data: bytes, how: Write, wanted: Form
    ) -> web.StreamResponse:
        body = contents.applied(data, how)
        force = options.truth(request.query, "force")
        namespace = self._place(info, resource)
        if info.subresource == "scale":
            made = scale.apply(self._writes, resource, namespace, info.name, body, how, force=force)
            return answer(made, 200, wanted, how.warnings)
        made, new = self._registry.applies.apply(
            resource, namespace, info.name, body, how, force=force, subresource=info.subresource
        )
        return answer(shown(self._registry, resource, made, wanted), 201 if new else 200, wanted, how.warnings)

    # --- deletes ------------------------------------------------------------------------------------------------------

    async def _delete(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        wanted = form(request.headers, request.query, tables=True, many=info.verb == "deletecollection")
        data = await bodies.read(request) if request.can_read_body else b""
        given = contents.delete_options(request, data)
        how = self._how(request, info, resource)
        how.dry_run = bool(given.get("dryRun"))
        if resource.kind == "Job" and not given.get("propagationPolicy") and given.get("orphanDependents") is None:
            how.warnings.append(_PODS_STAY)
        namespace = self._place(info, resource)
        deletes = self._registry.deletes
        if info.verb == "delete":
            made, gone = deletes.delete(resource, namespace, info.name, given, how)
            status = 202 if not gone and given.get("orphanDependents") is False else 200
            told = deleted_answer(resource, made, gone=gone)
            if told is made:
                told = shown(self._registry, resource, made, wanted)
            return answer(told, status, wanted, how.warnings)
        found_page = page(self._registry, resource, namespace, request.query)
        items = []
        for each in found_page.items:
            metadata = each["metadata"]
            try:
                made, _ = deletes.delete(resource, metadata.get("namespace") or "", metadata["name"], given, how)
            except Fault as fault:
                if fault.status != 404:
                    raise
                continue
            items.append(
                self._registry.objects.get(resource.storage, metadata.get("namespace") or "", metadata["name"]) or each
            )
        found_page.items = items
        found_page.metadata["resourceVersion"] = str(self._registry.objects.version)
        return answer(listed(self._registry, resource, found_page, wanted), 200, wanted, how.warnings)


def _read_version(request: web.BaseRequest) -> None:
    """Gets and watches refuse a version that is none otherwise than lists do."""
    try:
        options.version(request.query.get("resourceVersion", ""))
    except Fault as fault:
        raise Fault(500, "", fault.message.removeprefix("invalid resource version: ")) from None
