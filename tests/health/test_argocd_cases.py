"""Argo CD's own cases, out of a checkout that `GITOPS_TUI_ARGOCD` names (its data is not kept here): the built-in kinds
exactly, the custom resources of `resource_customizations` by the share of statuses that are equal."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from gitops_tui.health import assess
from tests.health.argocd_checkout import CHECKOUT, Loader, first_document, needs_checkout

WANTED_SHARE = 0.97


@needs_checkout
def test_public_cases_of_custom_resources(capsys: pytest.CaptureFixture[str]) -> None:
    missed: list[str] = []
    seen: Counter[str] = Counter()
    for table in sorted((CHECKOUT / "resource_customizations").rglob("health_test.yaml")):
        for case in yaml.load(table.read_text(encoding="utf-8"), Loader)["tests"]:
            case = {name.lower(): value for name, value in case.items()}
            wanted = case["healthstatus"]["status"]
            found = assess(first_document(table.parent / case["inputpath"]))
            seen[wanted] += 1
            if found.status.value != wanted:
                place = table.parent.relative_to(CHECKOUT / "resource_customizations")
                missed.append(f"{place} {case['inputpath']}: {wanted}, ours {found.status.value} {found.message[:80]}")
    total = seen.total()
    share = (total - len(missed)) / total
    with capsys.disabled():
        print(f"\n{total - len(missed)} of {total} public cases of custom resources ({share:.1%}); missed:")
        for line in missed:
            print(f"  {line}")
    assert share >= WANTED_SHARE


@needs_checkout
def test_all_cases_of_gitops_engine() -> None:
    room = CHECKOUT / "gitops-engine/pkg/health"
    cases = re.findall(
        r'assertAppHealth\(t, "([^"]+)", HealthStatus(\w+)\)', (room / "health_test.go").read_text(encoding="utf-8")
    )
    assert cases
    wrong = []
    for name, wanted in cases:
        if (room / name).exists() and (found := assess(first_document(room / name))).status.value != wanted:
            wrong.append(f"{name}: {wanted}, ours {found}")
    assert not wrong
