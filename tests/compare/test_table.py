"""The table of what is equal in Kubernetes' eyes, against recorded answers and against a real API server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare import compare, confirm
from tests.compare import table, table_stored, zoo
from tests.compare.differential import bare, node_of
from tests.compare.server import Server

RECORDED: dict[str, Any] = json.loads(table.RECORD.read_text())
ALL = table.ALL + table_stored.CASES
NAMES = [case.name for case in ALL]


def verdict(case: table.Case, live: dict[str, Any]) -> Any:
    return compare(case.git, live, schema=zoo.SCHEMAS.get(case.git["kind"]))


@pytest.mark.parametrize("case", ALL, ids=NAMES)
def test_the_verdict_is_right(case: table.Case) -> None:
    drift = verdict(case, RECORDED[case.name])
    assert drift.is_drifted == case.drifted, drift
    if case.paths:
        assert tuple(each.path for each in drift.differences) == case.paths


@pytest.mark.real
@pytest.mark.parametrize("case", ALL, ids=NAMES)
def test_the_verdict_is_the_servers(case: table.Case, real_kubeconfig: Path) -> None:
    server = Server(real_kubeconfig)
    if case.first["apiVersion"] == "zoo.example/v1":
        _serve(server, case.first)
    live, dry = table.live_of(case, server)
    node = node_of(case.git)
    assert (bare(live, node) != bare(dry, node)) == case.drifted
    drift = verdict(case, live)
    assert drift.is_drifted == case.drifted
    settled = confirm(drift, live, dry, desired=case.git, schema=zoo.SCHEMAS.get(case.git["kind"]))
    assert settled.is_drifted == case.drifted


def _serve(server: Server, obj: dict[str, Any]) -> None:
    for crd in zoo.CRDS:
        server.apply(crd)
    server.until_served(obj)
