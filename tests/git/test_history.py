"""The log of what an application depends on, blame of a line, and one commit in full."""

from __future__ import annotations

import pytest

from gitops_tui.errors import PathNotFound
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.log import pull_request
from gitops_tui.git.secrets import Marks, masked_lines
from gitops_tui.git.semver import is_range, newest
from gitops_tui.git.word_diff import changed_words
from gitops_tui.model.application import Source
from gitops_tui.model.change import FileStatus
from gitops_tui.render.dependencies import dependencies
from gitops_tui.settings import Settings


def _open(made) -> Repository:
    return open_repository(str(made.folder), settings=Settings())


# --- log --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "body", "number"),
    [
        ("Merge pull request #7 from o/branch", "A title", "7"),
        ("Fix it (#8)", "", "8"),
        ("Merge branch 'x' into 'main'", "Fix\n\nSee merge request group/project!9", "9"),
        ("Fix it (!10)", "", "10"),
        ("Merged in fix/it (pull request #11)", "", "11"),
        ("Pull request #12: Fix it", "Merge in PRJ/r from x to main", "12"),
        ("Merged PR 13: Fix it", "", "13"),
        ("Fix it (pull request #14)", "", "14"),
        ("Fix it", "Reviewed-on: https://gitea.example.com/o/r/pulls/15", "15"),
        ("Fixes #16", "closes #17", ""),
        ("Merge branch 'x'", "", ""),
    ],
)
def test_requests_are_recognised_from_all_forges(subject: str, body: str, number: str) -> None:
    assert pull_request(subject, body) == number


def test_a_merge_stands_for_what_it_brought_until_all_is_asked_for(made_repository) -> None:
    made_repository.commit({"a/x": "1\n"}, "first")
    made_repository.git("checkout", "-q", "-b", "topic")
    made_repository.commit({"a/x": "2\n"}, "on the branch")
    made_repository.commit({"a/y": "2\n"}, "on the branch again")
    made_repository.git("checkout", "-q", "main")
    made_repository.commit({"b": "1\n"}, "elsewhere")
    made_repository.git("merge", "-q", "--no-ff", "-m", "Merge pull request #5 from topic", "topic")
    sha = made_repository.git("rev-parse", "HEAD")
    repository = _open(made_repository)
    assert [each.subject for each in repository.log(sha, ["a"])] == ["Merge pull request #5 from topic", "first"]
    assert repository.log(sha, ["a"])[0].pull_request == "5"
    every = [each.subject for each in repository.log(sha, ["a"], first_parent=False)]
    assert set(every) == {"on the branch again", "on the branch", "first"}


def test_pages_join_without_gap_or_repeat_and_stream(made_repository) -> None:
    for number in range(25):
        made_repository.commit({"a/x": f"{number}\n"}, f"c{number}")
    repository = _open(made_repository)
    pages = [repository.log("HEAD", ["a"], limit=10, skip=skip) for skip in (0, 10, 20, 30)]
    assert [each.subject for page in pages for each in page] == [f"c{number}" for number in reversed(range(25))]
    stream = repository.stream_log("HEAD", ["a"])
    assert next(stream).subject == "c24"
    stream.close()
    repository.close()


def test_a_folder_that_was_moved_keeps_its_history(made_repository) -> None:
    made_repository.commit({"old/a.yaml": "a: 1\nb: 1\nc: 1\n", "old/b.yaml": "x: 1\ny: 2\n", "base/z": "1"}, "first")
    made_repository.commit({"old/a.yaml": "a: 2\nb: 1\nc: 1\n"}, "second")
    (made_repository.folder / "apps").mkdir()
    made_repository.git("mv", "old", "apps/new")
    made_repository.commit({"apps/new/a.yaml": "a: 2\nb: 1\nc: 3\n"}, "moved and changed")
    sha = made_repository.commit({"apps/new/b.yaml": "x: 2\ny: 2\n"}, "last")
    repository = _open(made_repository)
    assert [each.subject for each in repository.log(sha, ["apps/new"])] == [
        "last",
        "moved and changed",
        "second",
        "first",
    ]
    assert [each.subject for each in repository.log(sha, ["apps/new"], follow=False)] == ["last", "moved and changed"]
    with_base = [each.subject for each in repository.log(sha, ["apps/new", "base"])]
    assert set(with_base) == {"last", "moved and changed", "second", "first"}
    assert len(with_base) == 4


