"""More rules of pods (kubernetes/kubernetes pkg/apis/core/validation): where they run, as whom, and how they are reached."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import invalid_value, not_found_value, not_supported, required
from gitops_tui.demo.rules.numbers import label_selector
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_MOST = 2**31 - 1
_SYSCTL = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
_RANGE = f"must be between 0 and {_MOST}, inclusive"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def _ids(context: Obj, at: str, *fields: str) -> list[FieldError]:
    return [
        invalid_value(f"{at}.{field}", context[field], _RANGE)
        for field in fields
        if isinstance(context.get(field), int) and not 0 <= context[field] <= _MOST
    ]


def _go(context: Obj) -> Obj:
    """A security context as refusals show it: all fields, in Go's names."""
    return {name: context.get(f"{name[0].lower()}{name[1:]}") for name in _CONTEXT}


_CONTEXT = (
    *("Capabilities", "Privileged", "SELinuxOptions", "WindowsOptions", "RunAsUser", "RunAsGroup", "RunAsNonRoot"),
    *("ReadOnlyRootFilesystem", "AllowPrivilegeEscalation", "ProcMount", "SeccompProfile", "AppArmorProfile"),
)


def container(found: Obj, at: str, volumes: set[str], *, host_network: bool) -> list[FieldError]:
    """What is wrong with a container besides what `pods` looks at. volumes: names of the pod's."""
    errors: list[FieldError] = []
    image = found.get("image") or ""
    if image != image.strip():
        errors.append(invalid_value(f"{at}.image", image, "must not have leading or trailing whitespace"))
    context = found.get("securityContext") or {}
    errors += _ids(context, f"{at}.securityContext", "runAsUser", "runAsGroup")
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        said = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        errors.append(invalid_value(f"{at}.securityContext", _go(context), said))
    if host_network:
        for number, port in enumerate(found.get("ports") or ()):
            if port.get("hostPort") and port["hostPort"] != port.get("containerPort"):
                said = "must match `containerPort` when `hostNetwork` is true"
                errors.append(invalid_value(f"{at}.ports[{number}].hostPort", port["hostPort"], said))
    for hook in ("postStart", "preStop"):
        handler = (found.get("lifecycle") or {}).get(hook)
        if handler is None:
            continue
        if not any(handler.get(kind) is not None for kind in ("exec", "httpGet", "tcpSocket", "sleep")):
            errors.append(required(f"{at}.lifecycle.{hook}", "must specify a handler type"))
        elif handler.get("exec") is not None and not handler["exec"].get("command"):
            errors.append(required(f"{at}.lifecycle.{hook}.exec.command"))
    for number, device in enumerate(found.get("volumeDevices") or ()):
        here = f"{at}.volumeDevices[{number}]"
        if device.get("name") not in volumes:
            errors.append(not_found_value(f"{here}.name", device.get("name") or ""))
        if not device.get("devicePath"):
            errors.append(required(f"{here}.devicePath"))
    return errors


def pod(spec: Obj, at: str) -> list[FieldError]:
    """What is wrong with a pod's spec besides its containers and volumes."""
    errors: list[FieldError] = []
    for number, each in enumerate(spec.get("tolerations") or ()):
        errors += _toleration(each, f"{at}.tolerations[{number}]")
    errors += _affinity(spec.get("affinity") or {}, f"{at}.affinity")
    for number, each in enumerate(spec.get("topologySpreadConstraints") or ()):
        errors += _spread(each, f"{at}.topologySpreadConstraints[{number}]")
    for field, rule in (
        ("hostname", names.dns_label),
        ("subdomain", names.dns_label),
        ("nodeName", names.dns_subdomain),
    ):
        if value := spec.get(field):
            errors += [invalid_value(f"{at}.{field}", value, said) for said in rule(value)]
    context = spec.get("securityContext") or {}
    errors += _ids(context, f"{at}.securityContext", "runAsUser", "runAsGroup", "fsGroup")
    for number, each in enumerate(context.get("sysctls") or ()):
        name = each.get("name") or ""
        if not re.match(_SYSCTL, name):
            said = f"must have at most 253 characters and match regex {_SYSCTL}"
            errors.append(invalid_value(f"{at}.securityContext.sysctls[{number}].name", name, said))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        said = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid_value(f"{at}.shareProcessNamespace", True, said))
    errors += _reached(spec, at)
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


