"""Repositories as nobody planned them: SHA-256, odd refs, broken people, settings that git stumbles over."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, DamagedRepository, GitError, PushRejected, RevertRefused, RevisionNotFound
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.credentials import Credentials
from gitops_tui.git.log import pull_request
from gitops_tui.git.open import mirror_folder
from gitops_tui.git.revert import carry_out, preview
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.model.revert import RevertRequest
from gitops_tui.reconcile.git_questions import GitQuestions
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.render.fields import places_of_field
from gitops_tui.settings import Settings
from tests.conftest import MadeRepository
from tests.git.servers import http_server


def opened(made: MadeRepository) -> Repository:
    return open_repository(str(made.folder), settings=Settings())


def the_app(url: str) -> Application:
    return Application(AppKey("test", "", "web"), (Source(repo_url=url, path="web"),), Destination())


@pytest.fixture
def sha256(tmp_path: Path) -> MadeRepository:
    folder = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", str(folder)], check=True)
    return MadeRepository(folder)


def test_a_remote_of_sha_256_is_mirrored_fetched_and_reverted(me, sha256: MadeRepository, served, tmp_path) -> None:
    bare = tmp_path / "served" / "long.git"
    old = sha256.commit({"web/a.yaml": "a: 1\n", ".git-blame-ignore-revs": "0" * 40 + "\n"})
    subprocess.run(["git", "clone", "-q", "--mirror", str(sha256.folder), str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "config", "http.receivepack", "true"], check=True)
    repository = open_repository(served.url("long.git"), settings=Settings())
    new = sha256.commit({"web/a.yaml": "a: 2\n"})
    sha256.git("push", "-q", str(bare), "main")

    assert repository.fetch()
    assert repository.resolve("HEAD").sha == new
    assert repository.blame(new, "web/a.yaml", [1])[1].commit == new
    done = carry_out(repository, preview(repository, RevertRequest(revision=old, branch="main", paths=("web",))))
    assert sha256.git("ls-remote", str(bare), "main").startswith(done.commit)


def test_a_remote_that_was_made_anew_with_other_shas_is_cloned_anew(me, sha256, upstream, served) -> None:
    made, bare, push = upstream
    made.commit({"a": "1"})
    push()
    url = served.url("web.git")
    app = the_app(url)
    repositories = Repositories(Settings())
    repositories.open(url)
    subprocess.run(["rm", "-rf", str(bare)], check=True)
    new = sha256.commit({"a": "2"})
    subprocess.run(["git", "clone", "-q", "--mirror", str(sha256.folder), str(bare)], check=True)

    assert repositories.fetch([url]) == [url]
    assert GitQuestions(repositories, Settings()).resolve(app, "HEAD").sha == new


def test_names_of_refs_that_hold_line_ends_cost_nothing_more(me, upstream, served) -> None:
    made, _, push = upstream
    sha = made.commit({"a": "1"})
    for name in ("a\u2028b", "a\x85b"):
        made.git("update-ref", f"refs/heads/{name}", sha)
    subprocess.run([b"git", b"-C", bytes(made.folder), b"update-ref", b"refs/heads/\xff\xfe", sha.encode()], check=True)
    push()
    repository = open_repository(served.url("web.git"), settings=Settings())
    repository.fetch()
    before = served.count("info/refs")

    assert repository.fetch() is False
    assert served.count("info/refs") == before + 1
    for name in ("a\u2028b", "a\x85b", "\udcff\udcfe"):
        assert repository.resolve(name).sha == sha
        assert repository.tag_signature(name, sha) is None


@pytest.mark.parametrize("revision", ["main@{0}", "main@{upstream}", "main..main", "@{-1}"])
def test_what_git_would_look_up_elsewhere_is_no_revision(made_repository, revision: str) -> None:
    made_repository.commit({"a": "1"})

    with pytest.raises(RevisionNotFound, match="is not a revision"):
        opened(made_repository).resolve(revision)


def test_a_head_without_its_branch_names_those_that_are_there(made_repository) -> None:
    made_repository.commit({"a": "1"})
    made_repository.git("symbolic-ref", "HEAD", "refs/heads/gone")

    with pytest.raises(RevisionNotFound, match="the branch gone, which is not there") as caught:
        opened(made_repository).resolve("HEAD")
    assert "main" in caught.value.hint


def test_the_git_folder_itself_is_a_repository_and_a_foreign_work_tree_is_not(made_repository, tmp_path: Path) -> None:
    sha = made_repository.commit({"a": "1"})
    (tmp_path / "other").mkdir()
    other = MadeRepository(tmp_path / "other")
    other.commit({"b": "1"})

    inside = open_repository(str(made_repository.folder / ".git"), settings=Settings())
    made_repository.git("config", "core.worktree", str(other.folder))

    assert inside.resolve("HEAD").sha == sha
    assert opened(made_repository).resolve("HEAD").sha == sha


def test_a_tag_on_a_file_is_no_revision_and_no_damage(made_repository) -> None:
    made_repository.commit({"a": "1"})
    made_repository.git("tag", "-a", "-m", "a file", "file", made_repository.git("rev-parse", "HEAD:a"))

    with pytest.raises(RevisionNotFound, match="file names a blob, no commit"):
        opened(made_repository).resolve("file")


def test_a_partial_clone_of_the_users_says_what_it_lacks(me, upstream, tmp_path: Path) -> None:
    made, bare, push = upstream
    old = made.commit({"web/a": "1\n"})
    made.commit({"web/a": "2\n"})
    push()
    folder = tmp_path / "partial"
    subprocess.run(["git", "clone", "-q", "--filter=blob:none", f"file://{bare}", str(folder)], check=True)
    repository = open_repository(str(folder), settings=Settings())

    assert repository.read(repository.resolve("HEAD").sha, "web/a") == b"2\n"
    for ask in (
        lambda: repository.read(old, "web/a"),
        lambda: repository.commit_detail(repository.resolve("HEAD").sha),
    ):
        with pytest.raises(GitError, match="is a partial clone, which lacks contents") as caught:
            ask()
        assert "--refetch --no-filter" in caught.value.hint


def test_grafts_do_not_hide_history(made_repository) -> None:
    made_repository.commit({"a": "1"})
    sha = made_repository.commit({"a": "2"})
    (made_repository.folder / ".git" / "info").mkdir(exist_ok=True)
    (made_repository.folder / ".git" / "info" / "grafts").write_text(f"{sha}\n")

    assert len(opened(made_repository).log(sha, [""])) == 2


def test_a_setting_that_git_refuses_is_said_and_not_a_missing_commit(made_repository) -> None:
    made_repository.commit({"a": "1"})
    made_repository.git("config", "--file", str(made_repository.folder / ".git" / "config"), "log.date", "bogus")

    with pytest.raises(GitError, match=r"bogus") as caught:
        opened(made_repository).resolve("main")
    assert not isinstance(caught.value, RevisionNotFound)


@pytest.mark.parametrize("of", ["user", "repository"])
def test_a_list_of_ignored_commits_that_is_not_there_ends_no_blame(me, made_repository, of: str) -> None:
    made_repository.commit({"a": "x: 1\n"})
    format_ = made_repository.commit({"a": "x:   '1'\n"})
    made_repository.commit({".git-blame-ignore-revs": "f" * 64 + f"\n{format_}\n"})
    if of == "user":
        me.write_text(me.read_text() + "[blame]\n\tignoreRevsFile = .not-there\n")
    else:
        made_repository.git("config", "blame.ignoreRevsFile", "/not/there")
    repository = opened(made_repository)

    assert repository.blame(repository.resolve("main").sha, "a", [1])[1].commit != format_


def test_a_commit_by_nobody_is_by_nobody(made_repository) -> None:
    made_repository.commit({"a": "1"})
    text = f"tree {made_repository.git('rev-parse', 'HEAD^{tree}')}\nauthor nobody\ncommitter nobody\n\nsubject\n"
    sha = subprocess.run(
        ["git", "-C", str(made_repository.folder), "hash-object", "-t", "commit", "--literally", "-w", "--stdin"],
        input=text,
        text=True,
        capture_output=True,
        check=True,
    ).stdout.strip()

    found = opened(made_repository).commit(sha)

    assert (found.author, found.author_email, found.subject) == ("", "", "subject")


def test_merges_of_gitea_are_recognised() -> None:
    assert pull_request("Merge pull request 'Raise it' (#12) from mia/raise into main", "") == "12"


def test_a_submodule_that_is_called_like_a_manifest_is_shown_as_one(made_repository) -> None:
    first = made_repository.commit({"a": "1"})
    shas = []
    for sha in (first, "1" * 40):
        made_repository.git("update-index", "--add", "--cacheinfo", f"160000,{sha},web/sub.yaml")
        made_repository.git("commit", "-q", "-m", "moves it")
        shas.append(made_repository.git("rev-parse", "HEAD"))

    found = opened(made_repository).commit_detail(shas[-1]).files

    assert [each.path for each in found] == ["web/sub.yaml"]
    assert "1" * 40 in found[0].hunks[0].lines[-1].text


def test_a_file_too_large_to_be_masked_is_named_and_not_shown(me, made_repository, monkeypatch) -> None:
    monkeypatch.setattr("gitops_tui.git.detail._MAX_MASKED", 1000)
    old = made_repository.commit({"web/a.yaml": "a: 1\n"})
    large = "kind: Secret\n" + "stringData: {a: hunter2}\n" * 100
    sha = made_repository.commit({"web/b.yaml": large, "web/a.yaml": "a: 2\n"})
    repository = opened(made_repository)

    found = preview(repository, RevertRequest(revision=old, branch="main", paths=("web",))).files

    assert [(each.path, each.cut, len(each.hunks)) for each in found] == [
        ("web/a.yaml", False, 1),
        ("web/b.yaml", True, 0),
    ]
    assert "hunter2" not in repository.commit_diff(sha, [])


# --- fields in YAML -----------------------------------------------------------------------------------------------


def blamed(made: MadeRepository, field: str) -> str:
    """The subject of the commit that set a field of the one ConfigMap in "web"."""
    from gitops_tui.render import render

    repository = opened(made)
    commit = repository.resolve("main")
    source = Source(repo_url=str(made.folder), path="web")
    manifest = render(
        repository, commit, source, app_name="web", namespace="web", settings=Settings(), kube_version="1.30", api_versions=()
    ).manifests[0]  # fmt: skip
    for place in places_of_field(repository, commit, ["web"], manifest, field):
        found = repository.blame(commit.sha, place.path, place.lines)
        if found:
            return max(found.values(), key=lambda each: repository.count(commit.sha, each.commit, [""])).subject
    return ""


def test_a_field_behind_a_line_end_that_only_yaml_knows_is_blamed_at_its_own_line(made_repository) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  annotations: {q: 'a\u2028b\x85c'}\ndata:\n  a: '1'\n  b: '2'\n"
    made_repository.commit({"web/m.yaml": text}, "first")
    made_repository.commit({"web/m.yaml": text.replace("'1'", "'7'")}, "sets a")

    assert blamed(made_repository, "data.a") == "sets a"
    assert blamed(made_repository, "data.b") == "first"


@pytest.mark.parametrize(
    ("data", "change"),
    [
        ("  a: &x one\n  b: *x\n", ("one", "two")),
        ("  <<: {b: one}\n", ("one", "two")),
        ("  <<: [{a: x}, {b: one}]\n", ("one", "two")),
    ],
)
def test_a_field_by_an_alias_or_a_merge_is_blamed_where_its_value_stands(
    made_repository, data: str, change: tuple[str, str]
) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n{data}"
    made_repository.commit({"web/m.yaml": text}, "first")
    made_repository.commit({"web/m.yaml": text.replace(*change)}, "sets it")

    assert blamed(made_repository, "data.b") == "sets it"


# --- mirrors that were spoilt ---------------------------------------------------------------------------------------


def _flipped(place: Path) -> None:
    data = bytearray(place.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 8):
        data[at] ^= 0xFF
    place.chmod(0o644)
    place.write_bytes(bytes(data))


def _spoilt(folder: Path, how: str) -> None:
    if how == "pack":
        for place in folder.glob("objects/pack/*.pack"):
            _flipped(place)
    elif how == "cut pack":
        for place in folder.glob("objects/pack/*.pack"):
            place.chmod(0o644)
            place.write_bytes(place.read_bytes()[:-30])
    elif how == "config":
        (folder / "config").write_text("")
    elif how == "ref":
        (folder / "refs" / "heads").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / "heads" / "main").write_text("")
    else:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("how", ["pack", "cut pack", "config", "ref", "folder"])
def test_a_spoilt_mirror_mends_itself_whatever_is_asked(me, upstream, served, how: str, again: bool) -> None:
    made, _, push = upstream
    for number in range(5):
        sha = made.commit({f"web/{number}.yaml": f"a: {number}\n" * 50})
    push()
    url = served.url("web.git")
    app = the_app(url)
    repositories = Repositories(Settings())
    GitQuestions(repositories, Settings()).resolve(app, "HEAD")
    _spoilt(repositories.open(url).folder, how)
    if again:
        repositories.close()
        repositories = Repositories(Settings())
    questions = GitQuestions(repositories, Settings())
    repositories.fetch([url])

    assert questions.resolve(app, "HEAD").sha == sha
    assert len(questions.log(app, 50, 0)) == 5
    assert len(questions.commit_detail(app, sha).files) == 1
    assert questions.blame(app, sha, "web/1.yaml", 3) is not None


def test_a_cache_that_cannot_be_written_to_still_shows_what_it_has(me, upstream, served, monkeypatch) -> None:
    made, _, push = upstream
    sha = made.commit({"a": "1"})
    push()
    open_repository(served.url("web.git"), settings=Settings()).close()

    @contextmanager
    def refused(*_: object, **__: object) -> Iterator[None]:
        raise OSError(30, "Read-only file system")
        yield

    monkeypatch.setattr("gitops_tui.git.remote.locked", refused)

    assert open_repository(served.url("web.git"), settings=Settings()).resolve("HEAD").sha == sha


def test_a_server_of_plain_files_is_cloned_whole_and_asked_for_nothing_twice(me, upstream, tmp_path: Path) -> None:
    made, bare, push = upstream
    sha = made.commit({"a": "1"})
    push()
    subprocess.run(["git", "-C", str(bare), "update-server-info"], check=True)
    asked: list[str] = []

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(tmp_path / "served")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/web.git"
        repository = open_repository(url, settings=Settings(git_timeout=30))
        repository.fetch()
        assert repository.resolve("HEAD").sha == sha
        assert repository.read(sha, "a") == b"1"
        assert not repository.is_partial
        assert len(asked) < 40
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_gives_no_contents_by_name_is_asked_for_all(me, upstream, served) -> None:
    made, bare, push = upstream
    sha = made.commit({"a": "1"})
    push()
    subprocess.run(["git", "-C", str(bare), "config", "uploadpack.allowAnySHA1InWant", "false"], check=True)
    me.write_text(me.read_text() + "[protocol]\n\tversion = 0\n")
    repository = open_repository(served.url("web.git"), settings=Settings())
    assert repository.is_partial

    assert repository.read(sha, "a") == b"1"
    assert not repository.is_partial


def test_what_a_killed_clone_left_is_removed_by_the_next(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"})
    push()
    url = served.url("web.git")
    place = mirror_folder(url, Settings())
    left, other = place.with_name(f"{place.name}.clone-1"), place.with_name("other.clone-1")
    for each in (left, other):
        each.mkdir(parents=True)

    open_repository(url, settings=Settings())

    assert not left.exists()
    assert other.exists()


# --- reverts ----------------------------------------------------------------------------------------------------------


def test_a_branch_that_git_cannot_move_is_said_with_its_words(me, made_repository) -> None:
    old = made_repository.commit({"web/a": "1"})
    made_repository.commit({"web/a": "2"})
    (made_repository.folder / ".git" / "refs" / "heads" / "main.lock").write_text("")
    repository = opened(made_repository)
    found = preview(repository, RevertRequest(revision=old, branch="main", paths=("web",)))

    with pytest.raises(RevertRefused, match=r"main\.lock"):
        carry_out(repository, found)


@pytest.mark.parametrize("name", ["HEAD", "a" * 40])
def test_a_branch_is_not_called_like_something_else(me, made_repository, name: str) -> None:
    sha = made_repository.commit({"web/a": "1"})

    with pytest.raises(RevertRefused, match="means something else"):
        preview(opened(made_repository), RevertRequest(revision=sha, branch="main", new_branch=name, paths=("web",)))


def test_a_reverts_message_is_utf_8_whatever_is_configured(me, made_repository) -> None:
    old = made_repository.commit({"web/a": "1"}, "größer")
    made_repository.commit({"web/a": "2"})
    made_repository.git("config", "i18n.commitEncoding", "latin1")
    repository = opened(made_repository)

    done = carry_out(repository, preview(repository, RevertRequest(revision=old, branch="main", paths=("web",))))

    assert "größer" in repository.commit(done.commit).body
    assert "encoding" not in made_repository.git("cat-file", "commit", done.commit).split("\n\n")[0]


def test_a_push_without_the_right_to_is_told_from_a_protected_branch(me, upstream, served) -> None:
    made, bare, push = upstream
    old = made.commit({"web/a": "1"})
    made.commit({"web/a": "2"})
    push()
    subprocess.run(["git", "-C", str(bare), "config", "http.receivepack", "false"], check=True)
    repository = open_repository(served.url("web.git"), settings=Settings())
    found = preview(repository, RevertRequest(revision=old, branch="main", paths=("web",)))

    with pytest.raises(PushRejected, match="403") as caught:
        carry_out(repository, found)
    assert "may not push there" in caught.value.hint


# --- credentials ------------------------------------------------------------------------------------------------------


def test_a_token_does_not_follow_to_another_host(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"})
    push()
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(301)
            self.send_header("Location", f"http://localhost:{served.port}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(CloneError, match="returned error: 301"):
            open_repository(
                f"http://127.0.0.1:{server.server_address[1]}/web.git",
                settings=Settings(),
                credentials=lambda _: Credentials(bearer_token="t0ken"),
            )
    finally:
        server.shutdown()
        server.server_close()

    assert seen == ["Bearer t0ken"]
    assert not any(served.authorizations)


def test_the_users_own_settings_by_the_environment_hold(me, upstream, tmp_path: Path, monkeypatch) -> None:
    made, _, push = upstream
    sha = made.commit({"a": "1"})
    push()
    with http_server(tmp_path / "served", user="mia", password="hunter2") as server:
        monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{server.url('', 'mia:hunter2')}.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://git.example.com/")
        monkeypatch.setenv("GIT_CONFIG_KEY_1", "core.hooksPath")
        monkeypatch.setenv("GIT_CONFIG_VALUE_1", str(tmp_path))
        repository = open_repository("https://git.example.com/web.git", settings=Settings())

        assert repository.resolve("HEAD").sha == sha
        assert repository.read(sha, "a") == b"1"
        assert b"hunter2" not in b"".join(
            place.read_bytes() for place in Settings().cache_folder.rglob("*") if place.is_file()
        )


def test_the_users_own_program_is_asked_for_a_password(me, upstream, tmp_path: Path) -> None:
    made, _, push = upstream
    sha = made.commit({"a": "1"})
    push()
    asked = tmp_path / "askpass"
    asked.write_text('#!/bin/sh\ncase "$1" in Username*) echo mia;; *) echo hunter2;; esac\n')
    asked.chmod(0o755)
    me.write_text(me.read_text() + f"[core]\n\taskPass = {asked}\n")
    with http_server(tmp_path / "served", user="mia", password="hunter2") as server:
        assert open_repository(server.url("web.git"), settings=Settings()).resolve("HEAD").sha == sha


def test_a_password_that_is_not_escaped_is_not_shown(me) -> None:
    with pytest.raises(CloneError) as caught:
        open_repository("https://mia:hun/ter@git.example.com/x", settings=Settings())

    assert "hun" not in str(caught.value)
    assert "%2F" in caught.value.hint


def test_what_the_other_side_says_of_itself_is_no_damage_here() -> None:
    from gitops_tui.git.words import failure

    assert isinstance(failure("git fetch", b"fatal: bad object 1234567\n"), DamagedRepository)
    assert not isinstance(failure("git fetch", b"remote: fatal: bad object 1234567\n"), DamagedRepository)


def test_credentials_in_messages_and_files_are_not_shown(made_repository) -> None:
    made_repository.commit({"a": "1\n"})
    text = "at https://mia:hunter2@git.example.com/x"
    sha = made_repository.commit({"a": f"{text}\n"}, f"{text}\n\nbody {text}\n\nSee-also: {text}")
    repository = opened(made_repository)
    found = repository.commit_detail(sha)

    assert found.commit.subject == "at https://git.example.com/x"
    assert "hunter2" not in repr(found)
    assert "hunter2" not in repr(repository.log(sha, [""]))
    assert repository.blame(sha, "a", [1])[1].subject == "at https://git.example.com/x"
