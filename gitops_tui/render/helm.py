"""Helm charts: by Helm's library in a process of ours where the extra `helm` is installed, else by the program `helm`.

Both give the same bytes. What the library can't surely do like the program (`helmtemplate.Unsure`) the program does.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from gitops_tui.render.chartscan import scan
from gitops_tui.render.copies import private_folder
from gitops_tui.render.environment import substitute
from gitops_tui.render.helmlibrary import library_version
from gitops_tui.render.helmtemplate import Refused, Request, Unsure, template
from gitops_tui.render.helmwords import problems as problems_of
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.render.random import marked, may_be_random, unstable
from gitops_tui.render.tools import run_tool
from gitops_tui.render.valuefiles import OWN, References, listed, parameter_files, value_files
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
    env: Mapping[str, str],
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
    if not (settings.helm_in_process and library_version()) and shutil.which("helm") is None:
        raise ToolMissing(
            f"{printable(path) or '.'} is a Helm chart, and helm is not there",
            hint="install the extra (pip install 'gitops-tui[helm]'), or install helm and put it on PATH",
        )
    block = source.helm or {}
    warnings = [
        f"spec.source.helm.{printable(str(name))} is not supported yet and has no effect"
        for name in block
        if name not in _SUPPORTED
    ]
    if str(block.get("version") or "v3") not in ("v3", "3", "v4", "4"):
        warnings.append(f"spec.source.helm.version {printable(str(block['version']))[:20]} has no effect")
    with private_folder() as temporary:
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
        request = _request(block, roots, path, env, app_name, namespace, kube_version, api_versions, settings)
        words = {root: "", **{roots[ref]: f"${ref}/" for ref in references}, home / "values.yaml": _INLINE}
        try:
            out, again = _twice(request, home, settings, warnings)
        except Refused as refused:
            err = str(refused)
            raise RenderError(
                f"helm can't render {printable(path) or '.'} at {commit.short}",
                problems=problems_of(err, path, words),
                hint="its dependencies must lie in the chart's charts folder (helm dependency build)"
                if "helm dependency build" in err
                else "",
            ) from None
    documents, problem = load(out, "")
    problems = [problem] if problem else []
    found: list[Manifest] = []
    sources = _sources(out, path)
    for number, line_number, document in documents:
        origin = Origin(printable(sources(line_number)), number, 0, commit.sha)
        found += manifests_of(document, origin, problems)
    if again != out:
        others = [each for _, _, each in load(again, "")[0]]
        warnings += unstable([each for _, _, each in documents], others)
        found = marked(found, [one for each in others for one in manifests_of(each, Origin(path), [])])
    if problems:
        raise RenderError(f"what helm rendered from {printable(path) or '.'} is broken", problems=tuple(problems))
    return found, warnings


def _request(
    block: Mapping[str, Any],
    roots: Mapping[str, Path],
    path: str,
    env: Mapping[str, str],
    app_name: str,
    namespace: str,
    kube_version: str,
    api_versions: Sequence[str],
    settings: Settings,
) -> Request:
    """Raises RenderError for what the block can't mean."""
    # With both, Argo CD takes valuesObject alone.
    values = block.get("valuesObject") or block.get("values") or ""
    if not isinstance(values, str | Mapping):
        raise RenderError("spec.source.helm.values must be text, valuesObject a mapping")
    sets = []
    for parameter in listed(block, "parameters"):
        if not isinstance(parameter, Mapping) or not isinstance(parameter.get("name"), str):
            raise RenderError("each of spec.source.helm.parameters must have a name and a value")
        value = _escaped(substitute(_text(parameter.get("value", "")), env))
        sets.append((bool(parameter.get("forceString")), f"{parameter['name']}={value}"))
    files = parameter_files(block, path, roots, env)
    return Request(
        chart=roots[OWN] / path,
        release=_release(str(block.get("releaseName") or app_name)),
        namespace=str(block.get("namespace") or namespace or "default"),
        kube_version=_kube_version(str(block.get("kubeVersion") or kube_version)),
        api_versions=tuple(str(each) for each in listed(block, "apiVersions") or api_versions),
        skip_crds=bool(block.get("skipCrds")),
        skip_tests=bool(block.get("skipTests")),
        skip_schema_validation=bool(block.get("skipSchemaValidation")),
        value_files=value_files(block, path, roots, env),
        values=values if isinstance(values, str) else dump(values),
        sets=tuple(sets),
        files=files,
        timeout=settings.render_timeout,
        memory=settings.render_memory,
    )


def _twice(request: Request, home: Path, settings: Settings, warnings: list[str]) -> tuple[bytes, bytes]:
    """What the chart renders to, and what it renders to a second time where that may be something else. Raises Refused,
    RenderError, ToolMissing."""
    seen = scan(request.chart)
    again = may_be_random(request, seen)

    def by_library() -> bytes:
        return template(request, seen, home / "values.yaml")

    if settings.helm_in_process and library_version():
        try:
            out = by_library()
            if again and seen.clock:
                _next_second()
            return out, by_library() if again else out
        except Unsure as unsure:
            if shutil.which("helm") is None:
                raise ToolMissing(
                    f"this chart needs the program helm: {unsure}", hint="install helm and put it on PATH"
                ) from None
            warnings.append(f"rendered by the program helm, not in process: {unsure}")
    if not again:
        out = by_program(request, home)
        return out, out
    second = home / "again"
    second.mkdir()
    with ThreadPoolExecutor(1, "helm") as pool:
        other = pool.submit(_later, request, second) if seen.clock else pool.submit(by_program, request, second)
        return by_program(request, home), other.result()


def _next_second() -> None:
    """The time in whole seconds differs from here on."""
    time.sleep(1.01 - time.time() % 1.0)


def _later(request: Request, home: Path) -> bytes:
    _next_second()
    return by_program(request, home)


def by_program(request: Request, home: Path) -> bytes:
    """What `helm template` prints. home: a folder for it alone. Raises Refused, RenderError, ToolMissing."""
    program = shutil.which("helm")
    if program is None:
        raise ToolMissing("helm is not there", hint="install helm and put it on PATH")
    line = [program, "template", request.release, ".", "--namespace", request.namespace]
    options: tuple[tuple[bool, str], ...] = (
        (not request.skip_crds, "--include-crds"),
        (request.skip_tests, "--skip-tests"),
        (request.skip_schema_validation, "--skip-schema-validation"),
    )
    line += [word for there, word in options if there]
    if request.kube_version:
        line += ["--kube-version", request.kube_version]
    for api in request.api_versions:
        line += ["--api-versions", api]
    for file in request.value_files:
        line += ["--values", str(file)]
    if request.values:
        inline = home / "values.yaml"
        inline.write_text(request.values, encoding="utf-8")
        line += ["--values", str(inline)]
    for as_text, expression in request.sets:
        line += ["--set-string" if as_text else "--set", expression]
    for name, file in request.files:
        line += ["--set-file", f"{name}={file}"]
    code, out, err = run_tool(line, request.chart, home, request.timeout, memory=request.memory)
    if code != 0:
        raise Refused(err.replace(str(home / "values.yaml"), _INLINE))
    return out


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
