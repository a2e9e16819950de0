"""The JSON shapes that `-o json` prints; the README documents them. Values of Secrets are masked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gitops_tui.cli import window_shapes
from gitops_tui.cli.output import time
from gitops_tui.compare.show import Masks, concealed, marks_in, plain, without_credentials
from gitops_tui.health.links import links
from gitops_tui.model.drift import ABSENT, FieldDifference, FieldMove, Owner
from gitops_tui.model.explain import Explained, FieldBlame
from gitops_tui.model.owners import who
from gitops_tui.model.record import AppRecord, Pause, Pin
from gitops_tui.model.revision import BlameLine, Commit
from gitops_tui.model.since import began_in_git
from gitops_tui.model.snapshot import ApplicationState, Condition, OwnedObject, ResourceState, Snapshot
from gitops_tui.model.sync import Action, PlanStep, SyncOperation, SyncPlan

if TYPE_CHECKING:
    from gitops_tui.compare.between import ManifestChange
    from gitops_tui.model.audit import AuditLine
    from gitops_tui.model.threeway import ThreeWay


def _seconds(length: timedelta | None) -> float | None:
    return round(length.total_seconds(), 1) if length is not None else None


def commit(found: Commit | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "sha": found.sha,
        "author": found.author,
        "time": time(found.author_time),
        "subject": found.subject,
        "workingTree": found.working_tree,
    }


def condition(found: Condition) -> dict[str, Any]:
    return {
        "severity": found.severity.value,
        "where": found.where,
        "message": found.message,
        "hint": found.hint,
    }


def line(found: BlameLine | None) -> dict[str, Any] | None:
    """A line of Git, and the commit that last set it or took it out."""
    if found is None:
        return None
    return {
        "commit": found.commit,
        "author": found.author,
        "time": time(found.time),
        "subject": found.subject,
        "path": found.path,
        "line": found.line,
    }


def owner(found: Owner | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "manager": found.manager,
        "operation": found.operation,
        "subresource": found.subresource,
        "time": time(found.time),
        "who": who(found),
    }


def difference(
    found: FieldDifference, masks: Masks, blame: FieldBlame | None = None, move: FieldMove | None = None
) -> dict[str, Any]:
    """masks: the marks of one object's values, also of those in URLs."""
    found = concealed(found, masks)
    made = {
        "path": found.path,
        "reason": found.reason.value,
        "desired": plain(found.desired),
        "live": plain(found.live),
        "liveOwner": owner(found.live_owner),
        "note": found.note,
    }
    if found.ignored_by:
        made["ignoredBy"] = found.ignored_by
    if blame is not None:
        made["desiredBlame"] = line(blame.desired)
        if blame.removed is not None:
            made["removedBy"] = line(blame.removed)
    if move is not None:
        made["moved"] = move.moved.value
        if move.last is not ABSENT:
            made["lastSynced"] = plain(without_credentials(move.last, masks))
    # null is a value; a field that isn't there has no entry.
    for side in ("desired", "live"):
        if getattr(found, side) is ABSENT:
            del made[side]
    return made


def owned(found: OwnedObject) -> dict[str, Any]:
    """An object beneath a managed one, with all beneath it."""
    key = found.key
    return {
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "uid": found.uid,
        "health": found.health.status.value if found.health else None,
        "healthMessage": found.health.message if found.health else "",
        "created": time(found.created),
        "summary": found.summary,
        "trouble": found.trouble,
        "images": list(found.images),
        "owned": [owned(each) for each in found.children],
    }


def resource(state: ResourceState, explained: Explained | None = None, three: ThreeWay | None = None) -> dict[str, Any]:
    """explained: who set what, three: its three sides, where that was asked."""
    key = state.key
    blame = explained.blame if explained is not None else {}
    moves = {each.path: each for each in explained.moves} if explained is not None else {}
    moved = explained.moved if explained is not None else state.moved
    shown = [[each.desired, each.live] for each in (*state.drift.differences, *state.drift.hidden)]
    shown += [[each.last] for each in moves.values()]
    rows = three.rows.rows if three is not None else ()
    shown += [[cell.text for cell in (each.last, each.desired, each.live) if cell is not None] for each in rows]
    masks = Masks(marks_in(shown))
    return {
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "apiVersion": state.api_version,
        "sync": state.sync.value,
        "drift": state.drift.kind.value,
        "health": state.health.status.value if state.health else None,
        "healthMessage": state.health.message if state.health else "",
        "healthSince": time(state.health_since),
        "rolloutSeconds": _seconds(state.rollout),
        "summary": state.summary,
        "cause": state.cause,
        # A diff has not looked beneath.
        **({"owned": [owned(each) for each in state.owned]} if explained is None else {}),
        "links": [{"url": each.url, "title": each.title} for each in links(state.live)],
        "hook": bool(state.hook),
        "tracked": state.tracked,
        "confirmed": state.drift.confirmed,
        "ignored": state.drift.ignored,
        "ignoredBy": state.drift.ignored_by,
        "refused": state.drift.refused,
        "moved": moved.value,
        "driftedSince": time(state.drifted_since or began_in_git(explained)),
        "driftedBy": state.drifted_by,
        "episodes": [
            {
                "began": time(each.began),
                "ended": time(each.ended),
                "by": each.by,
                "changed": time(each.changed),
                "changedBy": each.changed_by,
                "paths": list(each.paths),
            }
            for each in state.episodes
        ],
        "differences": [
            difference(each, masks, blame.get(each.path), moves.get(each.path)) for each in state.drift.differences
        ],
        "hidden": [difference(each, masks) for each in state.drift.hidden],
        "error": state.error,
        "warnings": list(state.warnings),
        **(_whole(explained.whole) if explained is not None and explained.whole is not None else {}),
        **({"threeWay": three_way(three)} if three is not None else {}),
    }


