"""A folder of plain manifests: .yaml, .yml, .json and .jsonnet (Argo CD's `directory` source)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gitops_tui.errors import GitError, Problem, RenderError, UnsafePath
from gitops_tui.git import Repository
from gitops_tui.git.export import too_large
from gitops_tui.git.patterns import argocd_matcher
from gitops_tui.git.symlinks import followed
from gitops_tui.model.application import DirectorySource, Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.render import jsonnet, sops
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.settings import Settings

_ENDINGS = (".yaml", ".yml", ".json")
_SKIP = b"+argocd:skip-file-rendering"


def render(
    repository: Repository, commit: Commit, source: Source, path: str, *, env: Mapping[str, str], settings: Settings
) -> tuple[list[Manifest], list[str]]:
    """The manifests in a folder, in the order of their paths, what Jsonnet makes last. env: the build environment. Raises
    RenderError with all problems, ToolMissing."""
    options = source.directory or DirectorySource()
    prefix = f"{path}/" if path else ""
    problems: list[Problem] = []
    unrelated: list[Problem] = []
    warnings: list[str] = []
    jsonnets: list[str] = []
    links: list[str] = []
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
            (jsonnets if not entry.is_symlink else links).append(entry.path)
        if not inside.endswith(_ENDINGS):
            continue
        if entry.is_symlink:
            # As Argo CD (getPotentiallyValidManifestFile): what leads to no file is passed over, what leads out is refused.
            try:
                target = followed(repository, commit.sha, entry.path)
            except UnsafePath as error:
                problems.append(Problem(printable(entry.path), error.message))
                continue
            if target is None or target.type != "blob":
                warnings.append(f"{printable(entry.path)} is a symlink that leads to no file; passed over")
                continue
            entry = target
        files.append(entry)
    read: list[tuple[bytes, list[tuple[int, int, Any]], Problem | None]] = []

    def take(at: int, content: bytes) -> None:
        documents, problem = load(content, printable(files[at].path)) if _SKIP not in content else ([], None)
        read.append((content, documents, problem))

    try:
        repository.read_each([entry.sha for entry in files], take)
    except GitError as error:
        cause = too_large(repository, files, error, settings.max_manifest_bytes)
        if cause is None:
            raise
        problems.append(Problem(printable(cause[0]), f"{error.message}; this one alone has {cause[1]}"))
        raise RenderError(
            f"{printable(path) or '.'} at {commit.short} can't be rendered", problems=tuple(problems), hint=error.hint
        ) from None
    found: list[Manifest] = []
    for entry, (content, documents, problem) in zip(files, read, strict=True):
        if _SKIP in content:
            continue
        shown = printable(entry.path)
        if problem is not None and shown.endswith(".json") and (value := _json(content)) is not None:
            documents, problem = [(1, 1, value)], None
        if b"sops" in content and sops.is_encrypted(documents):
            documents, problem = sops.decrypted(content, shown, documents, settings)
            if problem is not None:
                problems.append(problem)
                continue
        for number, line, document in documents:
            if _is_foreign(document):
                warnings.append(f"{shown}: no Kubernetes object (neither apiVersion nor kind); passed over")
                continue
            found += manifests_of(document, Origin(shown, number, line, commit.sha), problems)
        if problem is not None and _is_unrelated(content, documents):
            unrelated.append(problem)
        elif problem is not None:
            problems.append(problem)
    problems += [Problem(printable(each), "is a symlink, which is not followed") for each in links]
    if jsonnets:
        block = options.jsonnet or {}
        for name, value, mistake in jsonnet.evaluate(repository, commit, path, jsonnets, block, env, settings):
            if mistake is not None:
                problems.append(mistake)
            for number, each in enumerate(value if isinstance(value, list) else [value], 1):
                found += manifests_of(each, Origin(printable(name), number, 0, commit.sha), problems)
    if found:
        warnings += [
            f"{problem.path} is no YAML and looks like no Kubernetes object; passed over" for problem in unrelated
        ]
    else:
        problems += unrelated
    if problems:
        raise RenderError(f"{printable(path) or '.'} at {commit.short} can't be rendered", problems=tuple(problems))
    return found, warnings


def _matches(pattern: str, path: str) -> bool:
    return argocd_matcher(pattern)(path)


def _is_unrelated(content: bytes, documents: list[tuple[int, int, Any]]) -> bool:
    """Whether a file that doesn't parse is something else, such as a template, which Argo CD passes over in silence
    (getObjsFromYAMLOrJSON): no object stands before the mistake, and it doesn't read like one."""
    if any(document is not None and not _is_foreign(document) for _, _, document in documents):
        return False
    return not all(word in content for word in (b"apiVersion", b"kind", b"metadata"))


def _json(content: bytes) -> Any:
    """A JSON file that YAML can't read (escaped surrogate pairs); None where it isn't JSON either, or has a key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a key is there twice")
        return made

    try:
        return json.loads(content, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None


def _is_foreign(document: Any) -> bool:
    """A YAML file for something else, such as Helm values or a linter's settings, that lies in the folder."""
    return isinstance(document, dict) and bool(document) and not ({"apiVersion", "kind", "metadata"} & document.keys())
