"""Numbers, percentages and selectors in validations."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from gitops_tui.demo.registry.quantity import canonical
from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import forbidden_field, invalid_value, not_supported, required
from gitops_tui.demo.status import FieldError

_SUFFIX = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PARTS = re.compile(r"^([+-]?\d+)(?:e(\d+)|([a-zA-Z]*))$")
_PERCENT = re.compile(r"[0-9]+%")


@lru_cache(maxsize=4096)
def quantity_value(text: Any) -> Fraction:
    """The number that a quantity is."""
    found = _PARTS.match(canonical(str(text)))
    if found is None:
        return Fraction(0)
    number = Fraction(int(found[1]))
    if found[2]:
        return number * int(10 ** int(found[2]))
    suffix = found[3]
    if suffix.endswith("i"):
        return number * Fraction(1024 ** ("KMGTPE".index(suffix[0]) + 1))
    return (
        number * Fraction(10 ** _SUFFIX[suffix]) if suffix not in ("n", "u", "m") else number / 10 ** -_SUFFIX[suffix]
    )


def at_least(value: Any, least: int, field: str) -> list[FieldError]:
    if isinstance(value, int) and value < least:
        return [invalid_value(field, value, f"must be greater than or equal to {least}")]
    return []


def int_or_percent(value: Any, field: str) -> list[FieldError]:
    if isinstance(value, str):
        if not _PERCENT.fullmatch(value):
            said = (
                "a valid percent string must be a numeric string followed by an ending '%' "
                "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            )
            return [invalid_value(field, value, said)]
        return []
    return at_least(value, 0, field)


def not_over_100(value: Any, field: str) -> list[FieldError]:
    if isinstance(value, str) and _PERCENT.fullmatch(value) and int(value[:-1]) > 100:
        return [invalid_value(field, value, "must not be greater than 100%")]
    return []


def as_zero(value: Any) -> bool:
    """Whether an int-or-percent is nothing."""
    return value in (0, "0%", None)


def label_selector(selector: Any, field: str) -> list[FieldError]:
    """What is wrong with a LabelSelector."""
    if not isinstance(selector, dict):
        return []
    errors: list[FieldError] = []
    for key, value in sorted((selector.get("matchLabels") or {}).items()):
        errors += [invalid_value(f"{field}.matchLabels", key, said) for said in names.qualified_name(key)]
        errors += [invalid_value(f"{field}.matchLabels", value, said) for said in names.label_value(value)]
    for number, term in enumerate(selector.get("matchExpressions") or ()):
        here = f"{field}.matchExpressions[{number}]"
        operator, values = term.get("operator"), term.get("values")
        if operator in ("In", "NotIn"):
            if not values:
                errors.append(required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                errors.append(forbidden_field(f"{here}.values", said))
        else:
            errors.append(invalid_value(f"{here}.operator", operator or "", "not a valid selector operator"))
        key = term.get("key") or ""
        errors += [invalid_value(f"{here}.key", key, said) for said in names.qualified_name(key)]
    return errors


def selector_matches(selector: Any, labels: Any) -> bool:
    """Whether a LabelSelector takes these labels. No selector takes none, an empty one all."""
    if not isinstance(selector, dict):
        return False
    labels = labels or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or ():
        key, operator, values = term.get("key"), term.get("operator"), term.get("values") or []
        if operator == "In" and labels.get(key) not in values:
            return False
        if operator == "NotIn" and key in labels and labels[key] in values:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True


__all__ = ["as_zero", "at_least", "int_or_percent", "label_selector", "not_over_100", "not_supported", "quantity_value"]
