"""Where a field of an object stands in the files of Git.

A plain manifest says its file and document itself. What Kustomize makes is looked for in the files that it is built of,
the source's own folder first: patches, the kustomization's images, replicas, namespace and labels, then the manifests. What a
chart's template makes is looked for in its value files, by what the template says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yaml.nodes import Node, SequenceNode

from gitops_tui.git import Repository
from gitops_tui.git.paths import TreeEntry
from gitops_tui.model.application import Source
from gitops_tui.model.fieldpath import Step, steps_of
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import Commit
from gitops_tui.render.helmfields import in_chart
from gitops_tui.render.kustomization import FILES
from gitops_tui.render.kustomizefields import in_kustomization, within
from gitops_tui.render.yamlplaces import Place, get, is_it, nodes_of, place_of

_MOST_FILES = 2_000


def places_of_field(
    repository: Repository,
    commit: Commit,
    paths: Sequence[str],
    manifest: Manifest,
    field: str,
    source: Source | None = None,
) -> Iterator[Place]:
    """The places that set a field, the one that counts first. source: what the manifest was rendered from. Blocking."""
    steps = steps_of(field)
    if steps is None:
        return
    origin = manifest.origin
    if origin.line:
        found = repository.find(commit.sha, origin.path)
        if found is not None and found[0] == "blob":
            yield from _in_manifests(repository.read_many([found[1]])[0], origin.path, manifest, steps, origin.document)
        return
    if source is not None and "/templates/" in f"/{origin.path}":
        yield from in_chart(repository, commit, source, manifest, steps)
        return
    entries = manifest_files(repository, commit.sha, paths)
    contents = repository.read_many([each.sha for each in entries])
    own = paths[0] if paths else ""
    both = sorted(zip(entries, contents, strict=True), key=lambda pair: (not _is_in(pair[0].path, own), pair[0].path))
    for entry, content in both:
        if entry.path.rsplit("/", 1)[-1] in FILES:
            for place in in_kustomization(content, entry.path, manifest, steps):
                if place.path == entry.path or repository.find(commit.sha, place.path) is not None:
                    yield place
    for entry, content in both:
        if entry.path.rsplit("/", 1)[-1] not in FILES:
            yield from _in_manifests(content, entry.path, manifest, steps)
    for entry, content in both:
        if entry.path.rsplit("/", 1)[-1] in FILES:
            yield from within(content, entry.path, manifest, steps)


def place_in(content: bytes, path: str, manifest: Manifest, field: str) -> Place | None:
    """Where a version of a file sets a field of an object, in whichever of its documents; None where it does not."""
    steps = steps_of(field)
    if steps is None:
        return None
    for node in nodes_of(content):
        for each in (node, *_items(node)):
            if is_it(each, manifest, exact=True) and (place := place_of(each, path, steps)):
                return place
    return None


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def manifest_files(repository: Repository, commit: str, paths: Sequence[str]) -> list[TreeEntry]:
    """The files beneath these paths that may hold manifests or a kustomization."""
    made: list[TreeEntry] = []
    for path in paths:
        found = repository.find(commit, path)
        if found is not None and found[0] == "tree":
            made += repository.list_tree(commit, path, recursive=True)
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


def _in_manifests(
    content: bytes, path: str, manifest: Manifest, steps: Sequence[Step], document: int = 0
) -> Iterator[Place]:
    nodes = nodes_of(content)
    for number, node in enumerate(nodes, 1):
        if document and number != document and len(nodes) >= document:
            continue
        for each in (node, *_items(node)):
            if is_it(each, manifest, exact=bool(document)) and (place := place_of(each, path, steps)):
                yield place


def _items(node: Node) -> list[Node]:
    items = get(node, "items")
    return list(items[1].value) if items is not None and isinstance(items[1], SequenceNode) else []
