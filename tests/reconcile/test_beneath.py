"""What custom resources own is found where somebody looks, followed without a word while nothing changes, and is never
taken for drift."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.kube import LiveStore
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.snapshot import OwnedObject, ResourceState
from gitops_tui.model.sync import SyncStatus
from gitops_tui.reconcile import Engine, Request, beneath_api
from gitops_tui.reconcile.beneath import is_custom
from gitops_tui.settings import Settings
from tests.support.waiting import until

GROUP = "certs.example.org"
CERTIFICATE = f"apiVersion: {GROUP}/v1\nkind: Certificate\nmetadata: {{name: web}}\nspec: {{dns: shop.example}}\n"


def definition(plural: str, kind: str, scope: str = "Namespaced") -> dict[str, Any]:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": free},
        "subresources": {"status": {}},
    }
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": scope, "names": names, "versions": [version]},
    }


def owner(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = obj["metadata"]
    named = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    return {**named, "controller": True}


@dataclass
class Shop:
    """An application with one custom resource; `make` makes what its operator would."""

    cluster: DemoCluster
    engine: Engine
    app: AppKey

    @property
    def root(self) -> ResourceState:
        (found,) = [
            each
            for each in self.engine.snapshot.applications[self.app].resources.values()
            if each.key.kind == "Certificate"
        ]
        return found

    def make(self, version: str, kind: str, name: str, *owners: Any, **parts: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "shop", "ownerReferences": [owner(each) for each in owners]}
        obj = {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}
        return self.cluster.do("operator", obj, operation="Update")

    def note(self, obj: dict[str, Any], text: str) -> None:
        """The operator changes an object of its own."""
        metadata = {name: value for name, value in obj["metadata"].items() if name != "resourceVersion"}
        noted = {**obj, "metadata": {**metadata, "annotations": {"operator.example.org/does": text}}}
        self.cluster.do("operator", noted, operation="Update")

    def tree(self) -> dict[str, Any]:
        def names(objects: tuple[OwnedObject, ...]) -> dict[str, Any]:
            return {f"{each.key.kind} {each.key.name}": names(each.children) for each in objects}

        return names(self.root.owned)

    def look(self) -> None:
        self.engine.look_beneath(self.app).result(60)


@pytest.fixture
def begin(made_repository, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Begins an engine on an application whose custom resource is deployed already."""
    made_repository.commit({"shop/certificate.yaml": CERTIFICATE})
    engines: list[Engine] = []
    with DemoCluster(delay=0, rbac=True) as cluster:
        cluster.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, operation="Update")
        for plural, kind in (("certificates", "Certificate"), ("requests", "Request"), ("orders", "Order")):
            cluster.do("test", definition(plural, kind), operation="Update")

        def start(token: str = "", **settings: Any) -> Shop:
            others = {"dana": token} if token else None
            request = Request(
                repo=str(made_repository.folder),
                pattern="shop",
                namespace="shop",
                kubeconfig=cluster.kubeconfig(tmp_path / f"kubeconfig{len(engines)}", others),
                context="demo-dana" if token else None,
                automatic=False,
            )
            folders = {"state_folder": tmp_path / "s", "cache_folder": tmp_path / "c"}
            engine = Engine(request, Settings(**folders, read_only=True, **settings))
            engines.append(engine)
            engine.start()
            until(
                lambda: (
                    engine.snapshot.applications and not any(a.loading for a in engine.snapshot.applications.values())
                )
            )
            return Shop(cluster, engine, next(iter(engine.snapshot.applications)))

        def deploy() -> dict[str, Any]:
            obj = {"apiVersion": f"{GROUP}/v1", "kind": "Certificate", "spec": {"dns": "shop.example"}}
            return cluster.do("kubectl", {**obj, "metadata": {"name": "web", "namespace": "shop"}}, operation="Update")

        start.deploy = deploy  # type: ignore[attr-defined]
        try:
            yield start
        finally:
            for engine in engines:
                engine.stop()


def test_what_an_operator_made_is_there_once_somebody_looks_and_not_before(begin) -> None:
    certificate = begin.deploy()
    shop = begin()
    request = shop.make(f"{GROUP}/v1", "Request", "web-1", certificate)
    shop.make(f"{GROUP}/v1", "Order", "web-1-7", request, status={"state": "pending"})
    shop.make("v1", "Secret", "web-tls", certificate, stringData={"tls.key": "hidden-value"})
    shop.make("v1", "ConfigMap", "another")
    assert shop.tree() == {}
    assert not shop.engine.beneath
    shop.look()
    assert shop.tree() == {"Request web-1": {"Order web-1-7": {}}, "Secret web-tls": {}}
    beside = shop.engine.beneath[shop.app.cluster]._store
    (secret,) = beside.of_kind(GVK("", "v1", "Secret")).values()
    assert set(secret) == {"apiVersion", "kind", "metadata"}, "no value of a Secret is read"
    assert beside.of_kind(GVK("", "v1", "ConfigMap")) == {}


