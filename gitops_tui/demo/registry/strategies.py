"""What the API server does to an object of one kind before it is stored: status, generation, labels
(kubernetes/kubernetes pkg/registry/*/strategy.go and the admission plugins that are on by default)."""

from __future__ import annotations

import secrets
from typing import Any

from gitops_tui.demo.objects import Objects
from gitops_tui.demo.registry.services import Services
from gitops_tui.demo.rules.defaults import TEMPLATE_GENERATION
from gitops_tui.demo.status import forbidden
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]

GENERATIONS = frozenset(
    [
        ("", "Pod"),
        ("", "ReplicationController"),
        ("", "PodTemplate"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ]
)
"""Kinds whose objects count their generations."""

RETURNED = frozenset(
    [
        ("", "Service"),
        ("", "Pod"),
        ("", "ServiceAccount"),
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("", "ResourceQuota"),
        ("", "PodTemplate"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "VolumeAttachment"),
    ]
)
"""Kinds of which a delete gives back the object, not a Status."""

CONDITIONAL = frozenset(
    [
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("coordination.k8s.io", "Lease"),
        ("policy", "PodDisruptionBudget"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("node.k8s.io", "RuntimeClass"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ]
)
"""Kinds of which an update must say the resourceVersion that it knows."""

ORPHANED = frozenset([("batch", "Job"), ("", "ReplicationController")])
"""Kinds whose dependents stay where a delete says nothing."""


class Strategies:
    """Prepares objects. objects: the store, for what a kind needs to know of others."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._services = Services(objects)

    def create(self, obj: Obj, gvk: GVK) -> None:
        """Before validation of a new object, in place (metadata and top-level maps are the object's own)."""
        key = (gvk.group, gvk.kind)
        if key in GENERATIONS:
            obj["metadata"]["generation"] = 1
        prepare = {
            ("", "Pod"): self._pod,
            ("", "Service"): self._services.create,
            ("", "Namespace"): _namespace,
            ("", "PersistentVolumeClaim"): _claim,
            ("", "PersistentVolume"): _volume,
            ("apps", "DaemonSet"): _daemon_set,
            ("batch", "Job"): _job,
            ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
        }.get(key)
        if prepare is not None:
            prepare(obj)

    def update(self, new: Obj, old: Obj, gvk: GVK) -> None:
        """Before validation of a change, in place."""
        key = (gvk.group, gvk.kind)
        if key == ("", "Service"):
            self._services.update(new, old)
        if key == ("apps", "DaemonSet"):
            _template_generation(new, old)
        if key == ("", "Namespace"):  # only the finalize subresource changes it
            new["spec"] = old.get("spec") or {}
        if key in GENERATIONS and _spec(new) != _spec(old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1

    # --- pods -----------------------------------------------------------------------------------------------------

    def _pod(self, obj: Obj) -> None:
        spec = obj["spec"] = dict(obj.get("spec") or {})
        namespace = obj["metadata"].get("namespace") or ""
        account = spec.get("serviceAccountName") or "default"
        found = self._objects.get(GVK("", "v1", "ServiceAccount"), namespace, account)
        if found is None:
            raise forbidden(
                "pods",
                "",
                obj["metadata"]["name"],
                f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found',
            )
        spec["serviceAccountName"] = spec["serviceAccount"] = account
        mounts = spec.get("automountServiceAccountToken")
        if mounts is None:
            mounts = found.get("automountServiceAccountToken")
        if mounts is not False:
            _mount_token(spec)
        if not spec.get("imagePullSecrets") and found.get("imagePullSecrets"):
            spec["imagePullSecrets"] = found["imagePullSecrets"]
        spec["tolerations"] = _tolerations(spec.get("tolerations") or [])
        self._priority(obj, spec)
        runtime = spec.get("runtimeClassName")
        if runtime and self._objects.get(GVK("node.k8s.io", "v1", "RuntimeClass"), "", runtime) is None:
            raise forbidden("pods", "", obj["metadata"]["name"], f'pod rejected: RuntimeClass "{runtime}" not found')
        obj["status"] = {"phase": "Pending", "qosClass": _qos(spec)}

    def _priority(self, obj: Obj, spec: Obj) -> None:
        name = spec.get("priorityClassName")
        if not name and spec.get("priority"):
            said = (
                f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; priority admission "
                "controller computed 0 from the given PriorityClass name"
            )
            raise forbidden("pods", "", obj["metadata"]["name"], said)
        if not name:
            spec.setdefault("priority", 0)
            spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
            return
        system = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
        found = self._objects.get(GVK("scheduling.k8s.io", "v1", "PriorityClass"), "", name)
        if found is None and name not in system:
            raise forbidden("pods", "", obj["metadata"]["name"], f"no PriorityClass with name {name} was found")
        spec["priority"] = found.get("value", 0) if found else system[name]
        spec["preemptionPolicy"] = (found or {}).get("preemptionPolicy") or "PreemptLowerPriority"


def _mount_token(spec: Obj) -> None:
    place = "/var/run/secrets/kubernetes.io/serviceaccount"
    name = f"kube-api-access-{random_suffix()}"
    used = False
    for kind in ("initContainers", "containers"):
        made = []
        for container in spec.get(kind) or ():
            mounts = container.get("volumeMounts") or []
            if not any(mount.get("mountPath") == place for mount in mounts):
                used = True
                mount = {"name": name, "readOnly": True, "mountPath": place}
                container = {**container, "volumeMounts": [*mounts, mount]}
            made.append(container)
        if made:
            spec[kind] = made
    if used:
        token = {"expirationSeconds": 3607, "path": "token"}
        field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
        sources = [
            {"serviceAccountToken": token},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [field]}},
        ]
        volume = {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
        spec["volumes"] = [*(spec.get("volumes") or ()), volume]


def _tolerations(given: list[Obj]) -> list[Obj]:
    made = list(given)
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if any(each.get("key") in (key, None, "") and each.get("effect") in ("NoExecute", None, "") for each in given):
            continue
        made.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    return made


def _qos(spec: Obj) -> str:
    guaranteed, any_ = True, False
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        any_ = any_ or bool(limits) or bool(requests)
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                guaranteed = False
    return "BestEffort" if not any_ else "Guaranteed" if guaranteed else "Burstable"


def random_suffix() -> str:
    """Five letters and digits, as generateName adds them."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))


def _namespace(obj: Obj) -> None:
    spec = obj["spec"] = dict(obj.get("spec") or {})
    finalizers = list(spec.get("finalizers") or ())
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")
    spec["finalizers"] = finalizers
    obj["status"] = {"phase": "Active"}


def _claim(obj: Obj) -> None:
    obj["status"] = {"phase": "Pending"}
    metadata = obj["metadata"]
    finalizers = list(metadata.get("finalizers") or ())
    if "kubernetes.io/pvc-protection" not in finalizers:
        metadata["finalizers"] = [*finalizers, "kubernetes.io/pvc-protection"]


def _volume(obj: Obj) -> None:
    obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": obj["metadata"]["creationTimestamp"]}
    metadata = obj["metadata"]
    finalizers = list(metadata.get("finalizers") or ())
    if "kubernetes.io/pv-protection" not in finalizers:
        metadata["finalizers"] = [*finalizers, "kubernetes.io/pv-protection"]


def _job(obj: Obj) -> None:
    spec = obj["spec"] = dict(obj.get("spec") or {})
    if spec.get("manualSelector"):
        return
    metadata, uid = obj["metadata"], obj["metadata"]["uid"]
    spec["manualSelector"] = False
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": metadata["name"],
        "controller-uid": uid,
        "job-name": metadata["name"],
    }
    template = dict(spec.get("template") or {})
    below = dict(template.get("metadata") or {})
    below["labels"] = {**(below.get("labels") or {}), **labels}
    template["metadata"] = below
    spec["template"] = template
    if not metadata.get("labels"):
        metadata["labels"] = dict(below["labels"])
    selector = dict(spec.get("selector") or {})
    matched = dict(selector.get("matchLabels") or {})
    matched.setdefault("batch.kubernetes.io/controller-uid", uid)
    selector["matchLabels"] = matched
    spec["selector"] = selector


def _noted(obj: Obj, value: str) -> None:
    metadata = obj["metadata"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), TEMPLATE_GENERATION: value}


def _daemon_set(obj: Obj) -> None:
    _noted(obj, "1")


def _template_generation(new: Obj, old: Obj) -> None:
    """The annotation in which apps/v1 keeps what was spec.templateGeneration."""
    before = (old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION) or "0"
    changed = (new.get("spec") or {}).get("template") != (old.get("spec") or {}).get("template")
    _noted(new, str(int(before) + changed) if before.isdecimal() else before)


def _definition(obj: Obj) -> None:
    stored = [each["name"] for each in obj["spec"].get("versions") or () if each.get("storage")]
    obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}


def _spec(obj: Obj) -> Any:
    """What counts for the generation."""
    return {name: value for name, value in obj.items() if name not in ("metadata", "status", "apiVersion", "kind")}


__all__ = ["CONDITIONAL", "GENERATIONS", "ORPHANED", "RETURNED", "Strategies", "random_suffix"]
