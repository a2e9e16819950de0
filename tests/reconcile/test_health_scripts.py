"""A person's own health script decides what the engine says of an object, and one that goes wrong is said on that object."""

from __future__ import annotations

from pathlib import Path

from gitops_tui.demo import start_demo
from gitops_tui.healthscripts import HealthScript
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

OWN = "return {status = 'Suspended', message = obj.metadata.name .. ' has ' .. obj.spec.replicas}"


def test_the_engine_asks_the_persons_own_scripts(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    scripts = (
        HealthScript("apps/Deployment", OWN, "config.yaml"),
        HealthScript("Service", "while true do end", "config.yaml"),
    )
    settings = Settings(
        state_folder=tmp_path / "s", cache_folder=tmp_path / "c", health_scripts=scripts, read_only=True
    )
    engine = Engine(Request(files=(demo.applications / "web.yaml",), kubeconfig=demo.kubeconfig), settings)
    engine.start()
    try:

        def state() -> ApplicationState:
            return next(iter(engine.snapshot.applications.values()))

        def of(kind: str) -> list[ResourceState]:
            return [each for key, each in state().resources.items() if key.kind == kind and each.live is not None]

        until(lambda: bool(engine.snapshot.applications) and not state().loading and bool(of("Deployment")))
        for each in of("Deployment"):
            assert each.health is not None
            assert each.live is not None
            assert each.health.message == f"{each.key.name} has {each.live['spec']['replicas']}"
            assert all(child.health is not None and child.health.status != "Suspended" for child in each.owned)
        for each in of("Service"):
            assert each.health is not None
            assert each.health.message.startswith("health script of Service (config.yaml): it takes too long")
        assert all(each.health is not None and each.health.status == "Healthy" for each in of("ConfigMap"))
    finally:
        engine.stop()
        demo.stop()
