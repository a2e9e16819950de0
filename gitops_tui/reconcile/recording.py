"""What is written of an operation, before its first write and after its last: inventory, history, what runs.

Before: the inventory as old and new together, and that an operation runs; so a program that is killed anywhere in
between leaves no object that no inventory names, and a trace. After: what is true then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, RecordedResult, RunningOperation
from gitops_tui.model.revision import Commit
from gitops_tui.model.sync import (
    Action,
    Initiator,
    OperationPhase,
    ResultStatus,
    StepResult,
    SyncOperation,
    SyncOptions,
    SyncPlan,
)
from gitops_tui.records import replace

_MAX_FAILURES = 5
_MAX_RESULTS = 100
_MAX_FIELDS = 5


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
    return replace(record, inventory=record.inventory | wanted, running=running, history=history, deleted=None)


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
        message=f"it {left.outcome}" if left.outcome else "it was cut off: its program ended before it did",
        user=left.user,
    )


def words(options: SyncOptions) -> tuple[str, ...]:
    """What a sync was asked for, in the command line's words."""
    names = (
        ("prune", options.prune and not options.cascade),
        ("confirm-delete" if options.cascade else "confirm-prune", options.confirm_prune),
        ("adopt", options.adopt),
        (f"selector {options.selector}", bool(options.selector)),
        (f"only {len(options.only or ())} chosen", options.only is not None),
        (f"cascade {options.cascade}", bool(options.cascade)),
        ("without hooks", not options.hooks),
    )
    return tuple(name for name, on in names if on)


def _recorded(results: Iterable[StepResult]) -> tuple[tuple[RecordedResult, ...], int]:
    """What failed first; (some results, how many more there are)."""
    told = [each for each in results if each.status is not ResultStatus.PENDING]
    told.sort(key=lambda each: each.status is not ResultStatus.FAILED)
    kept = tuple(
        RecordedResult(
            each.step.action.value,
            str(each.step.key),
            each.status.value,
            each.message[:200],
            each.step.fields[:_MAX_FIELDS],
        )
        for each in told[:_MAX_RESULTS]
    )
    return kept, max(0, len(told) - _MAX_RESULTS)


def ended(
    record: AppRecord,
    plan: SyncPlan,
    operation: SyncOperation,
    desired: Iterable[ResourceKey],
    source: str,
    limit: int,
    *,
    user: str = "",
    commit: Commit | None = None,
    content: str = "",
    resumes: bool = False,
) -> AppRecord:
    """The record after the last write. desired: what Git holds at the plan's revision; user: as the API server sees
    them; commit: the plan's, where it is known; content: a hash of what was synced;
    resumes: a sync window cut it short, so that it goes on by itself when that opens."""
    results = operation.results
    done = [each for each in results if each.status is ResultStatus.DONE]
    gone = pruned(operation)
    counts = Counter(each.step.action.value for each in done)
    failures = tuple(
        f"{each.step.key}: {each.message}"[:300] for each in results if each.status is ResultStatus.FAILED
    )[:_MAX_FAILURES]
    succeeded = operation.phase is OperationPhase.SUCCEEDED
    partial = plan.options.is_selective
    recorded, more = _recorded(results)
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
        user=user,
        author=commit.author if commit else "",
        subject=commit.subject if commit else "",
        options=words(plan.options),
        results=recorded,
        more=more,
        partial=partial,
        content=content,
    )
    # Only a whole sync that succeeded knows that all the rest is gone from Git and cluster.
    kept = {*desired, *(step.key for step in plan.kept)} if succeeded and not partial else None
    record = replace(
        record,
        inventory=frozenset(
            item for item in record.inventory if item.key not in gone and (kept is None or item.key in kept)
        ),
        running=None,
        history=(*record.history, entry)[-limit:],
        source=source,
    )
    if partial:
        return record
    # A revision that failed, or that a person stopped, is not tried again by itself.
    if succeeded and operation.initiator in (Initiator.PERSON, Initiator.UNDO):
        # A person deployed it again: it is not held back any longer.
        record = replace(record, bad=tuple(each for each in record.bad if each.revision != plan.revision))
    failed = ("", "", "") if succeeded or resumes else (plan.revision, operation.message[:500], content)
    return replace(record, failed_revision=failed[0], failed_message=failed[1], failed_content=failed[2])


def pruned(operation: SyncOperation) -> set[ResourceKey]:
    """What it has deleted."""
    done = (each for each in operation.results if each.status is ResultStatus.DONE)
    return {each.step.key for each in done if each.step.action is Action.PRUNE}


def left_off(record: AppRecord, operation: SyncOperation) -> AppRecord:
    """The record after an operation that ended since its program did, which says nothing about the commit: the trace stays,
    so that the next one to that commit, an automatic one too, goes on with it and runs no hook twice."""
    if record.running is None:
        return record
    results = operation.results
    done = sum(each.status is ResultStatus.DONE for each in results)
    outcome = (
        f"was left when its session ended, after {done} of {len(results)} steps; a sync to that commit goes on with it"
    )
    gone = pruned(operation)
    return replace(
        record,
        running=replace(record.running, outcome=outcome),
        inventory=frozenset(item for item in record.inventory if item.key not in gone),
    )
