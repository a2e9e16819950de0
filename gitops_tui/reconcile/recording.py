"""What is written of an operation, before its first write and after its last: inventory, history, what runs.

Before: the inventory as old and new together, and that an operation runs; so a program that is killed anywhere in
between leaves no object that no inventory names, and a trace. After: what is true then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, RunningOperation
from gitops_tui.model.sync import Action, OperationPhase, ResultStatus, SyncOperation, SyncPlan

_MAX_FAILURES = 5


def begun(record: AppRecord, plan: SyncPlan, running: RunningOperation, limit: int) -> AppRecord:
    """The record before the first write. An operation of which only the trace is left goes into the history, unless this
    one goes on with it."""
    wanted = frozenset(
        InventoryItem(step.key, step.api_version.rpartition("/")[2])
        for step in plan.steps
        if step.action is not Action.HOOK and not is_unmanaged(step.note)
    )
    history, left = record.history, record.running
    if left is not None and left.id != running.id:
        history = (*history, _cut_off(record, left))[-limit:]
    return replace(record, inventory=record.inventory | wanted, running=running, history=history)


def is_unmanaged(note: str) -> bool:
    """Whether a step is for the destination's namespace, which belongs to no application."""
    return note in ("CreateNamespace=true", "managedNamespaceMetadata")


def _next_id(record: AppRecord) -> int:
    return record.history[-1].id + 1 if record.history else 1


def _cut_off(record: AppRecord, left: RunningOperation) -> HistoryEntry:
    return HistoryEntry(
        id=_next_id(record),
        revision=left.revision,
        phase=OperationPhase.UNKNOWN,
        started=left.started,
        finished=None,
        who=left.who,
        initiator=left.initiator,
        message="it was cut off: its program ended before it did",
    )


def ended(
    record: AppRecord, plan: SyncPlan, operation: SyncOperation, desired: Iterable[ResourceKey], source: str, limit: int
) -> AppRecord:
    """The record after the last write. desired: what Git holds at the plan's revision."""
    results = operation.results
    done = [each for each in results if each.status is ResultStatus.DONE]
    gone = {each.step.key for each in done if each.step.action is Action.PRUNE}
    counts = Counter(each.step.action.value for each in done)
    failures = tuple(
        f"{each.step.key}: {each.message}"[:300] for each in results if each.status is ResultStatus.FAILED
    )[:_MAX_FAILURES]
    succeeded = operation.phase is OperationPhase.SUCCEEDED
    partial = plan.options.is_selective
    entry = HistoryEntry(
        id=_next_id(record),
        revision=plan.revision,
        phase=operation.phase,
        started=operation.started,
        finished=operation.finished,
        who=operation.who,
        initiator=operation.initiator,
        message=operation.message,
        counts=tuple(sorted(counts.items())),
        failures=failures,
    )
    # Only a whole sync that succeeded knows that all the rest is gone from Git and cluster.
    kept = {*desired, *(step.key for step in plan.kept)} if succeeded and not partial else None
    record = replace(
        record,
        inventory=frozenset(
            item for item in record.inventory if item.key not in gone and (kept is None or item.key in kept)
        ),
        running=None,
        history=record.history if partial and succeeded else (*record.history, entry)[-limit:],
        source=source,
    )
    if partial:
        return record
    # A revision that failed, or that a person stopped, is not tried again by itself.
    failed = ("", "") if succeeded else (plan.revision, operation.message[:500])
    return replace(record, failed_revision=failed[0], failed_message=failed[1])
