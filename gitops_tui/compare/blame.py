"""Who did it, in words, and which side moved since the last sync."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gitops_tui.compare.compare import CLIENT_MANAGERS, compare, node_for, walked
from gitops_tui.compare.defaults import comes_back
from gitops_tui.compare.ignore import without_ignored
from gitops_tui.compare.looking import Looker, node_at
from gitops_tui.compare.ownership import Step, set_by_alone
from gitops_tui.compare.show import Masks, clean_live, masked_keys
from gitops_tui.compare.values import normalised, same
from gitops_tui.compare.walk import equal, live_only
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import ABSENT, Drift, DriftKind, FieldDifference, FieldMove, Moved, Owner, Reason
from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import replace
from gitops_tui.schema import Node, SchemaSet
from gitops_tui.settings import FIELD_MANAGER


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


def earliest(differences: Sequence[FieldDifference]) -> Owner | None:
    """The owner who changed one of these fields first, by the times that there are; without any time as `latest`."""
    best = latest(differences)
    for each in differences:
        owner = each.live_owner
        if best is not None and best.time is not None and owner is not None and owner.time is not None:
            best = owner if owner.time < best.time else best
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
        # What the last sync left there, since it was not to prune it, nobody has moved.
        return Moved.GIT if synced is not None else Moved.NONE
    if drift.kind is DriftKind.MISSING:
        return Moved.CLUSTER if synced is not None else Moved.GIT
    if synced is None or desired is None or live is None:
        return Moved.GIT
    git = _says_otherwise(synced, desired, schema, ignore)
    # What nobody but we set is as the last sync made it, whatever the cluster's admission made of Git's value.
    found = compare(synced, live, schema=schema, ignore=ignore, client_managers=client_managers).differences
    cluster = any(each.live_owner is None or each.live_owner.manager != FIELD_MANAGER for each in found)
    if not git and not cluster:
        # Neither has in Kubernetes' eyes, as where Git now sets what the API server had chosen.
        git = not same(normalised(synced), normalised(desired))
    return _side(git, cluster)


def _side(git: bool, cluster: bool) -> Moved:
    if git and cluster:
        return Moved.BOTH
    return Moved.GIT if git else Moved.CLUSTER


def _says_otherwise(
    synced: Mapping[str, Any],
    desired: Mapping[str, Any],
    schema: SchemaSet | Node | Mapping[str, Any] | None,
    ignore: Sequence[IgnoreRule],
) -> bool:
    """Whether Git says something else now, in Kubernetes' eyes: a default written out or left out is the same."""
    before, now = normalised(synced), normalised(desired)
    if same(before, now):
        return False
    node, key = node_for(schema, desired), ResourceKey.of(dict(desired))
    before, now = (clean_live(without_ignored(side, ignore, key)) for side in (before, now))
    if any(each.reason is not Reason.NOT_LIVE for each, _ in walked(now, before, node).found):
        return True
    return any(True for one, other in ((now, before), (before, now)) for _ in live_only(one, other, node, False, 0))


def three_way(
    synced: Mapping[str, Any] | None,
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    drift: Drift,
    *,
    schema: SchemaSet | Node | Mapping[str, Any] | None = None,
    client_managers: Sequence[str] = CLIENT_MANAGERS,
    mask_keys: Sequence[str] = (),
) -> tuple[FieldMove, ...]:
    """What Git said at the last sync, says now, and what the cluster has, for each difference of a verdict on `desired`
    and `live`. Values that the verdict masks are masked, and those of the last sync by the same rules (mask_keys)."""
    node = node_for(schema, desired)
    walk = walked(normalised(desired), normalised(live, desired), node, client_managers=client_managers)
    places = {difference.path: (difference, steps) for difference, steps in walk.found}
    before = normalised(synced) if synced is not None else {}
    masks = Masks()
    # One mark means one value, here and in the verdict.
    masks.learn_from((*drift.differences, *drift.hidden), walk.desired, walk.live)
    keys = None if desired.get("kind") == "Secret" else (*drift.masked, *masked_keys(mask_keys, synced))
    look_before, look_git, look_live = (Looker(side, node) for side in (before, walk.desired, walk.live))
    made = []
    for each in drift.differences:
        found = places.get(each.path)
        if found is None:
            continue
        bare, steps = found
        last = look_before(steps)
        around = look_before(steps[:-1])
        git, cluster = (not _as_before(last, look(steps), node, steps, around) for look in (look_git, look_live))
        cluster = cluster and not set_by_alone(walk.entries, steps, FIELD_MANAGER)
        moved = _side(git or (not cluster and not same(last, look_git(steps))), cluster)
        if keys is None or keys:
            last = masks.differences([replace(bare, desired=last, live=ABSENT)], keys)[0].desired
        made.append(FieldMove(each.path, last, each.desired, each.live, moved))
    return tuple(made)


def _as_before(last: Any, now: Any, node: Node | None, steps: tuple[Step, ...], around: Any) -> bool:
    """Whether a field is as Git had it at the last sync, in Kubernetes' eyes. around: what Git had beside it."""
    if same(last, now):
        return True
    kind, name = steps[-1]
    below = node_at(node, steps)
    if last is ABSENT or now is ABSENT:
        # One of them may be the default of the other.
        return kind == "f" and comes_back(now if last is ABSENT else last, below, str(name), around)
    return equal(last, now, below, exact=False)
