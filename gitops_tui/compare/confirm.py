"""The verdict once the API server's dry run has answered: it knows defaulting and webhooks.

What the dry run changes is what a sync would change. Differences that it doesn't bear out are none: the cluster's
admission makes the same of Git's value as is there already. What it changes beyond Git's own fields is the doing of a
webhook or of defaults, and no drift unless it is asked for (Argo CD, docs/user-guide/diff-strategies.md, "Mutation
Webhooks").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.compare.compare import CLIENT_MANAGERS, node_for, walked
from gitops_tui.compare.exact import Change, changes
from gitops_tui.compare.fields import is_note
from gitops_tui.compare.ignore import Rule, without_ignored
from gitops_tui.compare.looking import Looker, node_at
from gitops_tui.compare.ownership import Step, key_of
from gitops_tui.compare.show import Masks, clean_live, value_text, without_credentials
from gitops_tui.compare.values import normalised
from gitops_tui.compare.walk import equal
from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT, Absent, Drift, DriftKind, FieldDifference, Reason
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.text import spelt
from gitops_tui.records import replace
from gitops_tui.schema import Node, SchemaSet
from gitops_tui.settings import FIELD_MANAGER

ADMISSION = "the cluster's admission"


def confirm(
    drift: Drift,
    live: Mapping[str, Any],
    applied: Mapping[str, Any],
    *,
    desired: Mapping[str, Any] | None = None,
    schema: SchemaSet | Node | Mapping[str, Any] | None = None,
    field_manager: str = FIELD_MANAGER,
    client_managers: Sequence[str] = CLIENT_MANAGERS,
    ignore: Sequence[Rule] = (),
    include_webhooks: bool = False,
) -> Drift:
    """What is left of a local verdict when `applied`, the result of a dry run, is looked at beside `live`.

    desired: the object that was applied; without it only whether anything changes is told. ignore: the rules that
    `drift` was made with. include_webhooks: what the cluster's admission changes beyond Git's fields is drift too
    (`IncludeMutationWebhook=true`). Our own tracking marks never count. Fields that a client-side manager owned stay,
    since only taking over their ownership removes them.
    """
    node = node_for(schema, desired if desired is not None else live)
    before, after = _bare(live), _bare(applied)
    if ignore:
        key = ResourceKey.of(dict(live))
        before, after = without_ignored(before, ignore, key), without_ignored(after, ignore, key)
    found = changes(normalised(before, desired), normalised(after, desired), node)
    if desired is None:
        if found:
            return replace(drift, confirmed=True)
        left = tuple(
            each for each in drift.differences if each.reason is Reason.REMOVED and not _is_ours(live, field_manager)
        )
        return replace(drift, kind=DriftKind.MODIFIED if left else DriftKind.NONE, differences=left, confirmed=True)
    wanted = normalised(desired)
    shown, by_rules = {each.path for each in drift.differences}, {each.path for each in drift.hidden}
    walk = walked(wanted, normalised(live, desired), node, field_manager, client_managers)
    local = [(difference, steps) for difference, steps in walk.found if difference.path in shown]
    settled = _settled(
        drift,
        local,
        found,
        wanted,
        normalised(applied, desired),
        node,
        include_webhooks,
        _is_ours(live, field_manager),
        [_key(steps) for difference, steps in walk.found if difference.path in by_rules],
    )
    if not drift.masked and wanted.get("kind") != "Secret":
        return settled
    masks, keys = Masks(), None if wanted.get("kind") == "Secret" else drift.masked
    masks.learn_from((*drift.differences, *drift.hidden), wanted, walk.live)
    hidden = masks.differences(settled.hidden[len(drift.hidden) :], keys)
    return replace(
        settled,
        differences=tuple(masks.differences(settled.differences, keys)),
        hidden=(*drift.hidden, *hidden),
    )


def _settled(
    drift: Drift,
    local: list[tuple[FieldDifference, tuple[Step, ...]]],
    found: list[Change],
    desired: Mapping[str, Any],
    applied: Mapping[str, Any],
    node: Node | None,
    include_webhooks: bool,
    is_ours: bool,
    by_rules: Sequence[tuple[str, ...]],
) -> Drift:
    """by_rules: the places of what rules hide, which the dry run is not asked about."""
    texts = {change.path for change in found}
    beneath = {text for path in texts for text in fieldpath.above(path)}
    whole = {_key(change.steps) for change in found}
    prefixes = {_key(change.steps)[:length] for change in found for length in range(len(change.steps) + 1)}
    left: list[FieldDifference] = []
    hidden: list[FieldDifference] = []
    by_admission: list[FieldDifference] = []
    told = set(by_rules)
    look_applied, look_desired = Looker(applied, node), Looker(desired, node)
    for difference, steps in local:
        place = _key(steps)
        if any(kind == "i" for kind, _ in steps):
            # Inside a list that is replaced as a whole, which is all that the steps of a change tell.
            path = difference.path
            born_out = path in texts or path in beneath or any(text in texts for text in fieldpath.above(path))
        else:
            born_out = place in prefixes or any(place[:length] in whole for length in range(len(place)))
        becomes = look_applied(steps)
        changed = (
            difference.desired is not ABSENT
            and difference.reason is Reason.DIFFERS
            and _told_apart(difference.desired, becomes, node_at(node, steps))
        )
        told.add(place)
        if born_out:
            note = f"{ADMISSION} changes this field to {_shown(becomes, desired)}" if changed else ""
            if difference.reason is Reason.REMOVED and not isinstance(becomes, Absent | Mapping | list):
                note = f"a sync makes it {_shown(becomes, desired)}"
            left.append(replace(difference, note=note))
        elif difference.reason is Reason.REMOVED and not is_ours:
            left.append(difference)
        else:
            note = "the API server takes both for the same"
            if changed or (becomes is ABSENT and difference.desired is not ABSENT):
                note = f"{ADMISSION} changes this field to {_shown(becomes, desired)}, which the cluster has"
            hidden.append(replace(difference, note=note, ignored_by=ADMISSION))
    above = {place[:length] for place in told for length in range(len(place) + 1)}
    for change in found:
        place = _key(change.steps)
        if place in above or any(place[:length] in told for length in range(len(place))):
            continue
        by_git = look_desired(change.steps)
        if by_git is not ABSENT and by_git is not None:
            reason = Reason.NOT_LIVE if change.before is ABSENT else Reason.DIFFERS
            left.append(FieldDifference(change.path, by_git, change.before, reason))
        else:
            by_admission.append(FieldDifference(change.path, change.after, change.before, Reason.ADMISSION))
    if left or include_webhooks:
        # What comes with a change of Git's is shown with it.
        left += by_admission
    else:
        said = f"{ADMISSION} (IncludeMutationWebhook=true shows it as drift)"
        hidden += [replace(each, ignored_by=said) for each in by_admission]
    return replace(
        drift,
        kind=DriftKind.MODIFIED if left else DriftKind.NONE,
        differences=tuple(left),
        hidden=(*drift.hidden, *hidden),
        confirmed=True,
    )


def _told_apart(desired: Any, applied: Any, node: Node | None) -> bool:
    return applied is not ABSENT and not equal(desired, applied, node, exact=False)


def _shown(value: Any, desired: Mapping[str, Any]) -> str:
    if desired.get("kind") == "Secret":
        return "another value"
    return "nothing" if value is ABSENT else value_text(without_credentials(value, Masks()))


def _key(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(key_of(step) or spelt(step) for step in steps)


def _is_ours(live: Mapping[str, Any], field_manager: str) -> bool:
    metadata = live.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    return any(
        isinstance(entry, Mapping) and entry.get("manager") == field_manager and entry.get("operation") == "Apply"
        for entry in (managed if isinstance(managed, list) else ())
    )


def _bare(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    made = clean_live(obj)
    found = made.get("metadata")
    metadata = dict(found) if isinstance(found, Mapping) else {}
    for field in ("annotations", "labels"):
        values = metadata.get(field)
        if not isinstance(values, Mapping):
            continue
        values = {key: value for key, value in values.items() if not is_note(field, key)}
        if values:
            metadata[field] = values
        else:
            metadata.pop(field, None)
    made["metadata"] = metadata
    return made
