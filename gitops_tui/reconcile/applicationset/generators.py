"""The generators: list, git, clusters, matrix and merge -> sets of parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gitops_tui.errors import ApplicationError, GitOpsError
from gitops_tui.git import Repository
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.applicationset.params import (
    Filler,
    Params,
    flatten,
    glob,
    matches_labels,
    path_params,
    selected,
)
from gitops_tui.records import dataclass, field
from gitops_tui.render.gotemplate import TemplateError
from gitops_tui.render.gotemplate.lists import merged
from gitops_tui.render.gotemplate.texts import from_yaml, sanitize_name
from gitops_tui.render.gotemplate.values import as_json
from gitops_tui.render.loader import load

SUPPORTED = ("list", "git", "clusters", "matrix", "merge")
IN_ARGOCD = ("scmProvider", "pullRequest", "clusterDecisionResource", "plugin")
MOST_PARAMS = 10_000
_MOST_FILE = 5_000_000


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """A cluster that the clusters generator knows: a context of the kubeconfig. labels: from the user's settings."""

    name: str
    server: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What generators look at. open: the repository of a URL."""

    open: Callable[[str], Repository]
    clusters: Sequence[ClusterEntry] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Sets of parameters, and the generator's own template ({} for none)."""

    params: list[Params]
    template: Mapping[str, Any]


def run(block: Any, filler: Filler, world: World, given: Params | None = None, depth: int = 0) -> Result:
    """One generator's parameters. given: those of a matrix's first generator. Raises GitOpsError."""
    if not isinstance(block, Mapping):
        raise ApplicationError("a generator must be a mapping")
    names = [name for name in block if name != "selector"]
    if len(names) != 1:
        raise ApplicationError(f"a generator must have one of {', '.join(SUPPORTED)}, not {len(names)} of them")
    name = str(names[0])
    if name not in SUPPORTED:
        known = "is not supported" if name in IN_ARGOCD else "is no generator"
        raise ApplicationError(f"the generator {printable(name)} {known}", hint=f"supported are {', '.join(SUPPORTED)}")
    if depth > 2:
        raise ApplicationError("generators nested deeper than matrix or merge in matrix or merge")
    own = block[name]
    if not isinstance(own, Mapping):
        raise ApplicationError(f"{name} must be a mapping")
    if given:
        own = filler.generator(own, given)
    template = own.get("template") or {}
    if not isinstance(template, Mapping):
        raise ApplicationError(f"{name}.template must be a mapping")
    try:
        found = _GENERATORS[name](own, filler, world, depth)
    except ApplicationError as error:
        said = error.message if error.message.startswith(("matrix", "merge", name)) else f"{name}: {error.message}"
        raise ApplicationError(said, hint=error.hint) from None
    if len(found) > MOST_PARAMS:
        raise ApplicationError(f"{name}: more than {MOST_PARAMS} sets of parameters")
    return Result([each for each in found if selected(block.get("selector"), each)], template)


def _list(block: Mapping[str, Any], filler: Filler, world: World, depth: int) -> list[Params]:
    del world, depth
    made: list[Params] = []
    for at, element in enumerate(_sequence(block, "elements")):
        if not isinstance(element, Mapping):
            raise ApplicationError(f"elements[{at}] must be a mapping")
        if filler.go:
            made.append(dict(as_json(element)))
            continue
        params: Params = {}
        for key, value in element.items():
            if key == "values":
                if not isinstance(value, Mapping):
                    raise ApplicationError(f"elements[{at}].values must be a mapping")
                for name, each in value.items():
                    params[f"values.{name}"] = _text(each, f"elements[{at}].values.{name}")
            else:
                params[str(key)] = _text(value, f"elements[{at}].{key}")
        made.append(params)
    if text := block.get("elementsYaml"):
        if not isinstance(text, str):
            raise ApplicationError("elementsYaml must be text")
        try:
            found = from_yaml(text, list)
        except TemplateError as error:
            raise ApplicationError(f"elementsYaml can't be read: {error}") from None
        if not all(isinstance(each, dict) for each in found):
            raise ApplicationError("elementsYaml must be a list of mappings")
        made += found
    return made


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ApplicationError(
            f"{printable(where)} must be text: put {printable(str(value))[:40]!r} in quotes, or use goTemplate: true"
        )
    return value


