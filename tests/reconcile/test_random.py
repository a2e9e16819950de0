"""A chart that makes a new password each time is no drift for ever, in this session and the next, and a sync leaves what is there."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.randomness import keeping, random_rules
from gitops_tui.render import helmlibrary
from gitops_tui.settings import Settings
from tests.conftest import MadeRepository
from tests.support.waiting import until

renderer = sys.modules["gitops_tui.render.render"]
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\nstringData: {password: {{ randAlphaNum 20 | quote }}, fixed: %s}\n"
KEY = ResourceKey("", "Secret", "default", "s")


@pytest.mark.skipif(not helmlibrary.library_version(), reason="needs the extra helm")
def test_a_random_password_is_hidden_counted_and_kept_by_a_sync(
    made_repository: MadeRepository, tmp_path: Path
) -> None:
    chart = {"app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n"}
    made_repository.commit({**chart, "app/templates/s.yaml": SECRET % "one"})
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")
        settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")

        def password() -> str:
            found = cluster.call(cluster.objects.get, GVK("", "v1", "Secret"), "default", "s")
            return base64.b64decode(found["data"]["password"]).decode() if found else ""

        def state() -> ResourceState | None:
            for app in engine.snapshot.applications.values():
                return app.resources.get(KEY)
            return None

        def status() -> str:
            found = state()
            return found.sync.value if found is not None and found.sync is not None else ""

        before = ""
        for wanted in ("one", "two"):
            renderer.forget()
            engine = Engine(Request(repo=str(made_repository.folder), pattern="app", kubeconfig=kubeconfig), settings)
            engine.start()
            try:
                (app,) = _applications(engine)
                if wanted == "one":
                    until(lambda: status() == "OutOfSync", told=status)
                    engine.sync(engine.plan(app, SyncOptions()).result(60)).result(60)
                    until(lambda: bool(password()), told=password)
                    before = password()
                else:
                    # Rendered anew: another password, and no drift.
                    until(lambda: status() == "Synced", told=status)
                    found = state()
                    assert found is not None
                    assert found.manifest is not None
                    assert found.manifest.obj["stringData"]["password"] != before
                    assert {each.ignored_by for each in found.drift.hidden} == {"rendered at random: /data/password"}
                    assert found.drift.ignored == 1
                    # What is no random is drift as ever, and its sync leaves the password.
                    made_repository.commit({"app/templates/s.yaml": SECRET % "two"})
                    engine.refresh(app).result(60)
                    until(lambda: status() == "OutOfSync", told=status)
                    found = state()
                    assert found is not None
                    assert [each.path for each in found.drift.differences] == ["data.fixed"]
                    engine.sync(engine.plan(app, SyncOptions()).result(60)).result(60)
                until(lambda: status() == "Synced", told=status)
                assert password() == before
            finally:
                engine.stop()


def _applications(engine: Engine) -> list[AppKey]:
    until(lambda: engine.snapshot.applications, told=lambda: engine.snapshot)
    return list(engine.snapshot.applications)


def test_what_is_kept_is_just_the_random_fields() -> None:
    obj = {
        "kind": "Secret",
        "metadata": {"name": "a*"},
        "stringData": {"p": "new", "new": "n"},
        "data": {"q": "bmV3", "r": "cg=="},
    }
    manifest = Manifest(
        ResourceKey("", "Secret", "", "a*"),
        "v1",
        obj,
        Origin("x"),
        "d",
        ("/stringData/p", "/data/p", "/data/q", "/stringData/new"),
    )
    live = {"data": {"p": "b2xk", "q": "b2xkcQ==", "r": "other"}}
    assert keeping(manifest, live).obj == {
        "kind": "Secret", "metadata": {"name": "a*"}, "stringData": {"new": "n"}, "data": {"p": "b2xk", "q": "b2xkcQ==", "r": "cg=="},
    }  # fmt: skip
    assert keeping(manifest, None) is manifest
    assert obj["stringData"] == {"p": "new", "new": "n"}
    (rule,) = random_rules(manifest)
    assert rule == IgnoreRule("", "Secret", "a[*]", "", manifest.random, source="rendered at random")
