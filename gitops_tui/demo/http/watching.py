"""Watches: what is there, then what happens, one line of JSON each, encoded once for all watchers that want it alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from gitops_tui.demo.hooks import Faults, RequestInfo
from gitops_tui.demo.http import options, tables
from gitops_tui.demo.http.accept import Form
from gitops_tui.demo.http.reads import matcher, shown
from gitops_tui.demo.objects import Event
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.status import Fault, expired

Obj = dict[str, Any]
_MOST_WAITING = 20_000
_BOOKMARK_EVERY = 60.0


class Watch:
    """One client's watch. closing: set when the server stops."""

    def __init__(
        self,
        registry: Registry,
        resource: Resource,
        info: RequestInfo,
        query: Mapping[str, str],
        form: Form,
        closing: asyncio.Event,
    ) -> None:
        options.check_list(query, watch=True)
        self._registry, self._resource, self._form = registry, resource, form
        self._info, self._closing = info, closing
        self._match, name = matcher(query, resource)
        self._namespace = info.namespace if resource.namespaced else ""
        if info.name:
            name = info.name
        self._name = name
        self._since = options.version(query.get("resourceVersion", ""))
        self._initial = query.get("sendInitialEvents")
        self._bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
        self._seconds = options.number(query, "timeoutSeconds")
        self._from_now = query.get("resourceVersion", "") in ("", "0")
        self._waiting: list[Event] = []
        self._wake = asyncio.Event()
        self._sent = 0
        self._heads = True

    def _heard(self, event: Event) -> None:
        if self._namespace and event.namespace != self._namespace:
            return
        if self._name is not None and event.obj["metadata"]["name"] != self._name:
            return
        if event.version <= self._since:  # asked from a version that is not reached yet
            return
        self._waiting.append(event)
        self._wake.set()

    def _first(self) -> list[bytes] | Fault:
        """What is sent at once; subscribes to what comes."""
        objects, gvk = self._registry.objects, self._resource.storage
        made: list[bytes] = []
        synthetic = self._initial in ("1", "true") or (self._initial is None and self._from_now)
        if not synthetic and self._from_now:
            self._since = objects.version
        if synthetic:
            for obj in objects.of_kind(gvk, self._namespace):
                if self._name is not None and obj["metadata"]["name"] != self._name:
                    continue
                if self._match is None or self._match(obj):
                    made.append(self._line("ADDED", obj))
            if self._initial is not None and self._bookmarks:
                made.append(self._bookmark(initial=True))
        elif self._since < objects.compacted:
            return expired(f"too old resource version: {self._since} ({objects.compacted})")
        else:
            for event in objects.since(gvk, self._since):
                self._heard(event)
            made += self._drain()
        objects.watch(gvk, self._heard)
        return made

    def _encoded(self, event: Event, kind: str) -> bytes:
        form = (self._resource.gvk, self._form)
        return event.line(form, kind, lambda: shown(self._registry, self._resource, event.obj, self._form))

    def _drain(self) -> list[bytes]:
        made = []
        for event in self._waiting:
            kind = event.kind
            obj = event.obj
            if self._match is not None:
                now = kind != "DELETED" and self._match(obj)
                before = event.before is not None and self._match(event.before)
                if now and before:
                    kind = "MODIFIED"
                elif now:
                    kind = "ADDED"
                elif before:
                    if kind != "DELETED":
                        metadata = {**event.before["metadata"], "resourceVersion": str(event.version)}  # type: ignore[index]
                        obj = {**event.before, "metadata": metadata}  # type: ignore[dict-item]
                    kind = "DELETED"
                else:
                    continue
            if obj is event.obj and not self._form.kind:
                made.append(self._encoded(event, kind))
            else:
                made.append(self._line(kind, obj))
        self._waiting.clear()
        return made

    def _line(self, kind: str, obj: Obj) -> bytes:
        if self._form.kind == "Table":
            found = shown(self._registry, self._resource, obj, self._form)
            if not self._heads:
                found["columnDefinitions"] = None
            self._heads = False
        else:
            found = shown(self._registry, self._resource, obj, self._form)
        return orjson.dumps({"type": kind, "object": found}) + b"\n"

    def _bookmark(self, *, initial: bool = False) -> bytes:
        metadata: Obj = {"resourceVersion": str(self._registry.objects.version)}
        if initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        gvk = self._resource.gvk
        obj: Obj = {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": metadata}
        if self._form.kind == "Table":
            row = tables.empty_row(self._resource, obj, self._registry.clock.time())
            obj = {
                "kind": "Table",
                "apiVersion": f"meta.k8s.io/{self._form.version}",
                "metadata": {"resourceVersion": metadata["resourceVersion"]},
            }
            obj |= {"columnDefinitions": None, "rows": [row]}
        elif self._form.kind:
            obj = tables.partial(obj, self._form.version)
        return orjson.dumps({"type": "BOOKMARK", "object": obj}) + b"\n"

    async def run(self, request: web.BaseRequest, faults: Faults | None) -> web.StreamResponse:
        """Answers until the time is up, the client goes, or the server stops."""
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
        )
        first = self._first()
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._seconds if self._seconds else 1800 + hash(id(self)) % 1800)
        mark = loop.time() + _BOOKMARK_EVERY
        gvk = self._resource.storage
        try:
            await response.prepare(request)
            if isinstance(first, Fault):
                await response.write(orjson.dumps({"type": "ERROR", "object": first.as_status()}) + b"\n")
                return response
            lines = first
            while True:
                if lines and not await self._send(request, response, lines, faults):
                    return response
                left = min(end, mark) - loop.time()
                if left <= 0:
                    if self._bookmarks:
                        await response.write(self._bookmark())
                    if loop.time() >= end:
                        return response
                    mark = loop.time() + _BOOKMARK_EVERY
                    lines = []
                    continue
                await self._pause(left)
                if self._closing.is_set() or request.transport is None or request.transport.is_closing():
                    return response
                if len(self._waiting) > _MOST_WAITING:
                    return response
                lines = self._drain()
        except (ConnectionResetError, ConnectionError):
            return response
        finally:
            self._registry.objects.unwatch(gvk, self._heard)

    async def _pause(self, seconds: float) -> None:
        """Waits until there is something to do, at most that long."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
        self._wake.clear()

    def close(self) -> None:
        self._wake.set()

    async def _send(
        self, request: web.BaseRequest, response: web.StreamResponse, lines: list[bytes], faults: Faults | None
    ) -> bool:
        """Sends lines; False where a fault ended the watch."""
        if faults is None:
            self._sent += len(lines)
            await response.write(lines[0] if len(lines) == 1 else b"".join(lines))
            return True
        for line in lines:
            what = faults.watch(self._info, self._sent)
            if what == "drop":
                return False
            if what == "gone":
                version = self._registry.objects.version
                gone = expired(f"too old resource version: {self._since} ({version})")
                await response.write(orjson.dumps({"type": "ERROR", "object": gone.as_status()}) + b"\n")
                return False
            if what == "cut":
                await response.write(line[: len(line) // 2])
                if request.transport is not None:
                    request.transport.abort()
                return False
            self._sent += 1
            await response.write(line)
        return True
