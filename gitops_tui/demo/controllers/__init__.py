"""Small controllers: what the real ones do for the kinds that people deploy, in their words and with their owners.

The store tells of a change -> `Controllers` finds whom it concerns and queues (controller, namespace, name) once ->
on the loop's next turn that controller reads what is there and writes what should be, through the registry like any
client. What must wait (readiness, deadlines, back-off) is queued for later on the cluster's clock, so tests drive it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gitops_tui.demo.clock import Clock, Handle
from gitops_tui.demo.controllers import (
    autoscalers,
    daemonsets,
    deployments,
    endpoints,
    garbage,
    jobs,
    kubelet,
    namespaces,
    replicasets,
    statefulsets,
    volumes,
)
from gitops_tui.demo.controllers.autoscalers import LOAD
from gitops_tui.demo.controllers.base import (
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Context,
    Key,
    Obj,
    Registry,
    selects,
)
from gitops_tui.demo.controllers.kubelet import FAILS
from gitops_tui.demo.events import Recorder
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

_NAMES = {
    DEPLOYMENT: "deployment",
    REPLICA_SET: "replicaset",
    STATEFUL_SET: "statefulset",
    DAEMON_SET: "daemonset",
    JOB: "job",
    CRON_JOB: "cronjob",
    POD: "pod",
    SERVICE: "service",
    NAMESPACE: "namespace",
    CLAIM: "claim",
    AUTOSCALER: "autoscaler",
    BUDGET: "budget",
}
_RETRY = 1.0


class Controllers:
    """They run on the cluster's loop; `delay` seconds pass until a pod is ready, `namespace_delay()` until a namespace that
    was deleted is gone."""

    def __init__(self, delay: float = 0.6, namespace_delay: Callable[[], float] = lambda: 0.0) -> None:
        self._delay, self._namespace_delay = delay, namespace_delay
        self._queued: dict[tuple[str, str, str], tuple[float, Handle]] = {}
        self._context: Context | None = None
        self._work: dict[str, Callable[[Context, str, str], None]] = {
            "deployment": deployments.reconcile,
            "replicaset": replicasets.reconcile,
            "statefulset": statefulsets.reconcile,
            "daemonset": daemonsets.reconcile,
            "job": jobs.reconcile,
            "cronjob": jobs.reconcile_cron,
            "pod": kubelet.reconcile,
            "service": endpoints.reconcile,
            "namespace": lambda context, _, name: namespaces.reconcile(context, name),
            "claim": volumes.reconcile,
            "autoscaler": autoscalers.reconcile,
            "budget": autoscalers.reconcile_budget,
        }

    @property
    def context(self) -> Context:
        if self._context is None:
            raise RuntimeError("the controllers have not been started")
        return self._context

    def start(self, registry: Registry, clock: Clock) -> None:
        """Begins to listen; what is there already is heard first. On the loop."""
        self._context = Context(registry, clock, Recorder(registry, clock), self.enqueue, self._delay)
        self._context.namespace_delay = self._namespace_delay
        objects = registry.objects
        for gvk in list(objects.kinds):
            for obj in list(objects.kinds[gvk].values()):
                self._heard(gvk, "ADDED", obj)
        objects.listeners.append(self._heard)
        if not registry.list(NODE):
            node = _node("demo-node-1")
            registry.create(node, manager="kubelet")
            registry.update(node, manager="kubelet", subresource="status")

    # --- what has happened --------------------------------------------------------------------------------------------

    def _heard(self, gvk: GVK, kind: str, obj: Obj) -> None:
        context = self.context
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace") or "", metadata["name"]
        key = (gvk, namespace, name)
        context.index.heard(gvk, kind, obj)
        if kind == "DELETED":
            context.refused.pop(metadata.get("uid", ""), None)
        if kind != "DELETED" or gvk == SERVICE:
            if (controller := _NAMES.get(gvk)) is not None:
                self.enqueue(controller, namespace, name)
        self._garbage(key, kind, obj)
        for owner in metadata.get("ownerReferences") or ():
            above = context.index.by_uid.get(owner["uid"])
            if above is not None and above[0] in _NAMES:
                self.enqueue(_NAMES[above[0]], above[1], above[2])
        if kind == "DELETED" and namespace:
            holding = context.registry.get(NAMESPACE, "", namespace)
            if holding is not None and holding["metadata"].get("deletionTimestamp"):
                self.enqueue("namespace", "", namespace)
        if gvk == POD:
            self._pod_changed(namespace, obj, kind)
        elif gvk == CLAIM and kind == "DELETED":
            context.clock.later(0, lambda: self._try(lambda: volumes.claim_went(context, obj)))
        elif gvk == NODE and kind != "MODIFIED":
            for each in context.registry.list(DAEMON_SET):
                self.enqueue("daemonset", each["metadata"]["namespace"], each["metadata"]["name"])
        elif gvk in (DEPLOYMENT, STATEFUL_SET, REPLICA_SET):
            for each in context.index.living(AUTOSCALER, namespace):
                if each["spec"].get("scaleTargetRef", {}).get("name") == name:
                    self.enqueue("autoscaler", namespace, each["metadata"]["name"])

    def _pod_changed(self, namespace: str, pod: Obj, kind: str) -> None:
        labels = pod["metadata"].get("labels") or {}
        index = self.context.index
        for each in index.living(SERVICE, namespace):
            selector = each["spec"].get("selector")
            if selector and selects({"matchLabels": selector}, labels):
                self.enqueue("service", namespace, each["metadata"]["name"])
        for each in index.living(BUDGET, namespace):
            if selects(each["spec"].get("selector"), labels):
                self.enqueue("budget", namespace, each["metadata"]["name"])
        if kind == "DELETED":
            for volume in pod["spec"].get("volumes") or ():
                if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
                    self.enqueue("claim", namespace, claim)
        elif not pod["metadata"].get("ownerReferences"):
            for gvk in (REPLICA_SET, STATEFUL_SET, DAEMON_SET):  # one may adopt it
                for each in index.living(gvk, namespace):
                    if selects(each["spec"].get("selector"), labels):
                        self.enqueue(_NAMES[gvk], namespace, each["metadata"]["name"])

    def _garbage(self, key: Key, kind: str, obj: Obj) -> None:
        context, metadata = self.context, obj["metadata"]
        if kind == "DELETED":
            uid = metadata["uid"]
            if context.index.owned(uid):
                context.clock.later(0, lambda: self._try(lambda: garbage.owner_went(context, uid)))
        elif metadata.get("deletionTimestamp") and metadata.get("finalizers"):
            context.clock.later(0, lambda: self._try(lambda: garbage.owner_goes(context, key)))
        elif kind == "ADDED" and metadata.get("ownerReferences"):
            if not any(each["uid"] in context.index.by_uid for each in metadata["ownerReferences"]):
                context.clock.later(0, lambda: self._try(lambda: garbage.check(context, key)))
        for owner in metadata.get("ownerReferences") or ():
            above = context.index.by_uid.get(owner["uid"])
            if kind == "DELETED" and above is not None:
                waiting = context.registry.get(*above)
                if waiting is not None and waiting["metadata"].get("deletionTimestamp"):
                    context.clock.later(0, partial(self._try, partial(garbage.owner_goes, context, above)))

    # --- the queue ----------------------------------------------------------------------------------------------------

    def enqueue(self, controller: str, namespace: str, name: str, after: float = 0.0) -> None:
        """Asks for a controller's look at an object; asked for twice it comes once, at the earlier time."""
        key = (controller, namespace, name)
        due = self.context.clock.time() + after
        queued = self._queued.get(key)
        if queued is not None:
            if queued[0] <= due:
                return
            queued[1].cancel()
        self._queued[key] = (due, self.context.clock.later(after, lambda: self._run(key)))

    def _run(self, key: tuple[str, str, str]) -> None:
        self._queued.pop(key, None)
        controller, namespace, name = key
        try:
            self._work[controller](self.context, namespace, name)
        except Fault as fault:
            if fault.status not in (403, 404, 422):  # those won't be better for asking again
                self.enqueue(controller, namespace, name, _RETRY)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Fault as fault:
            if fault.status not in (403, 404, 422):
                self.context.clock.later(_RETRY, lambda: self._try(work))


def _node(name: str) -> Obj:
    sizes = {"cpu": "64", "memory": "256Gi", "pods": "1100", "ephemeral-storage": "1Ti"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {
            "capacity": sizes,
            "allocatable": sizes,
            "conditions": [ready],
            "addresses": [{"type": "InternalIP", "address": "192.0.2.10"}, {"type": "Hostname", "address": name}],
            "nodeInfo": {
                "kubeletVersion": "v1.37.0",
                "kubeProxyVersion": "",
                "osImage": "memory",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "containerRuntimeVersion": "memory://1",
                "kernelVersion": "",
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
            },
        },
    }


__all__ = ["FAILS", "LOAD", "Controllers"]
