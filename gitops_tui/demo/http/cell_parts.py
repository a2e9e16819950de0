"""What the cells of all tables need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_tui.demo.http.ages import age

Obj = dict[str, Any]
Cells = Callable[[Obj, float], list[Any]]
NONE, UNSET = "<none>", "<unset>"


def created_age(obj: Obj, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def spec_of(obj: Obj) -> Obj:
    found = obj.get("spec")
    return found if isinstance(found, dict) else {}


def status_of(obj: Obj) -> Obj:
    found = obj.get("status")
    return found if isinstance(found, dict) else {}
