"""A tiny API server that can be told to misbehave: each request is answered by the first handler that wants it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from gitops_tui.kube import Cluster, ContextInfo, contexts
from gitops_tui.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse | None]]

RESOURCES = [
    {
        "resource": "configmaps",
        "responseKind": {"kind": "ConfigMap"},
        "scope": "Namespaced",
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
        "singularResource": "configmap",
        "shortNames": ["cm"],
    },
    {
        "resource": "secrets",
        "responseKind": {"kind": "Secret"},
        "scope": "Namespaced",
        "verbs": ["get", "list", "watch"],
        "singularResource": "secret",
    },
    {
        "resource": "namespaces",
        "responseKind": {"kind": "Namespace"},
        "scope": "Cluster",
        "verbs": ["get", "list", "watch", "create"],
        "singularResource": "namespace",
        "shortNames": ["ns"],
        "subresources": [{"subresource": "finalize"}, {"subresource": "status"}],
    },
]


def config_map(name: str, version: int, namespace: str = "shop", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "uid": f"u-{name}", "resourceVersion": str(version)},
        "data": data,
    }


def status(code: int, reason: str = "", message: str = "", **more: Any) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message, **more}
    return web.json_response(body, status=code)


class FakeApi:
    """handlers: asked in turn; one that gives None leaves the request to the next. objects: what lists give by default,
    by path; the newest watch gets `events` (bytes) until None ends it. asked: (method, path with query)."""

    def __init__(self) -> None:
        self.handlers: list[Handler] = []
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.version = 100
        self.events: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.asked: list[tuple[str, str]] = []
        self.watches: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def event(self, kind: str, obj: dict[str, Any]) -> None:
        self.events.put_nowait(json.dumps({"type": kind, "object": obj}).encode() + b"\n")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path_qs))
        self.headers.append(dict(request.headers))
        for handler in self.handlers:
            found = await handler(request)
            if found is not None:
                return found
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.37.0"})
        if request.path in ("/api", "/apis"):
            versions = [{"version": "v1", "freshness": "Current", "resources": RESOURCES}]
            items = [{"metadata": {"name": ""}, "versions": versions}] if request.path == "/api" else []
            return web.json_response({"kind": "APIGroupDiscoveryList", "items": items})
        if request.method == "GET" and request.query.get("watch"):
            return await self.stream(request)
        if request.method == "GET":
            items = self.objects.get(request.path, [])
            return web.json_response({"metadata": {"resourceVersion": str(self.version)}, "items": items})
        return status(404, "NotFound", "the server could not find the requested resource")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        # A queue for each watch: what is told later goes to the newest, not to one whose client has left.
        events = self.events = asyncio.Queue()
        self.watches.append(request.query.get("resourceVersion", ""))
        while (event := await events.get()) is not None:
            await response.write(event)
        return response


def cut(request: web.Request) -> None:
    """Cuts the connection of a request, as a broken network does."""
    assert request.transport is not None
    request.transport.abort()


@asynccontextmanager
async def fake_api() -> AsyncIterator[FakeApi]:
    api = FakeApi()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()


def kubeconfig(folder: Path, server: str, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
                "users": [{"name": "u", "user": {"token": "s3cret-token"} if user is None else user}],
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "test",
            }
        )
    )
    return path


@asynccontextmanager
async def connected(
    folder: Path, api: FakeApi, *, user: dict[str, Any] | None = None, settings: Settings | None = None, **hooks: Any
) -> AsyncIterator[Cluster]:
    path = kubeconfig(folder, api.url, user)
    cluster = Cluster(only_context(path), path, settings or Settings(request_timeout=5), **hooks)
    try:
        await cluster.connect()
        yield cluster
    finally:
        await cluster.close()


def only_context(path: Path) -> ContextInfo:
    [context] = contexts(path)
    return context
