"""The build environment of Argo CD: what `$ARGOCD_APP_NAME` and the like stand for in some of a source's fields.

As docs/user-guide/build-environment.md and reposerver/repository/repository.go (newEnv), with Go's `os.Expand`: `$NAME` and
`${NAME}`, `$$` is a dollar sign, an unknown name is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_tui.model.application import Source
from gitops_tui.model.revision import Commit

_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*)|(\$))")
_BY_REVISION = ("ARGOCD_APP_REVISION", "ARGOCD_APP_SOURCE_REPO_URL")


def build_environment(
    source: Source, commit: Commit, app_name: str, namespace: str, project: str = "default"
) -> dict[str, str]:
    """The variables of an application's source at a commit."""
    return {
        "ARGOCD_APP_NAME": app_name,
        "ARGOCD_APP_NAMESPACE": namespace,
        "ARGOCD_APP_PROJECT_NAME": project,
        "ARGOCD_APP_REVISION": commit.sha,
        "ARGOCD_APP_REVISION_SHORT": commit.sha[:7],
        "ARGOCD_APP_REVISION_SHORT_8": commit.sha[:8],
        "ARGOCD_APP_SOURCE_REPO_URL": source.repo_url,
        "ARGOCD_APP_SOURCE_PATH": source.path,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": source.target_revision,
    }


def substitute(text: str, env: Mapping[str, str]) -> str:
    """Go's os.Expand over `env`."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(lambda found: "$" if found[3] else env.get(found[1] or found[2] or "", ""), text)


def names_revision(source: Source) -> bool:
    """Whether the rendered objects follow from the commit itself, and not only from what it holds."""
    jsonnet = source.directory.jsonnet if source.directory is not None else None
    return any(_mentions(block) for block in (source.helm, source.kustomize, source.plugin, jsonnet))


def _mentions(value: Any) -> bool:
    if isinstance(value, str):
        return any(name in value for name in _BY_REVISION)
    if isinstance(value, Mapping):
        return any(_mentions(each) for each in value.values())
    return isinstance(value, list) and any(_mentions(each) for each in value)
