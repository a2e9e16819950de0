"""When two values are one in Kubernetes' eyes: quantities, int-or-string, base64, times; and what kinds normalise."""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from gitops_tui.model.text import spelt
from gitops_tui.schema import Node

_QUANTITY = re.compile(
    r"^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$"
)
_NANO: Final = 10**9
# Above it what is written with a binary suffix is cut.
_MOST: Final = 2**63 - 1
_TIME = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})\Z")
_SUFFIX: Final = {
    **{name: Fraction(1024) ** (rank + 1) for rank, name in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))},
    **{name: Fraction(1000) ** (rank + 1) for rank, name in enumerate(("k", "M", "G", "T", "P", "E"))},
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
}


_ONE: Final = Fraction(1)


@lru_cache(maxsize=4096)
def quantity(text: str) -> Fraction | None:
    """The amount that a Kubernetes quantity stands for, None for what isn't one: rounded up to a billionth, as it is
    stored (k8s.io/apimachinery/pkg/api/resource)."""
    found = _QUANTITY.match(text.strip()) if len(text) <= 64 else None
    if found is None:
        return None
    number = Fraction(found[1] if not found[1].endswith(".") else found[1] + "0")
    if found[2]:
        return _up(number * Fraction(10) ** int(found[2][1:]), _NANO)
    if not found[3]:
        return _up(number, _NANO)
    amount = _up(number * _SUFFIX[found[3]], _NANO)
    return max(-_MOST * _ONE, min(amount, _MOST * _ONE)) if found[3][-1] == "i" else amount


def _up(amount: Fraction, parts: int) -> Fraction:
    """Rounded to so many parts of one, away from nought."""
    if amount.denominator <= parts and parts % amount.denominator == 0:
        return amount
    whole = math.ceil(abs(amount) * parts)
    return Fraction(whole if amount > 0 else -whole, parts)


def _text(value: Any) -> str | None:
    """A scalar as the API server's quantities and int-or-strings read it; None for what can't be one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > 63:
        # The API server reads so large a number as a float.
        return repr(float(value)) if value.bit_length() < 1000 else None
    return str(value)


def _amount(value: Any) -> Fraction | None:
    text = _text(value)
    return quantity(text) if text is not None else None


def _bytes(value: str) -> bytes | str:
    # Go's decoder passes over line breaks and nothing else.
    try:
        return b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return value


def _moment(value: str, fine: bool) -> datetime | str:
    """fine: to the microsecond (MicroTime); a Time is stored in whole seconds."""
    try:
        found = datetime.fromisoformat(value) if _TIME.match(value) else value
    except ValueError:
        return value
    return found.replace(microsecond=0) if isinstance(found, datetime) and not fine else found


def same_number(one: float, other: float) -> bool:
    """Numbers as JSON has them: 1 is 1.0; not-a-number is itself."""
    return one == other or (one != one and other != other)  # noqa: PLR0124


def same_scalar(desired: Any, live: Any, node: Node | None) -> bool:
    """Whether two values that are no containers (or not both) are equal in Kubernetes' eyes."""
    if desired is None or live is None:
        return desired is live
    if isinstance(desired, bool) or isinstance(live, bool):
        return desired is live
    if isinstance(desired, int | float) and isinstance(live, int | float):
        return same_number(desired, live)
    form = node.format if node is not None else ""
    if type(desired) is type(live) and desired == live:
        return True
    if not form:
        return False
    if form in ("quantity", "int-or-string"):
        text = _text(desired)
        if text is not None and text == _text(live):
            return True
        if form == "int-or-string" and node is not None and not node.custom:
            return False
        amount = _amount(desired)
        there = _amount(live)
        if amount is None or there is None or amount == there:
            return amount is not None and amount == there
        # In lists of resources the API server rounds up to thousandths.
        return node is not None and not node.custom and _of_resources(node) and _up(amount, 1000) == _up(there, 1000)
    if isinstance(desired, str) and isinstance(live, str) and node is not None and not node.custom:
        if form == "byte":
            return _bytes(desired) == _bytes(live)
        if form == "date-time":
            fine = node.reference.endswith(".MicroTime")
            return _moment(desired, fine) == _moment(live, fine)
    return False


