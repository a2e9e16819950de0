"""The terminal is handed to another program and comes back, with the real program in a pseudo-terminal."""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("terminal_driver", Path(__file__).with_name("driver.py"))
assert _spec is not None
assert _spec.loader is not None
_driver = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_driver)
Terminal = _driver.Terminal

# Stands in for kubectl: says what it was told, takes a line, or waits for ctrl+c.
KUBECTL = """\
#!/bin/sh
echo "told: $*" | tr -d '\\n' | tail -c 60; echo
case "$*" in
  *port-forward*) trap 'exit 130' INT; while :; do read line || exit 1; done ;;
esac
read line
echo "heard $line"
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[object]:
    path = tmp_path / "kubectl"
    path.write_text(KUBECTL)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    named = os.environ.get("GITOPS_TUI_TEST_PROGRAM")
    line = [named] if named else [sys.executable, "-m", "gitops_tui"]
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    terminal = Terminal([*line, "demo"], columns=160, rows=48, env=env)
    yield terminal
    terminal.kill()


def test_a_shell_is_opened_and_the_screen_comes_back_with_every_key(demo) -> None:
    demo.wait_for("− missing")
    demo.press("/kind:dep ledger\r")
    demo.wait_for("1 of ")
    demo.press("G")
    demo.press(":")
    demo.wait_for("tab complete")
    demo.press("exec -- hello\r")
    demo.wait_for("Which pod?")
    demo.press("1")
    demo.wait_for("--container=ledger -- hello")
    demo.press("typed\r")
    demo.wait_for("over")
    demo.wait_for("Applications")
    demo.press("?")
    demo.wait_for("down (in the pane that has the focus)")
    demo.press("\x1b")


def test_forwarding_ends_by_an_interrupt_that_the_screen_survives(demo) -> None:
    demo.wait_for("− missing")
    demo.press("/kind:dep ledger\r")
    demo.wait_for("1 of ")
    demo.press("G")
    demo.press(":")
    demo.wait_for("tab complete")
    demo.press("forward 8080:80\r")
    demo.wait_for("port-forward deployment.apps/ledger 8080:80")
    demo.press("\x03")
    demo.wait_for("forwarding 8080:80 to deployment.apps/ledger on demo: over")
    demo.press("q")
    assert demo.ended() == 0


def test_logs_of_a_workload_from_the_keyboard(demo) -> None:
    demo.wait_for("− missing")
    demo.press("/kind:dep ledger\r")
    demo.wait_for("1 of ")
    demo.press("GL")
    demo.wait_for("Logs of Deployment ledger")
    demo.wait_for("ledger started")
    demo.press("/ledger st\r")
    demo.wait_for("'ledger st'")
    before = demo.sent
    demo.press("q")
    demo.wait_for("Applications")
    assert demo.sent > before
