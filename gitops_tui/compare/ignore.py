"""ignoreDifferences: which differences a person has asked not to see (Argo CD, docs/user-guide/diffing.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.keys import ResourceKey


def rules_for(rules: Iterable[IgnoreRule], key: ResourceKey) -> list[IgnoreRule]:
    """The rules that speak of this object."""
    return [
        rule
        for rule in rules
        if fnmatchcase(key.group, rule.group or ("*" if rule.kind in ("*", "") else ""))
        and fnmatchcase(key.kind, rule.kind or "*")
        and (not rule.name or rule.name == key.name)
        and (not rule.namespace or rule.namespace == key.namespace)
    ]


def pointer_steps(pointer: str) -> tuple[str, ...] | None:
    """The steps of an RFC 6901 pointer, None where it is not one."""
    if not pointer.startswith("/"):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def jq_paths(expression: str, obj: Mapping[str, Any]) -> list[tuple[Any, ...]] | str:
    """The paths that a jq path expression names in an object, or why it can't be used."""
    try:
        import jq  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return "jqPathExpressions need the extra jq: pip install 'gitops-tui[jq]'"
    try:
        found = jq.compile(f"[path({expression})]").input_value(dict(obj)).first()
    except (ValueError, StopIteration) as error:
        return str(error).split("\n", 1)[0][:200]
    return [tuple(path) for path in found if isinstance(path, list)]
