"""Stories in a pseudo-terminal, with the real program and the demo."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.terminal.driver import Terminal


def program() -> list[str]:
    named = os.environ.get("GITOPS_TUI_TEST_PROGRAM")
    return [named] if named else [sys.executable, "-m", "gitops_tui"]


@pytest.fixture(params=[(160, 48), (80, 24)], ids=["160x48", "80x24"])
def demo(request: pytest.FixtureRequest) -> Iterator[object]:
    terminal = Terminal([*program(), "demo"], columns=request.param[0], rows=request.param[1])
    yield terminal
    terminal.kill()


def test_drift_is_seen_synced_and_rolled_back(demo) -> None:
    demo.wait_for("− missing")
    demo.press("]")
    demo.wait_for("region: eu-west")
    demo.press("s")
    demo.wait_for("1 create")
    demo.press("\r")
    demo.wait_for("Succeeded")
    demo.press("\x1b")
    demo.wait_until_gone("Succeeded")
    demo.wait_until_gone("− missing")
    demo.press("h")
    demo.wait_for("before that")
    demo.press("j")
    demo.press("R")
    demo.wait_for("is pinned to")
    demo.press("\r")
    demo.wait_for("Succeeded")
    demo.press("\x1b")
    demo.wait_until_gone("Roll back")
    demo.wait_for("pinned")
    demo.press("\x1b")
    demo.wait_for("⚲ pinned")
    demo.read(0.5)
    demo.press("q")
    assert demo.ended() == 0


def test_idle_sends_no_byte(demo) -> None:
    demo.wait_for("− missing")
    demo.read(3.0)
    before = demo.sent
    demo.read(5.0)
    assert demo.sent == before


def test_letters_typed_at_once_go_into_the_filter_and_not_to_the_keys(demo) -> None:
    demo.wait_for("− missing")
    demo.press("/ppp sss kind:q\x7fdep\r")
    demo.wait_for("nothing matches 'ppp sss kind:dep'")
    assert "Pause" not in demo.text()
    demo.press("/\x15kind:dep payments\r")
    demo.wait_for("2 of ")
    demo.press("\x1b")
    demo.wait_for("the filter is off")
