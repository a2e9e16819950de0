"""What Git no longer sets: ours by our own applies, or by those of the tools that made the object before us; as a real API
server prunes it."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest

from gitops_tui.compare import compare
from gitops_tui.compare.fields import LAST_APPLIED
from gitops_tui.model.drift import Reason
from gitops_tui.sync.writing import for_apply
from tests.compare import zoo


def entry(manager: str, fields: dict[str, Any], operation: str = "Update", version: str = "v1") -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": "2026-01-02T03:04:05Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def live(obj: dict[str, Any], *entries: Any, applied: dict[str, Any] | None = None) -> dict[str, Any]:
    made = copy.deepcopy(obj)
    made["metadata"]["managedFields"] = list(entries)
    if applied is not None:
        made["metadata"].setdefault("annotations", {})[LAST_APPLIED] = json.dumps(applied)
    return made


def paths(desired: dict[str, Any], there: dict[str, Any], **how: Any) -> list[str]:
    drift = compare(desired, there, **how)
    assert all(each.reason is Reason.REMOVED for each in drift.differences)
    return [each.path for each in drift.differences]


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def workload(*containers: dict[str, Any], **pod: Any) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": list(containers), **pod}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": spec}


APP = {
    "name": "app",
    "image": "i",
    "ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
}
SIDE = {"name": "side", "image": "i"}


@pytest.mark.parametrize("entries", [None, [], [{"manager": 3}], "stripped"])
def test_what_kubectl_noted_counts_item_by_item_where_managed_fields_are_stripped(entries: Any) -> None:
    before = workload(APP, SIDE, volumes=[{"name": "v", "emptyDir": {}}], nodeSelector={"a": "b"})
    there = live(before, applied=before)
    there["metadata"]["managedFields"] = entries
    assert not compare(before, there).is_drifted
    app = {**APP, "ports": APP["ports"][:1], "env": [{"name": "A"}]}  # type: ignore[index]
    assert paths(workload(app), there) == [
        "spec.template.spec.containers[name=app].ports[containerPort=53,protocol=UDP]",
        "spec.template.spec.containers[name=app].env[name=A].value",
        "spec.template.spec.containers[name=app].env[name=B]",
        "spec.template.spec.containers[name=side]",
        "spec.template.spec.volumes",
        "spec.template.spec.nodeSelector",
    ]


def test_a_note_about_sets_atomic_lists_and_custom_kinds() -> None:
    schema = zoo.WIDGET_SCHEMA
    before: dict[str, Any] = {
        "apiVersion": "zoo.example/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "finalizers": ["a/b", "c/d"]},
        "spec": {"zones": ["eu", "us"], "parts": [{"name": "a", "tags": ["x", "y"]}], "extra": {"k": "v", "l": "w"}},
    }
    there = live(before, applied=before)
    wanted = copy.deepcopy(before)
    wanted["metadata"]["finalizers"] = ["a/b"]
    wanted["spec"] = {"zones": ["us"], "parts": [{"name": "a", "tags": ["y"]}], "extra": {"k": "v"}}
    assert paths(wanted, there, schema=schema) == [
        "metadata.finalizers[=c/d]",
        "spec.zones[=eu]",
        "spec.parts[name=a,protocol=TCP].tags[=x]",
        "spec.extra.l",
    ]
    # Without the types lists are replaced as a whole, and differ so.
    whole = ["metadata.finalizers", "spec.zones", "spec.parts[0].tags", "spec.extra.l"]
    assert [each.path for each in compare(wanted, there).differences] == whole


def test_what_several_client_side_managers_own_together_is_told_once() -> None:
    there = live(
        config(a="1", b="2", c="3"),
        entry("helm", {"f:data": {"f:a": {}, "f:b": {}}}),
        entry("kubectl-client-side-apply", {"f:data": {"f:b": {}, "f:c": {}}}),
        entry("argocd-controller", {"f:data": {"f:b": {}}}, "Apply"),
    )
    assert paths(config(a="1"), there) == ["data.b", "data.c"]
    assert paths(config(a="1", c="3"), there) == ["data.b"]
    other = copy.deepcopy(there)
    other["metadata"]["managedFields"].append(entry("operator", {"f:data": {"f:b": {}}}, "Apply"))
    assert paths(config(a="1"), other) == ["data.c"]
    ours = copy.deepcopy(there)
    ours["metadata"]["managedFields"].append(entry("gitops-tui", {"f:data": {"f:a": {}}}, "Apply"))
    assert paths(config(a="1"), ours) == []


def test_fields_of_another_version_that_are_not_there_are_passed_over() -> None:
    there = live(config(a="1"), entry("gitops-tui", {"f:old": {"f:x": {}}, "f:data": {"f:z": {}}}, "Apply", "v1beta1"))
    assert paths(config(a="1"), there) == []


def test_a_whole_list_and_a_whole_item_that_are_removed() -> None:
    owned = {
        "f:spec": {
            "f:template": {
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"app"}': {
                            ".": {},
                            "f:name": {},
                            "f:image": {},
                            "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
                        },
                        'k:{"name":"side"}': {".": {}, "f:name": {}, "f:image": {}},
                    },
                    "f:tolerations": {},
                }
            }
        }
    }
    before = workload({**APP, "env": [{"name": "A", "value": "1"}]}, SIDE, tolerations=[{"operator": "Exists"}])
    there = live(before, entry("gitops-tui", owned, "Apply", "apps/v1"))
    assert paths(workload({"name": "app", "image": "i"}), there) == [
        "spec.template.spec.containers[name=app].env",
        "spec.template.spec.containers[name=side]",
        "spec.template.spec.tolerations",
    ]


def test_the_label_that_every_namespace_has_is_nobodys() -> None:
    space: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    labels = {"kubernetes.io/metadata.name": "shop", "old": "x"}
    fields = {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}, "f:old": {}}}}
    there = live({**space, "metadata": {"name": "shop", "labels": labels}}, entry("helm", fields))
    assert paths(space, there) == ["metadata.labels.old"]
    # Once Git had `labels: {}`, and now it has none.
    alone = {**space, "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}}}
    assert paths(space, live(alone, entry("gitops-tui", {"f:metadata": {"f:labels": {}}}, "Apply"))) == []


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


@pytest.mark.parametrize("manager", ["gitops-tui", "helm"])
def test_a_key_of_string_data_that_git_has_lost(manager: str) -> None:
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in (("a", "1"), ("b", "2"))}
    operation = "Apply" if manager == "gitops-tui" else "Update"
    there = live(secret(data=coded), entry(manager, {"f:data": {"f:a": {}, "f:b": {}}}, operation))
    assert paths(secret(stringData={"a": "1", "b": "2"}), there) == []
    assert paths(secret(stringData={"a": "1"}), there) == ["data.b"]
    assert paths(secret(), there) == ["data"]


def test_string_data_is_applied_as_data_so_that_its_keys_can_go_again() -> None:
    made = for_apply(secret(stringData={"a": "1", "b": ""}, data={"a": "eA==", "c": "eQ=="}, status={}))
    assert made == secret(data={"a": "MQ==", "b": "", "c": "eQ=="})
    odd = secret(stringData={"a": 1})
    assert for_apply(odd) == odd, "the API server refuses it, and says why"


def side_of(*, edited: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    """A Deployment of two containers that we applied, in one of which somebody else set something."""
    app = {'k:{"name":"app"}': {".": {}, "f:name": {}, "f:image": {}}}
    side = {'k:{"name":"side"}': {".": {}, "f:name": {}}}
    wrap = {"f:spec": {"f:template": {"f:spec": {"f:containers": {**app, **side}}}}}
    theirs = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"side"}': owner}}}}}
    obj = workload({"name": "app", "image": "i"}, {**SIDE, **edited})
    return live(obj, entry("gitops-tui", wrap, "Apply", "apps/v1"), entry("kubectl-edit", theirs, "Update", "apps/v1"))


@pytest.mark.parametrize(
    ("edited", "owner"),
    [
        ({"image": "other"}, {"f:image": {}}),
        ({"env": [{"name": "A"}]}, {"f:env": {".": {}, 'k:{"name":"A"}': {".": {}, "f:name": {}}}}),
    ],
)
def test_an_item_that_git_removed_goes_with_all_that_others_set_in_it(
    edited: dict[str, Any], owner: dict[str, Any]
) -> None:
    there = side_of(edited=edited, owner=owner)
    assert paths(workload({"name": "app", "image": "i"}), there) == ["spec.template.spec.containers[name=side]"]
    assert not compare(workload({"name": "app", "image": "i"}, {"name": "side"}), there).is_drifted


@pytest.mark.parametrize("owner", [{".": {}, "f:name": {}, "f:image": {}}, {}])
def test_an_item_that_another_owns_as_such_stays(owner: dict[str, Any]) -> None:
    there = side_of(edited={}, owner=owner)
    assert paths(workload({"name": "app", "image": "i"}), there) == []


def test_items_that_a_client_wrote_twice() -> None:
    def env(*items: str) -> dict[str, Any]:
        made = [dict(zip(("name", "value"), item.split("="), strict=True)) for item in items]
        return workload({"name": "app", "image": "i", "env": made})

    def told(git: dict[str, Any], there: dict[str, Any]) -> list[str]:
        return [each.path for each in compare(git, there).differences]

    place = "spec.template.spec.containers[name=app].env"
    assert told(env("B=1"), env("A=1", "A=2", "B=1")) == []
    assert told(env("B=2"), env("A=1", "A=2", "B=1")) == [f"{place}[name=B].value"]
    assert told(env("A=1"), env("A=1", "A=2")) == [f"{place}[name=A]"]
    assert told(env("A=1"), env("A=1", "A=1")) == [f"{place}[name=A]"]
    assert told(env("A=1", "A=2"), env("A=1", "A=2")) == []


def test_a_field_that_is_gone_inside_a_list_that_is_replaced_as_a_whole_is_told_by_its_own_path() -> None:
    toleration = {"key": "a", "effect": "NoExecute"}
    git = workload({"name": "app", "image": "i"}, tolerations=[toleration])
    there = workload({"name": "app", "image": "i"}, tolerations=[{**toleration, "tolerationSeconds": 5}])
    owned = {"f:spec": {"f:template": {"f:spec": {"f:tolerations": {}}}}}
    place = "spec.template.spec.tolerations[0].tolerationSeconds"
    assert paths(git, live(there, entry("gitops-tui", owned, "Apply", "apps/v1"))) == [place]
    (found,) = compare(git, live(there, entry("kubectl-edit", owned, "Update", "apps/v1"))).differences
    assert (found.path, found.reason) == (place, Reason.BEYOND)
    assert found.live_owner is not None
    assert found.live_owner.manager == "kubectl-edit"


@pytest.mark.parametrize("left", [None, [], "absent"])
def test_finalizers_that_git_dropped_are_drift(left: Any) -> None:
    obj = config(a="1")
    there = live(
        {**obj, "metadata": {"name": "c", "finalizers": ["a.b/c"]}},
        entry("gitops-tui", {"f:metadata": {"f:finalizers": {'v:"a.b/c"': {}}}, "f:data": {"f:a": {}}}, "Apply"),
    )
    git = obj if left == "absent" else {**obj, "metadata": {"name": "c", "finalizers": left}}
    assert compare(git, there).is_drifted


def test_a_null_that_is_ours_itself_stays_as_it_is() -> None:
    fields = {"f:metadata": {"f:annotations": {}, "f:labels": {}}}
    git: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "d", "annotations": None, "labels": None},
    }
    there = live(
        {**git, "metadata": {"name": "d", "annotations": {"a": "theirs"}, "labels": {"b": "theirs"}}},
        entry("gitops-tui", fields, "Apply", "apps/v1"),
    )
    assert paths(git, there) == []
    there["metadata"]["managedFields"][0]["fieldsV1"] = {"f:metadata": {"f:annotations": {"f:a": {}}}}
    assert paths(git, there) == ["metadata.annotations.a"]


def test_a_default_that_a_client_came_to_own_comes_back_in_an_item_that_another_keeps() -> None:
    def fields(*names: str) -> dict[str, Any]:
        item = {".": {}, **{f"f:{name}": {} for name in names}}
        return {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"side"}': item}}}}}

    side = {"name": "side", "image": "side:1", "imagePullPolicy": "IfNotPresent"}
    owners = (
        entry("helm", fields("name", "image", "imagePullPolicy"), "Update", "apps/v1"),
        entry("operator", fields("name", "image"), "Apply", "apps/v1"),
    )
    app = {"name": "app", "image": "app:1"}
    assert paths(workload(app), live(workload(app, side), *owners)) == []
    always = live(workload(app, {**side, "imagePullPolicy": "Always"}), *owners)
    assert paths(workload(app), always) == ["spec.template.spec.containers[name=side].imagePullPolicy"]


def test_what_was_applied_as_string_data_is_owned_as_data() -> None:
    def secret(**data: str) -> dict[str, Any]:
        stored = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": stored}

    git = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"kept": "1"}}
    fields = {"f:stringData": {"f:kept": {}, "f:old": {}}}
    there = secret(kept="1", old="2")
    assert paths(git, live(there, entry("helm", fields, "Apply"))) == ["data.old"]
    assert paths(git, live(there, entry("somebody", fields, "Apply"))) == []
    # Ours left its text behind: the next apply does not take it out.
    assert paths(git, live(there, entry("gitops-tui", fields, "Apply"))) == []
    (changed,) = compare(git, live(secret(kept="3"), entry("somebody", fields, "Apply"))).differences
    assert changed.live_owner is not None and changed.live_owner.manager == "somebody"
