"""A sync of many applications as rows: what is planned for each, and how each fares. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import AppPlan, AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.sync import Action, ResultStatus
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.operation_rows import operation_rows
from gitops_tui.tui.screens.plan_rows import SIGNS, WORDS, counts, plan_rows
from gitops_tui.tui.screens.rows import Row, row, wrapped
from gitops_tui.tui.words import plural

STATUSES: Mapping[ManyStatus, Piece] = {
    ManyStatus.WAITING: ("·", "muted"),
    ManyStatus.RUNNING: ("▸", "info"),
    ManyStatus.SUCCEEDED: ("✓", "ok"),
    ManyStatus.UNCHANGED: ("✓", "ok"),
    ManyStatus.FAILED: ("✗", "bad"),
    ManyStatus.REFUSED: ("⊘", "bad"),
    ManyStatus.SKIPPED: ("−", "warn"),
    ManyStatus.STOPPED: ("■", "warn"),
}


def total(plan: ManyPlan) -> list[Piece]:
    """ "+3 create  ≠2 change …" of all that will be synced, and how many will not."""
    pieces: list[Piece] = []
    for action, (sign, role) in SIGNS.items():
        if number := plan.count(action):
            pieces.append((f"{sign}{number} {WORDS.get(action, action.value)}  ", role))
    if not pieces:
        pieces.append(("nothing to do  ", "ok"))
    rest = [(status, sum(each.status is status for each in plan.apps)) for status in ManyStatus]
    said = [
        f"{number} {status.value.lower()}" for status, number in rest if number and status is not ManyStatus.WAITING
    ]
    return [*pieces, ("· " + " · ".join(said) if said else "", "muted")]


def many_plan_rows(plan: ManyPlan, width: int, opened: Collection[AppKey]) -> list[Row]:
    """Each application's row; opened ones with their plan beneath."""
    rows: list[Row] = []
    for each in plan.apps:
        rows += _plan(each, width, each.app in opened)
    return rows


def _plan(found: AppPlan, width: int, is_open: bool) -> list[Row]:
    sign, role = STATUSES[found.status]
    going = found.status is ManyStatus.WAITING
    head = row(
        (f"{sign} ", role),
        (printable(str(found.app)), "text bold" if going else "text"),
        (f"  wave {found.wave}" if len(found.lineage) > 1 else "", "muted"),
        ("  ", "text"),
        *(counts(found.plan) if going and found.plan is not None else [(found.status.value.lower(), role)]),
        key=found.app,
    )
    rows = [head]
    if found.message:
        rows += wrapped(printable(found.message, keep_newlines=True), width, role, first="    ", indent="    ")
    if is_open and found.plan is not None:
        rows += [Row((("    ", "text"), *each.pieces)) for each in plan_rows(found.plan, width - 4)]
    return rows


def summary(operation: ManyOperation) -> list[Piece]:
    """How all of it goes, or went."""
    over = operation.finished is not None
    head: Piece = ("▸ under way", "info bold")
    if over:
        head = ("✓ all through", "ok bold") if operation.is_fine else ("✗ not all went through", "bad bold")
    if operation.dry_run:
        fine = "DRY RUN passed" if operation.is_fine else "DRY RUN refused"
        head = (f"{fine} · nothing was changed" if over else "DRY RUN under way", "warn bold")
    counted = [(status, operation.count(status)) for status in ManyStatus]
    said = " · ".join(f"{number} {status.value.lower()}" for status, number in counted if number)
    return [head, (f"  {plural(len(operation.results), 'application')}: {said}", "muted")]


def many_operation_rows(
    operation: ManyOperation, results: Collection[AppResult], width: int, opened: Collection[AppKey]
) -> list[Row]:
    """Each application with how it fares; results: with the newest that is known of the operations under way."""
    rows: list[Row] = []
    for each in results:
        sign, role = STATUSES[each.status]
        run = each.operation
        done = sum(r.status is ResultStatus.DONE for r in run.results) if run is not None else 0
        counted = f"  {done} of {len(run.results)} done" if run is not None and run.results else ""
        doing = f"  {printable(run.doing)}" if run is not None and run.doing else ""
        word = "passed" if operation.dry_run and each.status is ManyStatus.SUCCEEDED else each.status.value.lower()
        rows.append(
            row(
                (f"{sign} ", role),
                (printable(str(each.app)), "text"),
                (f"  {word}", role),
                (counted + doing, "muted"),
                key=each.app,
            )
        )
        if each.message:
            rows += wrapped(printable(each.message, keep_newlines=True), width, role, first="    ", indent="    ")
        if each.app in opened and run is not None:
            rows += [Row((("    ", "text"), *line.pieces)) for line in operation_rows(run, width - 4)]
    return rows


def taken_away(plan: ManyPlan) -> int:
    """How many objects it deletes."""
    return plan.count(Action.PRUNE)
