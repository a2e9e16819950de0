"""What is asked of resources: each verb of the API, from the request to the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import yaml
from aiohttp import web

from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.hooks import Faults, RequestInfo
from gitops_tui.demo.http import bodies, gojson, options
from gitops_tui.demo.http.accept import Form, form
from gitops_tui.demo.http.reads import listed, page, shown
from gitops_tui.demo.http.watching import Watch
from gitops_tui.demo.patches.merge import json_patch, merge_patch
from gitops_tui.demo.patches.strategic import go_map, strategic_merge
from gitops_tui.demo.registry import scale
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.deletes import deleted_answer
from gitops_tui.demo.registry.eviction import evict
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource, definitions
from gitops_tui.demo.status import Fault, bad_request, method_not_allowed, no_such_resource, not_found
from gitops_tui.model.keys import GVK

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
        query = request.query
        manager = query.get("fieldManager") or request.headers.get("User-Agent", "").split("/")[0][:128] or "unknown"
        made = Write(manager, bool(query.get("dryRun")), query.get("fieldValidation") or "Warn", info)
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
        expects = resource.subresources[info.subresource].kind.kind if info.subresource else resource.kind
        twice: list[str] = []
        body, keys = bodies.obj(data, _content(request), expects, self._type(resource, info), twice)
        self._expected(resource, info, body)
        how = self._how(request, info, resource)
        namespace = self._place(info, resource)
        if info.subresource:
            return self._write_subresource(info, resource, body, how, wanted)
        if resource.kind == "Binding" and not resource.group:
            name = str((body.get("metadata") or {}).get("name") or "")
            return answer(self._bind(namespace, name, body, how), 201, wanted)
        how.repeated = tuple(twice)
        self._find_duplicates(data, body, keys, how)
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
            return answer(self._bind(namespace, info.name, body, how), 201, wanted)
        if info.subresource == "finalize" and resource.kind == "Namespace":
            return answer(self._finalize(info.name, body), 200, wanted)
        if info.verb == "create":
            raise method_not_allowed()
        made = self._writes.replace(resource, namespace, info.name, body, how, info.subresource)
        return answer(shown(self._registry, resource, made, wanted), 200, wanted, how.warnings)

    def _bind(self, namespace: str, name: str, body: Obj, how: Write) -> Obj:
        resource = self._registry.resource(GVK("", "v1", "Pod"))
        old = self._writes.stored(resource, namespace, name)
        if (old.get("spec") or {}).get("nodeName"):
            from gitops_tui.demo.status import conflict

            raise conflict(
                "pods/binding", "", name, f'pod {name} is already assigned to node "{old["spec"]["nodeName"]}"'
            )
        if not (body.get("target") or {}).get("name"):
            raise Fault(500, "", "target.name: Required value")
        if not how.dry_run:
            node = (body.get("target") or {}).get("name") or ""
            self._registry.objects.put(resource.storage, {**old, "spec": {**old["spec"], "nodeName": node}})
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _finalize(self, name: str, body: Obj) -> Obj:
        resource = self._registry.resource(GVK("", "v1", "Namespace"))
        old = self._writes.stored(resource, "", name)
        left = (body.get("spec") or {}).get("finalizers") or []
        spec = {key: value for key, value in (old.get("spec") or {}).items() if key != "finalizers"}
        made: Obj = {**old, "spec": {**spec, "finalizers": left} if left else spec}
        if "kubernetes" not in left and old["metadata"].get("deletionTimestamp"):
            self._registry.finalize_namespace(name)
            return made
        return self._registry.objects.put(resource.storage, made)

    @staticmethod
    def _type(resource: Resource, info: RequestInfo) -> Type:
        """The type of what a request brings."""
        if not info.subresource:
            return resource.type
        kind = resource.subresources[info.subresource].kind
        if kind == resource.gvk:
            return resource.type
        group = kind.group.partition(".")[0] or "core"
        return definitions().type(f"io.k8s.api.{group}.{kind.version}.{kind.kind}")

    @staticmethod
    def _expected(resource: Resource, info: RequestInfo, body: Obj) -> None:
        """A body that says what it is must be what its address says."""
        expects = resource.subresources[info.subresource].kind if info.subresource else resource.gvk
        kind, version = body.get("kind"), body.get("apiVersion")
        for name, value in (("kind", kind), ("apiVersion", version)):
            if value is not None and not isinstance(value, str):
                raise bad_request(
                    f"the object provided is unrecognized (must be of type {expects.kind}): couldn't get version/kind; "
                    f"json parse error: json: cannot unmarshal {_json_kind(value)} into Go struct field .{name} of type string"
                )
        if not kind and not version:
            body["kind"], body["apiVersion"] = expects.kind, expects.api_version
            return
        given = GVK.of(version or expects.api_version, kind or expects.kind)
        if given == expects:
            return
        if resource.custom is not None or (given.kind == expects.kind and given.group == expects.group):
            said = f"the API version in the data ({given.api_version}) does not match the expected API version"
            raise bad_request(f"{said} ({expects.api_version})")
        ours = expects.group.partition(".")[0] or "core"
        raise bad_request(
            f'{given.kind} in version "{given.version}" cannot be handled as a {expects.kind}: '
            f"converting ({given.version}.{given.kind}) to ({ours}.{expects.kind}): unknown conversion"
        )

    @staticmethod
    def _find_duplicates(data: bytes, body: Obj, keys: int | None, how: Write) -> None:
        """Keys that stand twice in one object; looked for only where the text has more keys than the object."""
        if keys is None or how.validation == "Ignore":
            return
        if keys != _count_keys(body):
            how.duplicates = bodies.duplicates(data)

    async def _patch(self, request: web.BaseRequest, info: RequestInfo, resource: Resource) -> web.StreamResponse:
        wanted = form(request.headers, request.query, tables=True)
        kind = _content(request)
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
        patch = _patch_body(data, kind)
        how.whole = kind == _STRATEGIC
        if how.validation != "Ignore" and kind != _JSON_PATCH and data.count(b'":') != _count_keys(patch):
            how.duplicates = bodies.duplicates(data)

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
            made = self._writes.patch(resource, namespace, info.name, changed, how, info.subresource)
        except Fault as fault:
            raise _unrecognized(fault, patch) if kind == _STRATEGIC else fault from None
        return answer(shown(self._registry, resource, made, wanted), 200, wanted, how.warnings)

    def _apply(
        self, request: web.BaseRequest, info: RequestInfo, resource: Resource, data: bytes, how: Write, wanted: Form
    ) -> web.StreamResponse:
        twice: list[str] = []
        try:
            body = bodies.yaml_value(data, twice)
        except ValueError as error:
            raise bad_request(f"error encoding patch: {error}") from None
        if not twice and how.validation != "Ignore" and data[:1] == b"{":
            twice = [f'line 1: key "{each.rpartition(".")[2]}" already set in map' for each in bodies.duplicates(data)]
        if twice and how.validation == "Strict":
            listed = "".join(f"\n  {each}" for each in twice)
            said = "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:"
            raise bad_request(said + listed)
        how.repeated = tuple(twice)
        body = {} if body is None else body
        if not isinstance(body, dict):
            given = "array" if isinstance(body, list) else "string" if isinstance(body, str) else "number"
            raise bad_request(
                "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                f"{given} into Go value of type map[string]interface {{}}"
            )
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
        given: Obj = {}
        if data.strip():
            try:
                found, _ = bodies.obj(data, _content(request), "DeleteOptions", definitions().type(_DELETE_OPTIONS))
            except Fault as fault:
                if fault.status == 400:
                    fault.message = fault.message.partition("): ")[2].rpartition(" (")[0] or fault.message
                raise
            given = found
            if (kind := given.get("kind")) and kind != "DeleteOptions":
                group, _, version = str(given.get("apiVersion") or "").rpartition("/")
                of = f'version "{group}/{version}"' if group else f'version "{version}"'
                raise bad_request(f'no kind "{kind}" is registered for {of} in scheme "pkg/runtime/scheme.go:111"')
        query = request.query
        # A body's options are all there are: the query counts only without one.
        for name in ("propagationPolicy", "gracePeriodSeconds", "orphanDependents") if not given else ():
            if name in query:
                value: Any = query[name]
                if name == "gracePeriodSeconds":
                    value = options.number(query, name)
                elif name == "orphanDependents":
                    value = options.truth(query, name)
                given = {**given, name: value}
        dry = query.getall("dryRun", [])
        if dry and not data.strip():
            given = {**given, "dryRun": dry}
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
        found_page = page(self._registry, resource, namespace, query)
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


_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"


def _unrecognized(fault: Fault, patch: Any) -> Fault:
    """How a strategic merge patch words a value of the wrong type."""
    _, found, strict = fault.message.rpartition(": strict decoding error: ")
    if found:
        said = f'Invalid value: "{go_map(patch)}": strict decoding error: {strict}'
        made = Fault(422, "Invalid", f' "" is invalid: patch: {said}', details={})
        made.causes = [{"reason": "FieldValueInvalid", "message": said, "field": "patch"}]
        return made
    _, found, wanted = fault.message.rpartition(" of type ")
    if not found or "Go struct field" not in fault.message:
        return fault
    said = f'Invalid value: "{go_map(patch)}": unrecognized type: {wanted}'
    made = Fault(422, "Invalid", f' "" is invalid: patch: {said}', details={})
    made.causes = [{"reason": "FieldValueInvalid", "message": said, "field": "patch"}]
    return made


def _read_version(request: web.BaseRequest) -> None:
    """Gets and watches refuse a version that is none otherwise than lists do."""
    try:
        options.version(request.query.get("resourceVersion", ""))
    except Fault as fault:
        raise Fault(500, "", fault.message.removeprefix("invalid resource version: ")) from None


def _content(request: web.BaseRequest) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "number"


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(below) for below in value.values() if isinstance(below, dict | list))
    if isinstance(value, list):
        return sum(_count_keys(below) for below in value if isinstance(below, dict | list))
    return 0


def _patch_body(data: bytes, kind: str) -> Any:
    try:
        found = bodies.json_value(data)
    except gojson.NotJson as error:
        # Clients may send YAML here too.
        try:
            found = bodies.yaml_value(data)
        except ValueError:
            said = f"error decoding patch: {error}" if kind == _JSON_PATCH else "invalid JSON patch"
            raise bad_request(said) from None
        if not isinstance(found, dict | list):
            raise bad_request(f"error decoding patch: {error}") from None
    if kind == _JSON_PATCH:
        if not isinstance(found, list):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
            )
    elif not isinstance(found, dict):
        given = "array" if isinstance(found, list) else "string" if isinstance(found, str) else "number"
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {given} into Go value of type map[string]interface {{}}"
        )
    return found
