"""Built-in kinds: each branch of gitops-engine's `pkg/health`, with its words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gitops_tui.health import assess

Case = tuple[str, dict[str, Any], str, str]


def of(api_version: str, kind: str, *, generation: int | None = None, **parts: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "web", "namespace": "shop", **parts.pop("metadata", {})}
    if generation is not None:
        metadata["generation"] = generation
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def deployment(spec: Any = None, generation: int = 2, **status: Any) -> dict[str, Any]:
    return of("apps/v1", "Deployment", generation=generation, spec=spec or {"replicas": 3}, status=status)


def stateful(spec: Any = None, generation: int = 2, **status: Any) -> dict[str, Any]:
    return of("apps/v1", "StatefulSet", generation=generation, spec=spec or {"replicas": 3}, status=status)


def daemon(spec: Any = None, **status: Any) -> dict[str, Any]:
    return of("apps/v1", "DaemonSet", generation=2, spec=spec or {}, status=status)


def replica(spec: Any = None, **status: Any) -> dict[str, Any]:
    return of("apps/v1", "ReplicaSet", generation=2, spec=spec or {"replicas": 3}, status=status)


def pod(policy: str = "Always", annotations: Any = None, **status: Any) -> dict[str, Any]:
    return of("v1", "Pod", metadata={"annotations": annotations or {}}, spec={"restartPolicy": policy}, status=status)


def container(name: str = "app", *, waiting: Any = None, terminated: Any = None, last: Any = None) -> dict[str, Any]:
    state = {"waiting": waiting} if waiting else {"terminated": terminated} if terminated else {"running": {}}
    return {"name": name, "state": state, "lastState": {"terminated": last} if last is not None else {}}


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


READY = condition("Ready")
LASTING = {"argocd.argoproj.io/ignore-restart-policy": "true"}
DONE = {"observedGeneration": 2, "updatedReplicas": 3, "replicas": 3, "availableReplicas": 3}
ROLLED = {"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 3, "currentReplicas": 3}
BACKOFF = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
HPA = "HorizontalPodAutoscaler"
NOTE = "autoscaling.alpha.kubernetes.io/conditions"


def old_hpa(text: str | None) -> dict[str, Any]:
    return of("autoscaling/v1", HPA, metadata={"annotations": {NOTE: text} if text is not None else {}})


CASES: list[Case] = [
    ("paused", deployment({"paused": True}), "Suspended", "Deployment is paused"),
    ("not seen", deployment(observedGeneration=1), "Progressing", "Waiting for rollout to finish: observed deployment generation less than desired generation"),
    ("without status", deployment(), "Progressing", "Waiting for rollout to finish: observed deployment generation less than desired generation"),
    ("too slow", deployment(**DONE, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")]), "Degraded", 'Deployment "web" exceeded its progress deadline'),
    ("few updated", deployment(**{**DONE, "updatedReplicas": 1}), "Progressing", "Waiting for rollout to finish: 1 out of 3 new replicas have been updated..."),
    ("old ones left", deployment(**{**DONE, "replicas": 4}), "Progressing", "Waiting for rollout to finish: 1 old replicas are pending termination..."),
    ("few available", deployment(**{**DONE, "availableReplicas": 2}), "Progressing", "Waiting for rollout to finish: 2 of 3 updated replicas are available..."),
    ("done", deployment(**DONE), "Healthy", ""),
    ("no replicas said", deployment({"x": 1}, observedGeneration=2), "Healthy", ""),
    ("no replicas wanted", deployment({"replicas": 0}, observedGeneration=2), "Healthy", ""),
    ("future version", {**deployment(**DONE), "apiVersion": "apps/v2"}, "Unknown", "unsupported Deployment GVK: apps/v2, Kind=Deployment"),
    ("wrong type", deployment({"replicas": "3"}, observedGeneration=2), "Unknown", "failed to convert unstructured Deployment to typed: replicas is no whole number"),
    ("never observed", stateful(generation=0), "Progressing", "Waiting for statefulset spec update to be observed..."),
    ("behind", stateful(observedGeneration=1), "Progressing", "Waiting for statefulset spec update to be observed..."),
    ("few ready", stateful(observedGeneration=2, readyReplicas=1), "Progressing", "Waiting for 2 pods to be ready..."),
    ("partition under way", stateful({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}, **{**ROLLED, "updatedReplicas": 1}), "Progressing", "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated..."),
    ("partition done", stateful({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}, **{**ROLLED, "updatedReplicas": 2}), "Healthy", "partitioned roll out complete: 2 new pods have been updated..."),
    ("on delete", stateful({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, **ROLLED, updateRevision="b", currentRevision="a"), "Healthy", "statefulset has 3 ready pods"),
    ("revision", stateful(**ROLLED, updateRevision="b", currentRevision="a"), "Progressing", "waiting for statefulset rolling update to complete 3 pods at revision b..."),
    ("rolled", stateful(**ROLLED, updateRevision="b", currentRevision="b"), "Healthy", "statefulset rolling update complete 3 pods at revision b..."),
    ("daemon behind", daemon(observedGeneration=1), "Progressing", "Waiting for rollout to finish: observed daemon set generation less than desired generation"),
    ("daemon on delete", daemon({"updateStrategy": {"type": "OnDelete"}}, observedGeneration=2, desiredNumberScheduled=3, updatedNumberScheduled=1), "Healthy", "daemon set 1 out of 3 new pods have been updated"),
    ("daemon updating", daemon(observedGeneration=2, desiredNumberScheduled=3, updatedNumberScheduled=1), "Progressing", 'Waiting for daemon set "web" rollout to finish: 1 out of 3 new pods have been updated...'),
    ("daemon starting", daemon(observedGeneration=2, desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=2), "Progressing", 'Waiting for daemon set "web" rollout to finish: 2 of 3 updated pods are available...'),
    ("daemon done", daemon(observedGeneration=2, desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=3), "Healthy", ""),
    ("replicas behind", replica(observedGeneration=1), "Progressing", "Waiting for rollout to finish: observed replica set generation less than desired generation"),
    ("replica failure", replica(observedGeneration=2, conditions=[condition("ReplicaFailure", message="exceeded quota")]), "Degraded", "exceeded quota"),
    ("replica failure over", replica({"replicas": 0}, observedGeneration=2, conditions=[condition("ReplicaFailure", "False", message="x")]), "Healthy", ""),
    ("replicas starting", replica(observedGeneration=2, availableReplicas=1), "Progressing", "Waiting for rollout to finish: 1 out of 3 new replicas are available..."),
    ("crash loop", pod(phase="Running", containerStatuses=[container(waiting=BACKOFF)], conditions=[READY]), "Degraded", BACKOFF["message"]),
    ("two broken", pod(phase="Pending", containerStatuses=[container(waiting={"reason": "ErrImagePull", "message": "a"}), container(waiting={"reason": "CreateContainerConfigError", "message": "b"})]), "Degraded", "a, b"),
    ("still creating", pod(phase="Pending", message="m", containerStatuses=[container(waiting={"reason": "ContainerCreating"})]), "Progressing", "m"),
    ("broken but of finite life", pod("Never", phase="Pending", containerStatuses=[container(waiting=BACKOFF)]), "Progressing", ""),
    ("broken and looked at as lasting", pod("Never", LASTING, phase="Running", containerStatuses=[container(waiting=BACKOFF)]), "Degraded", BACKOFF["message"]),
    ("a hook is never looked at as lasting", pod("Never", {**LASTING, "argocd.argoproj.io/hook": "PreSync"}, phase="Running", conditions=[READY]), "Progressing", ""),
    ("nor is Helm's", pod("OnFailure", {**LASTING, "helm.sh/hook": "pre-install"}, phase="Running", conditions=[READY]), "Progressing", ""),
    ("lasting and ready", pod("Never", LASTING, phase="Running", conditions=[READY]), "Healthy", ""),
    ("succeeded", pod("Never", phase="Succeeded"), "Healthy", ""),
    ("failed with words", pod(phase="Failed", message="evicted"), "Degraded", "evicted"),
    ("failed by memory", pod("Never", phase="Failed", containerStatuses=[container(terminated={"reason": "OOMKilled", "exitCode": 137})]), "Degraded", "OOMKilled"),
    ("failed by code", pod("Never", phase="Failed", initContainerStatuses=[container("init", terminated={"exitCode": 3})]), "Degraded", 'container "init" failed with exit code 3'),
    ("failed with a last word", pod("Never", phase="Failed", containerStatuses=[container(terminated={"exitCode": 1, "message": "no disk"})]), "Degraded", "no disk"),
    ("failed without words", pod(phase="Failed"), "Degraded", ""),
    ("running and ready", pod(phase="Running", conditions=[READY]), "Healthy", ""),
    ("running after a fall", pod(phase="Running", conditions=[condition("Ready", "False")], containerStatuses=[container(last={"exitCode": 1})]), "Degraded", ""),
    ("running, not ready yet", pod(phase="Running", containerStatuses=[container()]), "Progressing", ""),
    ("running to an end", pod("OnFailure", phase="Running", conditions=[READY]), "Progressing", ""),
    ("unknown phase", pod(phase="Unknown", message="node lost"), "Unknown", "node lost"),
    ("job without conditions", of("batch/v1", "Job", status={"active": 1}), "Progressing", ""),
    ("job failed", of("batch/v1", "Job", status={"conditions": [condition("Failed", message="too often")]}), "Degraded", "too often"),
    ("job complete", of("batch/v1", "Job", status={"conditions": [condition("Complete", message="ok")]}), "Healthy", "ok"),
    ("job suspended", of("batch/v1", "Job", status={"conditions": [condition("Suspended", message="Job suspended")]}), "Suspended", "Job suspended"),
    ("job resumed", of("batch/v1", "Job", status={"conditions": [condition("Suspended", "False", message="Job resumed")]}), "Healthy", "Job resumed"),
    ("claim bound", of("v1", "PersistentVolumeClaim", status={"phase": "Bound"}), "Healthy", ""),
    ("claim pending", of("v1", "PersistentVolumeClaim", status={"phase": "Pending"}), "Progressing", ""),
    ("claim lost", of("v1", "PersistentVolumeClaim", status={"phase": "Lost"}), "Degraded", ""),
    ("claim without phase", of("v1", "PersistentVolumeClaim"), "Unknown", ""),
    ("service", of("v1", "Service", spec={"type": "ClusterIP"}), "Healthy", ""),
    ("balancer", of("v1", "Service", spec={"type": "LoadBalancer"}, status={"loadBalancer": {}}), "Progressing", ""),
    ("balancer with address", of("v1", "Service", spec={"type": "LoadBalancer"}, status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}), "Healthy", ""),
    ("ingress", of("networking.k8s.io/v1", "Ingress", status={"loadBalancer": {"ingress": [{}]}}), "Healthy", ""),
    ("ingress without address", of("networking.k8s.io/v1", "Ingress"), "Progressing", ""),
    ("old ingress", of("extensions/v1beta1", "Ingress", status={"loadBalancer": {"ingress": []}}), "Progressing", ""),
    ("no metrics", of("autoscaling/v2", HPA, status={"conditions": [condition("AbleToScale"), condition("ScalingActive", "False", "FailedGetResourceMetric", "no metrics")]}), "Degraded", "no metrics"),
    ("scales", of("autoscaling/v2", HPA, status={"conditions": [condition("AbleToScale", message="recommended size matches")]}), "Healthy", "recommended size matches"),
    ("at its limit", of("autoscaling/v2", HPA, status={"conditions": [condition("ScalingLimited", message="too few")]}), "Healthy", "too few"),
    ("nothing known", of("autoscaling/v2", HPA), "Progressing", "Waiting to Autoscale"),
    ("v1 without conditions", old_hpa(None), "Progressing", "Waiting to Autoscale"),
    ("v1 with none", old_hpa("[]"), "Progressing", "Waiting to Autoscale"),
    ("v1 that fails", old_hpa(orjson.dumps([condition("AbleToScale", "False", "FailedGetScale", "gone")]).decode()), "Degraded", "gone"),
    ("v1 with no JSON", old_hpa("{"), "Unknown", f"failed to convert unstructured {HPA} to typed: the annotation with the conditions is no JSON"),
    ("unknown hpa", of("autoscaling/v2beta2", HPA), "Unknown", f"unsupported {HPA} GVK: autoscaling/v2beta2, Kind={HPA}"),
    ("api there", of("apiregistration.k8s.io/v1", "APIService", status={"conditions": [condition("Available", reason="Passed", message="all checks passed")]}), "Healthy", "Passed: all checks passed"),
    ("api away", of("apiregistration.k8s.io/v1beta1", "APIService", status={"conditions": [condition("Available", "False", "FailedDiscoveryCheck", "no answer")]}), "Progressing", "FailedDiscoveryCheck: no answer"),
    ("api new", of("apiregistration.k8s.io/v1", "APIService"), "Progressing", "Waiting to be processed"),
    ("workflow new", of("argoproj.io/v1alpha1", "Workflow"), "Progressing", ""),
    ("workflow runs", of("argoproj.io/v1alpha1", "Workflow", status={"phase": "Running", "message": "runs"}), "Progressing", "runs"),
    ("workflow done", of("argoproj.io/v1alpha1", "Workflow", status={"phase": "Succeeded"}), "Healthy", ""),
    ("workflow failed", of("argoproj.io/v1alpha1", "Workflow", status={"phase": "Error", "message": "x"}), "Degraded", "x"),
    ("workflow odd", of("argoproj.io/v1alpha1", "Workflow", status={"phase": "Dancing"}), "Unknown", ""),
    ("cron job", of("batch/v1", "CronJob", spec={"schedule": "@daily"}), "Healthy", ""),
    ("cron job suspended", of("batch/v1", "CronJob", spec={"suspend": True}), "Healthy", "CronJob is suspended"),
    ("cron job whose last run failed", of("batch/v1", "CronJob", status={"lastScheduleTime": "2025-07-30T13:46:00Z", "lastSuccessfulTime": "2025-07-30T13:44:19Z"}), "Degraded", "CronJob has not completed its last execution successfully"),
    ("cron job that runs", of("batch/v1", "CronJob", status={"active": [{}], "lastScheduleTime": "2025-07-30T13:46:00Z", "lastSuccessfulTime": "2025-07-30T13:44:19Z"}), "Healthy", ""),
    ("no check at all", of("v1", "ConfigMap"), "Healthy", ""),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case[1]['kind']}: {case[0]}" for case in CASES])
def test_built_in_kind(case: Case) -> None:
    _, obj, status, message = case
    found = assess(obj)
    assert (found.status.value, found.message) == (status, message)


def test_what_is_being_deleted_is_progressing_but_a_hook_that_waits_for_its_finalizer() -> None:
    going = deployment(**DONE)
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert assess(going) == assess({**going, "kind": "Widget", "apiVersion": "a.b/v1"})
    assert assess(going).message == "Pending deletion"
    going["metadata"]["finalizers"] = ["argocd.argoproj.io/hook-finalizer"]
    assert assess(going).status == "Healthy"
