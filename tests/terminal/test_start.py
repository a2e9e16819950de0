"""What a newcomer types wrong is said on the start-up screen, and the program leaves with 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from tests.terminal.driver import Terminal


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--context", "dmo"], "did you mean demo?"),
        (["--revision", "nope"], "has no revision 'nope'"),
        (["--path", "nope/*"], "matches 'nope/*'"),
    ],
)
def test_a_wrong_option_is_said_before_anything_else(
    made_repository, tmp_path: Path, more: list[str], said: str
) -> None:
    made_repository.commit({"apps/a/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    with DemoCluster() as cluster:
        config = cluster.kubeconfig(tmp_path / "kubeconfig")
        line = [sys.executable, "-m", "gitops_tui", "--repo", str(made_repository.folder), "--path", "apps/*"]
        terminal = Terminal([*line, "--kubeconfig", str(config), *more], columns=120, rows=24)
        try:
            terminal.wait_for(said)
            assert "can't start" in terminal.text()
            terminal.press("q")
            assert terminal.ended() == 2
        finally:
            terminal.kill()


def test_a_broken_application_file_beside_good_ones_stays_readable(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/a/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    files = tmp_path / "files"
    files.mkdir()
    good = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: good}}\nspec:\n  source: {{repoURL: {made_repository.folder}, path: apps/a}}\n  destination: {{namespace: default}}\n"
    (files / "good.yaml").write_text(good)
    (files / "bad.yaml").write_text("a: b: c\n")
    with DemoCluster() as cluster:
        config = cluster.kubeconfig(tmp_path / "kubeconfig")
        line = [sys.executable, "-m", "gitops_tui", "-f", str(files), "--kubeconfig", str(config)]
        terminal = Terminal(line, columns=120, rows=24)
        try:
            terminal.wait_for("OutOfSync")
            terminal.wait_for("1 to read (E)")
            terminal.press("E")
            terminal.wait_for("bad.yaml:1:5")
        finally:
            terminal.kill()
