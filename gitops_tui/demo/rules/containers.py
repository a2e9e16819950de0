"""Validation of containers (kubernetes/kubernetes pkg/apis/core/validation), the rules that people meet."""

from __future__ import annotations

import re
from typing import Any

from gitops_tui.demo.registry.quantity import canonical
from gitops_tui.demo.rules import names
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
_FIELD_PATHS = re.compile(
    r"^(metadata\.(name|namespace|uid|labels|annotations)(\['[^']+'\])?"
    r"|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$"
)
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_MOST = 2**31 - 1
_RANGE = f"must be between 0 and {_MOST}, inclusive"


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


def owner_ids(context: Obj, at: str, *fields: str) -> list[FieldError]:
    """What is wrong with those fields of a security context: the users and groups that things run as or belong to."""
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


def _security(context: Obj, at: str) -> list[FieldError]:
    errors = owner_ids(context, at, "runAsUser", "runAsGroup")
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        said = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        errors.append(invalid_value(at, _go(context), said))
    return errors


def _host_ports(container: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, port in enumerate(container.get("ports") or ()):
        if port.get("hostPort") and port["hostPort"] != port.get("containerPort"):
            said = "must match `containerPort` when `hostNetwork` is true"
            errors.append(invalid_value(f"{at}.ports[{number}].hostPort", port["hostPort"], said))
    return errors


def _lifecycle(hooks: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for hook in ("postStart", "preStop"):
        handler = hooks.get(hook)
        if handler is None:
            continue
        if not any(handler.get(kind) is not None for kind in ("exec", "httpGet", "tcpSocket", "sleep")):
            errors.append(required(f"{at}.{hook}", "must specify a handler type"))
        elif handler.get("exec") is not None and not handler["exec"].get("command"):
            errors.append(required(f"{at}.{hook}.exec.command"))
    return errors


def _devices(container: Obj, volumes: set[str], at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, device in enumerate(container.get("volumeDevices") or ()):
        here = f"{at}.volumeDevices[{number}]"
        if device.get("name") not in volumes:
            errors.append(not_found_value(f"{here}.name", device.get("name") or ""))
        if not device.get("devicePath"):
            errors.append(required(f"{here}.devicePath"))
    return errors


def container(container: Obj, at: str, volumes: set[str], *, host_network: bool) -> list[FieldError]:
    """What is wrong with a container. volumes: names of the pod's; host_network: it is in its node's."""
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
    image = container.get("image") or ""
    if image != image.strip():
        errors.append(invalid_value(f"{at}.image", image, "must not have leading or trailing whitespace"))
    errors += _security(container.get("securityContext") or {}, f"{at}.securityContext")
    if host_network:
        errors += _host_ports(container, at)
    errors += _lifecycle(container.get("lifecycle") or {}, f"{at}.lifecycle")
    return errors + _devices(container, volumes, at)
