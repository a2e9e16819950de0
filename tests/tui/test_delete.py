"""Deleting an application in the app: the plan, what becomes of its objects, the name that has to be typed."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.sync import Action, OperationPhase, Phase, PlanStep, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import ConfirmDeleteApp, DeleteScreen
from tests.support.waiting import until_screen


def object_key(name: str, kind: str = "ConfigMap") -> ResourceKey:
    return ResourceKey("", kind, "shop", name)


@pytest.fixture
def engine(make_engine) -> Any:
    class Deleting(make_engine):  # type: ignore[misc]
        def preview_delete(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
            options = replace(options, cascade=options.cascade or "foreground", prune=True)
            hook = PlanStep(object_key("backup", "Pod"), "v1", Action.HOOK, Phase.PRE_DELETE)
            gone = PlanStep(object_key("web"), "v1", Action.PRUNE)
            stays = PlanStep(object_key("data", "Secret"), "v1", Action.PRUNE, blocked="protected by Delete=false")
            asks = PlanStep(object_key("disk", "PersistentVolumeClaim"), "v1", Action.PRUNE, confirm=True)
            steps, kept = (hook, gone), (stays, replace(asks, blocked="it waits for a person to confirm it"))
            if options.confirm_prune:
                steps, kept = (hook, gone, asks), (stays,)
            if options.cascade == "orphan":
                steps, kept = (), (replace(gone, blocked="it stays (cascade orphan)"), stays)
            plan = SyncPlan(app, "f" * 40, options, steps, kept, warnings=("it is still declared",))
            return self._answer("preview_delete", RevisionPreview(plan, ()), options)

        def delete_app(self, plan: SyncPlan, message: str = "", *, forget: bool = False) -> Future[SyncOperation]:
            return self._answer("delete_app", self.operation(plan, OperationPhase.SUCCEEDED), plan, message)

    return Deleting()


@pytest.fixture
def dialog():
    async def open_on(pilot) -> DeleteScreen:
        app = pilot.app
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("D")
        await until_screen(pilot, lambda: isinstance(app.screen, DeleteScreen) and app.screen.plan)
        return app.screen

    return open_on


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_the_plan_says_what_goes_and_stays_and_the_name_is_typed(engine, dialog, size) -> None:
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        screen = await dialog(pilot)
        said = screen.text
        for word in (
            "Delete shop",
            "cascade foreground",
            "backup",
            "web",
            "protected by Delete=false",
            "still declared",
        ):
            assert word in said, said
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDeleteApp) and "web" in app.screen.text)
        await pilot.press("y", "enter")
        await until_screen(pilot, lambda: "nothing was deleted" in app.screen.text)
        assert engine.count("delete_app") == 0
        await pilot.press("backspace", *"shop", "enter")
        await until_screen(pilot, lambda: engine.count("delete_app") == 1)
        await until_screen(pilot, lambda: isinstance(app.screen, DeleteScreen) and "Succeeded" in app.screen.text)


async def test_what_becomes_of_the_objects_is_chosen(engine, dialog) -> None:
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        screen = await dialog(pilot)
        await pilot.press("c")
        await until_screen(pilot, lambda: screen.plan and screen.plan.options.confirm_prune)
        assert "disk" in screen.text
        await pilot.press("w")
        await until_screen(pilot, lambda: screen.plan and screen.plan.options.cascade == "background")
        await pilot.press("h")
        await until_screen(pilot, lambda: screen.plan and not screen.plan.options.hooks)
        await pilot.press("w")
        await until_screen(pilot, lambda: screen.plan and screen.plan.options.cascade == "orphan")
        assert "its objects stay in the cluster" in screen.text
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDeleteApp) and "stay" in app.screen.text)
        await pilot.press("escape")
        assert engine.count("delete_app") == 0


async def test_a_read_only_session_deletes_nothing(make_engine) -> None:
    engine = make_engine(read_only=True)
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("D")
        assert app.message is not None
        assert "read-only" in app.message[0]
        await pilot.press("colon", *"delete shop", "enter")
        await until_screen(pilot, lambda: app.message is not None and "delete is off" in app.message[0])
