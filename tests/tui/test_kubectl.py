"""`:exec` and `:forward`: the command lines they run, and what is refused before any is."""

from __future__ import annotations

import signal
import stat
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from gitops_tui.errors import GitOpsError
from gitops_tui.model.logs import LogContainer, LogPod
from gitops_tui.tui import kubectl
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens import Choice
from tests.support.waiting import until_screen

POD = LogPod("shop", "web-1", "1", (LogContainer("app", chosen=True, state="running"), LogContainer("side")))
OTHER = LogPod("shop", "web-2", "2", POD.containers)
OPTIONS = ("--kubeconfig", "/k", "--context", "prod")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl that writes its arguments to a file, one a line."""
    path = tmp_path / "bin" / "kubectl"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(path.parent))
    return path


def test_a_shell_in_the_default_container(program: Path) -> None:
    container, command = kubectl.exec_words("")
    line = kubectl.exec_line(OPTIONS, POD, container, command)
    assert line[:5] == [str(program), *OPTIONS]
    assert line[5:] == [
        "--namespace", "shop", "exec", "--stdin", "--tty", "web-1", "--container=app", "--", "sh", "-c", command[2],
    ]  # fmt: skip


def test_a_command_with_its_quotes(program: Path) -> None:
    assert kubectl.exec_words("side -- sh -c 'echo a  b; ls'") == ("side", ["sh", "-c", "echo a  b; ls"])
    assert kubectl.exec_words("-- ls -l")[1] == ["ls", "-l"]
    for wrong in ("app other", "app --", "app -- 'ls"):
        with pytest.raises(GitOpsError, match="exec:"):
            kubectl.exec_words(wrong)
    with pytest.raises(GitOpsError, match="no container nobody") as error:
        kubectl.exec_line(OPTIONS, POD, "nobody", ["ls"])
    assert "app, side" in error.value.hint


@pytest.mark.parametrize("ports", ["8080", "8080:80", ":80", "8080:80 9090"])
def test_ports_are_forwarded(program: Path, ports: str) -> None:
    line = kubectl.forward_line(OPTIONS, "shop", "pod/web-1", ports)
    assert line[5:] == ["--namespace", "shop", "port-forward", "pod/web-1", *ports.split()]


@pytest.mark.parametrize("ports", ["", "http", "0", "70000", "80:", "80:90:1", "--address=0.0.0.0", ":", "８０"])
def test_what_is_no_port_is_refused(program: Path, ports: str) -> None:
    with pytest.raises(GitOpsError, match="forward:"):
        kubectl.forward_line(OPTIONS, "shop", "pod/web-1", ports)


def test_without_kubectl_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitOpsError, match="kubectl is not there") as error:
        kubectl.exec_line(OPTIONS, POD, "", ["ls"])
    assert "PATH" in error.value.hint


def test_an_interrupt_is_the_programs_and_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    script = "import os, signal, sys; os.kill(os.getppid(), signal.SIGINT); sys.exit(130)"
    assert kubectl.run([sys.executable, "-c", script], "forwarding", "ctrl+c comes back") == "forwarding: over"
    assert signal.getsignal(signal.SIGINT) is before
    assert "ctrl+c comes back" in capsys.readouterr().out


class Pods:
    def __init__(self, engine, *pods: LogPod) -> None:
        self.pods = pods
        engine.log_pods, engine.kubectl_options = self.log_pods, lambda app: ("--context", app.cluster)

    def log_pods(self, app, key, uid="") -> Future:
        future: Future = Future()
        future.set_result(self.pods)
        return future


async def typed(pilot, text: str) -> None:
    await until_screen(pilot, lambda: len(pilot.app.tree_pane.rows) > 1)
    await pilot.press("right_square_bracket")
    await until_screen(pilot, lambda: pilot.app.tree_pane.node and pilot.app.tree_pane.node.key)
    await pilot.press("colon", *text, "enter")


async def test_of_several_pods_one_is_asked_for(make_engine, program: Path, monkeypatch) -> None:
    handed: list[list[str]] = []
    Pods(engine := make_engine(), POD, OTHER)
    app = GitOpsApp(lambda: engine, engine.settings)
    monkeypatch.setattr(app, "_hand", lambda line, *_: handed.append(line))
    async with app.run_test(size=(100, 30)) as pilot:
        await typed(pilot, "exec side -- ls")
        await until_screen(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("2")
        await until_screen(pilot, lambda: handed)
        assert handed[0][1:] == [
            "--context", "prod", "--namespace", "shop", "exec", "--stdin", "--tty", "web-2", "--container=side", "--", "ls",
        ]  # fmt: skip


async def test_what_can_not_be_done_is_said_and_nothing_runs(make_engine, program: Path) -> None:
    Pods(engine := make_engine(), POD)
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=(100, 30)) as pilot:
        await typed(pilot, "exec nobody")
        await until_screen(pilot, lambda: app.message and "no container nobody" in app.message[0])
        await typed(pilot, "forward http")
        await until_screen(pilot, lambda: app.message and "is no port" in app.message[0])
        # A terminal that can't be handed over (here: none at all).
        await typed(pilot, "exec")
        await until_screen(pilot, lambda: app.message and "can't be handed over" in app.message[0])


async def test_read_only_opens_no_shell(make_engine, program: Path) -> None:
    Pods(engine := make_engine(read_only=True), POD)
    async with (app := GitOpsApp(lambda: engine, engine.settings)).run_test(size=(100, 30)) as pilot:
        await typed(pilot, "exec")
        await until_screen(pilot, lambda: app.message and "read-only: exec is off" in app.message[0])


async def test_what_the_user_has_no_right_to_is_refused_by_the_name_of_the_right(
    make_engine, program: Path, monkeypatch
) -> None:
    handed: list[list[str]] = []
    Pods(engine := make_engine(), POD)
    engine.refused = "dana has no right to create pods/exec in shop on prod"
    app = GitOpsApp(lambda: engine, engine.settings)
    monkeypatch.setattr(app, "_hand", lambda line, *_: handed.append(line))
    async with app.run_test(size=(100, 30)) as pilot:
        await typed(pilot, "exec")
        await until_screen(pilot, lambda: app.message and app.message[0] == f"exec: {engine.refused}")
        assert ("pod_refusal", engine.state.key, "exec", "shop", "web-1") in engine.asked
        await typed(pilot, "forward 8080")
        await until_screen(pilot, lambda: app.message and app.message[0] == f"port-forward: {engine.refused}")
        assert not handed


async def test_somebody_who_has_gone_on_meanwhile_is_not_thrown_into_a_shell(
    make_engine, program: Path, monkeypatch
) -> None:
    handed: list[list[str]] = []
    Pods(engine := make_engine(), POD)
    engine.hold = {"pod_refusal"}
    app = GitOpsApp(lambda: engine, engine.settings)
    monkeypatch.setattr(app, "_hand", lambda line, *_: handed.append(line))
    async with app.run_test(size=(100, 30)) as pilot:
        await typed(pilot, "exec")
        await until_screen(pilot, lambda: engine.held.get("pod_refusal"))
        await pilot.press("question_mark")
        await until_screen(pilot, lambda: len(app.screen_stack) == 2)
        engine.held["pod_refusal"][0].set_result("")
        await pilot.press("escape")
        await until_screen(pilot, lambda: len(app.screen_stack) == 1)
        assert not handed
