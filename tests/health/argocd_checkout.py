"""A checkout of argoproj/argo-cd that `GITOPS_TUI_ARGOCD` names, and its YAML as the API would give it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(os.environ.get("GITOPS_TUI_ARGOCD") or "/nowhere")
needs_checkout = pytest.mark.skipif(
    not (CHECKOUT / "resource_customizations").is_dir(),
    reason="GITOPS_TUI_ARGOCD names no checkout of argoproj/argo-cd",
)


class Loader(yaml.SafeLoader):
    """Times stay texts, as in the API's JSON."""


Loader.yaml_implicit_resolvers = {
    first: [each for each in found if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def first_document(path: Path) -> dict[str, Any]:
    found = next(yaml.load_all(path.read_text(encoding="utf-8"), Loader))
    assert isinstance(found, dict)
    return found
