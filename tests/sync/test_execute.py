"""What a sync does to a cluster: order, gates, hooks, pruning, failures."""

from __future__ import annotations

import asyncio

from gitops_tui.errors import Unreachable
from gitops_tui.model.keys import GVK
from gitops_tui.model.sync import Action, OperationPhase, ResultStatus
from gitops_tui.sync.hooks import OPERATION
from gitops_tui.sync.report import Ended
from tests.support.waiting import until_async
from tests.sync.place import CONFIGMAP, JOB, POD, Place, config_map, failing_pod, job

FAILED, SUCCEEDED = OperationPhase.FAILED, OperationPhase.SUCCEEDED


async def test_hooks_run_around_the_waves_and_go_by_their_delete_policy(place: Place) -> None:
    objects = [
        job("before", hook="PreSync", delete="HookSucceeded"),
        config_map("first", wave=-1),
        config_map("second", wave=2),
        job("after-", generate=True, hook="PostSync"),
        job("never", hook="SyncFail"),
    ]
    run = await place.sync(objects)
    assert run.phase is SUCCEEDED, run.message
    order = [(each.step.key.name, each.started) for each in run.results if each.started]
    assert [name for name, _ in sorted(order, key=lambda each: each[1])] == ["before", "first", "second", "after-"]
    assert run.said("never").status is ResultStatus.SKIPPED
    assert await place.live(JOB, "before") is None
    jobs = await place.cluster.list(place.cluster.discovery.find(JOB), place.namespace)
    assert [each["metadata"]["name"].rpartition("-")[0] for each in jobs] == ["after-0123456-postsync"]
    again = await place.sync(objects)
    assert again.plan.is_empty


async def test_a_failed_hook_stops_the_sync_and_has_the_syncfail_hooks_run(place: Place) -> None:
    objects = [
        failing_pod("before", hook="PreSync", delete="HookFailed"),
        config_map("late"),
        job("cleanup", hook="SyncFail"),
    ]
    run = await place.sync(objects)
    assert run.phase is FAILED
    assert "before" in run.message
    assert await place.live(CONFIGMAP, "late") is None
    assert run.said("late").status is ResultStatus.SKIPPED
    assert run.said("cleanup").status is ResultStatus.DONE
    left = await place.live(POD, "before")
    assert left is None or left["metadata"].get("deletionTimestamp")


async def test_a_wave_waits_until_the_one_before_is_healthy(place: Place, monkeypatch) -> None:
    send, then = place.cluster.apply, []

    async def apply(obj, **options):
        if obj["metadata"]["name"] == "late" and not options.get("dry_run"):
            then.append((await place.live(JOB, "slow"))["status"].get("succeeded"))
        return await send(obj, **options)

    monkeypatch.setattr(place.cluster, "apply", apply)
    run = await place.sync([job("slow", wave=0), config_map("late", wave=1)])
    assert run.phase is SUCCEEDED, run.message
    assert then == [1]


async def test_all_that_the_dry_run_refuses_is_listed_and_nothing_is_applied(place: Place) -> None:
    bad = [config_map(f"bad-{number}") | {"dota": {}} for number in range(2)]
    run = await place.sync([config_map("good"), *bad])
    assert run.phase is FAILED
    assert "refused for 2 of 3" in run.message
    assert {name: run.said(name).status for name in ("good", "bad-0", "bad-1")} == {
        "good": ResultStatus.SKIPPED,
        "bad-0": ResultStatus.FAILED,
        "bad-1": ResultStatus.FAILED,
    }
    assert await place.live(CONFIGMAP, "good") is None


async def test_pruning_goes_from_the_last_wave_to_the_first_and_only_what_is_ours(place: Place) -> None:
    await place.sync([config_map("a", wave=0), config_map("b", wave=5), config_map("kept", options="Prune=false")])
    await place.cluster.apply({**config_map("theirs"), "metadata": {"name": "theirs", "namespace": place.namespace}})
    run = await place.sync([], prune=True)
    assert run.phase is SUCCEEDED, run.message
    assert [each.step.key.name for each in run.results] == ["b", "a"]
    assert run.results[0].finished <= run.results[1].started
    assert [each.key.name for each in run.plan.kept] == ["kept"]
    left = await place.cluster.list(place.cluster.discovery.find(CONFIGMAP), place.namespace)
    assert {each["metadata"]["name"] for each in left} - {"kube-root-ca.crt"} == {"kept", "theirs"}


