"""The embedded cluster: an API server over loopback, in a thread of its own, and the controllers behind it.

`Server` (http/) answers requests, `Registry` (registry/) holds and writes objects, controllers bring workloads up. All of
it runs on one event loop; `call` reaches it from other threads.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import secrets
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import orjson
from aiohttp import web

from gitops_tui.demo.certificates import tls
from gitops_tui.demo.clock import Clock, DrivenClock, RealClock
from gitops_tui.demo.controllers import Controllers
from gitops_tui.demo.faults import ScriptedFaults
from gitops_tui.demo.hooks import Admission, Authenticator, Authorizer, Faults, RouteHandler, SubresourceHandler
from gitops_tui.demo.http.server import Server
from gitops_tui.demo.logs import PodLogs
from gitops_tui.demo.objects import Obj, Objects
from gitops_tui.demo.rbac import Rbac
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Controllers(Protocol):
    def start(self, registry: Registry, clock: Clock) -> None: ...


class DemoCluster:
    """The embedded cluster. `start()` and `stop()`, or as a context manager.

    delay: seconds until a pod is ready. clock: the wall's time, or one that a test drives. host, port: where it listens
    (loopback, any free port). token: the administrator's; made up where not given. secure: over TLS, with a certificate of its own;
    kubectl and Helm send no token without. controllers: what brings workloads up; None for the ones of the demo.
    rbac: roles and bindings decide what users other than the administrator may do; without it whoever has a token may do
    everything. admin: /demo/faults takes faults to be made.
    """

    def __init__(
        self,
        *,
        delay: float = 0.6,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = "",
        secure: bool = False,
        controllers: _Controllers | None = None,
        rbac: bool = False,
        admin: bool = False,
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.registry = Registry(self.clock)
        self.token = token or secrets.token_urlsafe(24)
        self.server = Server(self.registry, self.token)
        self.logs = PodLogs(self.clock)
        self.rbac: Rbac | None = None
        self.scripted = ScriptedFaults(self.clock)
        slowness = partial(getattr, self.scripted, "namespace_delay")
        self.controllers: _Controllers = controllers or Controllers(delay, slowness)
        self.url = ""
        self._rbac, self._admin = rbac, admin
        self._host, self._port, self._secure = host, port, secure
        self._certificate = b""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._runner: web.ServerRunner | None = None
        self._thread = threading.Thread(target=self._main, name="demo-cluster", daemon=True)

    # --- hooks --------------------------------------------------------------------------------------------------------

    @property
    def objects(self) -> Objects:
        """The store; its objects are never to be changed."""
        return self.registry.objects

    @property
    def authenticator(self) -> Authenticator:
        return self.server.authenticator

    @authenticator.setter
    def authenticator(self, found: Authenticator) -> None:
        self.server.authenticator = found

    @property
    def authorizer(self) -> Authorizer:
        return self.server.authorizer

    @authorizer.setter
    def authorizer(self, found: Authorizer) -> None:
        self.server.authorizer = found

    @property
    def admission(self) -> Admission | None:
        return self.registry.writes.admission

    @admission.setter
    def admission(self, found: Admission | None) -> None:
        self.registry.writes.admission = found

    @property
    def faults(self) -> Faults | None:
        return self.server.faults

    @faults.setter
    def faults(self, found: Faults | None) -> None:
        self.server.faults = self.server.verbs.faults = found

    @property
    def subresources(self) -> dict[tuple[str, str, str], SubresourceHandler]:
        """(group, resource, subresource) -> who answers for it."""
        return self.server.subresources

    @property
    def routes(self) -> dict[str, RouteHandler]:
        """Start of a path -> who answers for it."""
        return self.server.routes

    # --- life ---------------------------------------------------------------------------------------------------------

    def __enter__(self) -> DemoCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it; returns once it answers. Raises OSError where it can't listen."""
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the embedded cluster did not start")
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def kubeconfig(self, path: Path, others: Mapping[str, str] | None = None) -> Path:
        """Writes a kubeconfig (readable by its owner only) with the context `demo`, and `demo-NAME` for each of `others`
        (name -> token)."""
        cluster = {"server": self.url}
        if self._certificate:
            cluster["certificate-authority-data"] = base64.b64encode(self._certificate).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "demo", "cluster": cluster}],
            "users": [
                {"name": name, "user": {"token": token}}
                for name, token in {"you": self.token, **(others or {})}.items()
            ],
            "contexts": [
                {"name": "demo", "context": {"cluster": "demo", "user": "you"}},
                *({"name": f"demo-{each}", "context": {"cluster": "demo", "user": each}} for each in others or {}),
            ],
            "current-context": "demo",
        }
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(orjson.dumps(config))
        return path

    # --- from other threads -------------------------------------------------------------------------------------------

    def call(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Runs a plain function on the cluster's loop; what it returns or raises."""

        async def run() -> _R:
            return work(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def advance(self, seconds: float) -> None:
        """Drives the clock on (a DrivenClock); returns once all that fell due has happened."""
        if not isinstance(self.clock, DrivenClock):
            raise TypeError("the clock is not driven: DemoCluster(clock=DrivenClock())")
        asyncio.run_coroutine_threadsafe(self.clock.advance(seconds), self._loop).result(60)

    def do(self, manager: str, obj: Obj, *, operation: str = "Apply") -> Obj:
        """Writes an object as that field manager. operation: "Apply" (forced) or "Update". Raises Fault."""

        def work() -> Obj:
            given = copy.deepcopy(obj)
            metadata = given.setdefault("metadata", {})
            if operation == "Apply":
                for name in ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"):
                    metadata.pop(name, None)
                return self.registry.apply(given, manager=manager, force=True)
            metadata.pop("resourceVersion", None)
            metadata.pop("managedFields", None)
            resource = self.registry.resource(GVK.of(given["apiVersion"], given["kind"]))
            if self.registry.get(resource.storage, metadata.get("namespace") or "", metadata["name"]) is None:
                return self.registry.create(given, manager=manager)
            return self.registry.update(given, manager=manager)

        return self.call(work)

    def remove(self, gvk: GVK, namespace: str, name: str) -> None:
        """Deletes an object. Raises Fault."""
        self.call(self.registry.delete, gvk, namespace, name)

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._open())
        except BaseException as error:
            self._failed = error
            self._loop.run_until_complete(self._close())
            self._loop.close()
            self._ready.set()
            return
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._close())
            self._loop.close()

    async def _open(self) -> None:
        self.controllers.start(self.registry, self.clock)
        for name in NAMESPACES:
            self.registry.create(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, manager="kube-apiserver"
            )
            self._make({"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
        ports = [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}]
        spec = {"type": "ClusterIP", "clusterIP": "10.0.0.1", "ports": ports}
        labels = {"component": "apiserver", "provider": "kubernetes"}
        metadata = {"name": "kubernetes", "namespace": "default", "labels": labels}
        self._make({"kind": "Service", "metadata": metadata, "spec": spec})
        rights = Rbac(self.registry, self.clock, self.token)
        self.server.subresources[("", "pods", "log")] = self.logs.handle
        self.server.subresources[("", "serviceaccounts", "token")] = rights.handle_token
        if self._rbac:
            self.rbac = rights
            self.server.authenticator = self.server.authorizer = rights
            self.registry.writes.grants = rights.check_grant
        if self._admin:
            self.faults = self.admission = self.scripted
            self.server.routes["/demo/"] = self.scripted.handle
        runner = self._runner = self.server.runner()
        await runner.setup()
        context = None
        if self._secure:
            context, self._certificate = tls(self._host)
        site = web.TCPSite(runner, self._host, self._port, ssl_context=context)
        await site.start()
        host, port = runner.addresses[0][:2]
        name = f"[{host}]" if ":" in host else host
        self.server.address = f"{name}:{port}"
        self.url = f"{'https' if context else 'http'}://{name}:{port}"

    def _make(self, obj: Obj) -> None:
        try:
            self.registry.create({"apiVersion": "v1", **obj}, manager="kube-apiserver")
        except Fault as fault:
            if fault.reason != "AlreadyExists":
                raise

    async def _close(self) -> None:
        self.server.verbs.close()
        await asyncio.sleep(0)
        if self._runner is not None:
            await self._runner.cleanup()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


__all__ = ["Any", "DemoCluster"]
