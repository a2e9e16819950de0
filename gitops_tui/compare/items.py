"""Items of lists as rows tell them: what one says, and which of them stand elsewhere on the other side."""

from __future__ import annotations

from typing import Any

import orjson

from gitops_tui.compare.linediff import increasing
from gitops_tui.compare.show import plain, value_text
from gitops_tui.compare.yamltext import scalar_text
from gitops_tui.model.text import printable


def said(value: Any) -> str:
    try:
        return repr(value)[:2000]
    except RecursionError:
        return f"deep {id(value)}"


def flow(value: Any) -> str:
    """A list inside a list on one line."""
    if not isinstance(value, list) or not value:
        return scalar_text(value)
    try:
        return printable(orjson.dumps(plain(value)).decode())
    except (TypeError, ValueError):
        return value_text(value)


def moved(lefts: list[Any], rights: list[Any]) -> set[Any]:
    """The items that stand elsewhere on the other side, as few as explain it."""
    places = {identity: at for at, identity in enumerate(rights)}
    common = [identity for identity in lefts if identity in places]
    kept = {common[at] for at in increasing([places[identity] for identity in common])}
    return {identity for identity in common if identity not in kept}