async def test_a_finalizer_that_never_ends_is_a_failure_that_names_it(place: Place) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/never"]
    await place.sync([held])
    place.settings = type(place.settings)(wave_timeout=1)
    run = await place.sync([], prune=True)
    assert run.phase is FAILED
    assert "example.com/never" in run.said("held").message
    live = await place.live(CONFIGMAP, "held")
    assert live is not None
    await place.cluster.replace({**live, "metadata": {**live["metadata"], "finalizers": []}})


async def test_a_hook_of_an_operation_that_was_cut_off_is_not_run_twice(place: Place) -> None:
    objects = [job("before", hook="PreSync"), config_map("a")]
    await place.sync(objects, operation="op-1")
    first = await place.live(JOB, "before")
    assert first is not None and first["metadata"]["annotations"][OPERATION] == "op-1/PreSync"
    gone_on = await place.sync(objects, operation="op-1", resumes=True)
    assert gone_on.phase is SUCCEEDED, gone_on.message
    same = await place.live(JOB, "before")
    assert same is not None and same["metadata"]["uid"] == first["metadata"]["uid"]
    anew = await place.sync([objects[0], config_map("a", {"k": "2"})], operation="op-2")
    assert anew.phase is SUCCEEDED, anew.message
    other = await place.live(JOB, "before")
    assert other is not None and other["metadata"]["uid"] != first["metadata"]["uid"]


async def test_a_hook_never_takes_the_place_of_anothers_object(place: Place) -> None:
    theirs = {**config_map("mine"), "metadata": {"name": "mine", "namespace": place.namespace}}
    await place.cluster.apply(theirs)
    run = await place.sync([config_map("mine", {"k": "hook"}, hook="PreSync"), config_map("a")])
    assert run.phase is FAILED
    assert "belongs to somebody else" in run.said("mine").message
    live = await place.live(CONFIGMAP, "mine")
    assert live is not None and live["data"] == {"k": "v"}


async def test_a_stop_ends_between_objects_and_takes_running_hooks_along(place: Place) -> None:
    slow = job("slow", hook="PreSync")
    slow["spec"]["suspend"] = True
    work = asyncio.create_task(place.sync([slow, config_map("late")]))
    await until_async(lambda: place.live(JOB, "slow"))
    assert place.executor is not None
    place.executor.stop()
    run = await work
    assert run.phase is OperationPhase.STOPPED
    assert run.said("late").status is ResultStatus.SKIPPED

    async def gone() -> bool:
        return await place.live(JOB, "slow") is None

    await until_async(gone)


async def test_a_program_that_ends_lets_hooks_run_for_the_sync_that_goes_on(place: Place) -> None:
    slow = job("slow", hook="PreSync")
    slow["spec"]["suspend"] = True
    slow["metadata"]["annotations"]["argocd.argoproj.io/hook-delete-policy"] = "HookFailed"
    work = asyncio.create_task(place.sync([slow, config_map("late")]))
    await until_async(lambda: place.live(JOB, "slow"))
    assert place.executor is not None
    place.executor.leave()
    run = await work
    assert (run.phase, run.message) == (OperationPhase.STOPPED, "stopped by the end of its session")
    live = await place.live(JOB, "slow")
    assert live is not None
    assert not live["metadata"].get("deletionTimestamp")


async def test_leaving_after_the_end_leaves_nothing_undone(place: Place) -> None:
    done = job("done", hook="PostSync")
    done["metadata"]["annotations"]["argocd.argoproj.io/hook-delete-policy"] = "HookSucceeded"
    left = []

    async def recorded(_: Ended) -> None:
        assert place.executor is not None
        place.executor.leave()
        left.append(place.executor.left)

    run = await place.sync([config_map("mine"), done], recorded=recorded)
    assert run.phase is SUCCEEDED, run.message
    assert left == [True]

    async def gone() -> bool:
        return await place.live(JOB, "done") is None

    await until_async(gone)


