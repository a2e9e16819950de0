"""The cells of tables for built-in kinds (kubernetes/kubernetes pkg/printers/internalversion)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.http import cells_more as more
from gitops_tui.demo.http.ages import age, seconds_of, span
from gitops_tui.demo.http.cell_parts import NONE, Cells, Obj, created_age, spec_of, status_of
from gitops_tui.demo.registry.scale import selector_text


def _labels(found: Any) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or NONE


def _images(template: Any) -> tuple[str, str]:
    containers = ((template or {}).get("spec") or {}).get("containers") or []
    return ",".join(str(c.get("name")) for c in containers), ",".join(str(c.get("image", "")) for c in containers)


def _waiting(container: Obj) -> str:
    return str(((container.get("state") or {}).get("waiting") or {}).get("reason") or "")


def pod_reason(obj: Obj) -> tuple[str, int, int, int]:
    """STATUS of a pod, how many containers are ready, of how many, and restarts."""
    spec, status = spec_of(obj), status_of(obj)
    reason = str(status.get("reason") or status.get("phase") or "")
    total = len(spec.get("containers") or ())
    ready = restarts = 0
    initializing = False
    for number, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts += container.get("restartCount", 0)
        ended = (container.get("state") or {}).get("terminated")
        if ended and ended.get("exitCode") == 0:
            continue
        if ended:
            reason = "Init:" + str(ended.get("reason") or f"ExitCode:{ended.get('exitCode', 0)}")
        elif _waiting(container) and _waiting(container) != "PodInitializing":
            reason = "Init:" + _waiting(container)
        else:
            reason = f"Init:{number}/{len(spec.get('initContainers') or ())}"
        initializing = True
        break
    if not initializing:
        restarts = 0
        running = False
        for container in reversed(status.get("containerStatuses") or ()):
            restarts += container.get("restartCount", 0)
            ended = (container.get("state") or {}).get("terminated")
            if _waiting(container):
                reason = _waiting(container)
            elif ended and ended.get("reason"):
                reason = ended["reason"]
            elif ended:
                reason = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"
            elif container.get("ready") and (container.get("state") or {}).get("running") is not None:
                running = True
                ready += 1
        if reason == "Completed" and running:
            reason = "Running" if _true(status, "Ready") else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        reason = "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return reason, ready, total, restarts


def _true(status: Obj, kind: str) -> bool:
    return any(c.get("type") == kind and c.get("status") == "True" for c in status.get("conditions") or ())


def _pod(obj: Obj, now: float) -> list[Any]:
    reason, ready, total, restarts = pod_reason(obj)
    spec, status = spec_of(obj), status_of(obj)
    ended = [
        when
        for container in status.get("containerStatuses") or ()
        if (when := seconds_of(((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt")))
    ]
    shown = f"{restarts} ({span(now - max(ended))} ago)" if restarts and ended else str(restarts)
    gates = spec.get("readinessGates")
    gate = NONE
    if gates:
        gate = f"{sum(_true(status, each.get('conditionType', '')) for each in gates)}/{len(gates)}"
    nominated = status.get("nominatedNodeName") or NONE
    ip = status.get("podIP") or NONE
    return [
        obj["metadata"]["name"],
        f"{ready}/{total}",
        reason,
        shown,
        created_age(obj, now),
        ip,
        spec.get("nodeName") or NONE,
        nominated,
        gate,
    ]


def _deployment(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    names, images = _images(spec.get("template"))
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        created_age(obj, now),
        names,
        images,
        selector_text(spec.get("selector")),
    ]


def _replica_set(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    names, images = _images(spec.get("template"))
    selector = spec.get("selector")
    text = selector_text(selector) if obj.get("kind") != "ReplicationController" else _labels(selector)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, created_age(obj, now), names, images, text]


def _stateful_set(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    names, images = _images(spec.get("template"))
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [obj["metadata"]["name"], ready, created_age(obj, now), names, images]


def _daemon_set(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    template = spec.get("template") or {}
    names, images = _images(template)
    counts = [
        status.get(name, 0)
        for name in (
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        )
    ]
    node = _labels((template.get("spec") or {}).get("nodeSelector"))
    return [
        obj["metadata"]["name"],
        *counts,
        node,
        created_age(obj, now),
        names,
        images,
        selector_text(spec.get("selector")),
    ]


def _job(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    names, images = _images(spec.get("template"))
    done = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        completions = f"{done}/{spec['completions']}"
    else:
        parallel = spec.get("parallelism", 0)
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    start, end = seconds_of(status.get("startTime")), seconds_of(status.get("completionTime"))
    duration = "" if start is None else span((end if end is not None else now) - start)
    state = "Running"
    if _true(status, "Complete"):
        state = "Complete"
    elif _true(status, "Failed"):
        state = "Failed"
    elif obj["metadata"].get("deletionTimestamp"):
        state = "Terminating"
    elif _true(status, "Suspended"):
        state = "Suspended"
    elif _true(status, "FailureTarget"):
        state = "FailureTarget"
    elif _true(status, "SuccessCriteriaMet"):
        state = "SuccessCriteriaMet"
    return [
        obj["metadata"]["name"],
        state,
        completions,
        duration,
        created_age(obj, now),
        names,
        images,
        selector_text(spec.get("selector")),
    ]


def _cron_job(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    names, images = _images(((spec.get("jobTemplate") or {}).get("spec") or {}).get("template"))
    last = age(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    selector = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("selector")
    suspend = "True" if spec.get("suspend") else "False"
    return [
        obj["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        suspend,
        len(status.get("active") or ()),
        last,
        created_age(obj, now),
        names,
        images,
        selector_text(selector) or NONE,
    ]


def _service(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
    kind = spec.get("type", "")
    addresses = [
        each.get("ip") or each.get("hostname") or ""
        for each in ((status.get("loadBalancer") or {}).get("ingress") or ())
    ]
    external = ",".join([*addresses, *(spec.get("externalIPs") or ())])
    if kind == "LoadBalancer":
        external = external or "<pending>"
    elif kind == "ExternalName":
        external = spec.get("externalName", "")
    ports = ",".join(
        f"{port.get('port')}:{port['nodePort']}/{port.get('protocol')}"
        if port.get("nodePort")
        else f"{port.get('port')}/{port.get('protocol')}"
        for port in spec.get("ports") or ()
    )
    ip = spec.get("clusterIP") or NONE
    return [
        obj["metadata"]["name"],
        kind,
        ip,
        external or NONE,
        ports or NONE,
        created_age(obj, now),
        _labels(spec.get("selector")),
    ]


def _endpoints(obj: Obj, now: float) -> list[Any]:
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in obj.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    text = ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "")
    return [obj["metadata"]["name"], text or NONE, created_age(obj, now)]


def _config_map(obj: Obj, now: float) -> list[Any]:
    return [
        obj["metadata"]["name"],
        len(obj.get("data") or ()) + len(obj.get("binaryData") or ()),
        created_age(obj, now),
    ]


def _secret(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), created_age(obj, now)]


def _service_account(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), created_age(obj, now)]


def _namespace(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], status_of(obj).get("phase", ""), created_age(obj, now)]


def _node(obj: Obj, now: float) -> list[Any]:
    status = status_of(obj)
    ready = next((c.get("status") for c in status.get("conditions") or () if c.get("type") == "Ready"), None)
    state = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    if spec_of(obj).get("unschedulable"):
        state += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = sorted(name.removeprefix(prefix) for name in obj["metadata"].get("labels") or {} if name.startswith(prefix))
    info = status.get("nodeInfo") or {}
    addresses = {each.get("type"): each.get("address") for each in status.get("addresses") or ()}
    return [
        obj["metadata"]["name"],
        state,
        ",".join(roles) or NONE,
        created_age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


CELLS: dict[tuple[str, str], Cells] = {
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Endpoints"): _endpoints,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("", "ServiceAccount"): _service_account,
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
    ("", "PersistentVolumeClaim"): more.claim,
    ("", "PersistentVolume"): more.volume,
    ("", "Event"): more.event,
    ("", "ResourceQuota"): more.quota,
    ("", "ReplicationController"): _replica_set,
    ("", "LimitRange"): more.created,
    ("events.k8s.io", "Event"): more.event,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ControllerRevision"): more.revision,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("networking.k8s.io", "Ingress"): more.ingress,
    ("networking.k8s.io", "IngressClass"): more.ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): more.network_policy,
    ("autoscaling", "HorizontalPodAutoscaler"): more.hpa,
    ("policy", "PodDisruptionBudget"): more.budget,
    ("rbac.authorization.k8s.io", "Role"): more.created,
    ("rbac.authorization.k8s.io", "ClusterRole"): more.created,
    ("rbac.authorization.k8s.io", "RoleBinding"): more.role_binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): more.role_binding,
    ("storage.k8s.io", "StorageClass"): more.storage_class,
    ("coordination.k8s.io", "Lease"): more.lease,
    ("discovery.k8s.io", "EndpointSlice"): more.endpoint_slice,
    ("scheduling.k8s.io", "PriorityClass"): more.priority,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): more.webhooks,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): more.webhooks,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): more.created,
}
