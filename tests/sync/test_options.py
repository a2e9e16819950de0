"""Sync options, on the application and on the object, as Argo CD's docs/user-guide/sync-options.md has them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.errors import Conflict
from gitops_tui.model.keys import GVK
from gitops_tui.model.sync import OperationPhase, ResultStatus
from gitops_tui.sync.clientside import LAST_APPLIED
from gitops_tui.sync.options import object_options, object_problems
from tests.support.clusters import until_served
from tests.sync.place import CONFIGMAP, JOB, Place, config_map, job

DEPLOYMENT = GVK("apps", "v1", "Deployment")
SUCCEEDED = OperationPhase.SUCCEEDED


def deployment(containers: list[str], image: str = "nginx:1", **marks: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", **config_map("x", **marks)["metadata"], "name": "web"},  # noqa: F601
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": each, "image": image} for each in containers]},
            },
        },
    }


async def live(place: Place, gvk: GVK, name: str) -> dict[str, Any]:
    found = await place.live(gvk, name)
    assert found is not None
    return found


async def test_replace_puts_the_whole_object(place: Place) -> None:
    marks = {"options": "Replace=true"}
    await place.sync([config_map("a", {"k": "1"}, **marks)])
    before = await live(place, CONFIGMAP, "a")
    await place.cluster.replace({**before, "data": {"k": "0", "by-hand": "x"}})
    run = await place.sync([config_map("a", {"k": "2"}, **marks)])
    assert run.phase is SUCCEEDED, run.message
    after = await live(place, CONFIGMAP, "a")
    assert after["data"] == {"k": "2"}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert run.said("a").step.how == "replace"


async def test_force_with_replace_makes_it_anew_and_an_unchanged_one_along_with_the_next_sync(place: Place) -> None:
    marks = {"options": "Force=true, Replace=true"}
    await place.sync([job("migrate", **marks)])
    before = await live(place, JOB, "migrate")
    assert (await place.plan([job("migrate", **marks)]))[0].is_empty
    run = await place.sync([job("migrate", **marks), config_map("a")])
    assert run.phase is SUCCEEDED, run.message
    assert run.said("migrate").message == "made anew"
    assert (await live(place, JOB, "migrate"))["metadata"]["uid"] != before["metadata"]["uid"]


async def test_force_makes_anew_only_what_the_server_refuses_to_change(place: Place) -> None:
    first = config_map("fixed", options="Force=true") | {"immutable": True}
    await place.sync([first, config_map("a", options="Force=true")])
    before = {name: (await live(place, CONFIGMAP, name))["metadata"]["uid"] for name in ("fixed", "a")}
    changed = [{**first, "data": {"k": "2"}}, config_map("a", {"k": "2"}, options="Force=true")]
    run = await place.sync(changed)
    assert run.phase is SUCCEEDED, run.message
    after = {name: await live(place, CONFIGMAP, name) for name in before}
    assert after["fixed"]["metadata"]["uid"] != before["fixed"]
    assert after["a"]["metadata"]["uid"] == before["a"]
    assert {each["data"]["k"] for each in after.values()} == {"2"}


async def test_without_force_an_immutable_change_is_refused_before_anything_is_applied(place: Place) -> None:
    first = config_map("fixed") | {"immutable": True}
    await place.sync([first])
    run = await place.sync([{**first, "data": {"k": "2"}}, config_map("a")])
    assert run.phase is OperationPhase.FAILED
    assert "mmutable" in run.said("fixed").message
    assert run.said("a").status is ResultStatus.SKIPPED


async def test_an_object_that_would_be_refused_is_not_deleted_for_force(place: Place) -> None:
    first = config_map("fixed", options="Force=true") | {"immutable": True}
    await place.sync([first])
    bad = {**first, "data": {"not a key": "2"}}
    run = await place.sync([bad])
    assert run.phase is OperationPhase.FAILED
    assert (await live(place, CONFIGMAP, "fixed"))["data"] == {"k": "v"}


async def test_client_side_apply_merges_three_ways(place: Place) -> None:
    marks = {"options": "ServerSideApply=false"}
    run = await place.sync([deployment(["a", "b"], **marks)])
    assert run.phase is SUCCEEDED, run.message
    for attempt in range(20):
        made = await live(place, DEPLOYMENT, "web")
        assert LAST_APPLIED in made["metadata"]["annotations"]
        spec = made["spec"]
        spec["template"]["spec"]["containers"].append({"name": "injected", "image": "x"})
        made["metadata"]["labels"]["by-hand"] = "x"
        try:
            await place.cluster.replace(made)
            break
        except Conflict:  # a controller wrote its status in between
            assert attempt < 19
    run = await place.sync([deployment(["c", "b"], "nginx:2", **marks)])
    assert run.phase is SUCCEEDED, run.message
    after = await live(place, DEPLOYMENT, "web")
    containers = {each["name"]: each["image"] for each in after["spec"]["template"]["spec"]["containers"]}
    assert containers == {"c": "nginx:2", "b": "nginx:2", "injected": "x"}
    assert after["metadata"]["labels"]["by-hand"] == "x"
    assert not any(each["operation"] == "Apply" for each in after["metadata"]["managedFields"])


async def test_what_client_side_tools_own_becomes_ours_unless_that_is_off(place: Place) -> None:
    for name, options in (("moved", ""), ("left", "ClientSideApplyMigration=false")):
        metadata = {"name": name, "namespace": place.namespace}
        client_side = {**config_map(name, {"k": "1", "gone": "1"}), "metadata": metadata}
        await place.cluster.create(client_side, field_manager="helm")
        run = await place.sync([config_map(name, {"k": "2"}, options=options)])
        assert run.phase is SUCCEEDED, run.message
    assert (await live(place, CONFIGMAP, "moved"))["data"] == {"k": "2"}
    assert (await live(place, CONFIGMAP, "left"))["data"] == {"k": "2", "gone": "1"}


async def test_a_secrets_text_that_another_tool_applied_becomes_ours_too(place: Place) -> None:
    def secret(**texts: str) -> dict[str, Any]:
        metadata = {"name": "s", "namespace": place.namespace}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}

    await place.cluster.apply(secret(kept="1", gone="2"), field_manager="helm")
    run = await place.sync([secret(kept="1")])
    assert run.phase is SUCCEEDED, run.message
    assert set((await live(place, GVK("", "v1", "Secret"), "s"))["data"]) == {"kept"}


async def test_validate_false_lets_unknown_fields_pass(place: Place) -> None:
    odd = config_map("odd", options="Validate=false") | {"dota": {"k": "v"}}
    assert (await place.sync([odd])).phase is SUCCEEDED
    assert (await place.sync([{**config_map("other"), "dota": {}}])).phase is OperationPhase.FAILED


async def test_prune_last_and_confirmation(place: Place) -> None:
    await place.sync(
        [config_map("a", wave=9, options="PruneLast=true"), config_map("b"), config_map("c", options="Prune=confirm")]
    )
    plan, _ = await place.plan([], prune=True)
    assert [(step.key.name, step.confirm) for step in plan.kept] == [("c", True)]
    run = await place.sync([], prune=True, confirm_prune=True)
    assert run.phase is SUCCEEDED, run.message
    assert [each.step.key.name for each in run.results] == ["c", "b", "a"]


async def test_what_another_tool_manages_is_taken_over_only_on_a_persons_word(place: Place) -> None:
    theirs = config_map("a", {"k": "1"})
    theirs["metadata"] = {
        "name": "a",
        "namespace": place.namespace,
        "annotations": {"meta.helm.sh/release-name": "shop"},
    }
    await place.cluster.apply(theirs, field_manager="helm")
    plan, _ = await place.plan([config_map("a")])
    assert "managed by Helm release shop" in plan.refused
    run = await place.sync([config_map("a")], adopt=True)
    assert run.phase is SUCCEEDED, run.message
    assert "taken over from Helm release shop" in run.said("a").step.note
    place.with_options("FailOnSharedResource=true")
    await place.cluster.apply({**theirs, "metadata": {**theirs["metadata"], "name": "b"}}, field_manager="helm")
    shared, _ = await place.plan([config_map("a"), config_map("b")], adopt=True)
    assert "FailOnSharedResource" in shared.refused


async def test_a_label_selector_chooses_and_leaves_hooks_out(place: Place) -> None:
    web, cache = config_map("web"), config_map("cache")
    web["metadata"]["labels"], cache["metadata"]["labels"] = {"tier": "web"}, {"tier": "cache"}
    plan, _ = await place.plan([web, cache, job("hook", hook="PreSync")], selector="tier in (web, other)")
    assert [step.key.name for step in plan.steps] == ["web"]


def test_the_objects_word_goes_before_the_applications_and_nonsense_is_named() -> None:
    app = {"Prune": "false", "ServerSideApply": "false"}
    obj = config_map("a", options="Prune=confirm,ServerSideApply=true,Repalce=true,Force=yes,CreateNamespace=true")
    found = object_options(app, obj)
    assert (found.prune, found.server_side, found.force) == ("confirm", True, False)
    said = " ".join(object_problems(obj))
    assert "Repalce=true is not known" in said
    assert "Force takes true, false" in said
    assert "CreateNamespace=true holds for whole applications only" in said


async def gauges(place: Place) -> dict[str, Any]:
    """A custom kind with a mapping that may be empty, a default and nothing that may be null; gives an object's head."""
    word = place.namespace.replace("-", "")
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    spec = {"type": "object", "properties": {"m": free, "n": free, "size": {"type": "integer", "default": 3}}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gauges.{word}.example"},
        "spec": {
            "group": f"{word}.example",
            "scope": "Namespaced",
            "names": {"kind": "Gauge", "plural": "gauges", "singular": "gauge", "listKind": "GaugeList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
                }
            ],
        },
    }
    await place.cluster.apply(crd)
    await until_served(place.cluster, GVK(f"{word}.example", "v1", "Gauge"))
    return {"apiVersion": f"{word}.example/v1", "kind": "Gauge", "metadata": {"name": "g"}}


