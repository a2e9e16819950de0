"""The main job in a pseudo-terminal, on the embedded cluster and on a real API server: see drift and heal it, roll back,
pause; with a repository of our own and people who change the cluster behind our back."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from tests.support.clusters import on
from tests.support.waiting import until
from tests.terminal.driver import Terminal

DEPLOYMENT = GVK("apps", "v1", "Deployment")
GUESTBOOK = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: guestbook}
spec:
  replicas: %d
  selector: {matchLabels: {app: guestbook}}
  template:
    metadata: {labels: {app: guestbook}}
    spec:
      containers:
      - {name: guestbook, image: "example.com/guestbook:v5", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: guestbook}
spec:
  selector: {app: guestbook}
  ports: [{port: 80, targetPort: 80}]
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s}
spec:
  source: {repoURL: %s, path: guestbook, targetRevision: main}
  destination: {namespace: %s}
  syncPolicy:
    syncOptions: [CreateNamespace=true]
%s"""
SELF_HEAL = "    automated: {selfHeal: true}\n"


@dataclass(frozen=True)
class Place:
    """A cluster, and who changes it behind our back."""

    kubeconfig: Path
    namespace: str

    def _with(self, work: Callable[[Cluster], Any]) -> Any:
        return on(self.kubeconfig, work)

    def scale(self, replicas: int) -> None:
        """As `kubectl scale` does it: another manager takes the field over."""
        obj = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "guestbook", "namespace": self.namespace},
            "spec": {"replicas": replicas},
        }
        self._with(lambda cluster: cluster.apply(obj, field_manager="dana"))

    def replicas(self) -> int:
        async def work(cluster: Cluster) -> int:
            kind = cluster.discovery.find(DEPLOYMENT)
            return int((await cluster.get(kind, self.namespace, "guestbook"))["spec"]["replicas"])

        return self._with(work)


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    namespace = f"story-{uuid.uuid4().hex[:8]}"
    if request.param == "real":
        yield Place(request.getfixturevalue("real_kubeconfig"), namespace)
        return
    with DemoCluster() as cluster:
        yield Place(cluster.kubeconfig(tmp_path / "kubeconfig"), namespace)


@pytest.fixture(params=[(160, 48), (80, 24)], ids=["160x48", "80x24"])
def start(request: pytest.FixtureRequest, place: Place, made_repository, tmp_path: Path) -> Iterator[Any]:
    """Starts the program on one application; the terminal, once the application shows."""
    opened = []

    def run(policy: str = "") -> Any:
        name = f"app-{place.namespace[-4:]}"
        file = tmp_path / "application.yaml"
        file.write_text(APPLICATION % (name, made_repository.folder, place.namespace, policy))
        columns, rows = request.param
        named = os.environ.get("GITOPS_TUI_TEST_PROGRAM")
        line = [*([named] if named else [sys.executable, "-m", "gitops_tui"]), "-f", str(file)]
        terminal = Terminal([*line, "--kubeconfig", str(place.kubeconfig)], columns=columns, rows=rows)
        opened.append(terminal)
        terminal.wait_for(name)
        return terminal

    yield run
    for terminal in opened:
        terminal.kill()


def escape(terminal: Any) -> None:
    """Escape by itself: a key that follows at once would make it an Alt."""
    terminal.press("\x1b")
    terminal.read(0.5)


def leave(terminal: Any) -> None:
    escape(terminal)
    terminal.press("q")
    assert terminal.ended() == 0


def synced(terminal: Any) -> None:
    """Syncs the application under the cursor, and closes the dialog."""
    terminal.press("s")
    terminal.wait_for("enter sync")
    assert "3 create" in terminal.text()
    terminal.press("\r")
    terminal.wait_for("Succeeded")
    escape(terminal)
    terminal.wait_for("✓ Synced")


def test_drift_is_seen_looked_at_and_healed(start, place: Place, made_repository) -> None:
    made_repository.commit({"guestbook/all.yaml": GUESTBOOK % 1}, "guestbook")
    terminal = start()
    terminal.wait_for("OutOfSync")
    synced(terminal)

    place.scale(4)
    terminal.wait_for("≠ replicas")
    terminal.press("]")
    shown = terminal.wait_for("replicas: 4")
    assert "replicas: 1" in shown
    terminal.press("b")
    terminal.wait_for("dana")
    terminal.wait_for("guestbook/all.yaml:5")
    assert "Dana" in terminal.text()
    escape(terminal)
    terminal.press("s")
    terminal.wait_for("enter sync")
    assert "spec.replicas" in terminal.text()
    terminal.press("\r")
    terminal.wait_for("Succeeded")
    escape(terminal)
    terminal.wait_for("✓ Synced")
    assert place.replicas() == 1
    leave(terminal)


def test_an_older_commit_is_found_in_the_history_and_rolled_back_to(start, place: Place, made_repository) -> None:
    made_repository.commit({"guestbook/all.yaml": GUESTBOOK % 1}, "one replica")
    made_repository.commit({"guestbook/all.yaml": GUESTBOOK % 3}, "three replicas")
    terminal = start()
    terminal.wait_for("OutOfSync")
    synced(terminal)
    assert place.replicas() == 3

    terminal.press("h")
    terminal.wait_for("before that")
    terminal.press("j")
    terminal.press("R")
    terminal.wait_for("enter pin and roll back")
    assert "spec.replicas" in terminal.text()
    terminal.press("\r")
    terminal.wait_for("Succeeded")
    assert place.replicas() == 1
    escape(terminal)
    escape(terminal)
    terminal.wait_for("pinned")
    leave(terminal)


def test_a_pause_holds_automatic_sync_until_it_is_resumed(start, place: Place, made_repository) -> None:
    made_repository.commit({"guestbook/all.yaml": GUESTBOOK % 2}, "guestbook")
    terminal = start(SELF_HEAL)
    terminal.wait_for("✓ Synced")
    terminal.wait_until_gone("OutOfSync")
    place.scale(5)
    healed(terminal, place, 2)

    terminal.press("g")
    terminal.press("p")
    terminal.wait_for("Why")
    terminal.press("\r")
    terminal.read(0.3)
    terminal.press("INC-42\r")
    terminal.wait_for("paused")
    place.scale(6)
    terminal.wait_for("≠ replicas")
    terminal.read(3.0)
    assert "OutOfSync" in terminal.text()
    assert place.replicas() == 6

    terminal.press("p")
    terminal.wait_for("r Resume")
    terminal.press("r")
    healed(terminal, place, 2)
    leave(terminal)


def healed(terminal: Terminal, place: Place, replicas: int) -> None:
    """Waits until the cluster has that many again, and the screen says so."""

    def has() -> bool:
        terminal.read(0.1)
        return place.replicas() == replicas

    until(has, told=terminal.text)
    terminal.wait_until_gone("OutOfSync")
