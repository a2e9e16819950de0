"""Go's view of values: what is true, how a value is printed, what numbers out of YAML are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


class _Missing:
    def __repr__(self) -> str:
        return "<no value>"


MISSING: Any = _Missing()


def truth(value: Any) -> bool:
    """text/template's IsTrue."""
    if value is MISSING or value is None:
        return False
    if isinstance(value, str | list | tuple | Mapping):
        return len(value) > 0
    return bool(value)


def show(value: Any) -> str:
    """As Go prints a value with %v."""
    if value is MISSING or value is None:
        return "<no value>"
    return inner(value)


def inner(value: Any) -> str:
    """As %v prints it inside another value, or in printf."""
    if value is None or value is MISSING:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return show_float(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{inner(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list | tuple):
        return "[" + " ".join(map(inner, value)) + "]"
    return str(value)


def show_float(value: float) -> str:
    """Go's shortest %g: 3, 0.5, 1e+06."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    digits = mantissa.replace("-", "").replace(".", "").lstrip("0")
    whole = mantissa.lstrip("-").split(".")[0]
    if exponent:
        power = int(exponent)
    elif whole.strip("0"):
        power = len(whole) - 1
    else:
        fraction = mantissa.split(".")[1] if "." in mantissa else ""
        power = -(len(fraction) - len(fraction.lstrip("0")) + 1) if fraction.strip("0") else 0
    digits = digits.rstrip("0") or "0"
    sign = "-" if text.startswith("-") else ""
    if power < -4 or power >= 6:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{'+' if power >= 0 else '-'}{abs(power):02d}"
    return text.removesuffix(".0")


def as_json(value: Any) -> Any:
    """Values as Go's JSON reads them into interfaces: every number is a float64."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return value
