"""What was rendered is kept, by everything that it follows from, and never where it must not be."""

from __future__ import annotations

import importlib
import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.render import Rendered, render
from gitops_tui.render.cache import Disk, Memory
from gitops_tui.render.manifests import digest
from gitops_tui.render.tools import program_for, run_tool, tool_version
from gitops_tui.settings import Settings

rendering = importlib.import_module("gitops_tui.render.render")
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: 'x'}\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [x.yaml]\n"
PROGRAM = """#!/bin/sh
echo "$1" >> %s
if [ "$1" = version ]; then echo v1; exit; fi
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: built}\\n'
"""
ONCE = """
import sys
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import render
from gitops_tui.settings import Settings
repository = open_repository(sys.argv[1], settings=Settings())
commit = repository.resolve("HEAD")
made = render(repository, commit, Source("x", path="a"), app_name="a", namespace="d", settings=Settings())
print([each.key.name for each in made.manifests], made.manifests[0].origin.commit == commit.sha)
repository.close()
"""


def made(name: str, kind: str = "ConfigMap", **fields: object) -> Rendered:
    obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}
    return Rendered(
        (Manifest(ResourceKey("", kind, "", name), "v1", obj, Origin("a.yaml", 1, 2, "c" * 40), digest(obj)),)
    )


@pytest.fixture
def kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in kustomize's place; the file in which it notes how it was called."""
    log, place = tmp_path / "calls", tmp_path / "bin" / "kustomize"
    place.parent.mkdir()
    place.write_text(PROGRAM % log)
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    return log


def test_after_a_restart_nothing_is_rendered_again(made_repository, kustomize: Path) -> None:
    made_repository.commit({"a/kustomization.yaml": KUSTOMIZATION, "a/x.yaml": CONFIG % "x"})

    def once() -> str:
        line = [sys.executable, "-c", ONCE, str(made_repository.folder)]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout

    assert once() == once() == "['built'] True\n"
    assert kustomize.read_text().split().count("build") == 1
    made_repository.commit({"elsewhere": "x"})
    assert once() == "['built'] True\n"
    assert kustomize.read_text().split().count("build") == 1
    made_repository.commit({"a/x.yaml": CONFIG % "y"})
    once()
    assert kustomize.read_text().split().count("build") == 2
    program = kustomize.parent / "bin" / "kustomize"
    program.write_text((PROGRAM % kustomize).replace("echo v1", "echo v2.0"))
    once()
    assert kustomize.read_text().split().count("build") == 3


def test_a_plain_folder_is_not_read_again_after_a_restart(made_repository, monkeypatch: pytest.MonkeyPatch) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x"})
    repository = open_repository(str(made_repository.folder), settings=Settings())
    settings, source = Settings(), Source("x", path="a")

    def once() -> Rendered:
        commit = repository.resolve("HEAD")
        return render(repository, commit, source, app_name="a", namespace="d", settings=settings)

    first = once()
    rendering.forget()
    monkeypatch.setattr(rendering, "_rendered", lambda *_: pytest.fail("rendered again"))
    assert once() == first
    repository.close()


@pytest.mark.parametrize("damage", [b"", b"junk", lambda data: data[:-3], lambda data: data[:60] + b"\0" + data[61:]])
def test_a_damaged_entry_is_dropped(tmp_path: Path, damage) -> None:
    disk = Disk(tmp_path / "c", 10**6)
    disk.put(b"key", made("one"))
    assert disk.get(b"key") == made("one")
    (file,) = (tmp_path / "c").iterdir()
    file.write_bytes(damage(file.read_bytes()) if callable(damage) else damage)
    assert disk.get(b"key") is None
    assert not file.exists()


def test_an_entry_of_another_key_or_version_is_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path, 10**6)
    disk.put(b"one", made("one"))
    (file,) = tmp_path.iterdir()
    file.rename(disk._file(b"two"))
    assert disk.get(b"two") is None
    disk.put(b"one", made("one"))
    monkeypatch.setattr("gitops_tui.render.cache.__version__", "other")
    assert disk.get(b"one") is None


def test_secrets_and_what_was_decrypted_or_made_up_never_stand_on_disk(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "c", 10**6)
    disk.put(b"1", made("s", "Secret", data={"a": "c2VjcmV0"}))
    disk.put(b"2", made("s", "Secret", stringData={"a": "secret"}))
    disk.put(b"3", Rendered(made("x").manifests, transient=True))
    assert not (tmp_path / "c").exists()
    disk.put(b"4", made("empty", "Secret"))
    assert disk.get(b"4") is not None


def test_what_is_kept_is_for_its_owner_alone_and_holds_no_key(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "c", 10**6)
    disk.put(b"values: my-password", made("one"))
    (file,) = (tmp_path / "c").iterdir()
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    import zlib

    assert b"my-password" not in zlib.decompress(file.read_bytes()[36:])


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 10**6)
    for at in range(6):
        disk.put(b"%d" % at, made(f"n{at}", data={"x": os.urandom(3000).hex()}))
        os.utime(disk._file(b"%d" % at), (at, at))
    assert disk.get(b"0") is not None  # now it is the latest
    disk.limit = 3 * disk._file(b"1").stat().st_size + 500
    disk.shrink()
    assert [at for at in range(6) if disk.get(b"%d" % at)] == [0, 4, 5]
    memory = Memory(entries=3, objects=2)
    for at in range(3):
        memory.put(b"%d" % at, made(f"n{at}"))
    assert [memory.get(b"%d" % at) is not None for at in range(3)] == [False, True, True]


def test_a_cache_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    disk = Disk(tmp_path / "file", 10**6)
    disk.put(b"1", made("one"))
    assert disk.get(b"1") is None


def test_never_more_programs_at_once_than_cores(tmp_path: Path) -> None:
    cores = len(os.sched_getaffinity(0))
    most, done = 0, threading.Event()
    marks = tmp_path / "running"
    marks.mkdir()

    def one(at: int) -> None:
        home = tmp_path / str(at)
        home.mkdir()
        script = f"touch {marks}/{at}; sleep 0.3; rm {marks}/{at}"
        assert run_tool(["/bin/sh", "-c", script], home, home, 60)[0] == 0

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, len(list(marks.iterdir())))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    done.set()
    watcher.join()
    assert 1 <= most <= cores


def test_the_programs_version_is_in_the_key_and_asked_once(kustomize: Path) -> None:
    assert "v1" in tool_version(program_for("Kustomize"))
    assert tool_version(program_for("Kustomize")) == tool_version(program_for("Kustomize"))
    assert kustomize.read_text().split() == ["version"]
    assert tool_version(program_for("Directory")) == ""
