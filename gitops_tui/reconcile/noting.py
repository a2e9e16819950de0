"""What a person does to an application beside syncing it (pauses, pins, actions on objects), as the audit keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.record import AppRecord, HistoryEntry
from gitops_tui.model.snapshot import Severity
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

MOST = 50
_LONGEST = 300


def noted(record: AppRecord, entry: HistoryEntry) -> AppRecord:
    """The record with one more thing that was done; the oldest goes where there are too many."""
    number = record.noted[-1].id + 1 if record.noted else 1
    return replace(record, noted=(*record.noted, replace(entry, id=number))[-MOST:])


def entry_of(
    engine: Engine, runtime: Runtime, what: Initiator, message: str, phase: OperationPhase = OperationPhase.SUCCEEDED
) -> HistoryEntry:
    """One line of the audit. what: pause, resume, unpin or action; message: which, and why."""
    now = datetime.now(UTC)
    revision = runtime.revision.sha if runtime.revision is not None else ""
    user = engine.session(runtime).cluster.user
    return HistoryEntry(0, revision, phase, now, now, engine.operations.who, what, message[:_LONGEST], user=user)


async def note(engine: Engine, runtime: Runtime, entry: HistoryEntry) -> None:
    """Writes it. Raises nothing: what was done is done; that it is not recorded is said."""
    try:
        await engine.records.update(runtime, lambda record: noted(record, entry))
    except GitOpsError as error:
        engine.say(
            Severity.WARNING, "state", f"what was done to {runtime.app.key} is not in the audit: {error.message}"
        )
