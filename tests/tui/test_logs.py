"""The view of logs: what it shows, what its keys do, and that lines which come do not move what is read."""

from __future__ import annotations

import stat
from concurrent.futures import Future
from pathlib import Path

import pytest

from gitops_tui.model.logs import ALL_CONTAINERS, ContainerKind, LogContainer, LogFeed, LogLine, LogPod, LogSource
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import Ask, Choice
from gitops_tui.tui.screens.logs import LogScreen
from tests.support.waiting import until_screen


class Logging:
    """A fake engine's logs: `say` puts lines into the feed that was asked for last."""

    def __init__(self, engine) -> None:
        self.engine, self.asked, self.stopped = engine, [], 0
        self.feed = LogFeed()
        engine.logs, engine.log_pods = self.logs, self.pods

    def logs(self, app, key, options, feed, uid=""):
        self.asked.append((key, options, uid))
        self.feed = feed

        def stop() -> None:
            self.stopped += 1

        return stop

    def pods(self, app, key, uid="") -> Future:
        future: Future = Future()
        containers = (
            LogContainer("setup", ContainerKind.INIT, "exit 0"),
            LogContainer("app", state="running", chosen=True),
            LogContainer("debug", ContainerKind.EPHEMERAL),
        )
        future.set_result((LogPod("shop", "web-1", "1", containers), LogPod("shop", "web-2", "2", containers)))
        return future

    def say(self, *texts: str, pod: str = "web-1", note: bool = False, start: int = 0) -> None:
        source = self.feed.source(LogSource("shop", pod, "app"))
        self.feed.put(
            [LogLine(source, f"2026-05-01T10:00:{start + n:09}Z", text, note) for n, text in enumerate(texts)]
        )


@pytest.fixture
def logged(make_engine):
    async def open_logs(pilot, logging) -> LogScreen:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)
        await pilot.press("L")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, LogScreen) and logging.asked)
        return pilot.app.screen

    return open_logs


