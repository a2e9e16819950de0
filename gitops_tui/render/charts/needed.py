"""What a chart in Git depends on and does not hold: found, fetched through the chart mirrors, put into the private copy.

This is `helm dependency build` without its network and without a change in anybody's checkout: versions come from
`Chart.lock` where that fits, else from the range; `file://` charts are copied from the same repository.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops_tui.errors import GitOpsError, Problem, RenderError
from gitops_tui.git import Repository
from gitops_tui.git.semver import newest
from gitops_tui.model.application import Source
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass
from gitops_tui.render.loader import load

OpenChart = Callable[[str], Repository]
_MOST = 100


@dataclass(frozen=True, slots=True)
class Needed:
    """One dependency that is to be put into `charts/`. folder: of a `file://` one, from the repository's root. repository,
    commit: of a fetched one."""

    name: str
    folder: str = ""
    repository: Repository | None = None
    commit: Commit | None = None

    @property
    def key(self) -> list[str]:
        """What it holds, for cache keys."""
        if self.repository is None or self.commit is None:
            return [self.name, self.folder]
        return [self.name, self.repository.tree_sha(self.commit.sha, "")]


def needed(repository: Repository, commit: Commit, path: str, open_chart: OpenChart | None) -> list[Needed]:
    """Raises RenderError naming the dependency that can't be had. open_chart: None where nothing may be fetched."""
    listed, place = _declared(repository, commit, path)
    if not listed:
        return []
    there = _held(repository, commit, path)
    locked = _locked(repository, commit, path)
    found: list[Needed] = []
    for each in listed[:_MOST]:
        name, where = str(each.get("name", "")), str(each.get("repository") or "")
        if not name or not where or any(one == name or one.startswith(f"{name}-") for one in there):
            continue  # helm itself says what is wrong with it
        if where.startswith("file://"):
            folder = posixpath.normpath(posixpath.join(path, where.removeprefix("file://")))
            if folder.startswith(("..", "/")):
                raise _error(place, name, "is outside of the repository")
            found.append(Needed(name, folder="" if folder == "." else folder))
            continue
        if open_chart is None:
            raise _error(place, name, "is not in its charts folder", "set chart_dependencies: true to fetch it")
        if not where.startswith(("https://", "http://", "oci://")):
            raise _error(place, name, f"comes from {printable(redact(where))}, which is no address", "give its URL")
        wanted = str(each.get("version") or "")
        version = locked.get(name, "")
        if not version or not (newest(wanted or "*", [version]) or version == wanted):
            version = wanted or "*"
        try:
            mirror = open_chart(Source(where, chart=name).address)
            found.append(Needed(name, repository=mirror, commit=mirror.resolve(version)))
        except GitOpsError as error:
            raise _error(place, name, f"can't be had: {error.message}", error.hint) from error
    return found


def put(found: Sequence[Needed], root: Path, path: str) -> None:
    """Writes them into the copy's `charts/`. root: the copy of the repository. Raises RenderError."""
    charts = root / path / "charts"
    for number, each in enumerate(found):
        target = charts / each.name.rsplit("/", 1)[-1]
        target = target if not target.exists() else charts / f"{target.name}-{number}"
        if not target.resolve().is_relative_to(root.resolve()):
            raise _error(f"{path}/Chart.yaml", each.name, "is outside of the repository")
        if each.repository is not None and each.commit is not None:
            target.mkdir(parents=True)
            each.repository.export_paths(each.commit.sha, ("",), target)
            continue
        source = (root / each.folder).resolve()
        if not source.is_relative_to(root.resolve()) or not (source / "Chart.yaml").is_file():
            raise _error(f"{path}/Chart.yaml", each.name, f"is not at {printable(each.folder)}")
        if (root / path).resolve().is_relative_to(source):
            raise _error(f"{path}/Chart.yaml", each.name, "holds the chart that depends on it")
        shutil.copytree(source, target, symlinks=True)


def _error(place: str, name: str, said: str, hint: str = "") -> RenderError:
    text = f"the dependency {printable(name)} {said}"
    return RenderError("a dependency of the chart is missing", problems=(Problem(printable(place), text),), hint=hint)


def _declared(repository: Repository, commit: Commit, path: str) -> tuple[list[Mapping[str, Any]], str]:
    for name in ("Chart.yaml", "requirements.yaml"):
        place = f"{path}/{name}" if path else name
        if listed := _list(_read(repository, commit, place)):
            return listed, place
    return [], ""


def _locked(repository: Repository, commit: Commit, path: str) -> dict[str, str]:
    for name in ("Chart.lock", "requirements.lock"):
        if listed := _list(_read(repository, commit, f"{path}/{name}" if path else name)):
            return {str(each.get("name")): str(each.get("version") or "") for each in listed}
    return {}


def _list(content: Any) -> list[Mapping[str, Any]]:
    found = content.get("dependencies") if isinstance(content, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _read(repository: Repository, commit: Commit, place: str) -> Any:
    folder = place.rpartition("/")[0]
    found = next((each for each in repository.list_tree(commit.sha, folder) if each.path == place), None)
    if found is None or found.type != "blob":
        return None
    documents, _ = load(repository.read_many([found.sha])[0], place)  # helm says what is wrong with it
    return documents[0][2] if documents else None


def _held(repository: Repository, commit: Commit, path: str) -> list[str]:
    place = f"{path}/charts" if path else "charts"
    found = repository.find(commit.sha, place)
    if found is None or found[0] != "tree":
        return []
    return [each.path.rsplit("/", 1)[-1] for each in repository.list_tree(commit.sha, place)]
