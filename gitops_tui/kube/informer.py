"""List and watch of one kind into the live store.

LIST in pages of 500, then WATCH from the list's resourceVersion with bookmarks. 410 means list again; a cut connection
means watch again from where it was, with backoff; a relist tells only real differences. Where listing the whole cluster
is forbidden, the namespaces that applications use are listed one by one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from enum import StrEnum

import orjson

from gitops_tui.errors import ApiError, ClusterError, Forbidden, Gone, NotFound, Unreachable
from gitops_tui.kube.answers import api_error
from gitops_tui.kube.client import aiohttp
from gitops_tui.kube.deep import loads
from gitops_tui.kube.discovery import ResourceType
from gitops_tui.kube.store import Live, LiveStore
from gitops_tui.kube.transport import Transport
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass

PAGE = 500
# The server ends a watch after this many seconds; silence for longer means that the link is dead.
_WATCH_SECONDS = 290
# Bookmarks come about once a minute on a real API server; a dead connection is noticed earlier by TCP itself.
_SILENCE = 90.0
_MAX_LINE = 64 * 2**20
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
# A watch that held this long was a good one: its end is no reason to wait or to worry.
_GOOD = 5.0
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0


class WatchStatus(StrEnum):
    PENDING = "pending"
    SYNCED = "synced"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


# What stands for a kind whose namespaces fare differently.
_WORST_FIRST = (
    WatchStatus.PENDING,
    WatchStatus.STALE,
    WatchStatus.FAILED,
    WatchStatus.FORBIDDEN,
    WatchStatus.SYNCED,
)


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """What to watch: a kind; the namespaces to fall back to where the whole cluster is forbidden; whether to keep
    managedFields (needed only for what is compared); a namespace and a label selector to watch no more than that;
    metadata_only: no more than each object's metadata is asked for."""

    type: ResourceType
    namespaces: frozenset[str] = frozenset()
    keep_managed_fields: bool = True
    only_namespace: str = ""
    label_selector: str = ""
    metadata_only: bool = False

    def covers(self, other: WatchSpec) -> bool:
        """Whether a watch for this one shows all that the other one wants (fallback namespaces aside)."""
        return (
            (self.keep_managed_fields or not other.keep_managed_fields)
            and (self.only_namespace, self.label_selector) == (other.only_namespace, other.label_selector)
            and self.metadata_only == other.metadata_only
            and self.type == other.type
        )


# (old, new) of one object: None on either side where it was added or is gone.
OnChange = Callable[[ResourceType, Live | None, Live | None], None]
OnStatus = Callable[[ResourceType], None]


