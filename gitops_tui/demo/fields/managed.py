"""managedFields: who owns which field. Rules: k8s.io/apimachinery pkg/util/managedfields and structured-merge-diff's
merge/update.go.

A manager is told by name, operation, subresource and (for updates) apiVersion. Sets are FieldsV1 (see `sets`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.fields import sets
from gitops_tui.demo.fields.merging import merge
from gitops_tui.demo.fields.sets import Fields
from gitops_tui.demo.fields.types import DEDUCED, LIST, MAP, Type
from gitops_tui.demo.fields.walks import Comparison, compare, field_set, remove, same, with_named
from gitops_tui.demo.status import Fault
from gitops_tui.records import dataclass, replace

Obj = dict[str, Any]
MAX_UPDATE_MANAGERS = 10
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_STRIPPED: Fields = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{name}": {}
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "clusterName",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        },
    },
}


@dataclass(frozen=True, slots=True)
class Manager:
    """Who an entry belongs to. version is "" for appliers: they are one over all versions."""

    name: str
    operation: str
    version: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Owned:
    """What a manager owns, in which apiVersion, since when."""

    fields: Fields
    version: str
    time: str | None
    applied: bool


Managers = dict[Manager, Owned]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where ownership is tracked: the request's apiVersion, its subresource, what the request can't set ("reset
    fields"), the object before there is one, and how to see an object in another version (None: there is no such)."""

    version: str
    subresource: str
    reset: Fields
    type: Type
    empty: Obj
    other: Callable[[Obj, str], tuple[Obj, Type] | None]


def manager_of(entry: Obj) -> Manager:
    applied = entry.get("operation") == "Apply"
    return Manager(
        str(entry.get("manager") or ""),
        str(entry.get("operation") or ""),
        "" if applied else str(entry.get("apiVersion") or ""),
        str(entry.get("subresource") or ""),
    )


def decode(entries: Any, *, trusted: bool = False) -> Managers:
    """managedFields as they are stored. Raises ValueError where they can't be read. trusted: they are our own."""
    made: Managers = {}
    for number, entry in enumerate(entries or ()):
        if not trusted:
            if not isinstance(entry, dict) or entry.get("operation") not in ("Apply", "Update"):
                raise ValueError("operation must be `Apply` or `Update`")
            if not entry.get("apiVersion"):
                raise ValueError("apiVersion must not be empty")
            if not entry.get("fieldsType"):
                raise ValueError(f"missing fieldsType in managed fields entry {number}")
            if entry["fieldsType"] != "FieldsV1":
                raise ValueError(f'invalid fieldsType "{entry["fieldsType"]}" in managed fields entry {number}')
        raw = entry.get("fieldsV1") or {}
        made[manager_of(entry)] = Owned(
            raw if trusted else sets.parse(raw),
            entry["apiVersion"],
            entry.get("time"),
            entry["operation"] == "Apply",
        )
    return made


def encode(managers: Managers) -> list[Obj]:
    """As stored: applies first, then by time, name, version, subresource."""
    listed = []
    for manager, owned in managers.items():
        entry: Obj = {"manager": manager.name, "operation": "Apply" if owned.applied else "Update"}
        entry["apiVersion"] = owned.version
        if owned.time:
            entry["time"] = owned.time
        entry["fieldsType"] = "FieldsV1"
        entry["fieldsV1"] = sets.ordered(owned.fields)
        if manager.subresource:
            entry["subresource"] = manager.subresource
        listed.append(entry)
    listed.sort(
        key=lambda e: (e["operation"], e.get("time") or "", e["manager"], e["apiVersion"], e.get("subresource", ""))
    )
    return listed


