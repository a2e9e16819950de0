"""The main job by the command line: drift, sync, prune, roll back, pause."""

from __future__ import annotations

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.27", resources: {limits: {cpu: 1000m}}, ports: [{containerPort: 80}]}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: '1'}\n"


def test_the_main_job(cli, made_repository) -> None:
    app, folder = cli.app, f"apps/{cli.app}"
    first = made_repository.commit({f"{folder}/d.yaml": DEPLOYMENT % 1, f"{folder}/c.yaml": CONFIG}, "first")
    assert cli("diff", app).code == 1
    refused = cli("sync", app)
    assert refused.code == 2
    assert "--yes" in refused.err
    done = cli("sync", app, "--yes")
    assert done.code == 0, done.out + done.err
    assert cli("diff", app).code == 0
    again = cli("sync", app, "--yes", "-o", "json").json
    assert again["operation"] is None

    cli.as_dana({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 4}})
    drifted = cli("diff", app, "-o", "json").json
    (difference,) = drifted["resources"][0]["differences"]
    assert (difference["path"], difference["desired"], difference["live"]) == ("spec.replicas", 1, 4)

    made_repository.commit({f"{folder}/c.yaml": None, f"{folder}/d.yaml": DEPLOYMENT % 2}, "second")
    assert cli("sync", app, "--yes").code == 0
    kept = cli("status", app, "-o", "json").json["applications"][0]
    assert {each["name"]: each["drift"] for each in kept["resources"]} == {"web": "None", "flags": "Extra"}
    assert cli("sync", app, "--yes", "--prune").code == 0
    assert cli("diff", app).code == 0

    back = cli("rollback", app, first, "--yes")
    assert back.code == 0, back.out + back.err
    pinned = cli("status", app, "-o", "json").json["applications"][0]
    assert pinned["pin"]["revision"] == first
    assert (pinned["behind"], pinned["sync"]) == (1, "Synced")
    marks = {each["sha"]: each["marks"] for each in cli("history", app, "-o", "json").json["commits"]}
    assert {"deployed", "pinned"} <= set(marks[first])

    paused = cli("pause", app, "--reason", "INC-42", "--until", "2h", "-o", "json").json
    assert paused["pause"]["reason"] == "INC-42"
    assert cli("resume", app).code == 0


def test_a_plan_that_the_server_refuses_applies_nothing(cli, made_repository) -> None:
    app, folder = cli.app, f"apps/{cli.app}"
    made_repository.commit({f"{folder}/c.yaml": CONFIG})
    assert cli("sync", app, "--yes").code == 0
    bad = (DEPLOYMENT % 1).replace("app: web}}\n  template", "app: other}}\n  template")
    made_repository.commit({f"{folder}/d.yaml": bad, f"{folder}/c.yaml": CONFIG.replace("'1'", "'2'")})
    failed = cli("sync", app, "--yes")
    assert failed.code == 1
    assert "nothing was applied" in failed.out
    assert "selector" in failed.out
    assert "a: '1'" in cli("diff", app).out.replace('"', "'")


def test_an_unknown_context_and_application_are_said_so(cli, made_repository) -> None:
    made_repository.commit({f"apps/{cli.app}/c.yaml": CONFIG})
    wrong = cli("status", "--context", cli.name[:-1] + "x")
    assert wrong.code == 2
    assert f"Did you mean {cli.name}?" in wrong.err
    assert "there is no application 'nope'" in cli("diff", "nope").err


def test_two_commits_are_compared_as_they_render(cli, made_repository) -> None:
    folder = f"apps/{cli.app}"
    first = made_repository.commit({f"{folder}/d.yaml": DEPLOYMENT % 1, f"{folder}/c.yaml": CONFIG}, "first")
    made_repository.commit({f"{folder}/d.yaml": DEPLOYMENT % 2, f"{folder}/c.yaml": None}, "second")
    said = cli("diff", cli.app, "--from", first, "-o", "json")
    assert said.code == 1
    changes = {each["name"]: (each["change"], each["fields"]) for each in said.json["changes"]}
    assert changes == {
        "web": ("changed", [{"path": "spec.replicas", "old": 1, "new": 2}]),
        "flags": ("removed", []),
    }
    text = cli("diff", cli.app, "--from", first, "--no-exit-code")
    assert text.code == 0
    assert "-  replicas: 1" in text.out
    assert "+  replicas: 2" in text.out
    assert cli("diff", cli.app, "--from", first, "--to", first).code == 0
    assert cli("diff", cli.app, "--from", "nope").code == 2
