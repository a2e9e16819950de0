"""One run of a plan as rows: each object's state, result and time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

from gitops_tui.model.sync import OperationPhase, ResultStatus, StepResult, SyncOperation
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.plan_rows import SIGNS, WORDS, _group, place, step_key
from gitops_tui.tui.screens.rows import Row, row, wrapped

RESULTS: Mapping[ResultStatus, Piece] = {
    ResultStatus.PENDING: ("·", "muted"),
    ResultStatus.RUNNING: ("▸", "info"),
    ResultStatus.WAITING: ("◐", "warn"),
    ResultStatus.DONE: ("✓", "ok"),
    ResultStatus.FAILED: ("✗", "bad"),
    ResultStatus.SKIPPED: ("−", "muted"),
}
PHASES: Mapping[OperationPhase, Piece] = {
    OperationPhase.RUNNING: ("▸", "info"),
    OperationPhase.SUCCEEDED: ("✓", "ok"),
    OperationPhase.FAILED: ("✗", "bad"),
    OperationPhase.STOPPED: ("■", "warn"),
    OperationPhase.UNKNOWN: ("?", "warn"),
}


def seconds(started: datetime | None, finished: datetime | None) -> str:
    """ "1.2s" between two moments, "" where one is missing."""
    if started is None or finished is None:
        return ""
    took = (finished - started).total_seconds()
    return f"{took:.1f}s" if took < 60 else f"{int(took) // 60}m{int(took) % 60:02}s"


def summary(operation: SyncOperation) -> list[Piece]:
    """How it goes, or how it ended, in a few words. A dry run never reads as a sync."""
    sign, role = PHASES[operation.phase]
    over = [r.status for r in operation.results].count(ResultStatus.DONE)
    total = len(operation.results)
    took = seconds(operation.started, operation.finished)
    if operation.dry_run:
        words = {
            OperationPhase.RUNNING: "DRY RUN under way",
            OperationPhase.SUCCEEDED: "DRY RUN passed · nothing was changed",
            OperationPhase.FAILED: "DRY RUN refused · nothing was changed",
            OperationPhase.STOPPED: "DRY RUN stopped · nothing was changed",
            OperationPhase.UNKNOWN: "DRY RUN, its end is not known",
        }[operation.phase]
        return [(f"{sign} {words}", role if role != "ok" else "warn"), (f"  {took}", "muted")]
    failed = [r.status for r in operation.results].count(ResultStatus.FAILED)
    parts = [f"{over} of {total} done"] + ([f"{failed} failed"] if failed else [])
    return [(f"{sign} {operation.phase.value}", f"{role} bold"), (f"  {' · '.join(parts)}  {took}".rstrip(), role)]


def operation_rows(operation: SyncOperation, width: int) -> list[Row]:
    """Each step with its result; a failure in full beneath its object."""
    rows: list[Row] = []
    for each in operation.warnings:
        rows += wrapped(printable(each), width, "warn", first="! ", indent="  ")
    groups = [(label, list(found)) for label, found in groupby(operation.results, key=lambda r: _group(r.step))]
    for label, found in groups:
        if len(groups) > 1:
            rows.append(row((f"{label} ({len(found)})", "head")))
        for result in found:
            rows += _result(result, width, operation.dry_run)
    if not operation.results and operation.finished is None:
        rows.append(row(("  " + printable(operation.doing or "planning…"), "muted")))
    return rows


def _result(result: StepResult, width: int, dry_run: bool) -> list[Row]:
    sign, role = RESULTS[result.status]
    step = result.step
    act, act_role = SIGNS[step.action]
    failed = result.status is ResultStatus.FAILED
    word = WORDS.get(step.action, step.action.value)
    passed = dry_run and result.status is ResultStatus.DONE
    status = "passed" if passed else result.status.value
    message = "" if passed else printable(result.message)
    took = seconds(result.started, result.finished)
    rows = [
        row(
            (f"{sign} {status:<8}", role),
            (f"{act} {word:<7} ", act_role),
            (place(step.key), "text"),
            (f"  {took}" if took else "", "muted"),
            (f"  {message}" if message and not failed else "", "warn" if role == "warn" else "muted"),
            key=step_key(step),
        )
    ]
    if failed and message:
        rows += wrapped(printable(result.message, keep_newlines=True), width, "bad", first="    ", indent="    ")
    return rows