@pytest.mark.parametrize(
    ("before", "after", "stored"),
    [
        ({"m": {"k": "v"}}, {"m": {}}, {"m": {}, "size": 3}),
        ({"m": {"k": "v"}, "n": {"a": "b"}}, {"m": {}, "n": {"a": "c"}}, {"m": {}, "n": {"a": "c"}, "size": 3}),
        ({"m": {"k": "v"}, "size": 3}, {}, {"size": 3}),
        ({"m": {}}, {}, {"size": 3}),
    ],
)
@pytest.mark.parametrize("client_side", [False, True])
async def test_a_mapping_that_git_leaves_empty_in_a_custom_resource(
    place: Place, before: dict[str, Any], after: dict[str, Any], stored: dict[str, Any], client_side: bool
) -> None:
    head = await gauges(place)
    first = {**head, "spec": before}
    if client_side:
        metadata = {**head["metadata"], "namespace": place.namespace}
        await place.cluster.create({**first, "metadata": metadata}, field_manager="kubectl-client-side-apply")
    else:
        assert (await place.sync([first])).phase is OperationPhase.SUCCEEDED
    run = await place.sync([{**head, "spec": after}])
    assert run.phase is OperationPhase.SUCCEEDED, run.results
    live = await place.live(GVK.of(head["apiVersion"], "Gauge"), "g")
    assert live is not None
    assert live["spec"] == stored
