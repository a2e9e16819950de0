"""Small controllers: workloads get their pods, pods become ready after a moment or fail as their annotation asks, and
what has lost its owner goes."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import orjson

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.objects import Obj, now
from gitops_tui.demo.registry import Registry
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

_DEPLOYMENT = GVK("apps", "v1", "Deployment")
_REPLICA_SET = GVK("apps", "v1", "ReplicaSet")
_STATEFUL_SET = GVK("apps", "v1", "StatefulSet")
_JOB = GVK("batch", "v1", "Job")
_POD = GVK("", "v1", "Pod")
_NAMESPACE = GVK("", "v1", "Namespace")
_MANAGER = "kube-controller-manager"
FAILS = "gitops-tui.io/demo-fails"


class Controllers:
    """They run on the cluster's loop; `delay` seconds pass until a pod is ready."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._queued: set[tuple[GVK, str, str]] = set()

    def start(self, registry: Registry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        registry.objects.listeners.append(self._heard)

    def _heard(self, gvk: GVK, kind: str, obj: Obj) -> None:
        metadata = obj["metadata"]
        if gvk in (_DEPLOYMENT, _REPLICA_SET, _STATEFUL_SET, _JOB) and kind != "DELETED":
            self._later(gvk, metadata["namespace"], metadata["name"])
        if gvk == _POD and kind == "ADDED":
            self._clock.later(self._delay, lambda: self._pod_comes_up(metadata["namespace"], metadata["name"]))
        if gvk == _NAMESPACE and metadata.get("deletionTimestamp") and kind != "DELETED":
            self._clock.later(0, lambda: self._empty_namespace(metadata["name"]))
        if gvk == _NAMESPACE and kind == "ADDED":
            self._clock.later(0, lambda: self._account(metadata["name"]))
        if kind == "DELETED":
            self._clock.later(0, lambda: self._collect(metadata["uid"]))
        elif gvk != _NAMESPACE and metadata.get("deletionTimestamp"):
            self._clock.later(0, lambda: self._finish(gvk, metadata.get("namespace") or "", metadata["name"]))
        for owner in metadata.get("ownerReferences") or ():
            self._later(GVK.of(owner["apiVersion"], owner["kind"]), metadata.get("namespace") or "", owner["name"])

    def _later(self, gvk: GVK, namespace: str, name: str) -> None:
        key = (gvk, namespace, name)
        if key not in self._queued:
            self._queued.add(key)
            self._clock.later(0.01, lambda: self._work(key))

    def _work(self, key: tuple[GVK, str, str]) -> None:
        self._queued.discard(key)
        obj = self._registry.get(*key)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            return
        {_DEPLOYMENT: self._deployment, _REPLICA_SET: self._pods, _STATEFUL_SET: self._pods, _JOB: self._job}.get(
            key[0], lambda _: None
        )(obj)

    def _children(self, gvk: GVK, obj: Obj) -> list[Obj]:
        uid = obj["metadata"]["uid"]
        return [
            each
            for each in self._registry.list(gvk, obj["metadata"]["namespace"])
            if any(owner.get("uid") == uid for owner in each["metadata"].get("ownerReferences") or ())
        ]

    def _make(self, gvk: GVK, owner: Obj, name: str, labels: Any, notes: Any, spec: Any) -> None:
        metadata: Obj = {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(labels or {}),
            "ownerReferences": [
                {
                    "apiVersion": owner["apiVersion"],
                    "kind": owner["kind"],
                    "name": owner["metadata"]["name"],
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                }
            ],
        }
        if notes:
            metadata["annotations"] = dict(notes)
        obj: Obj = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": copy.deepcopy(spec)}
        try:
            self._registry.create(obj, manager=_MANAGER)
        except Fault:
            return

    def _status(self, gvk: GVK, obj: Obj, status: Obj) -> None:
        if obj.get("status") != status:
            self._registry.update({**obj, "status": status}, manager=_MANAGER, subresource="status")

    def _scale(self, obj: Obj, replicas: int) -> None:
        self._registry.update({**obj, "spec": {**obj["spec"], "replicas": replicas}}, manager=_MANAGER)

    def _deployment(self, obj: Obj) -> None:
        spec = obj["spec"]
        template = spec["template"]
        mark = hashlib.sha256(orjson.dumps(template, option=orjson.OPT_SORT_KEYS)).hexdigest()[:9]
        name = f"{obj['metadata']['name']}-{mark}"
        sets = self._children(_REPLICA_SET, obj)
        current = next((each for each in sets if each["metadata"]["name"] == name), None)
        wanted = spec.get("replicas", 1)
        if current is None:
            labels = {**(template["metadata"].get("labels") or {}), "pod-template-hash": mark}
            chosen = {
                **spec["selector"],
                "matchLabels": {**(spec["selector"].get("matchLabels") or {}), "pod-template-hash": mark},
            }
            below = {**template, "metadata": {**template["metadata"], "labels": labels}}
            self._make(
                _REPLICA_SET, obj, name, labels, None, {"replicas": wanted, "selector": chosen, "template": below}
            )
            return
        if current["spec"]["replicas"] != wanted:
            self._scale(current, wanted)
        ready = (current.get("status") or {}).get("readyReplicas", 0)
        if ready >= wanted:
            for each in sets:
                if each is not current and each["spec"]["replicas"]:
                    self._scale(each, 0)
        have = (current.get("status") or {}).get("replicas", 0)
        others = sum((each.get("status") or {}).get("replicas", 0) for each in sets if each is not current)
        self._status(
            _DEPLOYMENT,
            obj,
            {
                "observedGeneration": obj["metadata"]["generation"],
                "replicas": have + others,
                "updatedReplicas": have,
                "readyReplicas": ready,
                "availableReplicas": ready,
            },
        )

    def _pods(self, obj: Obj) -> None:
        gvk = GVK.of(obj["apiVersion"], obj["kind"])
        metadata, spec = obj["metadata"], obj["spec"]
        pods = self._children(_POD, obj)
        wanted = spec.get("replicas", 1)
        template = spec["template"]
        for number in range(wanted):
            name = f"{metadata['name']}-{number}"
            if gvk == _REPLICA_SET:
                name = f"{metadata['name']}-{hashlib.sha256(name.encode()).hexdigest()[:5]}"
            if not any(each["metadata"]["name"] == name for each in pods) and len(pods) < wanted:
                labels, notes = template["metadata"].get("labels"), template["metadata"].get("annotations")
                self._make(_POD, obj, name, labels, notes, template["spec"])
                return
        for extra in pods[wanted:]:
            self._delete(_POD, metadata["namespace"], extra["metadata"]["name"])
        pods = pods[:wanted]
        ready = sum(_is_ready(each) for each in pods)
        status: Obj = {
            "observedGeneration": metadata["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        if gvk == _STATEFUL_SET:
            status |= {"updatedReplicas": len(pods), "currentRevision": "1", "updateRevision": "1"}
        self._status(gvk, obj, status)

    def _job(self, obj: Obj) -> None:
        pods = self._children(_POD, obj)
        if not pods and not (obj.get("status") or {}).get("conditions"):
            template = obj["spec"]["template"]
            self._make(
                _POD,
                obj,
                f"{obj['metadata']['name']}-1",
                (template.get("metadata") or {}).get("labels"),
                None,
                template["spec"],
            )
        elif any((each.get("status") or {}).get("phase") == "Succeeded" for each in pods):
            done = {"type": "Complete", "status": "True", "message": "Reached expected number of succeeded pods"}
            if not (obj.get("status") or {}).get("conditions"):
                self._status(_JOB, obj, {"succeeded": 1, "conditions": [{**done, "lastTransitionTime": now()}]})

    def _pod_comes_up(self, namespace: str, name: str) -> None:
        pod = self._registry.get(_POD, namespace, name)
        if pod is None:
            return
        fails = (pod["metadata"].get("annotations") or {}).get(FAILS)
        once = pod["spec"].get("restartPolicy") in ("Never", "OnFailure")
        statuses = []
        for container in pod["spec"].get("containers") or []:
            status: Obj = {
                "name": container["name"],
                "image": container.get("image", ""),
                "ready": not fails,
                "restartCount": 0,
            }
            if fails == "image":
                message = f'Back-off pulling image "{container.get("image", "")}": not found'
                status["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
            elif fails:
                status["restartCount"] = 12
                status["state"] = {
                    "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
                }
                status["lastState"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
            else:
                status["state"] = {"running": {"startedAt": now()}}
            statuses.append(status)
        phase = "Pending" if fails == "image" else "Succeeded" if once and not fails else "Running"
        ready = {"type": "Ready", "status": "False" if fails else "True", "lastTransitionTime": now()}
        made = {"phase": phase, "conditions": [ready], "containerStatuses": statuses, "startTime": now()}
        self._status(_POD, pod, made)

    def _delete(self, gvk: GVK, namespace: str, name: str) -> None:
        try:
            self._registry.delete(gvk, namespace, name, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        except Fault:
            return

    def _owned(self, uid: str) -> list[tuple[GVK, Obj]]:
        return [
            (gvk, each)
            for gvk in list(self._registry.objects.kinds)
            for each in self._registry.list(gvk)
            if any(owner.get("uid") == uid for owner in each["metadata"].get("ownerReferences") or ())
        ]

    def _collect(self, uid: str) -> None:
        """Removes what this object owned."""
        for gvk, each in self._owned(uid):
            self._delete(gvk, each["metadata"].get("namespace") or "", each["metadata"]["name"])

    def _finish(self, gvk: GVK, namespace: str, name: str) -> None:
        """Does what the finalizers of the garbage collector wait for."""
        obj = self._registry.get(gvk, namespace, name)
        if obj is None:
            return
        finalizers = obj["metadata"].get("finalizers") or ()
        if "foregroundDeletion" in finalizers:
            self._collect(obj["metadata"]["uid"])
            self._registry.remove_finalizer(gvk, namespace, name, "foregroundDeletion")
        if "orphan" in finalizers:
            uid = obj["metadata"]["uid"]
            for kind, each in self._owned(uid):
                owners = [owner for owner in each["metadata"]["ownerReferences"] if owner.get("uid") != uid]
                metadata = each["metadata"]
                patch = {"metadata": {"ownerReferences": owners or None}}
                self._registry.patch(kind, metadata.get("namespace") or "", metadata["name"], patch, manager=_MANAGER)
            self._registry.remove_finalizer(gvk, namespace, name, "orphan")

    def _account(self, namespace: str) -> None:
        metadata = {"name": "default", "namespace": namespace}
        try:
            self._registry.create(
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, manager=_MANAGER
            )
        except Fault:
            return

    def _empty_namespace(self, name: str) -> None:
        """Removes all that lives in a namespace, then lets it go."""
        for gvk in list(self._registry.objects.kinds):
            for each in self._registry.list(gvk, name):
                self._delete(gvk, name, each["metadata"]["name"])
        left = any(self._registry.list(gvk, name) for gvk in self._registry.objects.kinds if gvk != _NAMESPACE)
        if left:
            self._clock.later(0.1, lambda: self._empty_namespace(name))
        else:
            self._registry.finalize_namespace(name)


def _is_ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