async def test_leaving_before_the_end_is_written_is_no_stop(place: Place) -> None:
    left = []

    async def recorded(ended: Ended) -> None:
        assert place.executor is not None
        left.append((ended[0], place.executor.left))

    run = await place.sync([config_map("mine")], recorded=recorded)
    assert run.phase is SUCCEEDED
    assert place.executor is not None
    place.executor.left = True  # heard behind the last look, in the last write
    await place.executor._over(SUCCEEDED, "")
    assert left == [(SUCCEEDED, False), (SUCCEEDED, False)]


async def test_a_crd_is_established_before_its_objects_whatever_their_waves(place: Place) -> None:
    word = place.namespace.replace("-", "")
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{word}s.example.com", "annotations": {"argocd.argoproj.io/sync-wave": "3"}},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": word.capitalize(), "plural": f"{word}s", "singular": word},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    one = {"apiVersion": "example.com/v1", "kind": word.capitalize(), "metadata": {"name": "one"}}
    run = await place.sync([crd, one])
    assert run.phase is SUCCEEDED, run.message
    assert [each.step.wave for each in run.results] == [0, 0]
    assert await place.live(GVK("example.com", "v1", word.capitalize()), "one") is not None
    kind = place.cluster.discovery.find(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
    await place.cluster.delete(kind, "", crd["metadata"]["name"], propagation="Background")


async def test_a_connection_that_is_lost_for_a_moment_is_waited_for(place: Place, monkeypatch) -> None:
    send, lost = place.cluster.apply, 3

    async def apply(obj, **options):
        nonlocal lost
        if not options.get("dry_run") and lost:
            lost -= 1
            raise Unreachable("the link is down")
        return await send(obj, **options)

    monkeypatch.setattr(place.cluster, "apply", apply)
    run = await place.sync([config_map("a"), config_map("b")])
    assert run.phase is SUCCEEDED, run.message
    assert any("link is down" in doing for _, doing in run.told)


async def test_a_connection_that_stays_away_is_a_clear_failure(place: Place, monkeypatch) -> None:
    send = place.cluster.apply
    place.settings = type(place.settings)(reconnect_timeout=0.5)

    async def apply(obj, **options):
        if not options.get("dry_run") and obj["metadata"]["name"] != "a":
            raise Unreachable("the link is down")
        return await send(obj, **options)

    monkeypatch.setattr(place.cluster, "apply", apply)
    run = await place.sync([config_map("a", wave=0), config_map("b", wave=1), config_map("c", wave=2)])
    assert run.phase is FAILED
    assert [run.said(name).status for name in "abc"] == [ResultStatus.DONE, ResultStatus.FAILED, ResultStatus.SKIPPED]
    assert "link is down" in run.said("b").message


async def test_a_namespace_on_its_way_out_is_said_before_anything_is_made(place: Place) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/never"]
    await place.sync([held])
    kind = place.cluster.discovery.find(GVK("", "v1", "Namespace"))
    await place.cluster.delete(kind, "", place.namespace, propagation="Background")
    run = await place.sync([held, config_map("new")])
    assert run.phase is FAILED
    assert "being terminated" in run.said("new").message
    live = await place.live(CONFIGMAP, "held")
    assert live is not None
    await place.cluster.replace({**live, "metadata": {**live["metadata"], "finalizers": []}})


async def test_create_namespace_makes_it_with_its_metadata_and_keeps_that_true(place: Place) -> None:
    place.namespace = f"{place.namespace}-own"
    place.app = type(place.app)(
        place.app.key, place.app.sources, type(place.app.destination)(namespace=place.namespace)
    )
    place.with_options("CreateNamespace=true", namespace_labels={"team": "a"})
    run = await place.sync([config_map("a")])
    assert run.phase is SUCCEEDED, run.message
    kind = place.cluster.discovery.find(GVK("", "v1", "Namespace"))
    made = await place.cluster.get(kind, "", place.namespace)
    assert made is not None and made["metadata"]["labels"]["team"] == "a"
    place.with_options("CreateNamespace=true", namespace_labels={"team": "b"})
    plan, _ = await place.plan([config_map("a")])
    assert [(step.action, step.fields) for step in plan.steps] == [(Action.CHANGE, ('metadata.labels["team"]',))]
    await place.sync([config_map("a")])
    made = await place.cluster.get(kind, "", place.namespace)
    assert made is not None and made["metadata"]["labels"]["team"] == "b"
    await place.cluster.delete(kind, "", place.namespace, propagation="Background")
