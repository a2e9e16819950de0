"""Bad input: a clear error on that application, an exit code that scripts can trust, and everything else goes on."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
import yaml

from gitops_tui.model.keys import AppKey
from gitops_tui.state import StateStore

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\ndata: {a: '1'}\n"


def applications(said) -> dict[str, dict]:
    return {each["name"]: each for each in said.json["applications"]}


def messages(app: dict) -> str:
    return " ".join(f"{each['message']} {each['hint']}" for each in app["conditions"])


def test_each_broken_folder_says_its_own_error_and_the_good_one_goes_on(cli, made_repository) -> None:
    made_repository.commit(
        {
            "all/good/c.yaml": GOOD,
            "all/yaml/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: b: c\n",
            "all/kindless/c.yaml": "apiVersion: v1\nmetadata: {name: x}\n",
            "all/nameless/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n",
            "all/unknown/c.yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n",
            "all/empty/README.md": "nothing here\n",
            "all/binary/c.yaml": "a: \x01\n",
        }
    )
    said = cli("status", "-o", "json", pattern="all/*")
    found = applications(said)
    assert said.code == 2
    assert found["good"]["sync"] == "OutOfSync"
    assert not found["good"]["conditions"]
    assert all(found[name]["sync"] == "Unknown" for name in found if name != "good")
    assert "all/yaml/c.yaml:5:" in messages(found["yaml"])
    assert "a: b: c" in messages(found["yaml"])
    assert "all/kindless/c.yaml:1: the manifest has no kind" in messages(found["kindless"])
    assert "has no metadata.name" in messages(found["nameless"])
    assert "does not serve example.com/v1 Widget" in messages(found["unknown"])
    assert "no manifests in all/empty" in messages(found["empty"])
    assert "all/binary/c.yaml" in messages(found["binary"])
    assert "\x01" not in said.out
    assert cli("diff", "good", pattern="all/*").code == 1
    assert cli("diff", "yaml", pattern="all/*").code == 2
    refused = cli("sync", "yaml", "--yes", pattern="all/*")
    assert (refused.code, "all/yaml/c.yaml:5:" in refused.err) == (2, True), refused
    assert cli("sync", "good", "--yes", pattern="all/*").code == 0


def test_a_broken_folder_says_its_own_error_before_its_record_is_there(cli, made_repository, monkeypatch) -> None:
    made_repository.commit({"all/good/c.yaml": GOOD, f"all/{cli.app}/c.yaml": "kind: ConfigMap\na: b: c\n"})
    load = StateStore.load

    async def late(self: StateStore, app: AppKey) -> Any:
        if app.name == cli.app:
            await asyncio.sleep(0.5)
        return await load(self, app)

    monkeypatch.setattr(StateStore, "load", late)
    refused = cli("sync", cli.app, "--yes", pattern="all/*")
    assert (refused.code, f"all/{cli.app}/c.yaml:2:" in refused.err) == (2, True), refused


def test_what_the_server_refuses_is_named_and_nothing_is_applied(cli, made_repository) -> None:
    broken = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad}\nspec:\n  selector: {matchLabels: {a: b}}\n"
        "  template:\n    metadata: {labels: {a: c}}\n    spec: {containers: [{name: x, image: i}]}\n"
    )
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD, f"apps/{cli.app}/b.yaml": broken})
    said = cli("sync", cli.app, "--yes", "-o", "json")
    assert said.code == 1
    failed = [each for each in said.json["operation"]["results"] if each["status"] == "failed"]
    assert [each["name"] for each in failed] == ["bad"]
    assert "selector" in failed[0]["message"]
    # Also not the namespace and the object beside it.
    drift = {each["name"]: each["drift"] for each in applications(cli("status", "-o", "json"))[cli.app]["resources"]}
    assert drift == {"good": "Missing", "bad": "Missing"}


def test_a_cluster_that_does_not_answer_is_said_at_once(cli, made_repository, tmp_path) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD})
    config = yaml.safe_load(cli.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "away").write_text(json.dumps(config))
    start = time.monotonic()
    said = cli("status", "--kubeconfig", str(tmp_path / "away"))
    assert said.code == 2
    assert "can't be reached" in said.err
    assert time.monotonic() - start < 10


def test_credentials_that_are_not_accepted_are_said_so_and_never_shown(cli, made_repository, tmp_path) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD})
    config = yaml.safe_load(cli.kubeconfig.read_text())
    config["users"][0]["user"]["token"] = "sesame-0123456789"
    (tmp_path / "expired").write_text(json.dumps(config))
    said = cli("status", "--kubeconfig", str(tmp_path / "expired"))
    assert said.code == 2
    assert "does not accept the credentials" in said.err
    assert "sesame" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--context", "nope"), "no context 'nope'"),
        (("--kubeconfig", "nowhere"), "there is no kubeconfig at nowhere"),
        (("--revision", "v9"), "has no revision 'v9'"),
        (("--path", "nope/*"), "matches 'nope/*'"),
        (("--repo", "/nope"), "there is no folder /nope"),
        (("--repo", "https://dana:sesame@127.0.0.1:1/x.git"), "can't be cloned"),
    ],
)
def test_a_wrong_option_ends_with_2_and_says_what_to_do(cli, made_repository, arguments, message) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD})
    said = cli("status", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "sesame" not in said.out + said.err
    assert said.out == ""


def test_a_kubeconfig_that_does_not_parse_names_file_and_line(cli, made_repository, tmp_path) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD})
    (tmp_path / "broken").write_text("apiVersion: v1\nclusters: a: b\n")
    said = cli("status", "--kubeconfig", str(tmp_path / "broken"))
    assert said.code == 2
    assert f"{tmp_path / 'broken'}:2:" in said.err


def test_without_a_terminal_nothing_is_asked(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/a.yaml": GOOD})
    said = cli("sync", cli.app)
    assert said.code == 2
    assert "--yes" in said.err
    assert cli("diff", cli.app).code == 1


@pytest.mark.real
def test_a_user_without_rights_sees_what_is_forbidden_and_not_an_empty_list(
    real_kubeconfig, made_repository, capsys
) -> None:
    from gitops_tui.cli.main import run

    made_repository.commit({"a/c.yaml": GOOD})
    where = [
        "--repo",
        str(made_repository.folder),
        "--path",
        "a",
        "-n",
        "default",
        "--kubeconfig",
        str(real_kubeconfig),
    ]
    code = run(["status", *where, "--context", "real-reader", "-o", "json"])
    out, _ = capsys.readouterr()
    (app,) = json.loads(out)["applications"]
    assert (code, app["sync"], app["resources"][0]["sync"]) == (2, "Unknown", "Unknown")
    assert "forbidden" in messages(app)
    assert "kubectl auth can-i" in messages(app)
    assert run(["sync", "a", *where, "--context", "real-reader", "--yes"]) == 2


def test_annotations_that_nobody_knows_are_warned_of_by_name_on_the_object_and_in_the_plan(
    cli, made_repository
) -> None:
    odd = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\n  annotations: {argocd.argoproj.io/sync-waev: '3'}\n"
    )
    made_repository.commit({f"apps/{cli.app}/c.yaml": odd})
    said = "the annotation argocd.argoproj.io/sync-waev is not known and has no effect"
    (resource,) = applications(cli("status", "-o", "json"))[cli.app]["resources"]
    assert said in resource["warnings"]
    assert said in cli("sync", cli.app, "--dry-run").err
