"""Names of Applications: what can't be one is refused, by its own words."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.errors import ApplicationError
from gitops_tui.reconcile.applicationspec import parse_application


def named(name: Any) -> dict[str, Any]:
    spec = {"source": {"repoURL": "https://git.example/shop.git", "path": "."}, "destination": {"name": "in-cluster"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": spec,
    }


@pytest.mark.parametrize("name", ["shop", "shop.eu-1", "0"])
def test_names(name: str) -> None:
    assert parse_application(named(name), "apps.yaml", lambda *_: "").name == name


@pytest.mark.parametrize("name", ["shop\n", "shop\x1b[2J", "-shop", "shop/eu", "s" * 300, "shop "])
def test_what_is_no_name_is_refused_and_shown_as_data(name: str) -> None:
    with pytest.raises(ApplicationError, match=r"apps\.yaml: .* is not a valid name") as error:
        parse_application(named(name), "apps.yaml", lambda *_: "")
    assert "\x1b" not in str(error.value) and "\n" not in str(error.value)
