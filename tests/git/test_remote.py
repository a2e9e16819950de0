"""Mirrors of remotes on a real server: partial clones, one look for nothing new, broken mirrors, moves that are said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, FetchError, GitStopped, RevisionNotFound
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.command import Stop
from gitops_tui.settings import Settings


def _text_below(folder: Path) -> bytes:
    return b"\n".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def _open(server, **options) -> Repository:
    repository = open_repository(server.url("web.git"), settings=Settings(), **options)
    repository.fetch()
    return repository


def test_a_clone_brings_no_contents_and_they_come_in_one_go(me, upstream, served) -> None:
    made, _, push = upstream
    sha = made.commit({f"a/{n}.yaml": f"n: {n}\n" for n in range(20)} | {"b/other": "x" * 1000})
    push()
    repository = _open(served)
    entries = [each for each in repository.list_tree(sha, "a") if each.type == "blob"]
    assert repository._objects.info([entries[0].sha]) == [None]
    before = served.count("upload-pack")
    contents = repository.read_many([each.sha for each in entries])
    assert sorted(contents) == sorted(f"n: {n}\n".encode() for n in range(20))
    assert 0 < served.count("upload-pack") - before <= 4
    other = repository.find(sha, "b/other")
    assert other is not None
    assert repository._objects.info([other[1]]) == [None]
    repository.close()


def test_a_look_that_finds_nothing_new_costs_one_ls_remote(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"})
    push()
    repository = _open(served)
    served.requests.clear()
    assert repository.fetch() is False
    paths = [path for _, path in served.requests]
    assert len([path for path in paths if "info/refs" in path]) == 1
    assert len(paths) <= 2  # the advertisement, and protocol 2's ls-refs
    made.commit({"a": "2"}, "second")
    push()
    assert repository.fetch() is True
    assert repository.resolve("main").subject == "second"
    repository.close()


def test_log_blame_and_detail_work_without_contents(me, upstream, served) -> None:
    made, _, push = upstream
    first = made.commit({"a/x.yaml": "a: 1\nb: 2\nc: 3\nd: 4\n"}, "first")
    second = made.commit({"a/x.yaml": "a: 1\nb: 9\nc: 3\nd: 4\n"}, "second")
    made.git("mv", "a", "apps")
    third = made.commit({}, "moved")
    push()
    repository = _open(served)
    assert [each.subject for each in repository.log(third, ["apps"])] == ["moved", "second", "first"]
    found = repository.blame(third, "apps/x.yaml", [1, 2])
    assert (found[1].commit, found[2].commit) == (first, second)
    assert found[2].path == "a/x.yaml"
    detail = repository.commit_detail(second)
    assert [(line.sign, line.text) for line in detail.files[0].hunks[0].lines if line.sign != " "] == [
        ("-", "b: 2"),
        ("+", "b: 9"),
    ]
    repository.close()


def test_a_damaged_mirror_is_cloned_anew(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    repository = _open(served)
    for pack in (repository.folder / "objects" / "pack").glob("*"):
        pack.chmod(0o644)
        pack.write_bytes(b"rubbish")
    repository.close()
    again = _open(served)
    assert again.resolve("HEAD").subject == "first"
    (again.folder / "HEAD").unlink()
    assert _open(served).resolve("HEAD").subject == "first"


def test_a_lock_that_a_killed_git_left_does_not_stop_a_fetch(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"})
    push()
    repository = _open(served)
    (repository.folder / "refs" / "heads" / "main.lock").parent.mkdir(parents=True, exist_ok=True)
    for name in ("refs/heads/main.lock", "packed-refs.lock", "HEAD.lock"):
        (repository.folder / name).touch()
    made.commit({"a": "2"}, "second")
    push()
    assert repository.fetch()
    assert repository.resolve("main").subject == "second"


def test_two_at_once_share_one_mirror(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    found: list[Repository] = []
    threads = [threading.Thread(target=lambda: found.append(_open(served))) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.folder for each in found}) == 1
    assert [each.resolve("main").subject for each in found] == ["first"] * 3
    assert [each.name for each in found[0].folder.parent.iterdir() if each.is_dir()] == [found[0].folder.name]


def test_a_second_process_that_holds_the_lock_is_named_after_a_while(me, upstream, served) -> None:
    from gitops_tui.git.lock import locked

    made, _, push = upstream
    made.commit({"a": "1"})
    push()
    repository = _open(served)
    made.commit({"a": "2"})
    push()
    settings = Settings(git_timeout=0.3)
    impatient = open_repository(served.url("web.git"), settings=Settings())
    assert impatient.remote is not None
    impatient.remote._settings = settings
    with locked(repository.folder), pytest.raises(FetchError, match=r"another process|took longer"):
        impatient.fetch()


def test_a_clone_says_how_far_it_is_and_can_be_stopped(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({f"f{n}": str(n) for n in range(50)})
    push()
    said: list[str] = []
    repository = open_repository(served.url("web.git"), settings=Settings(), progress=said.append)
    assert any("objects" in line.lower() for line in said)
    shutil.rmtree(repository.folder)
    stop = Stop()
    served.slow = 30.0
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    with pytest.raises(GitStopped):
        open_repository(served.url("web.git"), settings=Settings(), stop=stop)
    assert not [each for each in repository.folder.parent.iterdir() if each.is_dir()]


def test_a_moved_tag_and_a_forced_branch_are_told(me, upstream, served) -> None:
    made, _, push = upstream
    first = made.commit({"a": "1"}, "first")
    second = made.commit({"a": "2"}, "second")
    made.git("tag", "v1")
    push("--all")
    push("--tags")
    repository = _open(served)
    made.git("reset", "-q", "--hard", first)
    third = made.commit({"a": "3"}, "third")
    made.git("tag", "-f", "v1")
    push("--all")
    push("--tags")
    assert repository.fetch()
    moves = {each.name: each for each in repository.moves()}
    assert moves["main"].forced
    assert (moves["main"].old, moves["main"].new) == (second, third)
    assert moves["v1"].forced
    assert moves["v1"].kind == "tag"
    # What was deployed before is still there to be looked at.
    assert repository.commit(second).subject == "second"
    made.commit({"a": "4"}, "fourth")
    push("--all")
    assert repository.fetch()
    assert [each.forced for each in repository.moves()] == [False]


def test_a_default_branch_by_another_name_is_followed(me, upstream, served) -> None:
    made, bare, push = upstream
    made.commit({"a": "1"}, "first")
    made.git("branch", "-m", "main", "trunk")
    push("--all")
    (bare / "HEAD").write_text("ref: refs/heads/trunk\n")
    repository = _open(served)
    assert repository.symbol("HEAD") == "trunk"
    assert repository.resolve("").subject == "first"


def test_a_remote_without_commits_is_said_so_and_followed_once_it_has_one(me, upstream, served) -> None:
    made, _, push = upstream
    repository = _open(served)
    with pytest.raises(RevisionNotFound, match="no commit yet"):
        repository.resolve("HEAD")
    made.commit({"a": "1"}, "first")
    push()
    assert repository.fetch()
    assert repository.resolve("HEAD").subject == "first"


def test_what_was_fetched_stays_when_the_server_goes(me, upstream, served) -> None:
    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    repository = _open(served)
    served.down = True
    with pytest.raises(FetchError, match="can't be fetched") as caught:
        repository.fetch()
    assert "still shown" in caught.value.hint
    assert repository.resolve("main").subject == "first"


def test_no_such_repository_is_said_so(me, upstream, served) -> None:
    with pytest.raises(CloneError) as caught:
        open_repository(served.url("nothing.git"), settings=Settings())
    assert "check the URL" in caught.value.hint


def test_no_server_is_said_so(me) -> None:
    with pytest.raises(CloneError) as caught:
        open_repository("http://127.0.0.1:9/x.git", settings=Settings())
    assert "whether 127.0.0.1 is up" in caught.value.hint


def test_a_mirror_of_an_earlier_session_is_shown_when_the_server_is_away(me, upstream, served) -> None:
    from gitops_tui.reconcile.repositories import Repositories

    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    url = served.url("web.git")
    first = Repositories(Settings())
    first.open(url)
    first.close()
    served.down = True
    later = Repositories(Settings())
    assert later.open(url.removesuffix(".git")).resolve("main").subject == "first"
    state = later.state(url)
    assert state is not None
    assert "can't be fetched" in state.error
    assert state.fetched is not None
    later.close()
    with pytest.raises(CloneError):
        Repositories(Settings()).open(served.url("never-seen.git"))


def test_two_processes_share_one_mirror_and_clone_it_once(me, upstream, served, tmp_path: Path) -> None:
    made, _, push = upstream
    made.commit({f"f{n}.yaml": f"a: {n}\n" * 200 for n in range(200)}, "first")
    push()
    program = (
        "import sys; from gitops_tui.git import open_repository; from gitops_tui.settings import Settings\n"
        "sys.stdin.readline()\n"
        "r = open_repository(sys.argv[1], settings=Settings()); r.fetch(); print(r.resolve('HEAD').subject)"
    )
    line = [sys.executable, "-c", program, served.url("web.git")]
    running = [
        subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120) for each in running]
    assert [out for out, _ in said] == ["first\n"] * 3, said
    folders = [each for each in (Settings().cache_folder / "repositories").iterdir() if each.is_dir()]
    assert len(folders) == 1
    # The contents of the one pack came once: whoever waited found the mirror whole.
    assert len(list(folders[0].glob("objects/pack/*.pack"))) == 1


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="needs a small disk of its own: root and unshare"
)
def test_a_full_disk_is_said_with_what_to_do(me, upstream, served, tmp_path: Path) -> None:
    made, _, push = upstream
    made.commit({f"f{n}.bin": os.urandom(100_000).hex() for n in range(20)}, "first")
    push()
    small = tmp_path / "small"
    small.mkdir()
    program = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from gitops_tui.errors import GitOpsError; from gitops_tui.git import open_repository\n"
        "from gitops_tui.settings import Settings\n"
        "try: open_repository(sys.argv[1], settings=replace(Settings(), cache_folder=Path(sys.argv[2]), git_partial=False))\n"
        "except GitOpsError as error: print(error.message, '|', error.hint)\n"
        "print(len([each for each in Path(sys.argv[2]).rglob('*') if each.is_dir() and each.name.startswith('clone-')]))"
    )
    script = 'mount -t tmpfs -o size=512k none "$1" || exit 77; exec "$2" -c "$3" "$4" "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(small), sys.executable, program, served.url("web.git")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("no mount namespace can be had here")
    assert "the disk is full" in done.stdout, done.stdout + done.stderr
    assert "cache_folder" in done.stdout
    assert done.stdout.strip().endswith("\n0")
