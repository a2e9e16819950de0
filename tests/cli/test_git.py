"""history, blame, revert and --working-tree by the command line, on the embedded cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata:\n  level: {level}\n  other: fixed\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pass\nstringData:\n  word: {word}\n"


@pytest.fixture
def cli(made_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Mia\n\temail = mia@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")

        def run(*args: str, repo: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
            where = ["--repo", repo or str(made_repository.folder), "--path", "apps/*", "--create-namespace"]
            line = [sys.executable, "-m", "gitops_tui", *where, "--kubeconfig", str(kubeconfig), *args]
            return subprocess.run(
                line,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
            )

        yield run


def test_history_pages_and_one_commit_in_full(cli, made_repository) -> None:
    for level in range(5):
        made_repository.commit({"apps/web/c.yaml": CONFIG.format(level=f"v{level}")}, f"level {level} (#{level})")
    made_repository.commit({"apps/db/c.yaml": CONFIG.format(level="x")}, "db\n\nCo-authored-by: Eve <eve@example.com>")
    page = json.loads(cli("history", "web", "--limit", "2", "--skip", "1", "-o", "json").stdout)
    assert [each["subject"] for each in page["commits"]] == ["level 3 (#3)", "level 2 (#2)"]
    assert page["commits"][0]["pullRequest"] == "3"
    db = json.loads(cli("history", "db", "--signatures", "-o", "json").stdout)["commits"][0]
    assert db["trailers"] == [{"key": "Co-authored-by", "value": "Eve <eve@example.com>"}]
    assert db["signature"]["status"] == "none"
    sha = page["commits"][0]["sha"]
    full = json.loads(cli("history", "web", "--commit", sha[:9], "-o", "json").stdout)["commit"]
    lines = [line for line in full["files"][0]["hunks"][0]["lines"] if line["sign"] != " "]
    assert [(each["text"], each["words"]) for each in lines] == [("  level: v2", [[9, 11]]), ("  level: v3", [[9, 11]])]
    said = cli("history", "web", "--commit", sha)
    assert "  -   level: [-v2-]" in said.stdout
    assert "  +   level: {+v3+}" in said.stdout


def test_a_secrets_value_never_stands_in_a_commits_diff(cli, made_repository) -> None:
    made_repository.commit({"apps/web/s.yaml": SECRET.format(word="hunter2-old")})
    made_repository.commit({"apps/web/s.yaml": SECRET.format(word="hunter2-new")}, "rotate")
    for output in ("text", "json"):
        said = cli("history", "web", "--commit", "HEAD", "-o", output)
        assert said.returncode == 0, said.stderr
        assert "hunter2" not in said.stdout
        assert "word" in said.stdout


def test_blame_names_the_commit_behind_a_field(cli, made_repository) -> None:
    first = made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="one")}, "first")
    second = made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="two")}, "second (#12)")
    level = json.loads(cli("blame", "web", "ConfigMap/flags", "data.level", "-o", "json").stdout)["fields"][0]["git"]
    assert (level["sha"], level["author"], level["pullRequest"], level["line"]) == (second, "Dana", "12", 6)
    other = json.loads(cli("blame", "web", "configmap/flags", "data.other", "-o", "json").stdout)["fields"][0]["git"]
    assert other["sha"] == first
    nowhere = cli("blame", "web", "ConfigMap/flags", "data.nothing")
    assert nowhere.returncode == 1
    wrong = cli("blame", "web", "ConfigMap/none", "data.level")
    assert wrong.returncode == 2
    assert "it has: ConfigMap/flags" in wrong.stderr.replace("It has", "it has")


def test_revert_shows_then_does(cli, made_repository) -> None:
    first = made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="one")}, "first")
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="two")}, "second")
    last = made_repository.git("rev-parse", "HEAD")
    look = json.loads(cli("revert", "web", first, "--dry-run", "-o", "json").stdout)
    assert look["result"] is None
    assert [each["subject"] for each in look["preview"]["undone"]] == ["second"]
    assert made_repository.git("rev-parse", "main") == last
    alone = cli("revert", "web", first, "--branch", "back")
    assert alone.returncode == 2
    assert "nobody is there to agree" in alone.stderr
    assert "back" not in made_repository.git("branch", "--list")
    done = cli("revert", "web", first, "--branch", "back", "--yes")
    assert done.returncode == 0, done.stderr
    assert made_repository.git("rev-parse", "main") == last
    assert made_repository.git("rev-parse", "back:apps") == made_repository.git("rev-parse", f"{first}:apps")
    again = cli("revert", "web", first, "--yes")
    assert again.returncode == 0, again.stderr
    assert "git status there shows the reverse of this commit" in again.stderr
    assert made_repository.git("log", "-1", "--format=%s %an", "main") == f"Revert web to {first[:7]} Mia"
    nothing = cli("revert", "web", first, "--yes")
    assert nothing.returncode == 1
    refused = cli("revert", "web", first, "--read-only", "--onto", "back")
    assert refused.returncode in (1, 2)


def test_uncommitted_changes_are_seen_and_never_deployed(cli, made_repository) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="one")}, "first")
    assert cli("sync", "web", "--yes").returncode == 0
    assert cli("diff", "web").returncode == 0
    (made_repository.folder / "apps/web/c.yaml").write_text(CONFIG.format(level="mine"))
    (made_repository.folder / "apps/web/new.yaml").write_text(CONFIG.format(level="x").replace("flags", "added"))
    assert cli("diff", "web").returncode == 0
    seen = json.loads(cli("diff", "web", "--working-tree", "-o", "json").stdout)
    assert {(each["name"], each["drift"]) for each in seen["resources"]} == {
        ("flags", "Modified"),
        ("added", "Missing"),
    }
    assert seen["revision"]["workingTree"] is True
    refused = cli("sync", "web", "--working-tree", "--yes")
    assert refused.returncode == 2
    assert "uncommitted changes" in refused.stderr
    assert made_repository.git("status", "--porcelain").split() == ["M", "apps/web/c.yaml", "??", "apps/web/new.yaml"]


def test_an_unsigned_revision_is_shown_and_not_deployed(cli, made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="one")}, "first")
    settings = tmp_path / "settings.yaml"
    settings.write_text("require_signed: true\n")
    env = {"GITOPS_TUI_CONFIG": str(settings)}
    shown = json.loads(cli("status", "web", "-o", "json", env=env).stdout)["applications"][0]
    assert shown["revision"]["subject"] == "first"
    assert any("is not signed" in each["message"] for each in shown["conditions"])
    refused = cli("sync", "web", "--yes", env=env)
    assert refused.returncode == 2
    assert "is not signed" in refused.stderr
    assert cli("diff", "web").returncode == 1


def test_what_is_no_repository_or_revision_is_one_clear_line(cli, made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/web/c.yaml": CONFIG.format(level="one")}, "first")
    for args, repo in (
        (("revert", "web", "nope"), ""),
        (("history", "web", "--commit", "nope"), ""),
        (("status",), str(tmp_path / "none")),
        (("status",), "http://user:hunter2@127.0.0.1:9/x.git"),
    ):
        said = cli(*args, repo=repo)
        assert said.returncode == 2
        assert "Traceback" not in said.stderr
        assert "hunter2" not in said.stderr + said.stdout
        assert said.stderr.startswith("gitops-tui: ")