def test_workloads_beneath_bring_their_pods_and_the_cause_of_their_trouble(begin) -> None:
    certificate = begin.deploy()
    shop = begin()
    labels = {"app": "cache"}
    notes = {"gitops-tui.io/demo-fails": "crash"}
    template = {
        "metadata": {"labels": labels, "annotations": notes},
        "spec": {"containers": [{"name": "app", "image": "registry.invalid/cache:1"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    shop.make("apps/v1", "Deployment", "cache", certificate, spec=spec)
    shop.look()

    def pods() -> list[OwnedObject]:
        return [pod for each in shop.root.owned for replica_set in each.children for pod in replica_set.children]

    until(lambda: [each for each in pods() if "CrashLoopBackOff" in each.trouble])
    assert "CrashLoopBackOff" in shop.root.summary
    found = shop.engine.why(shop.app, shop.root.key).result(60)
    assert "container app ended" in found.causes[0].what
    # Its operator says nothing of it: the application's own question finds it too.
    whole = shop.engine.why(shop.app).result(60)
    assert whole.causes[0] == found.causes[0]
    assert found.log is not None
    assert [each.name for each in shop.engine.log_pods(shop.app, shop.root.key).result(60)] == [pods()[0].key.name]


def test_what_comes_later_comes_by_itself_and_nothing_is_asked_while_nothing_changes(begin, monkeypatch) -> None:
    for name, seconds in (("_SOON", 0.05), ("_GAP", 0.1), ("_LATER", 0.5)):
        monkeypatch.setattr(beneath_api, name, seconds)
    certificate = begin.deploy()
    shop = begin()
    shop.look()
    assert shop.tree() == {}
    asked: list[float] = []
    transport = shop.engine.session(shop.engine.runtime(shop.app)).cluster.transport
    plain, streams = transport.request, transport.open_stream

    async def request(method: str, path: str, **more: Any) -> dict[str, Any]:
        asked.extend([time.monotonic()] if "/shop/" in path else [])
        return await plain(method, path, **more)

    async def stream(path: str, params: Any, **more: Any) -> Any:
        asked.extend([time.monotonic()] if "/shop/" in path else [])
        return await streams(path, params, **more)

    transport.request, transport.open_stream = request, stream  # type: ignore[method-assign]
    # An operator notes what it does, and makes something.
    made = shop.make(f"{GROUP}/v1", "Request", "web-1", certificate)
    shop.note(certificate, "issuing")
    until(lambda: shop.tree() == {"Request web-1": {}})
    shop.make(f"{GROUP}/v1", "Order", "web-1-7", made)
    shop.note(made, "ordered")
    until(lambda: shop.tree() == {"Request web-1": {"Order web-1-7": {}}})
    # More of a kind that is known comes by its watch.
    shop.make(f"{GROUP}/v1", "Order", "web-1-8", made)
    until(lambda: set(shop.tree()["Request web-1"]) == {"Order web-1-7", "Order web-1-8"})
    shop.cluster.remove(GVK(GROUP, "v1", "Order"), "shop", "web-1-8")
    until(lambda: set(shop.tree()["Request web-1"]) == {"Order web-1-7"})
    assert asked
    until(lambda: time.monotonic() - asked[-1] > 3)


def test_what_is_beneath_is_neither_drift_nor_orphaned_and_the_store_knows_it_only_by_uid_and_owner(begin) -> None:
    certificate = begin.deploy()
    shop = begin()
    shop.make(f"{GROUP}/v1", "Request", "web-1", certificate)
    labelled = {"gitops-tui.io/application": shop.app.name}
    note = f"{shop.app.name}:{GROUP}/Order:shop/mine"
    order = shop.make(f"{GROUP}/v1", "Order", "mine", certificate)
    metadata = {**order["metadata"], "labels": labelled, "annotations": {"gitops-tui.io/tracking-id": note}}
    shop.cluster.do("operator", {**order, "metadata": metadata}, operation="Update")
    shop.look()
    until(lambda: set(shop.tree()) == {"Request web-1", "Order mine"})
    state = shop.engine.snapshot.applications[shop.app]
    assert {each.kind for each in state.resources} == {"Certificate"}
    assert state.sync is SyncStatus.SYNCED
    assert shop.engine.orphaned(shop.app).result(60).orphans == ()


def test_kinds_that_may_not_be_seen_are_named(begin) -> None:
    certificate = begin.deploy()
    admin = begin()
    admin.make(f"{GROUP}/v1", "Request", "web-1", certificate)
    admin.make("v1", "ConfigMap", "made", certificate)
    rule = {
        "apiGroups": ["", GROUP],
        "resources": ["certificates", "requests", "configmaps"],
        "verbs": ["get", "list", "watch"],
    }
    cluster = admin.cluster
    cluster.do(
        "test",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "few"},
            "rules": [rule],
        },
        operation="Update",
    )
    cluster.do(
        "test",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "few"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "few"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "dana"}],
        },
        operation="Update",
    )
    shop = begin(token=cluster.rbac.token("dana"))
    shop.look()
    until(lambda: {"Request web-1", "ConfigMap made"} <= set(shop.tree()))
    (row,) = [each for each in shop.root.owned if each.key.name == "?"]
    assert row.summary.startswith("no rights to see Pods, Deployments, StatefulSets and ")
    assert row.summary.endswith(" more kinds")


