"""The sync of many applications in the app: marks, one plan, one question, one summary."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.many import AppPlan, AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.record import Deleted
from gitops_tui.model.sync import Action, OperationPhase, PlanStep, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import ConfirmDeleteMany, SyncManyScreen
from tests.support.waiting import until_screen

NOW = datetime.now(UTC)
NAMES = ("alpha", "beta", "gamma", "delta")


def app_key(name: str) -> AppKey:
    return AppKey("prod", "", name)


@pytest.fixture
def engine(make_engine) -> Any:
    """Four applications, of which `delta` is in sync; `gamma` can't be planned."""

    class Many(make_engine):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            one = self.state
            apps = {app_key(name): replace(one, app=replace(one.app, key=app_key(name))) for name in NAMES}
            apps[app_key("delta")] = replace(apps[app_key("delta")], sync=SyncStatus.SYNCED)
            self.snapshot = replace(self.snapshot, applications=apps)

        def plan_many(self, apps: tuple[AppKey, ...], options: SyncOptions) -> Future[ManyPlan]:
            return self._answer(
                "plan_many", ManyPlan(options, tuple(self.part(each, options) for each in apps)), apps, options
            )

        def part(self, app: AppKey, options: SyncOptions) -> AppPlan:
            if app.name == "gamma":
                return AppPlan(app, None, ManyStatus.REFUSED, "its chart can't be rendered: no such value")
            gone = PlanStep(ResourceKey("", "Secret", "shop", f"old-{app.name}"), "v1", Action.PRUNE)
            made = PlanStep(ResourceKey("", "ConfigMap", "shop", f"new-{app.name}"), "v1", Action.CREATE)
            steps = (made, gone) if options.prune else (made,)
            return AppPlan(app, SyncPlan(app, "f" * 40, options, steps), ManyStatus.WAITING, lineage=((0, app),))

        def sync_many(self, plan: ManyPlan, at_once: int = 0) -> Future[ManyOperation]:
            return self._answer("sync_many", self.run(plan, ManyStatus.SUCCEEDED), plan)

        def run(self, plan: ManyPlan, status: ManyStatus) -> ManyOperation:
            results = tuple(
                AppResult(
                    each.app,
                    status if each.status is ManyStatus.WAITING else each.status,
                    each.message,
                    each.plan,
                    self.operation(each.plan, OperationPhase.SUCCEEDED) if each.plan else None,
                )
                for each in plan.apps
            )
            over = status is not ManyStatus.RUNNING
            return ManyOperation(results, NOW, NOW if over else None, 4, plan.options.dry_run)

        def stop_many(self) -> None:
            self.asked.append(("stop_many",))

    return Many()


@pytest.fixture
def opened():
    async def open_on(pilot) -> None:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) >= len(NAMES))

    return open_on


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


def names(engine) -> list[str]:
    asked = [each for each in engine.asked if each[0] == "plan_many"]
    return [each.name for each in asked[-1][1]]


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_all_that_drifted_are_synced_by_one_action_and_told_in_one_summary(engine, opened, size) -> None:
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        assert names(engine) == ["alpha", "beta", "gamma"]
        said = app.screen.text
        for word in ("Sync 3 applications", "+2 create", "1 refused", "its chart can't be rendered", "enter sync 2"):
            assert word in said
        assert engine.count("sync_many") == 0
        await pilot.press("space")
        await until_screen(pilot, lambda: "new-alpha" in app.screen.text)
        await pilot.press("enter")
        await until_screen(pilot, lambda: "not all went through" in app.screen.text)
        assert "2 succeeded · 1 refused" in app.screen.text


async def test_marked_applications_are_synced_and_the_marks_go(engine, opened) -> None:
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        app.select(app.tree_pane.node._replace(app=app_key("beta"), kind="", key=None, uid=""))
        await pilot.press("space")
        assert app.message is not None
        assert "1 application marked" in app.message[0]
        app.select(app.tree_pane.node._replace(app=app_key("delta"), kind="", key=None, uid=""))
        await pilot.press("space", "M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        assert sorted(names(engine)) == ["beta", "delta"]
        await pilot.press("enter")
        await until_screen(pilot, lambda: "all through" in app.screen.text)
        await pilot.press("escape")
        assert app.tree_pane.marked_apps == set()


async def test_what_somebody_deleted_does_not_come_back_along_with_others(engine, opened) -> None:
    apps = dict(engine.snapshot.applications)
    gone = replace(apps[app_key("beta")].record, deleted=Deleted("dana@laptop", NOW, "foreground", done=True))
    apps[app_key("beta")] = replace(apps[app_key("beta")], record=gone)
    engine.snapshot = replace(engine.snapshot, applications=apps)
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        assert names(engine) == ["alpha", "gamma"]
        await pilot.press("escape")
        app.select(app.tree_pane.node._replace(app=app_key("beta"), kind="", key=None, uid=""))
        await pilot.press("space", "M")
        await until_screen(pilot, lambda: names(engine) == ["beta"])


async def test_deleting_asks_for_words_once_more(engine, opened) -> None:
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        await pilot.press("p")
        await until_screen(pilot, lambda: app.screen.plan and "−2 delete" in app.screen.text)
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDeleteMany) and "old-beta" in app.screen.text)
        await pilot.press("y", "enter")
        await until_screen(pilot, lambda: "nothing was deleted" in app.screen.text)
        assert engine.count("sync_many") == 0
        await pilot.press("backspace", *"delete 2", "enter")
        await until_screen(pilot, lambda: engine.count("sync_many") == 1)


async def test_it_goes_on_without_its_dialog_is_shown_again_and_stopped(engine, opened) -> None:
    engine.hold.add("sync_many")
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        plan = app.screen.plan
        await pilot.press("enter", "escape")
        await until_screen(pilot, lambda: engine.count("sync_many") == 1 and len(app.screen_stack) == 1)
        running = engine.run(plan, ManyStatus.RUNNING)
        engine.snapshot = replace(engine.snapshot, many=running)
        await pilot.press("M")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and "2 running" in app.screen.text)
        assert engine.count("plan_many") == 1
        await pilot.press("x")
        assert engine.asked[-1] == ("stop_many",)
        engine.held["sync_many"][0].set_result(engine.run(plan, ManyStatus.STOPPED))
        engine.snapshot = replace(engine.snapshot, many=engine.run(plan, ManyStatus.STOPPED))
        for each in engine.subscribers:
            each(engine.snapshot)
        await until_screen(pilot, lambda: "2 stopped" in app.screen.text)


async def test_by_labels_from_the_command_line(engine, opened) -> None:
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"sync-many team=shop", "enter")
        await until_screen(pilot, lambda: app.message is not None and "no application has the labels" in app.message[0])
        await pilot.press("colon", *"sync-many !team", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncManyScreen) and app.screen.plan)
        assert len(names(engine)) == len(NAMES)
