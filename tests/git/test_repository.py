"""Reading repositories without a checkout, and not being fooled by them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, GitError, PathNotFound, RevisionNotFound, UnsafePath
from gitops_tui.git import open_repository
from gitops_tui.git.log import pull_request
from gitops_tui.git.patterns import matcher
from gitops_tui.git.semver import newest
from gitops_tui.settings import Settings


def test_branch_tag_and_short_sha_resolve(made_repository) -> None:
    sha = made_repository.commit({"a.yaml": "a: 1"}, "first (#12)")
    made_repository.git("tag", "v1.2.3")
    repository = open_repository(str(made_repository.folder), settings=Settings())
    assert {repository.resolve(each).sha for each in ("HEAD", "main", "v1.2.3", sha, sha[:8], "1.2.*", "^1.0")} == {sha}
    assert repository.resolve("main").pull_request == "12"
    repository.close()


@pytest.mark.parametrize("revision", ["nope", "-x", "--upload-pack=x", "a..b", "HEAD^{/x}", "a\nb", "@{-1}"])
def test_what_is_no_revision_is_said_so(made_repository, revision: str) -> None:
    made_repository.commit({"a.yaml": "a: 1"})
    repository = open_repository(str(made_repository.folder), settings=Settings())
    with pytest.raises(RevisionNotFound):
        repository.resolve(revision)
    repository.close()


def test_a_repository_without_commits_is_said_so(made_repository) -> None:
    repository = open_repository(str(made_repository.folder), settings=Settings())
    with pytest.raises(RevisionNotFound, match="no commit yet"):
        repository.resolve("HEAD")


@pytest.mark.parametrize("url", ["/does/not/exist", "ext::sh -c touch% /tmp/x", "-x", "ftp://example.com/x", ""])
def test_what_is_no_repository_is_said_so(url: str) -> None:
    with pytest.raises(CloneError):
        open_repository(url, settings=Settings())


def test_nothing_of_a_repositorys_own_config_is_run(made_repository, tmp_path: Path) -> None:
    sha = made_repository.commit({"apps/a.yaml": "a: 1", ".gitattributes": "* diff=evil filter=evil\n"})
    trap = tmp_path / "trap"
    for name in ("core.fsmonitor", "core.sshCommand", "diff.evil.textconv", "diff.external", "filter.evil.smudge"):
        made_repository.git("config", name, f"touch {trap}")
    repository = open_repository(str(made_repository.folder), settings=Settings())
    repository.fetch()
    repository.commit_diff(sha, ["apps"])
    assert repository.log(sha, ["apps"])[0].sha == sha
    repository.close()
    assert not trap.exists()


def test_paths_that_leave_the_repository_are_refused(made_repository) -> None:
    sha = made_repository.commit({"apps/a.yaml": "a: 1"})
    repository = open_repository(str(made_repository.folder), settings=Settings())
    for path in ("../x", "/etc", "apps/../../x"):
        with pytest.raises(UnsafePath):
            repository.tree_sha(sha, path)
    with pytest.raises(PathNotFound, match="Did you mean apps"):
        repository.tree_sha(sha, "app")


def test_symlinks_out_are_refused_on_export(made_repository, tmp_path: Path) -> None:
    (made_repository.folder / "apps").mkdir()
    (made_repository.folder / "apps" / "evil").symlink_to("/etc/passwd")
    sha = made_repository.commit({"apps/a.yaml": "a: 1"})
    repository = open_repository(str(made_repository.folder), settings=Settings())
    with pytest.raises(UnsafePath, match="evil"):
        repository.export(sha, "", tmp_path / "out")
    repository.close()


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("apps/*", "apps/a", "apps/a/b"),
        ("**/prod", "a/b/prod", "a/prod/b"),
        ("apps/{a,b}", "apps/b", "apps/c"),
        ("*", "apps", ".git"),
        ("a?", "ab", "abc"),
    ],
)
def test_patterns(pattern: str, yes: str, no: str) -> None:
    matches = matcher(pattern)
    assert matches(yes)
    assert not matches(no)


def test_semver_ranges_take_the_newest_tag() -> None:
    tags = ["v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0", "v2.1.0-rc1", "other"]
    assert newest("1.*", tags) == "v1.10.0"
    assert newest("~1.2", tags) == "v1.2.0"
    assert newest(">=1.0 <2.0", tags) == "v1.10.0"
    assert newest("*", tags) == "v2.0.0"
    assert newest("3.*", tags) == ""


@pytest.mark.parametrize(
    ("subject", "number"),
    [("Merge pull request #7 from x", "7"), ("Fix (#8)", "8"), ("Merged PR 9: x", "9"), ("Fix #8 later", "")],
)
def test_pull_requests_are_recognised(subject: str, number: str) -> None:
    assert pull_request(subject, "") == number


@pytest.mark.parametrize("recursive", [False, True])
def test_a_listing_is_what_ls_tree_says(made_repository, recursive: bool) -> None:
    files = {f"a/{n}/f{n}.yaml": f"x: {n}\n" for n in range(5)} | {
        "a/b.yaml": "b: 1\n",
        "a/b/c.yaml": "",
        "a.yaml": "1",
    }
    sha = made_repository.commit(files, "first")
    (made_repository.folder / "a" / "link").symlink_to("b.yaml")
    (made_repository.folder / "a" / "run.sh").write_text("echo\n")
    (made_repository.folder / "a" / "run.sh").chmod(0o755)
    made_repository.git("add", "-A")
    made_repository.git("commit", "-q", "-m", "second")
    sha = made_repository.git("rev-parse", "HEAD").strip()
    repository = open_repository(str(made_repository.folder), settings=Settings())
    flags = ["-r", "-t"] if recursive else []
    said = subprocess.run(
        ["git", "-C", made_repository.folder, "ls-tree", "-l", *flags, f"{sha}:a"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    entries = repository.list_tree(sha, "a", recursive=recursive)
    sizes = repository.sizes([each.sha for each in entries if each.type == "blob"])
    mine = [
        f"{each.mode} {each.type} {each.sha} {sizes.get(each.sha, '-'):>7}\t{each.path.removeprefix('a/')}"
        for each in entries
    ]
    assert "\n".join(mine) == said.rstrip("\n")


def test_trees_that_unfold_without_end_are_an_error(made_repository) -> None:
    made_repository.commit({"a.yaml": "a: 1\n"}, "first")
    tree = made_repository.git("rev-parse", "HEAD^{tree}").strip()
    for _ in range(12):
        lines = "".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
        tree = subprocess.run(
            ["git", "-C", made_repository.folder, "mktree"], input=lines, check=True, capture_output=True, text=True
        ).stdout.strip()
    sha = made_repository.git("commit-tree", "-m", "bomb", tree).strip()
    repository = open_repository(str(made_repository.folder), settings=Settings())
    with pytest.raises(GitError, match="more than"):
        repository.list_tree(sha, "", recursive=True)


def test_what_a_name_stands_for_is_asked_once_until_a_ref_moves(made_repository, monkeypatch) -> None:
    first = made_repository.commit({"a": "1"}, "first")
    repository = open_repository(str(made_repository.folder), settings=Settings())
    assert repository.resolve("main").sha == repository.resolve("HEAD").sha == first
    asked: list[str] = []
    real = repository.git
    monkeypatch.setattr(repository, "git", lambda *args, **more: (asked.append(args[0]), real(*args, **more))[1])
    assert (repository.resolve("main").sha, repository.symbol("HEAD")) == (first, "main")
    repository.symbol("HEAD")
    assert len(asked) == 1
    second = made_repository.commit({"a": "2"}, "second")
    assert repository.resolve("main").sha == repository.resolve("HEAD").sha == second
