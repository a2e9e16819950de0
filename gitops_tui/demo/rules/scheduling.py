"""Validation of where pods may run: tolerations, affinity, spread (kubernetes/kubernetes pkg/apis/core/validation)."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import invalid_value, not_supported, required
from gitops_tui.demo.rules.numbers import label_selector
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]


def scheduling(spec: Obj, at: str) -> list[FieldError]:
    """What is wrong with how a pod's spec picks its node."""
    errors: list[FieldError] = []
    for number, each in enumerate(spec.get("tolerations") or ()):
        errors += _toleration(each, f"{at}.tolerations[{number}]")
    errors += _affinity(spec.get("affinity") or {}, f"{at}.affinity")
    for number, each in enumerate(spec.get("topologySpreadConstraints") or ()):
        errors += _spread(each, f"{at}.topologySpreadConstraints[{number}]")
    return errors


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
