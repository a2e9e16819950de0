"""Kustomize, by the program `kustomize` or `kubectl kustomize`, whichever is there.

The repository's own files are copied to a private folder; bases elsewhere in it work, bases from elsewhere are refused
before anything runs, unless the user's settings allow them. What `spec.source.kustomize` sets is written into an
overlay beside the source.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.tools import run_tool
from gitops_tui.settings import Settings

_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(r"^[a-z+]+://|^git@|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&]ref=|^git::|\.git(//|$)")
_LISTS = ("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators")
_SUPPORTED = {
    "namePrefix",
    "nameSuffix",
    "images",
    "replicas",
    "commonLabels",
    "commonAnnotations",
    "labelWithoutSelector",
    "namespace",
    "patches",
    "components",
    "version",
    "forceCommonLabels",
    "forceCommonAnnotations",
}


def render(
    repository: Repository, commit: Commit, source: Source, path: str, *, settings: Settings
) -> tuple[list[Manifest], list[str]]:
    """What kustomize builds from the folder. Raises RenderError, ToolMissing, UnsafePath."""
    program = shutil.which("kustomize")
    line = [program, "build"] if program else None
    if line is None and (kubectl := shutil.which("kubectl")):
        line = [kubectl, "kustomize"]
    if line is None:
        raise ToolMissing(
            f"{printable(path) or '.'} is a Kustomize source, and neither kustomize nor kubectl is there",
            hint="install kustomize or kubectl and put it on PATH",
        )
    warnings = [
        f"spec.source.kustomize.{printable(name)} is not supported yet and has no effect"
        for name in source.kustomize or {}
        if name not in _SUPPORTED or name in ("version", "forceCommonLabels", "forceCommonAnnotations")
    ]
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
        home = Path(temporary)
        root = home / "repository"
        root.mkdir()
        repository.export(commit.sha, "", root)
        if not settings.allow_remote_bases:
            _refuse_remote(root)
        folder = root / path
        shown = f"{path}/" if path else ""
        overlay = _overlay(source.kustomize or {}, path)
        if overlay:
            made = root / ".gitops-tui-overlay"
            made.mkdir()
            (made / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
            folder = made
        code, out, err = run_tool([*line, "."], folder, home, settings.render_timeout)
        if code != 0:
            text = _words(err, root, path)
            raise RenderError(
                f"kustomize can't build {printable(path) or '.'} at {commit.short}",
                problems=(Problem(f"{shown}kustomization.yaml", text),),
            )
    documents, problem = load(out, "")
    problems = [problem] if problem else []
    found: list[Manifest] = []
    for number, _, document in documents:
        found += manifests_of(document, Origin(printable(path or "."), number, 0, commit.sha), problems)
    if problems:
        raise RenderError(f"what kustomize built from {printable(path) or '.'} is broken", problems=tuple(problems))
    return found, warnings


def _words(err: str, root: Path, path: str) -> str:
    text = err.strip().removeprefix("Error: ").removeprefix("error: ")
    text = text.replace(str(root.resolve()) + "/", "").replace(str(root) + "/", "")
    text = text.replace(str(root.resolve()), ".").replace(str(root), ".").replace(".gitops-tui-overlay", path or ".")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("# Warning")]
    return printable(redact(" ".join(lines)))[:1500] or "it failed without a word"


def _refuse_remote(root: Path) -> None:
    problems = []
    for name in _FILES:
        for file in root.rglob(name):
            if not file.is_file() or file.is_symlink():
                continue
            shown = printable(str(file.relative_to(root)))
            documents, _ = load(file.read_bytes(), shown)
            for _, _, document in documents:
                if not isinstance(document, Mapping):
                    continue
                for field in _LISTS:
                    for item in document.get(field) or [] if isinstance(document.get(field), list) else []:
                        if isinstance(item, str) and "\n" not in item and _REMOTE.search(item):
                            problems.append(
                                Problem(shown, f"{field}: {printable(redact(item))} comes from outside the repository")
                            )
                if document.get("helmCharts") or document.get("helmChartInflationGenerator"):
                    problems.append(Problem(shown, "helmCharts is not supported yet"))
    if problems:
        raise RenderError(
            "remote bases are off",
            problems=tuple(problems),
            hint="copy them into the repository, or set allow_remote_bases: true in your own settings",
        )


def _overlay(block: Mapping[str, Any], path: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: block[name] for name in ("namePrefix", "nameSuffix", "namespace", "patches") if block.get(name)
    }
    if annotations := block.get("commonAnnotations"):
        made["commonAnnotations"] = annotations
    if labels := block.get("commonLabels"):
        made["labels"] = [{"pairs": labels, "includeSelectors": not block.get("labelWithoutSelector")}]
    if components := block.get("components"):
        made["components"] = [f"../{path}/{each}" if path else f"../{each}" for each in components]
    if images := block.get("images"):
        made["images"] = [_image(str(each)) for each in images]
    if replicas := block.get("replicas"):
        made["replicas"] = [{"name": each.get("name"), "count": int(each.get("count", 0))} for each in replicas]
    if made:
        made["resources"] = [f"../{path}" if path else ".."]
    return made


def _image(text: str) -> dict[str, str]:
    """Argo CD's `[old=]new[:tag|@digest]`."""
    old, _, new = text.rpartition("=") if "=" in text else ("", "", text)
    if "@" in new:
        name, _, digest = new.partition("@")
        made = {"newName": name, "digest": digest}
    else:
        head, _, tail = new.rpartition(":")
        name, tag = (head, tail) if head and "/" not in tail else (new, "")
        made = {"newName": name} | ({"newTag": tag} if tag else {})
    return {"name": old or made["newName"], **made}
