"""Sync windows in the app: the line on an application, the count in the header, the screen that lists them."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops_tui.model.windows import SyncGate, SyncWindow, WindowLine, WindowState
from gitops_tui.reconcile.projects.windows import gate_of
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import WindowsScreen
from gitops_tui.tui.windowwords import gate_words
from gitops_tui.windowsettings import read_window
from tests.support.waiting import until_screen

SIZES = [(160, 48), (80, 24)]


def window(**more: Any) -> SyncWindow:
    data = {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["shop"], **more}
    return read_window(data, "the project web", 1)


@pytest.fixture
def engine(make_engine) -> Any:
    class Windowed(make_engine):
        lines: tuple[WindowLine, ...] = ()

        def windows(self) -> Future[tuple[WindowLine, ...]]:
            return self._answer("windows", self.lines)

    return Windowed()


def held(*windows: SyncWindow) -> SyncGate:
    return gate_of([windows], datetime.now(UTC))


@pytest.mark.parametrize("size", SIZES)
async def test_the_windows_are_listed_with_what_they_are_about(engine, size) -> None:
    mine, other = window(description="INC-42 [bold]freeze[/bold] \x1b[31m"), window(timeZone="Mars/Base")
    engine.change(gate=held(mine))
    engine.lines = (WindowLine(WindowState(mine, True), ("shop",)), WindowLine(WindowState(other, None), ("pay",)))
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=size) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("colon", *"windows", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, WindowsScreen) and app.screen.found)
        for word in ("1 window", "deny * * * * * for 1h", "the project web, window 1; about shop", "never closes"):
            assert word in app.screen.text
        assert "INC-42 [bold]freeze" in app.screen.text
        assert "\x1b" not in app.screen.text
        assert "Mars" not in app.screen.text
        await pilot.press("a")
        await until_screen(pilot, lambda: "2 windows" in app.screen.text)
        assert "Mars/Base" in " ".join(app.screen.text.split())
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_an_application_says_that_a_window_holds_it_and_no_longer_once_it_opens(engine) -> None:
    engine.change(gate=held(window(manualSync=True)))
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=(120, 40)) as pilot:
        await until_screen(
            pilot, lambda: any(getattr(each.what, "what", "") == "window" for each in app.tree_pane.rows)
        )
        engine.change(gate=SyncGate())
        await until_screen(
            pilot, lambda: not any(getattr(each.what, "what", "") == "window" for each in app.tree_pane.rows)
        )


def test_the_line_says_until_when_and_whether_a_person_may() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    opens = now + timedelta(minutes=30)
    said = gate_words(SyncGate(False, True, "…", opens), now)
    assert said == f"⊘ sync window until {opens.astimezone():%H:%M} · manual syncs allowed"
    later = gate_words(SyncGate(False, False, "…", now + timedelta(days=3)), now)
    assert "manual syncs refused too" in later
    assert "2026-11-27" in later
    assert "can't be read" in gate_words(held(window(kind="forbid")))