@dataclass(slots=True)
class _Scope:
    """One list and watch: of the whole cluster ("") or a namespace. version: where to watch on from, "" to list."""

    namespace: str
    status: WatchStatus = WatchStatus.PENDING
    message: str = ""
    version: str = ""
    task: asyncio.Task[None] | None = None


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
        self._namespaces = spec.namespaces
        self._scopes: dict[str, _Scope] = {}

    def start(self) -> None:
        self._begin(self.spec.only_namespace)

    def _begin(self, namespace: str) -> None:
        scope = self._scopes.setdefault(namespace, _Scope(namespace))
        name = f"watch {self.spec.type.plural} {namespace}".rstrip()
        scope.task = asyncio.create_task(self._run(scope), name=name)

    async def stop(self) -> None:
        tasks = [scope.task for scope in self._scopes.values() if scope.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def relist(self) -> None:
        """Lists again; what was known stays until the new list says otherwise."""
        await self.stop()
        for namespace, scope in list(self._scopes.items()):
            scope.version = ""
            self._begin(namespace)

    def widen(self, namespaces: frozenset[str]) -> None:
        """More namespaces are needed where the whole cluster is forbidden."""
        self._namespaces |= namespaces
        if not self.spec.type.namespaced or self.spec.only_namespace:
            return
        whole = self._scopes.get("")
        if whole is not None:
            if whole.status is not WatchStatus.FORBIDDEN or not self._namespaces:
                return
            if whole.task is not None:
                whole.task.cancel()
            del self._scopes[""]
        self._begin_namespaces()

    def _begin_namespaces(self) -> None:
        for namespace in sorted(self._namespaces - self._scopes.keys()):
            self._begin(namespace)

    def status(self, namespace: str = "") -> tuple[WatchStatus, str]:
        """How well this kind is known in a namespace, and why not; "" for all namespaces together: the worst."""
        found = self._scopes.get("") or self._scopes.get(namespace)
        if found is None and not namespace and self._scopes:
            found = min(self._scopes.values(), key=lambda scope: _WORST_FIRST.index(scope.status))
        if found is None:
            return (
                WatchStatus.PENDING,
                f"{self.spec.type.plural} of the namespace {printable(namespace)} are not watched",
            )
        return found.status, found.message

    def _set(self, scope: _Scope, status: WatchStatus, message: str = "") -> None:
        if (scope.status, scope.message) != (status, message):
            scope.status, scope.message = status, message
            self._on_status(self.spec.type)

    async def _run(self, scope: _Scope) -> None:
        clock = asyncio.get_running_loop().time
        delay = _FIRST_DELAY
        while True:
            began = clock()
            least = 0.0
            try:
                if not scope.version:
                    scope.version = await self._list(scope.namespace)
                    self._set(scope, WatchStatus.SYNCED)
                    began = clock()
                await self._watch(scope)
            except Gone:
                scope.version = ""
            except Forbidden as error:
                if not scope.namespace and self.spec.type.namespaced and self._namespaces:
                    self._forget(scope.namespace)
                    del self._scopes[scope.namespace]
                    self._begin_namespaces()
                    self._on_status(self.spec.type)
                    return
                self._lose(scope, WatchStatus.FORBIDDEN, str(error))
                least = 15.0
            except NotFound:
                # The kind is gone (its CRD was deleted): nothing of it is there.
                self._lose(scope, WatchStatus.FAILED, f"the cluster no longer serves {self.spec.type.gvk}")
                least = 5.0
            except ClusterError as error:
                # A good connection that was cut is tried again at once, before anybody hears of it.
                if clock() - began < _GOOD:
                    self._worry(scope, str(error))
            except Exception as error:  # the boundary of a task: an answer that nobody foresaw may not end the watch
                scope.version = ""
                said = f"{type(error).__name__}: {printable(redact(str(error)))[:200]}"
                self._worry(scope, f"watch {self.spec.type.plural}: an answer that can't be understood ({said})")
            if clock() - began >= _GOOD:
                delay = _FIRST_DELAY
                if not least:
                    continue
            await asyncio.sleep(max(delay, least) * random.uniform(0.7, 1.3))  # noqa: S311
            delay = min(delay * 2, _LONGEST_DELAY)

    def _worry(self, scope: _Scope, message: str) -> None:
        known = scope.status in (WatchStatus.SYNCED, WatchStatus.STALE)
        self._set(scope, WatchStatus.STALE if known else WatchStatus.FAILED, message)

    def _lose(self, scope: _Scope, status: WatchStatus, message: str) -> None:
        """Nothing can be said of these objects any more. The status goes first, so that none is taken for missing."""
        scope.version = ""
        self._set(scope, status, message)
        self._forget(scope.namespace)

    def _forget(self, where: str) -> None:
        gvk = self.spec.type.gvk
        for namespace, name in list(self._store.of_kind(gvk)):
            if not where or namespace == where:
                old = self._store.remove(gvk, namespace, name)
                self._on_change(self.spec.type, old, None)

    def _params(self) -> dict[str, str]:
        return {"labelSelector": self.spec.label_selector} if self.spec.label_selector else {}

    async def _list(self, where: str) -> str:
        """Takes in all objects there are, page by page; gives the resourceVersion to watch on from."""
        kind = self.spec.type
        seen: set[tuple[str, str]] = set()
        params = {**self._params(), "limit": str(PAGE)}
        what = f"list {kind.plural}" + (f" in {where}" if where else "")
        while True:
            accept = METADATA_LIST if self.spec.metadata_only else "application/json"
            page = await self._transport.request("GET", kind.path(where), params=params, accept=accept, what=what)
            metadata = page.get("metadata") or {}
            if "metadata" not in page or not isinstance(page.get("items") or [], list):
                raise ApiError(f"{what}: the answer is not a list of objects", status=200)
            for obj in page.get("items") or []:
                obj.setdefault("apiVersion", kind.gvk.api_version)
                obj.setdefault("kind", kind.gvk.kind)
                seen.add(self._take(obj))
            token = metadata.get("continue")
            if not token:
                break
            params["continue"] = str(token)
            await asyncio.sleep(0)
        for namespace, name in [key for key in self._store.of_kind(kind.gvk) if key not in seen]:
            if not where or namespace == where:
                old = self._store.remove(kind.gvk, namespace, name)
                self._on_change(kind, old, None)
        return str(metadata.get("resourceVersion") or "0")

    def _take(self, obj: Live) -> tuple[str, str]:
        metadata = obj.get("metadata") or {}
        key = (str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
        if self.spec.metadata_only:
            # Those are of a kind of their own; also from a server that knows no such form there is no more to be kept.
            gvk = self.spec.type.gvk
            obj = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata}
        if not self.spec.keep_managed_fields:
            metadata.pop("managedFields", None)
        before = self._store.get(self.spec.type.gvk, *key)
        if before is None or before["metadata"].get("resourceVersion") != metadata.get("resourceVersion"):
            self._store.put(self.spec.type.gvk, obj)
            self._on_change(self.spec.type, before, obj)
        return key

    async def _watch(self, scope: _Scope) -> None:
        params = {
            **self._params(),
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": scope.version,
            "timeoutSeconds": str(int(_WATCH_SECONDS * random.uniform(0.8, 1.0))),  # noqa: S311
        }
        path = self.spec.type.path(scope.namespace)
        accept = _METADATA if self.spec.metadata_only else ""
        response = await self._transport.open_stream(path, params, silence=_SILENCE, accept=accept)
        self._set(scope, WatchStatus.SYNCED)
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in response.content.iter_any():
                *lines, rest = chunk.split(b"\n")
                for line in lines:
                    whole, parts, size = b"".join((*parts, line)), [], 0
                    if whole.strip():
                        self._event(whole, scope)
                if rest:
                    parts.append(rest)
                    size += len(rest)
                    if size > _MAX_LINE:
                        raise Unreachable(f"watch {self.spec.type.plural}: one event is larger than {_MAX_LINE} bytes")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._transport.unreachable(error) from error
        finally:
            response.close()

    def _event(self, line: bytes, scope: _Scope) -> None:
        """Takes in one event and moves the scope's version on: a new connection goes on behind it."""
        what = f"watch {self.spec.type.plural}"
        try:
            event = loads(line)
            kind, obj = event["type"], event["object"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ApiError(f"{what}: a broken event", status=0) from error
        if not isinstance(obj, dict):
            raise ApiError(f"{what}: an event without an object", status=0)
        if kind == "ERROR":
            code = obj.get("code")
            raise api_error(code if isinstance(code, int) else 500, orjson.dumps(obj), what)
        metadata = obj.get("metadata") or {}
        if kind in ("ADDED", "MODIFIED"):
            self._take(obj)
        elif kind == "DELETED":
            namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            old = self._store.remove(self.spec.type.gvk, namespace, name)
            if old is not None:
                self._on_change(self.spec.type, old, None)
        scope.version = str(metadata.get("resourceVersion") or scope.version)
