"""`gitops-tui action` on the embedded cluster and on a real API server."""

from __future__ import annotations

from tests.support.waiting import until

FILES = {
    "d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "nginx:1.27"}]}
""",
    "c.yaml": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "0 0 1 1 *"
  suspend: false
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: job, image: "busybox:1"}]}
""",
    "m.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: '1'}\n",
}


def test_actions_on_objects(cli, made_repository) -> None:
    app = cli.app
    made_repository.commit({f"apps/{app}/{name}": text for name, text in FILES.items()})
    assert cli("sync", app, "--yes").code == 0
    listed = cli("action", app, "Deployment/web", "-o", "json").json
    assert {"restart", "scale", "pause-rollout", "delete"} <= {each["name"] for each in listed["actions"]}
    assert not any(each["refused"] for each in listed["actions"])

    refused = cli("action", app, "Deployment/web", "scale", "3")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "Git says spec.replicas: 1" in refused.out
    done = cli("action", app, "Deployment/web", "scale", "3", "--yes")
    assert (done.code, "scaled to 3" in done.out) == (0, True), done.err
    (drifted,) = cli("diff", app, "-o", "json").json["resources"]
    (difference,) = drifted["differences"]
    assert (difference["path"], difference["live"]) == ("spec.replicas", 3)
    assert difference["liveOwner"]["manager"] == "gitops-tui-action"
    assert cli("sync", app, "--yes").code == 0

    for name in ("restart", "pause-rollout", "resume-rollout"):
        said = cli("action", f"{app}/Deployment/web", name, "--yes")
        assert said.code == 0, said.err
    assert cli("diff", app).code == 0

    suspended = cli("action", app, "CronJob/tick", "suspend", "--yes")
    assert suspended.code == 0, suspended.err
    assert cli("diff", app).code == 1
    assert cli("action", app, "CronJob/tick", "resume", "--yes").code == 0
    assert cli("diff", app).code == 0
    made = cli("action", app, "CronJob/tick", "run", "--yes", "-o", "json")
    assert made.code == 0, made.err
    assert "tick-manual-" in made.json["result"]

    assert cli("--read-only", "action", app, "ConfigMap/flags", "delete", "--yes").code == 2
    gone = cli("action", app, "ConfigMap/flags", "delete", "--yes", "--propagation", "foreground")
    assert gone.code == 0, gone.err
    until(lambda: cli("diff", app).code == 1)
    wrong = cli("action", app, "Deployment/web", "fly", "--yes")
    assert wrong.code == 2
    assert "can: restart" in wrong.err
