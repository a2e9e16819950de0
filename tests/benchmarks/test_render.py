"""Rendering: beside what can't be avoided (reading, libyaml) and beside the programs themselves, in the same run."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.git import Repository, open_repository
from gitops_tui.model.application import Application, Destination, DirectorySource, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.render import helmlibrary, render, tools
from gitops_tui.settings import Settings

pytestmark = pytest.mark.benchmark

renderer = sys.modules["gitops_tui.render.render"]
CORES = len(os.sched_getaffinity(0))
OBJECT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
      - name: app
        image: registry.example.com/shop/{name}:1.2.3
        ports: [{{containerPort: 8080, name: http}}]
        env:
        - {{name: LOG_LEVEL, value: info}}
        - name: TOKEN
          valueFrom: {{secretKeyRef: {{name: {name}, key: token}}}}
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
        readinessProbe: {{httpGet: {{path: /ready, port: http}}, periodSeconds: 5}}
"""


def timed(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def medians(ours: Callable[[], object], theirs: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """In turns, so that a busy machine is busy for both."""
    pairs = [(timed(ours), timed(theirs)) for _ in range(times)]
    return statistics.median(each for each, _ in pairs), statistics.median(each for _, each in pairs)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_folder=tmp_path / "cache")


def forget(settings: Settings) -> None:
    """Nothing rendered is known any more, in memory or on disk."""
    renderer.forget()
    shutil.rmtree(settings.cache_folder / "renders", ignore_errors=True)


def test_two_thousand_plain_objects_in_a_hundred_folders(made_repository: Any, settings: Settings) -> None:
    folders = [f"apps/{number}" for number in range(100)]
    made_repository.commit(
        {f"{folder}/{each}.yaml": OBJECT.format(name=f"o-{each}") for folder in folders for each in range(20)}
    )
    repository = open_repository(str(made_repository.folder), settings=settings)
    commit = repository.resolve("HEAD")

    def ours() -> int:
        return sum(
            len(
                render(
                    repository, commit, Source("x", path=folder, directory=DirectorySource(recurse=True)),
                    app_name="app", namespace="d", settings=settings,
                ).manifests
            )
            for folder in folders
        )  # fmt: skip

    def floor(parse: Callable[[bytes], object]) -> None:
        repository._listed.clear()
        for folder in folders:
            files = [each for each in repository.list_tree(commit.sha, folder, recursive=True) if each.type == "blob"]
            for content in repository.read_many([each.sha for each in files]):
                parse(content)

    assert ours() == 2000
    rounds = []
    for _ in range(7):
        forget(settings)
        repository._listed.clear()
        rounds.append(
            (
                timed(ours),
                timed(lambda: floor(lambda text: list(yaml.load_all(text, yaml.CSafeLoader)))),
                timed(lambda: floor(lambda text: list(yaml.parse(text, yaml.CSafeLoader)))),
            )
        )
    mine, parsed, events = (min(each) for each in zip(*rounds, strict=True))
    repository.close()
    print(
        f"\n2,000 objects: {mine:.2f} s; reading and libyaml alone {parsed:.2f} s ({mine / parsed:.2f} times), "
        f"its events without their values {events:.2f} s"
    )
    assert mine <= parsed * 1.5


def test_a_commit_that_touches_one_of_three_hundred_applications_is_one_render(
    made_repository: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"app-{number}" for number in range(300)]
    made_repository.commit({f"apps/{name}/x.yaml": OBJECT.format(name=name) for name in names})
    apps = [
        Application(AppKey("c", "", name), (Source(str(made_repository.folder), path=f"apps/{name}"),), Destination(namespace="d"))
        for name in names
    ]  # fmt: skip
    rendered: list[str] = []
    real = renderer._rendered

    def counted(repository: Repository, commit: Any, source: Source, *more: Any) -> Any:
        rendered.append(source.path)
        return real(repository, commit, source, *more)

    monkeypatch.setattr(renderer, "_rendered", counted)
    repositories = Repositories(settings)
    try:

        def everything() -> None:
            for app in apps:
                repositories.render(app, "", "1.31", (), "d")

        first = timed(everything)
        assert len(rendered) == 300
        rendered.clear()
        made_repository.commit({"apps/app-7/x.yaml": OBJECT.format(name="app-7").replace("replicas: 2", "replicas: 3")})
        repositories.fetch([str(made_repository.folder)])
        again = timed(everything)
        print(
            f"\n300 applications: {first:.2f} s, after a commit that touches one {again:.3f} s, {len(rendered)} render"
        )
        assert rendered == ["apps/app-7"]
    finally:
        repositories.close()


def charts(made_repository: Any, number: int) -> list[str]:
    """Copies of the chart that `helm create` makes, each with another name."""
    folder = made_repository.folder
    subprocess.run(["helm", "create", "chart-0"], cwd=folder, capture_output=True, check=True)
    for at in range(1, number):
        shutil.copytree(folder / "chart-0", folder / f"chart-{at}")
        text = (folder / f"chart-{at}" / "Chart.yaml").read_text()
        (folder / f"chart-{at}" / "Chart.yaml").write_text(text.replace("name: chart-0", f"name: chart-{at}"))
    made_repository.commit({"README": "x"})
    return [f"chart-{at}" for at in range(number)]


def test_a_hundred_charts_in_process_beside_the_program(made_repository: Any, settings: Settings) -> None:
    if not shutil.which("helm"):
        pytest.skip("no helm on the PATH to compare with")
    if not helmlibrary.library_version():
        pytest.skip("the extra helm is not installed: pip install 'gitops-tui[helm]'")
    folders = charts(made_repository, 100)
    repository = open_repository(str(made_repository.folder), settings=settings)
    commit = repository.resolve("HEAD")

    def one(folder: str) -> Any:
        return render(repository, commit, Source("x", path=folder, helm={}), app_name="app", namespace="d",
                      settings=settings, kube_version="1.31")  # fmt: skip

    def program(folder: str) -> None:
        line = ["helm", "template", "app", ".", "--namespace", "d", "--include-crds", "--kube-version", "1.31"]
        subprocess.run(line, cwd=made_repository.folder / folder, stdout=subprocess.DEVNULL, check=True)

    def by_the_engine() -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, folders))

    assert len(one(folders[0]).manifests) == 4
    rounds = []
    for _ in range(3):
        theirs = timed(lambda: [program(each) for each in folders])
        forget(settings)
        helmlibrary.end_all()  # starting the process is part of it
        ours = timed(lambda: [one(each) for each in folders])
        forget(settings)
        rounds.append((theirs / ours, ours, theirs, timed(by_the_engine)))
    repository.close()
    factor, ours, theirs, several = sorted(rounds)[1]
    print(
        f"\n100 charts, one after another: {ours:.2f} s in process, {theirs:.2f} s by helm for each ({factor:.1f} times faster); "
        f"as the engine does it {several:.2f} s ({theirs / several:.1f} times faster)"
    )
    # The engine renders several at once; one after another it is about ten times on an idle machine, and less on a busy one.
    assert theirs / several >= 10
    assert factor >= 5


