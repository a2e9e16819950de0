"""The live store: what the API server has, as far as it is watched. Only the engine's loop writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_tui.model.keys import GVK
from gitops_tui.settings import APPLICATION_LABEL

Live = dict[str, Any]
_EMPTY: dict[Any, Any] = {}


def _metadata(obj: Live) -> dict[str, Any]:
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


class LiveStore:
    """Objects by kind, namespace and name; found also by uid, by owner, and by our application label.

    beside: objects that are only shown beneath others: found by uid and by owner, never by name, kind or label, so that
    none of them is ever compared or pruned. unseen: uid -> what is to be said of kinds beneath it that can't be looked at.
    """

    def __init__(self) -> None:
        self.beside: LiveStore | None = None
        self.unseen: dict[str, str] = {}
        self._objects: dict[GVK, dict[tuple[str, str], Live]] = {}
        self._by_uid: dict[str, tuple[GVK, tuple[str, str]]] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._labelled: dict[str, dict[tuple[GVK, str, str], None]] = {}

    def get(self, gvk: GVK, namespace: str, name: str) -> Live | None:
        return self.of_kind(gvk).get((namespace, name))

    def of_kind(self, gvk: GVK) -> dict[tuple[str, str], Live]:
        """All objects of a kind by (namespace, name)."""
        return self._objects.get(gvk, {})

    def kinds(self, group: str, kind: str) -> list[GVK]:
        """The versions in which a kind is held."""
        return [gvk for gvk in self._objects if (gvk.group, gvk.kind) == (group, kind)]

    def all_kinds(self) -> list[GVK]:
        """The kinds that are held."""
        return list(self._objects)

    def by_uid(self, uid: str) -> tuple[GVK, Live] | None:
        place = self._by_uid.get(uid)
        if place is None:
            return self.beside.by_uid(uid) if self.beside is not None else None
        found = self._objects.get(place[0], _EMPTY).get(place[1])
        return (place[0], found) if found is not None else None

    def children(self, uid: str) -> Iterator[tuple[GVK, Live]]:
        """The objects that name this uid as an owner."""
        for child in self._children.get(uid, ()):
            found = self.by_uid(child)
            if found is not None:
                yield found
        if self.beside is not None:
            mine = self._children.get(uid, ())
            for child in self.beside._children.get(uid, ()):
                if child not in mine and (found := self.beside.by_uid(child)) is not None:
                    yield found

    def shown(self, gvk: GVK, namespace: str, name: str) -> Live | None:
        """As `get`, also of what is only shown beneath others."""
        found = self.get(gvk, namespace, name)
        return self.beside.get(gvk, namespace, name) if found is None and self.beside is not None else found

    def labelled(self, application: str) -> list[tuple[GVK, str, str]]:
        """(kind, namespace, name) of the objects that carry our label with this value."""
        return list(self._labelled.get(application, ()))

    def put(self, gvk: GVK, obj: Live) -> Live | None:
        """Takes an object in; gives what was there before."""
        metadata = _metadata(obj)
        key = (str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
        objects = self._objects.setdefault(gvk, {})
        old = objects.get(key)
        if old is not None:
            self._unindex(gvk, key, old)
        objects[key] = obj
        uid = metadata.get("uid")
        if uid:
            self._by_uid[uid] = (gvk, key)
            for owner in metadata.get("ownerReferences") or ():
                if isinstance(owner, dict) and owner.get("uid"):
                    self._children.setdefault(owner["uid"], {})[uid] = None
        label = (metadata.get("labels") or _EMPTY).get(APPLICATION_LABEL)
        if label:
            self._labelled.setdefault(label, {})[(gvk, *key)] = None
        return old

    def remove(self, gvk: GVK, namespace: str, name: str) -> Live | None:
        """Takes an object out; gives what was there."""
        key = (namespace, name)
        old = self.of_kind(gvk).pop(key, None)
        if old is not None:
            self._unindex(gvk, key, old)
        return old

    def drop_kind(self, gvk: GVK) -> None:
        """Forgets a kind that is watched no longer."""
        for namespace, name in list(self.of_kind(gvk)):
            self.remove(gvk, namespace, name)
        self._objects.pop(gvk, None)

    def _unindex(self, gvk: GVK, key: tuple[str, str], old: Live) -> None:
        metadata = _metadata(old)
        uid = metadata.get("uid")
        if uid and self._by_uid.get(uid) == (gvk, key):
            del self._by_uid[uid]
        for owner in metadata.get("ownerReferences") or ():
            if isinstance(owner, dict) and (siblings := self._children.get(owner.get("uid", ""))):
                siblings.pop(str(uid), None)
                if not siblings:
                    del self._children[owner["uid"]]
        label = (metadata.get("labels") or _EMPTY).get(APPLICATION_LABEL)
        if label and (members := self._labelled.get(label)):
            members.pop((gvk, *key), None)
            if not members:
                del self._labelled[label]