def _of_resources(node: Node) -> bool:
    listed = node.owner
    # What a RuntimeClass adds is not rounded.
    return listed is not None and listed.is_map and (listed.owner is None or listed.owner.struct != "node.Overhead")


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are strictly equal (true is not 1), to any depth."""
    stack = [(left, right)]
    while stack:
        one, other = stack.pop()
        if one is other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            stack.extend((value, other[name]) for name, value in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif isinstance(one, bool) or isinstance(other, bool):
            if one is not other:
                return False
        elif isinstance(one, int | float) and isinstance(other, int | float):
            if not same_number(one, other):
                return False
        elif isinstance(one, dict | list) or isinstance(other, dict | list) or one != other:
            return False
    return True


def normalised(obj: Mapping[str, Any], git: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The object as the API server would store it, where a kind has rules of its own; never changes `obj`. git: what
    Git says of it, where `obj` is the cluster's side."""
    kind = obj.get("kind")
    if kind.__class__ is not str:
        return obj
    if kind == "ClusterRole":
        return _cluster_role(obj, obj if git is None else git)
    rule = _RULES.get(kind)
    return obj if rule is None else rule(obj)


def _cluster_role(obj: Mapping[str, Any], git: Mapping[str, Any]) -> Mapping[str, Any]:
    if str(obj.get("apiVersion") or "").startswith("rbac.authorization.k8s.io/") and git.get("aggregationRule"):
        # The controller fills the rules in; not where Git has rules and somebody else lets them be filled in.
        return {name: value for name, value in obj.items() if name != "rules"}
    return obj


def with_data(secret: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret with its `stringData` in `data`, as the API server stores it."""
    data, texts = secret.get("data"), secret.get("stringData")
    data = {} if data is None else data
    if secret.get("apiVersion") != "v1" or not isinstance(data, Mapping) or not isinstance(texts, Mapping | None):
        return secret
    if "stringData" not in secret and None not in data.values():
        return secret
    made = {key: value for key, value in secret.items() if key != "stringData"}
    if not data and not texts:
        return made
    both = {key: "" if value is None else value for key, value in data.items()}
    for key, value in (texts or {}).items():
        text = "" if value is None else value if isinstance(value, str) else spelt(value)
        both[key] = b64encode(text.encode("utf-8", "surrogatepass")).decode()
    return {**made, "data": both}


def _limit_range(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """A container's limits with what they default to (pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem)."""
    spec = obj.get("spec")
    limits = spec.get("limits") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(limits, list):
        return obj
    return {**obj, "spec": {**spec, "limits": [_limit(each) for each in limits]}}


def _limit(item: Any) -> Any:
    if not isinstance(item, Mapping) or item.get("type") != "Container":
        return item
    most, default, request, least = (item.get(name) or {} for name in ("max", "default", "defaultRequest", "min"))
    if not all(isinstance(each, Mapping) for each in (most, default, request, least)):
        return item
    default = {**most, **default}
    filled = {"default": default, "defaultRequest": {**least, **default, **request}}
    return {**item, **{name: value for name, value in filled.items() if value}}


def _service(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Service whose emptied targetPorts are what they default to (pkg/apis/core/v1/defaults.go, SetDefaults_Service)."""
    spec = obj.get("spec")
    ports = spec.get("ports") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(ports, list):
        return obj
    for each in ports:
        if isinstance(each, Mapping) and "targetPort" in each and not each["targetPort"]:
            break
    else:
        return obj
    filled = [
        {**each, "targetPort": each.get("port")}
        if isinstance(each, Mapping) and "targetPort" in each and not each["targetPort"]
        else each
        for each in ports
    ]
    return {**obj, "spec": {**spec, "ports": filled}}


def _pod(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Pod without the tolerations that admission gives each (plugin/pkg/admission/defaulttolerationseconds)."""
    spec = obj.get("spec")
    listed = spec.get("tolerations") if isinstance(spec, Mapping) else None
    if obj.get("apiVersion") != "v1" or not isinstance(spec, Mapping) or not isinstance(listed, list):
        return obj
    left = [each for each in listed if each not in _TOLERATED]
    return obj if len(left) == len(listed) else {**obj, "spec": {**spec, "tolerations": left}}


def _service_account(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """A ServiceAccount whose secrets are names (pkg/registry/core/serviceaccount/strategy.go, cleanSecretReferences)."""
    listed = obj.get("secrets")
    if obj.get("apiVersion") != "v1" or not isinstance(listed, list):
        return obj
    named = [{"name": each["name"]} if isinstance(each, Mapping) and each.get("name") else each for each in listed]
    return obj if named == listed else {**obj, "secrets": named}


_TOLERATED: Final = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]
_RULES: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "LimitRange": _limit_range,
    "Pod": _pod,
    "Secret": with_data,
    "Service": _service,
    "ServiceAccount": _service_account,
}
