"""JSON merge patch (RFC 7386) and JSON patch (RFC 6902)."""

from __future__ import annotations

import copy
from typing import Any

from gitops_tui.demo.fields.walks import same
from gitops_tui.demo.status import Fault, bad_request
from gitops_tui.model.jsonpointer import steps_of


def merge_patch(value: Any, patch: Any) -> Any:
    """The value after a JSON merge patch; shares parts of both."""
    if not isinstance(patch, dict):
        return patch
    made = dict(value) if isinstance(value, dict) else {}
    for name, below in patch.items():
        if below is None:
            made.pop(name, None)
        else:
            made[name] = merge_patch(made.get(name), below)
    return made


def _refused() -> Fault:
    return Fault(422, "Invalid", "the server rejected our request due to an error in our request", details={})


def json_patch(value: Any, steps: list[Any]) -> Any:
    """The value after a JSON patch. Raises Fault 400 for a step that can't be read, 422 for one that doesn't fit."""
    if len(steps) > 10000:
        said = f"Request entity too large: The allowed maximum operations in a JSON patch is 10000, got {len(steps)}"
        raise Fault(413, "RequestEntityTooLarge", said)
    made = copy.deepcopy(value)
    for step in steps:
        if not isinstance(step, dict):
            raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type handlers.jsonPatchOp")
        try:
            made = _step(made, step)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            raise _refused() from None
    return made


def _way(pointer: str) -> list[str]:
    steps = steps_of(pointer)
    if steps is None:
        raise ValueError(pointer)
    return list(steps)


def _get(place: Any, way: list[str]) -> Any:
    for part in way:
        place = place[_index(part, len(place))] if isinstance(place, list) else place[part]
    return place


def _index(part: str, size: int, *, end: bool = False) -> int:
    if part == "-" and end:
        return size
    number = int(part)
    if number < 0:
        number += size
    if not 0 <= number <= (size if end else size - 1):
        raise IndexError(part)
    return number


def _step(value: Any, step: dict[str, Any]) -> Any:
    word, way = step["op"], _way(step["path"])
    if word in ("move", "copy"):
        start = _way(step["from"])
        moved = copy.deepcopy(_get(value, start))
        if word == "move":
            value = _step(value, {"op": "remove", "path": step["from"]})
        return _step(value, {"op": "add", "path": step["path"], "value": moved})
    if word == "test":
        try:
            found = _get(value, way)
        except KeyError:
            found = None
        if not same(found, step.get("value")):
            raise ValueError("test failed")
        return value
    if word not in ("add", "remove", "replace"):
        raise ValueError(word)
    if not way:
        return None if word == "remove" else step["value"]
    place, last = _get(value, way[:-1]), way[-1]
    if isinstance(place, list):
        if word == "add":
            place.insert(_index(last, len(place), end=True), copy.deepcopy(step.get("value")))
        elif word == "remove":
            del place[_index(last, len(place))]
        else:
            place[_index(last, len(place))] = copy.deepcopy(step.get("value"))
        return value
    if not isinstance(place, dict):
        raise TypeError(word)
    if word == "remove":
        del place[last]
    else:
        place[last] = copy.deepcopy(step.get("value"))
    return value
