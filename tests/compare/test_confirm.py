"""The API server's dry run has the last word, and what its admission does is shown as that."""

from __future__ import annotations

import copy
import json
from typing import Any

from gitops_tui.compare import compare, confirm, diff_rows, scrubbed, unified
from gitops_tui.compare.blame import three_way
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import ABSENT, DriftKind, Masked, Moved, Reason


def config(data: Any, **annotations: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "a", "namespace": "x"}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def settled(desired: dict[str, Any], live: dict[str, Any], applied: dict[str, Any], **more: Any) -> Any:
    ignore = more.get("ignore", ())
    return confirm(compare(desired, live, ignore=ignore), live, applied, desired=desired, **more)


def test_what_the_dry_run_bears_out_stays() -> None:
    drift = settled(config({"a": "1"}), config({"a": "2"}), config({"a": "1"}))
    assert drift.confirmed
    assert [(each.path, each.note) for each in drift.differences] == [("data.a", "")]


def test_a_webhook_that_puts_its_own_value_back_is_no_drift_and_is_told() -> None:
    drift = settled(config({"a": "1"}), config({"a": "hook"}), config({"a": "hook"}))
    assert drift.kind is DriftKind.NONE
    (hidden,) = drift.hidden
    assert hidden.note == "the cluster's admission changes this field to hook, which the cluster has"


def test_what_a_field_that_git_has_lost_becomes_is_told() -> None:
    def deployment(**spec: Any) -> dict[str, Any]:
        owned = {"f:spec": {"f:replicas": {}, "f:paused": {}}}
        managed = [{"manager": "gitops-tui", "operation": "Apply", "fieldsV1": owned}]
        metadata = {"name": "a", "managedFields": managed}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}

    drift = settled(deployment(), deployment(replicas=3, paused=True), deployment(replicas=1))
    assert {each.path: each.note for each in drift.differences} == {
        "spec.replicas": "a sync makes it 1",
        "spec.paused": "",
    }


def test_a_webhook_that_makes_something_else_of_a_change_is_told_beside_it() -> None:
    drift = settled(config({"a": "1"}), config({"a": "old"}), config({"a": "hook"}))
    (found,) = drift.differences
    assert found.note == "the cluster's admission changes this field to hook"


def test_what_a_webhook_adds_is_no_drift_unless_asked_for() -> None:
    desired, live, applied = config({"a": "1"}), config({"a": "1"}), config({"a": "1"}, stamp="now")
    drift = settled(desired, live, applied)
    assert drift.kind is DriftKind.NONE
    assert drift.hidden[0].reason is Reason.ADMISSION
    asked = settled(desired, live, applied, include_webhooks=True)
    assert asked.is_drifted
    (found,) = asked.differences
    assert (found.desired, found.live) == ({"stamp": "now"}, ABSENT)
    assert any("metadata.annotations" in text for _, text in unified(diff_rows(desired, live, asked)))


def test_what_a_webhook_changes_beside_git_is_shown_as_it_would_be() -> None:
    desired, live, applied = config({"a": "1"}), config({"a": "1"}, stamp="7", gone="x"), config({"a": "1"}, stamp="8")
    asked = settled(desired, live, applied, include_webhooks=True)
    lines = [f"{sign}{text.strip()}" for sign, text in unified(diff_rows(desired, live, asked))]
    assert [each for each in lines if each[0] in "-+"] == [
        "-stamp: '7'",
        "-gone: x",
        "+stamp: '8'  # by the cluster's admission",
    ]


def test_what_comes_with_a_change_is_shown_with_it() -> None:
    drift = settled(config({"a": "1"}), config({"a": "2"}), config({"a": "1"}, stamp="now"))
    assert [(each.path, each.reason) for each in drift.differences] == [
        ("data.a", Reason.DIFFERS),
        ("metadata.annotations", Reason.ADMISSION),
    ]


def test_what_the_server_finds_and_we_did_not_is_drift() -> None:
    desired = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"sessionAffinity": "None"}}
    live, applied = copy.deepcopy(desired), copy.deepcopy(desired)
    applied["spec"]["sessionAffinity"] = "ClientIP"
    drift = settled(desired, live, applied)
    assert [each.path for each in drift.differences] == ["spec.sessionAffinity"]


def test_ignored_fields_stay_ignored() -> None:
    ignore = (IgnoreRule("", "ConfigMap", json_pointers=("/data/a",)),)
    drift = settled(
        config({"a": "1", "b": "1"}), config({"a": "2", "b": "2"}), config({"a": "1", "b": "1"}), ignore=ignore
    )
    assert [each.path for each in drift.differences] == ["data.b"]
    assert drift.ignored == 1
    assert not settled(config({"a": "1"}), config({"a": "2"}), config({"a": "1"}), ignore=ignore).is_drifted


def test_what_a_named_manager_owns_stays_ignored() -> None:
    ignore = (IgnoreRule("", "ConfigMap", managed_fields_managers=("sam",)),)
    live = config({"a": "2", "b": "2"})
    live["metadata"]["managedFields"] = [
        {"manager": "sam", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}},
    ]
    drift = settled(config({"a": "1", "b": "1"}), live, config({"a": "1", "b": "1"}), ignore=ignore)
    assert [each.path for each in drift.differences] == ["data.b"]
    assert [each.path for each in drift.hidden] == ["data.a"]


