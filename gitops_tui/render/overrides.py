"""What a source says beyond its folder: its explicit type, and the repository's own `.argocd-source.yaml`.

As Argo CD (reposerver/repository/repository.go, mergeSourceParameters; ApplicationSource.ExplicitType): the files are
JSON merge patches over the source, `.argocd-source.yaml` first, then `.argocd-source-<application>.yaml`; where the
source comes from can't be changed by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from gitops_tui.errors import Problem, RenderError
from gitops_tui.git import Repository
from gitops_tui.model.application import DirectorySource, Source
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.render.loader import load

_BLOCKS = ("helm", "kustomize", "directory", "plugin")


def explicit_type(source: Source) -> str:
    """The type that the source's block names, "" where it has none. Raises RenderError for more than one."""
    there = {
        "Kustomize": bool(source.kustomize),
        "Helm": bool(source.helm),
        "Directory": source.directory not in (None, DirectorySource()),
    }
    named = [kind for kind, has in there.items() if has]
    if len(named) > 1:
        raise RenderError(
            f"the source has several types: {', '.join(named)}", hint="keep one of kustomize, helm and directory"
        )
    return named[0] if named else ""


def with_overrides(
    repository: Repository, commit: Commit, source: Source, path: str, names: Set[str], app_name: str
) -> tuple[Source, list[str]]:
    """The source as the folder's override files change it, and warnings. Raises RenderError naming file and line."""
    warnings: list[str] = []
    wanted = [name for name in (".argocd-source.yaml", f".argocd-source-{app_name}.yaml") if name in names]
    if not wanted:
        return source, warnings
    entries = {entry.path.rsplit("/", 1)[-1]: entry for entry in repository.list_tree(commit.sha, path)}
    for name in wanted:
        entry = entries[name]
        shown = printable(entry.path)
        if entry.is_symlink:
            raise RenderError(
                f"{shown} can't be read", problems=(Problem(shown, "is a symlink, which is not followed"),)
            )
        documents, problem = load(repository.read_many([entry.sha])[0], shown)
        patch = documents[0][2] if documents else None
        if problem is None and not isinstance(patch, dict | None):
            problem = Problem(shown, "must be a mapping", 1)
        if problem is not None:
            raise RenderError(f"{shown} can't be read", problems=(problem,))
        for key, value in (patch or {}).items():
            if key not in _BLOCKS:
                warnings.append(f"{shown}: {printable(key)} is not supported here and has no effect")
            else:
                source = _patched(source, key, value, shown, warnings)
    return source, warnings


def _patched(source: Source, key: str, patch: Any, shown: str, warnings: list[str]) -> Source:
    before = getattr(source, key)
    if isinstance(before, DirectorySource):
        before = {name: getattr(before, name) for name in ("recurse", "include", "exclude", "jsonnet")}
    merged = merge_patch(before, patch)
    if merged is not None and not isinstance(merged, dict):
        raise RenderError(f"{shown} can't be read", problems=(Problem(shown, f"{key} must be a mapping"),))
    if key == "directory":
        return replace(source, directory=None if merged is None else _directory(merged, shown, warnings))
    if key == "helm":
        return replace(source, helm=merged)
    return replace(source, kustomize=merged) if key == "kustomize" else replace(source, plugin=merged)


def _directory(block: Mapping[str, Any], shown: str, warnings: list[str]) -> DirectorySource:
    values: dict[str, Any] = {}
    for name, value in block.items():
        if name == "jsonnet" and isinstance(value, Mapping | None):
            values[name] = value or None
        elif name not in ("recurse", "include", "exclude", "jsonnet"):
            warnings.append(f"{shown}: directory.{printable(name)} is not supported yet and has no effect")
        elif not isinstance(value, bool if name == "recurse" else str):
            raise RenderError(
                f"{shown} can't be read", problems=(Problem(shown, f"directory.{name} is of a wrong type"),)
            )
        else:
            values[name] = value
    return DirectorySource(**values)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merge_patch(made.get(key), value)
    return made
