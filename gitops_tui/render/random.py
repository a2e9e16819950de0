"""Charts that render something else each time: which objects and fields, so that a person can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gitops_tui.model.jsonpointer import pointer_of
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.render.chartscan import Scan, names_random
from gitops_tui.render.helmtemplate import Request

_MOST_FIELDS = 5
_MOST_OBJECTS = 10
# The keys and indexes on the way to a value.
_Way = tuple[str | int, ...]


def may_be_random(request: Request, seen: Scan) -> bool:
    """Whether something that is rendered names such a function: a template of the chart or of one in it, or a value that
    is a template itself. An archive in the chart may always."""
    texts = (request.values, *(each for _, each in request.sets))
    files = (*request.value_files, *(file for _, file in request.files))
    return (
        seen.random
        or any(names_random(each.encode("utf-8", "surrogateescape")) for each in texts)
        or any(names_random(file.read_bytes()) for file in files)
    )


def unstable(first: Sequence[Any], second: Sequence[Any]) -> list[str]:
    """A warning for each object that two renderings give differently, with its fields, never with a value."""
    found = []
    for one, other in zip(first, second, strict=False):
        fields = list(dict.fromkeys(_field(way) for way in _unequal(one, other, both=False)))
        if not fields or not isinstance(one, dict):
            continue
        metadata = one.get("metadata")
        name = printable(str(metadata.get("name", "") if isinstance(metadata, dict) else ""))
        shown = ", ".join(printable(field) for field in fields[:_MOST_FIELDS]) + (
            ", …" if len(fields) > _MOST_FIELDS else ""
        )
        # A random name is no name for an object.
        of = "" if "metadata.name" in fields else f" {name}"
        found.append(
            f"the chart gives {printable(str(one.get('kind', '')))}{of} another {shown} with every rendering "
            "(random, the time or new keys): that is no drift, and a sync leaves what is there; set a value for it"
        )
    if len(first) != len(second):
        found.append("the chart renders to another number of objects each time")
    return found[:_MOST_OBJECTS]


_IDENTITY = ("/apiVersion", "/kind", "/metadata/name", "/metadata/namespace")


def marked(first: Sequence[Manifest], second: Sequence[Manifest]) -> list[Manifest]:
    """The first rendering, with the fields that the second gives otherwise. Objects are matched by what they are: one
    whose name differs is nobody's twin, and nothing of it is marked."""
    twins = {each.key: each for each in second}
    return [
        replace(each, random=tuple(_pointers(each.obj, twins[each.key].obj)))
        if each.key in twins and twins[each.key].digest != each.digest
        else each
        for each in first
    ]


def remembering(manifests: Sequence[Manifest], known: dict[ResourceKey, tuple[str, ...]]) -> tuple[Manifest, ...]:
    """With the fields that were found in an earlier rendering of the same: two may agree by chance."""
    return tuple(
        replace(each, random=tuple(dict.fromkeys((*each.random, *known[each.key])))) if each.key in known else each
        for each in manifests
    )


def _pointers(one: Any, other: Any) -> Iterator[str]:
    is_secret = one.get("kind") == "Secret"
    for pointer in map(pointer_of, _unequal(one, other, both=True)):
        if pointer and pointer not in _IDENTITY:
            yield pointer
            if is_secret and pointer.startswith("/stringData/"):
                # As the API server keeps it.
                yield pointer.replace("/stringData/", "/data/", 1)


def _unequal(one: Any, other: Any, way: _Way = (), *, both: bool) -> Iterator[_Way]:
    """Where the two differ; both: only in what both have."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() & other.keys() if both else one.keys() | other.keys():
            yield from _unequal(one.get(key), other.get(key), (*way, str(key)), both=both)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _unequal(mine, theirs, (*way, number), both=both)
    elif one != other:
        yield way


def _field(way: _Way) -> str:
    """`spec.containers[0].image`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")
