"""Undo, the last healthy commit, half pauses, the audit and its Events, on both clusters."""

from __future__ import annotations

from typing import Any

from gitops_tui.kube import ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.settings import Settings
from tests.support.clusters import on

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {colour: %s}\n"
EVENT = ResourceType(GVK("", "v1", "Event"), "events", True)


def listed(cli, kind: ResourceType, namespace: str) -> list[dict[str, Any]]:
    return list(on(cli.kubeconfig, lambda cluster: cluster.list(kind, namespace)))


def colours(cli) -> dict[str, str]:
    found = listed(cli, ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True), cli.namespace)
    return {each["metadata"]["name"]: each["data"]["colour"] for each in found if "colour" in (each.get("data") or {})}


def two_syncs(cli, made_repository) -> tuple[str, str]:
    folder = f"apps/{cli.app}"
    old = made_repository.commit({f"{folder}/a.yaml": CONFIG % ("a", "red")}, "Paint it red")
    assert cli("sync", cli.app, "--yes", "--wait").code == 0
    new = made_repository.commit(
        {f"{folder}/a.yaml": CONFIG % ("a", "blue"), f"{folder}/b.yaml": CONFIG % ("b", "blue")}, "Paint it blue"
    )
    assert cli("sync", cli.app, "--yes", "--wait").code == 0
    assert colours(cli) == {"a": "blue", "b": "blue"}
    return old, new


def test_undo_goes_back_to_the_state_before_the_last_sync_and_undoing_that_returns(cli, made_repository) -> None:
    old, new = two_syncs(cli, made_repository)
    only_looked = cli("undo", cli.app, "--prune", "--dry-run", "-o", "json").json
    assert only_looked["plan"]["revision"] == old
    assert colours(cli) == {"a": "blue", "b": "blue"}
    undone = cli("undo", cli.app, "--prune", "--yes", "-o", "json")
    assert undone.code == 0, undone
    assert undone.json["operation"]["initiator"] == "undo"
    assert colours(cli) == {"a": "red"}
    state = cli("status", cli.app, "-o", "json").json["applications"][0]
    assert state["pin"]["revision"] == old
    # The branch is at the commit that was left: undoing the undo follows it again.
    assert cli("undo", cli.app, "--yes").code == 0
    assert colours(cli) == {"a": "blue", "b": "blue"}
    state = cli("status", cli.app, "-o", "json").json["applications"][0]
    assert (state["pin"], state["revision"]["sha"]) == (None, new)