def test_trailers_tags_and_branches_stand_on_the_line(made_repository) -> None:
    message = "Do it\n\nWhy: because\n\nCo-authored-by: Eve <eve@example.com>\nSigned-off-by: Dana\n <dana@example.com>"
    sha = made_repository.commit({"a": "1"}, message)
    made_repository.git("tag", "v1.0")
    made_repository.git("tag", "-a", "-m", "x", "v1.1")
    made_repository.git("branch", "release/1")
    found = _open(made_repository).log(sha, ["a"])[0]
    assert found.trailers == (("Co-authored-by", "Eve <eve@example.com>"), ("Signed-off-by", "Dana <dana@example.com>"))
    assert found.co_authors == ("Eve <eve@example.com>",)
    assert set(found.tags) == {"v1.0", "v1.1"}
    assert set(found.refs) == {"main", "release/1", "v1.0", "v1.1"}


def test_new_refs_show_on_commits_that_were_read_before(made_repository) -> None:
    sha = made_repository.commit({"a": "1"})
    repository = _open(made_repository)
    repository.fetch()
    assert repository.log(sha, ["a"])[0].tags == ()
    made_repository.git("tag", "v1")
    assert repository.fetch()
    assert repository.log(sha, ["a"])[0].tags == ("v1",)
    assert repository.commit(sha).tags == ("v1",)


# --- what an application depends on -------------------------------------------------------------------------------------


def test_kustomize_bases_components_patches_and_files_are_dependencies(made_repository) -> None:
    sha = made_repository.commit(
        {
            "apps/web/kustomization.yaml": "resources: [../../base, d.yaml]\ncomponents: [../../components/tls]\n"
            "patches:\n- path: ../../patches/p.yaml\nconfigMapGenerator:\n- name: x\n  files: [k=../../files/f.txt]\n",
            "apps/web/d.yaml": "a: 1",
            "base/kustomization.yaml": "resources: [../deeper, https://example.com/x.yaml]\n",
            "deeper/kustomization.yaml": "resources: [x.yaml]\n",
            "deeper/x.yaml": "a: 1",
            "components/tls/kustomization.yaml": "kind: Component\n",
            "patches/p.yaml": "a: 1",
            "files/f.txt": "f",
            "unrelated/x.yaml": "a: 1",
        }
    )
    repository = _open(made_repository)
    found = dependencies(repository, repository.commit(sha), Source("x", "apps/web"))
    assert found.kind == "Kustomize"
    assert found.paths[0] == "apps/web"
    assert set(found.paths) == {"apps/web", "base", "deeper", "components/tls", "patches/p.yaml", "files/f.txt"}
    assert not found.whole


def test_helm_value_files_and_file_dependencies_are_dependencies(made_repository) -> None:
    sha = made_repository.commit(
        {
            "chart/Chart.yaml": "name: c\nversion: 1.0.0\ndependencies:\n- name: l\n  repository: file://../lib\n",
            "lib/Chart.yaml": "name: l\nversion: 1.0.0\n",
            "values/prod.yaml": "a: 1",
            "chart/values.yaml": "a: 1",
        }
    )
    repository = _open(made_repository)
    source = Source("x", "chart", helm={"valueFiles": ["values.yaml", "../values/prod.yaml", "/values/none.yaml"]})
    found = dependencies(repository, repository.commit(sha), source)
    assert set(found.paths) == {"chart", "lib", "values/prod.yaml", "values/none.yaml"}


