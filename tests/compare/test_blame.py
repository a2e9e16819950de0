"""Who did it, which side moved, and when drift began."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops_tui.cli import shapes
from gitops_tui.compare import compare
from gitops_tui.compare.blame import three_way, which_moved
from gitops_tui.model.drift import NO_DRIFT, Drift, DriftEpisode, DriftKind, FieldMove, Moved, Owner
from gitops_tui.model.explain import Explained, FieldBlame
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.owners import who
from gitops_tui.model.revision import BlameLine
from gitops_tui.model.since import since_words
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.reconcile.since import episodes
from gitops_tui.records import replace


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
        (None, None, config(a="1"), Moved.NONE),
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


def deployment(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}


PROBE = {"httpGet": {"path": "/", "port": 80}}
FILLED = {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}


def template(probe: Any = None, cpu: str = "1") -> dict[str, Any]:
    container = {"name": "c", "image": "i:1", "resources": {"limits": {"cpu": cpu}}}
    return {"spec": {"containers": [container | ({"readinessProbe": probe} if probe else {})]}}


@pytest.mark.parametrize(
    ("synced", "desired", "live", "whole", "fields"),
    [
        # The cluster has the default of what Git did not set.
        (deployment(), deployment(revisionHistoryLimit=5), deployment(revisionHistoryLimit=10), Moved.GIT, [Moved.GIT]),
        (deployment(), deployment(minReadySeconds=5), deployment(minReadySeconds=3), Moved.GIT, [Moved.BOTH]),
        (deployment(), deployment(replicas=4), deployment(replicas=1), Moved.GIT, [Moved.GIT]),
        # Git has taken out what the cluster has with its defaults.
        (
            deployment(template=template(PROBE)),
            deployment(template=template()),
            deployment(template=template(FILLED)),
            Moved.GIT,
            [Moved.GIT],
        ),
        # Written otherwise, Git says the same.
        (
            deployment(template=template(cpu="1000m"), revisionHistoryLimit=10),
            deployment(template=template(cpu="1")),
            deployment(template=template(cpu="2"), revisionHistoryLimit=10),
            Moved.CLUSTER,
            [Moved.CLUSTER],
        ),
    ],
)
def test_what_is_equal_in_kubernetes_eyes_has_not_moved(
    synced: Any, desired: Any, live: Any, whole: Moved, fields: list[Moved]
) -> None:
    owned = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"c"}': {"f:readinessProbe": {}}}}}}}
    entry = {"manager": "gitops-tui", "operation": "Apply", "fieldsV1": owned}
    live["metadata"] = {"name": "a", "managedFields": [entry]}
    drift = compare(desired, live)
    assert [each.moved for each in three_way(synced, desired, live, drift)] == fields
    assert which_moved(synced, desired, live, drift) is whole


def test_git_that_sets_what_the_api_server_had_chosen_has_moved() -> None:
    def service(**spec: Any) -> dict[str, Any]:
        spec = {"ports": [{"port": 80}], **spec}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec}

    synced, desired, live = service(), service(clusterIP="10.0.9.9"), service(clusterIP="10.0.1.7")
    drift = compare(desired, live)
    assert which_moved(synced, desired, live, drift) is Moved.GIT
    assert [each.moved for each in three_way(synced, desired, live, drift)] == [Moved.GIT]


def test_what_admission_made_of_the_last_sync_is_no_move_of_the_clusters() -> None:
    synced, desired, live = config(a="x", b="y"), config(a="z", b="y"), config(a="X", b="y")
    entry = {"manager": "gitops-tui", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}}}
    live["metadata"]["managedFields"] = [entry]
    drift = compare(desired, live)
    assert which_moved(synced, desired, live, drift) is Moved.GIT
    assert [each.moved for each in three_way(synced, desired, live, drift)] == [Moved.GIT]
    other = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}}
    live["metadata"]["managedFields"] = [{**entry, "fieldsV1": {"f:data": {"f:b": {}}}}, other]
    drift = compare(desired, live)
    assert which_moved(synced, desired, live, drift) is Moved.BOTH
    assert [each.moved for each in three_way(synced, desired, live, drift)] == [Moved.BOTH]


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


def test_what_a_session_finds_drifted_began_when_nobody_knows() -> None:
    git_time = NOW - timedelta(hours=3)
    (missing,) = episodes((), Drift(DriftKind.MISSING), Moved.CLUSTER, NOW, git_time, seen=False)
    assert (missing.began, missing.dated, missing.by) == (NOW, False, "")
    # The branch's newest commit needn't be the one that changed this object.
    (git,) = episodes((), drift_by("gitops-tui", git_time), Moved.GIT, NOW, git_time, seen=False)
    assert (git.dated, git.by) == (False, "Git")
    (edited,) = episodes((), drift_by("kubectl-edit", git_time), Moved.CLUSTER, NOW, None, seen=False)
    assert (edited.began, edited.dated) == (git_time, True)


def test_that_git_moved_is_told_once_it_is_known() -> None:
    synced, commit = NOW - timedelta(hours=3), NOW - timedelta(minutes=1)
    guessed = episodes((), drift_by("gitops-tui", synced), Moved.NONE, NOW, commit)
    assert guessed[0].by == "Git"
    (found,) = episodes(guessed, drift_by("gitops-tui", synced), Moved.GIT, NOW + timedelta(seconds=1), commit)
    assert (found.began, found.by, found.moved) == (commit, "Git", Moved.GIT)
    both = drift_by("kubectl-edit", NOW)
    (still,) = episodes((found,), both, Moved.BOTH, NOW + timedelta(minutes=9), commit)
    assert (still.began, still.by, still.changed, still.changed_by) == (commit, "Git", NOW, "kubectl-edit")


def test_drift_of_several_hands_began_with_the_first_and_tells_the_last() -> None:
    hours = NOW - timedelta(hours=3)
    edited, scaled = drift_by("kubectl-edit", hours), drift_by("kubectl-set", NOW - timedelta(minutes=2))
    both = replace(edited, differences=(*edited.differences, *scaled.differences))
    (found,) = episodes((), both, Moved.CLUSTER, NOW, None)
    assert (found.began, found.by) == (hours, "kubectl-edit")
    assert (found.changed, found.changed_by) == (NOW - timedelta(minutes=2), "kubectl-set")
    # A session that was there tells the same.
    first = episodes((), edited, Moved.CLUSTER, NOW - timedelta(minutes=9), None)
    assert episodes(first, both, Moved.CLUSTER, NOW, None) == (replace(found, seen=True),)


def resource(drift: Drift, moved: Moved, *episodes_of: DriftEpisode) -> ResourceState:
    key = ResourceKey("", "ConfigMap", "b", "a")
    return ResourceState(key, "v1", SyncStatus.OUT_OF_SYNC, drift, moved=moved, episodes=episodes_of)


def test_since_when_in_words() -> None:
    two, edited = datetime.now(UTC) - timedelta(seconds=130), drift_by("x", None)
    gone = Drift(DriftKind.MISSING)
    for drift, moved, episode, said in (
        (
            edited,
            Moved.CLUSTER,
            DriftEpisode(two, by="kubectl-edit"),
            "drifted 2 min ago by kubectl-edit (cluster changed)",
        ),
        (edited, Moved.GIT, DriftEpisode(two, by="Git"), "drifted 2 min ago (Git changed)"),
        (
            edited,
            Moved.BOTH,
            DriftEpisode(two - timedelta(hours=3), by="kubectl-edit", changed=two, changed_by="kubectl-set"),
            "drifted 3 h ago by kubectl-edit, last 2 min ago by kubectl-set (both changed)",
        ),
        (
            edited,
            Moved.CLUSTER,
            DriftEpisode(two, by="x", changed=two + timedelta(seconds=9), changed_by="x"),
            "drifted 2 min ago by x (cluster changed)",
        ),
        (edited, Moved.GIT, DriftEpisode(two, by="Git", dated=False), "drifted (Git changed)"),
        (gone, Moved.CLUSTER, DriftEpisode(two), "gone from the cluster 2 min ago"),
        (gone, Moved.GIT, DriftEpisode(two, by="Git"), "new in Git 2 min ago"),
        (gone, Moved.CLUSTER, DriftEpisode(two, dated=False), "gone from the cluster since the last sync"),
        (gone, Moved.NONE, DriftEpisode(two, dated=False), ""),
        (edited, Moved.NONE, DriftEpisode(two, by="x", dated=False), "drifted by x"),
    ):
        assert since_words(resource(drift, moved, episode)) == said
    clock = since_words(resource(edited, Moved.CLUSTER, DriftEpisode(two, by="x")), clock=True)
    assert re.fullmatch(r"drifted since (\S+ )?\d\d:\d\d, 2 min ago by x", clock)
    assert not since_words(resource(edited, Moved.GIT, DriftEpisode(two, by="Git", dated=False)), clock=True)


def test_when_git_moved_is_told_by_the_lines_that_moved() -> None:
    state = resource(drift_by("gitops-tui", None), Moved.GIT, DriftEpisode(NOW, by="Git", dated=False))
    line = BlameLine("c", "Dana", "", datetime.now(UTC) - timedelta(minutes=5), "s", "p", 1, "t")
    explained = Explained(
        state.key,
        blame={"data.a": FieldBlame(line, None)},
        moved=Moved.GIT,
        moves=(FieldMove("data.a", "0", "1", "0", Moved.GIT),),
    )
    assert since_words(state, explained) == "drifted 5 min ago (Git changed)"
    assert shapes.resource(state, explained)["driftedSince"] == line.time.isoformat()
    assert shapes.resource(state)["driftedSince"] is None


def test_a_path_belongs_to_the_difference_that_it_lies_in() -> None:
    found = compare(config(a="1", ab="1"), {**config(a="2", ab="2")})
    assert [getattr(found.at(path), "path", None) for path in ("data.a", "data.ab", "data.abc", "data.a.b[0]")] == [
        "data.a",
        "data.ab",
        None,
        "data.a",
    ]


def test_the_history_of_a_session_is_bounded() -> None:
    found: Any = ()
    for minute in range(100):
        at = NOW + timedelta(minutes=minute)
        found = episodes(found, drift_by("x", None) if minute % 2 == 0 else NO_DRIFT, Moved.CLUSTER, at, None)
    assert len(found) == 20
