"""The cells of tables for built-in kinds (kubernetes/kubernetes pkg/printers/internalversion)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.http.ages import age, seconds_of, span
from gitops_tui.demo.registry.scale import selector_text

Obj = dict[str, Any]
Cells = Callable[[Obj, float], list[Any]]
NONE, UNSET = "<none>", "<unset>"


def _age(obj: Obj, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _spec(obj: Obj) -> Obj:
    found = obj.get("spec")
    return found if isinstance(found, dict) else {}


def _status(obj: Obj) -> Obj:
    found = obj.get("status")
    return found if isinstance(found, dict) else {}


def _labels(found: Any) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or NONE


def _images(template: Any) -> tuple[str, str]:
    containers = ((template or {}).get("spec") or {}).get("containers") or []
    return ",".join(str(c.get("name")) for c in containers), ",".join(str(c.get("image", "")) for c in containers)


def _waiting(container: Obj) -> str:
    return str(((container.get("state") or {}).get("waiting") or {}).get("reason") or "")


def pod_reason(obj: Obj) -> tuple[str, int, int, int]:
    """STATUS of a pod, how many containers are ready, of how many, and restarts."""
    spec, status = _spec(obj), _status(obj)
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
    spec, status = _spec(obj), _status(obj)
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
        _age(obj, now),
        ip,
        spec.get("nodeName") or NONE,
        nominated,
        gate,
    ]


def _deployment(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    names, images = _images(spec.get("template"))
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _age(obj, now),
        names,
        images,
        selector_text(spec.get("selector")),
    ]


def _replica_set(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    names, images = _images(spec.get("template"))
    selector = spec.get("selector")
    text = selector_text(selector) if obj.get("kind") != "ReplicationController" else _labels(selector)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, _age(obj, now), names, images, text]


def _stateful_set(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    names, images = _images(spec.get("template"))
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [obj["metadata"]["name"], ready, _age(obj, now), names, images]


def _daemon_set(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
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
    return [obj["metadata"]["name"], *counts, node, _age(obj, now), names, images, selector_text(spec.get("selector"))]


def _job(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
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
        _age(obj, now),
        names,
        images,
        selector_text(spec.get("selector")),
    ]


def _cron_job(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
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
        _age(obj, now),
        names,
        images,
        selector_text(selector) or NONE,
    ]


def _service(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
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
        _age(obj, now),
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
    return [obj["metadata"]["name"], text or NONE, _age(obj, now)]


def _config_map(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), _age(obj, now)]


def _secret(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), _age(obj, now)]


def _service_account(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), _age(obj, now)]


def _namespace(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], _status(obj).get("phase", ""), _age(obj, now)]


def _node(obj: Obj, now: float) -> list[Any]:
    status = _status(obj)
    ready = next((c.get("status") for c in status.get("conditions") or () if c.get("type") == "Ready"), None)
    state = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    if _spec(obj).get("unschedulable"):
        state += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = sorted(name.removeprefix(prefix) for name in obj["metadata"].get("labels") or {} if name.startswith(prefix))
    info = status.get("nodeInfo") or {}
    addresses = {each.get("type"): each.get("address") for each in status.get("addresses") or ()}
    return [
        obj["metadata"]["name"],
        state,
        ",".join(roles) or NONE,
        _age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(found: Any) -> str:
    return ",".join(_MODES.get(each, each) for each in found or ())


def _claim(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    volume = spec.get("volumeName") or ""
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    size = (status.get("capacity") or {}).get("storage", "") if volume else ""
    modes = _modes(status.get("accessModes")) if volume else ""
    return [
        obj["metadata"]["name"],
        phase,
        volume,
        size,
        modes,
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        _age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def _volume(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    ref = spec.get("claimRef") or {}
    claim = f"{ref.get('namespace')}/{ref.get('name')}" if ref else ""
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        obj["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", ""),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        claim,
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason", ""),
        _age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def _ingress(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    text = "*" if not hosts else ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    addresses = [
        each.get("ip") or each.get("hostname") or "" for each in (status.get("loadBalancer") or {}).get("ingress") or ()
    ]
    ports = "80, 443" if spec.get("tls") else "80"
    return [
        obj["metadata"]["name"],
        spec.get("ingressClassName") or NONE,
        text,
        ",".join(addresses),
        ports,
        _age(obj, now),
    ]


def _ingress_class(obj: Obj, now: float) -> list[Any]:
    spec = _spec(obj)
    ref = spec.get("parameters")
    text = NONE
    if ref:
        kind = f"{ref['kind']}.{ref['apiGroup']}" if ref.get("apiGroup") else ref.get("kind", "")
        text = f"{kind}/{ref.get('name')}"
    return [obj["metadata"]["name"], spec.get("controller", ""), text, _age(obj, now)]


def _network_policy(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], selector_text(_spec(obj).get("podSelector")) or NONE, _age(obj, now)]


def _metric(metric: Obj, current: Any) -> str:
    kind = str(metric.get("type") or "")
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field) or {}
    target = source.get("target") or {}
    found = next((each.get(field) or {} for each in current or () if each.get("type") == kind), {}).get("current") or {}
    name = source.get("name") if kind in ("Resource", "ContainerResource") else ""
    start = f"{name}: " if name else ""
    if target.get("averageUtilization") is not None:
        have = found.get("averageUtilization")
        return f"{start}{f'{have}%' if have is not None else '<unknown>'}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        return f"{start}{found.get('averageValue', '<unknown>')}/{target['averageValue']}" + ("" if start else " (avg)")
    return f"{start}{found.get('value', '<unknown>')}/{target.get('value')}"


def _hpa(obj: Obj, now: float) -> list[Any]:
    spec, status = _spec(obj), _status(obj)
    ref = spec.get("scaleTargetRef") or {}
    metrics = [_metric(each, status.get("currentMetrics")) for each in spec.get("metrics") or ()]
    if spec.get("targetCPUUtilizationPercentage") is not None:
        have = status.get("currentCPUUtilizationPercentage")
        metrics.insert(
            0, f"cpu: {f'{have}%' if have is not None else '<unknown>'}/{spec['targetCPUUtilizationPercentage']}%"
        )
    text = ", ".join(metrics[:2]) + (f" + {len(metrics) - 2} more..." if len(metrics) > 2 else "") or NONE
    least = spec.get("minReplicas")
    return [
        obj["metadata"]["name"],
        f"{ref.get('kind')}/{ref.get('name')}",
        text,
        str(least) if least is not None else UNSET,
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        _age(obj, now),
    ]


def _budget(obj: Obj, now: float) -> list[Any]:
    spec = _spec(obj)
    values = [str(spec[name]) if spec.get(name) is not None else "N/A" for name in ("minAvailable", "maxUnavailable")]
    return [obj["metadata"]["name"], *values, _status(obj).get("disruptionsAllowed", 0), _age(obj, now)]


def _event(obj: Obj, now: float) -> list[Any]:
    ref = obj.get("involvedObject") or obj.get("regarding") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    series = obj.get("series") or {}
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    count = series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    component = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    said = ", ".join(filter(None, [component, source.get("host") or obj.get("reportingInstance") or ""]))
    message = str(obj.get("message") or obj.get("note") or "").strip()
    place = f"{str(ref.get('kind', '')).lower()}/{ref.get('name', '')}"
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        place,
        ref.get("fieldPath", ""),
        said,
        message,
        age(first, now),
        count,
        obj["metadata"]["name"],
    ]


def _created(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


def _role_binding(obj: Obj, now: float) -> list[Any]:
    ref = obj.get("roleRef") or {}
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for each in obj.get("subjects") or ():
        name = str(each.get("name"))
        text = (
            f"{each.get('namespace')}/{name}"
            if each.get("kind") == "ServiceAccount" and each.get("namespace")
            else name
        )
        subjects.setdefault(str(each.get("kind")), []).append(text)
    listed = [", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")]
    return [obj["metadata"]["name"], f"{ref.get('kind')}/{ref.get('name')}", _age(obj, now), *listed]


def _storage_class(obj: Obj, now: float) -> list[Any]:
    notes = obj["metadata"].get("annotations") or {}
    name = obj["metadata"]["name"]
    if notes.get("storageclass.kubernetes.io/is-default-class") == "true":
        name += " (default)"
    grows = bool(obj.get("allowVolumeExpansion"))
    return [
        name,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", "Delete"),
        obj.get("volumeBindingMode", UNSET),
        grows,
        _age(obj, now),
    ]


def _lease(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], _spec(obj).get("holderIdentity") or "", _age(obj, now)]


def _slice(obj: Obj, now: float) -> list[Any]:
    ports = [UNSET if port.get("port") is None else str(port["port"]) for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]

    def short(found: list[str]) -> str:
        return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or UNSET

    return [obj["metadata"]["name"], obj.get("addressType", ""), short(ports), short(addresses), _age(obj, now)]


def _priority(obj: Obj, now: float) -> list[Any]:
    policy = obj.get("preemptionPolicy") or "PreemptLowerPriority"
    return [obj["metadata"]["name"], obj.get("value", 0), bool(obj.get("globalDefault")), _age(obj, now), policy]


def _quota(obj: Obj, now: float) -> list[Any]:
    status = _status(obj)
    used = status.get("used") or {}
    plain: list[str] = []
    limits: list[str] = []
    for name, hard in sorted((status.get("hard") or {}).items()):
        text = f"{name}: {used.get(name, '0')}/{hard}"
        (limits if name.startswith("limits.") else plain).append(text)
    return [obj["metadata"]["name"], ", ".join(plain), ", ".join(limits), _age(obj, now)]


def _revision(obj: Obj, now: float) -> list[Any]:
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    group = owner["apiVersion"].partition("/")[0] if owner and "/" in owner["apiVersion"] else ""
    text = NONE
    if owner:
        text = (
            f"{owner['kind'].lower()}.{group}/{owner['name']}" if group else f"{owner['kind'].lower()}/{owner['name']}"
        )
    return [obj["metadata"]["name"], text, obj.get("revision", 0), _age(obj, now)]


def _webhooks(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("webhooks") or ()), _age(obj, now)]


CELLS: dict[tuple[str, str], Cells] = {
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Endpoints"): _endpoints,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("", "ServiceAccount"): _service_account,
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("", "Event"): _event,
    ("", "ResourceQuota"): _quota,
    ("", "ReplicationController"): _replica_set,
    ("", "LimitRange"): _created,
    ("events.k8s.io", "Event"): _event,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ControllerRevision"): _revision,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("autoscaling", "HorizontalPodAutoscaler"): _hpa,
    ("policy", "PodDisruptionBudget"): _budget,
    ("rbac.authorization.k8s.io", "Role"): _created,
    ("rbac.authorization.k8s.io", "ClusterRole"): _created,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    ("coordination.k8s.io", "Lease"): _lease,
    ("discovery.k8s.io", "EndpointSlice"): _slice,
    ("scheduling.k8s.io", "PriorityClass"): _priority,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _created,
}
