"""Where a field of an object stands in the files of Git.

A plain manifest says its file and document itself. What Kustomize makes is looked for in the files that it is built of,
the source's own folder first: patches, the kustomization's images, replicas, namespace and labels, then the manifests. What a
chart's template makes has no such line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_tui.git import Repository
from gitops_tui.git.paths import TreeEntry
from gitops_tui.git.textlines import Lines
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit
from gitops_tui.render.kustomization import FILES
from gitops_tui.render.loader import load

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = re.compile(
    r"""\.?(?P<key>[A-Za-z_$][A-Za-z0-9_$/-]*)|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|\[(?P<item>[^\]]+)\]"""
)
_PAIR = re.compile(r"""([A-Za-z_$][\w$-]*)=("(?:[^"\\]|\\.)*"|[^,\]]*)""")
_OTHER_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_MOST_FILES = 2_000
_MOST_LINES = 500
_MOST_MERGES = 20

Step = str | int | tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines (from 1, both included) of a file. anchor: the lines of the value, where an alias stands for it."""

    path: str
    first: int
    last: int
    anchor: tuple[int, int] | None = None

    @property
    def lines(self) -> tuple[int, ...]:
        made = range(self.first, min(self.last, self.first + _MOST_LINES) + 1)
        if self.anchor is None:
            return tuple(made)
        first, last = self.anchor
        return (*made, *range(first, min(last, first + _MOST_LINES) + 1))


def steps_of(field: str) -> tuple[Step, ...] | None:
    """A path as `FieldDifference.path` has it, as steps; None for what is no path."""
    made: list[Step] = []
    at = 0
    while at < len(field):
        found = _STEP.match(field, at)
        if found is None:
            return None
        if found["key"] is not None:
            made.append(found["key"])
        elif found["quoted"] is not None:
            made.append(_unquoted(found["quoted"]))
        elif found["index"] is not None:
            made.append(int(found["index"]))
        else:
            pairs = tuple((name, _unquoted(value.strip('"'))) for name, value in _PAIR.findall(found["item"]))
            if not pairs:
                return None
            made.append(pairs)
        at = found.end()
    return tuple(made) or None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def places_of_field(
    repository: Repository, commit: Commit, paths: Sequence[str], manifest: Manifest, field: str
) -> Iterator[Place]:
    """The places that set a field, the one that counts first. Blocking."""
    steps = steps_of(field)
    if steps is None:
        return
    origin = manifest.origin
    if origin.line:
        found = repository.find(commit.sha, origin.path)
        if found is not None and found[0] == "blob":
            yield from _in_manifests(repository.read_many([found[1]])[0], origin.path, manifest, steps, origin.document)
        return
    entries = _files(repository, commit, paths)
    contents = repository.read_many([each.sha for each in entries])
    own = paths[0] if paths else ""
    both = sorted(zip(entries, contents, strict=True), key=lambda pair: (not _is_in(pair[0].path, own), pair[0].path))
    for entry, content in both:
        if entry.path.rsplit("/", 1)[-1] in FILES:
            yield from _in_kustomization(content, entry.path, manifest, steps)
    for entry, content in both:
        if entry.path.rsplit("/", 1)[-1] not in FILES:
            yield from _in_manifests(content, entry.path, manifest, steps)


def place_in(content: bytes, path: str, manifest: Manifest, field: str) -> Place | None:
    """Where a version of a file sets a field of an object, in whichever of its documents; None where it does not."""
    steps = steps_of(field)
    if steps is None:
        return None
    for node in _nodes(content):
        for each in (node, *_items(node)):
            if _is_it(each, manifest, exact=True) and (place := _place(each, path, steps)):
                return place
    return None


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _files(repository: Repository, commit: Commit, paths: Sequence[str]) -> list[TreeEntry]:
    made: list[TreeEntry] = []
    for path in paths:
        found = repository.find(commit.sha, path)
        if found is not None and found[0] == "tree":
            made += repository.list_tree(commit.sha, path, recursive=True)
        elif found is not None:
            made.append(TreeEntry("100644", "blob", found[1], path))
    kept = [
        each
        for each in made
        if each.type == "blob"
        and not each.is_symlink
        and (each.path.endswith((".yaml", ".yml", ".json")) or each.path.rsplit("/", 1)[-1] in FILES)
        and "/templates/" not in f"/{each.path}"
    ]
    return kept[:_MOST_FILES]


def _nodes(content: bytes) -> list[Node]:
    # The bounded loader first: what it reads can be read again without harm.
    if load(content, "")[1] is not None:
        return []
    text = content.decode("utf-8-sig")
    try:
        made = [node for node in yaml.compose_all(text, Loader=_Loader) if node is not None]
    except (yaml.YAMLError, RecursionError):
        return []
    if _OTHER_BREAK.search(text):
        _in_gits_lines(made, Lines(text))
    return made


@dataclass(frozen=True, slots=True)
class _Mark:
    """As the parser's."""

    index: int
    line: int
    column: int


