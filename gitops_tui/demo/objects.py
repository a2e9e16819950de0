"""The objects of the embedded cluster: stored, versioned, watched. Knows nothing of HTTP."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_KEPT_EVENTS = 20_000


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Fault(Exception):
    """A failure to answer with: HTTP status, reason and message as the API server words them."""

    def __init__(self, status: int, reason: str, message: str, causes: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.causes = status, reason, message, causes or []

    def body(self) -> bytes:
        return orjson.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": self.message,
                "reason": self.reason,
                "details": {"causes": self.causes},
                "code": self.status,
            }
        )


class Objects:
    """All objects by kind, namespace and name. Only the server's loop touches it."""

    def __init__(self) -> None:
        self.version = 1
        self.kinds: dict[GVK, dict[tuple[str, str], Obj]] = {}
        self.events: deque[tuple[int, GVK, str, str, bytes]] = deque(maxlen=_KEPT_EVENTS)
        self._watchers: set[asyncio.Queue[tuple[int, GVK, str, bytes]]] = set()
        self.listeners: list[Callable[[GVK, str, Obj], None]] = []

    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None:
        return self.kinds.get(gvk, {}).get((namespace, name))

    def of_kind(self, gvk: GVK, namespace: str = "") -> list[Obj]:
        """All of a kind, of one namespace where given, by namespace and name."""
        found = self.kinds.get(gvk, {})
        return [found[key] for key in sorted(found) if not namespace or key[0] == namespace]

    def put(self, gvk: GVK, obj: Obj) -> Obj:
        """Stores an object: new, or in place of the one of its name. A write that changes nothing keeps the version."""
        metadata = obj["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        old = self.kinds.get(gvk, {}).get(key)
        if old is not None:
            metadata["uid"] = old["metadata"]["uid"]
            metadata["creationTimestamp"] = old["metadata"]["creationTimestamp"]
            metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
            generation = old["metadata"].get("generation", 1)
            if _spec(old) != _spec(obj):
                generation += 1
            if "generation" in old["metadata"]:
                metadata["generation"] = generation
            if _untimed(old) == _untimed(obj):
                return old
        else:
            metadata.setdefault("uid", str(uuid.uuid4()))
            metadata.setdefault("creationTimestamp", now())
            if "spec" in obj:
                metadata["generation"] = 1
        self.version += 1
        metadata["resourceVersion"] = str(self.version)
        self.kinds.setdefault(gvk, {})[key] = obj
        self._tell("ADDED" if old is None else "MODIFIED", gvk, obj)
        return obj

    def remove(self, gvk: GVK, namespace: str, name: str) -> Obj | None:
        old = self.kinds.get(gvk, {}).pop((namespace, name), None)
        if old is not None:
            self.version += 1
            gone = copy.deepcopy(old)
            gone["metadata"]["resourceVersion"] = str(self.version)
            self._tell("DELETED", gvk, gone)
        return old

    def _tell(self, kind: str, gvk: GVK, obj: Obj) -> None:
        line = orjson.dumps({"type": kind, "object": obj}) + b"\n"
        namespace = obj["metadata"].get("namespace") or ""
        self.events.append((self.version, gvk, namespace, kind, line))
        for queue in self._watchers:
            queue.put_nowait((self.version, gvk, namespace, line))
        for listener in self.listeners:
            listener(gvk, kind, obj)

    def watch(self) -> asyncio.Queue[tuple[int, GVK, str, bytes]]:
        queue: asyncio.Queue[tuple[int, GVK, str, bytes]] = asyncio.Queue()
        self._watchers.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[tuple[int, GVK, str, bytes]]) -> None:
        self._watchers.discard(queue)


def _spec(obj: Obj) -> Obj:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _untimed(obj: Obj) -> Obj:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    managed = [
        {key: value for key, value in entry.items() if key != "time"}
        for entry in obj["metadata"].get("managedFields") or []
    ]
    return {**obj, "metadata": {**metadata, "managedFields": managed}}
