"""Validation of pods and pod templates (kubernetes/kubernetes pkg/apis/core/validation), the rules that people meet."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from gitops_tui.demo.rules import meta, names
from gitops_tui.demo.rules.containers import container as container_rules
from gitops_tui.demo.rules.containers import owner_ids
from gitops_tui.demo.rules.findings import (
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from gitops_tui.demo.rules.listnames import own_name
from gitops_tui.demo.rules.scheduling import scheduling
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_SYSCTL = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


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
        errors += own_name(volume, here, seen)
    return errors, seen


def _identity(spec: Obj, at: str) -> list[FieldError]:
    """Its names, and as whom it runs."""
    errors: list[FieldError] = []
    for field, rule in (
        ("hostname", names.dns_label),
        ("subdomain", names.dns_label),
        ("nodeName", names.dns_subdomain),
    ):
        if value := spec.get(field):
            errors += [invalid_value(f"{at}.{field}", value, said) for said in rule(value)]
    context = spec.get("securityContext") or {}
    errors += owner_ids(context, f"{at}.securityContext", "runAsUser", "runAsGroup", "fsGroup")
    for number, each in enumerate(context.get("sysctls") or ()):
        name = each.get("name") or ""
        if not re.match(_SYSCTL, name):
            said = f"must have at most 253 characters and match regex {_SYSCTL}"
            errors.append(invalid_value(f"{at}.securityContext.sysctls[{number}].name", name, said))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        said = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid_value(f"{at}.shareProcessNamespace", True, said))
    return errors


def _dns(spec: Obj, at: str) -> list[FieldError]:
    """Its names and servers of DNS."""
    errors: list[FieldError] = []
    for number, each in enumerate(spec.get("hostAliases") or ()):
        here = f"{at}.hostAliases[{number}]"
        if not _is_address(each.get("ip") or ""):
            errors.append(invalid_value(f"{here}.ip", each.get("ip") or "", _ADDRESS))
        for place, host in enumerate(each.get("hostnames") or ()):
            errors += [invalid_value(f"{here}.hostnames[{place}]", host, said) for said in names.dns_subdomain(host)]
    found = spec.get("dnsConfig") or {}
    servers = found.get("nameservers") or []
    if spec.get("dnsPolicy") == "None" and not servers:
        if "dnsConfig" in spec:
            said = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            errors.append(required(f"{at}.dnsConfig.nameservers", said))
        else:
            errors.append(required(f"{at}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None"))
    if len(servers) > 3:
        errors.append(invalid_value(f"{at}.dnsConfig.nameservers", servers, "must not have more than 3 nameservers"))
    errors += [
        invalid_value(f"{at}.dnsConfig.nameservers[{number}]", server, _ADDRESS)
        for number, server in enumerate(servers)
        if not _is_address(server)
    ]
    return errors


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _gates_and_system(spec: Obj, at: str) -> list[FieldError]:
    """Its readiness gates, and the system that it is for."""
    errors: list[FieldError] = []
    for number, each in enumerate(spec.get("readinessGates") or ()):
        kind = each.get("conditionType") or ""
        errors += [
            invalid_value(f"{at}.readinessGates[{number}].conditionType", kind, said)
            for said in names.qualified_name(kind)
        ]
    name = (spec.get("os") or {}).get("name")
    if name and name not in ("linux", "windows"):
        errors.append(not_supported(f"{at}.os", name, ("linux", "windows")))
    return errors


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
            errors += own_name(container, here, seen)
            errors += container_rules(container, here, volumes, host_network=bool(spec.get("hostNetwork")))
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
    errors += scheduling(spec, at)
    errors += _identity(spec, at)
    errors += _dns(spec, at)
    return errors + _gates_and_system(spec, at)


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
