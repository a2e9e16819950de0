"""Many objects in sync, as Git has them and as an API server gave them back (recorded from a real one)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "data" / "recorded.json"
# How often a kind comes, so that it is a mix as applications have it. The order is that of `zoo.ALL`.
_WEIGHTS = {"Deployment": 4, "ConfigMap": 5, "Service": 5, "Secret": 3, "ServiceAccount": 3, "Ingress": 2}


def recorded() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """One pair of each kind, in the order of `zoo.ALL`."""
    return [(desired, live) for desired, live in json.loads(RECORDED.read_text())]


def pairs(many: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """`many` pairs (desired, live), no two of which share a dict."""
    chosen = [pair for pair in recorded() for _ in range(_WEIGHTS.get(pair[0]["kind"], 1))]
    made = []
    for number in range(many):
        desired, live = copy.deepcopy(chosen[number % len(chosen)])
        for side in (desired, live):
            side["metadata"]["name"] = f"object-{number}"
        made.append((desired, live))
    return made
