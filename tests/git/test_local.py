"""Local folders: noticed at once, worktrees and bare ones, shallow clones, uncommitted changes, what is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, DamagedRepository, FetchError, GitError
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.command import run
from gitops_tui.git.watch import stamp
from gitops_tui.git.words import failure
from gitops_tui.settings import Settings


def _open(folder: Path | str) -> Repository:
    return open_repository(str(folder), settings=Settings())


def _bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_every_way_in_which_head_moves_is_noticed_by_stats_alone(made_repository, monkeypatch) -> None:
    made_repository.commit({"a": "1"}, "first")
    repository = _open(made_repository.folder)
    repository.fetch()
    assert repository.fetch() is False
    asked: list[str] = []
    real = repository.git
    monkeypatch.setattr(repository, "git", lambda *args, **more: (asked.append(args[0]), real(*args, **more))[1])
    assert repository.fetch() is False
    assert asked == []
    moves = [
        lambda: made_repository.commit({"a": "2"}),
        lambda: made_repository.git("tag", "v1"),
        lambda: made_repository.git("checkout", "-q", "-b", "topic"),
        lambda: made_repository.git("checkout", "-q", "--detach"),
        lambda: made_repository.git("branch", "-D", "topic"),
        lambda: made_repository.git("update-ref", "refs/heads/deep/er", "HEAD"),
    ]
    for move in moves:
        move()
        assert repository.fetch() is True
        assert repository.fetch() is False
    # Packing moves files and no ref.
    made_repository.git("pack-refs", "--all")
    assert repository.fetch() is False


def test_a_worktree_and_a_bare_repository(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/a.yaml": "a: 1\n"}, "first")
    made_repository.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    subprocess.run(["git", "clone", "-q", "--bare", str(made_repository.folder), str(tmp_path / "bare")], check=True)
    tree, bare = _open(tmp_path / "tree"), _open(tmp_path / "bare")
    for repository in (tree, bare, _open(f"file://{tmp_path}/bare"), _open(made_repository.folder / "apps")):
        assert repository.resolve("HEAD").subject == "first"
        assert repository.read("HEAD", "apps/a.yaml") == b"a: 1\n"
    tree.fetch()
    before = stamp(tmp_path / "tree")
    (tmp_path / "tree" / "apps" / "a.yaml").write_text("a: 2\n")
    subprocess.run(
        [
            "git",
            "-C",
            str(tmp_path / "tree"),
            *("-c", "user.name=D", "-c", "user.email=d@e"),
            "commit",
            "-qam",
            "second",
        ],
        check=True,
    )
    assert stamp(tmp_path / "tree") != before
    assert tree.fetch()
    assert tree.resolve("HEAD").subject == "second"
    assert _open(made_repository.folder / "apps").subfolder == "apps"


def test_a_folder_that_goes_is_said_and_the_rest_is_kept(made_repository) -> None:
    made_repository.commit({"a": "1"})
    repository = _open(made_repository.folder)
    repository.fetch()
    shutil.rmtree(made_repository.folder)
    with pytest.raises(FetchError, match="can't be read any more"):
        repository.fetch()


def test_uncommitted_changes_are_read_without_touching_anything(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"apps/a.yaml": "a: 1\n", "apps/gone.yaml": "g: 1\n", ".gitignore": "*.secret\n"}, "first")
    repository = _open(made_repository.folder)
    assert repository.working_tree().sha == made_repository.git("rev-parse", "HEAD")
    folder = made_repository.folder
    (folder / "apps/a.yaml").write_text("a: 2\n")
    (folder / "apps/gone.yaml").unlink()
    (folder / "apps/new.yaml").write_text("n: 1\n")
    (folder / "apps/x.secret").write_text("never\n")
    before = _bytes_below(folder)
    found = repository.working_tree()
    assert _bytes_below(folder) == before
    assert found.working_tree
    assert found.short == "working tree"
    assert found.subject.startswith("uncommitted changes on ")
    assert {each.path for each in repository.list_tree(found.sha, "apps")} == {"apps/a.yaml", "apps/new.yaml"}
    assert repository.read(found.sha, "apps/a.yaml") == b"a: 2\n"
    assert repository.commit(found.sha).working_tree
    assert repository.is_working_tree(found.sha)
    assert repository.working_tree().sha == found.sha
    with pytest.raises(GitError, match="no working tree"):
        subprocess.run(["git", "clone", "-q", "--bare", str(folder), str(tmp_path / "bare")], check=True)
        _open(tmp_path / "bare").working_tree()


def test_uncommitted_changes_run_no_filter(made_repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    made_repository.commit({"a.yaml": "a: 1\n", ".gitattributes": "* filter=evil diff=evil\n"})
    for name in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "core.fsmonitor"):
        made_repository.git("config", name, f"touch {trap}")
    made_repository.git("config", "filter.evil.required", "true")
    (made_repository.folder / "a.yaml").write_text("a: 2\n")
    repository = _open(made_repository.folder)
    assert repository.read(repository.working_tree().sha, "a.yaml") == b"a: 2\n"
    assert not trap.exists()


def test_a_shallow_clone_gets_its_history_and_stays_as_it_is(made_repository, tmp_path: Path) -> None:
    first = made_repository.commit({"a/x": "1\n2\n"}, "first")
    made_repository.commit({"a/x": "1\n3\n"}, "second")
    made_repository.commit({"b": "1"}, "third")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{made_repository.folder}", str(shallow)], check=True)
    before = _bytes_below(shallow)
    repository = _open(shallow)
    assert repository.resolve("HEAD").subject == "third"
    assert [each.subject for each in repository.log("HEAD", ["a"])] == ["second", "first"]
    assert repository.blame_line("HEAD", "a/x", 1).commit == first  # type: ignore[union-attr]
    assert repository.count(first, repository.resolve("HEAD").sha, ["a"]) == 1
    assert _bytes_below(shallow) == before


def test_a_shallow_clone_without_its_remote_says_where_it_ends(made_repository, tmp_path: Path) -> None:
    made_repository.commit({"a": "1\n"}, "first")
    made_repository.commit({"b": "1"}, "second")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{made_repository.folder}", str(shallow)], check=True)
    shutil.rmtree(made_repository.folder)
    repository = _open(shallow)
    assert [each.subject for each in repository.log("HEAD", ["a"])] == ["second"]
    assert "shallow clone" in repository.whole_history()
    found = repository.blame_line("HEAD", "a", 1)
    assert found is not None
    assert found.boundary


def test_where_the_history_begins_nothing_is_cut_off(made_repository) -> None:
    made_repository.commit({"a": "1\n"}, "first")
    found = _open(made_repository.folder).blame_line("HEAD", "a", 1)
    assert found is not None
    assert not found.boundary


def test_a_corrupt_object_is_named_with_what_to_do(made_repository) -> None:
    sha = made_repository.commit({"a/x.yaml": "a: 1\n"})
    blob = made_repository.git("rev-parse", "HEAD:a/x.yaml")
    place = made_repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(b"rubbish")
    repository = _open(made_repository.folder)
    with pytest.raises(DamagedRepository) as caught:
        repository.read(sha, "a/x.yaml")
    assert blob in str(caught.value) or "damaged" in str(caught.value)
    tree = made_repository.git("rev-parse", "HEAD:a")
    (made_repository.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError):
        _open(made_repository.folder).list_tree(sha, "a", recursive=True)


def test_a_full_disk_is_said_with_what_to_do() -> None:
    told = failure("git fetch", b"error: file write error: No space left on device\nfatal: unpack-objects failed\n")
    assert "disk is full" in told.hint
    assert "No space left" in told.message


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CloneError) as caught:
        open_repository("http://127.0.0.1:9/x.git", settings=Settings(cache_folder=tmp_path / "file" / "cache"))
    assert "cache_folder" in caught.value.hint


def test_git_that_is_not_there_is_said_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not there"):
        run(None, "version")


def test_no_variable_of_git_leads_elsewhere(made_repository, monkeypatch, tmp_path: Path) -> None:
    made_repository.commit({"a": "1"}, "first")
    trap = tmp_path / "trap"
    for name, value in (
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_EXTERNAL_DIFF", f"touch {trap}"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
        ("GIT_CONFIG_VALUE_0", f"touch {trap}"),
    ):
        monkeypatch.setenv(name, value)
    repository = open_repository(str(made_repository.folder), settings=Settings())
    assert repository.resolve("HEAD").subject == "first"
    repository.commit_detail(repository.resolve("HEAD").sha)
    assert not trap.exists()
    assert os.environ["GIT_DIR"] == "/nowhere"
