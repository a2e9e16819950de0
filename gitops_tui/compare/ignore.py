"""ignoreDifferences: which differences a person has asked not to see (Argo CD, docs/user-guide/diffing.md).

As in Argo CD the named fields are taken out of both sides, which are then compared again: what differs no more is
hidden, and counted. `managedFieldsManagers` hides what those managers own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gitops_tui.compare.ownership import holds
from gitops_tui.compare.walk import Walk
from gitops_tui.jqpaths import MISSING, jq_paths
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import FieldDifference, Reason
from gitops_tui.model.globs import glob_match
from gitops_tui.model.jsonpointer import steps_of
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass, replace

GONE = object()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Differences that are left, those that rules hide (each with its rule), and warnings about the rules."""

    left: tuple[FieldDifference, ...]
    hidden: tuple[FieldDifference, ...] = ()
    warnings: tuple[str, ...] = ()


# A rule as it is made here, or as an Application's file holds it.
Rule = IgnoreRule | Mapping[str, Any]
_TEXTS = ("group", "kind", "name", "namespace")
_LISTS = {
    "jsonPointers": "json_pointers",
    "jqPathExpressions": "jq_path_expressions",
    "managedFieldsManagers": "managed_fields_managers",
}


def _read(rule: Rule) -> IgnoreRule:
    if isinstance(rule, IgnoreRule):
        return rule
    words: dict[str, Any] = {name: rule[name] for name in _TEXTS if rule.get(name) is not None}
    if not all(isinstance(each, str) for each in words.values()):
        # Whom it speaks of is not known: of nobody, rather than of all.
        return IgnoreRule()
    for name, field in _LISTS.items():
        given = rule.get(name)
        if isinstance(given, list | tuple):
            words[field] = tuple(each for each in given if isinstance(each, str))
    return IgnoreRule(**words)


def rules_for(rules: Iterable[Rule], key: ResourceKey) -> list[IgnoreRule]:
    """The rules that speak of this object."""
    return [
        rule
        for rule in map(_read, rules)
        if glob_match(rule.group or ("*" if rule.kind in ("*", "") else ""), key.group)
        and glob_match(rule.kind or "*", key.kind)
        and (not rule.name or glob_match(rule.name, key.name))
        and (not rule.namespace or glob_match(rule.namespace, key.namespace))
    ]


def hide(
    walk: Walk,
    rules: Sequence[Rule],
    key: ResourceKey,
    again: Callable[[Mapping[str, Any], Mapping[str, Any]], Walk],
) -> Hidden:
    """Applies the rules for `key` to a walk's findings. again: compares two sides anew."""
    chosen = rules_for(rules, key)
    left = list(walk.found)
    hidden: list[FieldDifference] = []
    warnings: list[str] = []
    desired: Mapping[str, Any] = walk.desired
    live: Mapping[str, Any] = walk.live
    for rule in chosen:
        for text, cut in _cuts(rule):
            if not left:
                break
            sides = []
            for side in (desired, live):
                answer = cut(side)
                if isinstance(answer, str):
                    warnings.append(_warning(rule, text, answer))
                    break
                sides.append(answer)
            if len(sides) < 2 or (sides[0] is desired and sides[1] is live):
                continue
            desired, live = sides
            after = again(desired, live).found
            paths = {difference.path for difference, _ in after}
            gone = [each for each, _ in left if each.path not in paths]
            hidden += [replace(each, ignored_by=f"{rule.source}: {printable(text)}") for each in gone]
            # Indexes in lists may have moved; what is left is told as it was found first where it can be.
            first = {each.path: (each, steps) for each, steps in left}
            left = [first.get(each.path, (each, steps)) for each, steps in after]
        for manager in rule.managed_fields_managers:
            owned = [each.fields for each in walk.entries if each.owner.manager == manager]
            for found in list(left):
                if found[0].reason is not Reason.REMOVED and any(holds(fields, found[1]) for fields in owned):
                    left.remove(found)
                    hidden.append(replace(found[0], ignored_by=f"{rule.source}: manager {printable(manager)}"))
    return Hidden(tuple(each for each, _ in left), tuple(hidden), tuple(dict.fromkeys(warnings)))


