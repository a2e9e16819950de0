"""What controllers make of objects: children, status, events, garbage; written by the managers that really write it."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.api_client import Answer
from tests.conformance.case_steps import (
    Obj,
    Step,
    Table,
    apply,
    config_map,
    container,
    create,
    delete,
    deployment,
    get,
    gone,
    having,
    merge,
    service,
    strategic,
    template,
    thing,
)

# fmt: off
TABLE = case = Table("controllers", controllers=True)
D, CHILDREN = "deployments/web", ("metadata.ownerReferences", "metadata.labels", "metadata.annotations", "metadata.managedFields", "spec.replicas", "spec.selector", "status")
TWO = deployment("web", container(ports=[{"containerPort": 80, "name": "http"}]), replicas=2)
JOB = {"template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}
SET = {"serviceName": "db", "replicas": 2, "selector": {"matchLabels": {"app": "db"}}, "template": template(labels={"app": "db"})}
DAEMON = {"selector": {"matchLabels": {"app": "agent"}}, "template": template(labels={"app": "agent"})}


def conditions(**wanted: str) -> Callable[[Answer], bool]:
    """These conditions have these reasons."""

    def check(answer: Answer) -> bool:
        found = {each["type"]: each.get("reason") for each in (answer.body.get("status") or {}).get("conditions") or ()}
        return all(found.get(kind) == reason for kind, reason in wanted.items())

    return check


def both(*checks: Callable[[Answer], bool]) -> Callable[[Answer], bool]:
    return lambda answer: all(check(answer) for check in checks)


def counted(number: int, **wanted: object) -> Callable[[Answer], bool]:
    """A list of so many items, all of them like this."""

    def check(answer: Answer) -> bool:
        items = answer.body.get("items") or []
        return len(items) == number and all(having(**wanted)(Answer(200, each, {})) for each in items)

    return check


UP = both(having(status__readyReplicas=2, status__availableReplicas=2, status__replicas=2, status__updatedReplicas=2), conditions(Available="MinimumReplicasAvailable", Progressing="NewReplicaSetAvailable"))


def seen(answer: Answer) -> bool:
    """The controller has seen the present generation."""
    return (answer.body.get("status") or {}).get("observedGeneration") == answer.body["metadata"].get("generation")


def up(count: int = 2) -> Step:
    ready = having(status__readyReplicas=count, status__updatedReplicas=count, status__replicas=count)
    return get(D).until(both(ready, seen, conditions(Progressing="NewReplicaSetAvailable"))).quiet()


def owned(kind: str, owner: str, uid: str = "b1111111-1111-1111-1111-111111111111", **more: object) -> Obj:
    return {"apiVersion": "v1", "kind": kind, "name": owner, "uid": uid, **more}


# --- deployments
case("a deployment comes up", create(TWO), get(D).until(UP).only("status", "metadata.annotations", "metadata.managedFields", "metadata.generation"))
case("a deployment has one replicaset", create(TWO), up(), get("replicasets").until(counted(1, status__readyReplicas=2)).only(*(f"items.0.{each}" for each in CHILDREN)))
case("a deployment's pods", create(TWO), up(), get("pods").only("items.0.metadata.labels", "items.0.metadata.ownerReferences", "items.0.metadata.generateName", "items.0.metadata.managedFields", "items.1.metadata.generateName", "items.0.spec.containers.0.image"))
case("a deployment's first events", create(TWO), up(), get("events", fieldSelector="involvedObject.kind=Deployment").until(counted(1)).only("items.0.type", "items.0.reason", "items.0.message", "items.0.source", "items.0.count", "items.0.reportingComponent", "items.0.involvedObject.kind"))
case("a replicaset's events", create(TWO), up(), get("events", fieldSelector="involvedObject.kind=ReplicaSet").until(counted(2)).only("items.*.reason", "items.*.type", "items.0.source"))
case("a new image is a new revision", create(TWO), up(), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), up(), get(D).only("metadata.annotations", "status.observedGeneration", "status.conditions.*.reason"), get("replicasets", fieldSelector="metadata.namespace=$NS").until(lambda a: sorted(i["status"].get("replicas", 0) for i in a.body["items"]) == [0, 2]).quiet())
case("an old template again is its revision renewed", create(TWO), up(), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), up(), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}}}), get(D).until(both(UP, lambda a: a.body["metadata"]["annotations"].get("deployment.kubernetes.io/revision") == "3")).only("metadata.annotations"))
case("an update goes step by step", create(TWO), up(), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), up(), get("events", fieldSelector="involvedObject.kind=Deployment").until(counted(5)).only("items.*.reason"))
case("scaled up", create(TWO), up(), merge(f"{D}/scale", {"spec": {"replicas": 4}}), get(D).until(having(status__readyReplicas=4)).quiet(), get("replicasets").only("items.0.spec.replicas", "items.0.metadata.annotations"))
case("scaled down", create(TWO), up(), merge(f"{D}/scale", {"spec": {"replicas": 1}}), get(D).until(having(status__readyReplicas=1, status__replicas=1)).quiet(), get("pods").until(counted(1)).quiet())
case("scaled to nothing", create(TWO), up(), merge(f"{D}/scale", {"spec": {"replicas": 0}}), get(D).until(both(having(status__replicas=None), conditions(Available="MinimumReplicasAvailable"))).only("status.replicas", "status.readyReplicas", "status.conditions.*.reason", "status.conditions.*.status"))
case("a deployment of nothing is complete", create(deployment(replicas=0)), get(D).until(conditions(Progressing="NewReplicaSetAvailable")).only("status", "metadata.annotations"))
case("a paused deployment makes nothing", create(deployment(paused=True)), get(D).until(conditions(Progressing="DeploymentPaused", Available="MinimumReplicasUnavailable")).only("status.conditions.*.type", "status.conditions.*.status", "status.conditions.*.message", "status.replicas", "metadata.annotations"), get("replicasets").only("items"))
case("a deployment resumed comes up", create(deployment(paused=True, replicas=2)), get(D).until(conditions(Progressing="DeploymentPaused")).quiet(), merge(D, {"spec": {"paused": False}}), get(D).until(UP).only("status.conditions.*.reason", "metadata.annotations"))
case("Recreate takes down first", create(deployment(replicas=2, strategy={"type": "Recreate"})), up(), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), get(D).until(both(UP, having(status__observedGeneration=2))).only("metadata.annotations", "status.updatedReplicas"))
case("a history of nothing keeps no old replicaset", create(deployment(replicas=1, revisionHistoryLimit=0)), up(1), strategic(D, {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), up(1), get("replicasets").until(both(counted(1), lambda a: a.body["items"][0]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2")).only("items.0.metadata.annotations"))
case("annotations of a deployment go to its replicaset", create({**deployment(replicas=0), "metadata": {"name": "web", "annotations": {"note": "x"}}}), up(None), get("replicasets").only("items.0.metadata.annotations"))
case("a replicaset deleted is made again", create(deployment(replicas=0)), up(None), delete("replicasets", labelSelector="app=web").quiet(), get("replicasets").until(lambda a: len(a.body["items"]) == 1 and not a.body["items"][0]["metadata"].get("deletionTimestamp")).only("items.0.metadata.annotations"))
case("a pod deleted is made again", create(deployment(replicas=1)), up(1), delete("pods", labelSelector="app=web", gracePeriodSeconds=0).quiet(), get(D).until(having(status__readyReplicas=1)).only("status.readyReplicas"))
case("a deployment that does not get ready in time", create(deployment(replicas=1, progressDeadlineSeconds=1, minReadySeconds=0, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "nodeSelector": {"none": "x"}}})), get(D).until(both(conditions(Progressing="ProgressDeadlineExceeded"), having(status__replicas=1))).only("status"))
case("minReadySeconds hold availability back", create(deployment(replicas=1, minReadySeconds=2, progressDeadlineSeconds=60)), get(D).until(having(status__readyReplicas=1)).only("status.availableReplicas", "status.unavailableReplicas"), get(D).until(having(status__availableReplicas=1)).only("status.conditions.*.reason"))
case("a pod that fits no node", create(deployment(replicas=1, template=template(nodeSelector={"none": "x"}))), get("pods").until(lambda a: bool(a.body["items"]) and bool(a.body["items"][0]["status"].get("conditions"))).only("items.0.status.phase", "items.0.status.conditions.0.type", "items.0.status.conditions.0.status", "items.0.status.conditions.0.reason"))
case("a replicaset alone", create(thing("ReplicaSet", "r", {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template()}, "apps/v1")), get("replicasets/r").until(having(status__availableReplicas=2)).only("status", "metadata.managedFields"))
case("a replicaset adopts pods that it selects", create({**thing("Pod", "p", {"containers": [container()]}), "metadata": {"name": "p", "labels": {"app": "web"}}}), create(thing("ReplicaSet", "r", {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template()}, "apps/v1")), get("pods/p").until(lambda a: bool(a.body["metadata"].get("ownerReferences"))).only("metadata.ownerReferences"), get("replicasets/r").until(having(status__replicas=1)).quiet())

# --- the others
case("a statefulset comes up in order", create(thing("StatefulSet", "db", SET, "apps/v1")), get("statefulsets/db").until(having(status__readyReplicas=2, status__availableReplicas=2)).only("status", "metadata.managedFields"), get("pods").only("items.*.metadata.name", "items.*.spec.hostname", "items.*.spec.subdomain"))
case("a statefulset's pods have their labels", create(thing("StatefulSet", "db", {**SET, "replicas": 1}, "apps/v1")), get("pods/db-0").until(having(status__phase="Running")).only("metadata.labels", "metadata.ownerReferences", "metadata.managedFields"))
case("a statefulset is updated", create(thing("StatefulSet", "db", SET, "apps/v1")), get("statefulsets/db").until(having(status__readyReplicas=2)).quiet(), strategic("statefulsets/db", {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), get("statefulsets/db").until(both(having(status__updatedReplicas=2, status__readyReplicas=2, status__currentReplicas=2, status__observedGeneration=2), lambda a: a.body["status"]["currentRevision"] == a.body["status"]["updateRevision"])).only("status.updatedReplicas", "status.currentReplicas"), get("pods").only("items.*.spec.containers.0.image"))
case("a partition holds an update back", create(thing("StatefulSet", "db", {**SET, "updateStrategy": {"rollingUpdate": {"partition": 1}}}, "apps/v1")), get("statefulsets/db").until(having(status__readyReplicas=2)).quiet(), strategic("statefulsets/db", {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), get("statefulsets/db").until(having(status__updatedReplicas=1, status__readyReplicas=2, status__observedGeneration=2)).only("status.updatedReplicas", "status.currentReplicas"), get("pods").only("items.*.spec.containers.0.image"))
case("a statefulset scaled down keeps the first", create(thing("StatefulSet", "db", SET, "apps/v1")), get("statefulsets/db").until(having(status__readyReplicas=2)).quiet(), merge("statefulsets/db", {"spec": {"replicas": 1}}), get("pods").until(counted(1)).only("items.*.metadata.name"))
case("a statefulset makes claims", create(thing("StatefulSet", "db", {**SET, "replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}, "apps/v1")), get("persistentvolumeclaims/data-db-0").until(having(kind="PersistentVolumeClaim")).only("metadata.labels", "spec.accessModes", "spec.resources"), get("pods/db-0").until(having(kind="Pod")).only("spec.volumes.0.persistentVolumeClaim"))
case("a statefulset keeps a revision", create(thing("StatefulSet", "db", {**SET, "replicas": 0}, "apps/v1")), get("controllerrevisions").until(counted(1)).only("items.0.metadata.labels", "items.0.metadata.ownerReferences", "items.0.data", "items.0.revision"))
case("a daemonset runs on the node", create(thing("DaemonSet", "agent", DAEMON, "apps/v1")), get("daemonsets/agent").until(having(status__numberAvailable=1)).only("status", "metadata.annotations", "metadata.managedFields"))
case("a daemonset's pod", create(thing("DaemonSet", "agent", DAEMON, "apps/v1")), get("pods").until(counted(1, status__phase="Running")).only("items.0.metadata.labels", "items.0.metadata.generateName", "items.0.metadata.managedFields", "items.0.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.0.matchFields.0.key", "items.0.spec.tolerations"))
case("a daemonset of no node", create(thing("DaemonSet", "agent", {**DAEMON, "template": template(labels={"app": "agent"}, nodeSelector={"none": "x"})}, "apps/v1")), get("daemonsets/agent").until(having(status__observedGeneration=1)).only("status"))
case("a daemonset is updated", create(thing("DaemonSet", "agent", DAEMON, "apps/v1")), get("daemonsets/agent").until(having(status__numberAvailable=1)).quiet(), strategic("daemonsets/agent", {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}), get("daemonsets/agent").until(having(status__numberAvailable=1, status__updatedNumberScheduled=1, status__observedGeneration=2)).only("metadata.annotations"))
case("a job runs to its end", create(thing("Job", "once", JOB, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).only("status", "metadata.labels", "metadata.managedFields", "spec.selector", "spec.template.metadata.labels"))
case("a job's pod", create(thing("Job", "once", JOB, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).quiet(), get("pods").until(lambda a: not a.body["items"][0]["metadata"].get("finalizers")).only("items.0.metadata.labels", "items.0.metadata.generateName", "items.0.metadata.finalizers", "items.0.status.phase", "items.0.metadata.ownerReferences"))
case("a job of three, two at a time", create(thing("Job", "once", {**JOB, "completions": 3, "parallelism": 2}, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).only("status.succeeded", "status.ready"))
case("a job with indexes", create(thing("Job", "once", {**JOB, "completions": 2, "parallelism": 2, "completionMode": "Indexed"}, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).only("status.succeeded", "status.completedIndexes"))
case("a suspended job waits", create(thing("Job", "once", {**JOB, "suspend": True}, "batch/v1")), get("jobs/once").until(conditions(Suspended="JobSuspended")).only("status.conditions.*.type", "status.conditions.*.status", "status.conditions.*.message", "status.startTime"), merge("jobs/once", {"spec": {"suspend": False}}), get("jobs/once").until(conditions(Complete="CompletionsReached")).only("status.conditions.*.type", "status.conditions.*.status", "status.conditions.*.reason"))
case("a job goes when its time is over", create(thing("Job", "once", {**JOB, "ttlSecondsAfterFinished": 0}, "batch/v1")), get("jobs/once").until(gone))
case("a job that took too long", create(thing("Job", "once", {"activeDeadlineSeconds": 1, "template": {"spec": {"containers": [container()], "restartPolicy": "Never", "nodeSelector": {"none": "x"}}}}, "batch/v1")), get("jobs/once").until(conditions(Failed="DeadlineExceeded")).only("status.conditions.*.type", "status.conditions.*.reason", "status.conditions.*.message"))
case("a cronjob notes a job triggered by hand", create(thing("CronJob", "nightly", {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": JOB}}, "batch/v1")), create(lambda h: {**thing("Job", "manual", JOB, "batch/v1"), "metadata": {"name": "manual", "annotations": {"cronjob.kubernetes.io/instantiate": "manual"}, "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": h[0].body["metadata"]["uid"], "controller": True}]}}, "jobs"), get("cronjobs/nightly").until(lambda a: bool((a.body.get("status") or {}).get("lastSuccessfulTime"))).only("status.active"))
case("a service's endpoints", create(TWO), create(service("web", {"port": 80, "targetPort": "http"})), up(), get("endpoints/web").until(lambda a: a.status == 200 and len((a.body.get("subsets") or [{}])[0].get("addresses") or ()) == 2).only("metadata.labels", "subsets.0.ports", "subsets.0.addresses.0.targetRef.kind"))
case("a service's slice", create(TWO), create(service("web", {"port": 80, "targetPort": "http"})), up(), get("endpointslices").until(lambda a: bool(a.body["items"]) and sum(e["conditions"]["ready"] for e in a.body["items"][0].get("endpoints") or ()) == 2).only("items.0.metadata.labels", "items.0.metadata.ownerReferences", "items.0.metadata.generateName", "items.0.metadata.managedFields", "items.0.ports", "items.0.endpoints.0.conditions", "items.0.addressType"))
case("a service of nothing has an empty slice", create(service("web")), get("endpointslices").until(counted(1)).only("items.0.endpoints", "items.0.ports"), get("endpoints/web").until(having(kind="Endpoints")).only("subsets"))
case("a service without a selector has none", create(thing("Service", "web", {"ports": [{"port": 80}]})), create(service("other")), get("endpointslices").until(counted(1)).only("items.0.metadata.generateName"))
case("a service deleted takes its endpoints", create(service("web")), get("endpoints/web").until(having(kind="Endpoints")).quiet(), delete("services/web").quiet(), get("endpoints/web").until(gone).quiet(), get("endpointslices").until(counted(0)).only("items"))
case("an autoscaler without metrics", create(deployment(replicas=1)), create(thing("HorizontalPodAutoscaler", "web", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}, "autoscaling/v2")), up(1))
case("a disruption budget counts", create(TWO), create(thing("PodDisruptionBudget", "web", {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}, "policy/v1")), get("poddisruptionbudgets/web").until(having(status__disruptionsAllowed=1)).only("status", "metadata.managedFields"))

# --- garbage
OWNER = create(config_map("owner"))


def child(**more: object) -> Step:
    return create(lambda h: thing("ConfigMap", "child", ownerReferences=[owned("ConfigMap", "owner", h[0].body["metadata"]["uid"], **more)]), "configmaps")


case("a child goes after its owner", OWNER, child(), delete("configmaps/owner").quiet(), get("configmaps/child").until(gone))
case("an orphan stays", OWNER, child(), delete("configmaps/owner", {"propagationPolicy": "Orphan"}).quiet(), get("configmaps/owner").until(gone).quiet(), get("configmaps/child").only("metadata.ownerReferences"))
case("in the foreground a child goes first", OWNER, child(blockOwnerDeletion=True), delete("configmaps/owner", {"propagationPolicy": "Foreground"}).quiet(), get("configmaps/owner").until(gone).quiet(), get("configmaps/child").until(gone))
case("a child that blocks holds its owner in the foreground", OWNER, create(lambda h: thing("ConfigMap", "child", finalizers=["example.com/keep"], ownerReferences=[owned("ConfigMap", "owner", h[0].body["metadata"]["uid"], blockOwnerDeletion=True)]), "configmaps"), delete("configmaps/owner", {"propagationPolicy": "Foreground"}).quiet(), get("configmaps/child").until(lambda a: bool(a.body["metadata"].get("deletionTimestamp"))).quiet(), get("configmaps/owner").only("metadata.finalizers"), merge("configmaps/child", {"metadata": {"finalizers": None}}).quiet(), get("configmaps/owner").until(gone).quiet())
case("a child of nobody goes", create(thing("ConfigMap", "child", ownerReferences=[owned("ConfigMap", "nobody")])), get("configmaps/child").until(gone))
case("a child of two stays with the second", OWNER, create(config_map("second")), create(lambda h: thing("ConfigMap", "child", ownerReferences=[owned("ConfigMap", "owner", h[0].body["metadata"]["uid"]), owned("ConfigMap", "second", h[1].body["metadata"]["uid"])]), "configmaps"), delete("configmaps/owner").quiet(), get("configmaps/child").until(lambda a: len(a.body["metadata"].get("ownerReferences") or ()) == 1).only("metadata.ownerReferences"))
case("a deployment deleted takes all", create(TWO), up(), delete(D).quiet(), get("replicasets").until(counted(0)).quiet(), get("pods").until(counted(0)).quiet())
case("a deployment deleted in the foreground goes last", create(TWO), up(), delete(D, {"propagationPolicy": "Foreground"}).quiet(), get(D).until(gone).quiet(), get("pods").only("items"))
case("a deployment deleted alone leaves its replicaset", create(TWO), up(), delete(D, {"propagationPolicy": "Orphan"}).quiet(), get(D).until(gone).quiet(), get("replicasets").only("items.0.metadata.ownerReferences", "items.0.status.readyReplicas"), create(TWO).quiet(), get("replicasets").until(lambda a: len(a.body["items"]) == 1 and bool(a.body["items"][0]["metadata"].get("ownerReferences"))).only("items.0.metadata.ownerReferences"))
case("a job deleted takes its pods", create(thing("Job", "once", JOB, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).quiet(), delete("jobs/once", {"propagationPolicy": "Background"}).quiet(), get("pods").until(counted(0)).quiet())
case("a job deleted by old default leaves its pods", create(thing("Job", "once", JOB, "batch/v1")), get("jobs/once").until(conditions(Complete="CompletionsReached")).quiet(), delete("jobs/once").shown(), get("pods").until(lambda a: bool(a.body["items"]) and not a.body["items"][0]["metadata"].get("ownerReferences")).only("items.0.metadata.ownerReferences"))
case("a namespace that waits says what for", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("namespaces/$NS").quiet(), get("namespaces/$NS").until(conditions(NamespaceFinalizersRemaining="SomeFinalizersRemain")).only("status"), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet(), get("namespaces/$NS").until(gone).quiet())
case("a namespace goes with its workloads", create(TWO), up(), delete("namespaces/$NS").quiet(), get("namespaces/$NS").until(gone).quiet())
case("a scaled deployment applied again without replicas", apply(deployment("web", container())), up(1), merge(f"{D}/scale", {"spec": {"replicas": 2}}), apply(deployment("web", container())), get(D).until(UP).only("spec.replicas", "metadata.managedFields"))
