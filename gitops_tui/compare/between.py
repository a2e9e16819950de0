"""What differs between two renderings of an application: Git at one commit, Git at another.

No cluster takes part, so nothing is equal in Kubernetes' eyes only: a plain difference of two documents, which is what
DeepDiff tells. List items are matched by their name where they all have one, so that an item put in front of the
others is one addition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from gitops_tui.compare.show import Masks, displayable, plain
from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.records import dataclass

# Past this many characters an object is told as changed, not field by field.
_MAX_TEXT = 200_000


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. path: as in FieldDifference. old, new: JSON values, Masked, or ABSENT."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ManifestChange:
    """One object that differs between two renderings. old, new: as they may be shown (Secrets masked), None where it is
    not there. fields: in the order of their paths; empty where it was added or removed, or is too large to tell."""

    key: ResourceKey
    kind: ChangeKind
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    fields: tuple[FieldChange, ...] = ()


def changes_between(
    old: Iterable[Manifest], new: Iterable[Manifest], *, mask_keys: tuple[str, ...] = ()
) -> tuple[ManifestChange, ...]:
    """The objects that differ, in the order of their keys. mask_keys: globs of ConfigMap keys to mask too."""
    before, after = {each.key: each for each in old}, {each.key: each for each in new}
    masks = Masks()
    found = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None and one.digest == other.digest:
            continue
        left = displayable(one.obj, masks, mask_keys=mask_keys) if one is not None else None
        right = displayable(other.obj, masks, mask_keys=mask_keys) if other is not None else None
        if left is None or right is None:
            found.append(ManifestChange(key, ChangeKind.ADDED if left is None else ChangeKind.REMOVED, left, right))
        else:
            found.append(ManifestChange(key, ChangeKind.CHANGED, left, right, _fields(left, right)))
    return tuple(found)


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    if len(repr(old)) + len(repr(new)) > _MAX_TEXT:
        return ()
    from deepdiff import DeepDiff  # takes 0.1 s to import

    told = DeepDiff(plain(old), plain(new), view="tree", iterable_compare_func=_same_item)
    found = []
    for kind, levels in told.items():
        if kind == "iterable_item_moved":
            continue
        for level in levels:
            steps = level.path(output_format="list", force="fake")
            value_before = ABSENT if kind.endswith("_added") else level.t1
            value_after = ABSENT if kind.endswith("_removed") else level.t2
            side = old if kind.endswith("_removed") else new
            found.append(FieldChange(_path(steps, side), value_before, value_after))
    return tuple(sorted(found, key=lambda each: each.path))


def _same_item(one: Any, other: Any, level: Any = None) -> bool:
    """Whether two items of a list are meant to be the same one. Raises CannotCompare where their names don't tell."""
    from deepdiff.helper import CannotCompare

    if isinstance(one, dict) and isinstance(other, dict) and "name" in one and "name" in other:
        return bool(one["name"] == other["name"])
    raise CannotCompare


def _path(steps: Iterable[Any], side: Any) -> str:
    """The path of DeepDiff's steps through the side that they were counted on."""
    path, value = "", side
    for step in steps:
        if not isinstance(step, int):
            path = fieldpath.child(path, str(step))
            value = value.get(step) if isinstance(value, Mapping) else None
            continue
        value = value[step] if isinstance(value, list) and step < len(value) else None
        if isinstance(value, Mapping) and value.get("name"):
            path = fieldpath.item(path, ("name",), value)
        else:
            path = fieldpath.index(path, step)
    return path