def _in_gits_lines(nodes: Sequence[Node], lines: Lines) -> None:
    """YAML ends lines where git does not."""
    waiting, seen = list(nodes), set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for name in ("start_mark", "end_mark"):
            index = getattr(node, name).index
            setattr(node, name, _Mark(index, *lines.at(index)))
        if isinstance(node, MappingNode):
            waiting += [each for pair in node.value for each in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _in_manifests(
    content: bytes, path: str, manifest: Manifest, steps: Sequence[Step], document: int = 0
) -> Iterator[Place]:
    nodes = _nodes(content)
    for number, node in enumerate(nodes, 1):
        if document and number != document and len(nodes) >= document:
            continue
        for each in (node, *_items(node)):
            if _is_it(each, manifest, exact=bool(document)) and (place := _place(each, path, steps)):
                yield place


def _items(node: Node) -> list[Node]:
    items = _get(node, "items")
    return list(items[1].value) if items is not None and isinstance(items[1], SequenceNode) else []


def _is_it(node: Node, manifest: Manifest, *, exact: bool) -> bool:
    kind, metadata = _get(node, "kind"), _get(node, "metadata")
    name = _get(metadata[1], "name") if metadata is not None else None
    if kind is None or name is None or kind[1].value != manifest.key.kind:
        return False
    # Kustomize puts prefixes and suffixes around names.
    return bool(name[1].value == manifest.key.name or (not exact and str(name[1].value) in manifest.key.name))


def _get(node: Node | None, name: str) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == name:
                return key, value
    return None


def _place(node: Node, path: str, steps: Sequence[Step], shift: int = 0) -> Place | None:
    here: Node = node
    begin: Node = node
    for number, step in enumerate(steps):
        if isinstance(step, str):
            found = _get(here, step) or _merged(here, step)
            if found is None and step == "data" and number == 0:
                found = _get(here, "stringData")
            if found is None:
                return None
            begin, here = found
        elif isinstance(here, SequenceNode):
            item = _item(here, step)
            if item is None:
                return None
            begin = here = item
        else:
            return None
    assert begin.start_mark is not None
    assert here.end_mark is not None
    first = begin.start_mark.line + 1
    # A block ends at the begin of the line behind it.
    last = here.end_mark.line + (1 if here.end_mark.column or (isinstance(here, ScalarNode) and not here.style) else 0)
    anchor = None
    if here.start_mark is not None and here.start_mark.index < begin.start_mark.index:
        anchor = (here.start_mark.line + 1 + shift, max(here.start_mark.line + 1, last) + shift)
    return Place(path, first + shift, max(first, last) + shift if anchor is None else first + shift, anchor)


def _merged(node: Node, name: str, depth: int = 0) -> tuple[Node, Node] | None:
    """What a mapping has by `<<`: the first that has the key counts (yaml.org/type/merge)."""
    merge = _get(node, "<<")
    if merge is None or depth > _MOST_MERGES:
        return None
    for each in merge[1].value if isinstance(merge[1], SequenceNode) else [merge[1]]:
        if found := _get(each, name) or _merged(each, name, depth + 1):
            return found
    return None


def _item(node: SequenceNode, step: int | tuple[tuple[str, str], ...]) -> Node | None:
    if isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    for each in node.value:
        values = [(name, _get(each, name)) for name, _ in step]
        # A port without a protocol is TCP.
        there = {name: found[1].value if found else ("TCP" if name == "protocol" else None) for name, found in values}
        if all(str(there[name]) == value for name, value in step):
            return each  # type: ignore[no-any-return]
    return None


# --- kustomizations ---------------------------------------------------------------------------------------------------


def _in_kustomization(content: bytes, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    for node in _nodes(content):
        for name in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            listed = _get(node, name)
            for each in listed[1].value if listed is not None and isinstance(listed[1], SequenceNode) else ():
                yield from _in_patch(each, path, manifest, steps)
        yield from _in_fields(node, path, manifest, steps)


def _in_patch(node: Node, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    found = _get(node, "patch")
    text = found[1] if found is not None else node
    if not isinstance(text, ScalarNode) or "\n" not in text.value or text.start_mark is None:
        return
    shift = text.start_mark.line + 1
    target = _get(node, "target")
    kind = _get(target[1], "kind") if target is not None else None
    name = _get(target[1], "name") if target is not None else None
    for inner in _nodes(text.value.encode()):
        if isinstance(inner, SequenceNode):
            if kind is not None and kind[1].value != manifest.key.kind:
                continue
            if name is not None and str(name[1].value) not in manifest.key.name:
                continue
            yield from _in_operations(inner, path, manifest, steps, shift)
        elif _is_it(inner, manifest, exact=False) and (place := _place(inner, path, steps, shift)):
            yield place


def _in_operations(
    node: SequenceNode, path: str, manifest: Manifest, steps: Sequence[Step], shift: int
) -> Iterator[Place]:
    wanted = _pointer(manifest.obj, steps)
    for operation in reversed(node.value):
        at = _get(operation, "path")
        if at is None or operation.start_mark is None or operation.end_mark is None:
            continue
        pointer = str(at[1].value)
        if wanted is not None and (wanted == pointer or wanted.startswith(f"{pointer}/")):
            first = operation.start_mark.line + 1 + shift
            yield Place(path, first, max(first, operation.end_mark.line + shift))


def _pointer(obj: Any, steps: Sequence[Step]) -> str | None:
    made = ""
    here = obj
    for step in steps:
        if isinstance(step, str):
            here = here.get(step) if isinstance(here, dict) else None
            made += "/" + step.replace("~", "~0").replace("/", "~1")
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
        made += f"/{at}"
        here = here[at]
    return made


def _in_fields(node: Node, path: str, manifest: Manifest, steps: Sequence[Step]) -> Iterator[Place]:
    """What a kustomization sets by fields of its own."""
    last = steps[-1]
    if last == "image":
        value = _value(manifest.obj, steps)
        for each in _sequence(node, "images"):
            names = [str(found[1].value) for name in ("newName", "name") if (found := _get(each, name))]
            if isinstance(value, str) and any(re.match(rf"{re.escape(name)}($|[:@])", value) for name in names):
                for name in ("newTag", "digest", "newName"):
                    if place := _place(each, path, (name,)):
                        yield place
                        break
    elif tuple(steps) == ("spec", "replicas"):
        for each in _sequence(node, "replicas"):
            found = _get(each, "name")
            if (
                found is not None
                and str(found[1].value) in manifest.key.name
                and (place := _place(each, path, ("count",)))
            ):
                yield place
    elif tuple(steps) == ("metadata", "namespace"):
        if place := _place(node, path, ("namespace",)):
            yield place
    elif len(steps) > 1 and steps[-2] in ("labels", "annotations", "matchLabels"):
        field = "commonAnnotations" if steps[-2] == "annotations" else "commonLabels"
        if place := _place(node, path, (field, last)):
            yield place
        for each in _sequence(node, "labels"):
            if place := _place(each, path, ("pairs", last)):
                yield place


def _sequence(node: Node, name: str) -> list[Node]:
    found = _get(node, name)
    return list(found[1].value) if found is not None and isinstance(found[1], SequenceNode) else []


def _value(obj: Any, steps: Sequence[Step]) -> Any:
    here = obj
    for step in steps:
        if isinstance(step, str):
            here = here.get(step) if isinstance(here, dict) else None
        elif isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
        else:
            here = next(
                (
                    each
                    for each in (here if isinstance(here, list) else ())
                    if isinstance(each, dict) and all(str(each.get(k)) == v for k, v in step)
                ),
                None,
            )
    return here
