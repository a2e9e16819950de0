"""Where applications come from: Argo CD `Application` files, or one for each folder that matches a pattern.

`read_applications` reads files; `applications_for_folders` makes them. Both give applications whose cluster is already
settled by `resolve_cluster`: a destination that names a cluster which the kubeconfig doesn't know is an error on that
application, never another cluster. One broken file never stops the others: problems come back beside the applications.
What a document says is read by `applicationspec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gitops_tui.errors import ApplicationError, GitOpsError
from gitops_tui.model.application import (
    Application,
)
from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.reconcile.applicationspec import ResolveCluster, parse_application
from gitops_tui.records import dataclass

MEND_YAML = "mend the YAML"
_MAX_FILE = 5_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """What was read: the applications, the ApplicationSets and AppProjects (where each stands, its document), and a problem
    for each that could not be read."""

    applications: tuple[Application, ...]
    problems: tuple[GitOpsError, ...] = ()
    sets: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    projects: tuple[tuple[str, Mapping[str, Any]], ...] = ()


def read_applications(path: Path, resolve_cluster: ResolveCluster) -> Declared:
    """The applications in a file, or in all .yaml, .yml and .json files below a folder (hidden ones left out).

    Other kinds in the files are passed over. Raises ApplicationError where there is none.
    """
    if not path.exists():
        raise ApplicationError(f"there is no file or folder {path}", hint="give -f a file or folder of Applications")
    files = yaml_files(path)
    applications: list[Application] = []
    problems: list[GitOpsError] = []
    sets: list[tuple[str, Mapping[str, Any]]] = []
    projects: list[tuple[str, Mapping[str, Any]]] = []
    seen: dict[AppKey, str] = {}
    for file in files:
        for where, document in _documents(file, problems):
            kind = document.get("kind")
            if not str(document.get("apiVersion", "")).startswith("argoproj.io/"):
                continue
            if kind == "ApplicationSet":
                sets.append((where, document))
            if kind == "AppProject":
                projects.append((where, document))
            if kind != "Application":
                continue
            try:
                application = parse_application(document, where, resolve_cluster)
            except GitOpsError as error:
                problems.append(error)
                continue
            if application.key in seen:
                problems.append(
                    ApplicationError(
                        f"{where}: a second Application {application.key}; the first is in {seen[application.key]}",
                        hint="rename one of them",
                    )
                )
                continue
            seen[application.key] = where
            applications.append(application)
    if not applications and not problems and not sets and not projects:
        raise ApplicationError(
            f"no Application in {path}",
            hint="it must hold objects of apiVersion argoproj.io/v1alpha1 and kind Application or ApplicationSet; "
            "for plain folders of manifests use --repo and --path",
        )
    return Declared(tuple(applications), tuple(problems), tuple(sets), tuple(projects))


def yaml_files(path: Path) -> list[Path]:
    """The file itself, or what is read of a folder."""
    if not path.is_dir():
        return [path]
    return sorted(
        each
        for each in path.rglob("*")
        if each.suffix in (".yaml", ".yml", ".json")
        and each.is_file()
        and not any(part.startswith(".") for part in each.relative_to(path).parts)
    )


def _documents(file: Path, problems: list[GitOpsError]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    import yaml

    try:
        if file.stat().st_size > _MAX_FILE:
            raise ApplicationError(f"{file} is larger than {_MAX_FILE} bytes")
        text = file.read_text(encoding="utf-8")
        if "*" in text and re.search(r"(?m)[:\-\[,]\s*&\w", text) and len(re.findall(r"[:\-\[,]\s*\*\w", text)) > 200:
            raise ApplicationError(f"{file}: too many YAML aliases")
        documents = list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except ApplicationError as error:
        problems.append(error)
        return
    except (OSError, UnicodeDecodeError) as error:
        problems.append(ApplicationError(f"{file} can't be read: {error}"))
        return
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark is not None else str(file)
        line = ""
        if mark is not None and mark.line < len(lines := text.splitlines()):
            line = f"\n    {printable(lines[mark.line].strip()[:200])}"
        what = getattr(error, "problem", None) or type(error).__name__
        problems.append(ApplicationError(f"{place}: {printable(str(what))}{line}", hint=MEND_YAML))
        return
    for number, document in enumerate(documents, 1):
        where = str(file) if len(documents) == 1 else f"{file} (document {number})"
        if isinstance(document, Mapping):
            items = document.get("items") if str(document.get("kind", "")).endswith("List") else None
            if isinstance(items, list):
                yield from ((where, item) for item in items if isinstance(item, Mapping))
            else:
                yield where, document
