"""Plans and operations as lines of text."""

from __future__ import annotations

import sys

from gitops_tui.cli import shapes
from gitops_tui.cli.output import out
from gitops_tui.model.sync import ResultStatus, SyncOperation, SyncPlan
from gitops_tui.model.text import printable

# Where namespaces that a sync makes for its objects go.
FIRST_WAVE = -(10**6)


def say_plan(plan: SyncPlan) -> None:
    """What a plan would do, step by step."""
    said = ", ".join(f"{count} to {action}" for action, count in shapes.plan(plan)["counts"].items() if count)
    out(f"{plan.app} to {plan.revision[:7]} on {plan.app.cluster}: {said or 'nothing to do'}, {plan.unchanged} in sync")
    for step in plan.steps:
        wave = f"wave {step.wave}" if step.wave > FIRST_WAVE else "first"
        where = f"{step.phase.value} {wave}" if step.wave or step.phase.value != "Sync" else ""
        fields = f"  {', '.join(step.fields[:4])}{' …' if len(step.fields) > 4 else ''}" if step.fields else ""
        out(f"  {step.action.value:7} {step.key}{fields}  {where} {step.note} {step.blocked}".rstrip())
    for step in plan.kept:
        out(f"  keep    {step.key}  not in Git; {step.blocked}")
    for warning in plan.warnings:
        print(printable(f"warning: {warning}"), file=sys.stderr)


def say_operation(operation: SyncOperation, *, head: bool = True, word: str = "sync") -> None:
    """How it went, object by object; head: and as a whole, by that word."""
    for each in operation.results:
        if each.status is not ResultStatus.PENDING:
            out(f"  {each.status.value:8} {each.step.key}  {each.message}".rstrip())
    if head:
        word = "dry run" if operation.dry_run else word
        out(f"{word} {operation.phase.value.lower()}" + (f": {operation.message}" if operation.message else ""))
