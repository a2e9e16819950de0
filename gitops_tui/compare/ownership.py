"""Who owns which field: metadata.managedFields, read with care since it may be missing, stripped or malformed.

A path is a tuple of steps: ("f", name), ("k", {key: value}) for an item of a map list, ("v", value) for an item of a
set, ("i", index). fieldsV1 nests the same: `f:spec`, `k:{"name":"app"}`, `v:"x"`; "." stands for the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from gitops_tui.model.drift import Owner

Step = tuple[str, Any]
MAX_DEPTH = 200


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
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def entries(live: Mapping[str, Any]) -> list[Entry]:
    """All well-formed entries of an object's managedFields."""
    metadata = live.get("metadata")
    listed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    found = []
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, Mapping):
            continue
        fields, manager = each.get("fieldsV1"), each.get("manager")
        if isinstance(fields, Mapping) and isinstance(manager, str):
            operation, subresource = str(each.get("operation") or ""), str(each.get("subresource") or "")
            found.append(Entry(Owner(manager, operation, _time(each.get("time")), subresource), fields))
    return found


@lru_cache(maxsize=8192)
def _parsed(key: str) -> Step | None:
    kind, _, rest = key.partition(":")
    if kind == "f":
        return ("f", rest)
    try:
        if kind in ("k", "v"):
            value = orjson.loads(rest)
            return (kind, value) if kind == "v" or isinstance(value, dict) else None
        return ("i", int(rest)) if kind == "i" else None
    except ValueError:
        return None


def _next(fields: Mapping[str, Any], step: Step) -> Mapping[str, Any] | None:
    """The field set beneath one step, None where it isn't in the set."""
    kind, value = step
    if kind == "f":
        found = fields.get(f"f:{value}")
    else:
        found = next((below for key, below in fields.items() if _parsed(str(key)) == step), None)
    return found if isinstance(found, Mapping) else None


def owned(fields: Mapping[str, Any]) -> Iterator[tuple[tuple[Step, ...], Mapping[str, Any]]]:
    """The deepest paths of a field set, each with what stands beneath it there ({} or {".": {}})."""
    stack: list[tuple[tuple[Step, ...], Mapping[str, Any]]] = [((), fields)]
    while stack:
        steps, here = stack.pop()
        below = [
            ((*steps, step), value)
            for key, value in here.items()
            if key != "." and isinstance(value, Mapping) and (step := _parsed(str(key))) is not None
        ]
        if not below or len(steps) > MAX_DEPTH:
            if steps:
                yield steps, here
        else:
            stack.extend(reversed(below))


def covered(fields: Mapping[str, Any], obj: Any, passed: frozenset[str], depth: int = 0) -> bool:
    """Whether an object sets all that a field set holds, but for fields named in `passed`. False where it isn't sure:
    the quick look that spares most objects the slow one."""
    if depth > MAX_DEPTH:
        return False
    for key, below in fields.items():
        if key == ".":
            continue
        step = _parsed(key)
        if step is None or not isinstance(below, Mapping):
            continue
        kind, value = step
        inside: Any = None
        if kind == "f":
            if value in passed:
                continue
            inside = obj.get(value) if isinstance(obj, dict) else None
        elif isinstance(obj, list):
            if kind == "v":
                inside = next((each for each in obj if each == value), None)
            elif kind == "k":
                wanted = value.items()
                inside = next(
                    (
                        each
                        for each in obj
                        if isinstance(each, dict)
                        and all(each.get(name, "TCP" if name == "protocol" else None) == one for name, one in wanted)
                    ),
                    None,
                )
        if inside is None or (below and not covered(below, inside, passed, depth + 1)):
            return False
    return True


def holds(fields: Mapping[str, Any], steps: tuple[Step, ...]) -> bool:
    """Whether a field set holds a path, something beneath it, or the atomic field that the path lies in."""
    here: Mapping[str, Any] = fields
    for depth, step in enumerate(steps):
        below = _next(here, step)
        if below is None:
            return depth > 0 and not here
        here = below
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