def _git(block: Mapping[str, Any], filler: Filler, world: World, depth: int) -> list[Params]:
    del depth
    url = block.get("repoURL")
    if not isinstance(url, str) or not url:
        raise ApplicationError("repoURL is missing")
    if block.get("directories"):
        kind = "directories"
    elif block.get("files"):
        kind = "files"
    else:
        raise ApplicationError("neither directories nor files are given")
    patterns: list[tuple[str, bool]] = []
    for at, each in enumerate(_sequence(block, kind)):
        if not isinstance(each, Mapping) or not isinstance(each.get("path"), str):
            raise ApplicationError(f"{kind}[{at}].path is missing")
        patterns.append((each["path"], each.get("exclude") is True))
    prefix = str(block.get("pathParamPrefix") or "")
    revision = str(block.get("revision") or "HEAD")
    try:
        repository = world.open(url)
        commit = repository.resolve(revision)
        find = _directories if kind == "directories" else _files
        found = find(repository, commit.sha, patterns, prefix, filler)
    except ApplicationError:
        raise
    except GitOpsError as error:
        raise ApplicationError(f"{printable(redact(url))}: {error.message}", hint=error.hint) from error
    for params in found:
        filler.add_values(block.get("values"), params)
    return found


def _directories(
    repository: Repository, sha: str, patterns: Sequence[tuple[str, bool]], prefix: str, filler: Filler
) -> list[Params]:
    compiled = [(glob(path.rstrip("/"), across=False), exclude) for path, exclude in patterns]
    found = []
    for folder in repository.all_folders(sha):
        if any(part.startswith(".") for part in folder.split("/")):
            continue
        hits = [exclude for expression, exclude in compiled if expression.fullmatch(folder)]
        if hits and not any(hits):
            found.append(path_params(folder, "", prefix, go=filler.go))
    return found


def _files(
    repository: Repository, sha: str, patterns: Sequence[tuple[str, bool]], prefix: str, filler: Filler
) -> list[Params]:
    # As a pathspec: a folder's name takes all that is in it.
    compiled = [(glob(path, across=True), path.rstrip("/") + "/", exclude) for path, exclude in patterns]
    entries = []
    for entry in repository.list_tree(sha, "", recursive=True):
        if entry.type != "blob" or entry.is_symlink:
            continue
        hits = [
            exclude
            for expression, folder, exclude in compiled
            if expression.fullmatch(entry.path) or entry.path.startswith(folder)
        ]
        if hits and not any(hits):
            entries.append(entry)
    entries.sort(key=lambda entry: entry.path)
    if len(entries) > MOST_PARAMS:
        raise ApplicationError(f"more than {MOST_PARAMS} files match")
    made: list[Params] = []
    for entry, content in zip(entries, repository.read_many([each.sha for each in entries]), strict=True):
        shown = printable(entry.path)
        if len(content) > _MOST_FILE:
            raise ApplicationError(f"the file {shown} is larger than {_MOST_FILE} bytes")
        documents, problem = load(content, shown)
        if problem is not None:
            raise ApplicationError(f"a file can't be read: {problem}")
        value = documents[0][2] if documents else {}
        objects = value if isinstance(value, list) else [value if value is not None else {}]
        folder, _, name = entry.path.rpartition("/")
        for each in objects:
            if not isinstance(each, dict):
                raise ApplicationError(f"the file {shown} must hold a mapping or a list of mappings")
            facts = path_params(folder or ".", name, prefix, go=filler.go)
            own = as_json(each)
            made.append({**(own if filler.go else flatten(own)), **facts})
    return made


