"""Label selectors as kubectl takes them: `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`, with commas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gitops_tui.errors import GitOpsError
from gitops_tui.model.text import printable

_NAME = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
_VALUE = r"[A-Za-z0-9._-]*"
_TERM = re.compile(
    rf"\s*(?:(?P<no>!)\s*(?P<absent>{_NAME})"
    rf"|(?P<set>{_NAME})\s+(?P<word>in|notin)\s*\((?P<values>[^()]*)\)"
    rf"|(?P<name>{_NAME})\s*(?:(?P<sign>==|=|!=)\s*(?P<value>{_VALUE}))?)\s*(?:,|$)"
)


class _Term(NamedTuple):
    name: str
    values: frozenset[str] | None
    wanted: bool


@lru_cache(maxsize=64)
def _terms(selector: str) -> tuple[_Term, ...]:
    found, at = [], 0
    while at < len(selector):
        match = _TERM.match(selector, at)
        if match is None or match.end() == at:
            raise GitOpsError(
                f"{printable(selector)!r} is not a label selector",
                hint="for example app=web,tier!=cache, or tier in (a,b)",
            )
        at = match.end()
        if match["no"]:
            found.append(_Term(match["absent"], None, False))
        elif match["set"]:
            values = frozenset(each.strip() for each in match["values"].split(","))
            found.append(_Term(match["set"], values, match["word"] == "in"))
        elif match["sign"]:
            found.append(_Term(match["name"], frozenset((match["value"],)), match["sign"] != "!="))
        else:
            found.append(_Term(match["name"], None, True))
    return tuple(found)


def check(selector: str) -> None:
    """Raises GitOpsError where it is no label selector."""
    _terms(selector)


def fits(labels: Mapping[str, str], selector: str) -> bool:
    """Whether labels fit a selector; "" fits all. As in Kubernetes, `!=` and `notin` also fit where the label is not
    there. Raises GitOpsError."""
    for term in _terms(selector):
        value = labels.get(term.name)
        has = value is not None if term.values is None else value in term.values
        if has != term.wanted:
            return False
    return True
