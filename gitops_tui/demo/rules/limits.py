"""Validation of ResourceQuotas and LimitRanges (kubernetes/kubernetes pkg/apis/core/validation)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.rules.findings import invalid_value
from gitops_tui.demo.rules.numbers import quantity_value
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_STANDARD = {
    *("cpu", "memory", "ephemeral-storage", "pods", "services", "replicationcontrollers", "resourcequotas", "secrets"),
    *("configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers", "requests.storage"),
    *(f"{part}.{name}" for part in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")),
}


def quota(obj: Obj) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, value in sorted(((obj.get("spec") or {}).get("hard") or {}).items()):
        at = f"spec.hard[{name}]"
        if "/" not in name and name not in _STANDARD and not name.startswith(("requests.", "limits.", "count/")):
            errors.append(invalid_value(at, name, "must be a standard resource type or fully qualified"))
            errors.append(invalid_value(at, name, "must be a standard resource for quota"))
        if quantity_value(value) < 0:
            errors.append(invalid_value(at, str(value), "must be greater than or equal to 0"))
    return errors


def limit_range(obj: Obj) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, item in enumerate((obj.get("spec") or {}).get("limits") or ()):
        at = f"spec.limits[{number}]"
        parts = {name: item.get(name) or {} for name in ("min", "max", "default", "defaultRequest")}
        for name in sorted(set().union(*parts.values())):
            least, most, usual, asked = (parts[part].get(name) for part in ("min", "max", "default", "defaultRequest"))
            for lower, upper, field, first, second in (
                (least, most, "min", "min value", "max value"),
                (least, asked, "defaultRequest", "min value", "default request value"),
                (asked, most, "defaultRequest", "default request value", "max value"),
                (asked, usual, "defaultRequest", "default request value", "default limit value"),
                (least, usual, "default", "min value", "default value"),
                (usual, most, "default", "default value", "max value"),
            ):
                if lower is None or upper is None or quantity_value(lower) <= quantity_value(upper):
                    continue
                shown = upper if field == "default" else lower
                errors.append(
                    invalid_value(
                        f"{at}.{field}[{name}]", str(shown), f"{first} {lower} is greater than {second} {upper}"
                    )
                )
    return errors
