"""The cells of tables for storage, networking, rights and what else is no workload."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.http.ages import age
from gitops_tui.demo.http.cell_parts import NONE, UNSET, Obj, created_age, spec_of, status_of
from gitops_tui.demo.registry.scale import selector_text

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(found: Any) -> str:
    return ",".join(_MODES.get(each, each) for each in found or ())


def claim(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
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
        created_age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def volume(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
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
        created_age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def ingress(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
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
        created_age(obj, now),
    ]


def ingress_class(obj: Obj, now: float) -> list[Any]:
    spec = spec_of(obj)
    ref = spec.get("parameters")
    text = NONE
    if ref:
        kind = f"{ref['kind']}.{ref['apiGroup']}" if ref.get("apiGroup") else ref.get("kind", "")
        text = f"{kind}/{ref.get('name')}"
    return [obj["metadata"]["name"], spec.get("controller", ""), text, created_age(obj, now)]


def network_policy(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], selector_text(spec_of(obj).get("podSelector")) or NONE, created_age(obj, now)]


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


def hpa(obj: Obj, now: float) -> list[Any]:
    spec, status = spec_of(obj), status_of(obj)
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
        created_age(obj, now),
    ]


def budget(obj: Obj, now: float) -> list[Any]:
    spec = spec_of(obj)
    values = [str(spec[name]) if spec.get(name) is not None else "N/A" for name in ("minAvailable", "maxUnavailable")]
    return [obj["metadata"]["name"], *values, status_of(obj).get("disruptionsAllowed", 0), created_age(obj, now)]


def event(obj: Obj, now: float) -> list[Any]:
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


def created(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


def role_binding(obj: Obj, now: float) -> list[Any]:
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
    return [obj["metadata"]["name"], f"{ref.get('kind')}/{ref.get('name')}", created_age(obj, now), *listed]


def storage_class(obj: Obj, now: float) -> list[Any]:
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
        created_age(obj, now),
    ]


def lease(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], spec_of(obj).get("holderIdentity") or "", created_age(obj, now)]


def endpoint_slice(obj: Obj, now: float) -> list[Any]:
    ports = [UNSET if port.get("port") is None else str(port["port"]) for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]

    def short(found: list[str]) -> str:
        return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or UNSET

    return [obj["metadata"]["name"], obj.get("addressType", ""), short(ports), short(addresses), created_age(obj, now)]


def priority(obj: Obj, now: float) -> list[Any]:
    policy = obj.get("preemptionPolicy") or "PreemptLowerPriority"
    return [obj["metadata"]["name"], obj.get("value", 0), bool(obj.get("globalDefault")), created_age(obj, now), policy]


def quota(obj: Obj, now: float) -> list[Any]:
    status = status_of(obj)
    used = status.get("used") or {}
    plain: list[str] = []
    limits: list[str] = []
    for name, hard in sorted((status.get("hard") or {}).items()):
        text = f"{name}: {used.get(name, '0')}/{hard}"
        (limits if name.startswith("limits.") else plain).append(text)
    return [obj["metadata"]["name"], ", ".join(plain), ", ".join(limits), created_age(obj, now)]


def revision(obj: Obj, now: float) -> list[Any]:
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    group = owner["apiVersion"].partition("/")[0] if owner and "/" in owner["apiVersion"] else ""
    text = NONE
    if owner:
        text = (
            f"{owner['kind'].lower()}.{group}/{owner['name']}" if group else f"{owner['kind'].lower()}/{owner['name']}"
        )
    return [obj["metadata"]["name"], text, obj.get("revision", 0), created_age(obj, now)]


def webhooks(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("webhooks") or ()), created_age(obj, now)]
