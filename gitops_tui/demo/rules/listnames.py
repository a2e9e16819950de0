"""The names of what stands in lists: containers, volumes, ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import duplicate, invalid_value, required
from gitops_tui.demo.status import FieldError


def own_name(item: Mapping[str, Any], at: str, seen: set[str]) -> list[FieldError]:
    """What is wrong with an item's name: it must be a label of its own. seen: those before it; it is added."""
    name = item.get("name") or ""
    place = f"{at}.name"
    known = name in seen
    seen.add(name)
    if not name:
        return [required(place)]
    if complaints := names.dns_label(name):
        return [invalid_value(place, name, said) for said in complaints]
    return [duplicate(place, name)] if known else []
