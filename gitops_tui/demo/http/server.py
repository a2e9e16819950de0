"""The HTTP server: who asks, may they, what fails on request, and which handler answers. A request goes through
authentication, authorization, the fault hook, then to resources (`verbs`), discovery, OpenAPI, reviews, or a route that
somebody registered."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gitops_tui.demo.hooks import (
    AllowAll,
    Authenticator,
    Authorizer,
    Faults,
    OneToken,
    RequestInfo,
    RouteHandler,
    SubresourceHandler,
)
from gitops_tui.demo.http import bodies, contents, discovery, reviews
from gitops_tui.demo.http.accept import form
from gitops_tui.demo.http.openapi import OpenApi
from gitops_tui.demo.http.requests import parse
from gitops_tui.demo.http.verbs import Verbs, answer
from gitops_tui.demo.rbac import impersonated
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource, server_data
from gitops_tui.demo.status import Fault, forbidden, internal, method_not_allowed, no_such_resource, resource_name

Obj = dict[str, Any]
# openapi.v2.Document{swagger: "2.0", info: {title: "Kubernetes"}}
_NO_KINDS = b"\x0a\x032.0\x12\x0c\x0a\x0aKubernetes"
_HEALTH = ("/healthz", "/livez", "/readyz")


class Server:
    """Answers requests. The attributes are its hooks, to be set before it starts or on its loop."""

    def __init__(self, registry: Registry, token: str) -> None:
        self.registry = registry
        self.authenticator: Authenticator = OneToken(token)
        self.authorizer: Authorizer = AllowAll()
        self.faults: Faults | None = None
        self.subresources: dict[tuple[str, str, str], SubresourceHandler] = {}
        self.routes: dict[str, RouteHandler] = {}
        self.address = ""
        self._openapi = OpenApi(registry.catalogue)
        self.verbs = Verbs(registry)

    def runner(self) -> web.ServerRunner:
        """What aiohttp runs."""

        def factory(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
            return web.BaseRequest(
                message, payload, protocol, writer, task, protocol._loop, client_max_size=bodies.LIMIT
            )

        server = web.Server(self.handle, request_factory=factory, access_log=None)
        return web.ServerRunner(server, shutdown_timeout=0.5)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        info = RequestInfo(request.method, request.path, request.method.lower())
        try:
            user = self.authenticator.user(_token(request))
            if user is None:
                raise Fault(401, "Unauthorized", "Unauthorized")
            user = impersonated(user, request.headers, self.authorizer)
            info = parse(request.method, request.path, request.query, user)
            self._authorize(info)
            if self.faults is not None and (fault := await self.faults.before(info)) is not None:
                raise fault
            response = await self._route(request, info)
        except Fault as fault:
            response = web.Response(
                status=fault.status,
                body=fault.body(),
                headers={"Content-Type": "application/json", **fault.headers},
            )
        except (web.HTTPException, ConnectionError):
            raise
        except RecursionError:
            response = _failed(Fault(400, "BadRequest", "the object is nested too deeply"))
        except Exception as error:  # a bug of ours must be an answer, not a broken connection
            response = _failed(internal(f"{type(error).__name__}: {error}"))
            if self.strict:
                raise
        if self.faults is not None and isinstance(response, web.Response) and response.body is not None:
            return await self._cut(request, info, response)
        return response

    strict = False
    """Tests set it: bugs break the connection and are logged with their traceback."""

    async def _cut(self, request: web.BaseRequest, info: RequestInfo, response: web.Response) -> web.StreamResponse:
        assert self.faults is not None
        body = response.body if isinstance(response.body, bytes | bytearray) else b""
        size = self.faults.cut(info, len(body))
        if size is None:
            return response
        cut = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
        cut.content_length = len(body)
        await cut.prepare(request)
        await cut.write(bytes(body[:size]))
        if request.transport is not None:
            request.transport.abort()
        return cut

    def _authorize(self, info: RequestInfo) -> None:
        """Raises Fault 403."""
        if not info.is_resource:
            if not self.authorizer.allows_path(info.user, info.verb, info.path):
                said = f'forbidden: User "{info.user.name}" cannot {info.verb} path "{info.path}"'
                raise Fault(403, "Forbidden", said, details={})
            return
        namespace = info.namespace if info.resource != "namespaces" else info.name
        if self.authorizer.allows(
            info.user, info.verb, info.group, info.resource, info.subresource, namespace, info.name
        ):
            return
        what = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{info.user.name}" cannot {info.verb} resource "{what}" in API group "{info.group}" {where}'
        raise forbidden(info.resource, info.group, info.name, why)

    async def _route(self, request: web.BaseRequest, info: RequestInfo) -> web.StreamResponse:
        for prefix, route in self.routes.items():
            if info.path.startswith(prefix):
                return await route(request, info)  # type: ignore[arg-type]
        if "//" in info.path:
            return _not_found()
        if not info.is_resource:
            return self._other(request, info)
        if request.method == "HEAD":
            raise method_not_allowed()
        if (info.group, info.resource) in reviews.KINDS and info.verb == "create":
            return await self._review(request, info)
        resource = self.registry.catalogue.find(info.group, info.version, info.resource)
        if resource is None:
            return self._unknown(info)
        handler = self.subresources.get((info.group, info.resource, info.subresource)) if info.subresource else None
        if handler is not None:
            namespace = info.namespace if resource.namespaced else ""
            found = self.registry.writes.stored(resource, namespace, info.name)
            return await handler(request, info, found)  # type: ignore[arg-type]
        return await self.verbs.respond(request, info, resource)

    def _unknown(self, info: RequestInfo) -> web.Response:
        if self._is_builtin(["apis", info.group]):
            raise no_such_resource()
        return _not_found()

    async def _review(self, request: web.BaseRequest, info: RequestInfo) -> web.Response:
        resource = self._review_kind(info)
        data = await bodies.read(request)
        body, _ = bodies.obj(
            data,
            bodies.content_type(request),
            resource.kind if resource else "Review",
            resource.type if resource else None,
        )
        how = contents.write(request, info)
        if resource is not None:
            body = reviews.owned(resource, body, how, self.registry)
        made = reviews.review(
            info.resource,
            body,
            info.user,
            self.authorizer,
            self.authenticator,
            resource.kind if resource is not None else str(body.get("kind")),
            f"{info.group}/{info.version}",
        )
        return answer(made, 201, form(request.headers, request.query, tables=False), how.warnings)

    def _review_kind(self, info: RequestInfo) -> Resource | None:
        return self.registry.catalogue.find(info.group, info.version, info.resource)

    def _other(self, request: web.BaseRequest, info: RequestInfo) -> web.Response:
        """Paths that are no resources."""
        parts = [part for part in info.path.split("/") if part]
        if info.method not in ("GET", "HEAD"):
            if parts[:1] in (["api"], ["apis"]):
                raise method_not_allowed()
            return _not_found()
        if parts[:1] in (["api"], ["apis"]):
            return self._discovery(request, parts)
        if parts == ["version"]:
            return answer({**server_data()["version"], "platform": "linux/amd64"})
        if info.path.split("?")[0].rstrip("/") in _HEALTH or parts[:1] in (["healthz"], ["livez"], ["readyz"]):
            if "verbose" in request.query:
                name = parts[0]
                return web.Response(text=f"[+]ping ok\n[+]etcd ok\n{name} check passed\n")
            return web.Response(text="ok")
        if parts[:1] == ["openapi"]:
            return self._documents(parts, request.headers.get("Accept", ""))
        if not parts:
            groups = self.registry.catalogue.versions()
            of_groups = [f"/apis/{group}" for group in groups if group]
            versions = [f"/apis/{group}/{each}" for group, found in groups.items() if group for each in found]
            known = ["/api", "/api/v1", "/apis", "/apis/", *_HEALTH, "/openapi/v2", "/openapi/v3", "/version"]
            return answer({"paths": sorted([*known, *of_groups, *versions])})
        return _not_found()

    def _discovery(self, request: web.BaseRequest, parts: list[str]) -> web.Response:
        catalogue = self.registry.catalogue
        if len(parts) == 1:
            version = discovery.wants_aggregated(request.headers.get("Accept", ""))
            if version is not None:
                made = discovery.aggregated(catalogue, core=parts[0] == "api", version=version)
                response = answer(made)
                kind = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                response.headers["Content-Type"] = kind
                return response
            return answer(discovery.versions(self.address) if parts[0] == "api" else discovery.group_list(catalogue))
        found: Obj | None = None
        if parts[0] == "api" and len(parts) == 2:
            found = discovery.resource_list(catalogue, "", parts[1])
        elif parts[0] == "apis" and len(parts) == 2:
            found = discovery.one_group(catalogue, parts[1])
        elif parts[0] == "apis" and len(parts) == 3:
            found = discovery.resource_list(catalogue, parts[1], parts[2])
        if found is None and (len(parts) == 3 or parts[0] == "api") and self._is_builtin(parts):
            raise no_such_resource()
        return answer(found) if found is not None else _not_found()

    def _is_builtin(self, parts: list[str]) -> bool:
        """Whether a path is in a group of Kubernetes' own."""
        group = parts[1] if parts[0] == "apis" else ""
        return any(each.group == group and each.custom is None for each in self.registry.catalogue)

    def _documents(self, parts: list[str], accept: str) -> web.Response:
        headers = {"Content-Type": "application/json"}
        if parts == ["openapi", "v2"] and "protobuf" in accept and "json" not in accept:
            # Clients that ask for it in protobuf alone look for kinds that nobody has: a document without definitions.
            return web.Response(body=_NO_KINDS, headers={"Content-Type": "application/octet-stream"})
        if parts == ["openapi", "v2"]:
            return web.Response(body=self._openapi.v2(), headers=headers)
        if parts == ["openapi", "v3"]:
            return web.Response(body=self._openapi.index(), headers=headers)
        if parts[:2] == ["openapi", "v3"] and (found := self._openapi.v3("/".join(parts[2:]))) is not None:
            return web.Response(body=found, headers=headers)
        return _not_found()


def _token(request: web.BaseRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _not_found() -> web.Response:
    return web.Response(status=404, text="404 page not found\n")


def _failed(fault: Fault) -> web.Response:
    return web.Response(status=fault.status, body=fault.body(), headers={"Content-Type": "application/json"})


__all__ = ["Server", "resource_name"]