def without_ignored(obj: Mapping[str, Any], rules: Sequence[Rule], key: ResourceKey) -> Mapping[str, Any]:
    """An object without the fields that rules name by pointer or jq; bad rules are passed over (`hide` names them)."""
    for rule in rules_for(rules, key):
        for _, cut in _cuts(rule):
            answer = cut(obj)
            if not isinstance(answer, str):
                obj = answer
    return obj


def named(expression: str, obj: Mapping[str, Any]) -> list[tuple[Any, ...]] | str:
    """What an expression names; where jq is not installed those that need none of it still hold."""
    answer = jq_paths(expression, obj)
    if answer == MISSING:
        from gitops_tui.compare.plainpaths import plain_paths

        plain = plain_paths(expression, obj)
        return MISSING if plain is None else plain
    return answer


_WHERE = re.compile(r" at <top-level>, line \d+, column \d+")


def _warning(rule: IgnoreRule, text: str, why: str) -> str:
    # jq counts from the beginning of what we wrap an expression in.
    said = _WHERE.sub("", printable(redact(why)).strip()).rstrip(": ")
    return f"{rule.source}: {printable(redact(text))}: {said}; the rule is off"


_INDEX = re.compile(r"-?[0-9]{1,9}\Z")
Cut = Callable[[Mapping[str, Any]], "Mapping[str, Any] | str"]


def _cuts(rule: IgnoreRule) -> list[tuple[str, Cut]]:
    """Each pointer and expression of a rule, with what takes its fields out of an object (or says what is wrong)."""
    made: list[tuple[str, Cut]] = []
    for pointer in rule.json_pointers:
        steps = steps_of(pointer)
        if not steps:
            made.append((pointer, lambda _: "it is not a JSON pointer, which begins with /"))
        else:
            made.append((pointer, lambda obj, steps=steps: _without(obj, [resolved(obj, steps)])))  # type: ignore[misc]
    for expression in rule.jq_path_expressions:
        made.append((expression, lambda obj, expression=expression: _without_jq(obj, expression)))  # type: ignore[misc]
    return made


def _without_jq(obj: Mapping[str, Any], expression: str) -> Mapping[str, Any] | str:
    answer = named(expression, obj)
    return answer if isinstance(answer, str) else _without(obj, answer)


def resolved(obj: Any, steps: tuple[str, ...]) -> tuple[Any, ...] | None:
    """A pointer's steps with list indexes as numbers, None where the object has no such place."""
    place: list[Any] = []
    for step in steps:
        if isinstance(obj, Mapping) and step in obj:
            place.append(step)
            obj = obj[step]
        elif isinstance(obj, list) and _INDEX.match(step) and -len(obj) <= int(step) < len(obj):
            # As in Argo CD -1 is the last item.
            place.append(int(step))
            obj = obj[int(step)]
        else:
            return None
    return tuple(place)


def look(obj: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if isinstance(obj, Mapping) and isinstance(step, str):
            obj = obj.get(step, GONE)
        elif isinstance(obj, list) and isinstance(step, int) and -len(obj) <= step < len(obj):
            obj = obj[step]
        else:
            return GONE
    return obj


def _without(obj: Mapping[str, Any], paths: Iterable[tuple[Any, ...] | None]) -> Mapping[str, Any]:
    """The object without those places; what lies beside them is shared with `obj`, which stays as it is."""
    tree: dict[Any, Any] = {}
    any_path = False
    for path in paths:
        if not path or look(obj, path) is GONE:
            continue
        any_path = True
        here = tree
        for step in path[:-1]:
            here = here.setdefault(step, {})
            if here is None:
                break
        if here is not None:
            here[path[-1]] = None
    return _cut(obj, tree) if any_path else obj


def _cut(value: Any, tree: Mapping[Any, Any]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _cut(inside, tree[name]) if name in tree else inside
            for name, inside in value.items()
            if tree.get(name, GONE) is not None
        }
    if isinstance(value, list):
        at_end = {
            step + len(value) if isinstance(step, int) and step < 0 else step: below for step, below in tree.items()
        }
        return [
            _cut(inside, at_end[at]) if at in at_end else inside
            for at, inside in enumerate(value)
            if at_end.get(at, GONE) is not None
        ]
    return value
