"""The commit browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_tui.errors import GitError
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import Confirm, HistoryScreen, RollbackScreen
from tests.support.waiting import until_screen


@pytest.fixture
def browsed(make_engine):
    async def open_on(pilot) -> HistoryScreen:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)
        await pilot.press("h")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and pilot.app.screen.commits)
        await until_screen(pilot, lambda: "new of" in pilot.app.screen.text)
        return pilot.app.screen

    return open_on


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_commits_stand_in_groups_with_marks_beside_what_they_changed(make_engine, browsed, size) -> None:
    app = GitOpsApp(make_engine, Settings())
    async with app.run_test(size=size) as pilot:
        screen = await browsed(pilot)
        headings = [
            "".join(text for text, _ in row.pieces).strip(" ─") for row in screen.listed.rows if row.key is None
        ]
        assert headings[:3] == ["waiting to be deployed", "deployed", "before that"]
        assert "3 commits waiting" in "".join(t for row in screen.query_one("#head").rows for t, _ in row.pieces)
        assert "new of Change 0" in screen.text


async def test_pages_come_as_one_goes_down(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        assert len(screen.commits) == 100
        await pilot.press("G")
        await until_screen(pilot, lambda: len(screen.commits) == 200)
        assert [each.commit.sha for each in screen.commits] == [each.sha for each in engine.commits]


async def test_a_late_answer_is_not_shown_beside_another_commit(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        engine.hold.add("commit_detail")
        await pilot.press("j")
        await until_screen(pilot, lambda: engine.held.get("commit_detail"))
        engine.hold.clear()
        await pilot.press("j")
        await until_screen(pilot, lambda: "new of Change 2" in screen.text)
        late = engine.held["commit_detail"][0]
        engine.hold.clear()
        late.set_result(engine.commit_detail(None, engine.commits[1].sha).result())
        await until_screen(pilot, lambda: any(key[1] == engine.commits[1].sha for key in screen.pane.made))
        assert "new of Change 2" in "".join(t for row in screen.pane.rows for t, _ in row.pieces)
        assert "new of Change 1" not in "".join(t for row in screen.pane.rows for t, _ in row.pieces)


async def test_a_search_takes_every_letter_and_esc_leaves_it(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(80, 24)) as pilot:
        screen = await browsed(pilot)
        await pilot.press("slash", *"Change 17", "enter")
        await until_screen(pilot, lambda: len(screen.commits) == 11)
        await pilot.press("escape")
        await until_screen(pilot, lambda: len(screen.commits) == 100)
        await pilot.press("escape")
        assert len(pilot.app.screen_stack) == 1


async def test_any_two_commits_are_compared_from_the_older_to_the_newer(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        await pilot.press("m", "j", "j", "3")
        await until_screen(pilot, lambda: "new between" in screen.text)
        assert engine.asked[-1] == ("changes", engine.commits[2].sha, engine.commits[0].sha)


async def test_what_the_cluster_would_change_is_asked_for_only_when_looked_at(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        assert engine.count("preview") == 0
        await pilot.press("2")
        await until_screen(pilot, lambda: "if rolled back to" in screen.text and "3 change" in screen.text)
        await pilot.press("1", "2")
        await pilot.pause(0.2)
        assert engine.count("preview") == 1


async def test_rolling_back_from_a_commit_names_it(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        await browsed(pilot)
        await pilot.press("j", "R")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, RollbackScreen) and pilot.app.screen.plan)
        assert "Change 1" in pilot.app.screen.text
        await pilot.press("enter")
        await until_screen(pilot, lambda: engine.count("rollback") == 1)


async def test_fifty_thousand_commits_open_with_one_page(make_engine, browsed) -> None:
    engine = make_engine()
    engine.commits = engine.commits * 250
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(160, 48)) as pilot:
        screen = await browsed(pilot)
        assert len(screen.commits) == 100


async def test_read_only_rolls_nothing_back(make_engine, browsed) -> None:
    engine = make_engine(read_only=True)
    async with GitOpsApp(lambda: engine, Settings(read_only=True)).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        await pilot.press("R")
        assert pilot.app.screen is screen


async def test_the_cursor_stays_on_its_commit_when_another_arrives(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(100, 30)) as pilot:
        screen = await browsed(pilot)
        await pilot.press("j", "j")
        chosen = screen.chosen.commit.sha
        newest = replace(engine.commits[0], sha="f" * 40, subject="Just now")
        engine.commits = [newest, *engine.commits]
        engine.change(target=newest)
        await until_screen(pilot, lambda: screen.commits[0].commit.sha == newest.sha)
        assert screen.chosen.commit.sha == chosen


async def test_a_commit_can_be_reverted_in_git_after_a_question(make_engine, browsed) -> None:
    engine = make_engine()
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(80, 24)) as pilot:
        await browsed(pilot)
        await pilot.press("j", "V")
        await until_screen(pilot, lambda: "undoes 1 commit, 1 of other people" in pilot.app.screen.text)
        assert "one commit onto the branch main" in " ".join(pilot.app.screen.text.split())
        await pilot.press("enter")
        await until_screen(
            pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Revert shop" in pilot.app.screen.text
        )
        assert engine.count("revert") == 0
        await pilot.press("y")
        await until_screen(pilot, lambda: engine.count("revert") == 1 and "committed aaaaaaa" in pilot.app.screen.text)


async def test_the_signature_comes_beside_the_files_and_is_asked_once(make_engine, browsed) -> None:
    engine = make_engine()
    engine.hold.add("signature")
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(120, 30)) as pilot:
        screen = await browsed(pilot)
        assert "signature checking…" in screen.text
        engine.hold.clear()
        engine.held["signature"][0].set_result(engine.signature(None, engine.commits[0].sha).result())
        await until_screen(pilot, lambda: "signature verified by dana@example.com" in screen.text)
        assert "new of Change 0" in screen.text
        await pilot.press("j")
        await until_screen(pilot, lambda: "signature none" in screen.text)
        before = engine.count("signature")
        await pilot.press("k")
        await until_screen(pilot, lambda: "signature verified" in screen.text)
        assert engine.count("signature") == before


async def test_a_signature_that_can_not_be_checked_says_why(make_engine, browsed) -> None:
    engine = make_engine()
    engine.hold.add("signature")
    async with GitOpsApp(lambda: engine, Settings()).run_test(size=(120, 30)) as pilot:
        screen = await browsed(pilot)
        engine.held["signature"][0].set_exception(GitError("gpg is not there"))
        await until_screen(pilot, lambda: "signature not checked: gpg is not there" in screen.text)
