"""`render`: order, places, masks, another revision."""

from __future__ import annotations

import yaml

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.settings import Settings
from gitops_tui.tui.objects import yaml_of

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {level: '%s', db_password: hunter2}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: tops3cret}\n"
HOOK = """apiVersion: batch/v1
kind: Job
metadata: {name: before, annotations: {argocd.argoproj.io/hook: PreSync}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
"""
LATE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: late, annotations: {argocd.argoproj.io/sync-wave: '5'}}\n"


def test_manifests_come_in_the_order_of_a_sync_with_their_place_and_masked(cli, made_repository) -> None:
    folder = f"apps/{cli.app}"
    first = made_repository.commit(
        {
            f"{folder}/a.yaml": CONFIG % ("c", "one") + "---\n" + LATE,
            f"{folder}/b.yaml": SECRET,
            f"{folder}/c.yaml": HOOK,
        }
    )
    made_repository.commit({f"{folder}/a.yaml": CONFIG % ("c", "two")})
    said = cli("render", cli.app, "--show-source", "--at", first)
    assert said.code == 0, said.err
    documents = list(yaml.safe_load_all(said.out))
    assert [each["kind"] for each in documents] == ["Job", "Secret", "ConfigMap", "Namespace"]
    places = [line for line in said.out.splitlines() if line.startswith("# ")]
    assert places == [f"# {folder}/{each}" for each in ("c.yaml:1:1", "b.yaml:1:1", "a.yaml:1:1", "a.yaml:2:6")]
    assert documents[2]["data"]["level"] == "one"
    assert "tops3cret" not in said.out
    assert "hunter2" not in said.out
    assert "--show-secrets" in said.err


def test_secrets_are_printed_only_when_asked_for(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/b.yaml": SECRET})
    masked = cli("render", cli.app, "-o", "json").json
    assert "tops3cret" not in str(masked)
    open_ = cli("render", cli.app, "-o", "yaml", "--show-secrets")
    assert yaml.safe_load(open_.out)["stringData"] == {"key": "tops3cret"}


def test_the_app_shows_the_same_masked_text() -> None:
    obj = yaml.safe_load(CONFIG % ("c", "one"))
    manifest = Manifest(ResourceKey.of(obj), "v1", obj, Origin("a.yaml"), "")
    state = ResourceState(manifest.key, "v1", SyncStatus.SYNCED, manifest=manifest)
    shown = yaml_of(state, "git", mask_keys=Settings().mask_keys)
    assert "hunter2" not in shown
    assert "level: one" in shown
