"""The terminal is handed to another program and comes back, with the real program in a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from tests.terminal.driver import Terminal

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "registry.invalid/web:1"}]}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
def with_kubectl(request: pytest.FixtureRequest, made_repository, tmp_path: Path) -> Iterator[object]:
    """The program on a cluster, with the real kubectl."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    made_repository.commit({"apps/web/web.yaml": WEB})
    with contextlib.ExitStack() as stack:
        if request.param == "real":
            config = request.getfixturevalue("real_kubeconfig")
        else:
            config = stack.enter_context(DemoCluster(delay=0)).kubeconfig(tmp_path / "kubeconfig")
        named = os.environ.get("GITOPS_TUI_TEST_PROGRAM")
        line = [named] if named else [sys.executable, "-m", "gitops_tui"]
        line += ["--repo", str(made_repository.folder), "--path", "apps/web", "-n", namespace, "--create-namespace"]
        line += ["--kubeconfig", str(config)]
        subprocess.run([*line, "sync", "web", "--yes"], check=True, capture_output=True)
        terminal = Terminal(line, columns=120, rows=30)
        yield terminal
        terminal.kill()


def test_what_the_real_kubectl_says_is_read_before_the_screen_comes_back_whole(with_kubectl) -> None:
    """No container runs there: kubectl's error has to be seen, and the screen is as it was."""
    screen = with_kubectl
    screen.wait_for("✓ Synced")
    screen.press("/kind:deployment web\r")
    screen.wait_for("1 of ")
    screen.press("G")
    screen.press(":")
    screen.wait_for("tab complete")
    screen.press("exec -- true\r")
    shown = screen.wait_for("enter goes back")
    assert "exec in web-" in shown
    assert "rror" in shown
    screen.press("\r")
    screen.wait_for("over, with")
    screen.wait_for("Applications")
    screen.press(":")
    screen.wait_for("tab complete")
    screen.press("forward 0:80\r:")
    screen.wait_for("is no port")
    screen.press("\x1b")
    screen.press(":")
    screen.wait_for("tab complete")
    screen.press(f"forward {free_port()}:80\r")
    # It listens, or says that it can't; either way it ends by an interrupt.
    screen.wait_for("forwarding ")
    screen.press("\x03")
    screen.wait_for("Applications")
    screen.press("q")
    assert screen.ended() == 0
