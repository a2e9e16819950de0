"""A custom resource in which Git leaves a mapping empty after an apply that set something in it.

Server-side apply takes the fields away and leaves null in the mapping's place, which the definition refuses (`spec.a: Invalid
value: "null"`; structured-merge-diff, typed/remove.go: an emptied map is no map). It is the same where a client-side apply's
fields have just become ours. So the object is applied without these mappings first, and then as Git has it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gitops_tui.errors import Invalid

_SAID = 'Invalid value: "null"'
_MOST = 50


async def applied(
    send: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    obj: dict[str, Any],
    live: Mapping[str, Any] | None,
    *,
    dry_run: bool = False,
) -> dict[str, Any]:
    """What `send`, which applies an object, answers at the end. live: the object as it was last seen; dry_run: whether
    nothing is written, so that a second apply finds nothing changed."""
    try:
        return await send(obj)
    except Invalid as error:
        first = without_emptied(obj, live) if live is not None and _SAID in error.message else None
        if first is None:
            raise
        try:
            said = await send(first)
        except Invalid:
            raise error from None
    return said if dry_run else await send(obj)


def without_emptied(obj: dict[str, Any], live: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object without mappings that are empty in it and not in `live`; None where it has none."""
    body = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")}
    left = _left(body, live, 0)
    if left == body:
        return None
    return {**{name: value for name, value in obj.items() if name not in body}, **left}


def _left(value: Any, live: Any, depth: int) -> Any:
    """Without the mappings that are empty here and not there; None for one of which nothing is left."""
    if not isinstance(value, dict) or not isinstance(live, Mapping) or depth > _MOST:
        return value
    if not value:
        return None if live else value
    made = {name: _left(below, live.get(name), depth + 1) for name, below in value.items()}
    kept = {name: below for name, below in made.items() if below is not None or value[name] is None}
    return kept if kept or not depth else None