def test_only_what_depends_on_a_change_is_touched(made_repository) -> None:
    first = made_repository.commit({"a/x": "1", "ab/x": "1", "base/y": "1"})
    second = made_repository.commit({"a/x": "2"})
    third = made_repository.commit({"base/y": "2"})
    wanted = {"a": ["a", "base"], "ab": ["ab"], "all": [""], "file": ["base/y"]}
    repository = _open(made_repository)
    assert repository.touched(first, second, wanted) == {"a", "all"}
    assert repository.touched(second, third, wanted) == {"a", "all", "file"}
    assert repository.touched(first, first, wanted) == set()


# --- blame ------------------------------------------------------------------------------------------------------------


def test_blame_goes_through_renames_white_space_and_ignored_commits(made_repository) -> None:
    first = made_repository.commit({"a/x.yaml": "a: 1\nb: 2\nc: 3\n"}, "first (#3)")
    second = made_repository.commit({"a/x.yaml": "a: 1\nb: 20\nc: 3\n"}, "second")
    made_repository.git("mv", "a", "apps")
    made_repository.commit({}, "moved")
    made_repository.commit({"apps/x.yaml": "a:  1\nb: 20\nc:   3\n"}, "white space")
    quoted = made_repository.commit({"apps/x.yaml": 'a:  "1"\nb: "20"\nc:   "3"\n'}, "reformatted")
    repository = _open(made_repository)
    assert repository.blame(quoted, "apps/x.yaml", [1])[1].commit == quoted
    last = made_repository.commit({".git-blame-ignore-revs": f"# style\n{quoted} # quotes\nrubbish\n{'0' * 40}\n"})
    found = repository.blame(last, "apps/x.yaml", [1, 2, 3, 99])
    assert {line: each.commit for line, each in found.items()} == {1: first, 2: second, 3: first}
    assert (found[1].author, found[1].subject, found[1].pull_request) == ("Dana", "first (#3)", "3")
    assert (found[1].path, found[1].line) == ("a/x.yaml", 1)
    with pytest.raises(PathNotFound):
        repository.blame(last, "apps/none.yaml", [1])


def test_blame_is_asked_once_for_the_same_content(made_repository, monkeypatch) -> None:
    first = made_repository.commit({"a/x.yaml": "a: 1\n"}, "first")
    second = made_repository.commit({"b": "1"}, "elsewhere")
    repository = _open(made_repository)
    assert repository.blame_line(first, "a/x.yaml", 1).commit == first  # type: ignore[union-attr]
    asked: list[str] = []
    real = repository.git
    monkeypatch.setattr(repository, "git", lambda *args, **more: (asked.append(args[0]), real(*args, **more))[1])
    assert repository.blame_line(second, "a/x.yaml", 1).commit == first  # type: ignore[union-attr]
    assert "blame" not in asked


def test_a_file_that_is_asked_about_often_is_blamed_as_a_whole(made_repository, monkeypatch) -> None:
    lines = [f"k{number}: 1\n" for number in range(40)]
    first = made_repository.commit({"a.yaml": "".join(lines)}, "first")
    lines[20] = "k20: 2\n"
    second = made_repository.commit({"a.yaml": "".join(lines)}, "second")
    repository = _open(made_repository)
    asked: list[str] = []
    real = repository.git
    monkeypatch.setattr(repository, "git", lambda *args, **more: (asked.append(args[0]), real(*args, **more))[1])
    found = {line: repository.blame_line(second, "a.yaml", line) for line in range(1, 41)}
    assert asked.count("blame") == 3
    assert repository.blame_line(second, "a.yaml", 41) is None
    assert found.pop(21).commit == second
    assert {each.commit for each in found.values() if each is not None} == {first}


def test_the_same_content_on_another_branch_has_its_own_blame(made_repository) -> None:
    base = made_repository.commit({"b": "1"})
    main = made_repository.commit({"a.yaml": "a: 1\n"}, "on main")
    made_repository.git("checkout", "-q", "-b", "other", base)
    other = made_repository.commit({"a.yaml": "a: 1\n"}, "on other")
    repository = _open(made_repository)
    assert repository.blame_line(main, "a.yaml", 1).commit == main  # type: ignore[union-attr]
    assert repository.blame_line(other, "a.yaml", 1).commit == other  # type: ignore[union-attr]