def _reached(spec: Obj, at: str) -> list[FieldError]:
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


def _toleration(found: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    key, operator, value = found.get("key") or "", found.get("operator") or "", found.get("value") or ""
    effect = found.get("effect") or ""
    errors += [invalid_value(f"{at}.key", key, said) for said in names.qualified_name(key) if key]
    if not key and operator != "Exists":
        said = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        errors.append(invalid_value(f"{at}.operator", operator, said))
    if found.get("tolerationSeconds") is not None and effect != "NoExecute":
        errors.append(
            invalid_value(f"{at}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        )
    if operator in ("Equal", ""):
        errors += [invalid_value(f"{at}.operator", value, said) for said in names.label_value(value)]
    elif operator == "Exists":
        if value:
            errors.append(invalid_value(f"{at}.operator", value, "value must be empty when `operator` is 'Exists'"))
    else:
        errors.append(not_supported(f"{at}.operator", operator, ("Equal", "Exists")))
    if effect and effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
        listed = ("NoSchedule", "PreferNoSchedule", "NoExecute")
        errors.append(not_supported(f"{at}.effect", effect, listed, keep_order=True))
    return errors


def _affinity(found: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    node = (found.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if node is not None:
        here = f"{at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        if not node.get("nodeSelectorTerms"):
            errors.append(required(here, "must have at least one node selector term"))
        for number, term in enumerate(node.get("nodeSelectorTerms") or ()):
            for place, each in enumerate(term.get("matchExpressions") or ()):
                if each.get("operator") in ("In", "NotIn") and not each.get("values"):
                    said = "must be specified when `operator` is 'In' or 'NotIn'"
                    errors.append(required(f"{here}[{number}].matchExpressions[{place}].values", said))
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = found.get(kind) or {}
        asked = "requiredDuringSchedulingIgnoredDuringExecution"
        for number, term in enumerate(terms.get(asked) or ()):
            errors += _term(term, f"{at}.{kind}.{asked}[{number}]")
        wished = "preferredDuringSchedulingIgnoredDuringExecution"
        for number, each in enumerate(terms.get(wished) or ()):
            here = f"{at}.{kind}.{wished}[{number}]"
            if not 1 <= (each.get("weight") or 0) <= 100:
                errors.append(invalid_value(f"{here}.weight", each.get("weight") or 0, "must be in the range 1-100"))
            errors += _term(each.get("podAffinityTerm") or {}, f"{here}.podAffinityTerm")
    return errors


def _term(term: Obj, at: str) -> list[FieldError]:
    errors = label_selector(term.get("labelSelector"), f"{at}.labelSelector")
    key = term.get("topologyKey") or ""
    if not key:
        errors.append(required(f"{at}.topologyKey", "can not be empty"))
    return errors + [invalid_value(f"{at}.topologyKey", key, said) for said in names.qualified_name(key)]


def _spread(found: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if (found.get("maxSkew") or 0) <= 0:
        errors.append(invalid_value(f"{at}.maxSkew", found.get("maxSkew") or 0, "must be greater than zero"))
    if not found.get("topologyKey"):
        errors.append(required(f"{at}.topologyKey", "can not be empty"))
    when = found.get("whenUnsatisfiable") or ""
    if when not in ("DoNotSchedule", "ScheduleAnyway"):
        errors.append(not_supported(f"{at}.whenUnsatisfiable", when, ("DoNotSchedule", "ScheduleAnyway")))
    return errors