def test_order_in_keyed_lists_is_no_drift_of_the_servers_either() -> None:
    desired = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 1}, {"port": 2}], "type": "NodePort"},
    }
    live, applied = copy.deepcopy(desired), copy.deepcopy(desired)
    live["spec"]["ports"].reverse()
    live["spec"]["type"] = "ClusterIP"
    drift = settled(desired, live, applied)
    assert [each.path for each in drift.differences] == ["spec.type"]


def test_a_secret_stays_masked_through_a_dry_run() -> None:
    def secret(value: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"p": value}}

    drift = settled(secret("aHVudGVyMg=="), secret("b2xk"), secret("aG9vaw=="))
    (found,) = drift.differences
    assert isinstance(found.live, Masked)
    for value in ("hunter2", "aHVudGVyMg", "b2xk", "aG9vaw", "hook"):
        assert value not in repr(drift)


def test_a_refusal_tells_no_secret() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"p": "aHVudGVyMg=="}, "stringData": {"n": 123456}}
    said = 'failed: .data.p: got "hunter2" (aHVudGVyMg==), .stringData.n: expected string, got &value{123456}'
    clean = scrubbed(said, secret)
    for value in ("hunter2", "aHVudGVyMg", "123456"):
        assert value not in clean
    assert ".stringData.n: expected string" in clean
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"db_password": "swordfish", "host": "db.example"}}
    assert scrubbed("swordfish db.example", plain, mask_keys=("*password*",)) == "•••••••• db.example"


def test_a_refusal_tells_no_secret_in_quotes_or_by_its_lines() -> None:
    key = "-----BEGIN KEY-----\nABCDEF123456\nGHIJKL7890\n-----END KEY-----\n"
    folded = "c3dvcmRm\n  aXNoLTEyMw=="  # swordfish-123, as Git holds it
    values = {"user": "admin", "pass": "admin-swordfish", "key": key, "odd": 'pa"ss\\word1', "more": "пароль-тайна"}
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": values, "data": {"f": folded}}
    said = [
        json.dumps(values),
        json.dumps(values, ensure_ascii=False),
        repr(values),
        "line 2 is ABCDEF123456",
        "admin-swordfish",
    ]
    said += ["swordfish-123", "c3dvcmRmaXNoLTEyMw=="]
    clean = scrubbed("denied: " + " ".join(said), secret)
    for value in ("ABCDEF", "GHIJKL", "swordfish", "word1", "пароль", "\\u043f", "c3dvcmRm"):
        assert value not in clean
    assert clean.startswith("denied: ")


def test_config_map_keys_that_look_like_credentials_are_masked_where_asked() -> None:
    desired, live = (
        config({"DB_PASSWORD": "opensesame", "host": "a"}),
        config({"DB_PASSWORD": "swordfish", "host": "b"}),
    )
    drift = compare(desired, live, mask_keys=("*password*",))
    shown = repr(drift) + repr(diff_rows(desired, live, drift))
    assert [each.path for each in drift.differences] == ["data.DB_PASSWORD", "data.host"]
    assert "opensesame" not in shown
    assert "swordfish" not in shown
    assert "host: a" in shown
    same = compare(desired, copy.deepcopy(desired), mask_keys=("*password*",))
    assert not same.is_drifted
    assert "opensesame" not in repr(diff_rows(desired, desired, same))


def ingress(*rules: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a", "namespace": "x"}}
    return {**head, "spec": {"rules": list(rules)}}


def rule(host: str, path: str) -> dict[str, Any]:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    return {"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}


def test_inside_a_list_that_is_replaced_as_a_whole_each_field_is_settled_by_itself() -> None:
    desired, live = ingress(rule("new", "/new")), ingress(rule("old", "/old"))
    drift = settled(desired, live, ingress(rule("old", "/new")))
    assert [(each.path, each.note) for each in drift.differences] == [("spec.rules[0].http.paths[0].path", "")]
    (hidden,) = drift.hidden
    assert hidden.path == "spec.rules[0].host"
    assert hidden.note == "the cluster's admission changes this field to old, which the cluster has"
    other = settled(desired, live, ingress(rule("hook", "/new")))
    assert [each.note for each in other.differences] == ["the cluster's admission changes this field to hook", ""]


def test_inside_a_list_that_is_replaced_as_a_whole_each_field_is_told_three_ways() -> None:
    synced, desired, live = ingress(rule("a", "/1")), ingress(rule("b", "/1")), ingress(rule("a", "/2"))
    moves = three_way(synced, desired, live, compare(desired, live))
    assert [(each.path, each.last, each.desired, each.live, each.moved) for each in moves] == [
        ("spec.rules[0].host", "a", "b", "a", Moved.GIT),
        ("spec.rules[0].http.paths[0].path", "/1", "/1", "/2", Moved.CLUSTER),
    ]


def test_what_admission_makes_of_a_url_is_told_without_its_credentials() -> None:
    def url(word: str) -> str:
        return f"postgres://somebody-with-a-name:{word}-s3cret-and-a-very-long-password@db/shop"

    desired, live = config({"a": url("x"), "b": "1"}), config({"a": url("y"), "b": "2"})
    drift = settled(desired, live, config({"a": url("z"), "b": "1", "c": url("w")}))
    assert any(each.note for each in drift.differences)
    told = [each.note for each in (*drift.differences, *drift.hidden)]
    told += [text for _, text in unified(diff_rows(desired, live, drift))]
    assert not any("s3cret" in each for each in told)
    assert any("# data.c" in each and "postgres://" in each for each in told)
