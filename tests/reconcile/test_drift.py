"""Drift as the engine tells it, on the embedded cluster: rules, options, autoscalers, dry runs, blame, history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.cli import shapes
from gitops_tui.cli.drift import diff_lines
from gitops_tui.compare.threeway import sides_of
from gitops_tui.errors import ApiError
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import DriftKind, Moved, MovedCounts
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.threeway import ThreeWay
from gitops_tui.reconcile import confirming
from tests.reconcile.drift_world import CONFIG, CONFIG_KEY, DEPLOYMENT, WEB_KEY, World
from tests.support.waiting import until


@pytest.fixture
def world(tmp_path: Path, made_repository: Any) -> Iterator[World]:
    made = World(tmp_path, made_repository)
    yield made
    made.stop()


def _moves(three: ThreeWay) -> dict[Moved, list[tuple[str, str]]]:
    """What each side's moves look like, in one column."""
    rows = [row for row in three.rows.rows if row.moved]
    return {row.moved: [(name, cell.text.strip()) for name, cell in sides_of(row)] for row in rows}


def test_without_a_recorded_sync_the_three_way_view_says_so(world: World) -> None:
    world.commit("two values", CONFIG)
    world.start()
    assert world.engine is not None
    three = world.engine.three_way(world.state.key, CONFIG_KEY).result(120)
    assert "no sync of this application is recorded" in three.problem
    assert not three.rows.rows


def test_a_change_by_hand_is_blamed_dated_and_told_from_one_in_git(world: World) -> None:
    first = world.commit("two values", CONFIG)
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).moved is Moved.CLUSTER)
    state = world.resource(CONFIG_KEY)
    assert [each.path for each in state.drift.differences] == ["data.a"]
    assert world.state.moved == MovedCounts(cluster=1)
    assert state.drifted_by == "kubectl-edit"
    assert state.drifted_since is not None
    assert world.engine is not None
    explained = world.engine.explain(world.state.key, CONFIG_KEY).result(120)
    line = explained.blame["data.a"].desired
    assert line is not None
    assert (line.commit, line.author, line.subject, line.path) == (first, "Dana", "two values", "app/configmap.yaml")
    assert explained.last_synced is not None
    assert explained.last_synced["data"]["a"] == "1"
    assert [(each.path, each.moved) for each in explained.moves] == [("data.a", Moved.CLUSTER)]

    three = world.engine.three_way(world.state.key, CONFIG_KEY).result(120)
    assert (three.problem, three.revision) == ("", first)
    assert _moves(three) == {Moved.CLUSTER: [("last=Git", "a: '1'"), ("live", "a: by hand")]}

    world.commit("another value", {**CONFIG, "data": {"a": "9", "b": "3"}})
    world.refresh()
    until(lambda: world.resource(CONFIG_KEY).moved is Moved.BOTH)
    explained = world.engine.explain(world.state.key, CONFIG_KEY).result(120)
    assert {each.path: each.moved for each in explained.moves} == {"data.a": Moved.BOTH, "data.b": Moved.GIT}
    three = world.engine.three_way(world.state.key, CONFIG_KEY).result(120)
    assert _moves(three) == {
        Moved.BOTH: [("last", "a: '1'"), ("Git", "a: '9'"), ("live", "a: by hand")],
        Moved.GIT: [("last=live", "b: '2'"), ("Git", "b: '3'")],
    }
    world.sync()
    history = world.resource(CONFIG_KEY).episodes
    assert len(history) >= 1
    assert all(each.ended is not None for each in history)


def test_the_users_own_rules_hold_for_all_applications(world: World) -> None:
    world.commit("x", CONFIG)
    rule = IgnoreRule("", "ConfigMap", json_pointers=("/data/a",), source="setting ignore_differences")
    world.start(ignore_differences=(rule,))
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.ignored == 1)
    state = world.resource(CONFIG_KEY)
    assert state.sync is SyncStatus.SYNCED
    assert state.drift.hidden[0].ignored_by == "setting ignore_differences: /data/a"


def test_ignored_fields_keep_their_live_values_where_the_application_asks(world: World) -> None:
    world.commit("x", CONFIG)
    world.rules = [{"group": "", "kind": "ConfigMap", "jsonPointers": ["/data/a"]}]
    world.options = ["RespectIgnoreDifferences=true"]
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.ignored == 1)
    world.commit("y", {**CONFIG, "data": {"a": "1", "b": "3"}})
    world.refresh()
    until(lambda: world.resource(CONFIG_KEY).drift.is_drifted)
    world.sync()
    live = world.resource(CONFIG_KEY).live
    assert live is not None
    assert live["data"] == {"a": "by hand", "b": "3"}


