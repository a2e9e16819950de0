"""Actions on one object: which there are, what is said beforehand, what is written, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from gitops_tui.errors import GitOpsError
from gitops_tui.model.actions import ActionRequest, Asks, ObjectActions, Propagation
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.sync import SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.action_table import Patch, anew, job_of, offers, writes
from gitops_tui.settings import Settings
from tests.support.waiting import until

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
POD, JOB = GVK("", "v1", "Pod"), GVK("batch", "v1", "Job")
DEPLOYMENT = GVK("apps", "v1", "Deployment")
WEB = ResourceKey("apps", "Deployment", "shop", "web")
TICK = ResourceKey("batch", "CronJob", "shop", "tick")
ONCE = ResourceKey("batch", "Job", "shop", "once")
FILES = {
    "apps/web/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "nginx:1.27"}]}
""",
    "apps/web/c.yaml": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: shop}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    metadata: {labels: {made: by-tick}}
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: job, image: "busybox:1"}]}
""",
    "apps/web/j.yaml": """\
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: job, image: "busybox:1"}]}
""",
    "apps/web/m.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags, namespace: shop}\ndata: {a: '1'}\n",
    "apps/web/p.yaml": """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
""",
}


class Place:
    def __init__(self, cluster: DemoCluster, engine: Engine) -> None:
        self.cluster, self.engine = cluster, engine

    @property
    def state(self) -> Any:
        return next(iter(self.engine.snapshot.applications.values()))

    @property
    def app(self) -> AppKey:
        return self.state.key

    def of(self, key: ResourceKey, uid: str = "") -> ObjectActions:
        return self.engine.actions(self.app, key, uid).result(120)

    def do(self, key: ResourceKey, name: str, uid: str = "", **more: Any) -> str:
        found = self.of(key, uid)
        return self.engine.act(self.app, key, ActionRequest(name, found.uid, **more), uid).result(120)

    def live(self, gvk: GVK, name: str) -> Any:
        return self.cluster.call(self.cluster.objects.get, gvk, "shop", name)


@pytest.fixture
def make_place(made_repository, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    engines: list[Engine] = []
    with DemoCluster(delay=0, rbac=True) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")

        def make(file: Path | None = None, *, read_only: bool = False) -> Place:
            settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache", read_only=read_only)
            request = Request(
                repo=str(made_repository.folder), pattern="apps/web", kubeconfig=file or kubeconfig,
                create_namespace=True, namespace="shop", automatic=False,
            )  # fmt: skip
            engine = Engine(request, settings)
            engines.append(engine)
            engine.start()
            place = Place(cluster, engine)
            until(lambda: engine.snapshot.applications and not place.state.loading)
            return place

        made_repository.commit(FILES)
        yield make
        for each in engines:
            each.stop()


@pytest.fixture
def place(make_place) -> Place:
    made = make_place()
    made.engine.sync(made.engine.plan(made.app, SyncOptions()).result(120)).result(120)
    until(lambda: all(each.live is not None for each in made.state.resources.values()))
    until(lambda: len(made.state.resources.get(WEB).owned[0].children) == 2 if made.state.resources[WEB].owned else 0)
    return made


def test_scaling_says_what_git_says_and_is_a_persons_doing(place: Place) -> None:
    scale = place.of(WEB).find("scale")
    assert scale is not None
    assert (scale.number, scale.asks, scale.refused) == (2, Asks.NUMBER, "")
    assert scale.drift == "Git says spec.replicas: 2: it will be shown as drift until the next sync"
    assert "scaled to 3" in place.do(WEB, "scale", replicas=3)
    until(lambda: place.state.resources[WEB].drift.is_drifted)
    (difference,) = place.state.resources[WEB].drift.differences
    assert (difference.path, difference.live) == ("spec.replicas", 3)
    assert difference.live_owner.manager == "gitops-tui-action"


def test_a_restart_makes_pods_anew_and_is_no_drift(place: Place) -> None:
    before = {each.key.name for each in place.state.resources[WEB].owned[0].children}
    assert place.of(WEB).find("restart").drift.endswith("no drift")
    place.do(WEB, "restart")
    notes = place.live(DEPLOYMENT, "web")["spec"]["template"]["metadata"]["annotations"]
    assert set(notes) == {"kubectl.kubernetes.io/restartedAt"}

    def anew() -> bool:
        pods = {pod.key.name for owned in place.state.resources[WEB].owned for pod in owned.children}
        return len(pods) == 2 and not pods & before

    until(anew)
    assert not place.state.resources[WEB].drift.is_drifted


def test_a_rollout_is_held_and_goes_on(place: Place) -> None:
    place.do(WEB, "pause-rollout")
    until(lambda: place.of(WEB).find("resume-rollout"))
    assert "paused" in place.of(WEB).find("restart").refused
    place.do(WEB, "resume-rollout")
    assert place.live(DEPLOYMENT, "web")["spec"].get("paused", False) is False


def test_a_cron_job_runs_now_is_suspended_and_goes_on(place: Place) -> None:
    said = place.do(TICK, "run")
    assert "made Job.batch shop/tick-manual-" in said
    (made,) = [
        each for each in place.cluster.call(place.cluster.registry.list, JOB) if "manual" in each["metadata"]["name"]
    ]
    assert made["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert made["metadata"]["labels"]["made"] == "by-tick"
    assert made["metadata"]["ownerReferences"][0]["name"] == "tick"
    place.do(TICK, "suspend")
    until(lambda: place.of(TICK).find("resume"))
    place.do(TICK, "resume")
    until(lambda: place.of(TICK).find("suspend"))


def test_a_job_is_made_anew(place: Place) -> None:
    until(lambda: place.of(ONCE).find("retry") and not place.of(ONCE).find("retry").refused)
    before = place.live(JOB, "once")["metadata"]["uid"]
    assert place.do(ONCE, "retry").endswith("made anew")
    after = place.live(JOB, "once")
    assert after["metadata"]["uid"] != before
    until(lambda: not place.state.resources[ONCE].drift.is_drifted and place.state.resources[ONCE].tracked)


def test_a_pod_is_deleted_by_one_key_and_another_object_by_its_name(place: Place) -> None:
    pod = place.state.resources[WEB].owned[0].children[0]
    found = place.of(WEB, pod.uid)
    assert found.key == pod.key
    delete = found.find("delete")
    assert (delete.asks, delete.destructive) == (Asks.KEY, False)
    assert place.do(WEB, "delete", pod.uid).startswith(f"Pod shop/{pod.key.name}")
    until(lambda: place.live(POD, pod.key.name) is None)
    delete = place.of(WEB).find("delete")
    assert (delete.asks, delete.destructive) == (Asks.NAME, True)
    assert "2 Pod" in " ".join(delete.notes)
    assert "until the next sync makes it anew" in delete.drift


def test_orphaned_objects_stay(place: Place) -> None:
    place.do(WEB, "delete", propagation=Propagation.ORPHAN)
    until(lambda: place.live(DEPLOYMENT, "web") is None)
    assert place.cluster.call(place.cluster.registry.list, GVK("apps", "v1", "ReplicaSet"))


def test_deleting_a_claim_says_that_its_data_goes(place: Place) -> None:
    claim = ResourceKey("", "PersistentVolumeClaim", "shop", "data")
    delete = place.of(claim).find("delete")
    assert delete.asks is Asks.NAME
    assert any("the data goes with it" in each for each in delete.notes)
    assert any("pvc-protection" in each for each in delete.notes)


def test_another_object_of_that_name_is_left_alone(place: Place) -> None:
    with pytest.raises(GitOpsError, match="another object"):
        place.engine.act(place.app, WEB, ActionRequest("restart", "not-its-uid")).result(120)
    with pytest.raises(GitOpsError, match="can't be done"):
        place.do(WEB, "suspend")
    with pytest.raises(GitOpsError, match="number of replicas"):
        place.do(WEB, "scale", replicas=-1)


def test_what_changed_meanwhile_is_not_written_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from gitops_tui.reconcile import actions

    made = actions.writes

    def late(*given: Any) -> Any:
        # Somebody scales between the look and the write.
        patch = partial(place.cluster.registry.patch, manager="dana")
        place.cluster.call(patch, DEPLOYMENT, "shop", "web", {"spec": {"replicas": 5}})
        return made(*given)

    monkeypatch.setattr(actions, "writes", late)
    with pytest.raises(GitOpsError, match="has changed meanwhile: nothing was done"):
        place.do(WEB, "pause-rollout")
    assert place.live(DEPLOYMENT, "web")["spec"].get("paused") is not True


def test_a_reader_sees_the_actions_greyed_and_read_only_refuses(place: Place, make_place, tmp_path: Path) -> None:
    import yaml

    token = place.cluster.call(place.cluster.rbac.reader)
    config = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    config["users"][0]["user"]["token"] = token
    file = tmp_path / "reader"
    file.write_text(yaml.safe_dump(config))
    file.chmod(0o600)
    reader = make_place(file)
    found = reader.of(WEB)
    assert found.find("scale").refused == "no right to patch deployments/scale"
    assert found.find("restart").refused == "no right to patch deployments"
    assert reader.of(TICK).find("run").refused == "no right to create jobs"
    assert all(each.refused for each in found.actions)
    with pytest.raises(GitOpsError, match="forbidden"):
        reader.do(WEB, "restart")
    looking = make_place(read_only=True)
    assert {each.refused for each in looking.of(WEB).actions} == {"this session is read-only"}
    with pytest.raises(GitOpsError, match="read-only"):
        looking.do(WEB, "restart")


# --- kinds that the embedded cluster does not have --------------------------------------------------------------------


def rollout(**status: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "shop", "uid": "1"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": {}, "status": status}


def bodies(obj: dict[str, Any], name: str) -> list[tuple[dict[str, Any], str]]:
    return [
        (each.body, each.subresource) for each in writes(obj, ActionRequest(name, "1"), NOW) if isinstance(each, Patch)
    ]


def test_argo_rollouts_are_promoted_and_aborted_as_its_plugin_does() -> None:
    paused = rollout(phase="Paused", pauseConditions=[{"reason": "CanaryPauseStep"}])
    offered = {each.name: each.refused for each in offers(paused, scalable=True)}
    assert offered["promote"] == offered["promote-full"] == offered["abort"] == ""
    assert bodies(paused, "promote") == [({"status": {"pauseConditions": None}}, "status")]
    assert bodies(paused, "promote-full") == [({"status": {"promoteFull": True}}, "status")]
    assert bodies(paused, "abort") == [({"status": {"abort": True}}, "status")]
    assert bodies(paused, "restart") == [({"spec": {"restartAt": "2026-05-01T10:00:00Z"}}, "")]
    aborted = rollout(phase="Degraded", abort=True)
    assert bodies(aborted, "retry") == [({"status": {"abort": False}}, "status")]
    assert "abort" not in {each.name for each in offers(aborted, scalable=True)}
    healthy = {each.name: each.refused for each in offers(rollout(phase="Healthy"), scalable=True)}
    assert healthy["promote"] == healthy["abort"] == "nothing is rolled out"


def test_flux_objects_are_reconciled_and_suspended() -> None:
    obj = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"suspend": True},
    }
    offered = {each.name: each.refused for each in offers(obj, scalable=False)}
    assert offered == {"reconcile": "it is suspended", "resume": "", "delete": ""}
    assert bodies(obj, "resume") == [({"spec": {"suspend": False}}, "")]
    ((body, _),) = bodies(obj, "reconcile")
    assert set(body["metadata"]["annotations"]) == {"reconcile.fluxcd.io/requestedAt"}


@pytest.mark.parametrize("obj", [{}, {"kind": "Job", "apiVersion": "batch/v1", "spec": None, "status": {"conditions": 3}},
                                 {"kind": "CronJob", "apiVersion": "batch/v1", "metadata": {"name": "x" * 80}}])  # fmt: skip
def test_half_written_objects_are_offered_what_fits(obj: dict[str, Any]) -> None:
    assert offers(obj, scalable=True)[-1].name == "delete"


def test_a_job_made_from_a_template_has_a_name_that_fits() -> None:
    made = job_of({"metadata": {"name": "x" * 52, "namespace": "n", "uid": "1"}, "spec": {"jobTemplate": {"spec": {}}}})
    assert len(made["metadata"]["name"]) <= 63


def test_a_job_made_anew_keeps_what_people_set() -> None:
    job = {
        "apiVersion": "batch/v1", "kind": "Job", "status": {"failed": 1},
        "metadata": {"name": "j", "uid": "1", "resourceVersion": "5", "labels": {"a": "b", "job-name": "j"}, "finalizers": ["f"]},
        "spec": {
            "selector": {"matchLabels": {"controller-uid": "1"}},
            "template": {"metadata": {"labels": {"a": "b", "controller-uid": "1", "batch.kubernetes.io/job-name": "j"}}},
        },
    }  # fmt: skip
    made = anew(job)
    assert made["metadata"] == {"name": "j", "labels": {"a": "b"}}
    assert made["spec"] == {"template": {"metadata": {"labels": {"a": "b"}}}}
    assert job["spec"]["selector"]
