"""The command line: what is typed, what it becomes, what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.commands import COMMANDS, complete, parse
from tests.support.waiting import until_screen

APPS = ["shop", "payments", "shop-staging"]


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("sync shop", "sync", ("shop",)),
        (":sync shop", "sync", ("shop",)),
        ("pause shop 2h the database moves", "pause", ("shop", "2h", "the database moves")),
        ("q", "quit", ()),
        ("hist shop", "history", ("shop",)),
        ("filter kind:secret ns:shop", "filter", ("kind:secret ns:shop",)),
        ("rollback shop abc123", "rollback", ("shop", "abc123")),
    ],
)
def test_a_line_is_a_command_with_its_arguments(text: str, name: str, arguments: tuple[str, ...]) -> None:
    found = parse(text)
    assert not found.problem
    assert found.command is not None
    assert (found.command.name, found.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "type a command"),
        ("fly", "there is no command 'fly'"),
        ("res shop", "did you mean resume or restart or"),
        ("rollback shop", "the revision is missing"),
        ("errors now", "errors takes nothing"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    assert said in parse(text).problem


def test_completion_offers_what_begins_so_first() -> None:
    assert complete("pau", APPS, ())[:2] == ["pause", "pause-all"]
    assert complete("sync sh", APPS, ()) == ["sync shop", "sync shop-staging"]
    assert complete("sync stag", APPS, ()) == ["sync shop-staging"]
    assert complete("theme d", APPS, ["gitops-dark", "gitops-light"]) == ["theme dark"]
    assert complete("rollback shop abc", APPS, ()) == []
    assert complete("errors x", APPS, ()) == []


def test_each_command_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert [each.name for each in COMMANDS if f"| `:{each.usage}` | {each.what} |" not in readme] == []


async def test_a_command_typed_in_one_burst_loses_no_letter(make_engine) -> None:
    """As a paste, or fast typing over a slow line, brings it: all keys are there before the line is."""
    engine = make_engine(drifted=1)
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        for _ in range(3):
            names = {":": "colon", " ": "space", "-": "minus"}
            for each in ":filter kind:none of-them":
                app.post_message(events.Key(names.get(each, each), each))
            app.post_message(events.Key("enter", "\r"))
            await until_screen(pilot, lambda: app.tree_pane.layout_rows.filter.text == "kind:none of-them")
            await until_screen(pilot, lambda: len(app.screen_stack) == 1)
            app.tree_pane.set_filter("")
        # What leaves the line leaves it for the keys behind it too.
        for key, each in (("colon", ":"), ("x", "x"), ("escape", "\x1b"), ("slash", "/"), ("w", "w")):
            app.post_message(events.Key(key, each))
        await until_screen(pilot, lambda: app.tree_pane.layout_rows.filter.text == "w")


async def test_text_pasted_before_the_line_is_there_stands_in_it(make_engine) -> None:
    engine = make_engine(drifted=1)
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 1)
        app.post_message(events.Key("colon", ":"))
        app.post_message(events.Paste("filter name"))
        app.post_message(events.Key("x", "x"))
        app.post_message(events.Key("enter", "\r"))
        await until_screen(pilot, lambda: app.tree_pane.layout_rows.filter.text == "namex")
