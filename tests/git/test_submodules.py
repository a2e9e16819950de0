"""Submodules: read where the user's setting says so, over https and ssh alone."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_tui.errors import GitError, GitOpsError
from gitops_tui.git import Repository, open_repository
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.settings import Settings
from tests.git.servers import HttpServer, certificate, http_server


def _git(folder: Path, *args: str) -> str:
    line = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *args]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


def _bare(served: Path, name: str, files: dict[str, str], links: dict[str, str] | None = None) -> str:
    """Makes the repository `name`, or a commit on top of it; its SHA."""
    bare, work = served / name, served.parent / "work" / name
    if not bare.exists():
        bare.mkdir(parents=True)
        _git(bare, "init", "-q", "--bare", "-b", "main")
        work.mkdir(parents=True)
        _git(work, "init", "-q", "-b", "main")
    for path, text in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    _git(work, "add", "-A")
    for path, sha in (links or {}).items():
        _git(work, "update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
    _git(work, "commit", "-q", "-m", "made")
    _git(work, "push", "-q", str(bare), "main")
    return _git(work, "rev-parse", "HEAD")


def _modules(**urls: str) -> str:
    return "".join(f'[submodule "{path}"]\n\tpath = apps/{path}\n\turl = {url}\n' for path, url in urls.items())


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


@pytest.fixture
def https(me, tmp_path: Path, monkeypatch):
    served = tmp_path / "served"
    served.mkdir()
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(cert))
    with http_server(served, context=context) as server:
        yield served, server


def _open(url: str) -> Repository:
    return open_repository(url, settings=replace(Settings(), submodules=True))


@pytest.mark.parametrize("local", [False, True])
def test_files_of_submodules_are_read_like_any_others(https: tuple[Path, HttpServer], local: bool) -> None:
    served, server = https
    inner = _bare(served, "inner.git", {"deep.yaml": CONFIG.format(name="deep")})
    sub = _bare(
        served,
        "sub.git",
        {"c.yaml": CONFIG.format(name="web"), ".gitmodules": '[submodule "i"]\n\tpath = i\n\turl = ../inner.git\n'},
        {"i": inner},
    )
    _bare(served, "top.git", {"a.yaml": "a: 1\n", ".gitmodules": _modules(web="../sub.git")}, {"apps/web": sub})
    work = served.parent / "work" / "top.git"
    _git(work, "remote", "add", "origin", server.url("top.git"))
    before = {each: each.read_bytes() for each in (work / ".git").rglob("*") if each.is_file()}
    repository = _open(str(work) if local else server.url("top.git"))
    sha = repository.resolve("main").sha
    assert [each.path for each in repository.list_tree(sha, "apps", recursive=True) if each.type == "blob"] == [
        "apps/web/.gitmodules",
        "apps/web/c.yaml",
        "apps/web/i/deep.yaml",
    ]
    assert repository.read(sha, "apps/web/i/deep.yaml") == CONFIG.format(name="deep").encode()
    assert repository.folders(sha, "apps/*") == ["apps/web"]
    assert repository.blame(sha, "apps/web/c.yaml", [1]) == {}
    if local:
        assert {each: each.read_bytes() for each in (work / ".git").rglob("*") if each.is_file()} == before


def test_a_commit_that_moves_a_submodule_touches_the_application(https: tuple[Path, HttpServer]) -> None:
    served, server = https
    first = _bare(served, "sub.git", {"c.yaml": CONFIG.format(name="one")})
    modules = {".gitmodules": _modules(web="../sub.git"), "apps/other/o.yaml": CONFIG.format(name="other")}
    _bare(served, "top.git", modules, {"apps/web": first})
    repositories = Repositories(replace(Settings(), submodules=True))
    url = server.url("top.git")
    app = Application(
        AppKey("here", "default", "web"), (Source(url, "apps/web", "main"),), Destination(namespace="default")
    )
    found = repositories.render(app, "", "1.37", (), "default")
    assert [each.key.name for each in found.manifests] == ["one"]
    second = _bare(served, "sub.git", {"c.yaml": CONFIG.format(name="two")})
    _bare(served, "top.git", {}, {"apps/web": second})
    assert repositories.fetch([url]) == [url]
    found = repositories.render(app, "", "1.37", (), "default")
    assert [each.key.name for each in found.manifests] == ["two"]
    repository = repositories.open(url)
    ends = repository.resolve("main").parents[0], repository.resolve("main").sha
    assert repository.touched(*ends, {"web": ["apps/web"], "other": ["apps/other"]}) == {"web"}
    repositories.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ext::touch {trap}", "submodules are read over https and ssh"),
        ("file:///etc", "submodules are read over https and ssh"),
        ("/etc", "submodules are read over https and ssh"),
        ("git://127.0.0.1/x.git", "submodules are read over https and ssh"),
        ("http://127.0.0.1/x.git", "submodules are read over https and ssh"),
        ("--upload-pack=touch {trap}", "submodules are read over https and ssh"),
    ],
)
def test_no_other_transport_is_used_for_a_submodule(made_repository, tmp_path: Path, url: str, said: str) -> None:
    trap = tmp_path / "trap"
    made_repository.commit({"a.yaml": "a: 1\n", ".gitmodules": _modules(x=url.format(trap=trap))}, "first")
    made_repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},apps/x")
    made_repository.git("commit", "-q", "-m", "a submodule")
    repository = _open(str(made_repository.folder))
    sha = repository.resolve("HEAD").sha
    with pytest.raises(GitOpsError) as caught:
        repository.list_tree(sha, "")
    assert "the submodule apps/x of" in caught.value.message
    assert said in caught.value.hint
    assert not trap.exists()


def test_a_submodules_commit_that_is_not_there_is_named(https: tuple[Path, HttpServer]) -> None:
    served, server = https
    _bare(served, "sub.git", {"c.yaml": "a: 1\n"})
    _bare(served, "top.git", {".gitmodules": _modules(web="../sub.git")}, {"apps/web": "1" * 40})
    repository = _open(server.url("top.git"))
    with pytest.raises(GitOpsError, match=r"the submodule apps/web of .* can't be read"):
        repository.list_tree(repository.resolve("main").sha, "")


def test_a_submodule_without_a_url_is_named(made_repository) -> None:
    made_repository.commit({".gitmodules": "nonsense [[[\n"}, "first")
    made_repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},apps/x")
    made_repository.git("commit", "-q", "-m", "a submodule")
    repository = _open(str(made_repository.folder))
    with pytest.raises(GitError, match=r"the submodule apps/x .* has no url in \.gitmodules"):
        repository.list_tree(repository.resolve("HEAD").sha, "")


def test_the_password_of_the_repository_does_not_go_to_a_submodules_host(https: tuple[Path, HttpServer]) -> None:
    served, server = https
    sub = _bare(served, "sub.git", {"c.yaml": "a: 1\n"})
    _bare(served, "top.git", {".gitmodules": _modules(web=server.url("sub.git"))}, {"apps/web": sub})
    repository = _open(server.url("top.git", "mia:s3cret"))
    repository.list_tree(repository.resolve("main").sha, "apps/web")
    assert not any("s3cret" in each.read_text(errors="replace") for each in served.rglob("config"))
