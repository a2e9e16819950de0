"""An ignore rule made from a difference, on the embedded cluster: what it hides is told first, then it holds at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare.rulefor import rule_for
from gitops_tui.errors import GitOpsError
from gitops_tui.model.sync import SyncStatus
from gitops_tui.settings import load_settings
from tests.reconcile.drift_world import CONFIG, CONFIG_KEY, World
from tests.support.waiting import until


@pytest.fixture
def world(tmp_path: Path, made_repository: Any) -> Iterator[Any]:
    made = World(tmp_path, made_repository)
    yield made
    made.stop()


def test_the_rule_of_a_difference_is_previewed_written_and_holds_at_once(world: Any, tmp_path: Path) -> None:
    world.commit("two values", CONFIG)
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand", "b": "too"}}, "kubectl-edit")
    until(lambda: len(world.resource(CONFIG_KEY).drift.differences) == 2)
    file = tmp_path / "config.yaml"
    engine = world.engine

    rule = rule_for("data.a", CONFIG_KEY, "app")
    preview = engine.preview_ignore(rule).result(120)
    assert [(each.key, each.paths, each.settles) for each in preview.found] == [(CONFIG_KEY, ("data.a",), False)]
    assert preview.words == "hides 1 difference of 1 object now"
    assert len(world.resource(CONFIG_KEY).drift.differences) == 2
    assert not file.exists()

    assert engine.ignore(rule, file).result(120) == file
    until(lambda: [each.path for each in world.resource(CONFIG_KEY).drift.differences] == ["data.b"])
    assert [each.path for each in world.resource(CONFIG_KEY).drift.hidden] == ["data.a"]
    assert load_settings(file).ignore_differences == engine.settings.ignore_differences

    rest = rule_for("data.b", CONFIG_KEY, "app", "application")
    assert engine.preview_ignore(rest).result(120).words == "hides 1 difference of 1 object now, which would be in sync"
    engine.ignore(rest, file).result(120)
    until(lambda: world.state.sync is SyncStatus.SYNCED)
    assert len(load_settings(file).ignore_differences) == 2


def test_a_rule_of_another_application_hides_nothing_here(world: Any, tmp_path: Path) -> None:
    world.commit("two values", CONFIG)
    world.start()
    world.sync()
    world.apply({**CONFIG, "data": {"a": "by hand"}}, "kubectl-edit")
    until(lambda: world.resource(CONFIG_KEY).drift.differences)
    rule = rule_for("data.a", CONFIG_KEY, "another")
    assert world.engine.preview_ignore(rule).result(120).words == "hides nothing now"
    world.engine.ignore(rule, tmp_path / "config.yaml").result(120)
    mine = rule_for("data.a", CONFIG_KEY, "a*")  # what a path makes is taken by the letter
    assert world.engine.preview_ignore(mine).result(120).words == "hides nothing now"
    assert world.resource(CONFIG_KEY).drift.differences


def test_a_read_only_session_writes_no_settings(world: Any, tmp_path: Path) -> None:
    world.commit("two values", CONFIG)
    world.start(read_only=True)
    rule = rule_for("data.a", CONFIG_KEY, "app")
    with pytest.raises(GitOpsError, match="read-only"):
        world.engine.ignore(rule, tmp_path / "config.yaml").result(120)
    assert not (tmp_path / "config.yaml").exists()
