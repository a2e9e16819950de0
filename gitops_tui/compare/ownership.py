"""Who owns which field: metadata.managedFields, read with care since it may be missing, stripped or malformed.

A path is a tuple of steps: ("f", name), ("k", {key: value}) for an item of a map list, ("v", value) for an item of a
set, ("i", index). fieldsV1 nests the same: `f:spec`, `k:{"name":"app"}`, `v:"x"`; "." stands for the thing itself
(structured-merge-diff, fieldpath/serialize.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from gitops_tui.model.drift import Owner
from gitops_tui.records import dataclass

Step = tuple[str, Any]
MAX_DEPTH = 100
_MAX_KNOWN = 50_000
# Past this many keys that are written in an odd way a set is not searched one by one.
_MAX_SEARCH = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of managedFields. fields: its fieldsV1."""

    owner: Owner
    fields: Mapping[str, Any]


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def managed(live: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of managedFields that have the form of one, as they stand."""
    metadata = live.get("metadata")
    listed = metadata.get("managedFields") if isinstance(metadata, dict) else None
    if listed.__class__ is not list:
        return []
    return [
        each
        for each in listed
        if each.__class__ is dict and each.get("fieldsV1").__class__ is dict and each.get("manager").__class__ is str
    ]


def entries(live: Mapping[str, Any], ours: str = "") -> list[Entry]:
    """All well-formed entries of an object's managedFields; of a Secret as `as_stored` has them. ours: the manager
    whose server-side apply has no say over what it once applied as `stringData`: that stays."""
    secret = live.get("kind") == "Secret"
    return [
        Entry(
            Owner(
                each["manager"],
                str(each.get("operation") or ""),
                _time(each.get("time")),
                str(each.get("subresource") or ""),
            ),
            as_stored(each["fieldsV1"])
            if secret and (each["manager"], each.get("operation")) != (ours, "Apply")
            else each["fieldsV1"],
        )
        for each in managed(live)
    ]


def as_stored(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret's field set with what was applied as `stringData` under `data`, where it is kept."""
    texts, data = fields.get("f:stringData"), fields.get("f:data") or {}
    if not isinstance(texts, Mapping) or not isinstance(data, Mapping):
        return fields
    return {**{key: value for key, value in fields.items() if key != "f:stringData"}, "f:data": {**texts, **data}}


class _Steps(dict[str, "Step | str | None"]):
    """Keys of fieldsV1, parsed: a field's name as text, an item as a step, None for "." and what isn't understood."""

    def __missing__(self, key: Any) -> Step | str | None:
        found: Step | str | None = None
        if isinstance(key, str):
            kind, _, rest = key.partition(":")
            if kind == "f":
                found = rest
            else:
                try:
                    if kind in ("k", "v"):
                        value = orjson.loads(rest)
                        found = (kind, value) if kind == "v" or isinstance(value, dict) else None
                    elif kind == "i":
                        found = ("i", int(rest))
                except ValueError:
                    found = None
        if len(self) > _MAX_KNOWN:
            self.clear()
        self[key] = found
        return found


STEPS = _Steps()


def key_of(step: Step) -> str | None:
    """The key under which fieldsV1 holds a step, None where it can't be written."""
    kind, value = step
    if kind == "f":
        return f"f:{value}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        return f"{kind}:{orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()}"
    except (TypeError, ValueError):
        return None


def below(fields: Mapping[str, Any], step: Step) -> Mapping[str, Any] | None:
    """The field set beneath one step, None where it isn't in the set."""
    key = key_of(step)
    found = fields.get(key) if key is not None else None
    if found is None and step[0] != "f" and len(fields) <= _MAX_SEARCH:
        # Another writer may space or order its keys otherwise.
        found = next((inside for name, inside in fields.items() if STEPS[name] == step), None)
    return found if isinstance(found, Mapping) else None


def holds(fields: Mapping[str, Any], steps: tuple[Step, ...]) -> bool:
    """Whether a field set holds a path, something beneath it, or the atomic field that the path lies in."""
    here: Mapping[str, Any] = fields
    for depth, step in enumerate(steps):
        inside = below(here, step)
        if inside is None:
            return depth > 0 and not here
        here = inside
    return True


def owner_of(listed: Iterable[Entry], steps: tuple[Step, ...]) -> Owner | None:
    """Who set a live field; of several the one whose record is newest."""
    best: Owner | None = None
    for entry in listed:
        if holds(entry.fields, steps):
            new, old = entry.owner.time, best.time if best is not None else None
            if best is None or (new is not None and (old is None or new >= old)):
                best = entry.owner
    return best


def set_by_alone(listed: Iterable[Entry], steps: tuple[Step, ...], manager: str) -> bool:
    """Whether a manager's applies, and nobody else, set a live field."""
    return {(each.owner.manager, each.owner.operation) for each in listed if holds(each.fields, steps)} == {
        (manager, "Apply")
    }


def covered(fields: Mapping[str, Any], obj: Mapping[str, Any], passed: frozenset[str], depth: int = 0) -> bool:
    """Whether an object sets all that a field set holds, but for fields named in `passed`. False where it isn't sure:
    the quick look that spares most objects the slow one."""
    steps = STEPS
    for key, inside in fields.items():
        name = steps[key]
        if name.__class__ is not str:
            if key == ".":
                continue
            return False
        value = obj.get(name)
        if value is None:
            if name in passed:
                continue
            return False
        if inside:
            if inside.__class__ is not dict:
                return False
            kind = type(value)
            if kind is dict:
                if depth > MAX_DEPTH or not covered(inside, value, passed, depth + 1):
                    return False
            elif kind is list and value:
                if depth > MAX_DEPTH or not _items_covered(inside, value, passed, depth + 1):
                    return False
            elif kind is not list or len(inside) > 1 or "." not in inside:
                return False
    return True


def _items_covered(fields: Mapping[str, Any], items: list[Any], passed: frozenset[str], depth: int) -> bool:
    index: dict[Any, Any] | None = None
    for key, inside in fields.items():
        if key == ".":
            continue
        step = STEPS[key]
        if step.__class__ is not tuple or inside.__class__ is not dict:
            return False
        kind, wanted = step
        if kind == "v":
            if wanted not in items or len(items) > _MAX_SEARCH:
                return False
            continue
        if kind != "k":
            return False
        if index is None:
            index = _indexed(items, tuple(wanted))
            if index is None:
                return False
        try:
            item = index.get(tuple(wanted.values()))
        except TypeError:
            return False
        if item is None or (inside and not covered(inside, item, passed, depth)):
            # A key that the item leaves out has its default.
            if item is None or not _but_keys(inside, item, passed, wanted, depth):
                return False
    return True


def _but_keys(
    fields: Mapping[str, Any], item: Mapping[str, Any], passed: frozenset[str], keys: Mapping[str, Any], depth: int
) -> bool:
    left = {key: inside for key, inside in fields.items() if not (key[:2] == "f:" and key[2:] in keys)}
    return len(left) < len(fields) and covered(left, item, passed, depth)


def _indexed(items: list[Any], keys: tuple[str, ...]) -> dict[Any, Any] | None:
    made: dict[Any, Any] = {}
    try:
        for each in items:
            if type(each) is not dict:
                return None
            made[tuple([_key(each, key) for key in keys])] = each
    except TypeError:
        return None
    return made


def _key(item: Mapping[str, Any], name: str) -> Any:
    value = item.get(name)
    return "TCP" if value is None and name == "protocol" else value