def test_odd_contents_are_blamed(made_repository) -> None:
    (made_repository.folder / "x").write_bytes(b"a\r\n\xff\xfe\nlast without an end")
    sha = made_repository.commit({}, "odd")
    (made_repository.folder / "empty").write_bytes(b"")
    last = made_repository.commit({}, "empty")
    repository = _open(made_repository)
    assert {each.commit for each in repository.blame(sha, "x", [1, 2, 3]).values()} == {sha}
    assert len(repository.blame(sha, "x", [1, 2, 3, 4])) == 3
    assert repository.blame(last, "empty", [1]) == {}


# --- one commit ---------------------------------------------------------------------------------------------------------


def test_a_commit_in_full_names_every_kind_of_change(made_repository) -> None:
    folder = made_repository.folder
    made_repository.commit(
        {"m": "one two three\n", "d": "x\n", "r": "1\n2\n3\n4\n5\n", "t": "file\n", "p": "#!\n"}, "1"
    )
    (folder / "m").write_text("one 2 three\n")
    (folder / "d").unlink()
    (folder / "r").rename(folder / "renamed")
    (folder / "t").unlink()
    (folder / "t").symlink_to("m")
    (folder / "p").chmod(0o755)
    (folder / "bin").write_bytes(b"\0\1\2")
    (folder / "odd\nname").write_text("diff --git a/x b/x\n@@ -1 +1 @@\n--- a\n+++ b\n")
    sha = made_repository.commit({}, "2")
    found = {each.path: each for each in _open(made_repository).commit_detail(sha).files}
    assert {path: each.status for path, each in found.items()} == {
        "m": FileStatus.MODIFIED,
        "d": FileStatus.DELETED,
        "renamed": FileStatus.RENAMED,
        "t": FileStatus.TYPE,
        "p": FileStatus.MODIFIED,
        "bin": FileStatus.ADDED,
        "odd\nname": FileStatus.ADDED,
    }
    old, new = found["m"].hunks[0].lines
    assert (old.text[slice(*old.words[0])], new.text[slice(*new.words[0])]) == ("two", "2")
    assert found["renamed"].old_path == "r"
    assert found["p"].mode == "100644 → 100755"
    assert found["bin"].binary
    assert found["odd\nname"].added == 4
    assert (found["t"].added, found["t"].removed) == (1, 1)


def test_the_first_commit_and_a_path_that_vanished(made_repository) -> None:
    first = made_repository.commit({"a/x": "1\n", "b": "1\n"}, "first")
    second = made_repository.commit({"a/x": None}, "gone")
    repository = _open(made_repository)
    assert [each.path for each in repository.commit_detail(first).files] == ["a/x", "b"]
    assert [each.path for each in repository.commit_detail(first, ["a"]).files] == ["a/x"]
    assert [each.status for each in repository.commit_detail(second, ["a"]).files] == [FileStatus.DELETED]
    with pytest.raises(PathNotFound, match="does not exist"):
        repository.tree_sha(second, "a")
    assert [each.subject for each in repository.log(second, ["a"])] == ["gone", "first"]


def test_words_are_marked_only_where_lines_are_alike() -> None:
    old, new = "image: nginx:1.27", "image: nginx:1.28"
    before, after = changed_words(old, new)
    assert [old[a:b] for a, b in before] == ["27"]
    assert [new[a:b] for a, b in after] == ["28"]
    assert changed_words("abc", "something: else") == ((), ())


