"""A folder of plain manifests: .yaml, .yml and .json (Argo CD's `directory` source)."""

from __future__ import annotations

from typing import Any

from gitops_tui.errors import Problem, RenderError
from gitops_tui.git import Repository
from gitops_tui.git.patterns import matcher
from gitops_tui.model.application import DirectorySource, Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of

_ENDINGS = (".yaml", ".yml", ".json")


def render(repository: Repository, commit: Commit, source: Source, path: str) -> tuple[list[Manifest], list[str]]:
    """The manifests in a folder, in the order of their paths. Raises RenderError with all problems."""
    options = source.directory or DirectorySource()
    prefix = f"{path}/" if path else ""
    problems: list[Problem] = []
    warnings: list[str] = []
    files = []
    for entry in repository.list_tree(commit.sha, path, recursive=options.recurse):
        if entry.type != "blob":
            continue
        inside = entry.path.removeprefix(prefix)
        if options.exclude and _matches(options.exclude, inside):
            continue
        if options.include and not _matches(options.include, inside):
            continue
        if inside.endswith(".jsonnet"):
            warnings.append(f"{printable(entry.path)}: Jsonnet is not supported yet")
        if not inside.endswith(_ENDINGS):
            continue
        if entry.is_symlink:
            problems.append(Problem(printable(entry.path), "is a symlink, which is not followed"))
            continue
        files.append(entry)
    contents = repository.read_many([entry.sha for entry in files])
    found: list[Manifest] = []
    for entry, content in zip(files, contents, strict=True):
        shown = printable(entry.path)
        documents, problem = load(content, shown)
        for number, line, document in documents:
            if _is_foreign(document):
                warnings.append(f"{shown}: no Kubernetes object (neither apiVersion nor kind); passed over")
                continue
            found += manifests_of(document, Origin(shown, number, line, commit.sha), problems)
        if problem is not None:
            problems.append(problem)
    if any(warning.endswith("Jsonnet is not supported yet") for warning in warnings) and not found:
        problems.append(Problem(path or ".", "holds only Jsonnet, which is not supported yet"))
    if problems:
        raise RenderError(f"{printable(path) or '.'} at {commit.short} can't be rendered", problems=tuple(problems))
    return found, warnings


def _matches(pattern: str, path: str) -> bool:
    return matcher(pattern)(path)


def _is_foreign(document: Any) -> bool:
    """A YAML file for something else, such as Helm values or a linter's settings, that lies in the folder."""
    return isinstance(document, dict) and bool(document) and not ({"apiVersion", "kind", "metadata"} & document.keys())
