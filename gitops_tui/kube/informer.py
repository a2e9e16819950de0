"""List and watch of one kind into the live store.

LIST in pages of 500, then WATCH from the list's resourceVersion with bookmarks. 410 means list again; a cut connection
means watch again from where it was, with backoff; a relist tells only real differences. Where listing the whole cluster
is forbidden, the namespaces that applications use are listed one by one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import aiohttp
import orjson

from gitops_tui.errors import ApiError, ClusterError, Forbidden, Gone, NotFound, Unauthorized, Unreachable
from gitops_tui.kube.discovery import ResourceType
from gitops_tui.kube.store import Live, LiveStore
from gitops_tui.kube.transport import Transport, api_error

PAGE = 500
# The server ends a watch after this many seconds; silence for longer means that the link is dead.
_WATCH_SECONDS = 290
# Bookmarks come about once a minute on a real API server.
_SILENCE = 90.0
_MAX_LINE = 64 * 2**20


class WatchStatus(StrEnum):
    PENDING = "pending"
    SYNCED = "synced"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """What to watch: a kind; the namespaces to fall back to where the whole cluster is forbidden; whether to keep
    managedFields (needed only for what is compared); a namespace and a label selector to watch no more than that."""

    type: ResourceType
    namespaces: frozenset[str] = frozenset()
    keep_managed_fields: bool = True
    only_namespace: str = ""
    label_selector: str = ""


# (old, new) of one object: None on either side where it was added or is gone.
OnChange = Callable[[ResourceType, Live | None, Live | None], None]
OnStatus = Callable[[ResourceType], None]


class Informer:
    """Watches one kind until it is stopped."""

    def __init__(
        self, spec: WatchSpec, transport: Transport, store: LiveStore, on_change: OnChange, on_status: OnStatus
    ) -> None:
        self.spec = spec
        self._transport = transport
        self._store = store
        self._on_change = on_change
        self._on_status = on_status
        self._scopes: dict[str, tuple[WatchStatus, str]] = {"": (WatchStatus.PENDING, "")}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        scope = self.spec.only_namespace
        self._scopes = {scope: (WatchStatus.PENDING, "")}
        self._begin(scope)

    def _begin(self, scope: str) -> None:
        self._tasks[scope] = asyncio.create_task(self._run(scope), name=f"watch {self.spec.type.plural} {scope}")

    async def stop(self) -> None:
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def widen(self, namespaces: frozenset[str]) -> None:
        """More namespaces are needed where the whole cluster is forbidden."""
        if "" in self._scopes or not self.spec.type.namespaced:
            return
        for namespace in namespaces - self._scopes.keys():
            self._scopes[namespace] = (WatchStatus.PENDING, "")
            self._begin(namespace)

    def status(self, namespace: str = "") -> tuple[WatchStatus, str]:
        """How well this kind is known in a namespace, and why not."""
        if len(self._scopes) == 1:
            return next(iter(self._scopes.values()))
        return self._scopes.get(namespace, (WatchStatus.PENDING, ""))

    def _set(self, scope: str, status: WatchStatus, message: str = "") -> None:
        if self._scopes.get(scope) != (status, message):
            self._scopes[scope] = (status, message)
            self._on_status(self.spec.type)

    async def _run(self, scope: str) -> None:
        delay = 0.5
        version = ""
        while True:
            try:
                if not version:
                    version = await self._list(scope)
                    self._set(scope, WatchStatus.SYNCED)
                    delay = 0.5
                version = await self._watch(scope, version)
                delay = 0.5
                continue
            except Gone:
                version = ""
                continue
            except Forbidden as error:
                if not scope and self.spec.type.namespaced and self.spec.namespaces:
                    del self._scopes[""]
                    for namespace in self.spec.namespaces:
                        self._scopes[namespace] = (WatchStatus.PENDING, "")
                    for namespace in self.spec.namespaces:
                        self._begin(namespace)
                    return
                version = ""
                self._forget(scope)
                self._set(scope, WatchStatus.FORBIDDEN, str(error))
                delay = max(delay, 15.0)
            except NotFound:
                # The kind is gone (its CRD was deleted): nothing of it is there.
                version = ""
                self._forget(scope)
                self._set(scope, WatchStatus.FAILED, f"the cluster no longer serves {self.spec.type.gvk}")
                delay = max(delay, 5.0)
            except (ClusterError, Unauthorized) as error:
                failed = self._scopes.get(scope, (WatchStatus.PENDING, ""))[0]
                stale = failed in (WatchStatus.SYNCED, WatchStatus.STALE)
                self._set(scope, WatchStatus.STALE if stale else WatchStatus.FAILED, str(error))
            await asyncio.sleep(delay * random.uniform(0.7, 1.3))  # noqa: S311
            delay = min(delay * 2, 30.0)

    def _forget(self, scope: str) -> None:
        gvk = self.spec.type.gvk
        for namespace, name in list(self._store.of_kind(gvk)):
            if not scope or namespace == scope:
                old = self._store.remove(gvk, namespace, name)
                self._on_change(self.spec.type, old, None)

    def _params(self) -> dict[str, str]:
        return {"labelSelector": self.spec.label_selector} if self.spec.label_selector else {}

    async def _list(self, scope: str) -> str:
        kind = self.spec.type
        seen: set[tuple[str, str]] = set()
        params = {**self._params(), "limit": str(PAGE)}
        what = f"list {kind.plural}" + (f" in {scope}" if scope else "")
        while True:
            page = await self._transport.request("GET", kind.path(scope), params=params, what=what)
            metadata = page.get("metadata") or {}
            for obj in page.get("items") or []:
                obj.setdefault("apiVersion", kind.gvk.api_version)
                obj.setdefault("kind", kind.gvk.kind)
                seen.add(self._take(obj))
            token = metadata.get("continue")
            if not token:
                break
            params["continue"] = token
            await asyncio.sleep(0)
        for namespace, name in [key for key in self._store.of_kind(kind.gvk) if key not in seen]:
            if not scope or namespace == scope:
                old = self._store.remove(kind.gvk, namespace, name)
                self._on_change(kind, old, None)
        return str(metadata.get("resourceVersion") or "0")

    def _take(self, obj: Live) -> tuple[str, str]:
        metadata = obj.get("metadata") or {}
        key = (str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
        if not self.spec.keep_managed_fields:
            metadata.pop("managedFields", None)
        before = self._store.get(self.spec.type.gvk, *key)
        if before is None or before["metadata"].get("resourceVersion") != metadata.get("resourceVersion"):
            self._store.put(self.spec.type.gvk, obj)
            self._on_change(self.spec.type, before, obj)
        return key

    async def _watch(self, scope: str, version: str) -> str:
        params = {
            **self._params(),
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(int(_WATCH_SECONDS * random.uniform(0.8, 1.0))),  # noqa: S311
        }
        response = await self._transport.open_stream(self.spec.type.path(scope), params, silence=_SILENCE)
        self._set(scope, WatchStatus.SYNCED)
        rest = b""
        try:
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _MAX_LINE:
                    raise Unreachable(f"watch {self.spec.type.plural}: one event is larger than {_MAX_LINE} bytes")
                for line in lines:
                    if line.strip():
                        version = self._event(line, version)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._transport.unreachable(error) from error
        finally:
            response.close()
        return version

    def _event(self, line: bytes, version: str) -> str:
        try:
            event = orjson.loads(line)
            kind, obj = event["type"], event["object"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ApiError(f"watch {self.spec.type.plural}: a broken event", status=0) from error
        if kind == "ERROR":
            raise api_error(int(obj.get("code") or 500), orjson.dumps(obj), f"watch {self.spec.type.plural}")
        metadata: dict[str, Any] = obj.get("metadata") or {}
        if kind in ("ADDED", "MODIFIED"):
            self._take(obj)
        elif kind == "DELETED":
            namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            old = self._store.remove(self.spec.type.gvk, namespace, name)
            if old is not None:
                self._on_change(self.spec.type, old, None)
        return str(metadata.get("resourceVersion") or version)