def test_replicas_of_what_an_autoscaler_scales_are_the_autoscalers(world: World) -> None:
    world.commit("x", DEPLOYMENT)
    world.start()
    world.sync()
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-scaler", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": 9,
        },
    }
    world.apply(autoscaler, "kubectl")
    until(lambda: any("web-scaler" in each for each in world.resource(WEB_KEY).warnings))
    world.apply({**DEPLOYMENT, "spec": {"replicas": 4}}, "kube-controller-manager")
    until(lambda: world.resource(WEB_KEY).drift.ignored == 1)
    state = world.resource(WEB_KEY)
    assert not state.drift.is_drifted
    assert state.drift.hidden[0].ignored_by.startswith("HorizontalPodAutoscaler web-scaler")
    changed = yaml.safe_load(yaml.safe_dump(DEPLOYMENT))
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "a:2"
    world.commit("y", changed)
    world.refresh()
    until(lambda: world.resource(WEB_KEY).drift.is_drifted)
    # What is the autoscaler's has not moved the cluster.
    until(lambda: world.resource(WEB_KEY).moved is Moved.GIT)
    world.sync()
    live = world.resource(WEB_KEY).live
    assert live is not None
    assert live["spec"]["replicas"] == 4


def test_an_extraneous_object_does_not_count_where_it_says_so(world: World) -> None:
    other = {
        **CONFIG,
        "kind": "Secret",
        "metadata": {
            "name": "other",
            "namespace": "default",
            "annotations": {"argocd.argoproj.io/compare-options": "IgnoreExtraneous"},
        },
        "data": {},
    }
    world.commit("x", CONFIG, other)
    world.start()
    world.sync()
    world.repository.commit({"app/secret.yaml": None}, "no secret")
    world.refresh()
    key = ResourceKey("", "Secret", "default", "other")
    until(lambda: world.resource(key).drift.kind is DriftKind.EXTRA)
    until(lambda: world.state.sync is SyncStatus.SYNCED)
    assert world.resource(key).drift.ignored_by == "compare-options: IgnoreExtraneous"
    until(lambda: world.resource(key).moved is Moved.GIT)
    assert world.state.moved == MovedCounts()


def test_what_the_server_would_refuse_is_told_before_a_sync(world: World) -> None:
    world.commit("x", DEPLOYMENT)
    world.start()
    world.sync()
    changed = yaml.safe_load(yaml.safe_dump(DEPLOYMENT))
    changed["spec"]["selector"]["matchLabels"]["app"] = "other"
    changed["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    world.commit("an immutable field", changed)
    world.refresh()
    until(lambda: world.resource(WEB_KEY).drift.refused)
    state = world.resource(WEB_KEY)
    assert "immutable" in state.drift.refused
    assert any(each.startswith("sync would fail: ") for each in state.warnings)
    assert state.drift.is_drifted


def test_what_the_server_cannot_read_is_told_before_a_sync(world: World) -> None:
    world.commit("x", CONFIG)
    world.start()
    world.sync()
    world.commit("a number", {**CONFIG, "data": {"a": 1, "b": "3"}})
    world.refresh()
    until(lambda: world.resource(CONFIG_KEY).drift.refused)
    assert "data.a" in world.resource(CONFIG_KEY).drift.refused


def test_server_side_diff_can_be_switched_off(world: World) -> None:
    world.commit("x", CONFIG)
    world.notes = {"argocd.argoproj.io/compare-options": "ServerSideDiff=false, Odd=1"}
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.is_drifted)
    state = world.resource(CONFIG_KEY)
    assert not state.drift.confirmed
    assert any("Odd is not known" in each for each in state.warnings)


def test_a_verdict_is_settled_once_for_what_it_depends_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit("x", CONFIG)
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.confirmed)
    assert world.engine is not None
    session = next(iter(world.engine._sessions.values()))
    asked = []
    real = session.cluster.apply

    async def apply(obj: Any, **words: Any) -> Any:
        asked.append(words)
        return await real(obj, **words)

    monkeypatch.setattr(session.cluster, "apply", apply)
    before = world.engine.snapshot.generation
    world.refresh()
    until(lambda: world.engine is not None and world.engine.snapshot.generation > before)
    assert world.resource(CONFIG_KEY).drift.confirmed
    assert not asked
    world.apply({**CONFIG, "data": {"a": "again"}}, "kubectl-edit")
    until(lambda: asked and world.resource(CONFIG_KEY).drift.confirmed)
    assert asked == [{"dry_run": True}]


def test_a_dry_run_that_fails_in_passing_says_why_and_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "RETRY", 0.2)
    world.commit("x", CONFIG)
    world.start()
    world.sync()
    assert world.engine is not None
    session = next(iter(world.engine._sessions.values()))
    real, asked = session.cluster.apply, []

    async def apply(obj: Any, **words: Any) -> Any:
        asked.append(words)
        if len(asked) < 4:
            raise ApiError('dry run of ConfigMap default/config: failed calling webhook "hook"', status=500)
        return await real(obj, **words)

    monkeypatch.setattr(session.cluster, "apply", apply)
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).warnings)
    state = world.resource(CONFIG_KEY)
    assert state.warnings == ('no dry run could settle this, another one follows: failed calling webhook "hook"',)
    assert (state.drift.kind, state.drift.confirmed, state.drift.refused) == (DriftKind.MODIFIED, False, "")
    until(lambda: world.resource(CONFIG_KEY).drift.confirmed)
    assert not world.resource(CONFIG_KEY).warnings


