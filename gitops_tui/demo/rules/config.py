"""Validation of ConfigMaps, Secrets, claims, and RBAC."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import (
    IMMUTABLE,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from gitops_tui.demo.rules.numbers import quantity_value
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_LIMIT = 1024 * 1024
_REDACTED = "<secret contents redacted>"


def config_map(obj: Obj) -> list[FieldError]:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    errors: list[FieldError] = []
    size = 0
    for key, value in sorted(data.items()):
        errors += [invalid_value(f"data[{key}]", key, said) for said in names.config_map_key(key)]
        if key in binary:
            errors.append(invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData"))
        size += len(value.encode())
    for key, value in sorted(binary.items()):
        errors += [invalid_value(f"binaryData[{key}]", key, said) for said in names.config_map_key(key)]
        size += len(value) * 3 // 4
    if size > _LIMIT:
        errors.append(FieldError("FieldValueTooLong", "[]", f"Too long: may not be more than {_LIMIT} bytes"))
    return errors


def _immutable(new: Obj, old: Obj, *fields: str) -> list[FieldError]:
    if not old.get("immutable"):
        return []
    said = "field is immutable when `immutable` is set"
    errors = [forbidden_field("immutable", said)] if not new.get("immutable") else []
    return errors + [forbidden_field(name, said) for name in fields if new.get(name) != old.get(name)]


def config_map_update(new: Obj, old: Obj) -> list[FieldError]:
    return _immutable(new, old, "data", "binaryData")


def _plain(data: Obj, key: str) -> bytes:
    return base64.b64decode(data.get(key) or "")


def secret(obj: Obj) -> list[FieldError]:
    data = obj.get("data") or {}
    errors: list[FieldError] = []
    for key in sorted(data):
        errors += [invalid_value(f"data[{key}]", key, said) for said in names.config_map_key(key)]
    if sum(len(value) * 3 // 4 for value in data.values()) > _LIMIT:
        errors.append(FieldError("FieldValueTooLong", "data", f"Too long: may not be more than {_LIMIT} bytes"))
    kind = obj.get("type")
    if kind == "kubernetes.io/service-account-token":
        notes = (obj.get("metadata") or {}).get("annotations") or {}
        if not notes.get("kubernetes.io/service-account.name"):
            errors.append(required("metadata.annotations[kubernetes.io/service-account.name]"))
    for type_, key in (
        ("kubernetes.io/dockercfg", ".dockercfg"),
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
    ):
        if kind != type_:
            continue
        if key not in data:
            errors.append(required(f"data[{key}]"))
            continue
        try:
            orjson.loads(_plain(data, key))
        except orjson.JSONDecodeError:
            text = _plain(data, key).decode("utf-8", "replace")
            said = (
                f"invalid character '{text[:1]}' looking for beginning of value"
                if text
                else "unexpected end of JSON input"
            )
            errors.append(invalid_value(f"data[{key}]", _REDACTED, said))
    if kind == "kubernetes.io/basic-auth" and "username" not in data and "password" not in data:
        errors += [required("data[username]"), required("data[password]")]
    if kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        errors.append(required("data[ssh-privatekey]"))
    if kind == "kubernetes.io/tls":
        errors += [required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data]
    return errors


def secret_update(new: Obj, old: Obj) -> list[FieldError]:
    errors = []
    if new.get("type") != old.get("type"):
        errors.append(invalid_value("type", new.get("type", ""), IMMUTABLE))
    return errors + _immutable(new, old, "data")


_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def claim(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    modes = spec.get("accessModes") or []
    if not modes:
        errors.append(required("spec.accessModes", "at least 1 access mode is required"))
    errors += [not_supported("spec.accessModes", mode, _MODES) for mode in modes if mode not in _MODES]
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if storage is None:
        errors.append(required("spec.resources[storage]"))
    elif quantity_value(storage) <= 0:
        errors.append(invalid_value("spec.resources[storage]", storage, "must be greater than zero"))
    if name := spec.get("storageClassName"):
        errors += [invalid_value("spec.storageClassName", name, said) for said in names.dns_subdomain(name)]
    if spec.get("volumeMode") not in (None, "Block", "Filesystem"):
        errors.append(not_supported("spec.volumeMode", spec["volumeMode"], ("Block", "Filesystem")))
    return errors


def claim_update(new: Obj, old: Obj) -> list[FieldError]:
    after, before = dict(new.get("spec") or {}), dict(old.get("spec") or {})
    bound = (old.get("status") or {}).get("phase") == "Bound"
    if not before.get("volumeName"):
        before["volumeName"] = after.get("volumeName")
    if bound:
        for spec in (after, before):
            spec.pop("volumeAttributesClassName", None)
            resources = dict(spec.get("resources") or {})
            resources.pop("requests", None)
            spec["resources"] = resources
    if before.get("volumeName") is None:
        before.pop("volumeName", None)
    if after != before:
        said = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        return [forbidden_field("spec", said)]
    return []


_VOLUME_FIELDS = {
    *("accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy"),
    *("storageClassName", "volumeAttributesClassName", "volumeMode"),
}


def persistent_volume(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    modes = spec.get("accessModes") or []
    if not modes:
        errors.append(required("spec.accessModes"))
    errors += [not_supported("spec.accessModes", mode, _MODES) for mode in modes if mode not in _MODES]
    if not spec.get("capacity"):
        errors.append(required("spec.capacity"))
    if not set(spec) - _VOLUME_FIELDS:
        errors.append(required("spec", "must specify a volume type"))
    return errors


def _rule(rule: Obj, at: str, *, namespaced: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    urls = rule.get("nonResourceURLs") or []
    if urls:
        if namespaced:
            said = "namespaced rules cannot apply to non-resource URLs"
            errors.append(invalid_value(f"{at}.nonResourceURLs", urls, said))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            said = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(invalid_value(f"{at}.nonResourceURLs", urls, said))
    else:
        if not rule.get("apiGroups"):
            errors.append(required(f"{at}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            errors.append(required(f"{at}.resources", "resource rules must supply at least one resource"))
    return errors


def role(obj: Obj) -> list[FieldError]:
    namespaced = obj.get("kind") == "Role"
    rules = obj.get("rules") or []
    errors: list[FieldError] = []
    for number, rule in enumerate(rules):
        errors += _rule(rule, f"rules[{number}]", namespaced=namespaced)
    return errors + [required(f"rules[{number}].verbs") for number, rule in enumerate(rules) if not rule.get("verbs")]


def role_binding(obj: Obj) -> list[FieldError]:
    ref = obj.get("roleRef") or {}
    errors: list[FieldError] = []
    kinds = ("Role", "ClusterRole") if obj.get("kind") == "RoleBinding" else ("ClusterRole",)
    if ref.get("kind") not in kinds:
        errors.append(not_supported("roleRef.kind", ref.get("kind", ""), kinds, keep_order=True))
    nameless = []
    if not ref.get("name"):
        errors.append(required("roleRef.name"))
    for number, subject in enumerate(obj.get("subjects") or ()):
        at = f"subjects[{number}]"
        kind, name = subject.get("kind"), subject.get("name") or ""
        if not name:
            nameless.append(required(f"{at}.name"))
        if kind == "ServiceAccount":
            if name:
                errors += [invalid_value(f"{at}.name", name, said) for said in names.dns_subdomain(name)]
            if obj.get("kind") == "ClusterRoleBinding" and not subject.get("namespace"):
                errors.append(required(f"{at}.namespace"))
        elif kind not in ("User", "Group"):
            listed = ("ServiceAccount", "User", "Group")
            errors.append(not_supported(f"{at}.kind", kind or "", listed, keep_order=True))
    return errors + nameless


def role_binding_update(new: Obj, old: Obj) -> list[FieldError]:
    after = new.get("roleRef") or {}
    if after != old.get("roleRef"):
        shown = {"APIGroup": after.get("apiGroup", ""), "Kind": after.get("kind", ""), "Name": after.get("name", "")}
        return [invalid_value("roleRef", shown, IMMUTABLE)]
    return []
