"""Kustomize, by the program `kustomize` or `kubectl kustomize`, whichever is there.

The repository's own files are copied to a private folder; bases elsewhere in it work, bases from elsewhere are refused
before anything runs, unless the user's settings allow them. What `spec.source.kustomize` sets is written into the
copy's own kustomization file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.copies import private_folder
from gitops_tui.render.kustomization import SUPPORTED, edit, find, refuse_remote
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.tools import program_for, run_tool
from gitops_tui.settings import Settings


def render(
    repository: Repository,
    commit: Commit,
    source: Source,
    path: str,
    *,
    settings: Settings,
    inputs: Sequence[str] = ("",),
) -> tuple[list[Manifest], list[str]]:
    """What kustomize builds from the folder; `inputs` are the paths that it may read. Raises RenderError, ToolMissing, UnsafePath."""
    line = program_for("Kustomize")
    if not line:
        raise ToolMissing(
            f"{printable(path) or '.'} is a Kustomize source, and neither kustomize nor kubectl is there",
            hint="install kustomize or kubectl and put it on PATH",
        )
    warnings = [
        f"spec.source.kustomize.{printable(str(name))} is not supported yet and has no effect"
        for name in source.kustomize or {}
        if name not in SUPPORTED
    ]
    with private_folder() as temporary:
        home = Path(temporary)
        root = home / "repository"
        root.mkdir()
        repository.export_paths(commit.sha, inputs, root)
        folder = root / path
        edit(folder, root, source.kustomize or {})
        if not settings.allow_remote_bases:
            refuse_remote(folder, root)
        file = find(folder)
        shown = printable(str(file.relative_to(root))) if file else printable(path)
        code, out, err = run_tool(
            [*line, "."], folder, home, settings.render_timeout, network=settings.allow_remote_bases
        )
        if code != 0:
            text = _words(err, root)
            raise RenderError(
                f"kustomize can't build {printable(path) or '.'} at {commit.short}",
                problems=(Problem(shown, text),),
            )
    documents, problem = load(out, "")
    problems = [problem] if problem else []
    found: list[Manifest] = []
    for number, _, document in documents:
        found += manifests_of(document, Origin(printable(path or "."), number, 0, commit.sha), problems)
    if problems:
        raise RenderError(f"what kustomize built from {printable(path) or '.'} is broken", problems=tuple(problems))
    return found, warnings


def _words(err: str, root: Path) -> str:
    text = err.strip().removeprefix("Error: ").removeprefix("error: ")
    text = text.replace(str(root.resolve()) + "/", "").replace(str(root) + "/", "")
    text = text.replace(str(root.resolve()), ".").replace(str(root), ".")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("# Warning")]
    return printable(redact(" ".join(lines)))[:1500] or "it failed without a word"