def test_a_sync_takes_the_answer_to_the_verdicts_dry_run_for_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.commit("x", CONFIG, DEPLOYMENT)
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.confirmed)
    changed = yaml.safe_load(yaml.safe_dump(DEPLOYMENT))
    changed["spec"]["replicas"] = 0
    world.commit("fewer", CONFIG, changed)
    world.refresh()
    until(lambda: world.resource(WEB_KEY).drift.confirmed)
    assert world.engine is not None
    session = next(iter(world.engine._sessions.values()))
    # The Deployment's answer is too old by now.
    answer = world.engine.runtimes[world.state.key].confirmed
    answer[WEB_KEY] = replace(answer[WEB_KEY], asked=answer[WEB_KEY].asked - 60)
    sent: list[tuple[str, bool]] = []
    real = session.cluster.apply

    async def apply(obj: Any, **words: Any) -> Any:
        sent.append((obj["metadata"]["name"], bool(words.get("dry_run"))))
        return await real(obj, **words)

    monkeypatch.setattr(session.cluster, "apply", apply)
    world.sync()
    first = sent[:3]
    assert first[0] == ("web", True)
    assert sorted(first[1:]) == [("config", False), ("web", False)]
    assert ("config", True) not in sent


def test_the_commit_that_took_a_field_out_of_git_is_named(world: World) -> None:
    more = yaml.safe_load(yaml.safe_dump(DEPLOYMENT))
    container = more["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "LEVEL", "value": "debug"}, {"name": "KEPT", "value": "1"}]
    two = {**CONFIG, "data": {"a": "1", "b": "2", "c": "3"}}
    world.commit("all", two, more)
    world.start()
    world.sync()
    del container["env"][0]
    took_env = world.commit("no level any more", two, more)
    took_key = world.commit("no c any more", CONFIG, more)
    container["image"] = "a:2"
    world.commit("another image", CONFIG, more)
    world.refresh()
    until(lambda: len(world.resource(WEB_KEY).drift.differences) == 2)
    until(lambda: world.resource(CONFIG_KEY).drift.is_drifted)
    assert world.engine is not None
    app = world.state.key
    explained = world.engine.explain(app, WEB_KEY).result(30)
    env, image = (
        next(blame for path, blame in explained.blame.items() if path.endswith(ending))
        for ending in ("env[name=LEVEL]", "image")
    )
    assert env.removed is not None and env.desired is None
    assert (env.removed.commit, env.removed.subject) == (took_env, "no level any more")
    before = world.repository.git("show", f"{took_env}^:{env.removed.path}").splitlines()
    assert "name: LEVEL" in before[env.removed.line - 1]
    assert image.removed is None and image.desired is not None
    key = world.engine.explain(app, CONFIG_KEY).result(30).blame["data.c"]
    assert key.removed is not None and key.removed.commit == took_key


def test_who_put_an_object_into_git_and_who_took_it_out_is_named(world: World) -> None:
    world.commit("a config", CONFIG)
    world.start()
    world.sync()
    took = str(world.repository.commit({"app/configmap.yaml": None}, "no config any more"))
    added = world.commit("a deployment", DEPLOYMENT)
    world.refresh()
    until(lambda: world.resource(CONFIG_KEY).drift.kind is DriftKind.EXTRA)
    until(lambda: WEB_KEY in world.state.resources)
    assert world.engine is not None
    gone = world.engine.explain(world.state.key, CONFIG_KEY).result(30)
    assert gone.whole is not None and gone.whole.removed is not None and gone.whole.desired is None
    assert (gone.whole.removed.commit, gone.whole.removed.path) == (took, "app/configmap.yaml")
    new = world.engine.explain(world.state.key, WEB_KEY).result(30)
    assert new.whole is not None and new.whole.desired is not None
    assert (new.whole.desired.commit, new.whole.desired.subject) == (added, "a deployment")
    until(lambda: world.resource(CONFIG_KEY).moved is Moved.GIT)
    lines = list(diff_lines(world.resource(CONFIG_KEY), gone))
    assert lines[2].startswith("# taken out of Git ")
    assert lines[3].startswith(f"# Git: {took[:7]} Dana ") and "took it out, was app/configmap.yaml:" in lines[3]
    made = shapes.resource(world.resource(CONFIG_KEY), gone)
    assert (made["removedBy"]["commit"], made["desiredBlame"]) == (took, None)
    assert made["driftedSince"] is not None


def test_gvk_of_the_autoscaler_is_the_one_that_is_watched(world: World) -> None:
    world.commit("x", DEPLOYMENT)
    world.start()
    assert world.engine is not None
    session = next(iter(world.engine._sessions.values()))
    assert session.cluster.is_watched(GVK("autoscaling", "v2", "HorizontalPodAutoscaler"))
