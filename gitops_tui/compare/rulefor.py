"""From a difference to the ignore rule that names it: its path as a JSON pointer, or as a jq path expression.

A JSON pointer says where a value stands by name; an item of a list that merges by keys is named by its keys, which only
jq can say (Argo CD, docs/user-guide/diffing.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import dataclass, field

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:-]+")
# Keys of list items that may be left out in Git, with what that means.
_DEFAULTS = {"protocol": "TCP"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a field's name, an item's index, or an item's keys (in order) with their values as text."""

    name: str = ""
    index: int | None = None
    keys: Mapping[str, str] = field(default_factory=dict)


def steps_of(path: str) -> list[Step] | None:
    """The steps of a path as `FieldDifference.path` has it; None where it is none."""
    made: list[Step] = []
    at = 0
    while at < len(path):
        if path[at] == "[":
            found = _bracket(path, at + 1)
            if found is None:
                return None
            step, at = found
            made.append(step)
            continue
        if path[at] == ".":
            at += 1
        elif made:
            return None
        match = _NAME.match(path, at)
        if match is None:
            return None
        made.append(Step(match[0]))
        at = match.end()
    return made or None


def _bracket(path: str, at: int) -> tuple[Step, int] | None:
    if at < len(path) and path[at] == '"':
        quoted = _quoted(path, at)
        return (Step(quoted[0]), quoted[1] + 1) if quoted and path[quoted[1] : quoted[1] + 1] == "]" else None
    if digits := re.compile(r"(\d{1,9})\]").match(path, at):
        return Step(index=int(digits[1])), digits.end()
    keys: dict[str, str] = {}
    while True:
        name = _NAME.match(path, at)
        if name is None or path[name.end() : name.end() + 1] != "=":
            return None
        at = name.end() + 1
        if path[at : at + 1] == '"':
            quoted = _quoted(path, at)
            if quoted is None:
                return None
            keys[name[0]], at = quoted
        elif value := _PLAIN.match(path, at):
            keys[name[0]], at = value[0], value.end()
        else:
            return None
        after = path[at : at + 1]
        at += 1
        if after == "]":
            return Step(keys=keys), at
        if after != ",":
            return None


def _quoted(path: str, at: int) -> tuple[str, int] | None:
    """The text between quotes that begin at `at`, and where it ends."""
    text = ""
    at += 1
    while at < len(path):
        if path[at] == "\\" and at + 1 < len(path):
            text += path[at + 1]
            at += 2
        elif path[at] == '"':
            return text, at + 1
        else:
            text += path[at]
            at += 1
    return None


def pointer_for(steps: Sequence[Step]) -> str:
    """The JSON pointer, "" where it can't say it: an item named by its keys, or by a place that may be another's."""
    if any(step.keys or step.index is not None for step in steps):
        return ""
    return "".join("/" + step.name.replace("~", "~0").replace("/", "~1") for step in steps)


def expression_for(steps: Sequence[Step]) -> str:
    """The jq path expression."""
    made = ""
    for step in steps:
        if step.keys:
            made += f"[] | select({' and '.join(_is(key, value) for key, value in step.keys.items())})"
        elif step.index is not None:
            made += f"[{step.index}]"
        else:
            made += " | " if made.endswith(")") else ""
            made += f".{step.name}" if _IDENTIFIER.match(step.name) else f".[{_text(step.name)}]"
    return made if made.startswith(".") else f".{made}"


def _is(key: str, value: str) -> str:
    name = f".{key}" if _IDENTIFIER.match(key) else f".[{_text(key)}]"
    if key in _DEFAULTS:
        return f"({name} // {_text(_DEFAULTS[key])}) == {_text(value)}"
    # A number or a flag stands in the path as text.
    if value.isdigit() or value in ("true", "false"):
        return f"({name} | tostring) == {_text(value)}"
    return f"{name} == {_text(value)}"


def _text(value: str) -> str:
    # jq's texts are JSON's but for \\( which would begin an expression.
    return json.dumps(value, ensure_ascii=False)


def enclosing(steps: Sequence[Step]) -> list[Step]:
    """The steps up to the list whose item a path names."""
    first = next((at for at, step in enumerate(steps) if step.keys or step.index is not None), len(steps))
    return list(steps[:first])


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
