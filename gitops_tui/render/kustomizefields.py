"""Where a kustomization sets a field: by patches, images, replicas, labels, generators and the other fields of its own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

from yaml.nodes import Node, ScalarNode, SequenceNode

from gitops_tui.model.fieldpath import Step
from gitops_tui.model.jsonpointer import pointer_of
from gitops_tui.model.manifest import Manifest
from gitops_tui.render.yamlplaces import MOST_LINES, Place, get, is_it, nodes_of, place_of

_GENERATORS = {"ConfigMap": ("configMapGenerator",), "Secret": ("secretGenerator",)}


def in_kustomization(content: bytes, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    """The places in one kustomization, the one that counts first."""
    for node in nodes_of(content):
        if tuple(steps) == ("metadata", "name"):
            # A patch names its object; what the object is called is said here.
            yield from _in_fields(node, path, manifest, steps)
        for name in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            listed = get(node, name)
            for each in listed[1].value if listed is not None and isinstance(listed[1], SequenceNode) else ():
                yield from _in_patch(each, path, manifest, steps)
        yield from _in_fields(node, path, manifest, steps)


def within(content: bytes, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    """The operations in one kustomization that set something inside of a field."""
    for node in nodes_of(content):
        for name in ("patches", "patchesJson6902"):
            for each in _sequence(node, name):
                yield from _in_patch(each, path, manifest, steps, inside=True)


def _in_patch(
    node: Node, path: str, manifest: Manifest, steps: Sequence[Step], *, inside: bool = False
) -> Iterator[Place]:
    found = get(node, "patch")
    text = found[1] if found is not None else node
    if not isinstance(text, ScalarNode) or "\n" not in text.value or text.start_mark is None:
        return
    shift = text.start_mark.line + 1
    target = get(node, "target")
    kind = get(target[1], "kind") if target is not None else None
    name = get(target[1], "name") if target is not None else None
    for inner in nodes_of(text.value.encode()):
        if isinstance(inner, SequenceNode):
            if kind is not None and kind[1].value != manifest.key.kind:
                continue
            if name is not None and str(name[1].value) not in manifest.key.name:
                continue
            yield from _in_operations(inner, path, manifest, steps, shift, inside=inside)
        elif not inside and is_it(inner, manifest, exact=False) and (place := place_of(inner, path, steps, shift)):
            yield place


def _in_operations(
    node: SequenceNode, path: str, manifest: Manifest, steps: Sequence[Step], shift: int, *, inside: bool
) -> Iterator[Place]:
    wanted, _ = _walked(manifest.obj, steps) or (None, None)
    for operation in reversed(node.value):
        at = get(operation, "path")
        if at is None or operation.start_mark is None or operation.end_mark is None:
            continue
        pointer = str(at[1].value)
        if wanted is None:
            continue
        if pointer.startswith(f"{wanted}/") if inside else wanted == pointer or wanted.startswith(f"{pointer}/"):
            first = operation.start_mark.line + 1 + shift
            # A block ends at the begin of the line behind it, unless the text ends before that.
            last = operation.end_mark.line + shift + (1 if operation.end_mark.column else 0)
            yield Place(path, first, max(first, last))


def _walked(obj: Any, steps: Sequence[Step]) -> tuple[str, Any] | None:
    """(JSON pointer of a path, what stands there); None where a list has no such item."""
    made: list[str | int] = []
    here = obj
    for step in steps:
        if isinstance(step, str):
            here = here.get(step) if isinstance(here, dict) else None
            made.append(step)
            continue
        if not isinstance(here, list):
            return None
        if isinstance(step, int):
            at = step
        else:
            at = next(
                (
                    n
                    for n, each in enumerate(here)
                    if isinstance(each, dict)
                    and all(str(each.get(k, "TCP" if k == "protocol" else "")) == v for k, v in step)
                ),
                -1,
            )
        if not 0 <= at < len(here):
            return None
        made.append(at)
        here = here[at]
    return pointer_of(made), here


def _in_fields(node: Node, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    """What a kustomization sets by fields of its own."""
    last = steps[-1]
    if last == "image":
        value = value_of(manifest.obj, steps)
        for each in _sequence(node, "images"):
            names = [str(found[1].value) for name in ("newName", "name") if (found := get(each, name))]
            if isinstance(value, str) and any(re.match(rf"{re.escape(name)}($|[:@])", value) for name in names):
                for name in ("newTag", "digest", "newName"):
                    if place := place_of(each, path, (name,)):
                        yield place
                        break
    elif tuple(steps) == ("spec", "replicas"):
        for each in _sequence(node, "replicas"):
            found = get(each, "name")
            if (
                found is not None
                and str(found[1].value) in manifest.key.name
                and (place := place_of(each, path, ("count",)))
            ):
                yield place
    elif tuple(steps) == ("metadata", "namespace"):
        if place := place_of(node, path, ("namespace",)):
            yield place
    elif tuple(steps) == ("metadata", "name"):
        for name in ("namePrefix", "nameSuffix"):
            if place := place_of(node, path, (name,)):
                yield place
    elif len(steps) == 2 and steps[0] in ("data", "stringData", "binaryData") and isinstance(last, str):
        for name in _GENERATORS.get(manifest.key.kind, ()):
            for each in _sequence(node, name):
                yield from _in_generator(each, path, manifest, last)
    elif len(steps) > 1 and steps[-2] in ("labels", "annotations", "matchLabels"):
        field = "commonAnnotations" if steps[-2] == "annotations" else "commonLabels"
        if place := place_of(node, path, (field, last)):
            yield place
        for each in _sequence(node, "labels"):
            if place := place_of(each, path, ("pairs", last)):
                yield place


def _in_generator(node: Node, path: str, manifest: Manifest, key: str) -> Iterator[Place]:
    """A key by a literal (`key=value`), or by a file (`path`, or `key=path`), all of which counts then."""
    name = get(node, "name")
    # A hash is put behind the name, a prefix may stand before it.
    if name is None or str(name[1].value) not in manifest.key.name:
        return
    for each in _sequence(node, "literals"):
        if isinstance(each, ScalarNode) and str(each.value).startswith(f"{key}=") and each.start_mark is not None:
            first = each.start_mark.line + 1
            yield Place(path, first, first)
    for each in _sequence(node, "files"):
        left, equals, right = str(each.value).partition("=") if isinstance(each, ScalarNode) else ("", "", "")
        file = right if equals else left
        if file and key == (left if equals else posixpath.basename(file)):
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
            if not where.startswith(("../", "/")):
                yield Place(where, 1, MOST_LINES)


def _sequence(node: Node, name: str) -> list[Node]:
    found = get(node, name)
    return list(found[1].value) if found is not None and isinstance(found[1], SequenceNode) else []


def value_of(obj: Any, steps: Sequence[Step]) -> Any:
    """What stands at a path of an object, None for nothing."""
    found = _walked(obj, steps)
    return found[1] if found is not None else None
