"""The verdict once the API server's dry run has answered: it knows defaulting and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gitops_tui.compare.show import clean_live
from gitops_tui.model.drift import Drift, DriftKind, Reason
from gitops_tui.settings import APPLICATION_LABEL, TRACKING_ANNOTATION


def confirm(drift: Drift, live: Mapping[str, Any], applied: Mapping[str, Any]) -> Drift:
    """What is left of a local "Modified" when `applied`, the result of a dry run, is looked at beside `live`.

    Nothing, where the dry run changes nothing but our own tracking marks; the local differences otherwise. Fields
    that a client-side manager owned stay, since only taking over their ownership removes them.
    """
    if _bare(live) != _bare(applied):
        return replace(drift, confirmed=True)
    left = tuple(each for each in drift.differences if each.reason is Reason.REMOVED and _client_side(drift, live))
    if left:
        return replace(drift, differences=left, confirmed=True)
    return replace(drift, kind=DriftKind.NONE, differences=(), confirmed=True)


def _client_side(drift: Drift, live: Mapping[str, Any]) -> bool:
    managed = (live.get("metadata") or {}).get("managedFields") or []
    return not any(
        isinstance(entry, Mapping) and entry.get("manager") == "gitops-tui" and entry.get("operation") == "Apply"
        for entry in managed
    )


def _bare(obj: Mapping[str, Any]) -> dict[str, Any]:
    made = clean_live(obj)
    metadata = dict(made.get("metadata") or {})
    for field, ours in (("annotations", TRACKING_ANNOTATION), ("labels", APPLICATION_LABEL)):
        values = {key: value for key, value in (metadata.get(field) or {}).items() if key != ours}
        if values:
            metadata[field] = values
        else:
            metadata.pop(field, None)
    made["metadata"] = metadata
    return made
