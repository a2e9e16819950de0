"""Kustomize, by the program `kustomize` or `kubectl kustomize`, whichever is there.

The repository's own files are copied to a private folder; bases elsewhere in it work, bases from elsewhere are refused
before anything runs, unless the user's settings allow them. What `spec.source.kustomize` sets is written into the
copy's own kustomization file.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.copies import private_folder
from gitops_tui.render.kustomization import SUPPORTED, edit, find, has_charts, refuse_remote
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.tools import program_for, run_tool, tool_version
from gitops_tui.render.toolwords import without_contents
from gitops_tui.settings import Settings

_WITH_VERSIONS = re.compile(r"v5\.([3-9]|[1-9]\d)\.|v([6-9]|[1-9]\d)\.")


def program(source: Source, settings: Settings) -> list[str]:
    """The command that builds, [] where there is none: the program that the settings have for the version which the source
    asks for, or what is on PATH where that is this version. Raises ToolMissing for a version that isn't there."""
    found = program_for("Kustomize")
    asked = str((source.kustomize or {}).get("version") or "")
    if not asked:
        return found
    if named := settings.kustomize_versions.get(asked):
        if shutil.which(named) is None:
            raise ToolMissing(
                f"kustomize {printable(asked)[:40]} is not there: {printable(named)} of kustomize_versions is no program",
                hint="name the program's path in kustomize_versions in your settings",
            )
        return [str(shutil.which(named)), "build"]
    if found and asked.removeprefix("v") in re.findall(r"\bv?(\d+\.\d+\.\d+)", tool_version(found)):
        return found
    known = ", ".join(settings.kustomize_versions) or "none"
    raise ToolMissing(
        f"the application asks for kustomize {printable(asked)[:40]}, which your settings don't have (they have {printable(known)})",
        hint=f"set kustomize_versions: {{{printable(asked)[:40]}: /path/to/that/kustomize}} in your settings",
    )


def render(
    repository: Repository,
    commit: Commit,
    source: Source,
    path: str,
    *,
    env: Mapping[str, str],
    settings: Settings,
    kube_version: str = "",
    api_versions: Sequence[str] = (),
    inputs: Sequence[str] = ("",),
) -> tuple[list[Manifest], list[str]]:
    """What kustomize builds from the folder; `inputs` are the paths that it may read, env the build environment, the versions
    those that charts in it are inflated for. Raises RenderError, ToolMissing, UnsafePath."""
    line = program(source, settings)
    block = source.kustomize or {}
    if not line:
        raise ToolMissing(
            f"{printable(path) or '.'} is a Kustomize source, and neither kustomize nor kubectl is there",
            hint="install kustomize or kubectl and put it on PATH",
        )
    warnings = [
        f"spec.source.kustomize.{printable(str(name))} is not supported yet and has no effect"
        for name in block
        if name not in SUPPORTED
    ]
    with private_folder() as temporary:
        home = Path(temporary)
        root = home / "repository"
        root.mkdir()
        repository.export_paths(commit.sha, inputs, root)
        folder = root / path
        edit(folder, root, block, env)
        if not settings.allow_remote_bases:
            refuse_remote(folder, root)
        elif has_charts(folder, root):
            line += _inflation(block, line, kube_version, api_versions)
        file = find(folder)
        shown = printable(str(file.relative_to(root))) if file else printable(path)
        code, out, err = run_tool(
            [*line, "."],
            folder,
            home,
            settings.render_timeout,
            network=settings.allow_remote_bases,
            memory=settings.render_memory,
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


def _inflation(
    block: Mapping[str, Any], line: Sequence[str], kube_version: str, api_versions: Sequence[str]
) -> list[str]:
    """As Argo CD with --enable-helm (util/kustomize/kustomize.go: parseKustomizeBuildOptions)."""
    helm = shutil.which("helm")
    if helm is None:
        raise ToolMissing("the kustomization inflates Helm charts, and helm is not there", hint="put helm on PATH")
    options = ["--enable-helm", "--helm-command", helm]
    if _WITH_VERSIONS.search(tool_version(line)):
        version = re.match(r"v?\d+(?:\.\d+)*", str(block.get("kubeVersion") or kube_version))
        options += ["--helm-kube-version", version[0]] if version else []
        asked = block.get("apiVersions") or api_versions
        if not isinstance(asked, list | tuple):
            raise RenderError("spec.source.kustomize.apiVersions must be a list")
        options += [word for each in asked for word in ("--helm-api-versions", str(each))]
    return options


# kubectl may say it as a line of its log: its place in kubectl's source, and the error quoted.
_LOGGED = re.compile(r'^[EF]\d{4} .*?\] "command failed" err=("(?:[^"\\]|\\.)*")$', re.MULTILINE)


def _unlogged(found: re.Match[str]) -> str:
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return found[1]


def _words(err: str, root: Path) -> str:
    text = without_contents(_LOGGED.sub(_unlogged, err.strip())).removeprefix("Error: ").removeprefix("error: ")
    text = text.replace(str(root.resolve()) + "/", "").replace(str(root) + "/", "")
    text = text.replace(str(root.resolve()), ".").replace(str(root), ".")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("# Warning")]
    return printable(redact(" ".join(lines)))[:1500] or "it failed without a word"