def app_on(engine) -> GitOpsApp:
    return GitOpsApp(lambda: engine, engine.settings)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_lines_of_several_pods_with_their_names_and_colours(make_engine, logged, size) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=size) as pilot:
        screen = await logged(pilot, logging)
        logging.say("alone")
        await until_screen(pilot, lambda: "alone" in screen.text)
        assert screen.pane.text == "alone"
        logging.say("together", pod="web-2", start=5)
        await until_screen(pilot, lambda: "2 alone" not in screen.text and "together" in screen.text)
        assert screen.pane.text.splitlines() == ["1 alone", "2 together"]
        roles = [pieces[0][1] for _, pieces in screen.pane._rows]
        assert len(set(roles)) == 2
        assert "2 pods" in screen.text and "following" in screen.text
        await pilot.press("escape")
        await until_screen(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert logging.stopped


async def test_what_is_read_stays_while_lines_come_and_go(make_engine, logged) -> None:
    engine = make_engine()
    logging = Logging(engine)
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        screen = await logged(pilot, logging)
        screen.buffer.limit = 1000
        logging.say(*(f"line {n}" for n in range(900)))
        await until_screen(pilot, lambda: "line 899" in screen.pane.text)
        await pilot.press("pageup", "pageup")
        read = screen.pane.text
        assert "line 899" not in read
        logging.say(*(f"line {n}" for n in range(900, 1300)), start=900)
        await until_screen(pilot, lambda: screen.buffer.dropped == 300)
        assert screen.pane.text == read
        assert "older 300 dropped" in screen.text
        await pilot.press("g")
        assert screen.pane.text.startswith("line 300\n")
        await pilot.press("G")
        assert screen.pane.text.endswith("line 1299")
        assert screen.pane.following


async def test_search_goes_from_hit_to_hit_and_marks_them(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        screen = await logged(pilot, logging)
        logging.say(*("an Error" if n % 100 == 50 else f"line {n}" for n in range(500)))
        await until_screen(pilot, lambda: "line 499" in screen.pane.text)
        await pilot.press("slash", *"error", "enter")
        await until_screen(pilot, lambda: "5 of 5" in screen.text)
        marked = [text for _, pieces in screen.pane._rows for text, role in pieces if "selected" in role]
        assert marked == ["Error"]
        await pilot.press("n")
        await until_screen(pilot, lambda: "1 of 5" in screen.text)
        assert "line 51" in screen.pane.text
        await pilot.press("N", "N")
        await until_screen(pilot, lambda: "4 of 5" in screen.text)
        await pilot.press("escape")
        await until_screen(pilot, lambda: "of 5" not in screen.text)
        assert isinstance(pilot.app.screen, LogScreen)


async def test_the_filter_shows_only_what_has_the_words(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        screen = await logged(pilot, logging)
        logging.say("one a", "two b", "three a")
        await until_screen(pilot, lambda: "three a" in screen.pane.text)
        await pilot.press("ampersand", *"a", "enter")
        await until_screen(pilot, lambda: screen.pane.text == "one a\nthree a")
        logging.say("four b", "five a", start=10)
        await until_screen(pilot, lambda: screen.pane.text == "one a\nthree a\nfive a")
        await pilot.press("ampersand", "escape")
        await until_screen(pilot, lambda: "four b" in screen.pane.text)


async def test_hostile_lines_are_shown_and_wrapped_ones_are_whole(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(80, 24)) as pilot:
        screen = await logged(pilot, logging)
        logging.say("\x1b[2J[bold]markup[/bold]\x07", "wide " + "界" * 100, "{" + '"msg":"up","n":1}', "x" * 16384)
        await until_screen(pilot, lambda: "[bold]markup" in screen.pane.text)
        assert "\x1b" not in screen.pane.text
        assert "up n=1" in screen.pane.text
        await pilot.press("J")
        assert '"msg":"up"' in screen.pane.text
        await pilot.press("w", "G")
        assert screen.pane.text.replace("\n", "").endswith("x" * 200)
        await pilot.press("g")
        assert screen.pane.text.count("界") == 100
        for _ in range(300):
            screen.pane.action_move(1)
        assert screen.pane.following
        await pilot.press("w", "t")
        assert "10:00:00.000" in screen.pane.text


async def test_the_container_the_run_before_and_the_time_are_asked_for_anew(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        screen = await logged(pilot, logging)
        await pilot.press("c")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, Choice))
        said = pilot.app.screen.text
        assert "2× init, exit 0" in said and "ephemeral" in said and "all containers" in said
        await pilot.press("*")
        await until_screen(pilot, lambda: logging.asked[-1][1].container == ALL_CONTAINERS)
        await pilot.press("p")
        await until_screen(pilot, lambda: logging.asked[-1][1].previous)
        assert not logging.asked[-1][1].follow
        await pilot.press("s")
        await until_screen(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("2")
        await until_screen(pilot, lambda: logging.asked[-1][1].since == 300)
        assert logging.stopped == len(logging.asked) - 1
        logging.feed.note("no rights to read logs: forbidden")
        logging.feed.end()
        await until_screen(pilot, lambda: "— no rights to read logs: forbidden —" in screen.text)


async def test_saving_makes_a_new_file_of_ones_own_and_never_overwrites(make_engine, logged, tmp_path: Path) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(120, 30)) as pilot:
        screen = await logged(pilot, logging)
        logging.say("hello \x1b[1m", "https://dana:hunter2@git.example/")
        await until_screen(pilot, lambda: "hello" in screen.pane.text)
        path = tmp_path / "kept.log"
        for said in ("saved 2 lines", "nothing was saved"):
            await pilot.press("S")
            await until_screen(pilot, lambda: isinstance(pilot.app.screen, Ask))
            box = pilot.app.screen.query_one("TextBox")
            box.value = str(path)  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until_screen(pilot, lambda said=said: said in screen.text)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        assert text.startswith("2026-05-01T10:00:000000000Z hello ␛[1m\n")
        assert "hunter2" not in text


async def test_nothing_is_painted_while_nothing_comes(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        screen = await logged(pilot, logging)
        logging.say("one")
        await until_screen(pilot, lambda: "one" in screen.pane.text)
        assert screen._timer is None
        logging.feed.on_news()
        await until_screen(pilot, lambda: screen._timer is None)


async def test_a_command_opens_the_log_of_one_container(make_engine, logged) -> None:
    logging = Logging(engine := make_engine())
    async with app_on(engine).run_test(size=(100, 30)) as pilot:
        await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)
        await pilot.press("colon", *"logs side", "enter")
        await until_screen(pilot, lambda: logging.asked)
        assert logging.asked[-1][1].container == "side"
