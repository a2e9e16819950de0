"""`sync` of several applications: chosen by name, label or all; one plan, one question, one summary."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import Future
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.plans import say_operation, say_plan
from gitops_tui.cli.session import Session
from gitops_tui.cli.steering import until_healthy
from gitops_tui.errors import GitOpsError, PlanRefused, UnknownApplication
from gitops_tui.model.keys import AppKey
from gitops_tui.model.many import FINE, OVER, AppResult, ManyOperation, ManyPlan, ManyStatus
from gitops_tui.model.snapshot import ApplicationState, without_deleted
from gitops_tui.model.sync import Action, SyncOptions
from gitops_tui.model.text import printable
from gitops_tui.sync.selector import check, fits

SIGNS = {
    ManyStatus.SUCCEEDED: "✓",
    ManyStatus.UNCHANGED: "✓",
    ManyStatus.FAILED: "✗",
    ManyStatus.REFUSED: "⊘",
    ManyStatus.SKIPPED: "−",
    ManyStatus.STOPPED: "■",
    ManyStatus.WAITING: "·",
    ManyStatus.RUNNING: "▸",
}


def is_many(options: argparse.Namespace) -> bool:
    """Whether the options mean several applications, or might. Raises GitOpsError where they contradict each other."""
    if options.all and options.apps:
        raise GitOpsError("give the names of applications, or --all, not both")
    if options.all and options.selector:
        raise GitOpsError(
            "--all and --selector contradict each other",
            hint="--selector alone chooses applications by their labels; beside names it chooses objects by theirs",
        )
    if options.at_once < 0:
        raise GitOpsError(f"--at-once must be a number above 0, not {options.at_once}")
    if not (options.apps or options.all or options.selector):
        raise GitOpsError("say which: names of applications, --selector LABELS, or --all")
    return len(options.apps) != 1


def sync_many(work: Session, options: argparse.Namespace) -> int:
    """Plans, asks (or has --yes), applies; exit code 0 where every application succeeded or had nothing to do."""
    states = _chosen(work, options)
    asked = SyncOptions(
        prune=options.prune,
        dry_run=options.dry_run,
        confirm_prune=options.confirm_prune,
        adopt=options.adopt,
        selector=options.selector if options.apps else "",
    )
    plan = work.wait(work.engine.plan_many([each.key for each in states], asked), 24 * 3600)
    text = options.output == "text"
    if text:
        _say_plans(plan)
    # An Application that could not be read is none of these; yet all were asked for.
    broken = [each for each in work.engine.snapshot.conditions if options.all and each.where == "application"]
    broken = [each for each in broken if each.severity == "error"]
    for each in broken:
        print(f"gitops-tui: {printable(each.message)}", file=sys.stderr)
    if not _agree(plan, options):
        out("nothing was changed")
        return 1
    operation = _followed(work, work.engine.sync_many(plan, options.at_once), quiet=not text)
    healthy: dict[AppKey, bool] = {}
    if options.wait and not asked.dry_run:
        end = time.monotonic() + options.timeout
        for result in operation.results:
            if result.status in FINE:
                left = max(0.0, end - time.monotonic())
                state = work.engine.snapshot.applications[result.app]
                healthy[result.app] = until_healthy(work, state, result.operation, left, quiet=True)
    fine = operation.is_fine and not broken and all(healthy.values())
    if text:
        _say_summary(operation, healthy)
    else:
        json_out(_shape(plan, operation, healthy))
    return 0 if fine else 1


def _chosen(work: Session, options: argparse.Namespace) -> list[ApplicationState]:
    """Raises GitOpsError, with every name that names nothing."""
    if options.apps:
        found, missing = [], []
        for name in dict.fromkeys(options.apps):
            try:
                found.append(work.application(name))
            except UnknownApplication as error:
                missing.append(error)
        if len(missing) == 1:
            raise missing[0]
        if missing:
            raise UnknownApplication("; ".join(each.message for each in missing), hint=missing[-1].hint)
        return found
    check(options.selector)
    known = work.ready().applications.values()
    chosen = [each for each in known if options.all or fits(each.app.labels, options.selector)]
    if chosen or options.all:
        chosen, deleted = without_deleted(chosen)
        for each in deleted:
            print(f"{each.key}: it was deleted and is left alone: name it to bring it back", file=sys.stderr)
        return chosen
    raise GitOpsError(
        f"no application has the labels {printable(options.selector)}",
        hint="the labels are those of the Application, not of its objects; beside a name --selector means objects",
    )


def _say_plans(plan: ManyPlan) -> None:
    for each in plan.apps:
        if each.plan is not None and each.status in (ManyStatus.WAITING, ManyStatus.SKIPPED):
            say_plan(each.plan)
        if each.status is ManyStatus.UNCHANGED and each.plan is not None:
            out(f"{each.app} on {each.app.cluster}: nothing to do, {each.plan.unchanged} in sync")
        elif each.message:
            head = "" if each.status is ManyStatus.WAITING else f"{each.status.value.lower()}: "
            out(f"{SIGNS[each.status]} {each.app} on {each.app.cluster}: {head}{each.message}")


def _agree(plan: ManyPlan, options: argparse.Namespace) -> bool:
    if options.dry_run or options.yes or not plan.going:
        return True
    if not sys.stdin.isatty():
        raise PlanRefused("nobody is there to agree to the plan", hint="give --yes to agree, or --dry-run to only look")
    clusters = ", ".join(sorted({each.app.cluster for each in plan.going}))
    gone = plan.count(Action.PRUNE)
    more = f", which deletes {gone} objects" if gone else ""
    answer = input(f"sync these {len(plan.going)} applications on {printable(clusters)}{more}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _followed(work: Session, future: Future[ManyOperation], *, quiet: bool) -> ManyOperation:
    """Waits for the end, and says each application as it is over."""
    said: set[AppKey] = set()

    def say(operation: ManyOperation | None) -> None:
        for each in operation.results if operation is not None and not quiet else ():
            if each.status in OVER and each.app not in said:
                said.add(each.app)
                _say_result(each)

    while not future.done():
        work.news(0.5)
        if (shown := work.engine.snapshot.many) is not None:
            say(shown)
    operation = work.wait(future)
    say(operation)
    return operation


def _say_result(each: AppResult) -> None:
    out(f"{SIGNS[each.status]} {each.app}: {each.status.value.lower()}" + (f": {each.message}" if each.message else ""))
    if each.operation is not None:
        say_operation(each.operation, head=False)


def _say_summary(operation: ManyOperation, healthy: dict[AppKey, bool]) -> None:
    counts = [(status, operation.count(status)) for status in ManyStatus]
    said = ", ".join(f"{number} {status.value.lower()}" for status, number in counts if number)
    out(f"{'dry run of ' if operation.dry_run else ''}{len(operation.results)} applications: {said}")
    unwell = [str(app) for app, fine in healthy.items() if not fine]
    if unwell:
        out(f"not healthy in time: {', '.join(unwell)}")


def _shape(plan: ManyPlan, operation: ManyOperation, healthy: dict[AppKey, bool]) -> dict[str, Any]:
    waves = {each.app: each.wave for each in plan.apps}
    return {
        "dryRun": operation.dry_run,
        "atOnce": operation.at_once,
        "counts": {status.value: operation.count(status) for status in ManyStatus if status in OVER},
        "applications": [
            {
                "application": str(each.app),
                "cluster": each.app.cluster,
                "wave": waves[each.app],
                "status": each.status.value,
                "message": each.message,
                "healthy": healthy.get(each.app),
                "plan": shapes.plan(each.plan) if each.plan is not None else None,
                "operation": shapes.operation(each.operation) if each.operation is not None else None,
            }
            for each in operation.results
        ],
    }
