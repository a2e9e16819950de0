"""The menu of actions, and the question before one: what they say, and that nothing is done on one key alone."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from gitops_tui.errors import GitOpsError
from gitops_tui.model.actions import Asks, ObjectAction, ObjectActions, Propagation
from gitops_tui.model.keys import ResourceKey
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens.actions import ActionsScreen, ActScreen
from tests.support.waiting import until_screen

KEY = ResourceKey("apps", "Deployment", "shop", "web")
FOUND = ObjectActions(
    "prod",
    KEY,
    "uid-1",
    (
        ObjectAction("restart", "r", "restart", "makes its pods anew", "Git does not set it: no drift"),
        ObjectAction("scale", "s", "scale", "sets how many", "Git says spec.replicas: 3: auto-sync will set it back",
                     asks=Asks.NUMBER, number=3),
        ObjectAction("promote", "o", "promote", "goes on", refused="no right to patch rollouts"),
        ObjectAction("delete", "d", "delete this Deployment", "from the cluster", "Git has it",
                     ("what it owns goes with it: 3 Pod",), asks=Asks.NAME, destructive=True),
    ),
)  # fmt: skip


class Acting:
    """A fake engine's actions."""

    def __init__(self, engine) -> None:
        self.done: list = []
        self.failure: GitOpsError | None = None
        engine.actions, engine.act = self.actions, self.act

    def actions(self, app, key, uid="") -> Future:
        future: Future = Future()
        future.set_result(FOUND)
        return future

    def act(self, app, key, request, uid="") -> Future:
        self.done.append(request)
        future: Future = Future()
        if self.failure is not None:
            future.set_exception(self.failure)
        else:
            future.set_result("Deployment.apps shop/web: done")
        return future


@pytest.fixture
def opened():
    async def open_menu(pilot, *keys: str) -> None:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: pilot.app.tree_pane.node and pilot.app.tree_pane.node.key)
        await pilot.press(*(keys or ("a",)))
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, ActionsScreen | ActScreen))

    return open_menu


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_the_menu_says_what_may_not_be_done_and_why(make_engine, opened, size) -> None:
    acting = Acting(engine := make_engine())
    async with app_on(engine).run_test(size=size) as pilot:
        await opened(pilot)
        await until_screen(pilot, lambda: "restart" in pilot.app.screen.text)
        assert "✗ no right to patch rollouts" in pilot.app.screen.text
        await pilot.press("o")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        await pilot.press("y", "enter")
        assert acting.done == []
        await pilot.press("escape", "r")
        await until_screen(pilot, lambda: "no drift" in pilot.app.screen.text)
        assert "cluster prod" in pilot.app.screen.text and "namespace shop" in pilot.app.screen.text
        await pilot.press("enter")
        assert acting.done == []
        await pilot.press("y")
        await until_screen(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert [each.name for each in acting.done] == ["restart"]
        assert acting.done[0].uid == "uid-1"
        assert pilot.app.message[0] == "Deployment.apps shop/web: done"


async def test_a_number_is_asked_for_and_nonsense_is_not_sent(make_engine, opened) -> None:
    acting = Acting(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        await opened(pilot, "colon", *"scale 5", "enter")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        assert "auto-sync will set it back" in pilot.app.screen.text
        await pilot.press("end", "x", "enter")
        await until_screen(pilot, lambda: "no number" in pilot.app.screen.text)
        assert acting.done == []
        await pilot.press("end", "backspace", "enter")
        await until_screen(pilot, lambda: acting.done)
        assert acting.done[0].replicas == 5


async def test_deleting_asks_for_the_name_and_says_what_goes_with_it(make_engine, opened) -> None:
    acting = Acting(engine := make_engine())
    async with app_on(engine).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until_screen(pilot, lambda: "delete" in pilot.app.screen.text)
        await pilot.press("d")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        assert "3 Pod" in pilot.app.screen.text
        await pilot.press("y", "enter")
        await until_screen(pilot, lambda: "not its name" in pilot.app.screen.text)
        assert acting.done == []
        await pilot.press("tab", "tab")
        await until_screen(pilot, lambda: "Orphan: what it owns stays" in pilot.app.screen.text)
        await pilot.press("home", "delete", *"web", "enter")
        await until_screen(pilot, lambda: acting.done)
        assert acting.done[0].propagation is Propagation.ORPHAN


async def test_what_failed_stays_to_be_read(make_engine, opened) -> None:
    acting = Acting(engine := make_engine())
    acting.failure = GitOpsError("web has changed meanwhile: nothing was done", hint="look, then try again")
    async with app_on(engine).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until_screen(pilot, lambda: "restart" in pilot.app.screen.text)
        await pilot.press("r")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        await pilot.press("y")
        await until_screen(pilot, lambda: "has changed meanwhile" in pilot.app.screen.text)
        assert "look, then try again" in pilot.app.screen.text
        await pilot.press("escape", "escape")
        await until_screen(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_an_action_that_does_not_fit_says_what_does(make_engine, opened) -> None:
    acting = Acting(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        await opened(pilot, "colon", *"suspend", "enter")
        await until_screen(pilot, lambda: "suspend can't be done" in pilot.app.screen.text)
        assert acting.done == []
