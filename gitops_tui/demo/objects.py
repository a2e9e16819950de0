"""The objects of the embedded cluster: stored, versioned, told to whoever watches. Knows nothing of HTTP or rules.

Once stored an object is never changed: whoever has one may keep it. Only the cluster's loop touches the store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from gitops_tui.demo.clock import stamp
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
KEPT_EVENTS = 10_000


class Event:
    """One change. kind: ADDED, MODIFIED or DELETED; before: the object before it, None where there was none."""

    __slots__ = ("_lines", "before", "gvk", "kind", "namespace", "obj", "version")

    def __init__(self, version: int, kind: str, gvk: GVK, obj: Obj, before: Obj | None) -> None:
        self.version, self.kind, self.gvk, self.obj, self.before = version, kind, gvk, obj, before
        self.namespace = obj["metadata"].get("namespace") or ""
        self._lines: dict[Any, bytes] = {}

    def line(self, form: Any, kind: str, make: Callable[[], Any]) -> bytes:
        """The event as a line of a watch, encoded once for all who want it in that form."""
        key = (form, kind)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = orjson.dumps({"type": kind, "object": make()}) + b"\n"
        return found


class Objects:
    """All objects by kind (its stored version), namespace and name."""

    def __init__(self) -> None:
        self.version = 1
        self.compacted = 0
        """Versions up to this one can't be read or watched from any more."""
        self.kinds: dict[GVK, dict[tuple[str, str], Obj]] = {}
        self.events: deque[Event] = deque()
        self.listeners: list[Callable[[GVK, str, Obj], None]] = []
        self.watchers: dict[GVK, set[Callable[[Event], None]]] = {}
        self._sorted: dict[GVK, list[tuple[str, str]]] = {}

    def get(self, gvk: GVK, namespace: str, name: str) -> Obj | None:
        return self.kinds.get(gvk, {}).get((namespace, name))

    def of_kind(self, gvk: GVK, namespace: str = "") -> list[Obj]:
        """All of a kind, of one namespace where given, by namespace and name."""
        found = self.kinds.get(gvk)
        if not found:
            return []
        keys = self._sorted.get(gvk)
        if keys is None:
            # In the order of the real store's keys: `a/x` comes before `a-b/x`, as "-" < "/" says otherwise.
            keys = self._sorted[gvk] = sorted(found, key=lambda key: f"{key[0]}/{key[1]}")
        return [found[key] for key in keys if not namespace or key[0] == namespace]

    def put(self, gvk: GVK, obj: Obj) -> Obj:
        """Stores an object under its name with the next version; the stored object (a new one, sharing what it can)."""
        metadata = obj["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        of_kind = self.kinds.setdefault(gvk, {})
        old = of_kind.get(key)
        self.version += 1
        stored = {**obj, "metadata": _ordered({**metadata, "resourceVersion": str(self.version)})}
        of_kind[key] = stored
        if old is None:
            self._sorted.pop(gvk, None)
        self._tell("ADDED" if old is None else "MODIFIED", gvk, stored, old)
        return stored

    def remove(self, gvk: GVK, namespace: str, name: str, last: Obj | None = None) -> Obj | None:
        """Takes an object away; what it last was. last: how it is told, where that isn't as it was stored."""
        old = self.kinds.get(gvk, {}).pop((namespace, name), None)
        if old is not None:
            self._sorted.pop(gvk, None)
            self.version += 1
            seen = last or old
            gone = {**seen, "metadata": {**seen["metadata"], "resourceVersion": str(self.version)}}
            self._tell("DELETED", gvk, gone, old)
        return old

    def compact(self) -> None:
        """Forgets all events: whoever asks for an older version gets 410."""
        self.events.clear()
        self.compacted = self.version

    def at(self, gvk: GVK, namespace: str, version: int) -> list[Obj] | None:
        """All of a kind as they were at a version, None where that is forgotten."""
        if version < self.compacted:
            return None
        found = dict(self.kinds.get(gvk, {}))
        for event in reversed(self.events):
            if event.version <= version:
                break
            if event.gvk != gvk:
                continue
            key = (event.namespace, event.obj["metadata"]["name"])
            if event.before is None:
                found.pop(key, None)
            else:
                found[key] = event.before
        keys = sorted((key for key in found if not namespace or key[0] == namespace), key=lambda k: f"{k[0]}/{k[1]}")
        return [found[key] for key in keys]

    def since(self, gvk: GVK, version: int) -> list[Event]:
        """The events of a kind after a version, oldest first."""
        found = []
        for event in reversed(self.events):
            if event.version <= version:
                break
            if event.gvk == gvk:
                found.append(event)
        found.reverse()
        return found

    def _tell(self, kind: str, gvk: GVK, obj: Obj, before: Obj | None) -> None:
        event = Event(self.version, kind, gvk, obj, before)
        self.events.append(event)
        if len(self.events) > KEPT_EVENTS:
            self.compacted = self.events.popleft().version
        for watcher in tuple(self.watchers.get(gvk, ())):
            watcher(event)
        for listener in self.listeners:
            listener(gvk, kind, obj)

    def watch(self, gvk: GVK, watcher: Callable[[Event], None]) -> None:
        self.watchers.setdefault(gvk, set()).add(watcher)

    def unwatch(self, gvk: GVK, watcher: Callable[[Event], None]) -> None:
        self.watchers.get(gvk, set()).discard(watcher)


_FIRST = ("name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp")


def _ordered(metadata: Obj) -> Obj:
    """Metadata in the order in which the API server writes it."""
    made = {name: metadata[name] for name in _FIRST if name in metadata}
    made.update((name, value) for name, value in metadata.items() if name not in made and name != "managedFields")
    if "managedFields" in metadata:
        made["managedFields"] = metadata["managedFields"]
    return made


def now() -> str:
    import time

    return stamp(time.time())


__all__ = ["Event", "Fault", "Obj", "Objects", "now"]
