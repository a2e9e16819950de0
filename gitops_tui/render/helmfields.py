"""Where a chart's value stands that a field comes from.

The template says by which value a field is set (`replicas: {{ .Values.replicaCount }}`), and the value files hold it, the last
one that has it counts. That is a reading of text and no run of the template: so a place is only given where what stands there
is (in) what was rendered. A field that a template sets by itself stands in the template.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from yaml.nodes import Node, ScalarNode

from gitops_tui.errors import GitOpsError
from gitops_tui.git import Repository
from gitops_tui.model.application import Source
from gitops_tui.model.fieldpath import Step
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit
from gitops_tui.render.kustomizefields import value_of
from gitops_tui.render.valuefiles import OWN, listed
from gitops_tui.render.valuefiles import place_of as file_of
from gitops_tui.render.yamlplaces import Place, node_of, nodes_of, place_of

_VALUE = re.compile(r"\.Values((?:\.[A-Za-z_][\w-]*)+)")
_LINE = re.compile(r"""^(?P<indent>\s*(?:- )?)["']?(?P<key>[^\s"':{}]+)["']?\s*:(?:\s+(?P<rest>.*))?$""")
_MOST_BYTES = 1_000_000


def in_chart(
    repository: Repository, commit: Commit, source: Source, manifest: Manifest, steps: Sequence[Step]
) -> Iterator[Place]:
    """The places in value files, then in the template; blocking. Nothing where the Application itself sets the value."""
    template = repository.find(commit.sha, manifest.origin.path)
    if template is None or template[0] != "blob":
        return
    lines = _text(repository, template[1]).split("\n")
    block = source.helm or {}
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if not isinstance(step, str):
            continue
        found = [(number, rest) for number, key, rest in _keys(lines) if key == step]
        for _, rest in found:
            for name in reversed(_VALUE.findall(rest)):
                path = [*name.strip(".").split("."), *steps[at + 1 :]]
                if _is_set_elsewhere(block, path):
                    return
                alone = re.fullmatch(r"""["']?\{\{[^{}]*\}\}["']?""", rest.strip()) is not None
                yield from _in_values(repository, commit, source, path, _rendered(manifest.obj, steps), alone=alone)
        if at == len(steps) - 1 and len(found) == 1 and found[0][1] and "{{" not in found[0][1]:
            yield Place(manifest.origin.path, found[0][0], found[0][0])


def _rendered(obj: Mapping[str, Any], steps: Sequence[Step]) -> list[Any]:
    """What was rendered for a field; of a Secret as the template may have had it, before it was encoded."""
    made = [value_of(obj, steps)]
    if obj.get("kind") == "Secret" and steps[0] == "data":
        made.append(value_of(obj, ("stringData", *steps[1:])))
        if isinstance(made[0], str):
            with suppress(ValueError):
                made.append(b64decode("".join(made[0].split()), validate=True).decode())
    return made


def _text(repository: Repository, blob: str) -> str:
    return repository.read_many([blob], limit=_MOST_BYTES)[0].decode("utf-8", "replace")


def _keys(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(line, key, what is behind it: on that line, or on the next ones where a block is filled in)."""
    for number, line in enumerate(lines, 1):
        if found := _LINE.match(line.rstrip()):
            rest = found["rest"] or ""
            if not rest:
                filled = []
                for below in lines[number : number + 3]:
                    if "toYaml" in below and _VALUE.search(below):
                        filled.append(below)
                        break
                    if _LINE.match(below):
                        break
                rest = " ".join(filled)
            yield number, found["key"], rest


def _is_set_elsewhere(block: Mapping[str, Any], path: Sequence[Step]) -> bool:
    dotted = ".".join(str(each) for each in path)
    named = [str(each.get("name", "")) for each in listed(block, "parameters") if isinstance(each, Mapping)]
    named += [str(each.get("name", "")) for each in listed(block, "fileParameters") if isinstance(each, Mapping)]
    if any(dotted == name or dotted.startswith((f"{name}.", f"{name}[")) for name in named if name):
        return True
    inline = block.get("valuesObject") or block.get("values")
    if isinstance(inline, str):
        return any(node_of(node, path) is not None for node in nodes_of(inline.encode()))
    return isinstance(inline, Mapping) and value_of(inline, path) is not None


def _in_values(
    repository: Repository, commit: Commit, source: Source, path: Sequence[Step], values: Sequence[Any], *, alone: bool
) -> Iterator[Place]:
    chart = source.path.strip("/").removeprefix("./")
    chart = "" if chart == "." else chart
    files = [f"{chart}/values.yaml" if chart else "values.yaml"]
    for name in listed(source.helm or {}, "valueFiles"):
        try:
            place = file_of(str(name), chart, {}, {})
        except GitOpsError:
            continue  # in another source, or by a variable
        if place.ref == OWN and not place.is_pattern:
            files.append(place.path)
    for file in reversed(files):
        there = repository.find(commit.sha, file)
        if there is None or there[0] != "blob":
            continue
        for node in nodes_of(repository.read_many([there[1]], limit=_MOST_BYTES)[0]):
            held = node_of(node, path)
            if held is not None:
                place_there = place_of(node, file, path)
                if place_there is not None and any(_fits(held, each, alone=alone) for each in values):
                    yield place_there
                return


def _fits(node: Node, value: Any, *, alone: bool) -> bool:
    """Whether what a value file holds is what was rendered, or a part of it."""
    if not isinstance(node, ScalarNode) or isinstance(value, dict | list):
        return not isinstance(node, ScalarNode) and isinstance(value, dict | list)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return str(node.value) == shown if alone else bool(node.value) and str(node.value) in shown
