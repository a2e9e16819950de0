"""Helm charts in the repository, by the program `helm template`. Dependencies must lie in the chart."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gitops_tui.errors import RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.render.charts.needed import Needed, put
from gitops_tui.render.environment import build_environment, substitute
from gitops_tui.render.helmwords import problems as problems_of
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.random import may_be_random, unstable
from gitops_tui.render.tools import run_tool
from gitops_tui.render.valuefiles import OWN, References, file_arguments, listed, value_arguments
from gitops_tui.render.yamltext import dump
from gitops_tui.settings import Settings

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KUBE_VERSION = re.compile(r"\s*v?(\d+(?:\.\d+)*)")
_INLINE = "spec.source.helm.values"
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
    "fileParameters",
    "passCredentials",
    "version",
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
    references: References = MappingProxyType({}),
    reference_inputs: Sequence[tuple[str, Sequence[str]]] = (),
    missing: Sequence[Needed] = (),
) -> tuple[list[Manifest], list[str]]:
    """What `helm template` gives; `inputs` are the paths that it may read, reference_inputs those of the other sources
    that its value files come from, missing the dependencies to add. Raises RenderError, ToolMissing, UnsafePath."""
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
    if str(block.get("version") or "v3") not in ("v3", "3", "v4", "4"):
        warnings.append(f"spec.source.helm.version {printable(str(block['version']))[:20]} has no effect")
    env = build_environment(source, commit, app_name, namespace)
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
        home = Path(temporary)
        root = home / "repository"
        root.mkdir()
        repository.export_paths(commit.sha, inputs, root)
        put(missing, root, path)
        roots = {OWN: root, **{ref: home / f"source-{at}" for at, ref in enumerate(references)}}
        for ref, paths in reference_inputs:
            roots[ref].mkdir()
            other = references[ref]
            other.repository.export_paths(other.commit.sha, paths, roots[ref])
        line = [program, "template", _release(str(block.get("releaseName") or app_name)), ".", "--namespace"]
        line.append(str(block.get("namespace") or namespace or "default"))
        if not block.get("skipCrds"):
            line.append("--include-crds")
        if block.get("skipTests"):
            line.append("--skip-tests")
        if block.get("skipSchemaValidation"):
            line.append("--skip-schema-validation")
        if version := _kube_version(str(block.get("kubeVersion") or kube_version)):
            line += ["--kube-version", version]
        for api in listed(block, "apiVersions") or api_versions:
            line += ["--api-versions", str(api)]
        line += _values(block, roots, path, home, env)
        code, out, err = run_tool(line, root / path, home, settings.render_timeout)
        if code == 0 and may_be_random(root / path):
            again = run_tool(line, root / path, home, settings.render_timeout)[1]
            if again != out:
                warnings += unstable(*([each for _, _, each in load(text, "")[0]] for text in (out, again)))
    if code != 0:
        words = {root: "", **{roots[ref]: f"${ref}/" for ref in references}, home / "values.yaml": _INLINE}
        raise RenderError(
            f"helm can't render {printable(path) or '.'} at {commit.short}",
            problems=problems_of(err, path, words),
            hint="its dependencies must lie in the chart's charts folder (helm dependency build)"
            if "helm dependency build" in err
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


def _kube_version(version: str) -> str:
    """The numbers alone, as Argo CD gives it to helm: some helms refuse what a provider appends (`v1.31.2-eks-7f9249a`)."""
    if not version:
        return ""
    found = _KUBE_VERSION.match(version)
    if found is None:
        raise RenderError(f"{printable(version)[:80]!r} is no Kubernetes version", hint="give kubeVersion as 1.31.0")
    return found[1]


def _escaped(value: str) -> str:
    """As Argo CD's cleanSetParameters: `{a,b}` is Helm's list; any other comma is part of the value."""
    if value.startswith("{") and value.endswith("}"):
        return value
    return re.sub(r"(?<!\\),", r"\\,", value)


def _values(block: Any, roots: Mapping[str, Path], path: str, home: Path, env: Mapping[str, str]) -> list[str]:
    line = value_arguments(block, path, roots, env)
    # With both, Argo CD takes valuesObject alone.
    if values := block.get("valuesObject") or block.get("values"):
        if not isinstance(values, str | Mapping):
            raise RenderError("spec.source.helm.values must be text, valuesObject a mapping")
        file = home / "values.yaml"
        file.write_text(values if isinstance(values, str) else dump(values), encoding="utf-8")
        line += ["--values", str(file)]
    for parameter in listed(block, "parameters"):
        if not isinstance(parameter, Mapping) or not isinstance(parameter.get("name"), str):
            raise RenderError("each of spec.source.helm.parameters must have a name and a value")
        flag = "--set-string" if parameter.get("forceString") else "--set"
        line += [flag, f"{parameter['name']}={_escaped(substitute(_text(parameter.get('value', '')), env))}"]
    return line + file_arguments(block, path, roots, env)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


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