def test_helm_by_the_program_costs_little_more_than_the_program(made_repository: Any, settings: Settings) -> None:
    if not shutil.which("helm"):
        pytest.skip("no helm on the PATH")
    by_program = replace(settings, helm_in_process=False)
    folders = charts(made_repository, 15)
    repository = open_repository(str(made_repository.folder), settings=by_program)
    commit = repository.resolve("HEAD")

    def ours() -> None:
        forget(settings)
        for folder in folders:
            render(repository, commit, Source("x", path=folder, helm={}), app_name="app", namespace="d",
                   settings=by_program, kube_version="1.31")  # fmt: skip

    def theirs() -> None:
        for folder in folders:
            line = ["helm", "template", "app", ".", "--namespace", "d", "--include-crds", "--kube-version", "1.31"]
            subprocess.run(line, cwd=made_repository.folder / folder, stdout=subprocess.DEVNULL, check=True)

    ours()
    mine, plain = medians(ours, theirs, 3)
    repository.close()
    print(
        f"\n15 charts by the program: {mine / 15 * 1000:.0f} ms each, helm itself {plain / 15 * 1000:.0f} ms ({mine / plain:.2f} times)"
    )
    assert mine <= plain * 1.5


def test_kustomizations_are_built_several_at_once_and_never_more_than_there_are_cores(
    made_repository: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not tools.program_for("Kustomize"):
        pytest.skip("neither kustomize nor kubectl on the PATH")
    files = {}
    for number in range(24):
        files[f"k-{number}/kustomization.yaml"] = f"resources: [x.yaml]\nnamePrefix: n{number}-\n"
        files[f"k-{number}/x.yaml"] = "---\n".join(OBJECT.format(name=f"o-{each}") for each in range(20))
    made_repository.commit(files)
    repository = open_repository(str(made_repository.folder), settings=settings)
    commit = repository.resolve("HEAD")
    running: set[int] = set()
    most = 0
    lock = threading.Lock()
    real = subprocess.Popen

    class Counted(real):  # type: ignore[type-arg, valid-type, misc]
        def __init__(self, line: Sequence[str], *more: Any, **options: Any) -> None:
            nonlocal most
            super().__init__(line, *more, **options)
            with lock:
                running.add(self.pid)
                most = max(most, len(running))

        def wait(self, timeout: float | None = None) -> int:
            code = super().wait(timeout)
            with lock:
                running.discard(self.pid)
            return code

    def one(number: int) -> Any:
        return render(repository, commit, Source("x", path=f"k-{number}", kustomize={"nameSuffix": "-s"}),
                      app_name="app", namespace="d", settings=settings)  # fmt: skip

    one(0)  # git's own processes and the program's version are there from here on
    monkeypatch.setattr(tools.subprocess, "Popen", Counted)

    def sequential() -> None:
        forget(settings)
        for number in range(24):
            one(number)

    def at_once() -> None:
        forget(settings)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(one, range(24)))

    together, alone = medians(at_once, sequential, 3)
    repository.close()
    print(
        f"\n24 kustomizations: {together:.2f} s at once, {alone:.2f} s one after another, at most {most} at once on {CORES} cores"
    )
    assert 1 <= most <= CORES
    if CORES > 1:
        assert together < alone


