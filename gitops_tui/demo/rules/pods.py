"""Validation of pods and pod templates (kubernetes/kubernetes pkg/apis/core/validation), the rules that people meet."""

from __future__ import annotations

import re
from typing import Any

from gitops_tui.demo.registry.quantity import canonical
from gitops_tui.demo.rules import meta, names, pod_more
from gitops_tui.demo.rules.findings import (
    duplicate,
    forbidden_field,
    invalid_value,
    not_found_value,
    not_supported,
    required,
)
from gitops_tui.demo.rules.numbers import at_least, quantity_value
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_POLICIES = ("Always", "IfNotPresent", "Never")
_STANDARD = {"cpu", "memory", "ephemeral-storage"}
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_FIELD_PATHS = re.compile(
    r"^(metadata\.(name|namespace|uid|labels|annotations)(\['[^']+'\])?"
    r"|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$"
)
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def _env(container: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, env in enumerate(container.get("env") or ()):
        here = f"{at}.env[{number}]"
        name = env.get("name") or ""
        if not name:
            errors.append(required(f"{here}.name"))
        else:
            errors += [invalid_value(f"{here}.name", name, said) for said in names.env_name(name)]
        source = env.get("valueFrom")
        if source is None:
            continue
        used = [each for each in _SOURCES if source.get(each) is not None]
        if "fieldRef" in used:
            path = source["fieldRef"].get("fieldPath") or ""
            if not path:
                errors.append(required(f"{here}.valueFrom.fieldRef.fieldPath"))
            elif not _FIELD_PATHS.match(path):
                said = f"error converting fieldPath: field label not supported: {path}"
                errors.append(invalid_value(f"{here}.valueFrom.fieldRef.fieldPath", path, said))
        for each in ("configMapKeyRef", "secretKeyRef"):
            if each in used:
                key = source[each].get("key") or ""
                if not key:
                    errors.append(required(f"{here}.valueFrom.{each}.key"))
                else:
                    errors += [
                        invalid_value(f"{here}.valueFrom.{each}.key", key, said) for said in names.config_map_key(key)
                    ]
        if env.get("value"):
            if used:
                errors.append(invalid_value(f"{here}.valueFrom", "", "may not be specified when `value` is not empty"))
        elif not used:
            said = (
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            )
            errors.append(invalid_value(f"{here}.valueFrom", "", said))
        elif len(used) > 1:
            errors.append(
                invalid_value(f"{here}.valueFrom", "", "may not have more than one field specified at a time")
            )
    return errors


def _ports(container: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen = set()
    for number, port in enumerate(container.get("ports") or ()):
        here = f"{at}.ports[{number}]"
        if name := port.get("name"):
            complaints = names.port_name(name)
            errors += [invalid_value(f"{here}.name", name, said) for said in complaints]
            if not complaints:
                if name in seen:
                    errors.append(duplicate(f"{here}.name", name))
                seen.add(name)
        if not port.get("containerPort"):
            errors.append(required(f"{here}.containerPort"))
        else:
            value = port["containerPort"]
            errors += [invalid_value(f"{here}.containerPort", value, said) for said in names.port_number(value)]
        if host := port.get("hostPort"):
            errors += [invalid_value(f"{here}.hostPort", host, said) for said in names.port_number(host)]
        if port.get("protocol") not in ("SCTP", "TCP", "UDP"):
            errors.append(not_supported(f"{here}.protocol", port.get("protocol", ""), ("SCTP", "TCP", "UDP")))
    return errors


def _resources(resources: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for kind, found in (("limits", limits), ("requests", requests)):
        for name, value in sorted(found.items()):
            here = f"{at}.{kind}[{name}]"
            if "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
                errors.append(invalid_value(here, name, "must be a standard resource type or fully qualified"))
                errors.append(invalid_value(here, name, "must be a standard resource for containers"))
            if quantity_value(value) < 0:
                errors.append(invalid_value(here, canonical(str(value)), "must be greater than or equal to 0"))
    for name, value in sorted(requests.items()):
        limit = limits.get(name)
        if limit is not None and quantity_value(value) > quantity_value(limit):
            said = f"must be less than or equal to {name} limit of {canonical(str(limit))}"
            errors.append(invalid_value(f"{at}.requests", canonical(str(value)), said))
    return errors


def _mounts(container: Obj, volumes: set[str], at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    places = set()
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        here = f"{at}.volumeMounts[{number}]"
        if not mount.get("name"):
            errors.append(required(f"{here}.name"))
        if mount.get("name") not in volumes:
            errors.append(not_found_value(f"{here}.name", mount.get("name", "")))
        place = mount.get("mountPath") or ""
        if not place:
            errors.append(required(f"{here}.mountPath"))
        elif place in places:
            errors.append(invalid_value(f"{here}.mountPath", place, "must be unique"))
        places.add(place)
    return errors


def _probe(probe: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    used = [name for name in ("exec", "httpGet", "tcpSocket", "grpc") if probe.get(name) is not None]
    if not used:
        errors.append(required(at, "must specify a handler type"))
    for number, name in enumerate(used):
        here = f"{at}.{name}"
        if number:
            errors.append(forbidden_field(here, "may not specify more than 1 handler type"))
            continue
        found = probe[name]
        if name in ("httpGet", "tcpSocket", "grpc"):
            port = found.get("port")
            if isinstance(port, str):
                errors += [invalid_value(f"{here}.port", port, said) for said in names.port_name(port)]
            else:
                errors += [invalid_value(f"{here}.port", port or 0, said) for said in names.port_number(port)]
        elif not found.get("command"):
            errors.append(required(f"{here}.command"))
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        errors += at_least(probe.get(name, 0), 0, f"{at}.{name}")
    if ("liveness" in at or "startup" in at) and probe.get("successThreshold", 1) != 1:
        errors.append(invalid_value(f"{at}.successThreshold", probe["successThreshold"], "must be 1"))
    return errors


def _container(container: Obj, at: str, volumes: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    if not container.get("image") or (
        container["image"].strip() != container["image"] and not container["image"].strip()
    ):
        errors.append(required(f"{at}.image"))
    if container.get("terminationMessagePolicy") not in ("File", "FallbackToLogsOnError"):
        found = container.get("terminationMessagePolicy", "")
        errors.append(
            not_supported(f"{at}.terminationMessagePolicy", found, ("File", "FallbackToLogsOnError"), keep_order=True)
        )
    errors += _ports(container, at)
    errors += _env(container, at)
    errors += _mounts(container, volumes, at)
    if container.get("imagePullPolicy") not in _POLICIES:
        errors.append(not_supported(f"{at}.imagePullPolicy", container.get("imagePullPolicy", ""), _POLICIES))
    errors += _resources(container.get("resources") or {}, f"{at}.resources")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            errors += _probe(container[name], f"{at}.{name}")
    return errors


_SOURCE_ORDER = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "flocker",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "quobyte",
    "azureDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
    "projected",
    "csi",
    "ephemeral",
    "image",
]


def _volumes(spec: Obj, at: str) -> tuple[list[FieldError], set[str]]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for number, volume in enumerate(spec.get("volumes") or ()):
        here = f"{at}.volumes[{number}]"
        sources = sorted((name for name in volume if name != "name"), key=_SOURCE_ORDER.index)
        for count, source in enumerate(sources):
            if count:
                errors.append(forbidden_field(f"{here}.{source}", "may not specify more than 1 volume type"))
                continue
            found = volume[source] or {}
            if source == "configMap" and not found.get("name"):
                errors.append(required(f"{here}.configMap.name"))
            if source == "secret" and not found.get("secretName"):
                errors.append(required(f"{here}.secret.secretName"))
            if source == "persistentVolumeClaim" and not found.get("claimName"):
                errors.append(required(f"{here}.persistentVolumeClaim.claimName"))
            if source == "hostPath" and not found.get("path"):
                errors.append(required(f"{here}.hostPath.path"))
        name = volume.get("name") or ""
        if not name:
            errors.append(required(f"{here}.name"))
        elif complaints := names.dns_label(name):
            errors += [invalid_value(f"{here}.name", name, said) for said in complaints]
        elif name in seen:
            errors.append(duplicate(f"{here}.name", name))
        seen.add(name)
    return errors, seen


def pod_spec(spec: Obj, at: str) -> list[FieldError]:
    """What is wrong with a pod's spec."""
    errors, volumes = _volumes(spec, at)
    containers = spec.get("containers") or []
    if not containers:
        errors.append(required(f"{at}.containers"))
    seen: set[str] = set()
    for kind in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(kind) or ()):
            here = f"{at}.{kind}[{number}]"
            name = container.get("name") or ""
            if not name:
                errors.append(required(f"{here}.name"))
            elif complaints := names.dns_label(name):
                errors += [invalid_value(f"{here}.name", name, said) for said in complaints]
            elif name in seen:
                errors.append(duplicate(f"{here}.name", name))
            seen.add(name)
            errors += _container(container, here, volumes)
            errors += pod_more.container(container, here, volumes, host_network=bool(spec.get("hostNetwork")))
    if spec.get("restartPolicy") not in ("Always", "OnFailure", "Never"):
        listed = ("Always", "OnFailure", "Never")
        errors.append(not_supported(f"{at}.restartPolicy", spec.get("restartPolicy", ""), listed, keep_order=True))
    if spec.get("dnsPolicy") not in _DNS:
        errors.append(not_supported(f"{at}.dnsPolicy", spec.get("dnsPolicy", ""), _DNS, keep_order=True))
    errors += meta.labels(spec.get("nodeSelector"), f"{at}.nodeSelector")
    if account := spec.get("serviceAccountName"):
        errors += [invalid_value(f"{at}.serviceAccountName", account, said) for said in names.dns_subdomain(account)]
    if (seconds := spec.get("activeDeadlineSeconds")) is not None and not 1 <= seconds <= 2**31 - 1:
        errors.append(
            invalid_value(f"{at}.activeDeadlineSeconds", seconds, "must be between 1 and 2147483647, inclusive")
        )
    return errors + pod_more.pod(spec, at)


def template(found: Any, at: str) -> list[FieldError]:
    """What is wrong with a pod template."""
    found = found or {}
    metadata = found.get("metadata") or {}
    errors = meta.labels(metadata.get("labels"), f"{at}.metadata.labels")
    errors += meta.annotation_values(metadata.get("annotations"), f"{at}.metadata.annotations")
    return errors + pod_spec(found.get("spec") or {}, f"{at}.spec")


def pod(obj: Obj) -> list[FieldError]:
    return pod_spec(obj.get("spec") or {}, "spec")


def new_pod(obj: Obj) -> list[FieldError]:
    """What a pod may not have from the first."""
    if (obj.get("spec") or {}).get("ephemeralContainers"):
        return [forbidden_field("spec.ephemeralContainers", "cannot be set on create")]
    return []


_CHANGES = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_update(new: Obj, old: Obj) -> list[FieldError]:
    """What may not change in a pod."""
    after, before = _fixed(new.get("spec") or {}), _fixed(old.get("spec") or {})
    if after != before:
        return [forbidden_field("spec", _CHANGES)]
    return []


def _fixed(spec: Obj) -> Obj:
    made = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    for kind in ("containers", "initContainers"):
        if made.get(kind):
            made[kind] = [{name: value for name, value in each.items() if name != "image"} for each in made[kind]]
    return made
