"""Why and events, on the screen: what they show, that they close, and that they follow only while they are open."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from gitops_tui.errors import GitOpsError
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.inspect import Cause, Diagnosis, EventLine, Events, Link, LogTail, Orphan, Orphans
from gitops_tui.model.keys import ResourceKey
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import EventsScreen, LinksScreen, OrphanedScreen, WhyScreen
from tests.support.waiting import until_screen

SIZES = [(160, 48), (80, 24)]
POD = ResourceKey("", "Pod", "shop", "web-1")


@pytest.fixture
def engine(make_engine) -> Any:
    """A fake that answers why and follows events; `callbacks` are those who follow now."""

    class Inspected(make_engine):
        callbacks: list[Callable[[Events], None]] = []
        found: Any = None
        strays: Any = None

        def why(self, app: Any, key: Any = None, uid: str = "") -> Future[Diagnosis]:
            return self._answer("why", self.found, app, key, uid)

        def links(self, app: Any, key: Any = None, uid: str = "") -> Future[tuple[Link, ...]]:
            key = ResourceKey("networking.k8s.io", "Ingress", "shop", "web")
            return self._answer(
                "links", (Link("https://shop.example", "Ingress", key), Link("db.example", "host", key))
            )

        def orphaned(self, app: Any) -> Future[Orphans]:
            return self._answer("orphaned", self.strays, app)

        def follow_events(self, app: Any, key: Any, uid: str, callback: Any) -> Callable[[], None]:
            self.asked.append(("follow_events", app, key, uid))
            self.callbacks.append(callback)
            return lambda: self.callbacks.remove(callback)

    made = Inspected(drifted=2)
    made.callbacks = []
    causes = (
        Cause(70, POD, "container app ended (exit code 137, OOMKilled)", container="app", previous=True, count=3),
        Cause(55, POD, "Unhealthy: probe [bold]failed[/bold]", "a message \x1b[31mof the API"),
    )
    log = LogTail(POD, "app", True, ("first line", "killed \x1b[2Jnow"))
    key = next(iter(made.state.resources))
    made.found = Diagnosis(
        made.state.key, key, HealthStatus.DEGRADED, causes, log, ("no rights to see Events in shop",)
    )
    return made


def app_on(engine: Any) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


@pytest.mark.parametrize("size", SIZES)
async def test_the_weightiest_cause_comes_first_and_the_log_last(engine, size) -> None:
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("W")
        await until_screen(pilot, lambda: isinstance(app.screen, WhyScreen) and app.screen.found)
        said = app.screen.text
        for word in ("Degraded", "exit code 137", "and 2 others", "no rights to see Events", "the run before"):
            assert word in said
        assert said.index("exit code 137") < said.index("Unhealthy") < said.index("first line")
        assert "\x1b" not in said
        assert "[bold]failed[/bold]" in said
        await pilot.press("r")
        await until_screen(pilot, lambda: engine.count("why") == 2)
        await pilot.press("W")
        await until_screen(pilot, lambda: len(app.screen_stack) == 1)


async def test_why_is_asked_about_what_is_selected(engine) -> None:
    async with (app := app_on(engine)).run_test(size=(120, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("W")
        await until_screen(pilot, lambda: engine.count("why") == 1)
        assert engine.asked[-1] == ("why", engine.state.key, None, "")
        await pilot.press("escape", "right_square_bracket", "W")
        await until_screen(pilot, lambda: engine.count("why") == 2)
        assert engine.asked[-1][2] in engine.state.resources


async def test_an_error_is_said_and_can_be_asked_again(engine) -> None:
    engine.hold = {"why"}
    async with (app := app_on(engine)).run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("W")
        await until_screen(pilot, lambda: engine.held.get("why"))
        assert "asking the cluster" in app.screen.text
        engine.held["why"][0].set_exception(GitOpsError("the server is away", hint="look at the VPN"))
        await until_screen(pilot, lambda: "the server is away" in app.screen.text)
        await pilot.press("r")
        await until_screen(pilot, lambda: engine.count("why") == 2)


@pytest.mark.parametrize("size", SIZES)
async def test_events_are_followed_while_the_screen_is_open_and_no_longer(engine, size) -> None:
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("e")
        await until_screen(pilot, lambda: isinstance(app.screen, EventsScreen) and engine.callbacks)
        assert "loading" in app.screen.text
        first = EventLine(True, "BackOff", "Back-off restarting", POD, 7)
        engine.callbacks[0](Events((first, EventLine(False, "Pulled", "pulled [red]it[/red]", POD))))
        await until_screen(pilot, lambda: "BackOff" in app.screen.text)
        said = app.screen.text
        assert "x7" in said
        assert "1 warning, 1 others" in said
        assert "[red]it[/red]" in said
        await pilot.press("w")
        await until_screen(pilot, lambda: "Pulled" not in app.screen.text)
        engine.callbacks[0](Events((replace(first, reason="Gone"),)))
        await until_screen(pilot, lambda: "Gone" in app.screen.text)
        await pilot.press("escape")
        await until_screen(pilot, lambda: len(app.screen_stack) == 1 and not engine.callbacks)


async def test_the_right_pane_says_the_first_cause(engine) -> None:
    key, state = next(iter(engine.state.resources.items()))
    health = Health(HealthStatus.DEGRADED, "progress deadline exceeded")
    sick = replace(state, health=health, cause="no node takes the Pod")
    async with (app := app_on(engine)).run_test(size=(160, 40)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        engine.change(resources={**engine.state.resources, key: sick})
        await pilot.press("right_square_bracket")
        detail = app.detail

        def said() -> str:
            return "\n".join("".join(text for text, _ in line) for line in detail._lines if isinstance(line, list))

        await until_screen(pilot, lambda: "why: no node takes the Pod" in said())


async def test_a_link_is_copied(engine, monkeypatch) -> None:
    async with (app := app_on(engine)).run_test(size=(80, 24)) as pilot:
        copied: list[str] = []
        monkeypatch.setattr(app, "copy", lambda text, what: copied.append(text))
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("K")
        await until_screen(pilot, lambda: isinstance(app.screen, LinksScreen) and app.screen.found)
        assert "https://shop.example" in app.screen.text
        assert "Ingress web" in app.screen.text
        await pilot.press("down", "c")
        assert copied == ["db.example"]
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_what_belongs_to_no_application_is_listed_and_blindness_is_said(engine, size) -> None:
    app_key = engine.state.key
    stray = Orphan(ResourceKey("", "Secret", "shop", "cart"), None, "Helm release cart")
    engine.strays = Orphans(app_key, ("shop",), (stray,), ("no rights to see pods in shop",))
    async with (app := app_on(engine)).run_test(size=size) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await pilot.press("colon", *"orphaned", "enter")
        await until_screen(pilot, lambda: isinstance(app.screen, OrphanedScreen) and app.screen.found)
        for word in ("no application holds: 1 object", "Secret cart", "Helm release cart", "no rights to see pods"):
            assert word in app.screen.text
        engine.strays = Orphans(app_key, ("shop",), (), ("no rights to see pods in shop",))
        await pilot.press("r")
        await until_screen(pilot, lambda: "as far as can be seen" in app.screen.text)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_what_custom_resources_own_is_looked_for_once_an_application_is_selected(engine) -> None:
    async with (app := app_on(engine)).run_test(size=(120, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        await until_screen(pilot, lambda: engine.looked == [engine.state.key])
        await pilot.press("j", "j")
        await until_screen(pilot, lambda: app.tree_pane.cursor == 2 and app.detail._node == app.tree_pane.node)
        assert engine.looked == [engine.state.key]
