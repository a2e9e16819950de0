"""Charts made on the spot, and rendering them."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import Rendered, render
from gitops_tui.render.valuefiles import Reference
from gitops_tui.settings import Settings

helm = pytest.mark.skipif(not shutil.which("helm"), reason="needs the program helm")

CHART = "apiVersion: v2\nname: web\nversion: 1.2.3\n"
SHOWN = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n"
    "data: {said: {{ .Values.said | quote }}, file: {{ .Values.file | quote }}, kube: {{ .Capabilities.KubeVersion.Version }},\n"
    '  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}}\n'
)


def rendered(folder: Path, *, path: str = "a", refs: dict[str, Path] | None = None, settings: Settings | None = None,
             kube_version: str = "", app: str = "app", namespace: str = "d", **helm_block) -> Rendered:  # fmt: skip
    """A chart at HEAD; refs: other repositories by name."""
    settings = settings or Settings()
    with ExitStack() as stack:

        def opened(place: Path):
            repository = open_repository(str(place), settings=settings)
            stack.callback(repository.close)
            return repository

        repository = opened(folder)
        references = {name: (opened(place)) for name, place in (refs or {}).items()}
        return render(
            repository,
            repository.resolve("HEAD"),
            Source("https://example.com/x", path=path, helm=helm_block),
            app_name=app,
            namespace=namespace,
            settings=settings,
            kube_version=kube_version,
            references={name: Reference(each, each.resolve("HEAD")) for name, each in references.items()},
        )


def data(found: Rendered) -> dict[str, str]:
    return found.manifests[0].obj["data"]
