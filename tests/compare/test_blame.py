"""Who did it, which side moved, and when drift began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops_tui.compare import compare
from gitops_tui.compare.blame import three_way, which_moved, who
from gitops_tui.model.drift import NO_DRIFT, Drift, DriftKind, Moved, Owner
from gitops_tui.reconcile.since import episodes


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (Owner("kubectl-edit"), "kubectl-edit"),
        (Owner("kubectl-edit:dana@example.com"), "kubectl-edit by dana@example.com"),
        (Owner("kubectl-edit-dana"), "kubectl-edit by dana"),
        (Owner("kubectl (dana)"), "kubectl by dana"),
        (Owner("kubectl-client-side-apply"), "kubectl-client-side-apply"),
        (Owner("kube-controller-manager", subresource="scale"), "HorizontalPodAutoscaler"),
        (Owner("kubectl", subresource="scale"), "kubectl scale"),
        (Owner("cert-manager-cainjector"), "cert-manager-cainjector"),
    ],
)
def test_an_owner_in_words(owner: Owner, said: str) -> None:
    assert who(owner) == said


@pytest.mark.parametrize(
    ("synced", "desired", "live", "moved"),
    [
        (config(a="1"), config(a="2"), config(a="1"), Moved.GIT),
        (config(a="1"), config(a="1"), config(a="3"), Moved.CLUSTER),
        (config(a="1"), config(a="2"), config(a="3"), Moved.BOTH),
        (None, config(a="1"), None, Moved.GIT),
        (config(a="1"), config(a="1"), None, Moved.CLUSTER),
        (config(a="1"), None, config(a="1"), Moved.GIT),
        (config(a="1"), config(a="1"), config(a="1"), Moved.NONE),
    ],
)
def test_which_side_moved_since_the_last_sync(synced: Any, desired: Any, live: Any, moved: Moved) -> None:
    assert which_moved(synced, desired, live, compare(desired, live)) is moved


def test_three_ways_field_by_field() -> None:
    synced, desired, live = config(a="1", b="1", c="1"), config(a="2", b="1", c="2"), config(a="1", b="3", c="3")
    found = three_way(synced, desired, live, compare(desired, live))
    assert {each.path: (each.last, each.moved) for each in found} == {
        "data.a": ("1", Moved.GIT),
        "data.b": ("1", Moved.CLUSTER),
        "data.c": ("1", Moved.BOTH),
    }


def test_three_ways_of_a_secret_are_masked() -> None:
    def secret(value: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"p": value}}

    found = three_way(secret("b25l"), secret("dHdv"), secret("b25l"), compare(secret("dHdv"), secret("b25l")))
    assert found[0].moved is Moved.GIT
    assert "b25l" not in repr(found)
    assert "dHdv" not in repr(found)
    assert found[0].last == found[0].live


NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def drift_by(manager: str, when: datetime | None) -> Drift:
    live = config(a="2")
    live["metadata"]["managedFields"] = [
        {
            "manager": manager,
            "operation": "Update",
            "time": when.isoformat() if when else None,
            "fieldsV1": {"f:data": {"f:a": {}}},
        }
    ]
    return compare(config(a="1"), live)


def test_drift_begins_when_its_owner_says_and_ends_when_it_is_seen_to() -> None:
    edited = NOW - timedelta(minutes=2)
    first = episodes((), drift_by("kubectl-edit", edited), Moved.CLUSTER, NOW, None)
    assert [(each.began, each.ended, each.by, each.paths) for each in first] == [
        (edited, None, "kubectl-edit", ("data.a",))
    ]
    assert episodes(first, drift_by("kubectl-edit", edited), Moved.CLUSTER, NOW + timedelta(minutes=1), None) is first
    ended = episodes(first, NO_DRIFT, Moved.NONE, NOW + timedelta(minutes=5), None)
    assert ended[0].ended == NOW + timedelta(minutes=5)
    again = episodes(ended, drift_by("operator", None), Moved.CLUSTER, NOW + timedelta(minutes=9), None)
    assert [each.by for each in again] == ["kubectl-edit", "operator"]
    assert again[1].began == NOW + timedelta(minutes=9)


def test_drift_of_git_began_with_its_commit() -> None:
    commit = NOW - timedelta(hours=3)
    (found,) = episodes((), Drift(DriftKind.MISSING), Moved.GIT, NOW, commit)
    assert (found.began, found.by) == (commit, "Git")


def test_the_history_of_a_session_is_bounded() -> None:
    found: Any = ()
    for minute in range(100):
        at = NOW + timedelta(minutes=minute)
        found = episodes(found, drift_by("x", None) if minute % 2 == 0 else NO_DRIFT, Moved.CLUSTER, at, None)
    assert len(found) == 20
