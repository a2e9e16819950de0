"""Undo, audit, half pauses and the sync dialog's further switches in the app."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops_tui.model.audit import AuditLine
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.record import AppRecord, HistoryEntry, Pause, PauseKind, RecordedResult
from gitops_tui.model.sync import Initiator, OperationPhase, SyncStatus
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import AuditScreen, ConfirmDelete, PauseScreen, RollbackScreen, SyncScreen, UndoScreen
from gitops_tui.tui.screens.ask import Ask
from gitops_tui.tui.screens.stages import after_revert, after_sync
from tests.support.waiting import until_screen

NOW = datetime.now(UTC)


def sha(number: int) -> str:
    """As the fake engine's commits have it."""
    return f"{number:040x}"


def entry(number: int, at: int, **more) -> HistoryEntry:
    when = NOW - timedelta(hours=9 - number)
    done = OperationPhase.SUCCEEDED
    return HistoryEntry(number, sha(at), done, when, when, "dana@laptop", Initiator.PERSON, **more)


@pytest.fixture
def opened():
    async def open_on(pilot) -> None:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)

    return open_on


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


async def test_z_plans_back_to_the_commit_before_and_runs_nothing_by_itself(make_engine, opened) -> None:
    engine = make_engine()
    engine.change(record=AppRecord(history=(entry(1, 5), entry(2, 0, counts=(("create", 1),)))))
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("z")
        await until_screen(pilot, lambda: isinstance(app.screen, UndoScreen) and app.screen.plan)
        assert "Undo the last sync of shop" in app.screen.text
        assert "by dana@laptop" in app.screen.text
        assert app.screen.options.prune
        assert engine.count("undo") == 0
        await pilot.press("enter")
        await until_screen(pilot, lambda: engine.count("undo") == 1)
        assert engine.asked[-1][1].revision == sha(5)


async def test_z_says_why_there_is_nothing_to_undo(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("z")
        assert app.message is not None
        assert "nothing to undo" in app.message[0]
        assert len(app.screen_stack) == 1


async def test_rollback_to_last_healthy_by_the_command_line(make_engine, opened) -> None:
    engine = make_engine()
    engine.change(record=AppRecord(history=(entry(1, 7, healthy=True), entry(2, 5), entry(3, 0))))
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"rollback shop last-healthy", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, RollbackScreen) and app.screen.plan)
        assert app.screen.commit.sha == sha(7)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_the_audit_lists_operations_and_opens_one(make_engine, opened, size) -> None:
    engine = make_engine()
    results = (RecordedResult("change", "ConfigMap shop/c0001", "done", "", ("data.colour",)),)
    first = entry(2, 0, user="system:admin\x1b[31m", subject="Bump", author="Dana", results=results)
    engine.lines = (AuditLine("prod", "shop", first), AuditLine("prod", "other", entry(1, 3)))
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("A")
        await until_screen(pilot, lambda: isinstance(app.screen, AuditScreen) and "1 operation" in app.screen.text)
        assert "dana@laptop" in app.screen.text
        await pilot.press("enter")
        await until_screen(pilot, lambda: "data.colour" in app.screen.text)
        assert "system:admin" in app.screen.text
        assert "\x1b" not in app.screen.text
        await pilot.press("a")
        await until_screen(pilot, lambda: "2 operations" in app.screen.text)


async def test_half_a_pause_is_chosen_in_the_dialog_and_shown_in_tree_and_header(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        await until_screen(pilot, lambda: isinstance(app.screen, PauseScreen))
        await pilot.press("v", "v")
        await until_screen(pilot, lambda: "only new commits" in app.screen.text)
        await pilot.press("enter", "enter")
        await until_screen(pilot, lambda: engine.count("pause") == 1)
        assert engine.asked[-1][-1] is PauseKind.HOLD_COMMITS
        engine.change(record=AppRecord(Pause("dana@x", NOW, "freeze", None, PauseKind.HOLD_COMMITS, sha(5))), behind=4)
        from gitops_tui.tui.words import pause_words

        said = pause_words(engine.state)
        assert "new commits held by dana" in said
        assert "4 behind" in said


async def test_the_further_switches_plan_again_and_approving_asks_for_the_name(make_engine, opened) -> None:
    engine = make_engine(extra=1)
    plan_of = engine.plan_of

    def asking(options):
        plan = plan_of(options)
        steps = tuple(replace(each, confirm=each.action.value == "prune") for each in plan.steps)
        return replace(plan, steps=steps, kept=tuple(replace(each, confirm=True) for each in plan.kept))

    engine.plan_of = asking
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("a")
        await until_screen(pilot, lambda: app.screen.plan and app.screen.plan.options.adopt)
        await pilot.press("c")
        await until_screen(pilot, lambda: app.screen.plan and app.screen.plan.options.confirm_prune)
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDelete))
        assert app.screen.types
        await pilot.press("y", "enter")
        assert engine.count("sync") == 0
        await pilot.press("backspace", *"shop", "enter")
        await until_screen(pilot, lambda: engine.count("sync") == 1)
        # The next sync does not take over or approve by itself.
        kept = app.last_options[engine.state.key]
        assert (kept.adopt, kept.confirm_prune) == (False, False)


async def test_labels_are_asked_for_and_go_into_the_plan(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("l")
        await until_screen(pilot, lambda: isinstance(app.screen, Ask))
        await pilot.press(*"app=web", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        assert app.screen.plan.options.selector == "app=web"


def test_the_way_to_healthy_is_told_stage_by_stage(make_engine) -> None:
    state = make_engine().state
    assert [each.done for each in after_sync(state, sha(0))] == [False, False]
    synced = replace(state, sync=SyncStatus.SYNCED, health=HealthStatus.PROGRESSING)
    assert [each.done for each in after_sync(synced, sha(0))] == [True, False]
    healthy = replace(synced, health=HealthStatus.HEALTHY)
    assert all(each.done for each in after_sync(healthy, sha(0)))
    # Of another commit nothing is true yet.
    assert not any(each.done for each in after_sync(healthy, sha(9)))
    words = [(each.word, each.done) for each in after_revert(healthy, sha(0), pushed=True, same_branch=True)]
    assert words == [("pushed", True), ("fetched", True), ("synced", True), ("healthy", True)]
    waiting = after_revert(healthy, "f" * 40, pushed=True, same_branch=False)
    assert [each.done for each in waiting] == [True, None, None]
