"""From a difference to the ignore rule that names it: its path as a JSON pointer, or as a jq path expression.

A JSON pointer says where a value stands by name; an item of a list that merges by keys is named by its keys, which only
jq can say (Argo CD, docs/user-guide/diffing.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.fieldpath import Step, steps_of
from gitops_tui.model.jsonpointer import pointer_of
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.text import printable

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")
# Keys of list items that may be left out in Git, with what that means.
_DEFAULTS = {"protocol": "TCP"}


def pointer_for(steps: Sequence[Step]) -> str:
    """The JSON pointer, "" where it can't say it: an item named by its keys, or by a place that may be another's."""
    names = [step for step in steps if isinstance(step, str)]
    return pointer_of(names) if len(names) == len(steps) else ""


def expression_for(steps: Sequence[Step]) -> str:
    """The jq path expression."""
    made = ""
    for step in steps:
        if isinstance(step, str):
            made += " | " if made.endswith(")") else ""
            made += _field(step)
        elif isinstance(step, int):
            made += f"[{step}]"
        else:
            made += f"[] | select({' and '.join(_is(key, value) for key, value in step)})"
    return made if made.startswith(".") else f".{made}"


def _field(name: str) -> str:
    return f".{name}" if _IDENTIFIER.match(name) else f".[{_text(name)}]"


def _is(key: str, value: str) -> str:
    name = _field(key)
    if key in _DEFAULTS:
        return f"({name} // {_text(_DEFAULTS[key])}) == {_text(value)}"
    # A number or a flag stands in the path as text.
    if value.isdigit() or value in ("true", "false"):
        return f"({name} | tostring) == {_text(value)}"
    return f"{name} == {_text(value)}"


def _text(value: str) -> str:
    # jq's texts are JSON's but for \\( which would begin an expression.
    return json.dumps(value, ensure_ascii=printable(value) != value)


SCOPES = ("object", "application", "kind", "all")


def rule_for(
    path: str, key: ResourceKey, application: str, scope: str = "object", *, manager: str = ""
) -> IgnoreRule | None:
    """The rule that hides the difference at `path` of the object `key`, None where no rule can name it.

    scope: "object" (this one), "application" (this kind in this application), "kind" (this kind anywhere), "all" (any
    kind). manager: hide what this field manager owns instead of the path.
    """
    words: dict[str, Any] = {"group": key.group, "kind": key.kind}
    if scope == "all":
        words = {"group": "*", "kind": "*"}
    if scope == "object":
        words |= {"name": _literal(key.name), "namespace": _literal(key.namespace)}
    if scope in ("object", "application"):
        words["application"] = _literal(application)
    if manager:
        return IgnoreRule(**words, managed_fields_managers=(manager,), source="setting ignore_differences")
    steps = steps_of(path)
    if steps is None:
        return None
    pointer = pointer_for(steps)
    if pointer:
        return IgnoreRule(**words, json_pointers=(pointer,), source="setting ignore_differences")
    return IgnoreRule(**words, jq_path_expressions=(expression_for(steps),), source="setting ignore_differences")


def _literal(name: str) -> str:
    """A name as a glob that fits just it."""
    return re.sub(r"([*?\[])", r"[\1]", name)


_FIELDS = (
    ("application", "application"),
    ("group", "group"),
    ("kind", "kind"),
    ("name", "name"),
    ("namespace", "namespace"),
    ("jsonPointers", "json_pointers"),
    ("jqPathExpressions", "jq_path_expressions"),
    ("managedFieldsManagers", "managed_fields_managers"),
)


def rule_dict(rule: IgnoreRule, *, ours: bool = True) -> dict[str, Any]:
    """The rule as it is written; ours: as in our settings, which may name an application, else as in an Application."""
    made: dict[str, Any] = {}
    for shown, name in _FIELDS:
        value = getattr(rule, name)
        if value and (ours or shown != "application"):
            made[shown] = list(value) if isinstance(value, tuple) else value
    return made
