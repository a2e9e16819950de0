"""What is applied under `RespectIgnoreDifferences=true` (Argo CD, docs/user-guide/sync-options.md)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.compare.ignore import GONE, look, named, resolved, rules_for
from gitops_tui.compare.looking import Lists
from gitops_tui.compare.ownership import Step, holds
from gitops_tui.compare.values import with_data
from gitops_tui.compare.walk import Walk
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.jsonpointer import steps_of
from gitops_tui.model.keys import ResourceKey
from gitops_tui.schema import Node


def respecting(
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    rules: Sequence[IgnoreRule],
    key: ResourceKey,
    node: Node | None = None,
) -> Mapping[str, Any]:
    """What to apply under `RespectIgnoreDifferences=true`: Git's object with the live values of the ignored fields
    (Argo CD, docs/user-guide/sync-options.md). A field that the cluster doesn't have is left out; an item of a list is
    the one with the same keys. node: the kind's type."""
    chosen = rules_for(rules, key)
    if not chosen:
        return desired
    written = desired
    if desired.get("kind") == "Secret":
        # Rules name fields as the cluster has them.
        desired = with_data(desired)
    made: dict[str, Any] | None = None
    for rule in chosen:
        for path in (*_paths(rule, desired), *_owned_paths(rule, desired, live, node)):
            twin = _twin(path, desired, live, node)
            if twin is None:
                continue
            made = copy.deepcopy(dict(desired)) if made is None else made
            _put(made, path, look(live, twin))
    return made if made is not None else written


def _paths(rule: IgnoreRule, obj: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for pointer in rule.json_pointers:
        steps = steps_of(pointer)
        place = resolved(obj, steps) if steps else None
        if place is not None:
            found.append(place)
    for expression in rule.jq_path_expressions:
        answer = named(expression, obj)
        if not isinstance(answer, str):
            found += [path for path in answer if path and look(obj, path) is not GONE]
    return found


def _owned_paths(
    rule: IgnoreRule, desired: Mapping[str, Any], live: Mapping[str, Any], node: Node | None
) -> list[tuple[Any, ...]]:
    """The fields that Git sets, that differ, and that a rule's managers own."""
    if not rule.managed_fields_managers:
        return []
    walk = Walk(desired, live, node)
    walk.run()
    owned = [each.fields for each in walk.entries if each.owner.manager in rule.managed_fields_managers]
    found = [steps for _, steps in walk.found if any(holds(fields, steps) for fields in owned)]
    return [path for steps in found if (path := _path(desired, steps, node)) is not None]


def _path(obj: Any, steps: tuple[Step, ...], node: Node | None) -> tuple[Any, ...] | None:
    """Where an object has what a field path names, lists by their places."""
    made: list[Any] = []
    lists = Lists()
    for kind, name in steps:
        if kind == "f":
            made.append(name)
            node = node.child(str(name)) if node is not None else None
        else:
            node = node.items if node is not None else None
            item = lists.find(obj, (kind, name), node) if kind != "i" else look(obj, (name,))
            place = next((at for at, each in enumerate(obj) if each is item), None) if isinstance(obj, list) else None
            if place is None:
                return None
            made.append(place)
        obj = look(obj, (made[-1],))
    return tuple(made)


def _twin(path: tuple[Any, ...], desired: Any, live: Any, node: Node | None) -> tuple[Any, ...] | None:
    """Where the live object has what stands at `path` in Git's; None where the item around it isn't there."""
    made: list[Any] = []
    for at, step in enumerate(path):
        if isinstance(step, int) and isinstance(desired, list):
            item = desired[step]
            keys = node.list_keys if node is not None and node.list_type == "map" else ()
            if keys and isinstance(item, Mapping) and isinstance(live, list):
                wanted = [item.get(name) for name in keys]
                found = (n for n, each in enumerate(live) if isinstance(each, Mapping))
                place = next((n for n in found if [live[n].get(name) for name in keys] == wanted), None)
                if place is None:
                    return None
                step = place
            node = node.items if node is not None else None
        elif node is not None:
            node = node.child(str(step))
        made.append(step)
        desired, live = look(desired, (path[at],)), look(live, (step,))
        if live is GONE and at < len(path) - 1:
            return None
    return tuple(made)


def _put(obj: Any, path: tuple[Any, ...], value: Any) -> None:
    around = look(obj, path[:-1])
    last = path[-1]
    if isinstance(around, dict) and isinstance(last, str):
        if value is GONE:
            around.pop(last, None)
        else:
            around[last] = copy.deepcopy(value)
    elif isinstance(around, list) and isinstance(last, int) and -len(around) <= last < len(around):
        if value is not GONE:
            around[last] = copy.deepcopy(value)