SECRETS = [
    "kind: Secret\ndata:\n  a: hunter2\n",
    "data:\n  a: hunter2\nkind: Secret\n",
    '{"kind": "Secret", "data": {"a": "hunter2"}, "x": 1}',
    "kind: Secret\nstringData:\n  a: |\n    hunter2\n    hunter2\nmetadata: {name: x}\n",
    "kind: Secret\nstringData: {a: hunter2, b: 'hunter2'}\n",
    "kind: List\nitems:\n- kind: Secret\n  data: {a: hunter2}\n",
    "kind: Secret\nstringData:\n  a: {{ hunter2 }}\n  b: [unclosed hunter2\n",
    "secretGenerator:\n- name: x\n  literals:\n  - password=hunter2\n",
    "a: 1\n---\nkind: Secret\nstringData:\n  a: >-\n    one\n    hunter2\n",
    "kind: Secret\nstringData:\n  a: &x hunter2\n  b: *x\n",
    'kind: "Secret"\n"stringData":\n  "a": "hunter2"\n',
    'kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \'{"data":{"a":"hunter2"}}\'\n',
]


@pytest.mark.parametrize("text", SECRETS)
def test_values_of_secrets_are_masked_wherever_they_stand(text: str) -> None:
    masked = masked_lines(text.encode(), Marks())
    shown = [masked.get(number, line) for number, line in enumerate(text.split("\n"), 1)]
    assert "hunter2" not in "\n".join(shown)
    assert "kind" in "\n".join(shown) or "secretGenerator" in "\n".join(shown)


def test_a_changed_secret_is_seen_to_change(made_repository) -> None:
    made_repository.commit({"s.yaml": "kind: Secret\nstringData:\n  a: hunter2\n  b: same\n"})
    sha = made_repository.commit({"s.yaml": "kind: Secret\nstringData:\n  a: hunter3\n  b: same\n"})
    (change,) = _open(made_repository).commit_detail(sha).files
    lines = {line.sign: line.text for line in change.hunks[0].lines if line.sign != " "}
    assert change.secret
    assert lines["-"] != lines["+"]
    assert "hunter" not in str(change)


# --- revisions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "tag"),
    [
        ("1.2.*", "v1.2.9"),
        ("1.x", "v1.10.0"),
        ("^1.2", "v1.10.0"),
        ("~1.2", "v1.2.9"),
        (">=1.2 <1.10", "v1.2.9"),
        (">=1.2, <1.10", "v1.2.9"),
        ("1.0 - 1.2", "v1.2.9"),
        ("!=2.0.0", "v1.10.0"),
        (">1.2", "v2.0.0"),
        ("<=1.2", "v1.2.9"),
        ("^0.1.0", "v0.1.5"),
        ("^0.0.1", ""),
        (">=2.1.0-0", "v2.1.0-rc.2"),
        ("*", "v2.0.0"),
        ("~1.2 || ~0.1", "v1.2.9"),
    ],
)
def test_ranges_take_the_tag_that_masterminds_semver_takes(constraint: str, tag: str) -> None:
    tags = [
        "v0.1.0",
        "v0.1.5",
        "v0.2.0",
        "v1.2.0",
        "v1.2.9",
        "v1.10.0",
        "v2.0.0",
        "v2.1.0-rc.2",
        "v2.1.0-rc.1",
        "nightly",
    ]
    assert is_range(constraint)
    assert newest(constraint, tags) == tag


@pytest.mark.parametrize("name", ["v1.2", "1.2.3", "main", "release-1.x.y.z", "feature/x", "HEAD", "abc1234", ""])
def test_names_are_no_ranges(name: str) -> None:
    assert not is_range(name)


def test_a_version_names_its_own_tag_only_and_a_range_says_what_it_is(made_repository) -> None:
    from gitops_tui.errors import RevisionNotFound

    made_repository.commit({"a": "1"})
    made_repository.git("tag", "v1.2.3")
    repository = _open(made_repository)
    with pytest.raises(RevisionNotFound, match="no revision"):
        repository.resolve("1.2")
    assert repository.symbol("1.2.*") == "v1.2.3"
    assert repository.symbol("HEAD") == "main"
    made_repository.git("branch", "2.x")
    assert repository.resolve("2.x").sha == repository.resolve("HEAD").sha
    with pytest.raises(RevisionNotFound, match="no tag in the range"):
        repository.resolve("^3.0")
