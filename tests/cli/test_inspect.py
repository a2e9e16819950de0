"""Why it is not healthy, and events, by the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_tui.demo.metrics import measure, serve_metrics
from tests.support.waiting import until

# Only the embedded cluster lets Pods fail on request; only a real one has its scheduler and its quota.
DEMO = pytest.mark.parametrize("cli", ["demo"], indirect=True)
REAL = pytest.mark.parametrize("cli", [pytest.param("real", marks=pytest.mark.real)], indirect=True)
QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: none}\nspec: {hard: {pods: '0'}}\n"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {gitops-tui.io/demo-fails: "%s"}}
    spec:
      containers:
      - {name: app, image: "registry.invalid/web:1.9"}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: '1'}\n"


def deploy(cli, made_repository, *texts: str) -> str:
    made_repository.commit({f"apps/{cli.app}/{at}.yaml": text for at, text in enumerate(texts)})
    done = cli("sync", cli.app, "--yes")
    assert done.code == 0, done.out + done.err
    return cli.app


@DEMO
def test_a_container_that_crashes_is_the_first_cause_and_its_log_is_shown(cli, made_repository) -> None:
    app = deploy(cli, made_repository, WEB % "crash", CONFIG)

    def crashed() -> Any:
        said = cli("why", f"{app}/Deployment/web", "-o", "json")
        assert said.code == 1, said.err
        # One of the two Pods crashes first, and its first run has no run before it.
        log, causes = said.json["log"], said.json["causes"]
        both = bool(causes) and causes[0]["count"] == 2 and "exit code 137" in causes[0]["what"]
        return said.json if both and log and log["previous"] else None

    found = until(crashed)
    first = found["causes"][0]
    assert (first["kind"], first["container"], first["count"]) == ("Pod", "app", 2)
    assert "exit code 137, OOMKilled" in first["what"]
    assert found["log"]["previous"]
    assert found["log"]["pod"] == first["name"]
    assert found["log"]["lines"] or found["log"]["problem"]
    assert found["resource"] == {"group": "apps", "kind": "Deployment", "namespace": cli.namespace, "name": "web"}

    text = cli("why", app)
    assert text.code == 1
    assert text.out.splitlines()[0].startswith(f"application {app}: ")
    assert "exit code 137" in text.out.splitlines()[1]
    pod = cli("why", f"{app}/Pod/{first['name']}")
    assert "exit code 137" in pod.out
    well = cli("why", f"{app}/ConfigMap/flags")
    assert (well.code, well.err) == (0, "")
    assert well.out.splitlines()[1] == "all is well: it is healthy, and so is what it owns"

    events = cli("events", f"{app}/Deployment/web", "-o", "json").json
    kinds = {(each["kind"], each["type"]) for each in events["events"]}
    assert ("Pod", "Warning") in kinds
    assert ("Deployment", "Normal") in kinds
    types = [each["type"] for each in events["events"]]
    assert types == sorted(types, reverse=True), "warnings come first"
    same = [(each["reason"], each["message"], each["name"]) for each in events["events"]]
    assert len(same) == len(set(same))
    assert "no events" in cli("events", f"{app}/flags").out

    status = cli("status", app, "-o", "json").json["applications"][0]
    web = next(each for each in status["resources"] if each["kind"] == "Deployment")
    assert "exit code 137" in web["cause"]
    (replica_set,) = web["owned"]
    assert {each["kind"] for each in replica_set["owned"]} == {"Pod"}
    assert "CrashLoopBackOff" in replica_set["owned"][0]["trouble"]


@REAL
def test_no_node_and_no_quota_are_told_in_the_words_of_the_real_controllers(cli, made_repository) -> None:
    nowhere = (WEB % "").replace("containers:", "nodeSelector: {no: node}\n      containers:")
    app = deploy(cli, made_repository, nowhere)

    def causes() -> Any:
        found = cli("why", f"{app}/Deployment/web", "-o", "json")
        assert not found.err
        return found.json["causes"]

    first = until(lambda: [each for each in causes() if "no node" in each["what"] and each["count"] == 2])[0]
    assert "node" in first["message"]
    assert first["kind"] == "Pod"

    def warned() -> Any:
        found = cli("events", f"{app}/Deployment/web", "-o", "json").json["events"]
        return [each["reason"] for each in found if each["type"] == "Warning"] and found

    assert until(warned)[0]["reason"] == "FailedScheduling"

    app = deploy(cli, made_repository, QUOTA, (WEB % "").replace("replicas: 2", "replicas: 3"))
    said = until(lambda: [each for each in causes() if "quota" in each["what"]])[0]["what"]
    assert said.startswith("the quota none is used up (pods ")
    assert said.endswith(" of 0 used): Pods are refused")
    assert "quota" in cli("why", app).out.splitlines()[1]


@DEMO
def test_an_image_that_cannot_be_pulled_is_named(cli, made_repository) -> None:
    app = deploy(cli, made_repository, WEB % "image")

    def refused() -> Any:
        said = cli("why", app)
        assert said.code == 1
        return said.out if "can't be pulled" in said.out else None

    assert "registry.invalid/web:1.9" in until(refused).splitlines()[1]


def test_what_is_not_in_the_cluster_is_its_own_cause(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/c.yaml": CONFIG})
    said = cli("why", cli.app, "-o", "json")
    assert said.code == 1
    assert said.json["health"] == "Missing"
    assert said.json["causes"][0]["what"] == "it is not in the cluster"


def test_a_wrong_name_says_what_there_is(cli, made_repository) -> None:
    app = deploy(cli, made_repository, CONFIG)
    for command in ("why", "events"):
        wrong = cli(command, f"{app}/Deployment/nothing")
        assert wrong.code == 2
        assert "ConfigMap/flags" in wrong.err
        assert cli(command, "nothing").code == 2
    assert json.loads(cli("events", app, "-o", "json").out)["application"] == app


def test_what_belongs_to_no_application_is_told_and_nothing_that_kubernetes_makes(cli, made_repository) -> None:
    app = deploy(cli, made_repository, WEB % "", CONFIG)
    assert cli("orphaned", app, "-o", "json").json["orphans"] == []
    stray = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stray"}, "data": {"a": "b"}}
    cli.as_dana(stray)
    chart = {"app.kubernetes.io/managed-by": "Helm"}
    notes = {"meta.helm.sh/release-name": "cart"}
    cli.as_dana(
        {
            **stray,
            "kind": "Secret",
            "metadata": {"name": "cart", "labels": chart, "annotations": notes},
            "data": {"a": "Yg=="},
        }
    )
    found = cli("orphaned", app, "-o", "json").json
    assert found["namespaces"] == [cli.namespace]
    assert [(each["kind"], each["name"], each["managedBy"]) for each in found["orphans"]] == [
        ("ConfigMap", "stray", ""),
        ("Secret", "cart", "Helm release cart"),
    ]
    assert found["problems"] == []
    text = cli("orphaned", app)
    assert text.code == 0
    assert "ConfigMap/stray" in text.out


def test_what_an_operator_made_for_a_custom_resource_is_beneath_it(cli, made_repository) -> None:
    group = f"{cli.namespace}.example.org"
    free = "{type: object, x-kubernetes-preserve-unknown-fields: true}"
    kinds = [
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.{group}}}\n"
        f"spec:\n  group: {group}\n  scope: Namespaced\n  names: {{plural: {plural}, kind: {kind}}}\n"
        f"  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {free}}}}}]\n"
        for plural, kind in (("databases", "Database"), ("members", "Member"))
    ]
    database = f"apiVersion: {group}/v1\nkind: Database\nmetadata: {{name: main}}\nspec: {{members: 1}}\n"
    app = deploy(cli, made_repository, *kinds, database)

    def resource() -> Any:
        found = cli("status", app, "-o", "json").json["applications"][0]["resources"]
        return next(each for each in found if each["kind"] == "Database")

    def owned_by(version: str, kind: str, name: str, uid: str) -> dict[str, Any]:
        return {"ownerReferences": [{"apiVersion": version, "kind": kind, "name": name, "uid": uid}]}

    uid = cli.live(f"{group}/v1", "Database", "main")["metadata"]["uid"]
    above = owned_by(f"{group}/v1", "Database", "main", uid)
    cli.as_dana({"apiVersion": f"{group}/v1", "kind": "Member", "metadata": {"name": "main-0", **above}, "spec": {}})
    member = cli.live(f"{group}/v1", "Member", "main-0")["metadata"]["uid"]
    above = owned_by(f"{group}/v1", "Member", "main-0", member)
    cli.as_dana(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "main-0", **above}, "data": {"key": "aGlkZGVu"}}
    )
    (found,) = resource()["owned"]
    assert (found["kind"], found["name"]) == ("Member", "main-0")
    assert [(each["kind"], each["name"]) for each in found["owned"]] == [("Secret", "main-0")]
    assert "aGlkZGVu" not in cli("status", app, "-o", "json").out
    assert cli("diff", app).code == 0
    assert cli("orphaned", app, "-o", "json").json["orphans"] == []
    assert cli("events", f"{app}/Secret/main-0").code == 0
    cli("sync", app, "--yes", "--prune")
    assert cli.live("v1", "Secret", "main-0"), "nothing prunes it"


def test_usage_is_absent_without_a_complaint_where_there_are_no_metrics(cli, made_repository) -> None:
    app = deploy(cli, made_repository, WEB % "", CONFIG)
    found = cli("usage", app, "-o", "json")
    assert (found.code, found.err) == (0, "")
    assert found.json == {
        "application": app,
        "resource": None,
        "metrics": False,
        "total": None,
        "rows": [],
        "problems": [],
    }
    text = cli("usage", f"{app}/Deployment/web")
    assert (text.code, text.err) == (0, "")
    assert text.out == "the cluster has no metrics (metrics.k8s.io)\n"


@DEMO
def test_usage_of_an_application_by_resource_and_of_a_resource_by_pod(cli, made_repository) -> None:
    bounded = (
        '{name: app, image: "registry.invalid/web:1.9", resources: {requests: {cpu: 100m}, limits: {memory: 64Mi}}}'
    )
    web = (WEB % "").replace('{name: app, image: "registry.invalid/web:1.9"}', bounded)
    serve_metrics(cli.cluster)
    app = deploy(cli, made_repository, web, CONFIG)

    def measured() -> Any:
        measure(cli.cluster, 0.0)
        found = cli("usage", app, "-o", "json").json
        return found if found["total"] and found["total"]["pods"] == 2 else None

    found = until(measured)
    (row,) = found["rows"]
    assert (row["kind"], row["name"]) == ("Deployment", "web")
    assert row["usage"] == found["total"]
    assert (row["usage"]["cpuRequest"], row["usage"]["cpuLimit"]) == (0.2, None)
    assert row["usage"]["memoryLimit"] == 128 * 2**20
    assert row["usage"]["cpu"] > 0
    lines = cli("usage", f"{app}/Deployment/web").out.splitlines()
    assert len(lines) == 3
    assert all("requested" in line and "limit" in line for line in lines)
    assert lines[-1].startswith("total ")
    pod = lines[0].split()[0]
    assert cli("usage", f"{app}/{pod}").out.startswith(pod)


@DEMO
def test_hostile_words_and_half_written_objects_are_shown_and_obeyed_by_nobody(
    cli, made_repository, monkeypatch, tmp_path
) -> None:
    """Control characters and markup in messages, a script without an end, statuses of no shape."""
    group = f"{cli.namespace}.example.org"
    settings = tmp_path / "config.yaml"
    settings.write_text(f"resource.customizations.health.{group}_Widget: |\n  while true do end\n")
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(settings))
    free = "{type: object, x-kubernetes-preserve-unknown-fields: true}"
    kind = (
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: %s.{group}}}\n"
        f"spec:\n  group: {group}\n  scope: Namespaced\n  names: {{plural: %s, kind: %s}}\n"
        f"  versions: [{{name: v7, served: true, storage: true, schema: {{openAPIV3Schema: {free}}}}}]\n"
    )
    made = f"apiVersion: {group}/v7\nkind: %s\nmetadata: {{name: one}}\nspec: {{a: 1}}\n"
    evil = "\x1b[2J\x1b]0;title\x07[bold red]markup[/] \x9b31m\u202eback\u2028\r\nhttps://dana:hunter2@example.org/x"
    kinds = (("widgets", "widgets", "Widget"), ("halves", "halves", "Half"))
    app = deploy(cli, made_repository, *(kind % each for each in kinds), made % "Widget", made % "Half")
    half = {"apiVersion": f"{group}/v7", "kind": "Half", "metadata": {"name": "one"}}
    ready = {"type": "Ready", "status": "False", "reason": evil, "message": evil}
    cli.as_dana({**half, "status": {"conditions": [ready, 7, None], "phase": ["x"], "observedGeneration": "many"}})
    about = cli.live(f"{group}/v7", "Half", "one")["metadata"]
    cli.as_dana(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "evil"},
            "involvedObject": {"kind": "Half", "namespace": cli.namespace, "name": "one", "uid": about["uid"]},
            "type": "Warning",
            "reason": f"Bad{evil}",
            "message": evil,
        }
    )
    for command in (("why", app), ("why", f"{app}/Half/one"), ("events", app), ("status", app), ("links", app)):
        for more in ((), ("-o", "json")):
            said = cli(*command, *more)
            assert said.code in (0, 1), said.err
            shown = said.out + said.err
            assert not [each for each in shown if each != "\n" and not each.isprintable()], command
            assert "hunter2" not in shown
    assert "[bold red]markup[/]" in cli("why", app).out
    endless = cli("why", f"{app}/Widget/one")
    assert endless.code == 1
    assert "its health is Unknown" in endless.out
    assert "too long" in endless.out
