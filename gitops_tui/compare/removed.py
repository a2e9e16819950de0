"""Fields that are ours by their owner and that Git no longer sets.

A field set (managedFields) is walked together with both sides. A field that is in it and in the cluster, and no longer
in Git, is drift where applying would take it away: not where somebody else owns it too, and not where the value is a
default that would come back. Until our manager has an entry, what client-side appliers own, or else what kubectl noted
in its annotation, counts as ours, so that adopting an object shows the truth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from gitops_tui.compare.defaults import comes_back
from gitops_tui.compare.fields import LAST_APPLIED, METADATA, NAMESPACE_LABEL, OUR_MARKS, TOP, is_note, is_tools
from gitops_tui.compare.looking import Lists
from gitops_tui.compare.ownership import STEPS, Step, below, covered, key_of
from gitops_tui.compare.values import normalised
from gitops_tui.compare.walk import MAX_DEPTH, Walk, keeps_null, keyed
from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT, Reason
from gitops_tui.schema import Node

# Mappings that many write to: told key by key.
_SHARED = ("annotations", "labels")

Others = list[Mapping[str, Any]]


def removed(walk: Walk, field_manager: str, client_managers: Sequence[str]) -> None:
    """Adds what was removed from Git to a walk's findings."""
    ours = [each for each in walk.entries if (each.owner.manager, each.owner.operation) == (field_manager, "Apply")]
    others = [each for each in walk.entries if each not in ours]
    if ours:
        for entry in ours:
            if not entry.owner.subresource and not covered(entry.fields, walk.desired, OUR_MARKS):
                _Removed(walk, adopted=False).run(entry.fields, [each.fields for each in others])
        return
    clients = [each for each in others if each.owner.manager in client_managers and not each.owner.subresource]
    looks = _Removed(walk, adopted=True)
    # What two client-side managers own becomes ours all the same.
    left = [each.fields for each in others if each not in clients]
    for entry in clients:
        if not covered(entry.fields, walk.desired, OUR_MARKS):
            looks.run(entry.fields, left)
    if not clients and (noted := last_applied(walk.live, walk.node)) is not None:
        looks.run(noted, [])


