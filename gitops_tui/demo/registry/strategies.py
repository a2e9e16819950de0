"""What the API server does to an object of one kind before it is stored: status, generation, addresses, labels
(kubernetes/kubernetes pkg/registry/*/strategy.go and the admission plugins that are on by default)."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable
from typing import Any

from gitops_tui.demo.objects import Objects
from gitops_tui.demo.rules.defaults import TEMPLATE_GENERATION
from gitops_tui.demo.rules.network import CLUSTER_RANGE
from gitops_tui.demo.status import Fault, FieldError, forbidden, invalid
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

_NODE_PORTS = range(30000, 32768)
POD = GVK("", "v1", "Pod")
SERVICE = GVK("", "v1", "Service")


class Strategies:
    """Prepares objects. objects: the store, for what a kind needs to know of others."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._next_ip = 10

    def create(self, obj: Obj, gvk: GVK) -> None:
        """Before validation of a new object, in place (metadata and top-level maps are the object's own)."""
        key = (gvk.group, gvk.kind)
        if key in GENERATIONS:
            obj["metadata"]["generation"] = 1
        prepare = {
            ("", "Pod"): self._pod,
            ("", "Service"): self._service,
            ("", "Namespace"): _namespace,
            ("", "PersistentVolumeClaim"): _claim,
            ("", "PersistentVolume"): _volume,
            ("", "Node"): lambda obj: None,
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
            self._keep_addresses(new, old)
        if key == ("apps", "DaemonSet"):
            _template_generation(new, old)
        if key == ("", "Namespace"):  # only the finalize subresource changes it
            new["spec"] = old.get("spec") or {}
        if key in GENERATIONS and _spec(new, gvk) != _spec(old, gvk):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1

    # --- services -------------------------------------------------------------------------------------------------

    def _addresses(self) -> set[str]:
        return {
            address
            for each in self._objects.of_kind(SERVICE)
            for address in (each.get("spec") or {}).get("clusterIPs") or ()
        }

    def _ports(self) -> set[int]:
        return {
            port["nodePort"]
            for each in self._objects.of_kind(SERVICE)
            for port in (each.get("spec") or {}).get("ports") or ()
            if port.get("nodePort")
        }

    def _service(self, obj: Obj) -> None:
        spec = obj["spec"] = dict(obj.get("spec") or {})
        obj.setdefault("status", {"loadBalancer": {}})
        if spec.get("type") == "ExternalName":
            return
        given = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
        if spec.get("ipFamilyPolicy") == "RequireDualStack":
            said = 'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'
            error = FieldError("FieldValueInvalid", "spec.ipFamilyPolicy", said)
            raise invalid("Service", "", obj["metadata"]["name"], [error])
        self._address(obj, spec, given)
        self._node_ports(spec, obj["metadata"]["name"])

    def _address(self, obj: Obj, spec: Obj, given: str) -> None:
        if given and given != "None":
            try:
                inside = ipaddress.ip_address(given) in CLUSTER_RANGE
            except ValueError:
                spec["clusterIP"], spec["clusterIPs"] = given, [given]
                return
            said = ""
            if not inside:
                said = (
                    f"failed to allocate IP {given}: the provided IP ({given}) is not in the valid range. "
                    f"The range of valid IPs is {CLUSTER_RANGE}"
                )
            elif given in self._addresses():
                said = f"failed to allocate IP {given}: provided IP is already allocated"
            if said:
                error = FieldError("FieldValueInvalid", "spec.clusterIPs", f'Invalid value: ["{given}"]: {said}')
                raise invalid("Service", "", obj["metadata"]["name"], [error])
        elif not given:
            used = self._addresses()
            while True:
                self._next_ip += 1
                given = str(CLUSTER_RANGE[self._next_ip % (CLUSTER_RANGE.num_addresses - 2) + 1])
                if given not in used:
                    break
        spec["clusterIP"], spec["clusterIPs"] = given, [given]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")

    @staticmethod
    def _check_ports(name: str, asked: list[int | None], used: set[int]) -> None:
        """Raises Fault 422 for node ports that can't be had."""
        errors = []
        for number, port in enumerate(asked):
            said = ""
            if port and port not in _NODE_PORTS:
                said = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            elif port and port in used:
                said = "provided port is already allocated"
            if said:
                found = f"Invalid value: {port}: {said}"
                errors.append(FieldError("FieldValueInvalid", f"spec.ports[{number}].nodePort", found))
        if errors:
            raise invalid("Service", "", name, errors)

    def _node_ports(self, spec: Obj, name: str, kept: frozenset[int] = frozenset()) -> None:
        """kept: ports that are the service's own already."""
        kind = spec.get("type")
        if kind != "NodePort" and not (
            kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False
        ):
            return
        used = self._ports()
        ports = []
        self._check_ports(name, [port.get("nodePort") for port in spec.get("ports") or ()], used - kept)
        for port in spec.get("ports") or ():
            if not port.get("nodePort"):
                number = next(number for number in _NODE_PORTS if number not in used)
                used.add(number)
                port = {**port, "nodePort": number}
            ports.append(port)
        spec["ports"] = ports

    def _keep_addresses(self, new: Obj, old: Obj) -> None:
        spec, before = dict(new.get("spec") or {}), old.get("spec") or {}
        new["spec"] = spec
        if spec.get("type") == "ExternalName":
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
                spec.pop(name, None)
            return
        if not spec.get("clusterIP") and not spec.get("clusterIPs"):
            for name in ("clusterIP", "clusterIPs"):
                if name in before:
                    spec[name] = before[name]
        elif spec.get("clusterIP") and (not spec.get("clusterIPs") or spec["clusterIPs"] == before.get("clusterIPs")):
            spec["clusterIPs"] = [spec["clusterIP"]]
        for name in ("ipFamilies", "ipFamilyPolicy"):
            if name not in spec and name in before:
                spec[name] = before[name]
        if not spec.get("clusterIP"):
            self._address(new, spec, "")
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            known = {(p.get("protocol"), p.get("port")): p.get("nodePort") for p in before.get("ports") or ()}
            ports = []
            for port in spec.get("ports") or ():
                if not port.get("nodePort") and known.get((port.get("protocol"), port.get("port"))):
                    port = {**port, "nodePort": known[port.get("protocol"), port.get("port")]}
                ports.append(port)
            spec["ports"] = ports
            own = frozenset(port["nodePort"] for port in before.get("ports") or () if port.get("nodePort"))
            self._node_ports(spec, new["metadata"]["name"], own)
        elif before.get("type") in ("NodePort", "LoadBalancer"):
            spec["ports"] = [
                {name: value for name, value in port.items() if name != "nodePort"}
                if any(port.get("nodePort") == p.get("nodePort") for p in before.get("ports") or ())
                else port
                for port in spec.get("ports") or ()
            ]
            for name in ("allocateLoadBalancerNodePorts",):
                if spec.get("type") != "LoadBalancer":
                    spec.pop(name, None)
            if before.get("externalTrafficPolicy") == spec.get("externalTrafficPolicy") and not spec.get("externalIPs"):
                spec.pop("externalTrafficPolicy", None)

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


def _spec(obj: Obj, gvk: GVK) -> Any:
    """What counts for the generation."""
    return {name: value for name, value in obj.items() if name not in ("metadata", "status", "apiVersion", "kind")}


Prepare = Callable[[Obj], None]
__all__ = ["CONDITIONAL", "GENERATIONS", "ORPHANED", "RETURNED", "Fault", "Strategies", "random_suffix"]
