"""Dialogs: what they show before, ask before, and say afterwards."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops_tui.errors import PlanRefused
from gitops_tui.model.drift import FieldDifference, Owner, Reason
from gitops_tui.model.record import AppRecord, Pause, Pin
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import (
    Choice,
    Confirm,
    ConfirmDelete,
    ErrorsScreen,
    ManifestScreen,
    PauseScreen,
    QuickSync,
    RollbackScreen,
    SyncScreen,
    UnpinScreen,
)
from gitops_tui.tui.screens.command import CommandScreen
from gitops_tui.tui.screens.plan_rows import difference_rows
from tests.support.waiting import until_screen

SIZES = [(160, 48), (80, 24)]


@pytest.fixture
def opened():
    """Opens the app on an engine and waits for its first picture."""

    async def open_on(pilot) -> None:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)

    return open_on


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan_says_where_what_and_how_many_and_keeps_what_prune_would_delete(make_engine, opened, size) -> None:
    engine = make_engine(drifted=2, extra=1)
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        said = app.screen.text
        for word in (
            "cluster prod",
            "namespace shop",
            "2 change",
            "1 kept",
            "prune is off",
            "data.colour",
            "blue0 → red",
        ):
            assert word in said
        assert engine.count("sync") == 0
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_deleting_is_named_and_asked_for_once_more(make_engine, opened) -> None:
    engine = make_engine(extra=2)
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("p")
        await until_screen(pilot, lambda: app.screen.plan and "2 delete" in app.screen.text)
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDelete) and "c9001" in app.screen.text)
        assert "cluster prod" in app.screen.text
        await pilot.press("enter")
        assert engine.count("sync") == 0
        await pilot.press("y")
        await until_screen(pilot, lambda: engine.count("sync") == 1)


@pytest.mark.parametrize(("extra", "kind"), [(4, "ConfigMap"), (1, "Namespace"), (1, "PersistentVolumeClaim")])
async def test_deleting_much_asks_for_the_applications_name(make_engine, opened, extra, kind) -> None:
    engine = make_engine(extra=extra, kind=kind)
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("p")
        await until_screen(pilot, lambda: app.screen.plan and "delete" in app.screen.text)
        await pilot.press("enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ConfirmDelete))
        await pilot.press("y", "enter")
        await until_screen(pilot, lambda: "not the application's name" in app.screen.text)
        assert engine.count("sync") == 0
        await pilot.press("backspace", *"shop", "enter")
        await until_screen(pilot, lambda: engine.count("sync") == 1)


async def test_a_dry_run_never_reads_as_a_sync_and_deletes_without_a_question(make_engine, opened) -> None:
    engine = make_engine(extra=5)
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("p")
        await until_screen(pilot, lambda: app.screen.plan)
        await pilot.press("d")
        await until_screen(pilot, lambda: app.screen.plan and app.screen.plan.options.dry_run)
        assert "DRY RUN" in app.screen.text
        await pilot.press("enter")
        await until_screen(pilot, lambda: app.screen.operation is not None)
        said = app.screen.text
        assert "nothing was changed" in said
        assert "Succeeded" not in said
        assert "done" not in said


async def test_a_sync_goes_on_without_its_dialog_and_is_shown_again(make_engine, opened) -> None:
    engine = make_engine()
    engine.hold.add("sync")
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("enter")
        plan = engine.asked[-1][1]
        running = replace(
            engine.operation(plan, OperationPhase.RUNNING), doing="Sync, wave 0: applying 3", finished=None
        )
        engine.change(operation=running)
        await until_screen(pilot, lambda: "applying 3" in app.screen.text and "running" in app.screen.text)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and "applying 3" in app.screen.text)
        assert engine.count("preview") == 1
        await pilot.press("x")
        assert engine.asked[-1][0] == "stop_sync"
        engine.change(operation=engine.operation(plan, OperationPhase.STOPPED))
        await until_screen(pilot, lambda: "Stopped" in app.screen.text)


async def test_what_fails_is_said_in_the_dialog_with_what_to_do(make_engine, opened) -> None:
    engine = make_engine()
    engine.hold.add("sync")
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        await pilot.press("enter")
        engine.held["sync"][0].set_exception(
            PlanRefused("the branch moved [b]x[/b]\x1b[2J", hint="look at the plan again")
        )
        await until_screen(pilot, lambda: "look at the plan again" in app.screen.text)
        assert "[b]x[/b]" in app.screen.text
        assert "\x1b" not in app.screen.text


async def test_an_old_plan_says_that_it_is_old(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        resources = dict(engine.state.resources)
        resources.popitem()
        engine.change(resources=resources)
        await until_screen(pilot, lambda: "changed since this was planned" in app.screen.text)


async def test_two_thousand_steps_open_and_move_at_once(make_engine, opened) -> None:
    engine = make_engine(drifted=2000)
    async with (app := app_on(engine)).run_test(size=(160, 48)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        began = time.perf_counter()
        app.screen.build()
        whole = time.perf_counter() - began
        few = make_engine(drifted=20)
        app.screen.plan = few.plan_of(app.screen.options)
        began = time.perf_counter()
        app.screen.build()
        part = time.perf_counter() - began
        # A hundred times as many rows may not cost a hundred times as long: only what is in sight is drawn.
        assert whole < max(50 * part, 0.25)


async def test_marked_resources_are_synced_alone(make_engine, opened) -> None:
    engine = make_engine(drifted=5)
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket", "space", "space", "s")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        assert len(app.screen.plan.steps) == 2
        assert "only the 2 marked" in "".join(hint.what for hint in app.screen.switches())


async def test_at_once_asks_one_key_and_shows_the_whole_dialog_where_something_goes(make_engine, opened) -> None:
    engine = make_engine(extra=1)
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("S")
        await until_screen(pilot, lambda: isinstance(app.screen, QuickSync) and "3 change" in app.screen.text)
        await pilot.press("enter")
        assert engine.count("sync") == 0
        await pilot.press("y")
        await until_screen(pilot, lambda: engine.count("sync") == 1 and len(app.screen_stack) == 1)
        app.last_options[next(iter(engine.snapshot.applications))] = replace(engine.asked[0][1], prune=True)
        await pilot.press("S")
        await until_screen(pilot, lambda: isinstance(app.screen, SyncScreen) and app.screen.plan)
        assert app.screen.options.prune
        assert engine.count("sync") == 1


async def test_a_pause_takes_a_time_and_a_reason_with_every_letter(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        await until_screen(pilot, lambda: isinstance(app.screen, PauseScreen))
        await pilot.press("tab", *"soon", "enter")
        await until_screen(pilot, lambda: "not understood" in app.screen.text)
        assert engine.count("pause") == 0
        await pilot.press(*["backspace"] * 4, *"2h", "enter", *"qsrxpd", "enter")
        await until_screen(pilot, lambda: engine.count("pause") == 1 and len(app.screen_stack) == 1)
        _, _, reason, until = engine.asked[-1]
        assert reason == "qsrxpd"
        assert timedelta(hours=1, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=2)


async def test_a_pause_says_who_paused_and_offers_to_resume(make_engine, opened) -> None:
    engine = make_engine()
    engine.change(record=AppRecord(Pause("miguel@laptop", datetime.now(UTC), "INC-42")))
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        await until_screen(pilot, lambda: isinstance(app.screen, PauseScreen) and "miguel@laptop" in app.screen.text)
        assert "INC-42" in app.screen.text
        await pilot.press("r")
        await until_screen(pilot, lambda: engine.count("resume") == 1)


async def test_a_pause_that_fails_stays_open_and_says_why(make_engine, opened) -> None:
    engine = make_engine()
    engine.hold.add("pause")
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        await until_screen(pilot, lambda: isinstance(app.screen, PauseScreen))
        await pilot.press("enter", "enter")
        await until_screen(pilot, lambda: engine.held)
        engine.held["pause"][0].set_exception(PlanRefused("the state can't be written", hint="ask for rights"))
        await until_screen(pilot, lambda: "ask for rights" in app.screen.text)


async def test_unpinning_shows_first_what_a_sync_would_do(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("U")
        assert len(app.screen_stack) == 1
        engine.change(record=AppRecord(pin=Pin("b" * 40, "dana@x", datetime.now(UTC), "bad release")))
        await pilot.press("U")
        await until_screen(pilot, lambda: isinstance(app.screen, UnpinScreen) and app.screen.plan)
        assert "bad release" in app.screen.text
        assert "automatic sync does what stands below" in " ".join(app.screen.text.split())
        assert engine.count("unpin") == 0
        await pilot.press("enter")
        await until_screen(pilot, lambda: engine.count("unpin") == 1 and len(app.screen_stack) == 1)


async def test_quitting_while_a_sync_runs_asks_first(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        plan = engine.plan_of(SyncOptions())
        engine.change(operation=engine.operation(plan, OperationPhase.RUNNING))
        await pilot.press("q")
        await until_screen(pilot, lambda: isinstance(app.screen, Confirm) and "shop on prod" in app.screen.text)
        await pilot.press("escape")
        assert app.is_running
        assert len(app.screen_stack) == 1
        await pilot.press("ctrl+c")
        await until_screen(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
    assert app.return_code == 0


async def test_the_command_line_completes_and_keeps_what_is_wrong(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"fly", "enter")
        await until_screen(pilot, lambda: "there is no command 'fly'" in app.screen.text)
        await pilot.press(*["backspace"] * 3, *"paus", "tab", *"sh")
        await until_screen(pilot, lambda: "pause shop" in app.screen.text)
        await pilot.press("tab", *"2h INC 7", "enter")
        await until_screen(pilot, lambda: engine.count("pause") == 1 and len(app.screen_stack) == 1)
        assert engine.asked[-1][2] == "INC 7"


async def test_a_roll_back_can_be_typed(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"rollback shop 0005", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, RollbackScreen) and app.screen.plan)
        assert "is pinned to" in app.screen.text
        assert "Git since: 1 file" in app.screen.text
        await pilot.press("tab")
        await until_screen(pilot, lambda: "new between" in app.screen.text)
        await pilot.press("tab", "m", *"dqx", "enter", "enter")
        await until_screen(pilot, lambda: engine.count("rollback") == 1)
        assert engine.asked[-1][2] == "dqx"


async def test_the_palette_finds_an_action_by_a_word(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+p", *"errors and", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, ErrorsScreen))


async def test_copying_takes_what_is_selected_through_the_terminal(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket", "c")
        await until_screen(pilot, lambda: isinstance(app.screen, Choice) and "kubectl command" in app.screen.text)
        await pilot.press("k")
        await until_screen(
            pilot, lambda: app.clipboard.startswith("kubectl --context prod -n shop get ConfigMap c0000")
        )
        await pilot.press("c")
        await until_screen(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("l")
        await until_screen(pilot, lambda: "kind: ConfigMap" in app.clipboard)


async def test_yaml_is_shown_by_side_and_searched(make_engine, opened) -> None:
    engine = make_engine()
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket", "y")
        await until_screen(
            pilot, lambda: isinstance(app.screen, ManifestScreen) and "kind: ConfigMap" in app.screen.text
        )
        await pilot.press("slash", *"c0000", "enter")
        await until_screen(pilot, lambda: "match 1 of 1" in app.screen.text)
        await pilot.press("tab")
        await until_screen(pilot, lambda: "Git has no such object" in app.screen.text)
        await pilot.press("escape", "escape")
        assert len(app.screen_stack) == 1


async def test_read_only_opens_no_dialog_that_changes_and_says_why(make_engine, opened) -> None:
    engine = make_engine(read_only=True)
    async with (app := GitOpsApp(lambda: engine, Settings(read_only=True))).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        for pressed in ("s", "S", "p", "P", "R", "U"):
            await pilot.press(pressed)
            assert len(app.screen_stack) == 1
        assert app.message is not None
        assert "read-only" in app.message[0]
        await pilot.press("colon", *"sync shop", "enter")
        await until_screen(pilot, lambda: not isinstance(app.screen, CommandScreen))
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(
    ("live", "git", "said"),
    [
        ("a\tb", "a    b", "a\\tb → a    b"),
        ("x" * 100 + "LIVE" + "y" * 100, "x" * 100 + "GIT" + "y" * 100, "LIVE"),
        ("5", 5, '"5" → 5'),
        ("", "x", '"" → x'),
        (3, 5, "3 → 5"),
        ({"a": "x" * 90, "name": "old"}, {"a": "x" * 90, "name": "new"}, 'old"} → '),
    ],
)
def test_a_plan_shows_in_what_two_values_differ(live: object, git: object, said: str) -> None:
    difference = FieldDifference("data.x", git, live, Reason.DIFFERS, Owner("kubectl-edit:dana"))
    text = "\n".join("".join(piece for piece, _ in each.pieces) for each in difference_rows(difference, "", 300))
    assert said in text
    assert "by kubectl-edit by dana" in text
    before, _, after = text.removeprefix("data.x  ").partition("  by ")[0].partition(" → ")
    assert before != after
