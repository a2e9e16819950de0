"""Repositories made to fool whoever reads them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_tui.errors import GitError, RevisionNotFound, UnsafePath
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.command import run
from gitops_tui.git.patterns import argocd_matcher, matcher
from gitops_tui.settings import Settings
from tests.git.servers import wait_for_port


def _open(made) -> Repository:
    return open_repository(str(made.folder), settings=Settings())


@pytest.mark.parametrize("way", ["uploadpack", "gitproxy", "credential"])
def test_a_partial_clones_missing_object_is_never_fetched_by_programs_it_names(
    made_repository, tmp_path: Path, way: str
) -> None:
    sha = made_repository.commit({"a/x.yaml": "a: 1"})
    blob = made_repository.git("rev-parse", "HEAD:a/x.yaml")
    (made_repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    trap, program = tmp_path / "trap", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    settings = {
        "uploadpack": {"remote.origin.url": f"file://{tmp_path}", "remote.origin.uploadpack": str(program)},
        "gitproxy": {"remote.origin.url": "git://127.0.0.1:9/x", "core.gitProxy": str(program)},
        "credential": {"remote.origin.url": "http://127.0.0.1:9/x", "credential.helper": f"!{program}"},
    }[way]
    settings |= {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
    }
    for name, value in settings.items():
        made_repository.git("config", name, value)
    repository = _open(made_repository)
    repository.list_tree(sha, "a")
    with pytest.raises(GitError, match="can't be read"):
        repository.read_many([blob])
    repository.close()
    assert not trap.exists()


def test_a_commit_message_cannot_forge_a_commit(made_repository) -> None:
    made_repository.commit({"a/x": "1"}, "first")
    forged = "\x1e" + "0" * 40 + "\x1f\x1f1\x1f1\x1fTrusted\x1ft@example.com\x1f\x1fforged\x1f"
    sha = made_repository.commit({"a/x": "2"}, f"second\n\n{forged}")
    repository = _open(made_repository)
    assert [each.subject for each in repository.log(sha, ["a"])] == ["second", "first"]
    assert forged in repository.commit(sha).body


def test_text_is_utf_8_whatever_the_repositorys_config_says(made_repository) -> None:
    made_repository.commit({"a": "1"}, "Größe")
    made_repository.git("config", "i18n.logOutputEncoding", "ISO-8859-1")
    assert _open(made_repository).resolve("HEAD").subject == "Größe"


def test_a_merge_is_shown_against_its_first_parent_only(made_repository) -> None:
    made_repository.commit({"a/x": "1\n"})
    made_repository.git("checkout", "-q", "-b", "topic")
    made_repository.commit({"a/brought": "2\n"})
    made_repository.git("checkout", "-q", "main")
    made_repository.commit({"a/here": "3\n"})
    made_repository.git("merge", "-q", "--no-edit", "topic")
    sha = made_repository.git("rev-parse", "HEAD")
    patch = _open(made_repository).commit_diff(sha, ["a"])
    assert "a/brought" in patch
    assert "a/here" not in patch


def test_commits_off_the_branch_are_not_counted(made_repository) -> None:
    first = made_repository.commit({"a": "1"})
    made_repository.git("checkout", "-q", "-b", "topic")
    aside = made_repository.commit({"a": "2"})
    made_repository.git("checkout", "-q", "main")
    last = made_repository.commit({"a": "3"})
    repository = _open(made_repository)
    assert repository.count(first, last, ["a"]) == 1
    assert repository.count(aside, last, ["a"]) == -1
    assert repository.count("0" * 40, last, ["a"]) == -1


def test_what_is_no_commit_is_said_so(made_repository) -> None:
    made_repository.commit({"a/x": "1"})
    repository = _open(made_repository)
    for name in ("HEAD^{tree}", "HEAD:a/x"):
        with pytest.raises(RevisionNotFound):
            repository.commit(made_repository.git("rev-parse", name))


def test_symlinks_in_a_circle_are_refused(made_repository, tmp_path: Path) -> None:
    (made_repository.folder / "p").symlink_to("q")
    (made_repository.folder / "q").symlink_to("p")
    sha = made_repository.commit({"x": "1"})
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafePath, match="circle"):
        _open(made_repository).export(sha, "", tmp_path / "out")


def test_output_is_cut_where_it_passes_the_limit_and_a_list_is_never_half(made_repository, monkeypatch) -> None:
    made_repository.commit({"a": "x\n" * 100_000})
    assert len(run(made_repository.folder, "cat-file", "blob", "HEAD:a", limit=1000)) == 1000
    monkeypatch.setattr("gitops_tui.git.command.MAX_OUTPUT", 1000)
    with pytest.raises(GitError, match="more than 1000 bytes"):
        run(made_repository.folder, "cat-file", "blob", "HEAD:a", limit=1000)


def test_git_that_takes_too_long_is_ended(made_repository) -> None:
    made_repository.commit({"a": "x"})
    with pytest.raises(GitError, match="took longer"):
        run(made_repository.folder, "log", timeout=0.0)


def test_odd_names_are_read_back_as_they_are(made_repository, tmp_path: Path) -> None:
    names = ["a/with space", "a/new\nline", "a/größe", "a/ :(glob)*", "a/\udcff"]
    sha = made_repository.commit(dict.fromkeys(names, "x"))
    repository = _open(made_repository)
    assert {each.path for each in repository.list_tree(sha, "a")} == set(names)
    (tmp_path / "out").mkdir()
    repository.export(sha, "", tmp_path / "out")
    assert all((tmp_path / "out" / name).read_text() == "x" for name in names)
    assert [each.sha for each in repository.log(sha, ["a/größe", "a/ :(glob)*"])] == [sha]
    repository.close()


@given(st.text("ab[]!^-*?{},./\\", max_size=12), st.text("ab./-", max_size=6))
def test_no_pattern_crashes(pattern: str, path: str) -> None:
    matcher(pattern)(path)
    argocd_matcher(pattern)(path)


def test_argo_cds_patterns_reach_into_sub_folders() -> None:
    assert argocd_matcher("*.yaml")("a/b.yaml")
    assert argocd_matcher("{*.yml,*/x.yaml}")("a/x.yaml")
    assert argocd_matcher("*")(".hidden/x.yaml")
    assert not argocd_matcher("a.yaml")("b/a.yaml")


def test_a_remote_is_mirrored_and_fetched(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"a": "1"}, "first")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [
            *("git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1"),
            *(f"--port={port}", f"--base-path={tmp_path}", str(tmp_path)),
        ],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as daemon:
        try:
            wait_for_port(port)
            repository = open_repository(f"git://127.0.0.1:{port}/repository", settings=Settings())
            assert repository.resolve("HEAD").subject == "first"
            repository.fetch()
            assert repository.fetch() is False
            made_repository.commit({"a": "2"}, "second")
            assert repository.fetch() is True
            assert repository.resolve("main").subject == "second"
            repository.close()
        finally:
            os.killpg(daemon.pid, signal.SIGTERM)
