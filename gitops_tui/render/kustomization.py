"""A kustomization file in a private copy of the repository: finding it, setting in it what `spec.source.kustomize`
says, and what it takes from elsewhere.

Argo CD runs `kustomize edit` in the source's own folder (util/kustomize/kustomize.go): a name prefix there replaces the
file's own, an image replaces the entry of that name, a patch's path is relative to the folder. So the copy's file is
edited; an overlay on top would give other names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gitops_tui.errors import Problem, RenderError
from gitops_tui.model.text import printable, redact
from gitops_tui.render.environment import substitute
from gitops_tui.render.loader import load
from gitops_tui.render.yamltext import dump

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
SUPPORTED = {
    "namePrefix",
    "nameSuffix",
    "images",
    "replicas",
    "commonLabels",
    "commonAnnotations",
    "labelWithoutSelector",
    "labelIncludeTemplates",
    "namespace",
    "patches",
    "components",
    "forceCommonLabels",
    "forceCommonAnnotations",
    "commonAnnotationsEnvsubst",
    "ignoreMissingComponents",
    "version",
    "kubeVersion",
    "apiVersions",
}
_EDITS = SUPPORTED - {"version", "kubeVersion", "apiVersions"}
_REMOTE = re.compile(
    r"^[a-z+]+://|^git@|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&]ref=|^git::|\.git(//|$)", re.IGNORECASE
)
_LISTS = ("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators")


def find(folder: Path) -> Path | None:
    """The folder's kustomization file."""
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def _read(file: Path, root: Path) -> dict[str, Any]:
    """Raises RenderError with the place of the mistake."""
    shown = printable(str(file.relative_to(root)))
    documents, problem = load(file.read_bytes(), shown)
    if problem is None and (len(documents) != 1 or not isinstance(documents[0][2], dict)):
        problem = Problem(shown, "must hold one mapping", 1)
    if problem is not None:
        raise RenderError(f"{shown} can't be read", problems=(problem,))
    content: dict[str, Any] = documents[0][2]
    return content


def edit(folder: Path, root: Path, block: Mapping[str, Any], env: Mapping[str, str] = MappingProxyType({})) -> None:
    """Sets what the block says in the folder's file. env: the build environment, which stands in images and labels, and in
    annotations where commonAnnotationsEnvsubst asks for that. Raises RenderError."""
    if not any(block.get(name) for name in _EDITS):
        return
    file = find(folder)
    if file is None:
        raise RenderError(f"no kustomization file in {printable(str(folder.relative_to(root)))}")
    content = dict(_read(file, root))
    for name in ("namePrefix", "nameSuffix", "namespace"):
        if block.get(name):
            content[name] = str(block[name])
    if images := _list(block, "images"):
        _by_name(content, "images", [_image(substitute(str(each), env)) for each in images])
    if replicas := _list(block, "replicas"):
        _by_name(content, "replicas", [_replica(each) for each in replicas])
    if labels := _mapping(block, "commonLabels"):
        _add_labels(content, {key: substitute(str(value), env) for key, value in labels.items()}, block)
    if annotations := _mapping(block, "commonAnnotations"):
        if block.get("commonAnnotationsEnvsubst"):
            annotations = {key: substitute(str(value), env) for key, value in annotations.items()}
        _add(content, "commonAnnotations", annotations, force=bool(block.get("forceCommonAnnotations")))
    if patches := _list(block, "patches"):
        content["patches"] = [*_list(content, "patches"), *patches]
    components = [str(each) for each in _list(block, "components")]
    if block.get("ignoreMissingComponents"):
        components = [each for each in components if _is_there(folder, root, each)]
    if components := [each for each in components if each not in _list(content, "components")]:
        content["components"] = [*_list(content, "components"), *components]
    if file.is_symlink():
        file.unlink()  # what it leads to may be another folder's file
    file.write_text(dump(content), encoding="utf-8")


def _is_there(folder: Path, root: Path, name: str) -> bool:
    try:
        place = (folder / name).resolve()
        return place.is_relative_to(root.resolve()) and place.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def has_charts(folder: Path, root: Path) -> bool:
    """Whether the folder's kustomization, or one it is built on, inflates Helm charts."""
    found = False

    def look(document: Mapping[str, Any], here: Path, shown: str, problems: list[Problem]) -> list[Path]:
        nonlocal found
        found = found or _inflates(document)
        return _visit(document, here, shown, problems)

    _walk(folder, root, look)
    return found


def _inflates(document: Mapping[str, Any]) -> bool:
    return bool(document.get("helmCharts") or document.get("helmChartInflationGenerator"))


