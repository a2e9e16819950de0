"""Before a shell, a forwarded port and a log the API server is asked whether the user may; a refusal names the right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import AppKey
from gitops_tui.model.logs import LogFeed, LogOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "registry.invalid/web:1"}]}
"""
BINDING = "rbac.authorization.k8s.io"


@pytest.fixture
def begin(made_repository, tmp_path: Path) -> Iterator[Callable[..., tuple[Engine, AppKey]]]:
    """An engine of somebody who may do what these rules say in the namespace `shop`."""
    made_repository.commit({"shop/web.yaml": WEB})
    engines: list[Engine] = []
    with DemoCluster(delay=0, rbac=True) as cluster:
        import yaml

        cluster.do("test", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, operation="Update")
        obj = yaml.safe_load(WEB)
        obj["metadata"]["namespace"] = "shop"
        obj["spec"]["replicas"] = 2
        cluster.do("test", obj, operation="Update")

        def start(*rules: dict[str, Any]) -> tuple[Engine, AppKey]:
            name = f"dana{len(engines)}"
            role = {"apiVersion": f"{BINDING}/v1", "kind": "Role", "metadata": {"name": name, "namespace": "shop"}}
            cluster.do("test", {**role, "rules": list(rules)}, operation="Update")
            bound = {
                "roleRef": {"apiGroup": BINDING, "kind": "Role", "name": name},
                "subjects": [{"apiGroup": BINDING, "kind": "User", "name": name}],
            }
            cluster.do("test", {**role, "kind": "RoleBinding", **bound}, operation="Update")
            assert cluster.rbac is not None
            request = Request(
                repo=str(made_repository.folder),
                pattern="shop",
                namespace="shop",
                kubeconfig=cluster.kubeconfig(tmp_path / name, {name: cluster.rbac.token(name)}),
                context=f"demo-{name}",
                automatic=False,
            )
            settings = Settings(state_folder=tmp_path / f"s{name}", cache_folder=tmp_path / f"c{name}", read_only=True)
            engine = Engine(request, settings)
            engines.append(engine)
            engine.start()
            until(
                lambda: (
                    engine.snapshot.applications and not any(a.loading for a in engine.snapshot.applications.values())
                )
            )
            app, state = next(iter(engine.snapshot.applications.items()))
            assert all(each.live is not None for each in state.resources.values()), state.conditions
            until(lambda: engine.log_pods(app, next(iter(state.resources))).result(30))
            return engine, app

        try:
            yield start
        finally:
            for engine in engines:
                engine.stop()


SEE = {
    "apiGroups": ["", "apps"],
    "resources": ["pods", "deployments", "replicasets"],
    "verbs": ["get", "list", "watch"],
}


def test_a_refusal_names_the_right_that_is_missing(begin) -> None:
    engine, app = begin(SEE, {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create"]})

    def said(what: str) -> str:
        return engine.pod_refusal(app, what, "shop").result(30)

    assert said("exec") == "dana0 has no right to create pods/exec in shop on demo-dana0"
    assert said("log") == "dana0 has no right to get pods/log in shop on demo-dana0"
    assert said("port-forward") == ""
    assert "in other" in engine.pod_refusal(app, "port-forward", "other").result(30)


def test_a_right_to_one_pod_is_enough_for_that_one(begin) -> None:
    engine, app = begin(
        SEE, {"apiGroups": [""], "resources": ["pods/exec"], "resourceNames": ["mine"], "verbs": ["create"]}
    )
    assert engine.pod_refusal(app, "exec", "shop", "mine").result(30) == ""
    assert engine.pod_refusal(app, "exec", "shop", "another").result(30)


def test_logs_that_may_not_be_read_say_so_once_and_nothing_is_asked_of_the_pods(begin) -> None:
    engine, app = begin(SEE)
    feed = LogFeed(lambda: None)
    engine.logs(app, None, LogOptions(follow=False), feed)
    until(lambda: feed.over)
    lines = feed.take()
    assert [line.text for line in lines] == [
        "no rights to read logs: dana0 has no right to get pods/log in shop on demo-dana0"
    ]
    engine, app = begin(SEE, {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]})
    feed = LogFeed(lambda: None)
    engine.logs(app, None, LogOptions(follow=False), feed)
    until(lambda: feed.over)
    assert not any("no rights" in line.text for line in feed.take())


def test_without_the_right_to_apply_the_local_verdict_stands_and_that_is_said_once(begin: Any) -> None:
    read = {"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    engine, app = begin(read)
    state = engine.snapshot.applications[app]
    (web,) = (each for each in state.resources.values() if each.key.kind == "Deployment")
    assert web.drift.kind is DriftKind.MODIFIED
    assert not web.drift.confirmed
    assert not web.drift.refused
    assert not web.warnings
    (said,) = (each.message for each in state.conditions if "no dry run settles" in each.message)
    assert 'cannot patch resource "deployments"' in said
