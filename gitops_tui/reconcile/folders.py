"""An application for each folder of a repository that matches a pattern, and what it is called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from gitops_tui.errors import ConfigError
from gitops_tui.model.application import Application, Destination, Source, SyncPolicy
from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import redact


def application_names(folders: Sequence[str], root_name: str) -> dict[str, str]:
    """Folder -> application name: the last part of its path, and by as much more of the path as it takes, joined by
    "-", where two would be the same. The root is named after the repository."""
    parts = {
        folder: [_clean(part) for part in folder.split("/") if part not in ("", ".")] or [_clean(root_name)]
        for folder in folders
    }
    depth = dict.fromkeys(folders, 1)
    names: dict[str, str] = {}
    for _ in range(max((len(each) for each in parts.values()), default=0) + 1):
        names = {folder: "-".join(parts[folder][-depth[folder] :]) for folder in folders}
        taken: dict[str, list[str]] = {}
        for folder, name in names.items():
            taken.setdefault(name, []).append(folder)
        clashes = [folder for same in taken.values() if len(same) > 1 for folder in same]
        longer = [folder for folder in clashes if depth[folder] < len(parts[folder])]
        if not longer:
            break
        for folder in longer:
            depth[folder] += 1
    seen: set[str] = set()
    for folder in sorted(folders):
        if names[folder] in seen or len(names[folder]) > 200:
            names[folder] = f"{names[folder][:180]}-{hashlib.sha256(folder.encode()).hexdigest()[:8]}"
        seen.add(names[folder])
    return names


def _clean(part: str) -> str:
    cleaned = re.sub(r"[^a-zA-Z0-9._-]+", "-", part).strip("-._")
    return cleaned or "app-" + hashlib.sha256(part.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def no_folder(repo_url: str, revision: str, pattern: str) -> ConfigError:
    """The error of a pattern that matches nothing."""
    return ConfigError(
        f"no folder of {redact(repo_url)} at {revision} matches {pattern!r}",
        hint="--path takes a folder or a pattern such as 'apps/*' or '**/overlays/prod'",
    )


def applications_for_folders(
    folders: Sequence[str],
    *,
    repo_url: str,
    root_name: str,
    revision: str,
    pattern: str,
    cluster: str,
    namespace: str,
    sync_options: tuple[str, ...] = (),
) -> tuple[Application, ...]:
    """An application for each folder. Raises ConfigError where there is none."""
    if not folders:
        raise no_folder(repo_url, revision, pattern)
    names = application_names(folders, root_name)
    return tuple(
        Application(
            key=AppKey(cluster, "", names[folder]),
            sources=(Source(repo_url=repo_url, path=folder or ".", target_revision=revision),),
            destination=Destination(namespace=namespace),
            sync_policy=SyncPolicy(sync_options=sync_options),
        )
        for folder in sorted(folders)
    )
