"""The view of logs against its budgets: 50,000 lines scrolled and searched within 50 ms a key, 10,000 lines a second taken in.

Measured in the app on a headless screen of 160x48, without the terminal. Figures are printed (`pytest -m benchmark -s`);
the budgets are the project's, with slack for a loaded machine.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable

import pytest

from gitops_tui.model.logs import LogFeed, LogLine
from gitops_tui.tui.logbuffer import LogBuffer
from gitops_tui.tui.logpane import LogPane

SLACK = float(os.environ.get("GITOPS_TUI_BENCH_SLACK", "1.5"))
LINES = 50_000
pytestmark = pytest.mark.benchmark


def lines(count: int, start: int = 0) -> list[LogLine]:
    made = []
    for n in range(start, start + count):
        second, part = divmod(n, 10_000)
        text = f'{{"level":"info","msg":"request {n} done","path":"/api/v1/orders/{n % 977}","took":{n % 311}}}'
        made.append(LogLine(0, f"2026-05-01T10:{second // 60:02}:{second % 60:02}.{part:09}Z", text))
    return made


@pytest.fixture(autouse=True)
def _as_the_program() -> None:
    """Collections as rare as the program has them (cli/main.py, tui/app.py)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def milliseconds(work: Callable[[], object], times: int = 20) -> float:
    """The 95th percentile."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(took, n=20)[-1]


async def test_scrolling_and_searching_fifty_thousand_lines() -> None:
    from textual.app import App

    buffer = LogBuffer(LINES)
    buffer.add(lines(LINES))
    pane = LogPane(buffer, LogFeed())

    class Holder(App[None]):
        def compose(self):
            yield pane

    async with Holder().run_test(size=(160, 48)):
        words = iter(["orders/4", "done", "request 49", "Took", "nothing like it"] * 10)

        def search() -> None:
            buffer.set_search(next(words))
            found = buffer.next_hit(pane.here, -1)
            if found is not None:
                pane.go(found)

        def wrap() -> None:
            pane.look = pane.look._replace(wrap=not pane.look.wrap)
            pane.paint()

        def filtered() -> None:
            buffer.set_filter(next(words))
            pane.paint()

        told = {
            "a line up": milliseconds(lambda: pane.action_move(-1)),
            "a page up": milliseconds(lambda: pane.action_page(-1)),
            "to the top": milliseconds(pane.action_top),
            "to the end": milliseconds(pane.action_bottom),
            "wrap": milliseconds(wrap),
            "a letter of a search": milliseconds(search),
            "next hit": milliseconds(lambda: pane.go(buffer.next_hit(pane.here, 1) or buffer.first)),
            "a letter of a filter": milliseconds(filtered),
        }
    print("\n" + "\n".join(f"{name}: {took:.1f} ms (95th of 100)" for name, took in told.items()))
    assert max(told.values()) <= 50 * SLACK, told


async def test_ten_thousand_lines_a_second_leave_the_screen_its_time() -> None:
    """A full second of lines in twenty takes, painted and searched: the share of that second that it costs."""
    from textual.app import App

    buffer = LogBuffer(LINES)
    buffer.add(lines(LINES))
    buffer.set_search("request 1")
    pane = LogPane(buffer, LogFeed())

    class Holder(App[None]):
        def compose(self):
            yield pane

    async with Holder().run_test(size=(160, 48)):
        batches = [lines(500, LINES + at * 500) for at in range(20)]
        took = []
        for batch in batches:
            start = time.perf_counter()
            buffer.add(batch)
            pane.paint()
            took.append((time.perf_counter() - start) * 1000)
    print(f"\n10,000 lines: {sum(took):.0f} ms of a second, at most {max(took):.1f} ms at once")
    assert len(buffer.lines) == LINES
    assert sum(took) <= 500 * SLACK
    assert max(took) <= 50 * SLACK