def without(obj: Obj) -> Obj:
    """The object without its managedFields."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {name: value for name, value in metadata.items() if name != "managedFields"}}


def with_managers(obj: Obj, managers: Managers) -> Obj:
    """The object with these managedFields."""
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "managedFields"}
    if managers:
        metadata["managedFields"] = encode(managers)
    return {**obj, "metadata": metadata}


def _compared(old: Obj, new: Obj, scope: Scope) -> Comparison:
    found = compare(old, new, scope.type)
    return _filtered(found, scope.reset)


def _filtered(found: Comparison, reset: Fields) -> Comparison:
    if not reset:
        return found
    return Comparison(
        sets.recursive_difference(found.removed, reset),
        sets.recursive_difference(found.modified, reset),
        sets.recursive_difference(found.added, reset),
    )


def _take(
    old: Obj, new: Obj, scope: Scope, managers: Managers, own: Manager | None, *, force: bool
) -> tuple[Managers, Comparison | None]:
    """What a change takes from the other managers. Raises Fault 409 where they own it and force is off."""
    others = [manager for manager in managers if manager != own]
    if not others and own is not None:
        return {manager: owned for manager, owned in managers.items() if owned.fields}, None
    comparisons: dict[str, Comparison | None] = {scope.version: _compared(old, new, scope)}
    conflicts: dict[Manager, Fields] = {}
    left = dict(managers)
    removed: list[tuple[Manager, Fields]] = []
    for manager in others:
        version = managers[manager].version
        if version not in comparisons:
            before, after = scope.other(old, version), scope.other(new, version)
            comparisons[version] = (
                _filtered(compare(before[0], after[0], before[1]), scope.reset) if before and after else None
            )
        found = comparisons[version]
        if found is None:
            del left[manager]
            continue
        taken = sets.intersection(managers[manager].fields, sets.union(found.modified, found.added))
        if taken:
            conflicts[manager] = taken
        if found.removed:
            removed.append((manager, found.removed))
    if conflicts and not force:
        raise ConflictsFault(conflicts, managers)
    for manager, taken in conflicts.items():
        left[manager] = replace(left[manager], fields=sets.difference(left[manager].fields, taken))
    for manager, gone in removed:
        left[manager] = replace(left[manager], fields=sets.difference(left[manager].fields, gone))
    return {manager: owned for manager, owned in left.items() if owned.fields}, comparisons[scope.version]


class ConflictsFault(Fault):
    """An apply that meets fields of others."""

    def __init__(self, conflicts: dict[Manager, Fields], managers: Managers) -> None:
        self.conflicts = conflicts
        listed = [
            (_named(manager, managers[manager]), sets.spell(path))
            for manager in sorted(conflicts, key=lambda each: _named(each, managers[each]))
            for path in sets.paths(conflicts[manager])
        ]
        if len(listed) == 1:
            said = f"1 conflict: conflict with {listed[0][0]}: {listed[0][1]}"
        else:
            parts: list[str] = []
            for name, path in listed:
                if f"conflicts with {name}:" not in parts:
                    parts.append(f"conflicts with {name}:")
                parts.append(f"- {path}")
            said = f"{len(listed)} conflicts: " + "\n".join(parts)
        causes = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {name}", "field": path}
            for name, path in listed
        ]
        super().__init__(409, "Conflict", f"Apply failed with {said}", causes)


def _named(manager: Manager, owned: Owned) -> str:
    import orjson

    said = orjson.dumps(manager.name).decode()
    if manager.subresource:
        said += f' with subresource "{manager.subresource}"'
    if manager.operation == "Update":
        said += f" using {owned.version}"
    return said


def update(live: Obj | None, new: Obj, managers: Managers, scope: Scope, name: str, now: str) -> Managers:
    """The managers after an update (or create, live None) of the object by that name."""
    old = live if live is not None else scope.empty
    managers = _reconciled(old, managers, scope)
    left, found = _take(old, new, scope, managers, None, force=True)
    if found is None:
        found = _compared(old, new, scope)
    taken = sets.union(found.modified, found.added)
    taken = sets.difference(taken, _STRIPPED)
    if taken:
        me = Manager(name or "unknown", "Update", scope.version, scope.subresource)
        before = left.get(me)
        left[me] = Owned(sets.union(taken, before.fields) if before else taken, scope.version, now, applied=False)
    return _capped(left)


def _capped(managers: Managers) -> Managers:
    """At most ten updaters: the oldest are merged into one for each version, `ancient-changes`."""
    updaters = [manager for manager, owned in managers.items() if not owned.applied]
    if len(updaters) <= MAX_UPDATE_MANAGERS:
        return managers
    made = dict(managers)
    updaters.sort(key=lambda each: (managers[each].time or "", each.name, each.version, each.subresource))
    first: dict[str, Manager] = {}
    length = len(updaters)
    for manager in updaters:
        if length <= MAX_UPDATE_MANAGERS:
            break
        owned = made[manager]
        bucket = Manager("ancient-changes", "Update", owned.version, "")
        if owned.version not in first:
            first[owned.version] = manager
            continue
        if bucket not in made:
            made[bucket] = made.pop(first[owned.version])
        merged = sets.union(owned.fields, made[bucket].fields)
        del made[manager]
        made[bucket] = replace(made[bucket], fields=merged, time=owned.time)
        length -= 1
    return made


def _reconciled(live: Obj, managers: Managers, scope: Scope) -> Managers:
    """Sets that were written before a field became atomic: who had something in it now has it whole."""
    if not scope.type.custom:
        return managers
    made = {}
    for manager, owned in managers.items():
        seen = (live, scope.type) if owned.version == scope.version else scope.other(live, owned.version)
        made[manager] = owned if seen is None else replace(owned, fields=_fitted(owned.fields, seen[1]))
    return made


def _fitted(fields: Fields, declared: Type) -> Fields:
    if declared.kind == DEDUCED or not fields:
        return fields
    made: Fields = {}
    for name, below in fields.items():
        child: Type | None = None
        if name[0] == "f" and declared.kind == MAP:
            child = declared.field(name[2:])
        elif name[0] == "k" and declared.kind == LIST:
            child = declared.item
        if child is None or not below:
            made[name] = below
        else:
            made[name] = {} if child.atomic else _fitted(below, child)
    return made


def apply(
    live: Obj | None, applied: Obj, managers: Managers, scope: Scope, name: str, now: str, *, force: bool
) -> tuple[Obj | None, Managers]:
    """The merged object (None where the live one needs no change) and its managers. live and applied come without
    managedFields. Raises ConflictsFault."""
    me = Manager(name, "Apply", "", scope.subresource)
    old = live if live is not None else {}
    managers = _reconciled(old, managers, scope)
    merged = merge(old, applied, scope.type) if old else applied
    before = managers.get(me)
    mine = field_set(applied, scope.type)
    if scope.reset:
        mine = sets.recursive_difference(mine, scope.reset)
    managers = {**managers, me: Owned(mine, scope.version, now, applied=True)}
    if before is not None and before.fields:
        merged = _pruned(merged, managers, before, scope)
    managers, _ = _take(old, merged, scope, managers, me, force=force)
    if me in managers:
        stripped = sets.difference(managers[me].fields, _STRIPPED)
        if stripped:
            managers[me] = replace(managers[me], fields=stripped)
        else:
            del managers[me]
    if live is not None and same(old, merged):
        if me in managers:  # nothing was written, so no time is: an applier that only joins has none
            managers[me] = replace(managers[me], time=before.time if before is not None else None)
        return None, managers
    return merged, managers


def _pruned(merged: Obj, managers: Managers, before: Owned, scope: Scope) -> Obj:
    """Without what the manager applied last time and nobody claims now."""
    version = before.version
    seen = (merged, scope.type) if version == scope.version else scope.other(merged, version)
    if seen is None:
        return merged
    whole, declared = seen
    last = with_named(before.fields, declared)
    pruned = remove(whole, last, declared) or {}
    by_version: dict[str, Fields] = {}
    for owned in managers.values():
        by_version[owned.version] = sets.union(by_version.get(owned.version, {}), owned.fields)
    claimed: Fields = {}
    for at in sorted(by_version, key=lambda each: each != version):
        # Versions other than the pruned one name their fields alike but for renames, which aren't known here.
        claimed = sets.union(claimed, with_named(by_version[at], declared))
    whole_set = with_named(field_set(whole, declared), declared)
    pruned_set = with_named(field_set(pruned, declared), declared)
    pruned = remove(whole, sets.difference(whole_set, sets.union(pruned_set, claimed)), declared) or {}
    pruned_set = with_named(field_set(pruned, declared), declared)
    gone = sets.intersection(sets.difference(whole_set, pruned_set), last)
    made = remove(whole, gone, declared) or {}
    if version != scope.version:
        back = scope.other(made, scope.version)
        return back[0] if back is not None else merged
    return dict(made)


def beyond_last_applied(conflicts: dict[Manager, Fields], live: Obj, scope: Scope) -> dict[Manager, Fields] | None:
    """Of conflicts, those on fields that kubectl's annotation of client-side apply doesn't have as they are; None where
    there is no (readable) annotation."""
    import orjson

    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        last = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(last, dict) or last.get("apiVersion") != scope.version:
        return None
    found = compare(last, live, scope.type)
    known = field_set(last, scope.type)
    for gone in (found.modified, found.added, found.removed):
        known = sets.difference(known, gone)
    left = {manager: sets.difference(fields, known) for manager, fields in conflicts.items()}
    return {manager: fields for manager, fields in left.items() if fields}