def test_rendering_leaves_the_engines_event_loop_alone(
    made_repository: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = [f"app-{number}" for number in range(12)]
    made_repository.commit(
        {f"apps/{name}/{each}.yaml": OBJECT.format(name=f"{name}-{each}") for name in names for each in range(40)}
    )
    threads: list[int] = []
    held, go_on = threading.Event(), threading.Event()
    real = renderer._rendered

    def holding(repository: Repository, commit: Any, source: Source, *more: Any) -> Any:
        threads.append(threading.get_ident())
        if source.path.endswith("app-3"):
            held.set()
            assert go_on.wait(120), "the loop had no turn while this was being rendered"
        return real(repository, commit, source, *more)

    monkeypatch.setattr(renderer, "_rendered", holding)
    late: list[float] = []

    async def beat(times: int) -> None:
        for _ in range(times):
            begin = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - begin - 0.005)

    with DemoCluster(delay=0) as cluster:
        request = Request(
            repo=str(made_repository.folder), pattern="apps/*", kubeconfig=cluster.kubeconfig(tmp_path / "kubeconfig")
        )
        engine = Engine(request, settings)
        engine.start()
        try:
            assert held.wait(120)
            # One rendering stands still; the loop goes on.
            asyncio.run_coroutine_threadsafe(beat(20), engine.loop).result(120)
            go_on.set()
            while len(set(threads)) == 0 or len(threads) < len(names):
                asyncio.run_coroutine_threadsafe(beat(1), engine.loop).result(120)
            loop_thread = asyncio.run_coroutine_threadsafe(_ident(), engine.loop).result(120)
        finally:
            go_on.set()
            engine.stop()
    print(
        f"\n12 applications: the loop was late by {max(late) * 1000:.0f} ms at most while they were rendered, {statistics.median(late) * 1000:.1f} ms mostly"
    )
    assert loop_thread not in threads


async def _ident() -> int:
    return threading.get_ident()