def test_undo_of_nothing_is_refused_with_a_reason(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": CONFIG % ("a", "red")})
    refused = cli("undo", cli.app, "--yes")
    assert refused.code == 2
    assert "nothing to undo" in refused.err


def test_a_rollback_to_the_last_healthy_commit(cli, made_repository) -> None:
    old, _ = two_syncs(cli, made_repository)
    found = cli("rollback", cli.app, "--to-last-healthy", "--yes", "--wait", "-m", "INC-42", "-o", "json")
    assert found.code == 0, found
    assert found.json["plan"]["revision"] == old
    assert colours(cli)["a"] == "red"
    again = cli("rollback", cli.app, "--to-last-healthy", "--yes")
    assert again.code == 2
    assert "no earlier sync" in again.err


def test_the_audit_says_who_did_what_and_events_tell_it(cli, made_repository) -> None:
    _, new = two_syncs(cli, made_repository)
    assert cli("sync", cli.app, "--yes", "-l", "tier=none").code == 0
    told = cli("audit", "--app", cli.app, "-o", "json").json["operations"]
    last = told[0]
    assert (last["revision"], last["author"], last["subject"]) == (new, "Dana", "Paint it blue")
    assert (last["phase"], last["initiator"]) == ("Succeeded", "person")
    assert last["user"]
    assert "@" in last["who"]
    changed = {each["resource"].rpartition("/")[2].split()[-1]: each for each in last["results"]}
    assert {each["action"] for each in last["results"]} == {"create", "change"}
    assert any("data.colour" in each["fields"] for each in changed.values())
    assert told[1]["subject"] == "Paint it red"
    assert cli("audit", "--app", cli.app, "--since", "1h", "-o", "json").json["operations"] == told
    assert cli("audit", "--app", cli.app, "--since", "2099-01-01").out.startswith("nothing is recorded")
    assert "Paint it blue" in cli("audit", "--app", cli.app).out
    events = [
        each
        for each in listed(cli, EVENT, Settings().state_namespace)
        if each["involvedObject"]["name"] == f"app-{cli.app}"
    ]
    assert {"OperationStarted", "OperationCompleted"} <= {each["reason"] for each in events}
    assert any(new[:12] in each["message"] for each in events)


def test_commits_are_held_until_the_pause_is_over(cli, made_repository) -> None:
    _, held = two_syncs(cli, made_repository)
    said = cli("pause", cli.app, "--hold-commits", "--reason", "freeze", "--until", "2h", "-o", "json").json
    assert (said["pause"]["kind"], said["pause"]["revision"]) == ("hold-commits", held)
    newer = made_repository.commit({f"apps/{cli.app}/a.yaml": CONFIG % ("a", "green")})
    state = cli("status", cli.app, "-o", "json").json["applications"][0]
    assert (state["revision"]["sha"], state["target"]["sha"], state["behind"]) == (held, newer, 1)
    assert state["sync"] == "Synced"
    assert cli("resume", cli.app).code == 0
    state = cli("status", cli.app, "-o", "json").json["applications"][0]
    assert (state["revision"]["sha"], state["sync"]) == (newer, "OutOfSync")


def test_pausing_by_a_selector_says_whose_labels_are_meant(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": CONFIG % ("a", "red")})
    assert cli("pause", "--all", "--heal-off", "-o", "json").json["applications"][0]["pause"]["kind"] == "heal-off"
    refused = cli("pause", "-l", "team=shop")
    assert refused.code == 2
    assert "labels" in refused.err
    assert cli("pause", cli.app, "--all").code == 2


def test_pauses_unpinning_and_actions_are_in_the_audit(cli, made_repository) -> None:
    old, _ = two_syncs(cli, made_repository)
    assert cli("rollback", cli.app, old, "--yes").code == 0
    assert cli("unpin", cli.app).code == 0
    assert cli("pause", cli.app, "--reason", "INC-42", "--until", "2h").code == 0
    assert cli("resume", cli.app).code == 0
    # Nothing is resumed a second time.
    assert cli("resume", cli.app).code == 0
    assert cli("action", cli.app, "ConfigMap/a", "delete", "--yes").code == 0
    found = cli("audit", "--app", cli.app, "-o", "json").json["operations"]
    told = [(each["initiator"], each["message"]) for each in found[:4]]
    assert [what for what, _ in told] == ["action", "resume", "pause", "unpin"]
    assert "ConfigMap" in told[0][1]
    assert "INC-42" in told[2][1]
    assert "pinned to" in told[3][1]
    assert all(each["who"] and each["user"] and each["phase"] == "Succeeded" for each in found[:4])
    # They are no syncs: what is deployed, and what an undo goes back to, stays.
    assert [each["initiator"] for each in found if each["initiator"] in ("person", "rollback")] == [
        "rollback",
        "person",
        "person",
    ]


def test_two_hooks_of_one_generate_name_both_run(cli, made_repository) -> None:
    job = """apiVersion: batch/v1
kind: Job
metadata: {generateName: migrate-, annotations: {argocd.argoproj.io/hook: PreSync}}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox, args: [%s]}]}
"""
    folder = f"apps/{cli.app}"
    made_repository.commit(
        {f"{folder}/a.yaml": CONFIG % ("a", "red"), f"{folder}/j.yaml": f"{job % 'one'}---\n{job % 'two'}"}
    )
    assert cli("sync", cli.app, "--yes").code == 0
    jobs = listed(cli, ResourceType(GVK("batch", "v1", "Job"), "jobs", True), cli.namespace)
    arguments = [each["spec"]["template"]["spec"]["containers"][0]["args"] for each in jobs]
    assert sorted(arguments) == [["one"], ["two"]]
    assert all(each["metadata"]["name"].startswith("migrate-") for each in jobs)
