"""What deleting an application would do: what goes, in which order, what stays and why."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.model.application import Application, Destination, Source, SyncPolicy
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.sync import Phase, SyncOptions, SyncPlan
from gitops_tui.sync.delete_plan import ITSELF, Found, cascade_of, make_delete_plan
from gitops_tui.sync.tracking import tracking_id

APP = Application(AppKey("c", "", "shop"), (Source("x"),), Destination(namespace="shop"))


def found(
    kind: str, name: str, *, group: str = "", owner: str = "shop", namespace: str = "shop", **notes: str
) -> Found:
    key = ResourceKey(group, kind, namespace, name)
    said = {"gitops-tui.io/tracking-id": tracking_id(owner, key)} if owner else {}
    said |= {
        {
            "wave": "argocd.argoproj.io/sync-wave",
            "options": "argocd.argoproj.io/sync-options",
            "hook": "argocd.argoproj.io/hook",
        }[name]: value
        for name, value in notes.items()
    }
    api = f"{group}/v1" if group else "v1"
    metadata = {"name": name, "namespace": namespace, "annotations": said}
    return Found(key, api, {"apiVersion": api, "kind": kind, "metadata": metadata})


def hook(name: str, phase: str, namespace: str = "shop") -> tuple[ResourceKey, Manifest]:
    key = ResourceKey("", "Pod", namespace, name)
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": {"argocd.argoproj.io/hook": phase}},
    }
    return key, Manifest(key, "v1", obj, Origin("x"), name)


def plan(
    *objects: Found, app: Application = APP, hooks: Any = (), itself: Found | None = None, **options: Any
) -> SyncPlan:
    asked = SyncOptions(**{"cascade": "foreground", **options})
    return make_delete_plan(
        app, objects, dict(hooks), asked, revision="f" * 40, itself=itself, state_namespace="gitops-tui"
    )


def stays(made: SyncPlan) -> dict[str, str]:
    return {step.key.name: step.blocked for step in made.kept}


def test_objects_go_in_reverse_waves_and_kinds_between_the_hooks_and_the_application_last() -> None:
    made = plan(
        found("ConfigMap", "a", wave="-1"),
        found("Service", "b"),
        found("ConfigMap", "c"),
        found("ConfigMap", "d", wave="7"),
        hooks=[hook("after", "PostDelete"), hook("before", "PreDelete,Sync"), hook("sync", "PreSync")],
        itself=found("Application", "shop", group="argoproj.io"),
    )
    assert [step.key.name for step in made.steps] == ["before", "d", "b", "c", "a", "after", "shop"]
    assert made.steps[-1].how == ITSELF
    assert made.options.prune


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        (found("ConfigMap", "x", options="Delete=false"), "Delete=false"),
        (found("ConfigMap", "x", options="Prune=false"), "Prune=false"),
        (found("ConfigMap", "x", owner="other"), "the application other"),
        (found("ConfigMap", "x", owner=""), "does not carry this application's tracking id"),
        (found("ConfigMap", "x", options="Delete=confirm"), "--confirm-delete"),
        (found("Namespace", "x", namespace=""), "--confirm-delete"),
        (found("PersistentVolumeClaim", "x"), "--confirm-delete"),
        (found("CustomResourceDefinition", "x", group="apiextensions.k8s.io", namespace=""), "--confirm-delete"),
        (found("Namespace", "gitops-tui", namespace="", options="Delete=true"), "its own state"),
    ],
)
def test_what_stays_says_why(obj: Found, why: str) -> None:
    made = plan(obj)
    assert made.steps == ()
    assert why in stays(made)[obj.key.name]


@pytest.mark.parametrize(
    "obj",
    [
        found("ConfigMap", "x", options="Delete=confirm"),
        found("Namespace", "x", namespace=""),
        found("PersistentVolumeClaim", "x"),
    ],
)
def test_a_persons_word_lets_them_go_and_an_annotation_says_it_beforehand(obj: Found) -> None:
    assert [step.confirm for step in plan(obj, confirm_prune=True).steps] == [True]
    said = found(obj.key.kind, "x", namespace=obj.key.namespace, options="Delete=true")
    assert [step.key.name for step in plan(said).steps] == ["x"]


def test_the_applications_own_options_hold_where_the_object_says_nothing() -> None:
    app = Application(APP.key, APP.sources, APP.destination, sync_policy=SyncPolicy(sync_options=("Delete=false",)))
    made = plan(found("ConfigMap", "a"), found("ConfigMap", "b", options="Delete=true"), app=app)
    assert [step.key.name for step in made.steps] == ["b"]


def test_as_long_as_something_waits_the_application_itself_stays() -> None:
    itself = found("Application", "shop", group="argoproj.io")
    assert [step.key.name for step in plan(found("PersistentVolumeClaim", "disk"), itself=itself).steps] == []
    made = plan(found("PersistentVolumeClaim", "disk"), itself=itself, confirm_prune=True)
    assert [step.key.name for step in made.steps] == ["disk", "shop"]


def test_orphan_deletes_nothing_and_runs_no_hook() -> None:
    made = plan(
        found("ConfigMap", "a"),
        hooks=[hook("before", "PreDelete")],
        itself=found("Application", "shop", group="argoproj.io"),
        cascade="orphan",
    )
    assert [step.how for step in made.steps] == [ITSELF]
    assert "orphan" in stays(made)["a"]


def test_a_hook_that_would_have_no_namespace_left_is_refused() -> None:
    space = found("Namespace", "shop", namespace="", options="Delete=true")
    made = plan(space, hooks=[hook("after", "PostDelete")])
    assert "namespace shop" in made.refused
    assert not plan(space, hooks=[hook("before", "PreDelete")]).refused


def test_hooks_of_a_sync_that_are_left_go_and_those_of_a_deletion_by_their_own_policy() -> None:
    made = plan(found("Pod", "left", hook="PreSync"), found("Pod", "leaving", hook="PostDelete"))
    assert [step.key.name for step in made.steps] == ["left"]
    assert all(step.phase is Phase.SYNC for step in made.steps)


@pytest.mark.parametrize(
    ("finalizers", "declared", "wanted"),
    [
        (["resources-finalizer.argocd.argoproj.io"], True, "foreground"),
        (["resources-finalizer.argocd.argoproj.io/foreground"], True, "foreground"),
        (["resources-finalizer.argocd.argoproj.io/background"], True, "background"),
        (["example.com/other"], True, "orphan"),
        ([], True, "orphan"),
        ([], False, "foreground"),
    ],
)
def test_the_finalizer_says_what_becomes_of_the_objects(finalizers: list[str], declared: bool, wanted: str) -> None:
    assert cascade_of(finalizers, declared=declared) == wanted
