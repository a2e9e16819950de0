"""The tree beneath a managed object: what is in it, its lines, and that one event makes anew no more than its branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.kube import LiveStore, WatchStatus
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import GVK, ResourceKey, in_order
from gitops_tui.model.snapshot import OwnedObject
from gitops_tui.reconcile.owned import claims, kinds_below, line, lineage, owned, shows

DEPLOYMENT, REPLICA_SET = GVK("apps", "v1", "Deployment"), GVK("apps", "v1", "ReplicaSet")
STATEFUL_SET, POD = GVK("apps", "v1", "StatefulSet"), GVK("", "v1", "Pod")
CLAIM, SERVICE = GVK("", "v1", "PersistentVolumeClaim"), GVK("", "v1", "Service")
SLICE, JOB, CRON = (
    GVK("discovery.k8s.io", "v1", "EndpointSlice"),
    GVK("batch", "v1", "Job"),
    GVK("batch", "v1", "CronJob"),
)
WIDGET = GVK("example.org", "v1", "Widget")


class Place:
    """A store, and kinds that may not be listed."""

    def __init__(self, *forbidden: GVK) -> None:
        self.store, self.forbidden = LiveStore(), forbidden

    def status(self, gvk: GVK, namespace: str = "") -> tuple[WatchStatus, str]:
        return (WatchStatus.FORBIDDEN if gvk in self.forbidden else WatchStatus.SYNCED), ""

    def put(self, gvk: GVK, name: str, *owners: str, **parts: Any) -> dict[str, Any]:
        """An object whose uid is its name; owners: uids."""
        metadata = {
            "name": name,
            "namespace": "shop",
            "uid": name,
            "ownerReferences": [{"uid": each} for each in owners],
        }
        obj = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, **parts}
        self.store.put(gvk, obj)
        return obj

    def web(self, pods: int = 2) -> dict[str, Any]:
        """A Deployment with its ReplicaSet, an old empty one, and Pods."""
        root = self.put(DEPLOYMENT, "web", spec={"replicas": pods}, status={"readyReplicas": pods})
        self.put(REPLICA_SET, "web-1", "web", spec={"replicas": pods}, status={"replicas": pods, "readyReplicas": pods})
        self.put(REPLICA_SET, "web-0", "web", spec={"replicas": 0}, status={"replicas": 0})
        for number in range(pods):
            self.pod(f"web-1-{number}")
        return root

    def pod(self, name: str, **status: Any) -> dict[str, Any]:
        wanted = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], **status}
        containers = [{"name": "app", "image": "registry.example/team/web:1.8"}]
        return self.put(POD, name, "web-1", spec={"restartPolicy": "Always", "containers": containers}, status=wanted)


def names(tree: tuple[OwnedObject, ...]) -> dict[str, Any]:
    return {each.key.name: names(each.children) for each in tree}


def crashing(restarts: int = 12) -> dict[str, Any]:
    return {
        "phase": "Running",
        "conditions": [],
        "containerStatuses": [
            {
                "name": "app",
                "restartCount": restarts,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            }
        ],
    }


def test_a_deployment_has_its_replica_set_and_pods_without_the_old_empty_one() -> None:
    place = Place()
    tree = owned(place, place.web())
    assert names(tree) == {"web-1": {"web-1-0": {}, "web-1-1": {}}}
    assert tree[0].children[0].health == Health(HealthStatus.HEALTHY)
    assert tree[0].children[0].images == ("web:1.8",)


def test_the_line_on_a_workload_says_what_is_wrong_beneath_it() -> None:
    place = Place()
    root = place.web(5)
    place.pod("web-1-3", **crashing())
    root["status"]["readyReplicas"] = 3
    tree = owned(place, root)
    assert line(root, tree) == "3/5 ready · CrashLoopBackOff app (137, OOMKilled) x12"
    assert tree[0].summary == "5/5 ready · CrashLoopBackOff app (137, OOMKilled) x12"
    assert [each.summary for each in tree[0].children if each.trouble] == ["CrashLoopBackOff app (137, OOMKilled) x12"]


def test_a_well_workload_shows_its_images() -> None:
    place = Place()
    root = place.web()
    root["spec"]["template"] = {
        "spec": {"containers": [{"image": "r/a/web:1.8"}, {"image": "proxy@sha256:0123456789ab"}]}
    }
    assert line(root, owned(place, root)) == "2/2 ready · web:1.8 · proxy@0123456"


def test_other_troubles_of_a_pod_in_one_line() -> None:
    place = Place()
    root = place.web(1)

    def of(**status: Any) -> str:
        place.pod("web-1-0", **status)
        return owned(place, root)[0].children[0].summary

    pulling = {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "x"}}}
    assert of(phase="Pending", containerStatuses=[pulling]) == "ImagePullBackOff app (web:1.8)"
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes: 3 Insufficient cpu.",
    }
    assert of(phase="Pending", conditions=[unscheduled]) == "unschedulable: 0/3 nodes: 3 Insufficient cpu."
    assert of(phase="Failed", reason="Evicted", message="low on memory") == "Evicted: low on memory"
    unready = {
        "name": "app",
        "ready": False,
        "restartCount": 3,
        "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
    }
    assert of(conditions=[], containerStatuses=[unready]) == "not ready app (1, Error) x3"


def test_a_stateful_set_has_pods_and_the_claims_that_are_named_for_it() -> None:
    place = Place()
    templates = [{"metadata": {"name": "data"}}, {"metadata": {"name": "my-logs"}}]
    root = place.put(STATEFUL_SET, "db-main", spec={"replicas": 2, "volumeClaimTemplates": templates})
    place.put(POD, "db-main-0", "db-main")
    for name in ("data-db-main-0", "my-logs-db-main-1", "data-db-other-0", "data-db-main-7"):
        place.put(CLAIM, name, status={"phase": "Bound"})
    assert set(names(owned(place, root))) == {"db-main-0", "data-db-main-0", "my-logs-db-main-1"}
    assert len(list(claims(place.store, root))) == 2
    above = lineage(place.store, place.store.get(CLAIM, "shop", "my-logs-db-main-1") or {})
    assert [each["metadata"]["name"] for each in above] == ["my-logs-db-main-1", "db-main"]


def test_jobs_services_and_custom_resources() -> None:
    place = Place()
    cron = place.put(CRON, "nightly", spec={"schedule": "@daily"})
    place.put(
        JOB, "nightly-1", "nightly", status={"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    )
    place.put(POD, "nightly-1-a", "nightly-1")
    assert names(owned(place, cron)) == {"nightly-1": {"nightly-1-a": {}}}
    service = place.put(SERVICE, "web")
    ready = [{"conditions": {"ready": True}}, {"conditions": {"ready": False}}]
    place.put(SLICE, "web-x", "web", endpoints=ready)
    assert owned(place, service)[0].summary == "1/2 ready"
    place.put(SLICE, "web-x", "web", endpoints=ready[1:])
    assert line(service, owned(place, service)) == "no ready endpoints"
    widget = place.put(WIDGET, "w")
    place.put(DEPLOYMENT, "w-web", "w", spec={"replicas": 1}, status={})
    assert names(owned(place, widget)) == {"w-web": {}}


def test_cycles_danglings_and_half_written_objects_are_safe() -> None:
    place = Place()
    one = place.put(WIDGET, "one", "two", "gone")
    two = place.put(WIDGET, "two", "one", "two")
    assert names(owned(place, one)) == {"two": {}}
    assert [each["metadata"]["name"] for each in lineage(place.store, one)] == ["one", "two"]
    assert {each["metadata"]["name"] for each in lineage(place.store, two)} == {"one", "two"}
    odd: list[Mapping[str, Any]] = [
        {
            "metadata": {"uid": "x1", "name": "x1", "ownerReferences": [{"uid": "one"}], "creationTimestamp": 5},
            "status": 3,
        },
        {"metadata": {"uid": "x2", "name": "x2", "ownerReferences": [{"uid": "one"}, 7]}, "spec": [], "kind": "Pod"},
    ]
    for each in odd:
        place.store.put(POD, dict(each))
    assert set(names(owned(place, one))) == {"two", "x1", "x2"}
    assert lineage(place.store, {"metadata": {"ownerReferences": [3, {"uid": 4}]}})
    assert owned(place, {}) == ()
    assert (
        owned(
            place, {"metadata": 3, "kind": "StatefulSet", "apiVersion": "apps/v1", "spec": {"volumeClaimTemplates": 3}}
        )
        == ()
    )


def test_a_long_chain_ends() -> None:
    place = Place()
    root = place.put(WIDGET, "w0")
    for number in range(1, 60):
        place.put(WIDGET, f"w{number}", f"w{number - 1}")
    tree, depth = owned(place, root), 0
    while tree:
        tree, depth = tree[0].children, depth + 1
    assert depth == 20


def test_a_kind_that_may_not_be_listed_says_so() -> None:
    place = Place(POD)
    replica_set = owned(place, place.web(0) | {"spec": {"replicas": 1}})
    assert replica_set == ()
    place.put(REPLICA_SET, "web-1", "web", spec={"replicas": 1})
    row = owned(place, place.store.by_uid("web")[1])[0].children[0]  # type: ignore[index]
    assert row.key.kind == "Pod"
    assert row.summary == "no rights to see Pods"
    assert row.health == Health(HealthStatus.UNKNOWN, "no rights to see Pods")
    assert [
        each.summary for each in owned(Place(SLICE), {"kind": "Service", "apiVersion": "v1", "metadata": {"uid": "s"}})
    ] == ["no rights to see EndpointSlices"]


def test_one_event_makes_anew_the_pod_and_what_owns_it_and_nothing_beside() -> None:
    place = Place()
    root = place.web(3)
    judged: list[str] = []

    def judge(obj: Any) -> Health:
        judged.append(obj["metadata"]["name"])
        return Health(HealthStatus.HEALTHY)

    before = owned(place, root, judge)
    assert len(judged) == 4
    judged.clear()
    assert owned(place, root, judge)[0] is before[0]
    assert not judged
    place.pod("web-1-1", phase="Pending")
    after = owned(place, root, judge)
    assert sorted(judged) == ["web-1", "web-1-1"]
    assert after[0].children[0] is before[0].children[0]
    assert after[0].children[2] is before[0].children[2]
    assert after[0].children[1] is not before[0].children[1]
    place.store.remove(POD, "shop", "web-1-2")
    assert names(owned(place, root, judge)) == {"web-1": {"web-1-0": {}, "web-1-1": {}}}


def test_which_kinds_are_watched_for_a_kind() -> None:
    assert kinds_below([("apps", "Deployment")]) == {REPLICA_SET, POD}
    assert kinds_below([("batch", "CronJob"), ("", "Service")]) == {JOB, POD, SLICE}
    assert kinds_below([("", "ConfigMap")]) == set()
    assert shows(("apps", "Deployment"), POD)
    assert not shows(("", "Service"), POD)


def test_numbers_in_names_sort_as_numbers() -> None:
    place = Place()
    root = place.put(STATEFUL_SET, "db", spec={"replicas": 11})
    for number in (10, 2, 1):
        place.put(POD, f"db-{number}", "db")
    assert [each.key.name for each in owned(place, root)] == ["db-1", "db-2", "db-10"]
    names = ["a", "a-02", "a-2", "a-10", "a-9", "2", "10", "b1c10", "b1c9", "", "a-" + "9" * 5000, "٣", "²"]
    keys = [ResourceKey("", "Pod", "n", each) for each in names]
    ordered = [each.name[:5] for each in sorted(keys, key=in_order)]
    assert ordered == ["", "2", "10", "a", "a-02", "a-2", "a-9", "a-10", "a-999", "b1c9", "b1c10", "²", "٣"]
