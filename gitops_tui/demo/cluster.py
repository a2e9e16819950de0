"""The embedded API server: HTTP over loopback, objects in memory, in a thread of its own.

Every request needs the token. Kinds and types come from the bundled schemas; writes go through `apply` and `objects`;
small controllers (`controllers`) make workloads come up.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
import threading
from pathlib import Path
from typing import Any

import orjson
import yaml
from aiohttp import web

from gitops_tui.demo.apply import apply, updated
from gitops_tui.demo.controllers import Controllers
from gitops_tui.demo.defaults import set_defaults
from gitops_tui.demo.objects import Fault, Obj, Objects, now
from gitops_tui.model.keys import GVK
from gitops_tui.schema import KindInfo, builtin

_VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.0+demo", "platform": "memory"}
_NAMESPACES = ("default", "kube-system")


class DemoCluster:
    """The embedded cluster. `start()` and `stop()`, or as a context manager."""

    def __init__(self, *, delay: float = 0.6) -> None:
        self.objects = Objects()
        self.token = secrets.token_urlsafe(24)
        self.url = ""
        self._schemas = builtin()
        self._kinds: dict[tuple[str, str, str], KindInfo] = {
            (gvk.group, gvk.version, info.plural): info for gvk, info in self._schemas.kinds.items()
        }
        self._controllers = Controllers(self.objects, delay)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="demo-cluster", daemon=True)
        self._ips = 0

    def __enter__(self) -> DemoCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it; returns once it answers."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the embedded cluster did not start")

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def kubeconfig(self, path: Path) -> Path:
        """Writes a kubeconfig (readable by its owner only) with the one context `demo`."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "demo", "cluster": {"server": self.url}}],
            "users": [{"name": "you", "user": {"token": self.token}}],
            "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "you"}}],
            "current-context": "demo",
        }
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(orjson.dumps(config))
        return path

    def do(self, manager: str, obj: Obj, *, operation: str = "Apply") -> Obj:
        """Writes an object from outside the loop, as that field manager. operation: "Apply" or "Update"."""
        gvk = GVK.of(obj["apiVersion"], obj["kind"])
        info = self._schemas.kinds[gvk]

        async def work() -> Obj:
            if operation == "Apply":
                return self._apply(info, copy.deepcopy(obj), manager, force=True, dry_run=False)
            return self._store(info, copy.deepcopy(obj), manager, dry_run=False)

        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    def remove(self, gvk: GVK, namespace: str, name: str) -> None:
        """Deletes an object from outside the loop."""

        async def work() -> None:
            self._delete(self._schemas.kinds[gvk], namespace, name, {}, dry_run=False)

        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    # --- the thread -----------------------------------------------------------------------------------------------

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        for name in _NAMESPACES:
            self._make_namespace(name)
        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        self._controllers.start(self._loop)
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(runner.cleanup())
            self._loop.close()

    def _make_namespace(self, name: str) -> None:
        obj: Obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        set_defaults(obj, "")
        self.objects.put(GVK("", "v1", "Namespace"), obj)

    # --- HTTP -----------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not secrets.compare_digest(given, f"Bearer {self.token}".encode()):
                raise Fault(401, "Unauthorized", "Unauthorized")
            return await self._route(request)
        except Fault as fault:
            return web.Response(status=fault.status, body=fault.body(), content_type="application/json")

    async def _route(self, request: web.Request) -> web.StreamResponse:
        parts = [part for part in request.path.split("/") if part]
        if parts == ["version"]:
            return _json(_VERSION)
        if (parts[:1] == ["api"] and len(parts) <= 2) or (parts[:1] == ["apis"] and len(parts) in (1, 3)):
            return self._discovery(parts)
        if parts[:1] == ["api"]:
            group, version, rest = "", parts[1], parts[2:]
        elif parts[:1] == ["apis"] and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            raise Fault(404, "NotFound", "the server could not find the requested resource")
        namespace = ""
        if rest[0] == "namespaces" and len(rest) >= 3:
            namespace, rest = rest[1], rest[2:]
        if request.method == "POST" and rest[-1] in ("selfsubjectreviews", "selfsubjectaccessreviews"):
            body = await _body(request)
            body["status"] = {"allowed": True, "userInfo": {"username": "you"}}
            return _json(body, 201)
        info = self._kinds.get((group, version, rest[0]))
        if info is None:
            raise Fault(404, "NotFound", "the server could not find the requested resource")
        name = rest[1] if len(rest) > 1 else ""
        subresource = rest[2] if len(rest) > 2 else ""
        return await self._verb(request, info, namespace, name, subresource)

    def _discovery(self, parts: list[str]) -> web.Response:
        if parts == ["api"]:
            return _json({"kind": "APIVersions", "versions": ["v1"]})
        if parts == ["apis"]:
            groups: dict[str, list[str]] = {}
            for gvk in self._schemas.kinds:
                if gvk.group and gvk.version not in groups.setdefault(gvk.group, []):
                    groups[gvk.group].append(gvk.version)
            return _json(
                {
                    "kind": "APIGroupList",
                    "apiVersion": "v1",
                    "groups": [
                        {"name": name, "versions": [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]}
                        for name, versions in groups.items()
                    ],
                }
            )
        group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
        found = [info for (g, v, _), info in self._kinds.items() if (g, v) == (group, version)]
        if not found:
            raise Fault(404, "NotFound", "the server could not find the requested resource")
        return _json(
            {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{group}/{version}" if group else version,
                "resources": [
                    {
                        "name": info.plural,
                        "singularName": info.singular,
                        "namespaced": info.namespaced,
                        "kind": info.gvk.kind,
                        "verbs": list(info.verbs),
                        "shortNames": list(info.short_names),
                    }
                    for info in found
                ],
            }
        )

    async def _verb(
        self, request: web.Request, info: KindInfo, namespace: str, name: str, subresource: str
    ) -> web.StreamResponse:
        query = request.query
        dry_run = query.get("dryRun") == "All"
        manager = query.get("fieldManager") or (request.headers.get("User-Agent", "unknown").split("/")[0])
        if request.method == "GET":
            if name:
                return _json(self._found(info, namespace, name))
            if query.get("watch") in ("1", "true"):
                return await self._watch(request, info, namespace)
            items = [
                each
                for each in self.objects.of_kind(info.gvk, namespace)
                if _selected(each, query.get("labelSelector", ""))
            ]
            version = {"resourceVersion": str(self.objects.version)}
            return _json(
                {
                    "kind": f"{info.gvk.kind}List",
                    "apiVersion": info.gvk.api_version,
                    "metadata": version,
                    "items": items,
                }
            )
        if request.method == "DELETE":
            options = await _body(request) if request.can_read_body else {}
            return _json(
                self._delete(info, namespace, name, options, dry_run=dry_run or options.get("dryRun") == ["All"])
            )
        body = await _body(request)
        if request.method == "PATCH":
            kind = request.content_type
            if kind == "application/apply-patch+yaml":
                self._named(info, body, namespace, name)
                made = self._apply(info, body, manager, force=query.get("force") == "true", dry_run=dry_run)
                return _json(made)
            old = self._found(info, namespace, name)
            made = _patched(copy.deepcopy(old), body, kind)
            self._named(info, made, namespace, name)
            return _json(self._store(info, made, manager, dry_run=dry_run, subresource=subresource))
        if request.method == "POST":
            metadata = body.setdefault("metadata", {})
            if not metadata.get("name") and metadata.get("generateName"):
                metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
            self._named(info, body, namespace, str(metadata.get("name") or ""))
            if self.objects.get(info.gvk, namespace, metadata["name"]) is not None:
                raise Fault(409, "AlreadyExists", f'{_plural(info)} "{metadata["name"]}" already exists')
            return _json(self._store(info, body, manager, dry_run=dry_run), 201)
        if request.method == "PUT":
            old = self._found(info, namespace, name)
            self._named(info, body, namespace, name)
            given = (body.get("metadata") or {}).get("resourceVersion")
            if given and given != old["metadata"]["resourceVersion"]:
                raise Fault(
                    409,
                    "Conflict",
                    f'Operation cannot be fulfilled on {_plural(info)} "{name}": the object has been modified; '
                    "please apply your changes to the latest version and try again",
                )
            return _json(self._store(info, body, manager, dry_run=dry_run, subresource=subresource))
        raise Fault(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    async def _watch(self, request: web.Request, info: KindInfo, namespace: str) -> web.StreamResponse:
        since = int(request.query.get("resourceVersion") or 0)
        selector = request.query.get("labelSelector", "")
        oldest = self.objects.events[0][0] if self.objects.events else 0
        if since and len(self.objects.events) == self.objects.events.maxlen and since < oldest - 1:
            raise Fault(410, "Expired", f"too old resource version: {since} ({oldest})")
        queue = self.objects.watch()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        try:
            await response.prepare(request)
            for version, gvk, where, _, line in list(self.objects.events):
                if version > since and gvk == info.gvk and namespace in ("", where):
                    await response.write(line)
                    since = version
            end = asyncio.get_running_loop().time() + float(request.query.get("timeoutSeconds") or 1800)
            while (left := end - asyncio.get_running_loop().time()) > 0:
                try:
                    version, gvk, where, line = await asyncio.wait_for(queue.get(), min(left, 30.0))
                except TimeoutError:
                    mark = {"resourceVersion": str(self.objects.version)}
                    obj = {"kind": info.gvk.kind, "apiVersion": info.gvk.api_version, "metadata": mark}
                    await response.write(orjson.dumps({"type": "BOOKMARK", "object": obj}) + b"\n")
                    continue
                if version > since and gvk == info.gvk and namespace in ("", where):
                    if not selector or _selected(orjson.loads(line)["object"], selector):
                        await response.write(line)
        except ConnectionResetError:
            pass
        finally:
            self.objects.unwatch(queue)
        return response

    # --- writes ---------------------------------------------------------------------------------------------------

    def _found(self, info: KindInfo, namespace: str, name: str) -> Obj:
        found = self.objects.get(info.gvk, namespace, name)
        if found is None:
            raise Fault(404, "NotFound", f'{_plural(info)} "{name}" not found')
        return found

    def _named(self, info: KindInfo, obj: Obj, namespace: str, name: str) -> None:
        metadata = obj.setdefault("metadata", {})
        metadata.setdefault("name", name)
        if info.namespaced:
            metadata.setdefault("namespace", namespace)
        if (metadata["name"], metadata.get("namespace", "")) != (name, namespace):
            raise Fault(400, "BadRequest", "the name or namespace of the object does not match the one of the request")
        if obj.get("kind") != info.gvk.kind or obj.get("apiVersion") != info.gvk.api_version:
            raise Fault(400, "BadRequest", f"the object is no {info.gvk}")
        if info.namespaced and self.objects.get(GVK("", "v1", "Namespace"), "", namespace) is None:
            raise Fault(404, "NotFound", f'namespaces "{namespace}" not found')

    def _admit(self, info: KindInfo, old: Obj | None, obj: Obj) -> None:
        node = self._schemas.node(info.gvk)
        for name in obj:
            if node is not None and name not in node.properties and name not in ("apiVersion", "kind", "metadata"):
                raise Fault(
                    500,
                    "InternalError",
                    f"failed to create typed patch object ({obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}; "
                    f"{info.gvk.api_version}, Kind={info.gvk.kind}): .{name}: field not declared in schema",
                )
        found = obj.get("spec")
        spec: Obj = found if isinstance(found, dict) else {}
        if info.gvk.kind in ("Deployment", "StatefulSet", "DaemonSet"):
            labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
            selector = (spec.get("selector") or {}).get("matchLabels") or {}
            said = f'{info.gvk.kind}.{info.gvk.group} "{obj["metadata"]["name"]}" is invalid: '
            if not selector:
                raise Fault(422, "Invalid", said + "spec.selector: Required value")
            if any(labels.get(key) != value for key, value in selector.items()):
                raise Fault(
                    422,
                    "Invalid",
                    said + "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`",
                )
            before = ((old or {}).get("spec") or {}).get("selector")
            if before is not None and before != spec.get("selector"):
                raise Fault(422, "Invalid", said + "spec.selector: Invalid value: field is immutable")
        self._ips += 1
        ip = ((old or {}).get("spec") or {}).get("clusterIP") or f"10.96.{self._ips // 250 % 250}.{self._ips % 250 + 1}"
        set_defaults(obj, ip)

    def _apply(self, info: KindInfo, body: Obj, manager: str, *, force: bool, dry_run: bool) -> Obj:
        namespace = body["metadata"].get("namespace") or ""
        self._named(info, body, namespace, body["metadata"]["name"])
        old = self.objects.get(info.gvk, namespace, body["metadata"]["name"])
        made = apply(old, body, self._schemas.node(info.gvk), manager, force=force)
        return self._put(info, old, made, dry_run)

    def _store(self, info: KindInfo, obj: Obj, manager: str, *, dry_run: bool, subresource: str = "") -> Obj:
        obj = copy.deepcopy(obj)
        metadata = obj["metadata"]
        old = self.objects.get(info.gvk, metadata.get("namespace") or "", metadata["name"])
        kept = copy.deepcopy(metadata.get("managedFields"))
        if old is not None and kept and kept != old["metadata"].get("managedFields"):
            # A client rewrites ownership itself (migrating from client-side apply).
            return self._put(info, old, obj, dry_run)
        made = updated(old, obj, self._schemas.node(info.gvk), manager, subresource)
        return self._put(info, old, made, dry_run)

    def _put(self, info: KindInfo, old: Obj | None, made: Obj, dry_run: bool) -> Obj:
        self._admit(info, old, made)
        if dry_run:
            source = old["metadata"] if old is not None else {"uid": "dry-run", "creationTimestamp": now()}
            for name in ("uid", "creationTimestamp", "resourceVersion", "generation"):
                if name in source:
                    made["metadata"][name] = source[name]
            return made
        return self.objects.put(info.gvk, made)

    def _delete(self, info: KindInfo, namespace: str, name: str, options: Obj, *, dry_run: bool) -> Obj:
        found = self._found(info, namespace, name)
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != found["metadata"]["uid"]:
            raise Fault(
                409,
                "Conflict",
                f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found['metadata']['uid']}",
            )
        if not dry_run:
            self.objects.remove(info.gvk, namespace, name)
            if options.get("propagationPolicy") != "Orphan":
                self._controllers.collect(found["metadata"]["uid"])
            if info.gvk.kind == "Namespace":
                self._controllers.empty_namespace(name)
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}


