"""Who owns which field: metadata.managedFields, read with care since it may be missing, stripped or malformed.

A field set is fieldsV1 as the API server writes it: nested mappings with keys such as `f:spec`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gitops_tui.compare.paths import Item, Member, Path, Segment, parsed
from gitops_tui.model.drift import Owner

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FieldSet = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of managedFields."""

    owner: Owner
    fields: FieldSet


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def metadata(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object's metadata, {} where it has none."""
    found = obj.get("metadata")
    return found if isinstance(found, Mapping) else {}


def annotations(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object's annotations, {} where it has none."""
    found = metadata(obj).get("annotations")
    return found if isinstance(found, Mapping) else {}


def entries(live: Mapping[str, Any]) -> tuple[Entry, ...]:
    """All well-formed entries of an object's managedFields."""
    listed = metadata(live).get("managedFields")
    found = []
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, Mapping):
            continue
        fields = each.get("fieldsV1")
        manager = each.get("manager")
        if isinstance(fields, Mapping) and isinstance(manager, str):
            owner = Owner(
                manager, str(each.get("operation") or ""), _time(each.get("time")), str(each.get("subresource") or "")
            )
            found.append(Entry(owner, fields))
    return tuple(found)


def _matches(segment: Segment, other: Segment | None) -> bool:
    if isinstance(segment, Item) and isinstance(other, Item):
        return set(segment.keys) == set(other.keys)
    if isinstance(segment, Member) or isinstance(other, Member):
        return type(segment) is type(other) and segment == other
    return type(segment) is type(other) and segment == other


def step(fields: FieldSet, segment: Segment) -> FieldSet | None:
    """The field set beneath one segment, None where it isn't in the set."""
    if isinstance(segment, str):
        found = fields.get("f:" + segment)
    else:
        found = next((each for key, each in fields.items() if _matches(segment, parsed(key))), None)
    return found if isinstance(found, Mapping) else None


def owns(fields: FieldSet, path: Path) -> bool:
    """Whether a field set holds a path, something beneath it, or the atomic field that it is part of."""
    for depth, segment in enumerate(path):
        below = step(fields, segment)
        if below is None:
            # A leaf of the set above: the value is atomic and the path lies inside it.
            return depth > 0 and all(key == "." for key in fields)
        fields = below
    return True


def owner_of(live_entries: Iterable[Entry], path: Path) -> Owner | None:
    """Who set a live field; of several the one whose record is newest."""
    best: Owner | None = None
    for entry in live_entries:
        if owns(entry.fields, path):
            new, old = entry.owner.time, best.time if best is not None else None
            if best is None or (new is not None and (old is None or new >= old)):
                best = entry.owner
    return best


def last_applied(live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What kubectl's client-side apply last applied, None where it isn't said or doesn't parse."""
    text = annotations(live).get(LAST_APPLIED)
    if not isinstance(text, str):
        return None
    try:
        found = orjson.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None