def _whole(blame: FieldBlame) -> dict[str, Any]:
    """Of an object that is missing or extra: who has it in Git, or took it out."""
    return {"desiredBlame": line(blame.desired), **({"removedBy": line(blame.removed)} if blame.removed else {})}


def three_way(found: ThreeWay) -> dict[str, Any]:
    """The lines that tell something, folded like the text."""
    from gitops_tui.compare.threeway import folded
    from gitops_tui.model.diff import RowKind

    rows = []
    for each in folded(found.rows, 0).rows:
        if each.kind is not RowKind.FOLD:
            cells = (("last", each.last), ("git", each.desired), ("live", each.live))
            sides = {name: cell.text for name, cell in cells if cell is not None}
            rows.append({"path": each.path, "moved": each.moved.value, **sides})
    return {"revision": found.revision, "problem": found.problem, "rows": rows}


def pause(found: Pause | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "who": found.who,
        "since": time(found.since),
        "reason": found.reason,
        "until": time(found.until),
        "kind": found.kind.value,
        "revision": found.revision,
    }


def pin(found: Pin | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "revision": found.revision,
        "who": found.who,
        "since": time(found.since),
        "message": found.message,
        "rolledBackFrom": found.rolled_back_from,
    }


def record(found: AppRecord) -> dict[str, Any]:
    return {"pause": pause(found.pause), "pin": pin(found.pin)}


def application(state: ApplicationState, resources: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """resources: in place of all of them."""
    return {
        "name": state.app.name,
        "namespace": state.key.namespace,
        "cluster": state.key.cluster,
        "parent": str(state.app.parent) if state.app.parent is not None else None,
        "sync": state.sync.value,
        "health": state.health.value,
        "healthSince": time(state.health_since),
        "rolloutSeconds": _seconds(state.rollout),
        "source": {"type": state.source_type, "path": state.app.source.path},
        "target": commit(state.target),
        "revision": commit(state.revision),
        "behind": state.behind,
        "automatic": state.auto,
        "syncWindows": window_shapes.gate(state.gate),
        "moved": {"git": state.moved.git, "cluster": state.moved.cluster, "both": state.moved.both},
        **record(state.record),
        "conditions": [condition(each) for each in state.conditions],
        "resources": [resource(each) for each in state.resources.values()] if resources is None else resources,
    }


def status(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "applications": [application(each) for each in snapshot.applications.values()],
        "clusters": [
            {"name": each.name, "server": each.server, "link": each.link.value, "version": each.version}
            for each in snapshot.clusters
        ],
        "conditions": [condition(each) for each in snapshot.conditions],
    }


def step(found: PlanStep) -> dict[str, Any]:
    key = found.key
    return {
        "action": found.action.value,
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "phase": found.phase.value,
        "wave": found.wave,
        "fields": list(found.fields),
        "note": found.note,
        "blocked": found.blocked,
        "how": found.how,
        "confirm": found.confirm,
    }


def plan(found: SyncPlan) -> dict[str, Any]:
    return {
        "application": str(found.app),
        "revision": found.revision,
        "steps": [step(each) for each in found.steps],
        "kept": [step(each) for each in found.kept],
        "unchanged": found.unchanged,
        "counts": {action.value: found.count(action) for action in Action},
        "refused": found.refused,
        "warnings": list(found.warnings),
    }


def operation(found: SyncOperation) -> dict[str, Any]:
    return {
        "application": str(found.app),
        "revision": found.revision,
        "phase": found.phase.value,
        "dryRun": found.dry_run,
        "started": time(found.started),
        "finished": time(found.finished),
        "who": found.who,
        "initiator": found.initiator.value,
        "message": found.message,
        "warnings": list(found.warnings),
        "results": [
            {**step(each.step), "status": each.status.value, "message": each.message} for each in found.results
        ],
    }


def change(found: ManifestChange) -> dict[str, Any]:
    key = found.key
    fields = []
    for each in found.fields:
        sides = (("old", each.old), ("new", each.new))
        fields.append({"path": each.path, **{name: plain(value) for name, value in sides if value is not ABSENT}})
    return {
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "change": found.kind.value,
        "fields": fields,
    }


def audit(found: AuditLine) -> dict[str, Any]:
    entry = found.entry
    took = (entry.finished - entry.started).total_seconds() if entry.finished else None
    return {
        "application": found.application,
        "cluster": found.cluster,
        "revision": entry.revision,
        "author": entry.author,
        "subject": entry.subject,
        "phase": entry.phase.value,
        "initiator": entry.initiator.value,
        "who": entry.who,
        "user": entry.user,
        "started": time(entry.started),
        "finished": time(entry.finished),
        "seconds": took,
        "options": list(entry.options),
        "partial": entry.partial,
        "healthy": entry.healthy,
        "message": entry.message,
        "counts": dict(entry.counts),
        "results": [
            {
                "action": each.action,
                "resource": each.key,
                "status": each.status,
                "message": each.message,
                "fields": list(each.fields),
            }
            for each in entry.results
        ],
        "moreResults": entry.more,
    }
