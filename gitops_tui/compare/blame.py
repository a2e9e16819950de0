"""Who did it, in words, and which side moved since the last sync."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gitops_tui.compare.compare import CLIENT_MANAGERS, compare
from gitops_tui.compare.values import normalised, same
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import Drift, DriftKind, FieldDifference, Moved, Owner
from gitops_tui.schema import Node, SchemaSet

# Where people are told apart, their names follow the tool's in the field manager ("kubectl-edit:dana@example.com").
_BY = re.compile(
    r"^(kubectl(?:-(?:edit|client-side-apply|apply|patch|create|replace|annotate|label|set|scale|rollout|run"
    r"|expose|autoscale|taint))?)[-:/@ _(]+([^()]+)\)?$"
)


def who(owner: Owner) -> str:
    """An owner as people say it: "kubectl-edit", "kubectl-edit by dana", "HorizontalPodAutoscaler"."""
    manager = owner.manager
    if owner.subresource == "scale":
        if manager == "kube-controller-manager":
            return "HorizontalPodAutoscaler"
        if manager == "kubectl":
            return "kubectl scale"
    if found := _BY.match(manager):
        return f"{found[1]} by {found[2].strip()}"
    return manager


def latest(differences: Iterable[FieldDifference]) -> Owner | None:
    """The owner who changed one of these fields last; of those without a time any one, None where nobody is known."""
    best: Owner | None = None
    for each in differences:
        owner = each.live_owner
        if owner is None:
            continue
        if best is None or (owner.time is not None and (best.time is None or owner.time > best.time)):
            best = owner
    return best


def newest_entry(live: Mapping[str, Any]) -> datetime | None:
    """When anybody last changed the object (status aside), by managedFields."""
    from gitops_tui.compare.ownership import entries

    times = [each.owner.time for each in entries(live) if each.owner.time and each.owner.subresource != "status"]
    return max(times, default=None)


def which_moved(
    synced: Mapping[str, Any] | None,
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    drift: Drift,
    *,
    schema: SchemaSet | Node | Mapping[str, Any] | None = None,
    ignore: Sequence[IgnoreRule] = (),
    client_managers: Sequence[str] = CLIENT_MANAGERS,
) -> Moved:
    """Which side moved since the last sync. synced: what Git said then, None where it had no such object."""
    if not drift.is_drifted:
        return Moved.NONE
    if drift.kind is DriftKind.EXTRA:
        return Moved.GIT if synced is not None else Moved.CLUSTER
    if drift.kind is DriftKind.MISSING:
        return Moved.CLUSTER if synced is not None else Moved.GIT
    if synced is None or desired is None or live is None:
        return Moved.GIT
    git = not same(normalised(synced), normalised(desired))
    cluster = compare(synced, live, schema=schema, ignore=ignore, client_managers=client_managers).is_drifted
    if git and cluster:
        return Moved.BOTH
    return Moved.GIT if git else Moved.CLUSTER
