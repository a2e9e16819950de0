"""Places in YAML text: which lines of a file a path of an object stands on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_tui.git.textlines import Lines
from gitops_tui.model.fieldpath import Step
from gitops_tui.model.manifest import Manifest
from gitops_tui.records import dataclass
from gitops_tui.render.loader import load

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OTHER_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
MOST_LINES = 500
_MOST_MERGES = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Lines (from 1, both included) of a file. anchor: the lines of the value, where an alias stands for it."""

    path: str
    first: int
    last: int
    anchor: tuple[int, int] | None = None

    @property
    def lines(self) -> tuple[int, ...]:
        made = range(self.first, min(self.last, self.first + MOST_LINES) + 1)
        if self.anchor is None:
            return tuple(made)
        first, last = self.anchor
        return (*made, *range(first, min(last, first + MOST_LINES) + 1))


def nodes_of(content: bytes) -> list[Node]:
    """The documents of a text, none where it can't be read. They are not to be changed."""
    return list(_parsed(content))


@lru_cache(maxsize=4)
def _parsed(content: bytes) -> Sequence[Node]:
    # Many fields are asked for in one file.
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


def is_it(node: Node, manifest: Manifest, *, exact: bool) -> bool:
    kind, metadata = get(node, "kind"), get(node, "metadata")
    name = get(metadata[1], "name") if metadata is not None else None
    if kind is None or name is None or kind[1].value != manifest.key.kind:
        return False
    # Kustomize puts prefixes and suffixes around names.
    return bool(name[1].value == manifest.key.name or (not exact and str(name[1].value) in manifest.key.name))


def get(node: Node | None, name: str) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == name:
                return key, value
    return None


def _walked(node: Node, steps: Sequence[Step]) -> tuple[Node, Node] | None:
    """(where a path begins in the text: its key, or its item; what stands there)."""
    if steps and steps[0] == "data" and get(node, "stringData") is not None:
        # What stands in both is stored as stringData says it.
        texts = _walked(node, ("stringData", *steps[1:]))
        if texts is not None:
            return texts
    here: Node = node
    begin: Node = node
    for step in steps:
        if isinstance(step, str):
            found = get(here, step) or _merged(here, step)
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
    return begin, here


def node_of(node: Node, steps: Sequence[Step]) -> Node | None:
    """What stands at a path."""
    found = _walked(node, steps)
    return found[1] if found is not None else None


def place_of(node: Node, path: str, steps: Sequence[Step], shift: int = 0) -> Place | None:
    """The lines of a path below a node of the file `path`. shift: lines before the text that the node is of."""
    found = _walked(node, steps)
    if found is None:
        return None
    begin, here = found
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
    merge = get(node, "<<")
    if merge is None or depth > _MOST_MERGES:
        return None
    for each in merge[1].value if isinstance(merge[1], SequenceNode) else [merge[1]]:
        if found := get(each, name) or _merged(each, name, depth + 1):
            return found
    return None


def _item(node: SequenceNode, step: int | tuple[tuple[str, str], ...]) -> Node | None:
    if isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    for each in node.value:
        values = [(name, get(each, name)) for name, _ in step]
        # A port without a protocol is TCP.
        there = {name: found[1].value if found else ("TCP" if name == "protocol" else None) for name, found in values}
        if all(str(there[name]) == value for name, value in step):
            return each  # type: ignore[no-any-return]
    return None
