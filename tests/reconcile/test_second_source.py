"""Automatic sync follows every source of an application, not the first one alone."""

from __future__ import annotations

from pathlib import Path

import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.model.keys import GVK
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.conftest import MadeRepository
from tests.support.waiting import until

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: default}\ndata: {level: %s}\n"
CONFIGMAP = GVK("", "v1", "ConfigMap")


def test_a_new_commit_in_the_second_source_is_synced_with_self_heal_off(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(MadeRepository(tmp_path / name))
        made[-1].commit({"app/c.yaml": CONFIG % (name, "low")})
    sources = [{"repoURL": str(each.folder), "path": "app", "targetRevision": "main"} for each in made]
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "both", "namespace": "argocd"},
        "spec": {
            "sources": sources,
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            "syncPolicy": {"automated": {"selfHeal": False}},
        },
    }
    file = tmp_path / "apps.yaml"
    file.write_text(yaml.safe_dump(application))
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")

        def level(name: str) -> str:
            found = cluster.call(cluster.objects.get, CONFIGMAP, "default", name)
            return found["data"]["level"] if found else ""

        def states() -> object:
            return [(each.sync, each.auto) for each in engine.snapshot.applications.values()]

        def becomes(name: str, wanted: str) -> None:
            until(lambda: level(name) == wanted, told=lambda: (name, level(name), states()))

        for wanted in ("low", "high"):
            # The second time in another session, which knows from the record alone what was synced.
            engine = Engine(Request(files=(file,), kubeconfig=kubeconfig), settings)
            engine.start()
            try:
                becomes("one", "low")
                becomes("two", wanted)
                made[1].commit({"app/c.yaml": CONFIG % ("two", "middle")}, "middle")
                becomes("two", "middle")
                assert level("one") == "low"
            finally:
                engine.stop()
            made[1].commit({"app/c.yaml": CONFIG % ("two", "high")}, "high")
