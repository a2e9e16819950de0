"""What a sync would do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gitops_tui.compare import compare
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, SyncOptions, SyncStatus
from gitops_tui.sync import make_plan
from gitops_tui.sync.annotations import wave as wave_of
from gitops_tui.sync.tracking import label_value, owner_of, tracked

APP = Application(AppKey("c", "", "shop"), (Source("x"),), Destination())


def obj(name: str, kind: str = "ConfigMap", notes: dict[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "n"}
    if notes:
        metadata["annotations"] = notes
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def state(desired: dict[str, Any] | None, live: dict[str, Any] | None) -> ResourceState:
    some = desired or live or {}
    key = ResourceKey.of(some)
    drift = compare(desired, live)
    return ResourceState(
        key,
        some["apiVersion"],
        SyncStatus.OUT_OF_SYNC if drift.is_drifted else SyncStatus.SYNCED,
        drift,
        manifest=Manifest(key, some["apiVersion"], desired, Origin("x"), "d") if desired else None,
        live=live,
        tracked=live is not None and owner_of(live, key) == "shop",
        wave=wave_of(some),
    )


def plan(*states: ResourceState, **options: Any):
    return make_plan(APP, {each.key: each for each in states}, SyncOptions(**options), revision="r" * 40)


def test_missing_is_created_and_modified_is_changed_with_its_fields() -> None:
    made = plan(
        state(obj("a"), None),
        state(obj("b", data={"k": "1"}), tracked(obj("b", data={"k": "2"}), "shop", ResourceKey.of(obj("b")))),
    )
    assert [(step.key.name, step.action, step.fields) for step in made.steps] == [
        ("a", Action.CREATE, ()),
        ("b", Action.CHANGE, ("data.k",)),
    ]


def test_an_object_in_sync_without_our_mark_is_adopted() -> None:
    assert plan(state(obj("a"), obj("a"))).steps[0].action is Action.ADOPT


def test_another_applications_object_is_never_taken_over() -> None:
    theirs = tracked(obj("a", data={"k": "1"}), "other", ResourceKey.of(obj("a")))
    made = plan(state(obj("a", data={"k": "2"}), theirs))
    assert "belongs to the application other" in made.refused


def test_one_reason_for_many_objects_is_said_once() -> None:
    unknown = {"sync": SyncStatus.UNKNOWN}
    states = [replace(state(obj(name), None), error="list configmaps: forbidden", **unknown) for name in "abc"]
    made = plan(*states, replace(state(obj("d"), None), error="something else", **unknown))
    assert made.refused == "ConfigMap n/a and 2 more: list configmaps: forbidden; ConfigMap n/d: something else"


def test_extra_objects_stay_unless_pruning_is_asked_for() -> None:
    extra = state(None, tracked(obj("old"), "shop", ResourceKey.of(obj("old"))))
    assert plan(extra).kept[0].blocked == "prune is off"
    assert plan(extra, prune=True).steps[0].action is Action.PRUNE


def test_only_what_carries_our_id_at_its_own_identity_is_pruned() -> None:
    copied = tracked(obj("old"), "shop", ResourceKey.of(obj("another")))
    made = plan(state(None, copied), prune=True)
    assert made.steps == ()
    assert "tracking id" in made.kept[0].blocked


def test_namespaces_and_claims_are_not_pruned_with_the_rest() -> None:
    for kind in ("Namespace", "PersistentVolumeClaim"):
        live = tracked(obj("old", kind), "shop", ResourceKey.of(obj("old", kind)))
        assert plan(state(None, live), prune=True).steps == ()


def test_waves_come_in_order_and_kinds_within_them() -> None:
    wave = "argocd.argoproj.io/sync-wave"
    made = plan(
        state(obj("z", "Service"), None),
        state(obj("late", notes={wave: "5"}), None),
        state(obj("early", notes={wave: "-1"}), None),
        state(obj("s", "Secret"), None),
    )
    assert [step.key.name for step in made.steps] == ["early", "s", "z", "late"]


def test_unknown_sync_options_are_named() -> None:
    made = plan(state(obj("a", notes={"argocd.argoproj.io/sync-options": "Repalce=true"}), None))
    assert any("Repalce=true" in warning for warning in made.warnings)


def test_odd_application_names_become_valid_labels() -> None:
    assert label_value("shop") == "shop"
    assert len(label_value("x" * 200)) <= 63
    assert label_value("ä b").isascii()
    assert "\n" not in label_value("shop\n")


def test_a_copied_tracking_id_means_nothing() -> None:
    live = tracked(obj("a"), "shop", ResourceKey.of(obj("b")))
    assert owner_of(live, ResourceKey.of(live)) == ""
    assert GVK.of("apps/v1", "Deployment").group == "apps"
