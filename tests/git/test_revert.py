"""Reverting an application in Git: one commit, built from trees, on the branch or a new one, pushed with a lease."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gitops_tui.errors import PushRejected, RevertRefused
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.links import pull_request_url
from gitops_tui.git.revert import carry_out, preview
from gitops_tui.model.revert import RevertRequest
from gitops_tui.settings import Settings


def _git(folder: Path, *args: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["git", "-C", str(folder), *args], check=True, capture_output=True, text=True, env=env
    ).stdout.strip()


def _open(server) -> Repository:
    repository = open_repository(server.url("web.git"), settings=Settings())
    repository.fetch()
    return repository


def _history(made) -> tuple[str, str, str]:
    first = made.commit(
        {"apps/web/a.yaml": "a: 1\n", "apps/web/old.yaml": "o: 1\n", "apps/db/b.yaml": "b: 1\n"}, "first"
    )
    made.commit(
        {"apps/web/a.yaml": "a: 2\n", "apps/web/new.yaml": "n: 1\n", "apps/web/old.yaml": None}, "bad: everything"
    )
    last = made.commit({"apps/db/b.yaml": "b: 2\n"}, "db only")
    return first, made.git("rev-parse", "HEAD~1"), last


def test_a_revert_restores_exactly_the_applications_files(me, upstream, served) -> None:
    made, bare, push = upstream
    first, bad, last = _history(made)
    push()
    repository = _open(served)
    found = preview(repository, RevertRequest(first, "main", application="web", paths=("apps/web",)))
    assert {(each.path, each.status.value) for each in found.files} == {
        ("apps/web/a.yaml", "modified"),
        ("apps/web/new.yaml", "deleted"),
        ("apps/web/old.yaml", "added"),
    }
    assert [(each.commit.sha, each.own) for each in found.undone] == [(bad, False)]
    assert found.base.sha == last
    assert _git(bare, "rev-parse", "main") == last
    done = carry_out(repository, found)
    assert done.pushed
    assert _git(bare, "rev-parse", "main") == done.commit
    assert _git(bare, "rev-parse", "main:apps/web") == _git(bare, "rev-parse", f"{first}:apps/web")
    assert _git(bare, "rev-parse", "main:apps/db") == _git(bare, "rev-parse", f"{last}:apps/db")
    assert _git(bare, "rev-parse", "main^") == last
    message = _git(bare, "log", "-1", "--format=%B", "main")
    assert message.startswith(f"Revert web to {first[:7]}\n")
    assert f"Reverts: {bad} (bad: everything)" in message
    assert _git(bare, "log", "-1", "--format=%an %ae %cn", "main") == "Mia mia@example.com Mia"
    assert repository.resolve("main").sha == done.commit
    assert ("Reverts", f"{bad} (bad: everything)") in repository.resolve("main").trailers


def test_nothing_to_restore_is_said_and_changes_nothing(me, upstream, served) -> None:
    made, _bare, push = upstream
    _history(made)
    push()
    repository = _open(served)
    found = preview(repository, RevertRequest("HEAD", "main", paths=("apps/web",)))
    assert found.is_empty
    with pytest.raises(RevertRefused, match="already"):
        carry_out(repository, found)


def test_a_new_branch_is_pushed_and_the_old_one_stays(me, upstream, served) -> None:
    made, bare, push = upstream
    first, _, last = _history(made)
    push()
    repository = _open(served)
    done = carry_out(
        repository, preview(repository, RevertRequest(first, "main", new_branch="fix/web", paths=("apps/web",)))
    )
    assert _git(bare, "rev-parse", "main") == last
    assert _git(bare, "rev-parse", "fix/web") == done.commit
    with pytest.raises(RevertRefused, match="there already"):
        carry_out(
            repository, preview(repository, RevertRequest(first, "main", new_branch="fix/web", paths=("apps/web",)))
        )


def test_a_branch_that_moved_elsewhere_gets_the_revert_on_top(me, upstream, served) -> None:
    made, bare, push = upstream
    first, _, _ = _history(made)
    push()
    repository = _open(served)
    found = preview(repository, RevertRequest(first, "main", paths=("apps/web",)))
    later = made.commit({"apps/db/b.yaml": "b: 3\n"}, "db again")
    push()
    done = carry_out(repository, found)
    assert [each.sha for each in done.moved] == [later]
    assert _git(bare, "rev-parse", "main^") == later
    assert _git(bare, "show", "main:apps/db/b.yaml") == "b: 3"
    assert _git(bare, "show", "main:apps/web/a.yaml") == "a: 1"


def test_later_changes_to_the_same_files_are_named_and_not_undone_unseen(me, upstream, served) -> None:
    made, bare, push = upstream
    first, _, _ = _history(made)
    push()
    repository = _open(served)
    found = preview(repository, RevertRequest(first, "main", paths=("apps/web",)))
    later = made.commit({"apps/web/a.yaml": "a: 7\n"}, "an urgent fix")
    push()
    with pytest.raises(RevertRefused) as caught:
        carry_out(repository, found)
    assert "an urgent fix by Dana (apps/web/a.yaml)" in str(caught.value)
    assert _git(bare, "rev-parse", "main") == later


def test_a_race_in_the_last_moment_is_lost_by_the_lease_and_made_again(me, upstream, served, monkeypatch) -> None:
    made, bare, push = upstream
    first, _, _ = _history(made)
    push()
    repository = _open(served)
    found = preview(repository, RevertRequest(first, "main", paths=("apps/web",)))
    assert repository.remote is not None
    pushed = repository.remote.push
    raced = []

    def race(*args, **options):
        if not raced:
            raced.append(made.commit({"apps/db/b.yaml": "b: 8\n"}, "in between"))
            push()
        return pushed(*args, **options)

    monkeypatch.setattr(repository.remote, "push", race)
    done = carry_out(repository, found)
    assert _git(bare, "rev-parse", "main^") == raced[0]
    assert [each.sha for each in done.moved] == raced


def test_a_protected_branch_is_said_with_the_servers_words(me, upstream, served) -> None:
    made, bare, push = upstream
    first, _, last = _history(made)
    push()
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    repository = _open(served)
    found = preview(repository, RevertRequest(first, "main", paths=("apps/web",)))
    with pytest.raises(PushRejected, match="Protected branch update failed") as caught:
        carry_out(repository, found)
    assert "--branch" in caught.value.hint
    assert repository.resolve("main").sha == last


def test_a_revert_that_would_delete_the_application_is_refused(me, upstream, served) -> None:
    made, _, push = upstream
    before = made.commit({"readme": "x"}, "nothing yet")
    _history(made)
    push()
    with pytest.raises(RevertRefused, match="did not exist"):
        preview(_open(served), RevertRequest(before, "main", paths=("apps/web",)))


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "refs/heads/", "x.lock", "a\nb"])
def test_what_is_no_branch_is_refused(me, upstream, served, name: str) -> None:
    made, _, push = upstream
    first, _, _ = _history(made)
    push()
    with pytest.raises(RevertRefused, match="no name of a branch"):
        preview(_open(served), RevertRequest(first, "main", new_branch=name, paths=("apps/web",)))


def test_without_a_name_git_is_not_asked_to_guess(me, upstream, served, monkeypatch) -> None:
    made, _, push = upstream
    first, _, _ = _history(made)
    push()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    with pytest.raises(RevertRefused) as caught:
        preview(_open(served), RevertRequest(first, "main", paths=("apps/web",)))
    assert "user.email" in caught.value.hint


def test_in_a_local_folder_no_file_and_no_index_is_touched_and_that_is_said(me, made_repository) -> None:
    first, _, _ = _history(made_repository)
    folder = made_repository.folder
    (folder / "apps/web/a.yaml").write_text("mine: not committed\n")
    index = (folder / ".git" / "index").read_bytes()
    objects = sorted(each.name for each in (folder / ".git" / "objects").rglob("*"))
    repository = open_repository(str(folder), settings=Settings())
    found = preview(repository, RevertRequest(first, "main", paths=("apps/web",)))
    assert any("is checked out in" in each for each in found.warnings)
    assert sorted(each.name for each in (folder / ".git" / "objects").rglob("*")) == objects
    done = carry_out(repository, found)
    assert made_repository.git("rev-parse", "main") == done.commit
    assert (folder / "apps/web/a.yaml").read_text() == "mine: not committed\n"
    assert (folder / ".git" / "index").read_bytes() == index
    assert any("git status there shows the reverse" in each and "restore --source=HEAD" in each for each in done.notes)
    # What the note says brings the checkout along.
    made_repository.git("restore", "--source=HEAD", "--staged", "--worktree", "--", "apps/web")
    assert made_repository.git("status", "--porcelain") == ""
    assert not done.pushed


def test_a_new_branch_in_a_local_folder_needs_no_note(me, made_repository) -> None:
    first, _, last = _history(made_repository)
    repository = open_repository(str(made_repository.folder), settings=Settings())
    found = preview(repository, RevertRequest(first, "main", new_branch="back", paths=("apps/web",)))
    done = carry_out(repository, found)
    assert (found.warnings, done.notes) == ((), ())
    assert made_repository.git("rev-parse", "main") == last
    assert made_repository.git("rev-parse", "back") == done.commit


def test_no_hook_of_the_repository_runs(me, made_repository, tmp_path: Path) -> None:
    first, _, _ = _history(made_repository)
    trap = tmp_path / "trap"
    for name in ("reference-transaction", "post-commit", "pre-commit", "commit-msg", "post-rewrite", "pre-push"):
        hook = made_repository.folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
        hook.chmod(0o755)
    repository = open_repository(str(made_repository.folder), settings=Settings())
    carry_out(repository, preview(repository, RevertRequest(first, "main", paths=("apps/web",))))
    assert not trap.exists()


def test_odd_names_and_links_and_modes_are_restored(me, made_repository) -> None:
    names = ["web/with space", "web/new\nline", "web/größe", "web/\udcff", "web/:(glob)*"]
    folder = made_repository.folder
    made_repository.commit(dict.fromkeys(names, "x\n"))
    (folder / "web" / "link").symlink_to("größe")
    (folder / "web" / "run").write_text("#!/bin/sh\n")
    (folder / "web" / "run").chmod(0o755)
    first = made_repository.commit({}, "all")
    for each in [*names, "web/link", "web/run"]:
        (folder / each).unlink()
    made_repository.commit({"web/größe/now-a-folder": "y\n"}, "gone")
    repository = open_repository(str(folder), settings=Settings())
    carry_out(repository, preview(repository, RevertRequest(first, "main", paths=("web",))))
    assert made_repository.git("rev-parse", "main:web") == made_repository.git("rev-parse", f"{first}:web")


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://user:secret@github.com/o/r.git", "https://github.com/o/r/compare/main...fix/a?expand=1"),
        ("git@github.com:o/r.git", "https://github.com/o/r/compare/main...fix/a?expand=1"),
        (
            "ssh://git@gitlab.example.com:2222/g/s/r.git",
            "https://gitlab.example.com/g/s/r/-/merge_requests/new?merge_request%5Bsource_branch%5D=fix%2Fa"
            "&merge_request%5Btarget_branch%5D=main",
        ),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/pull-requests/new?source=fix%2Fa&dest=main"),
        (
            "https://bitbucket.example.com/scm/prj/r.git",
            "https://bitbucket.example.com/projects/PRJ/repos/r/pull-requests?create&sourceBranch=refs%2Fheads%2Ffix%2Fa"
            "&targetBranch=refs%2Fheads%2Fmain",
        ),
        ("https://gitea.example.com:3000/o/r.git", "https://gitea.example.com:3000/o/r/compare/main...fix/a"),
        (
            "https://org@dev.azure.com/org/my%20project/_git/r",
            "https://dev.azure.com/org/my%20project/_git/r/pullrequestcreate?sourceRef=fix/a&targetRef=main",
        ),
        (
            "git@ssh.dev.azure.com:v3/org/project/r",
            "https://dev.azure.com/org/project/_git/r/pullrequestcreate?sourceRef=fix/a&targetRef=main",
        ),
        ("https://git.example.com/o/r.git", ""),
    ],
)
def test_the_page_for_a_pull_request(url: str, page: str) -> None:
    assert pull_request_url(url, "fix/a", "main") == page


def test_a_forge_on_an_own_host_is_named_in_the_settings() -> None:
    url = "https://git.example.com/o/r.git"
    assert pull_request_url(url, "a", "b", {"git.example.com": "gitea"}) == "https://git.example.com/o/r/compare/b...a"


def test_an_azure_devops_server_has_its_own_page() -> None:
    page = pull_request_url(
        "https://tfs.example.com:8443/tfs/Shop/Web%20Shop/_git/web", "fix", "main", {"tfs.example.com": "azure"}
    )
    assert page == (
        "https://tfs.example.com:8443/tfs/Shop/Web%20Shop/_git/web/pullrequestcreate?sourceRef=fix&targetRef=main"
    )
