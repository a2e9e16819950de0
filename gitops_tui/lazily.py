"""Names of a package that are imported when somebody asks for them (PEP 562): a command starts with what it needs alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def names(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__`. places: name -> the module that has it."""

    def find(name: str) -> Any:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(place), name)

    return find
