"""What a sync costs the engine itself, on a real API server: the plan of 2,000 objects, and memory over 200 syncs."""

from __future__ import annotations

import gc
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

pytestmark = [pytest.mark.benchmark, pytest.mark.real]

MANY = 2000
SYNCS = 200
TEXT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\ndata: {{a: '{v}', b: 'two'}}\n"


def resident() -> int:
    """The memory of this process in KiB."""
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class Place:
    """An engine on one application in a namespace of its own."""

    def __init__(self, repository: Any, kubeconfig: Path, folder: Path) -> None:
        self.repository, self.kubeconfig = repository, kubeconfig
        self.namespace = f"bench-{uuid.uuid4().hex[:8]}"
        self.settings = Settings(state_folder=folder / "state", cache_folder=folder / "cache")
        self.engine: Engine | None = None

    def kubectl(self, *words: str) -> None:
        subprocess.run(["kubectl", "--kubeconfig", str(self.kubeconfig), *words], check=True, capture_output=True)

    def start(self) -> AppKey:
        request = Request(
            repo=str(self.repository.folder), pattern="big", namespace=self.namespace, kubeconfig=self.kubeconfig
        )
        self.engine = Engine(request, self.settings)
        self.engine.start()
        until(lambda: self.apps() and not any(each.loading for each in self.apps().values()))
        return next(iter(self.apps()))

    def apps(self) -> Any:
        assert self.engine is not None
        return self.engine.snapshot.applications

    def at(self, sha: str) -> bool:
        return all(each.revision is not None and each.revision.sha == sha for each in self.apps().values())


@pytest.fixture
def place(made_repository: Any, real_kubeconfig: Path, tmp_path: Path) -> Iterator[Place]:
    made = Place(made_repository, real_kubeconfig, tmp_path)
    made.kubectl("create", "namespace", made.namespace)
    yield made
    if made.engine is not None:
        made.engine.stop()
    made.kubectl("delete", "namespace", made.namespace, "--wait=false")


def test_the_plan_of_two_thousand_objects(place: Place) -> None:
    place.repository.commit({f"big/{n}.yaml": TEXT.format(n=n, v=1) for n in range(MANY)}, "all")
    app = place.start()
    assert place.engine is not None
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        plan = place.engine.plan(app, SyncOptions()).result(120)
        times.append(time.perf_counter() - begun)
    assert len(plan.steps) >= MANY
    print(f"\nthe plan of {len(plan.steps):,} objects: {min(times) * 1000:.0f} ms")
    # Issue 8: 0.2 s.
    assert min(times) <= 0.6


def test_memory_over_two_hundred_syncs(place: Place) -> None:
    place.repository.commit({f"big/{n}.yaml": TEXT.format(n=n, v=0) for n in range(20)}, "first")
    app = place.start()
    assert place.engine is not None
    seen = []
    for number in range(1, SYNCS + 1):
        sha = place.repository.commit({f"big/{n}.yaml": TEXT.format(n=n, v=number) for n in range(20)}, f"v{number}")
        place.engine.refresh(app).result(120)
        until(lambda sha=sha: place.at(sha))
        done = place.engine.sync(place.engine.plan(app, SyncOptions()).result(120)).result(120)
        assert done.phase is OperationPhase.SUCCEEDED, done.message
        if number % 50 == 0:
            gc.collect()
            seen.append(resident())
    print(f"\nmemory after each 50 of {SYNCS} syncs: {', '.join(f'{each / 1024:.0f} MiB' for each in seen)}")
    # What is kept of renderings and commits is bounded; nothing else grows.
    assert seen[-1] - seen[0] < 30 * 1024