def _clusters(block: Mapping[str, Any], filler: Filler, world: World, depth: int) -> list[Params]:
    del depth
    selector = block.get("selector")
    made: list[Params] = []
    for each in world.clusters:
        labels = {"argocd.argoproj.io/secret-type": "cluster", **each.labels}
        if selector and not matches_labels(selector, labels):
            continue
        params: Params = {
            "name": each.name,
            "nameNormalized": sanitize_name(each.name),
            "server": each.server,
            "project": "",
        }
        if filler.go:
            params["metadata"] = {"labels": labels}
        else:
            params |= {f"metadata.labels.{key}": value for key, value in labels.items()}
        filler.add_values(block.get("values"), params)
        made.append(params)
    if selector and not made and not any(each.labels for each in world.clusters):
        raise ApplicationError(
            "its selector matches no cluster: contexts of a kubeconfig have no labels of their own",
            hint="give them labels by the setting cluster_labels",
        )
    return [{"clusters": made}] if block.get("flatList") is True else made


def _children(block: Mapping[str, Any]) -> list[Any]:
    found = _sequence(block, "generators")
    if len(found) < 2:
        raise ApplicationError("it needs two generators")
    return found


def _matrix(block: Mapping[str, Any], filler: Filler, world: World, depth: int) -> list[Params]:
    children = _children(block)
    if len(children) > 2:
        raise ApplicationError("it takes two generators, not more")
    made: list[Params] = []
    for first in run(children[0], filler, world, None, depth + 1).params:
        for second in run(children[1], filler, world, first, depth + 1).params:
            if filler.go:
                made.append(merged(merged({}, second, over=True), first, over=True))
            else:
                made.append(_combined(first, second))
            if len(made) > MOST_PARAMS:
                raise ApplicationError(f"more than {MOST_PARAMS} sets of parameters")
    return made


def _combined(first: Params, second: Params) -> Params:
    a, b = flatten_top(first), flatten_top(second)
    for key, value in b.items():
        if a.get(key, value) != value:
            raise ApplicationError(
                f"both generators have the parameter {printable(key)} with different values, "
                f"{printable(a[key])[:60]!r} and {printable(value)[:60]!r}",
                hint="give one of them a pathParamPrefix, or use goTemplate: true",
            )
    return {**a, **b}


def flatten_top(params: Params) -> dict[str, str]:
    """Each value as text (utils.ConvertToMapStringString)."""
    from gitops_tui.render.gotemplate.values import inner

    return {key: inner(value) for key, value in params.items()}


def _merge(block: Mapping[str, Any], filler: Filler, world: World, depth: int) -> list[Params]:
    children = _children(block)
    keys = [str(each) for each in _sequence(block, "mergeKeys")]
    if not keys:
        raise ApplicationError("mergeKeys is missing")

    def by_key(number: int) -> dict[str, Params]:
        made: dict[str, Params] = {}
        for params in run(children[number], filler, world, None, depth + 1).params:
            key = json.dumps({name: params.get(name) for name in sorted(set(keys))}, default=str, sort_keys=True)
            if key in made:
                raise ApplicationError(f"generators[{number}] has the merge keys {printable(key)[:120]} twice")
            made[key] = params
        return made

    base = by_key(0)
    for number in range(1, len(children)):
        for key, over in by_key(number).items():
            if key in base:
                base[key] = merged(dict(base[key]), over, over=True) if filler.go else {**base[key], **over}
    return list(base.values())


def _sequence(block: Mapping[str, Any], name: str) -> list[Any]:
    value = block.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ApplicationError(f"{name} must be a list")
    return value


_GENERATORS: dict[str, Callable[[Mapping[str, Any], Filler, World, int], list[Params]]] = {
    "list": _list,
    "git": _git,
    "clusters": _clusters,
    "matrix": _matrix,
    "merge": _merge,
}
