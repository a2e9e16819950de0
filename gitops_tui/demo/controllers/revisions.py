"""ControllerRevisions: what a StatefulSet's or DaemonSet's template was, by number."""

from __future__ import annotations

import copy
from typing import Any

from gitops_tui.demo.controllers.base import MANAGER, REVISION, Context, Obj, owner_reference, template_hash


def current(context: Context, obj: Obj, annotations: dict[str, str] | None = None) -> Obj:
    """The revision of the present template; made, or put last again, where it isn't the last."""
    template: Any = {**copy.deepcopy(obj["spec"]["template"]), "$patch": "replace"}
    data = {"spec": {"template": template}}
    found = context.claimed(obj, REVISION, None)
    last = max((int(each.get("revision", 0)) for each in found), default=0)
    same = next((each for each in found if each.get("data") == data), None)
    if same is not None:
        if int(same.get("revision", 0)) < last:
            name = same["metadata"]["name"]
            return context.registry.patch(
                REVISION, obj["metadata"]["namespace"], name, {"revision": last + 1}, manager=MANAGER
            )
        return same
    mark = template_hash(template)
    labels = {**((template.get("metadata") or {}).get("labels") or {}), "controller-revision-hash": mark}
    name = f"{obj['metadata']['name']}-{mark}"
    if obj["kind"] == "StatefulSet":
        labels["controller.kubernetes.io/hash"] = labels.pop("controller-revision-hash")
    metadata: Obj = {
        "name": name,
        "namespace": obj["metadata"]["namespace"],
        "labels": labels,
        "ownerReferences": [owner_reference(obj)],
    }
    if annotations:
        metadata["annotations"] = annotations
    made: Obj = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata}
    return context.registry.create({**made, "data": data, "revision": last + 1}, manager=MANAGER)


def forget(context: Context, obj: Obj, used: set[str]) -> None:
    """Deletes the oldest revisions past the limit of the history; those in use stay."""
    limit = int(obj["spec"].get("revisionHistoryLimit", 10))
    found = [each for each in context.claimed(obj, REVISION, None) if each["metadata"]["name"] not in used]
    found.sort(key=lambda each: int(each.get("revision", 0)))
    for each in found[: max(0, len(found) - limit)]:
        context.registry.delete(REVISION, each["metadata"]["namespace"], each["metadata"]["name"])