def _plural(info: KindInfo) -> str:
    return f"{info.plural}.{info.gvk.group}" if info.gvk.group else info.plural


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


async def _body(request: web.Request) -> Any:
    data = await request.read()
    found = _parsed(request, data)
    patch = request.content_type == "application/json-patch+json"
    if not isinstance(found, list if patch else dict):
        raise Fault(400, "BadRequest", f"the body can't be read: not a {'list' if patch else 'mapping'}")
    return found


def _parsed(request: web.Request, data: bytes) -> Any:
    try:
        if "yaml" in request.content_type and data[:1] != b"{":
            return yaml.safe_load(data)
        return orjson.loads(data)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise Fault(400, "BadRequest", f"the body can't be read: {error}") from error


def _selected(obj: Obj, selector: str) -> bool:
    labels = obj["metadata"].get("labels") or {}
    for term in filter(None, selector.split(",")):
        name, equals, value = term.partition("!=" if "!=" in term else "=")
        found = labels.get(name.strip())
        if equals == "!=":
            if found == value.strip():
                return False
        elif found is None or (equals and found != value.lstrip("=").strip()):
            return False
    return True


def _patched(obj: Obj, patch: Any, kind: str) -> Obj:
    if kind == "application/json-patch+json":
        for step in patch:
            *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
            place: Any = obj
            for part in way:
                place = place[int(part)] if isinstance(place, list) else place[part]
            if step["op"] == "test":
                if place.get(last) != step["value"]:
                    raise Fault(422, "Invalid", "the server rejected our request due to an error in our request")
            elif step["op"] == "remove":
                place.pop(int(last) if isinstance(place, list) else last)
            elif isinstance(place, list):
                place.insert(len(place) if last == "-" else int(last), step["value"])
            else:
                place[last] = step["value"]
        return obj
    return dict(_merged(obj, patch))


def _merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(value, dict):
        return patch
    made = dict(value)
    for name, below in patch.items():
        if below is None:
            made.pop(name, None)
        else:
            made[name] = _merged(made.get(name), below) if name in made else below
    return made