def test_the_setting_turns_it_off(begin) -> None:
    certificate = begin.deploy()
    shop = begin(owned_by_custom_resources=False)
    shop.make(f"{GROUP}/v1", "Request", "web-1", certificate)
    shop.look()
    assert shop.tree() == {}
    assert not shop.engine.beneath


def test_of_many_applications_the_last_ones_looked_at_are_followed(made_repository, tmp_path: Path) -> None:
    count = 10
    made_repository.commit(
        {f"apps/a{at}/c.yaml": CERTIFICATE.replace("name: web", f"name: c{at}") for at in range(count)}
    )
    with DemoCluster(delay=0) as cluster:
        cluster.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, operation="Update")
        cluster.do("test", definition("certificates", "Certificate"), operation="Update")
        for at in range(count):
            obj = {"apiVersion": f"{GROUP}/v1", "kind": "Certificate", "spec": {"dns": "shop.example"}}
            root = cluster.do(
                "kubectl", {**obj, "metadata": {"name": f"c{at}", "namespace": "shop"}}, operation="Update"
            )
            metadata = {"name": f"made{at}", "namespace": "shop", "ownerReferences": [owner(root)]}
            cluster.do("operator", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, operation="Update")
        request = Request(
            repo=str(made_repository.folder),
            pattern="apps/*",
            namespace="shop",
            kubeconfig=cluster.kubeconfig(tmp_path / "kubeconfig"),
            automatic=False,
        )
        engine = Engine(request, Settings(state_folder=tmp_path / "s", cache_folder=tmp_path / "c"))
        engine.start()
        try:
            until(
                lambda: (
                    len(engine.snapshot.applications) == count
                    and not any(a.loading for a in engine.snapshot.applications.values())
                )
            )
            for app in engine.snapshot.applications:
                engine.look_beneath(app).result(60)
                (state,) = engine.snapshot.applications[app].resources.values()
                assert [each.key.name for each in state.owned] == [f"made{state.key.name[1:]}"]
            (place,) = engine.beneath.values()
            assert list(place.looks) == list(engine.snapshot.applications)[-8:]
            assert len(place._watches) == 1, "applications share a watch"
        finally:
            engine.stop()


def test_which_kinds_are_custom() -> None:
    for group in ("", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io", "apiextensions.k8s.io"):
        assert not is_custom(group)
    for group in ("cert-manager.io", "cluster.x-k8s.io", "gateway.networking.k8s.io", "argoproj.io", GROUP):
        assert is_custom(group)


def test_a_store_beside_is_found_by_uid_and_owner_only() -> None:
    store, beside = LiveStore(), LiveStore()
    store.beside = beside
    gvk = GVK("", "v1", "ConfigMap")

    def obj(name: str, *owners: str) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "n", "uid": name, "labels": {"gitops-tui.io/application": "a"}}
        return {"kind": "ConfigMap", "metadata": {**metadata, "ownerReferences": [{"uid": each} for each in owners]}}

    store.put(gvk, obj("one", "root"))
    beside.put(gvk, obj("one", "root"))
    beside.put(gvk, obj("two", "root"))
    assert [each["metadata"]["name"] for _, each in store.children("root")] == ["one", "two"]
    assert store.by_uid("two") is not None
    assert store.get(gvk, "n", "two") is None
    assert store.shown(gvk, "n", "two") is not None
    assert store.labelled("a") == [(gvk, "n", "one")]
    assert set(store.of_kind(gvk)) == {("n", "one")}
