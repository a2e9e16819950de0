"""Repositories that try to make us run, write or fetch something."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, GitError, GitOpsError, RevertRefused, UnsafePath
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.address import Address
from gitops_tui.git.revert import preview
from gitops_tui.model.revert import RevertRequest
from gitops_tui.settings import Settings


def _open(folder: Path) -> Repository:
    return open_repository(str(folder), settings=Settings())


def _tree(made, *lines: bytes) -> str:
    """A tree object that git itself would not write (names that it refuses), as a commit."""
    body = b"".join(lines)
    tree = (
        subprocess.run(
            ["git", "-C", str(made.folder), "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
            input=body,
            check=True,
            capture_output=True,
        )
        .stdout.decode()
        .strip()
    )
    return made.git("commit-tree", tree, "-m", "made by hand")


def _entry(made, mode: bytes, name: bytes, content: bytes) -> bytes:
    sha = (
        subprocess.run(
            ["git", "-C", str(made.folder), "hash-object", "-w", "--stdin"],
            input=content,
            check=True,
            capture_output=True,
        )
        .stdout.decode()
        .strip()
    )
    return mode + b" " + name + b"\0" + bytes.fromhex(sha)


@pytest.mark.parametrize("name", [b"..", b".", b".git", b"a/../../x", b""])
def test_names_that_would_leave_the_folder_are_refused(made_repository, tmp_path: Path, name: bytes) -> None:
    sha = _tree(made_repository, _entry(made_repository, b"100644", name, b"evil"))
    (tmp_path / "out" / "in").mkdir(parents=True)
    with pytest.raises(GitError):
        _open(made_repository.folder).export(sha, "", tmp_path / "out" / "in")
    assert not [each for each in tmp_path.rglob("*") if each.is_file() and each.read_bytes() == b"evil"]


def test_a_file_and_a_link_of_one_name_do_not_lead_out(made_repository, tmp_path: Path) -> None:
    link = _entry(made_repository, b"120000", b"a", b"/tmp")
    inner = _entry(made_repository, b"100644", b"evil", b"evil")
    inside = (
        subprocess.run(
            ["git", "-C", str(made_repository.folder), "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
            input=inner,
            check=True,
            capture_output=True,
        )
        .stdout.decode()
        .strip()
    )
    sha = _tree(made_repository, link, b"40000 a\0" + bytes.fromhex(inside))
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafePath):
        _open(made_repository.folder).export(sha, "", tmp_path / "out")
    assert not Path("/tmp/evil").exists()


def test_submodules_are_not_fetched_and_not_followed(made_repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    made_repository.commit(
        {"a.yaml": "a: 1\n", ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::touch {trap}\n'}, "first"
    )
    made_repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    made_repository.git("commit", "-q", "-m", "a submodule")
    repository = _open(made_repository.folder)
    sha = repository.resolve("HEAD").sha
    (tmp_path / "out").mkdir()
    repository.export(sha, "", tmp_path / "out")
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"a.yaml", ".gitmodules"}
    assert [each.path for each in repository.list_tree(sha, "") if each.is_submodule] == ["x"]
    repository.commit_detail(sha)
    repository.fetch()
    assert not trap.exists()


def test_names_like_options_are_only_names(made_repository, tmp_path: Path) -> None:
    files = {"--output=evil/x.yaml": "a: 1\n", "-n": "b\n", "--upload-pack=touch evil": "c\n"}
    made_repository.commit(dict.fromkeys(files, "old\n"), "first")
    sha = made_repository.commit(files, "second")
    repository = _open(made_repository.folder)
    for name, text in files.items():
        assert repository.read(sha, name) == text.encode()
        assert [each.subject for each in repository.log(sha, [name])] == ["second", "first"]
        assert repository.blame_line(sha, name, 1).commit == sha  # type: ignore[union-attr]
    assert len(repository.commit_detail(sha, list(files)).files) == 3
    assert not (made_repository.folder / "evil").exists()
    assert not Path("evil").exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id",
        "fd::17",
        "-oProxyCommand=touch evil",
        "ssh://-oProxyCommand=touch evil/x",
        "-oProxyCommand=evil:x",
        "https://",
        "https://host:port/x",
        "file://other-host/x",
        "http://host/x\n--upload-pack=evil",
        "http://[::1/x",
    ],
)
def test_addresses_that_are_commands_or_none_are_refused(url: str) -> None:
    with pytest.raises(CloneError):
        open_repository(url, settings=Settings())


def test_the_remote_of_a_local_repository_names_no_program(me, made_repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    made_repository.commit({"a": "1"})
    with pytest.raises(GitOpsError):
        Address.parse(f"ext::touch {trap}")
    for name, value in (
        ("remote.origin.url", "http://127.0.0.1:9/x.git"),
        ("remote.origin.receivepack", f"touch {trap}"),
        ("remote.origin.vcs", "evil"),
        ("core.gitProxy", f"touch {trap}"),
        ("core.askPass", f"touch {trap}"),
        ("credential.helper", f"!touch {trap}"),
    ):
        made_repository.git("config", name, value)
    from gitops_tui.git.open import remote_for
    from gitops_tui.git.revert import carry_out

    first = made_repository.git("rev-parse", "HEAD")
    made_repository.commit({"a": "2"})
    repository = _open(made_repository.folder)
    origin = remote_for("http://127.0.0.1:9/x.git", Settings())
    found = preview(repository, RevertRequest(first, "main", push=True, paths=(".",)), origin)
    with pytest.raises(GitError):
        carry_out(repository, found, origin)
    assert not trap.exists()
    assert made_repository.git("log", "-1", "--format=%s", "main") == "change"


def test_a_huge_file_is_bounded(made_repository) -> None:
    sha = made_repository.commit({"big": "x" * 3_000_000})
    repository = open_repository(str(made_repository.folder), settings=Settings(max_manifest_bytes=1_000_000))
    with pytest.raises(GitError, match="larger than 1000000 bytes"):
        repository.read(sha, "big")
    assert repository.read(made_repository.commit({"small": "x"}), "small") == b"x"


def test_a_revert_of_a_path_outside_is_refused(me, made_repository) -> None:
    first = made_repository.commit({"a": "1"})
    made_repository.commit({"a": "2"})
    for path in ("../x", "/etc"):
        with pytest.raises(UnsafePath):
            preview(_open(made_repository.folder), RevertRequest(first, "main", paths=(path,)))
    with pytest.raises(RevertRefused):
        preview(_open(made_repository.folder), RevertRequest(first, "none", paths=("a",)))
