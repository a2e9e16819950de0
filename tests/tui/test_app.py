"""The screens against an engine that is not there, or yields a small Snapshot."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from gitops_tui.errors import ConfigError, KubeconfigError
from gitops_tui.model.application import Application, Destination
from gitops_tui.model.drift import Drift, DriftKind
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ApplicationState, ClusterState, Link, ResourceState, Snapshot
from gitops_tui.model.sync import Action, PlanStep, SyncPlan, SyncStatus
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.keymap import KEYMAP, bound
from gitops_tui.tui.screens import SyncScreen
from tests.support.waiting import until_screen

KEY = AppKey("prod", "", "shop[red]\x1b[2J")


def picture() -> Snapshot:
    made = {}
    for number in range(40):
        key = ResourceKey("", "ConfigMap", "shop", f"c{number:02}[/b]\x07")
        drift = Drift(DriftKind.MISSING if number == 7 else DriftKind.NONE)
        sync = SyncStatus.OUT_OF_SYNC if number == 7 else SyncStatus.SYNCED
        made[key] = ResourceState(key, "v1", sync, drift)
    app = Application(KEY, (), Destination())
    state = ApplicationState(app, loading=False, sync=SyncStatus.OUT_OF_SYNC, resources=made)
    cluster = ClusterState("prod", Link.LIVE, datetime.now(UTC))
    return Snapshot(1, {KEY: state}, (cluster,), starting=False)


class Engine:
    def __init__(self) -> None:
        self.settings, self.snapshot, self.synced = Settings(), picture(), 0

    def start(self) -> None: ...
    def stop(self, timeout: float = 5.0) -> None: ...
    def look_beneath(self, app): ...
    def subscribe(self, callback):
        return lambda: None

    def preview(self, app, options):
        future: Future = Future()
        step = PlanStep(ResourceKey("", "ConfigMap", "shop", "c07"), "v1", Action.CREATE)
        future.set_result(RevisionPreview(SyncPlan(app, "a" * 40, options, (step,)), ()))
        return future

    def sync(self, plan):
        self.synced += 1
        return Future()


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20), (8, 3)])
async def test_drift_is_open_at_first_sight_and_found_by_one_key(size) -> None:
    app = GitOpsApp(Engine, Settings())
    async with app.run_test(size=size) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        await pilot.press("right_square_bracket")
        assert app.tree_pane.node.key.name.startswith("c07")
        assert not any("\x1b" in row.name or "\x07" in row.name for row in app.tree_pane.rows)


async def test_sync_shows_the_plan_and_applies_once_on_enter() -> None:
    engine = Engine()
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        assert "cluster prod" in app.screen.text and "create" in app.screen.text
        assert engine.synced == 0
        await pilot.press("enter", "enter")
        assert engine.synced == 1


async def test_read_only_refuses_a_sync() -> None:
    app = GitOpsApp(Engine, Settings(read_only=True))
    async with app.run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        await pilot.press("s")
        assert len(app.screen_stack) == 1


async def test_a_failed_start_says_what_to_do_and_leaves_with_2() -> None:
    def broken():
        raise KubeconfigError("no kubeconfig", hint="set KUBECONFIG")

    app = GitOpsApp(broken, Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, lambda: len(app.screen_stack) > 1 and "set KUBECONFIG" in app.screen.text)
        await pilot.press("q")
    assert app.return_code == 2


def test_each_key_has_an_action_and_unknown_ones_are_refused() -> None:
    for key in KEYMAP:
        assert hasattr(GitOpsApp, f"action_{'go_open' if key.action == 'open' else key.action}")
    with pytest.raises(ConfigError):
        bound({"fly": "f"})


def test_the_screen_comes_up_without_the_engine_and_its_libraries() -> None:
    code = (
        "import sys, gitops_tui.tui.app\n"
        "print([m for m in ('yaml', 'aiohttp', 'pygments', 'kubernetes', 'gitops_tui.kube', 'gitops_tui.reconcile') "
        "if m in sys.modules])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
