"""Server-side apply and ownership for the embedded cluster, after structured-merge-diff: who owns which field, what
conflicts, what goes when an applier no longer sets it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import orjson

from gitops_tui.demo.objects import Fault, Obj, now
from gitops_tui.schema import Node

Path = tuple[str, ...]
_SKIPPED = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
)


def _key(item: Any, node: Node, below: Node | None) -> str | None:
    if not isinstance(item, dict):
        return None
    found = {}
    for name in node.list_keys:
        value = item.get(name)
        if value is None and below is not None and (child := below.child(name)) is not None:
            value = child.default
        if value is not None:
            found[name] = value
    return "k:" + orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()


def paths(value: Any, node: Node | None, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of every field that an object sets, by the rules of its schema: leaves, and items of lists."""
    if isinstance(value, dict) and value and not (node is not None and node.atomic_map):
        for name, below in value.items():
            if not at and name in ("apiVersion", "kind"):
                continue
            if at == ("f:metadata",) and name in _SKIPPED:
                continue
            yield from paths(below, node.child(name) if node is not None else None, (*at, f"f:{name}"))
        return
    if isinstance(value, list) and value and node is not None and node.list_type in ("map", "set"):
        for item in value:
            if node.list_type == "set":
                yield (*at, "v:" + orjson.dumps(item).decode()), item
                continue
            key = _key(item, node, node.items)
            if key is None:
                break
            yield (*at, key, "."), None
            yield from paths(item, node.items, (*at, key))
        else:
            return
    if at:
        yield at, value


def fields_v1(found: set[Path]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path in sorted(found):
        place = made
        for step in path:
            place = place.setdefault(step, {})
    return made


def path_set(fields: Any, at: Path = ()) -> set[Path]:
    """The paths of a fieldsV1."""
    found: set[Path] = set()
    for step, below in fields.items():
        if not below:
            found.add((*at, step))
        else:
            found |= path_set(below, (*at, step))
    return found


def merge(live: Any, applied: Any, node: Node | None) -> Any:
    """The applied value over the live one."""
    if isinstance(live, dict) and isinstance(applied, dict) and not (node is not None and node.atomic_map):
        made = dict(live)
        for name, value in applied.items():
            below = node.child(name) if node is not None else None
            if value is None:
                continue
            made[name] = merge(made[name], value, below) if name in made else copy.deepcopy(value)
        return made
    if isinstance(live, list) and isinstance(applied, list) and node is not None and node.list_type in ("map", "set"):
        if node.list_type == "set":
            return applied + [item for item in live if item not in applied]
        items = {_key(item, node, node.items): item for item in live}
        for item in applied:
            key = _key(item, node, node.items)
            items[key] = merge(items[key], item, node.items) if key in items else copy.deepcopy(item)
        return list(items.values())
    return copy.deepcopy(applied)


def drop(value: Any, path: Path, node: Node | None) -> None:
    """Takes the field at a path away, and what is empty then."""
    for at, step in enumerate(path):
        last = at == len(path) - 1 or path[at + 1] == "."
        if step.startswith("f:"):
            name = step[2:]
            if not isinstance(value, dict) or name not in value:
                return
            if last:
                if at and path[at - 1].startswith("k:") and name in orjson.loads(path[at - 1][2:]):
                    return  # the item stays for another manager, and so does what tells it from the others
                del value[name]
                return
            value, node = value[name], node.child(name) if node is not None else None
        elif isinstance(value, list) and node is not None:
            for item in list(value):
                if (step[:2] == "k:" and _key(item, node, node.items) == step) or (
                    step[:2] == "v:" and "v:" + orjson.dumps(item).decode() == step
                ):
                    if last:
                        value.remove(item)
                        return
                    value, node = item, node.items
                    break
            else:
                return
        else:
            return


def entry(manager: str, operation: str, api_version: str, found: set[Path], subresource: str = "") -> Obj:
    made = {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": now(),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_v1(found),
    }
    if subresource:
        made["subresource"] = subresource
    return made


def apply(live: Obj | None, applied: Obj, node: Node | None, manager: str, *, force: bool) -> Obj:
    """The object after a server-side apply. Raises Fault 409 with each conflicting field and its manager."""
    wanted = dict(paths(applied, node))
    old_entries = copy.deepcopy((live or {}).get("metadata", {}).get("managedFields") or [])
    mine = [e for e in old_entries if e["manager"] == manager and e["operation"] == "Apply"]
    others = [e for e in old_entries if e not in mine]
    have = dict(paths(live, node)) if live is not None else {}
    conflicts = []
    for other in others:
        for path in path_set(other["fieldsV1"]) & wanted.keys():
            if path[-1] != "." and path in have and have[path] != wanted[path]:
                conflicts.append((path, other))
    if conflicts and not force:
        names = sorted({each["manager"] for _, each in conflicts})
        fields = [".".join(step[2:] for step in path) for path, _ in conflicts]
        raise Fault(
            409,
            "Conflict",
            f"Apply failed with {len(conflicts)} conflict{'s' if len(conflicts) > 1 else ''}: conflicts with "
            + ", ".join(f'"{name}"' for name in names)
            + ": "
            + ", ".join(f".{field}" for field in fields),
            [{"reason": "FieldManagerConflict", "field": f".{field}"} for field in fields],
        )
    for path, other in conflicts:
        other["fieldsV1"] = fields_v1(path_set(other["fieldsV1"]) - {path})
    made = merge(copy.deepcopy(live), applied, node) if live is not None else copy.deepcopy(applied)
    owned_by_others = {path for each in others for path in path_set(each["fieldsV1"])}
    for each in mine:
        gone = path_set(each["fieldsV1"]) - wanted.keys()
        # Whole items before their fields: an item that lost its key first could not be found any more.
        for path in sorted(gone, key=lambda path: (len(path) - (path[-1] == "."), path)):
            inside = path[:-1] if path[-1] == "." else path
            if not any(other[: len(inside)] == inside for other in owned_by_others | wanted.keys()):
                drop(made, path, node)
    before = mine[0] if mine else None
    fresh = entry(manager, "Apply", applied["apiVersion"], set(wanted))
    if before is not None and before["fieldsV1"] == fresh["fieldsV1"]:
        fresh["time"] = before["time"]
    made["metadata"]["managedFields"] = [fresh, *(each for each in others if each["fieldsV1"])]
    return dict(made)


def updated(old: Obj | None, new: Obj, node: Node | None, manager: str, subresource: str = "") -> Obj:
    """The object with ownership after an update: what changed belongs to the manager."""
    have = dict(paths(old, node)) if old is not None else {}
    want = dict(paths(new, node))
    changed = {path for path, value in want.items() if path not in have or have[path] != value}
    gone = have.keys() - want.keys()
    entries = []
    mine: set[Path] = set(changed)
    for each in copy.deepcopy((old or {}).get("metadata", {}).get("managedFields") or []):
        found = path_set(each["fieldsV1"]) - gone
        same = each["manager"] == manager and each["operation"] == "Update"
        if same and each.get("subresource", "") == subresource:
            mine |= found
            if not changed:
                entries.append(each)
            continue
        each["fieldsV1"] = fields_v1(found - changed)
        if each["fieldsV1"]:
            entries.append(each)
    if changed:
        entries.append(entry(manager, "Update", new["apiVersion"], mine, subresource))
    new["metadata"]["managedFields"] = entries
    return new
