"""`delete`: an application with its objects, or without them; the plan first, its name as the answer."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.plans import say_operation
from gitops_tui.cli.session import session
from gitops_tui.errors import PlanRefused
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import Action, OperationPhase, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings
from gitops_tui.sync.delete_plan import ITSELF


def delete(options: argparse.Namespace, settings: Settings) -> int:
    """Exit code 0 where all that is to go is gone, 1 where something is left or failed, 2 where it was refused."""
    with session(options, settings) as work:
        state = work.application(options.app)
        asked = SyncOptions(
            cascade=options.cascade,
            dry_run=options.dry_run,
            confirm_prune=options.confirm_delete,
            hooks=not options.skip_hooks,
        )
        plan = work.wait(work.engine.preview_delete(state.key, asked)).plan
        text = options.output == "text"
        if text:
            _say(plan)
        if plan.refused:
            raise PlanRefused(plan.refused, hint=plan.hint)
        if _is_nothing(plan, state):
            if text:
                out("there is nothing to delete")
            else:
                json_out({"plan": _shape(plan), "operation": None})
            return 0
        if not _agree(plan, options):
            out("nothing was changed")
            return 1
        operation = work.wait(work.engine.delete_app(plan, options.message, forget=options.forget), 24 * 3600)
        if text:
            say_operation(operation, word="deletion")
        else:
            json_out({"plan": _shape(plan), "operation": shapes.operation(operation)})
        waiting = [step for step in plan.kept if step.confirm]
        if waiting and text:
            out(f"{len(waiting)} objects wait for a person's word: --confirm-delete deletes them too")
        return 0 if operation.phase is OperationPhase.SUCCEEDED and not waiting else 1


def _is_nothing(plan: SyncPlan, state: ApplicationState) -> bool:
    """Whether neither the cluster nor the record has anything of it."""
    record = state.record
    left = record.inventory or record.running or (record.history and not (record.deleted and record.deleted.done))
    return plan.is_empty and not left


def _shape(plan: SyncPlan) -> dict[str, Any]:
    return {**shapes.plan(plan), "cascade": plan.options.cascade}


def _say(plan: SyncPlan) -> None:
    gone, hooks = plan.count(Action.PRUNE), plan.count(Action.HOOK)
    parts = [f"{gone} to delete"] if gone else ["no object to delete"]
    parts += [f"{hooks} hooks to run"] if hooks else []
    parts += [f"{len(plan.kept)} stay"] if plan.kept else []
    out(f"delete {plan.app} from {plan.app.cluster} (cascade {plan.options.cascade}): {', '.join(parts)}")
    for step in plan.steps:
        phase = f"{step.phase.value} " if step.action is Action.HOOK else ""
        wave = f"wave {step.wave}" if step.wave and step.how != ITSELF else ""
        word = "delete" if step.action is Action.PRUNE else step.action.value
        out(f"  {word:7} {step.key}  {phase}{wave} {step.note}".rstrip())
    for step in plan.kept:
        out(f"  stays   {step.key}  {step.blocked}")
    for warning in plan.warnings:
        print(printable(f"warning: {warning}"), file=sys.stderr)


def _agree(plan: SyncPlan, options: argparse.Namespace) -> bool:
    if options.dry_run or options.yes:
        return True
    if not sys.stdin.isatty():
        raise PlanRefused("nobody is there to agree to the plan", hint="give --yes to agree, or --dry-run to only look")
    name = printable(plan.app.name)
    return input(f"this deletes from {plan.app.cluster}: type {name} to agree: ").strip() == plan.app.name
