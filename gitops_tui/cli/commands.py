"""The commands. Each takes the parsed options and the settings, prints, and gives the exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.plans import say_operation, say_plan
from gitops_tui.cli.session import Session, session
from gitops_tui.errors import PlanRefused, with_hint
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import in_order
from gitops_tui.model.record import PauseKind
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.model.text import plural, printable, redact
from gitops_tui.settings import Settings

SIGNS = {DriftKind.NONE: "✓", DriftKind.MISSING: "−", DriftKind.MODIFIED: "≠", DriftKind.EXTRA: "+"}


def _warn(state: ApplicationState) -> None:
    for each in state.conditions:
        text = f"{state.key}: {each.severity.value}: {with_hint(each.message, each.hint)}"
        print(printable(redact(text), keep_newlines=True), file=sys.stderr)


def _half(state: ApplicationState) -> str:
    pause = state.record.pause
    return f" ({pause.kind.value})" if pause is not None and pause.kind is not PauseKind.ALL else ""


def status(options: argparse.Namespace, settings: Settings) -> int:
    """All applications, or one with its resources; exit code 2 where one could not be read."""
    from gitops_tui.model.since import since_words

    with session(options, settings, about=options.app) as work:
        snapshot = work.ready()
        chosen = [work.application(options.app)] if options.app else list(snapshot.applications.values())
        if options.app:
            work.wait(work.engine.look_beneath(chosen[0].key))
            chosen = [work.application(options.app)]
    failed = any(each.errors for each in chosen) or any(each.severity == "error" for each in snapshot.conditions)
    if options.output == "json":
        made = shapes.status(snapshot)
        if options.app:
            made["applications"] = [shapes.application(each) for each in chosen]
        json_out(made)
        return 2 if failed else 0
    for state in chosen:
        commit = state.revision
        at = f"{commit.short} {commit.subject}" if commit else "-"
        drifted = sum(each.drift.is_drifted for each in state.resources.values())
        sides = f" ({state.moved.words})" if state.moved else ""
        extra = (
            f"  {drifted} of {len(state.resources)} drifted{sides}"
            if drifted
            else f"  {plural(len(state.resources), 'object')}"
        )
        if hidden := sum(each.drift.ignored for each in state.resources.values()):
            extra += f", {plural(hidden, 'difference')} hidden by rules"
        notes = (f"  paused{_half(state)}" if state.record.pause else "") + (
            f"  pinned, {state.behind if state.behind >= 0 else '?'} behind" if state.record.pin else ""
        )
        out(f"{state.key!s:24} {state.sync.value:10} {state.health.value:12}{extra}{notes}  {at}")
        if not state.gate.automatic:
            out(f"  ⊘ automatic sync is held: {state.gate.why}")
        for each in sorted(state.resources.values(), key=lambda each: in_order(each.key)):
            if options.app or each.drift.is_drifted or each.error:
                word = "Unknown" if each.sync is SyncStatus.UNKNOWN else each.drift.kind.value
                sign = "?" if each.sync is SyncStatus.UNKNOWN else SIGNS[each.drift.kind]
                health = each.health.status.value if each.health else ""
                shown = "Hook" if each.hook else "Synced" if word == "None" else word
                unwell = each.health is not None and each.health.status is not HealthStatus.HEALTHY
                words = each.summary or (each.health.message if each.health is not None and unwell else "")
                out(f"  {sign} {each.key!s:50} {shown:9} {health:11} {words}".rstrip())
                if said := since_words(each):
                    out(f"      {said}")
                if each.drift.ignored_by:
                    out(f"      not counted, {each.drift.ignored_by}")
                if each.drift.ignored:
                    out(f"      {plural(each.drift.ignored, 'difference')} hidden by ignore rules")
                for one in each.warnings:
                    out(f"      {one}")
    for state in chosen:
        _warn(state)
    for condition in snapshot.conditions:
        print(printable(redact(f"{condition.severity.value}: {condition.message}")), file=sys.stderr)
    return 2 if failed else 0


def diff(options: argparse.Namespace, settings: Settings) -> int:
    """What differs, as kubectl diff would say it: exit code 0 no drift, 1 drift, 2 error."""
    if options.from_revision:
        from gitops_tui.cli.between import between

        return between(options, settings)
    with session(options, settings, beneath=False, about=options.app) as work:
        state = work.application(options.app)
        drifted = [each for each in state.resources.values() if each.drift.is_drifted and not each.hook]
        asked = {each.key: work.engine.explain(state.key, each.key) for each in drifted}
        explained = {key: work.wait(future) for key, future in asked.items()}
        sides = {
            each.key: work.wait(work.engine.three_way(state.key, each.key)) for each in drifted if options.three_way
        }
    if options.output == "json":
        shown = [shapes.resource(each, explained[each.key], sides.get(each.key)) for each in drifted]
        json_out(shapes.application(state, shown))
    else:
        from gitops_tui.cli.drift import diff_lines

        for each in drifted:
            for line in diff_lines(each, explained[each.key], three=sides.get(each.key)):
                out(line)
        _warn(state)
    if state.errors or state.sync is SyncStatus.UNKNOWN:
        return 2
    return 1 if options.exit_code and any(not each.drift.ignored_by for each in drifted) else 0


def _agree(plan: SyncPlan, options: argparse.Namespace) -> bool:
    if plan.refused:
        raise PlanRefused(plan.refused, hint=plan.hint)
    if options.dry_run or options.yes or plan.is_empty:
        return True
    if not sys.stdin.isatty():
        raise PlanRefused("nobody is there to agree to the plan", hint="give --yes to agree, or --dry-run to only look")
    answer = input(f"apply this to {plan.app.cluster}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _carry_out(
    work: Session,
    plan: SyncPlan,
    options: argparse.Namespace,
    run: Callable[[], Future[SyncOperation]] | None = None,
) -> int:
    """run: what to do in place of a sync, also where the plan has no steps."""
    text = options.output == "text"
    if text:
        say_plan(plan)
    if not _agree(plan, options):
        out("nothing was changed")
        return 1
    if plan.is_empty and run is None:
        if not text:
            json_out({"plan": shapes.plan(plan), "operation": None})
        return 0
    operation = work.wait(run() if run is not None else work.engine.sync(plan), 24 * 3600)
    if not text:
        json_out({"plan": shapes.plan(plan), "operation": shapes.operation(operation)})
    else:
        say_operation(operation)
    fine = operation.phase is OperationPhase.SUCCEEDED
    if fine and options.wait and not operation.dry_run:
        from gitops_tui.cli.steering import until_healthy

        fine = until_healthy(work, work.application(str(plan.app)), operation, options.timeout, quiet=not text)
    return 0 if fine else 1


def sync(options: argparse.Namespace, settings: Settings) -> int:
    """Plans, asks (or has --yes), applies; exit code 0 where it succeeded."""
    from gitops_tui.cli.many import is_many, sync_many

    several = is_many(options)
    with session(options, settings) as work:
        if several:
            return sync_many(work, options)
        state = work.application(options.apps[0])
        asked = SyncOptions(
            prune=options.prune,
            dry_run=options.dry_run,
            confirm_prune=options.confirm_prune,
            adopt=options.adopt,
            selector=options.selector,
        )
        plan = work.wait(work.engine.plan(state.key, asked))
        return _carry_out(work, plan, options)


def rollback(options: argparse.Namespace, settings: Settings) -> int:
    """Pins to a commit and syncs to it."""
    from gitops_tui.cli.steering import target_of

    with session(options, settings) as work:
        state = work.application(options.app)
        asked = SyncOptions(prune=options.prune, dry_run=options.dry_run, revision=target_of(work, state, options))
        plan = work.wait(work.engine.plan(state.key, asked))
        return _carry_out(work, plan, options, lambda: work.engine.rollback(plan, options.message))


def undo(options: argparse.Namespace, settings: Settings) -> int:
    """Back to the commit that was deployed before the last sync."""
    from gitops_tui.reconcile.steering import undo_to

    with session(options, settings) as work:
        state = work.application(options.app)
        asked = SyncOptions(prune=options.prune, dry_run=options.dry_run, revision=undo_to(state.key, state.record))
        plan = work.wait(work.engine.plan(state.key, asked))
        return _carry_out(work, plan, options, lambda: work.engine.undo(plan, options.message))


def unpin(options: argparse.Namespace, settings: Settings) -> int:
    with session(options, settings) as work:
        state = work.application(options.app)
        record = work.wait(work.engine.unpin(state.key))
    return _said_record(options, state, record, "follows its branch again; sync it to apply that")


def _said_record(options: argparse.Namespace, state: ApplicationState, record: Any, text: str) -> int:
    if options.output == "json":
        json_out({"application": str(state.key), **shapes.record(record)})
    else:
        out(f"{state.key}: {text}")
    return 0
