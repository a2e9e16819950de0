"""Helm charts in the repository, by the program `helm template`. Dependencies must lie in the chart."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.git.paths import clean_path
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.tools import run_tool
from gitops_tui.render.yamltext import dump
from gitops_tui.settings import Settings

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUPPORTED = {
    "releaseName",
    "valueFiles",
    "values",
    "valuesObject",
    "parameters",
    "skipCrds",
    "skipTests",
    "ignoreMissingValueFiles",
    "namespace",
    "kubeVersion",
    "apiVersions",
    "skipSchemaValidation",
}


def render(
    repository: Repository,
    commit: Commit,
    source: Source,
    path: str,
    *,
    app_name: str,
    namespace: str,
    settings: Settings,
    kube_version: str,
    api_versions: Sequence[str],
    inputs: Sequence[str] = ("",),
) -> tuple[list[Manifest], list[str]]:
    """What `helm template` gives; `inputs` are the paths that it may read. Raises RenderError, ToolMissing, UnsafePath."""
    program = shutil.which("helm")
    if program is None:
        raise ToolMissing(
            f"{printable(path) or '.'} is a Helm chart, and helm is not there",
            hint="install helm and put it on PATH",
        )
    block = source.helm or {}
    warnings = [
        f"spec.source.helm.{printable(str(name))} is not supported yet and has no effect"
        for name in block
        if name not in _SUPPORTED
    ]
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
        home = Path(temporary)
        root = home / "repository"
        root.mkdir()
        repository.export_paths(commit.sha, inputs, root)
        line = [program, "template", _release(str(block.get("releaseName") or app_name)), ".", "--namespace"]
        line.append(str(block.get("namespace") or namespace or "default"))
        if not block.get("skipCrds"):
            line.append("--include-crds")
        if block.get("skipTests"):
            line.append("--skip-tests")
        if block.get("skipSchemaValidation"):
            line.append("--skip-schema-validation")
        if version := str(block.get("kubeVersion") or kube_version).lstrip("v"):
            line += ["--kube-version", version]
        for api in _list(block, "apiVersions") or api_versions:
            line += ["--api-versions", str(api)]
        line += _values(block, root, path, home)
        code, out, err = run_tool(line, root / path, home, settings.render_timeout)
    if code != 0:
        text = printable(redact(err.strip().removeprefix("Error: ").replace(str(root), "")))[:1500]
        raise RenderError(
            f"helm can't render {printable(path) or '.'} at {commit.short}",
            problems=(Problem(f"{path}/Chart.yaml" if path else "Chart.yaml", text),),
            hint="its dependencies must lie in the chart's charts folder (helm dependency build)"
            if "dependenc" in text
            else "",
        )
    documents, problem = load(out, "")
    problems = [problem] if problem else []
    found: list[Manifest] = []
    sources = _sources(out, path)
    for number, line_number, document in documents:
        origin = Origin(printable(sources(line_number)), number, 0, commit.sha)
        found += manifests_of(document, origin, problems)
    if problems:
        raise RenderError(f"what helm rendered from {printable(path) or '.'} is broken", problems=tuple(problems))
    return found, warnings


def _release(name: str) -> str:
    """A release name as helm allows it. Anything else is refused here: a name that begins with a dash would be an
    option, and helm's options run programs (`--post-renderer`) and read files (`--set-file`)."""
    if len(name) > 53 or not _NAME.fullmatch(name):
        raise RenderError(
            f"{printable(name)[:80]!r} can't be a Helm release name",
            hint="set spec.source.helm.releaseName: lower-case letters, digits, '-' and '.', at most 53",
        )
    return name


def _list(block: Any, name: str) -> list[Any]:
    value = block.get(name) or []
    if not isinstance(value, list):
        raise RenderError(f"spec.source.helm.{name} must be a list")
    return value


def _escaped(value: str) -> str:
    """As Argo CD's cleanSetParameters: `{a,b}` is Helm's list; any other comma is part of the value."""
    if value.startswith("{") and value.endswith("}"):
        return value
    return re.sub(r"(?<!\\),", r"\\,", value)


def _values(block: Any, root: Path, path: str, home: Path) -> list[str]:
    line: list[str] = []
    for name in _list(block, "valueFiles"):
        name = str(name)
        if "://" in name or name.startswith("$"):
            raise RenderError(f"the value file {printable(redact(name))} is not in this source; not supported yet")
        inside = name.lstrip("/") if name.startswith("/") else f"{path}/{name}"
        place = (root / inside).resolve()
        if not place.is_relative_to(root.resolve()):
            clean_path(inside)
            raise RenderError(f"the value file {printable(name)} is outside of the repository")
        if not place.is_file():
            if block.get("ignoreMissingValueFiles"):
                continue
            raise RenderError(f"the value file {printable(inside)} does not exist")
        # helm splits the option at commas, and what follows one could name any file of this machine.
        if any(char in str(place.relative_to(root.resolve())) for char in ',"\n\r'):
            raise RenderError(f"the value file {printable(inside)} has a name that helm can't be given")
        line += ["--values", str(place)]
    # With both, Argo CD takes valuesObject alone.
    if values := block.get("valuesObject") or block.get("values"):
        if not isinstance(values, str | Mapping):
            raise RenderError("spec.source.helm.values must be text, valuesObject a mapping")
        file = home / "values.yaml"
        file.write_text(values if isinstance(values, str) else dump(values), encoding="utf-8")
        line += ["--values", str(file)]
    for parameter in _list(block, "parameters"):
        if not isinstance(parameter, Mapping) or not isinstance(parameter.get("name"), str):
            raise RenderError("each of spec.source.helm.parameters must have a name and a value")
        flag = "--set-string" if parameter.get("forceString") else "--set"
        line += [flag, f"{parameter['name']}={_escaped(str(parameter.get('value', '')))}"]
    return line


def _sources(out: bytes, path: str) -> Any:
    """line -> the template it came from, by helm's `# Source:` comments."""
    marks = []
    for number, text in enumerate(out.decode("utf-8", "replace").split("\n"), 1):
        if found := re.match(r"# Source: [^/]+/(.+)", text):
            marks.append((number, f"{path}/{found[1]}" if path else found[1]))

    def find(line: int) -> str:
        before = [name for number, name in marks if number <= line]
        return before[-1] if before else path

    return find
