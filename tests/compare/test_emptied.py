"""A mapping that Git leaves empty, or drops, after an apply that set something in it: what goes with it and what comes back.

Each answer is a real API server's (what `kubectl apply --server-side --dry-run=server` changes).
"""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.compare import compare
from tests.compare.test_adopting import entry

META: dict[str, Any] = {"name": "a"}


def fields(value: Any) -> dict[str, Any]:
    """The field set of an applied value whose lists are replaced as a whole."""
    return {f"f:{name}": fields(below) for name, below in value.items()} if isinstance(value, dict) else {}


def differing(
    version: str, kind: str, applied: dict[str, Any], live: dict[str, Any], git: dict[str, Any], *others: Any
) -> list[str]:
    head: dict[str, Any] = {"apiVersion": version, "kind": kind}
    ours = entry("gitops-tui", {"f:spec": fields(applied)}, "Apply")
    there = {**head, "metadata": {**META, "managedFields": [ours, *others]}, "spec": live}
    return [each.path for each in compare({**head, "metadata": META, "spec": git}, there).differences]


ROLLING, START = {"type": "RollingUpdate"}, {"ordinals": {"start": 0}}
NO_TYPE = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 1}}}


@pytest.mark.parametrize(
    ("applied", "live", "git", "found"),
    [
        (START, START, {"ordinals": {}}, ["spec.ordinals"]),
        (START, START, {}, ["spec.ordinals"]),
        (START, START, START, []),
        ({"ordinals": {}}, START, {"ordinals": {}}, []),
        # With a type there is no rollingUpdate by itself, without one there is.
        ({"updateStrategy": ROLLING}, {"updateStrategy": ROLLING}, {"updateStrategy": {}}, ["spec.updateStrategy"]),
        ({"updateStrategy": ROLLING}, {"updateStrategy": ROLLING}, {}, ["spec.updateStrategy"]),
        ({"updateStrategy": ROLLING}, NO_TYPE, {}, []),
        # The type that the server filled in stays, and with it there is no rollingUpdate by itself.
        (
            {"updateStrategy": {"rollingUpdate": {}}},
            NO_TYPE,
            {"updateStrategy": {}},
            ["spec.updateStrategy.rollingUpdate"],
        ),
        # What the server filled in beside it keeps it where it is.
        (
            {"updateStrategy": {**ROLLING, "rollingUpdate": {"partition": 0}}},
            NO_TYPE,
            {"updateStrategy": {**ROLLING, "rollingUpdate": {}}},
            [],
        ),
        (
            {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}},
            {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}},
            {"persistentVolumeClaimRetentionPolicy": {}},
            [],
        ),
    ],
)
def test_of_a_stateful_set(
    applied: dict[str, Any], live: dict[str, Any], git: dict[str, Any], found: list[str]
) -> None:
    assert differing("apps/v1", "StatefulSet", applied, live, git) == found


def test_a_volume_lets_go_of_its_claim() -> None:
    claim = {"claimRef": {"kind": "PersistentVolumeClaim"}}
    # It is owned as a whole.
    ours = {"claimRef": ""}
    assert differing("v1", "PersistentVolume", ours, claim, {}) == ["spec.claimRef"]
    bound = entry("kube-controller-manager", {"f:spec": {"f:claimRef": {}}})
    assert differing("v1", "PersistentVolume", ours, claim, {}, bound) == []


def test_what_another_set_in_it_stays() -> None:
    other = entry("kubectl-edit", {"f:spec": {"f:ordinals": {"f:start": {}}}})
    assert differing("apps/v1", "StatefulSet", START, START, {"ordinals": {}}, other) == []


def test_empty_selectors_and_volumes_that_were_written_out_stay() -> None:
    """The server keeps `{}` of both forms, and nothing is removed from it."""
    applied, live = {"selector": {"matchLabels": {}}}, {"selector": {}}
    assert differing("policy/v1", "PodDisruptionBudget", applied, live, {"selector": {}}) == []
    applied, live = {"podSelector": {"matchLabels": {}}}, {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert differing("networking.k8s.io/v1", "NetworkPolicy", applied, live, {"podSelector": {}}) == []
