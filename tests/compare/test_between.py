"""What differs between two renderings."""

from __future__ import annotations

from typing import Any

from gitops_tui.compare.between import ChangeKind, changes_between
from gitops_tui.model.drift import ABSENT, Masked
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin


def manifest(obj: dict[str, Any]) -> Manifest:
    return Manifest(ResourceKey.of(obj), obj["apiVersion"], obj, Origin("f.yaml"), repr(obj))


def deployment(*containers: dict[str, Any], **spec: Any) -> Manifest:
    return manifest(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d", "namespace": "n"},
            "spec": {**spec, "template": {"spec": {"containers": list(containers)}}},
        }
    )


def config(name: str, **data: str) -> Manifest:
    return manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def test_objects_that_came_went_and_changed_are_told_apart() -> None:
    found = changes_between([config("a"), config("b"), config("c")], [config("b"), config("c", x="1"), config("d")])
    assert [(each.key.name, each.kind) for each in found] == [
        ("a", ChangeKind.REMOVED),
        ("c", ChangeKind.CHANGED),
        ("d", ChangeKind.ADDED),
    ]


def test_an_item_put_in_front_of_others_is_one_addition() -> None:
    old = deployment({"name": "app", "image": "a:1"}, {"name": "proxy", "image": "p:1"})
    new = deployment(
        {"name": "init", "image": "i:1"}, {"name": "app", "image": "a:2"}, {"name": "proxy", "image": "p:1"}, replicas=2
    )
    (change,) = changes_between([old], [new])
    assert [(each.path, each.old, each.new) for each in change.fields] == [
        ("spec.replicas", ABSENT, 2),
        ("spec.template.spec.containers[name=app].image", "a:1", "a:2"),
        ("spec.template.spec.containers[name=init]", ABSENT, {"name": "init", "image": "i:1"}),
    ]


def test_plain_lists_are_told_by_place() -> None:
    old, new = deployment({"name": "app", "args": ["a", "b"]}), deployment({"name": "app", "args": ["a", "c"]})
    (change,) = changes_between([old], [new])
    assert [each.path for each in change.fields] == ["spec.template.spec.containers[name=app].args[1]"]


def test_a_secret_tells_that_a_key_changed_and_never_its_value() -> None:
    def secret(**data: str) -> Manifest:
        return manifest({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": data})

    (change,) = changes_between([secret(a="hunter2", b="same")], [secret(a="hunter3", b="same")])
    assert [each.path for each in change.fields] == ["stringData.a"]
    assert "hunter" not in repr(change)
    assert isinstance((change.old or {})["stringData"]["a"], Masked)


def test_a_huge_object_is_told_as_changed() -> None:
    (change,) = changes_between([config("a", x="y" * 300_000)], [config("a", x="z" * 300_000)])
    assert (change.kind, change.fields) == (ChangeKind.CHANGED, ())
