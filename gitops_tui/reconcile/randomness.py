"""Fields that a source renders otherwise each time: no drift, and a sync leaves what stands there.

What was generated once (a password, a certificate) is in use; a new one at each sync would break what uses it, without a word
in the plan, since what differs says nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.jsonpointer import steps_of
from gitops_tui.model.manifest import Manifest
from gitops_tui.records import replace

SOURCE = "rendered at random"
_GONE = object()


def random_rules(manifest: Manifest | None) -> tuple[IgnoreRule, ...]:
    """The rule that hides an object's random fields."""
    if manifest is None or not manifest.random:
        return ()
    key = manifest.key
    return (IgnoreRule(key.group, key.kind, _exactly(key.name), "", json_pointers=manifest.random, source=SOURCE),)


def keeping(manifest: Manifest, live: Mapping[str, Any] | None) -> Manifest:
    """The manifest with what the cluster has in its random fields; where it has nothing, with what was rendered."""
    if not manifest.random or live is None:
        return manifest
    made = copy.deepcopy(manifest.obj)
    for pointer in manifest.random:
        steps = steps_of(pointer)
        if not steps:
            continue
        if manifest.key.kind == "Secret" and steps[0] == "stringData" and len(steps) == 2:
            there = (live.get("data") or {}).get(steps[1])
            if there is not None and steps[1] in (made.get("stringData") or {}):
                del made["stringData"][steps[1]]
                made["data"] = {**(made.get("data") or {}), steps[1]: there}
        elif (there := _look(live, steps)) is not _GONE:
            above = _look(made, steps[:-1])
            if isinstance(above, dict) and steps[-1] in above:
                above[steps[-1]] = there
            elif isinstance(above, list) and int(steps[-1]) < len(above):
                above[int(steps[-1])] = there
    if not made.get("stringData", True):
        del made["stringData"]
    return replace(manifest, obj=made)


def _look(obj: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(obj, Mapping) and step in obj:
            obj = obj[step]
        elif isinstance(obj, list) and step.isdigit() and int(step) < len(obj):
            obj = obj[int(step)]
        else:
            return _GONE
    return obj


def _exactly(name: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)
