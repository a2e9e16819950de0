"""Git on a large repository that a script makes (20,000 files, 50,000 commits, 300 applications), against the plain git
commands that a person would type, in the same run. Prints ratios; `pytest -m benchmark tests/benchmarks/test_git.py -s`."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_tui.git import Repository, open_repository
from gitops_tui.settings import Settings

pytestmark = pytest.mark.benchmark

APPS, FILES, COMMITS = 300, 20_000, 50_000
PER_APP = 6


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    with subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        for part in _history():
            importer.stdin.write(part)
        importer.stdin.close()
        assert importer.wait() == 0
    return folder


def _history() -> Iterator[bytes]:
    """The first commit makes all files; each later one changes one line of one application's file, round by round."""

    def file(app: int, number: int, values: list[int]) -> bytes:
        lines = "".join(f"  key{at}: value-{app}-{value}\n" for at, value in enumerate(values))
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{number}\ndata:\n{lines}".encode()
        return b"M 100644 inline apps/app%d/c%d.yaml\ndata %d\n%s\n" % (app, number, len(text), text)

    def commit(number: int, subject: str) -> bytes:
        who = b"Dana <dana@example.com> %d +0000" % (1_600_000_000 + number * 60)
        return b"commit refs/heads/main\ncommitter %s\ndata %d\n%s\n" % (who, len(subject), subject.encode())

    values = {(app, number): list(range(10)) for app in range(APPS) for number in range(PER_APP)}
    yield commit(0, "all of it")
    for (app, number), each in values.items():
        yield file(app, number, each)
    for number in range(FILES - APPS * PER_APP):
        text = b"other %d\n" % number
        yield b"M 100644 inline other/d%d/f%d.txt\ndata %d\n%s\n" % (number % 400, number, len(text), text)
    for number in range(1, COMMITS):
        app, one = number % APPS, number % PER_APP
        values[app, one][number % 10] = number
        yield commit(number, f"change {number} (#{number})")
        yield file(app, one, values[app, one])


def _open(folder: Path) -> Repository:
    repository = open_repository(str(folder), settings=Settings())
    repository.fetch()
    repository.quicken()  # the engine does it in the background when it opens a local folder
    return repository


def _plain(folder: Path, *args: str, stdin: bytes = b"") -> float:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True, env=env, input=stdin)
    return time.perf_counter() - began


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _compare(name: str, ours: Callable[[], float], plain: Callable[[], float], rounds: int = 5) -> tuple[float, float]:
    """The medians of both, measured turn by turn."""
    both = [(ours(), plain()) for _ in range(rounds)]
    mine, theirs = (statistics.median(each) for each in zip(*both, strict=True))
    print(f"\n{name}: {mine * 1000:.1f} ms, plain git {theirs * 1000:.1f} ms, ratio {mine / theirs:.2f}")
    return mine, theirs


def test_which_of_300_applications_a_commit_touches(large: Path) -> None:
    repository = _open(large)
    head = repository.resolve("HEAD").sha
    before = repository.commit(head).parents[0]
    wanted = {app: [f"apps/app{app}", "base", f"values/{app}.yaml"] for app in range(APPS)}

    def ours() -> float:
        repository._changed.clear()
        return _timed(lambda: repository.touched(before, head, wanted))

    mine, theirs = _compare("touched", ours, lambda: _plain(large, "diff", "--name-only", before, head), 9)
    assert repository.touched(before, head, wanted) == {(COMMITS - 1) % APPS}
    assert mine <= 0.05
    assert mine <= theirs * 1.5


def test_the_first_page_of_an_applications_log(large: Path) -> None:
    repository = _open(large)
    head = repository.resolve("HEAD").sha

    def ours() -> float:
        repository._pages.close()
        return _timed(lambda: repository.log(head, ["apps/app7"], limit=50))

    def first() -> float:
        return _timed(lambda: next(stream := repository.stream_log(head, ["apps/app7"])) and stream.close())

    plain = ("log", "--first-parent", "-m", "--no-patch", "--max-count=50", head, "--", "apps/app7")
    mine, theirs = _compare("first page of the log", ours, lambda: _plain(large, *plain))
    shown = statistics.median(first() for _ in range(5))
    print(f"first commit of the log on the screen after {shown * 1000:.1f} ms")
    assert mine <= 0.3
    assert mine <= theirs * 1.5
    repository.close()


def test_blame_of_a_field(large: Path) -> None:
    repository = _open(large)
    head = repository.resolve("HEAD").sha
    path, line = "apps/app7/c1.yaml", 8

    def ours() -> float:
        repository._blames.clear()
        return _timed(lambda: repository.blame_line(head, path, line))

    plain = ("blame", "-w", "-L", f"{line},{line}", head, "--", path)
    mine, theirs = _compare("blame of a line", ours, lambda: _plain(large, *plain))
    again = statistics.median(_timed(lambda: repository.blame_line(head, path, line)) for _ in range(9))
    print(f"blame again: {again * 1000:.2f} ms")
    assert mine <= 0.3
    assert again <= 0.005
    assert mine <= theirs * 1.5
    repository.close()


def test_reading_2000_blobs(large: Path) -> None:
    repository = _open(large)
    head = repository.resolve("HEAD").sha
    shas = [each.sha for each in repository.list_tree(head, "", recursive=True) if each.type == "blob"][:2000]
    asked = "".join(f"{sha}\n" for sha in shas).encode()
    repository.read_many(shas[:1])
    _compare_read = _compare(
        "2,000 blobs",
        lambda: _timed(lambda: repository.read_many(shas)),
        lambda: _plain(large, "cat-file", "--batch", stdin=asked),
    )
    assert _compare_read[0] <= _compare_read[1] * 1.5
    repository.close()
