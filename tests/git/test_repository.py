"""Reading repositories without a checkout, and not being fooled by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, PathNotFound, RevisionNotFound, UnsafePath
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
