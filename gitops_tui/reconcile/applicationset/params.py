"""Parameters: flattening, filling templates with them, and the globs of generators."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.errors import ApplicationError
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass
from gitops_tui.render.gotemplate import TemplateError, render_text
from gitops_tui.render.gotemplate.texts import sanitize_name
from gitops_tui.render.gotemplate.values import inner

Params = dict[str, Any]
_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filler:
    """How an ApplicationSet's templates are filled: as Go templates, or by fasttemplate's `{{name}}`."""

    go: bool
    options: tuple[str, ...] = ()

    def text(self, template: str, params: Mapping[str, Any]) -> str:
        """Raises ApplicationError; a parameter that is not there stays as it stands where `go` is off."""
        if self.go:
            try:
                return render_text(template, params, self.options)
            except TemplateError as error:
                shown = printable(template.strip())[:120]
                raise FillError(
                    f"the template {shown!r} can't be filled: {error}", missing_key=error.missing_key
                ) from None
        if "{{" not in template:
            return template
        if template.rfind("{{") > template.rfind("}}"):
            raise ApplicationError(f"the template {printable(template)[:120]!r} has no end of a tag, '}}}}'")

        def one(found: re.Match[str]) -> str:
            value = params.get(found[1].strip())
            return value if isinstance(value, str) else found[0]

        return _TAG.sub(one, template)

    def deep(self, value: Any, params: Mapping[str, Any]) -> Any:
        """All texts in a value, keys too."""
        if isinstance(value, str):
            return self.text(value, params)
        if isinstance(value, Mapping):
            return {self.text(str(key), params): self.deep(each, params) for key, each in value.items()}
        if isinstance(value, list):
            return [self.deep(each, params) for each in value]
        return value

    def generator(self, block: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        """The second generator of a matrix with the first one's parameters. What its `values` lack is filled in later
        (RenderGeneratorParams)."""
        made: dict[str, Any] = {}
        for key, value in block.items():
            if key == "selector":
                made[key] = value
            elif key == "values" and isinstance(value, Mapping):
                made[key] = {name: self._if_there(each, params) for name, each in value.items()}
            elif isinstance(value, Mapping):
                made[key] = self.generator(value, params)
            else:
                made[key] = self.deep(value, params)
        return made

    def _if_there(self, value: Any, params: Mapping[str, Any]) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return Filler(self.go, ("missingkey=error",) if self.go else ()).text(value, params)
        except FillError as error:
            if error.missing_key:
                return value
            raise

    def add_values(self, values: Any, params: Params) -> None:
        """A generator's own `values`, which may use its other parameters (appendTemplatedValues)."""
        if values is None:
            return
        if not isinstance(values, Mapping):
            raise ApplicationError("values must be a mapping")
        made = {str(key): self.text(str(value), params) for key, value in values.items()}
        if self.go:
            if made:
                params["values"] = made
        else:
            params.update({f"values.{key}": value for key, value in made.items()})


class FillError(ApplicationError):
    """missing_key: whether only a parameter is missing."""

    def __init__(self, message: str, *, missing_key: bool) -> None:
        super().__init__(message)
        self.missing_key = missing_key


def flatten(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested values by dotted keys, each as Go prints it (jeremywohl/flatten, DotStyle)."""
    made: dict[str, str] = {}
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, each in pairs:
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(each, Mapping | list):
            made.update(flatten(each, name))
        else:
            made[name] = inner(each)
    return made


def path_params(folder: str, filename: str, prefix: str, *, go: bool) -> Params:
    """What Git generators say of a folder (and a file in it)."""
    base = folder.rsplit("/", 1)[-1]
    facts: Params = {"path": folder, "basename": base, "basenameNormalized": sanitize_name(base)}
    if filename:
        facts |= {"filename": filename, "filenameNormalized": sanitize_name(filename)}
    segments = folder.split("/")
    if go:
        made = {"path": {**facts, "segments": list(segments)}}
        return {prefix: made} if prefix else made
    name = f"{prefix}.path" if prefix else "path"
    found = {(name if key == "path" else f"{name}.{key}"): value for key, value in facts.items()}
    return found | {f"{name}[{at}]": part for at, part in enumerate(segments) if part}


def glob(pattern: str, *, across: bool) -> re.Pattern[str]:
    """Go's path.Match, or with `across` git's pathspec, whose `*` and `?` take "/" too. Raises ApplicationError."""
    made, at = "", 0
    any_one, any_many = (".", ".*") if across else ("[^/]", "[^/]*")
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            while pattern[at + 1 : at + 2] == "*":
                at += 1
            made += any_many
        elif char == "?":
            made += any_one
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            made += re.escape(pattern[at])
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            made += "[" + ("^" + inside[1:] if inside[0] in "^!" else inside) + "]"
            at = end
        else:
            made += re.escape(char)
        at += 1
    try:
        return re.compile(made, re.DOTALL)
    except re.error:
        raise ApplicationError(f"the pattern {printable(pattern)[:80]!r} can't be understood") from None


def selected(selector: Any, params: Mapping[str, Any]) -> bool:
    """A generator's `selector` over its flattened parameters. Raises ApplicationError."""
    if not selector:
        return True
    return matches_labels(selector, flatten(params))


def matches_labels(selector: Any, labels: Mapping[str, str]) -> bool:
    """A label selector without Kubernetes' rules for values (applicationset/utils/selector.go)."""
    if not isinstance(selector, Mapping):
        raise ApplicationError("selector must be a mapping")
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(wanted, Mapping) or not isinstance(expressions, Sequence) or isinstance(expressions, str):
        raise ApplicationError("selector needs matchLabels (a mapping) or matchExpressions (a list)")
    if any(labels.get(str(key)) != inner(value) for key, value in wanted.items()):
        return False
    for each in expressions:
        if not isinstance(each, Mapping):
            raise ApplicationError("each of selector.matchExpressions must be a mapping")
        key, operator = str(each.get("key", "")), each.get("operator")
        values = [inner(value) for value in each.get("values") or []]
        there = key in labels
        rules = {
            "In": there and labels.get(key) in values,
            "NotIn": not there or labels.get(key) not in values,
            "Exists": there,
            "DoesNotExist": not there,
        }
        if operator not in rules:
            raise ApplicationError(f"{printable(str(operator))!r} is no operator of a selector")
        if not rules[operator]:
            return False
    return True
