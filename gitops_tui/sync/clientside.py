"""kubectl's client-side apply: a three-way patch out of what was applied last, what is to be and what is.

What was applied last stands in an annotation on the object itself, as kubectl keeps it, so that both can take turns
(kubectl/pkg/cmd/apply/patcher.go). The whole desired object is in the patch, not only what differs: the result is
the same, and nothing depends on how old the live object is that was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gitops_tui.schema import builtin
from gitops_tui.schema.nodes import Node

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# The manager that kubectl writes as: what it owns becomes ours on the way to server-side apply.
CLIENT_SIDE_MANAGER = "kubectl-client-side-apply"
_STRATEGIC = "application/strategic-merge-patch+json"
_MERGE = "application/merge-patch+json"
# Fields with patchStrategy retainKeys: what the patch doesn't name goes (k8s.io/api apps/v1 and core/v1).
_RETAIN_MAP, _RETAIN_LIST = "strategy", "volumes"


def with_last_applied(obj: dict[str, Any]) -> dict[str, Any]:
    """The object with itself in the annotation."""
    metadata = obj["metadata"]
    notes = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    plain = {**obj, "metadata": {**metadata, "annotations": notes}}
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    return {**obj, "metadata": {**metadata, "annotations": {**notes, LAST_APPLIED: text}}}


def three_way(modified: Mapping[str, Any], live: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The patch that makes `live` as `modified` is, and its content type: strategic merge for Kubernetes' own kinds,
    JSON merge for others."""
    original = _last_applied(live)
    node = builtin().node_of(modified.get("apiVersion"), modified.get("kind"))
    return _map(original, modified, node), _STRATEGIC if node is not None else _MERGE


def _last_applied(live: Mapping[str, Any]) -> Mapping[str, Any]:
    notes = (live.get("metadata") or {}).get("annotations") or {}
    try:
        found = orjson.loads(str(notes.get(LAST_APPLIED, "{}")))
    except orjson.JSONDecodeError:
        # Somebody's hand was in it: then nothing is known to have been removed since.
        return {}
    return found if isinstance(found, Mapping) else {}


def _map(original: Mapping[str, Any], modified: Mapping[str, Any], node: Node | None) -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys((key for key in original if key not in modified), None)
    for key, value in modified.items():
        before = original.get(key)
        below = node.child(key) if node is not None else None
        if isinstance(value, Mapping):
            made[key] = _map(before if isinstance(before, Mapping) else {}, value, below)
            if node is not None and key == _RETAIN_MAP and "type" in value:
                made[key]["$retainKeys"] = [name for name in value if value[name] is not None]
        elif isinstance(value, list) and below is not None and below.merge_key:
            made |= _list(key, before if isinstance(before, list) else [], value, below)
        elif isinstance(value, list) and key == "finalizers" and node is not None:
            made[key] = value
            if gone := [each for each in before or () if each not in value]:
                made[f"$deleteFromPrimitiveList/{key}"] = gone
        else:
            made[key] = value
    return made


def _list(key: str, original: list[Any], modified: list[Any], node: Node) -> dict[str, Any]:
    """The parts of a patch for a list that is merged by a key."""
    name = node.merge_key
    before = {each[name]: each for each in original if isinstance(each, Mapping) and name in each}
    items: list[Any] = []
    order: list[Any] = []
    for each in modified:
        if not isinstance(each, Mapping) or name not in each:
            # The API server says what is wrong with it.
            return {key: modified}
        item = _map(before.pop(each[name], {}), each, node.items)
        if key == _RETAIN_LIST:
            item["$retainKeys"] = [field for field in each if each[field] is not None]
        items.append(item)
        order.append({name: each[name]})
    items += [{"$patch": "delete", name: gone} for gone in before]
    return {key: items, f"$setElementOrder/{key}": order}
