"""What is compared ahead, while other kinds are still being listed, counts for the very same two sides and for nothing else."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.demo import DemoCluster
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.reconcile import Engine, Request, looked
from gitops_tui.reconcile.looked import Looked, look
from gitops_tui.schema import builtin
from gitops_tui.settings import Settings

CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "flags", "namespace": "web"},
    "data": {"level": "low"},
}
KEY = ResourceKey.of(CONFIG)
MANIFEST = Manifest(KEY, "v1", CONFIG, Origin("flags.yaml"), "digest")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the objects that were compared, in order."""
    names: list[str] = []
    compare = looked.compare

    def heard(desired: Any, live: Any, **rest: Any) -> Any:
        names.append((desired or live)["metadata"]["name"])
        return compare(desired, live, **rest)

    monkeypatch.setattr(looked, "compare", heard)
    yield names


def test_an_object_in_sync_is_compared_once_and_kept_no_longer_than_until_then(compared: list[str]) -> None:
    kept: dict[ResourceKey, Looked] = {}
    live = copy.deepcopy(CONFIG)
    for ahead in (True, True, False):
        drift, _ = look(kept, KEY, MANIFEST, live, (), builtin(), Settings(), ahead=ahead)
        assert drift.kind is DriftKind.NONE
    assert (compared, kept) == (["flags"], {})


@pytest.mark.parametrize("what", ["live", "manifest", "rules", "types"])
def test_where_anything_is_another_it_is_compared_again(compared: list[str], what: str) -> None:
    kept: dict[ResourceKey, Looked] = {}
    live = copy.deepcopy(CONFIG)
    look(kept, KEY, MANIFEST, live, (), builtin(), Settings(), ahead=True)
    changed = {**live, "data": {"level": "high"}}
    manifest = Manifest(KEY, "v1", changed, Origin("flags.yaml"), "other") if what == "manifest" else MANIFEST
    rules = (IgnoreRule(kind="ConfigMap", json_pointers=("/data/level",)),) if what in ("rules", "types") else ()
    types = builtin().with_crd({}) if what == "types" else builtin()
    drift, _ = look(kept, KEY, manifest, changed if what == "live" else live, rules, types, Settings())
    assert len(compared) == 2
    assert drift.kind is (DriftKind.MODIFIED if what in ("live", "manifest") else DriftKind.NONE)


def test_the_first_picture_compares_each_object_once(made_repository: Any, tmp_path: Path, compared: list[str]) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    objects = [{**CONFIG, "metadata": {"name": "flags"}}, service]
    made_repository.commit({f"apps/web/{at}.yaml": yaml.safe_dump(each) for at, each in enumerate(objects)})
    with DemoCluster(delay=0) as cluster:
        for each in objects:
            cluster.do("gitops-tui", {**each, "metadata": {**each["metadata"], "namespace": "default"}})
        request = Request(str(made_repository.folder), "apps/*", kubeconfig=cluster.kubeconfig(tmp_path / "kubeconfig"))
        engine = Engine(request, Settings(confirm=False))
        judged = threading.Event()

        def heard(snapshot: Snapshot) -> None:
            if snapshot.applications and not any(each.loading for each in snapshot.applications.values()):
                judged.set()

        engine.subscribe(heard)
        engine.start()
        try:
            assert judged.wait(120)
        finally:
            engine.stop()
    assert sorted(compared) == ["flags", "web"]