def last_applied(live: Mapping[str, Any], node: Node | None = None) -> Mapping[str, Any] | None:
    """What kubectl's client-side apply noted that it set, as a field set; None where there is no such note. node: the
    kind's type, which tells the lists whose items are owned one by one."""
    metadata = live.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = notes.get(LAST_APPLIED) if isinstance(notes, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        last = orjson.loads(text)
    except ValueError:
        return None
    return _as_fields(normalised(last), node, 0) if isinstance(last, Mapping) else None


def _as_fields(value: Any, node: Node | None, depth: int) -> Mapping[str, Any]:
    if depth > MAX_DEPTH:
        return {}
    if isinstance(value, Mapping):
        if node is not None and node.atomic_map:
            return {}
        return {
            f"f:{name}": _as_fields(inside, node.child(str(name)) if node is not None else None, depth + 1)
            for name, inside in value.items()
            if depth or name not in TOP
        }
    if not isinstance(value, list) or node is None:
        return {}
    if node.list_type == "set":
        steps: list[tuple[Step, Any]] = [(("v", each), None) for each in value]
    elif node.list_type == "map" and (items := keyed(value, node.list_keys, node.items)) is not None:
        named = [(dict(zip(node.list_keys, identity, strict=True)), item) for identity, item in items.items()]
        steps = [(("k", {key: one for key, one in keys.items() if one is not None}), item) for keys, item in named]
    else:
        return {}
    return {
        key: {".": {}, **_as_fields(item, node.items, depth + 1)}
        for step, item in steps
        if (key := key_of(step)) is not None
    }


class _Removed:
    def __init__(self, walk: Walk, *, adopted: bool) -> None:
        self._walk = walk
        self._adopted = adopted
        self._told: set[str] = set()
        self._lists = Lists()

    def run(self, fields: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> None:
        walk = self._walk
        self._inside(fields, walk.desired, walk.live, walk.node, "", (), list(others), ())

    def _inside(
        self,
        fields: Mapping[str, Any],
        desired: Any,
        live: Any,
        node: Node | None,
        path: str,
        steps: tuple[Step, ...],
        others: Others,
        keys: Collection[str],
    ) -> None:
        """desired: ABSENT where Git has lost the whole that lies around `fields`. keys: what identifies the item that
        `fields` stand in; they go with it."""
        depth = len(steps)
        if depth > MAX_DEPTH:
            return
        find = _Finder(desired, live, node, self._lists)
        for key, inside in fields.items():
            found = STEPS[key]
            if found is None or not isinstance(inside, Mapping):
                continue
            step: Step = found if isinstance(found, tuple) else ("f", found)
            if depth < 3 and step[0] == "f" and self._apart(steps, step, live):
                continue
            wanted, there, below_node = find(step)
            if wanted is None and keeps_null(there, below_node):
                if there and not inside:
                    # The null itself is what we own: another apply changes nothing.
                    continue
                wanted = ABSENT
            if there is ABSENT or (desired is ABSENT and step[0] == "f" and step[1] in keys):
                continue
            place, name = _extend(path, step, node)
            here = (*steps, step)
            theirs = [each for each in (below(one, step) for one in others) if each is not None]
            inner = tuple(step[1]) if step[0] == "k" else ()
            if wanted is not ABSENT and wanted is not None:
                if inside and type(wanted) is type(there):
                    # What is left empty goes with all that was in it, but for the top's metadata with our own marks.
                    goes = not wanted and here[0] != ("f", "metadata") and _all_goes(inside, there, theirs)
                    whole = goes or (not wanted and isinstance(wanted, list))
                    if whole and comes_back(there, below_node, name, desired):
                        continue
                    before = len(self._walk.found)
                    self._inside(inside, wanted, there, below_node, place, here, theirs, inner)
                    if goes and len(self._walk.found) == before:
                        self._tell(place, here, there, below_node, name, desired)
            elif wanted is ABSENT:
                if step[0] == "k":
                    # An item goes with all that others set in it, unless they own it as such.
                    theirs = [each for each in theirs if "." in each or not each]
                below_here = [each for each in inside if each != "."]
                shared = name in _SHARED and depth == 1 and steps == (("f", "metadata"),)
                if shared and isinstance(there, Mapping) and all(self._apart(here, ("f", key), there) for key in there):
                    continue
                if below_here and (theirs or shared):
                    self._inside(inside, ABSENT, there, below_node, place, here, theirs, inner)
                elif not theirs and place not in self._told:
                    self._tell(place, here, there, below_node, name, _around(fields, desired, live))

    def _tell(self, path: str, steps: tuple[Step, ...], there: Any, node: Node | None, name: str, around: Any) -> None:
        self._told.add(path)
        # No default adds an item, or a key to a mapping.
        if not name or not comes_back(there, node, name, around):
            self._walk.differ(path, steps, ABSENT, there, Reason.REMOVED)

    def _apart(self, steps: tuple[Step, ...], step: Step, live: Any) -> bool:
        name = step[1]
        if not steps:
            return name in TOP
        if steps == (("f", "metadata"),):
            return name in METADATA
        if len(steps) == 2 and steps[0] == ("f", "metadata"):
            field = str(steps[1][1])
            value = live.get(name) if isinstance(live, Mapping) and isinstance(name, str) else None
            if field == "labels" and name == NAMESPACE_LABEL and self._walk.live.get("kind") == "Namespace":
                return True
            return is_note(field, name) or (self._adopted and is_tools(field, name, value))
        return False


def _around(fields: Mapping[str, Any], desired: Any, live: Any) -> Any:
    """What stands beside a field that goes, once Git is applied, which is what defaults look at: what Git sets, and of what it
    leaves out what is not ours."""
    if not isinstance(desired, Mapping) or not isinstance(live, Mapping):
        return live if desired is ABSENT else desired
    return {**{name: value for name, value in live.items() if f"f:{name}" not in fields}, **desired}


def _all_goes(fields: Mapping[str, Any], there: Any, others: Others) -> bool:
    """Whether a mapping has nothing but what `fields` hold, and nobody else: with all that is in it it goes itself, though
    Git sets it (structured-merge-diff, typed/remove.go)."""
    if not isinstance(there, Mapping) or not there:
        return False
    for name, value in there.items():
        step: Step = ("f", name)
        inside = below(fields, step)
        if inside is None or any(below(each, step) is not None for each in others):
            return False
        if isinstance(value, Mapping) and value and any(key != "." for key in inside):
            if not _all_goes(inside, value, []):
                return False
    return True


class _Finder:
    """Looks up steps inside one desired and one live value."""

    def __init__(self, desired: Any, live: Any, node: Node | None, lists: Lists) -> None:
        self._desired, self._live, self._node = desired, live, node
        self._lists = lists
        self._item = node.items if node is not None else None

    def __call__(self, step: Step) -> tuple[Any, Any, Node | None]:
        kind, value = step
        if kind == "f":
            desired, live = self._desired, self._live
            below_node = self._node.child(value) if self._node is not None else None
            return (
                desired.get(value, ABSENT) if isinstance(desired, Mapping) else _or_absent(desired),
                live.get(value, ABSENT) if isinstance(live, Mapping) else ABSENT,
                below_node,
            )
        wanted = self._lists.find(self._desired, step, self._item) if self._desired is not ABSENT else ABSENT
        return wanted, self._lists.find(self._live, step, self._item), self._item


def _or_absent(desired: Any) -> Any:
    # Where Git has no mapping any more the walk over what it sets has told so.
    return ABSENT if desired is ABSENT else None


def _extend(path: str, step: Step, node: Node | None) -> tuple[str, str]:
    kind, value = step
    if kind == "f":
        return fieldpath.child(path, str(value)), "" if node is not None and node.is_map else str(value)
    if kind == "k" and isinstance(value, Mapping):
        keys = node.list_keys if node is not None and node.list_keys else tuple(value)
        return fieldpath.item(path, keys, value), ""
    return fieldpath.member(path, value), ""