def _list(block: Mapping[str, Any], name: str) -> list[Any]:
    value = block.get(name) or []
    if not isinstance(value, list):
        raise RenderError(f"kustomize: {name} must be a list")
    return value


def _mapping(block: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = block.get(name) or {}
    if not isinstance(value, Mapping):
        raise RenderError(f"kustomize: {name} must be a mapping")
    return value


def _by_name(content: dict[str, Any], name: str, entries: list[dict[str, Any]]) -> None:
    """Entries take the place of those of the same name, as `kustomize edit set` has it; "*" keeps what was there."""
    kept = {each["name"]: each for each in _list(content, name) if isinstance(each, Mapping) and "name" in each}
    for entry in entries:
        before = kept.get(entry["name"], {})
        kept[entry["name"]] = {
            key: before.get(key, entry["name"] if key == "newName" else "") if value == "*" else value
            for key, value in entry.items()
        }
    content[name] = list(kept.values())


def _replica(entry: Any) -> dict[str, Any]:
    try:
        return {"name": str(entry["name"]), "count": int(entry["count"])}
    except (KeyError, TypeError, ValueError):
        raise RenderError("each of spec.source.kustomize.replicas must have a name and a count") from None


def _add_labels(content: dict[str, Any], labels: Mapping[str, Any], block: Mapping[str, Any]) -> None:
    if not block.get("labelWithoutSelector"):
        _add(content, "commonLabels", labels, force=bool(block.get("forceCommonLabels")))
        return
    entry: dict[str, Any] = {"pairs": {key: str(value) for key, value in labels.items()}, "includeSelectors": False}
    if block.get("labelIncludeTemplates"):
        entry["includeTemplates"] = True
    content["labels"] = [*_list(content, "labels"), entry]


def _add(content: dict[str, Any], name: str, more: Mapping[str, Any], *, force: bool) -> None:
    before = _mapping(content, name)
    if not force and (twice := sorted(before.keys() & more.keys())):
        option = "forceCommonLabels" if name == "commonLabels" else "forceCommonAnnotations"
        raise RenderError(
            f"spec.source.kustomize.{name}: {printable(twice[0])!r} is in the kustomization file already",
            hint=f"set spec.source.kustomize.{option}: true to replace it",
        )
    content[name] = {**before, **{key: str(value) for key, value in more.items()}}


def _image(text: str) -> dict[str, str]:
    """`kustomize edit set image`: `[name=]newName[:tag|@digest]`, "*" for what stays."""
    old, _, new = text.rpartition("=") if "=" in text else ("", "", text)
    if "@" in new:
        name, _, digest = new.partition("@")
        made = {"newName": name, "digest": digest}
    else:
        head, _, tail = new.rpartition(":")
        name, tag = (head, tail) if head and "/" not in tail else (new, "")
        made = {"newName": name} | ({"newTag": tag} if tag else {})
    return {"name": old or made["newName"], **made}


def refuse_remote(folder: Path, root: Path) -> None:
    """Raises RenderError where the folder's kustomization, or one it is built on, takes something from outside the
    repository. Other kustomizations in the repository don't matter."""
    problems = _walk(folder, root, _visit)
    if problems:
        raise RenderError(
            "remote bases are off",
            problems=tuple(problems),
            hint="copy them into the repository, or set allow_remote_bases: true in your own settings",
        )


_Visit = Callable[[Mapping[str, Any], Path, str, list[Problem]], list[Path]]


def _walk(folder: Path, root: Path, visit: _Visit) -> list[Problem]:
    problems: list[Problem] = []
    root = root.resolve()
    waiting, seen = [folder.resolve()], set()
    while waiting:
        here = waiting.pop()
        if here in seen or not here.is_relative_to(root):
            continue
        seen.add(here)
        file = find(here)
        if file is None:
            continue
        shown = printable(str(file.relative_to(root)))
        documents, _ = load(file.read_bytes(), shown)  # kustomize itself says what is wrong with it
        for _, _, document in documents:
            if isinstance(document, Mapping):
                waiting += visit(document, here, shown, problems)
    return problems


def _visit(document: Mapping[str, Any], here: Path, shown: str, problems: list[Problem]) -> list[Path]:
    folders = []
    for field in _LISTS:
        items = document.get(field)
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, str) or "\n" in item or "\0" in item:
                continue
            try:
                place = (here / item).resolve()
                inside = place.is_dir()
            except (OSError, RuntimeError):
                continue  # a name that can't be one; kustomize says so
            if inside:
                folders.append(place)
            elif _REMOTE.search(item):
                said = f"{field}: {printable(redact(item))} comes from outside the repository"
                problems.append(Problem(shown, said))
    if _inflates(document):
        problems.append(Problem(shown, "helmCharts brings charts from outside the repository, and runs helm"))
    return folders
