"""A chart's value files: in its own repository, or `$name/…` in another source of the application.

As Argo CD (reposerver/repository/repository.go, getResolvedValueFiles): a path that begins with "/" is from the
repository's root, any other from the chart's folder; `*`, `?`, `[` make a pattern (`**` over folders), whose files come
in lexical order, without those that are named themselves. No path leads out of its repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gitops_tui.errors import RenderError
from gitops_tui.git import Repository
from gitops_tui.git.patterns import doublestar_matcher
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass
from gitops_tui.render.environment import substitute

OWN = ""
_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """Another source of the application, that this one names by its `ref`."""

    repository: Repository
    commit: Commit


References = Mapping[str, Reference]


@dataclass(frozen=True, slots=True)
class Place:
    """ref: the source's name ("" for the chart's own). path: from that repository's root, maybe a pattern."""

    ref: str
    path: str

    @property
    def is_pattern(self) -> bool:
        return any(char in self.path for char in "*?[")

    @property
    def watched(self) -> str:
        """The path that decides about what the place means: its own, or the folder above a pattern."""
        if not self.is_pattern:
            return self.path
        fixed: list[str] = []
        for part in self.path.split("/")[:-1]:
            if any(char in part for char in "*?["):
                break
            fixed.append(part)
        return "/".join(fixed)


def place_of(name: str, path: str, refs: Sequence[str] | Mapping[str, Any], env: Mapping[str, str]) -> Place:
    """Where a value file stands. path: the chart's folder. Raises RenderError for one that is in no source."""
    said = printable(redact(name))
    ref = OWN
    if name.startswith("$"):
        head, _, rest = name.partition("/")
        if head[1:] in refs:
            ref, name = head[1:], f"/{substitute(rest, env)}"
        elif (variable := _VARIABLE.match(name)) and variable[1] not in env:
            known = ", ".join(f"${each}" for each in refs if each)
            raise RenderError(
                f"the value file {said} is in no source of this application",
                hint=f"no source has ref: {printable(head[1:])}" + (f"; there is {printable(known)}" if known else ""),
            )
    if ref == OWN:
        name = substitute(name, env)
    if "://" in name:
        raise RenderError(
            f"the value file {said} is a URL, which is not read",
            hint="copy it into the repository, or into another source",
        )
    wanted = name.lstrip("/") if name.startswith("/") else f"{path}/{name}"
    inside = posixpath.normpath(wanted).lstrip("/") if wanted else "."
    if inside == ".." or inside.startswith("../") or "\0" in inside:
        raise RenderError(
            f"the value file {said} is outside of the repository",
            hint="name a file in the repository, or add its repository as a source with a ref",
        )
    return Place(ref, "" if inside == "." else inside)


def places(
    block: Mapping[str, Any], path: str, refs: Sequence[str] | Mapping[str, Any], env: Mapping[str, str]
) -> list[Place]:
    """What a Helm block names: value files and file parameters, without those that can't be (rendering says what is wrong
    with them)."""
    found: list[Place] = []
    for name, named in (("valueFiles", str), ("fileParameters", lambda each: _parameter(each)[1])):
        entries = block.get(name)
        for each in entries if isinstance(entries, list) else ():
            with suppress(RenderError):
                found.append(place_of(named(each), path, refs, env))
    return found


def listed(block: Mapping[str, Any], name: str) -> list[Any]:
    """A list in the block. Raises RenderError for anything else."""
    value = block.get(name) or []
    if not isinstance(value, list):
        raise RenderError(f"spec.source.helm.{name} must be a list")
    return value


def value_files(
    block: Mapping[str, Any], path: str, roots: Mapping[str, Path], env: Mapping[str, str]
) -> tuple[Path, ...]:
    """Each value file, once. roots: the folder that holds each source's files, by ref. Raises RenderError."""
    named = [str(each) for each in listed(block, "valueFiles")]
    found = [place_of(name, path, roots, env) for name in named]
    explicit = {(place.ref, place.path) for place in found if not place.is_pattern}
    chosen: dict[Path, None] = {}
    for name, place in zip(named, found, strict=True):
        root = roots[place.ref]
        if place.is_pattern:
            matched = [each for each in _matching(place, root) if (place.ref, each) not in explicit]
            if not matched and not block.get("ignoreMissingValueFiles") and not _matching(place, root):
                raise RenderError(
                    f"no value file matches {printable(name)}",
                    hint="set ignoreMissingValueFiles: true where that is all right",
                )
            files = matched
        else:
            files = [place.path]
        for each in files:
            if (file := _file(root, each, name, bool(block.get("ignoreMissingValueFiles")))) is not None:
                chosen[file] = None
    return tuple(chosen)


def parameter_files(
    block: Mapping[str, Any], path: str, roots: Mapping[str, Path], env: Mapping[str, str]
) -> tuple[tuple[str, Path], ...]:
    """(name, file) of each file parameter. Raises RenderError."""
    made: list[tuple[str, Path]] = []
    for each in listed(block, "fileParameters"):
        name, file = _parameter(each)
        place = place_of(file, path, roots, env)
        if (found := _file(roots[place.ref], place.path, file, False)) is not None:
            made.append((name, found))
    return tuple(made)


def _parameter(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(each), str) for each in ("name", "path")):
        raise RenderError("each of spec.source.helm.fileParameters must have a name and a path")
    name = str(entry["name"])
    # helm splits the option: what follows a comma or "=" could name any file of this machine.
    if any(char in name for char in ",=\n\0{}"):
        raise RenderError(f"spec.source.helm.fileParameters: {printable(name)[:80]!r} can't be a parameter's name")
    return name, str(entry["path"])


def _matching(place: Place, root: Path) -> list[str]:
    top = root / place.watched
    matches = doublestar_matcher(place.path)
    if not top.is_dir() or not top.resolve().is_relative_to(root.resolve()):
        return []
    names = (str(each.relative_to(root)) for each in top.rglob("*") if each.is_file())
    return sorted(name for name in names if matches(name))


def _file(root: Path, path: str, name: str, may_be_missing: bool) -> Path | None:
    place = (root / path).resolve()
    if not place.is_relative_to(root.resolve()):
        raise RenderError(f"the value file {printable(name)} is outside of the repository")
    if not place.is_file():
        if may_be_missing:
            return None
        raise RenderError(f"the value file {printable(path)} does not exist")
    # helm splits the option at commas, and what follows one could name any file of this machine.
    if any(char in str(place.relative_to(root.resolve())) for char in ',"\n\r'):
        raise RenderError(f"the value file {printable(path)} has a name that helm can't be given")
    return place
