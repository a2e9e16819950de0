"""The commands that hold an application, take it back, and say what was done: pause, resume, undo, audit."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from gitops_tui.cli import shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import Session, session
from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.audit import AuditLine
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.record import AppRecord, PauseKind
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import NOT_RECORDED, OperationPhase, SyncOperation
from gitops_tui.model.text import printable
from gitops_tui.reconcile.applicationspec import parse_duration
from gitops_tui.settings import Settings
from gitops_tui.sync.selector import check, fits

_SAID = {
    PauseKind.ALL: "paused",
    PauseKind.HEAL_OFF: "paused: drift is reported and not corrected, new commits are still taken",
    PauseKind.HOLD_COMMITS: "paused: no new commits are taken, drift is still corrected",
}

_MARKED_WITHIN = 30.0


def chosen(work: Session, options: argparse.Namespace) -> list[ApplicationState]:
    """The application that is named, or those that `--selector` or `--all` mean. Raises GitOpsError."""
    given = [bool(options.app), bool(options.selector), options.all]
    if sum(given) != 1:
        raise GitOpsError("say which: an application's name, --selector LABELS, or --all")
    if options.app:
        return [work.application(options.app)]
    check(options.selector)
    found = [
        each for each in work.ready().applications.values() if options.all or fits(each.app.labels, options.selector)
    ]
    if not found:
        raise GitOpsError(
            f"no application has the labels {printable(options.selector)}",
            hint="the labels are those of the Application, not of its objects",
        )
    return found


def pause(options: argparse.Namespace, settings: Settings) -> int:
    """Stops automatic sync, or half of it; seen by everybody."""
    until = parse_until(options.until)
    kind = PauseKind(options.half) if options.half else PauseKind.ALL
    with session(options, settings) as work:
        states = chosen(work, options)
        asked = [(state, work.engine.pause(state.key, options.reason, until, kind)) for state in states]
        return _said(options, work, asked, _SAID[kind] + (f", until {until:%Y-%m-%d %H:%M} UTC" if until else ""))


def resume(options: argparse.Namespace, settings: Settings) -> int:
    """Lets automatic sync go on."""
    with session(options, settings) as work:
        asked = [(state, work.engine.resume(state.key)) for state in chosen(work, options)]
        return _said(options, work, asked, "resumed")


def _said(options: argparse.Namespace, work: Session, asked: Iterable[Any], text: str) -> int:
    """Says each; one that failed is an error after the others. Raises GitOpsError."""
    made, failed = [], []
    for state, future in asked:
        try:
            record: AppRecord = work.wait(future)
        except GitOpsError as error:
            failed.append(f"{state.key}: {error.message}")
            continue
        _until_shown(work, state, record)
        made.append({"application": str(state.key), **shapes.record(record)})
        if options.output == "text":
            out(f"{state.key}: {text}")
    for each in work.engine.snapshot.conditions:
        if each.where == "state":  # others can't see it
            print(f"warning: {printable(each.message)}", file=sys.stderr)
    if options.output == "json":
        json_out(made[0] if options.app and made else {"applications": made})
    if failed:
        raise GitOpsError("; ".join(failed))
    return 0


def _until_shown(work: Session, state: ApplicationState, record: AppRecord) -> None:
    """Waits until the engine shows what was written, and with it what there is to say of that."""
    end = time.monotonic() + _MARKED_WITHIN
    while time.monotonic() < end:
        now = work.engine.snapshot.applications.get(state.key)
        if now is None or now.record == record:
            return
        work.news(0.1)


def parse_until(text: str) -> datetime | None:
    """A duration from now ("2h", "30m", "1d") or a time (taken as UTC without a zone). Raises GitOpsError."""
    if not text:
        return None
    seconds = parse_duration(text)
    try:
        if seconds is not None and not text.isdigit():
            return datetime.now(UTC) + timedelta(seconds=seconds)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise GitOpsError(
            f"{printable(text)!r} is neither a duration nor a time", hint="for example 2h, 30m, 1d, 2026-05-01T18:00Z"
        ) from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC):
        raise GitOpsError(f"{printable(text)} is in the past")
    return moment.astimezone(UTC)


def parse_since(text: str) -> datetime | None:
    """A duration back from now ("24h", "7d") or a time (taken as UTC without a zone). Raises GitOpsError."""
    if not text:
        return None
    seconds = parse_duration(text)
    try:
        if seconds is not None and not text.isdigit():
            return datetime.now(UTC) - timedelta(seconds=seconds)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise GitOpsError(
            f"{printable(text)!r} is neither a duration nor a time", hint="for example 24h, 7d, 2026-05-01"
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def target_of(work: Session, state: ApplicationState, options: argparse.Namespace) -> str:
    """The full SHA that a rollback goes to. Raises GitOpsError."""
    if bool(options.to) == options.to_last_healthy:
        raise GitOpsError("say where to: a revision, or --to-last-healthy")
    if options.to:
        return work.wait(work.engine.resolve(state.key, options.to)).sha
    found = state.record.last_healthy
    if found is None:
        raise PlanRefused(
            f"no earlier sync of {state.key} is recorded at which it was Healthy",
            hint="choose a commit: gitops-tui history",
        )
    return found.revision


def until_healthy(
    work: Session, state: ApplicationState, operation: SyncOperation | None, seconds: float, *, quiet: bool
) -> bool:
    """Waits until an application is Synced and Healthy after an operation, and says so; False where it wasn't in time."""
    end = time.monotonic() + seconds
    told = ""
    healthy_at = 0.0
    while True:
        now = work.engine.snapshot.applications.get(state.key, state)
        word = f"{now.sync.value.lower()}, {now.health.value.lower()}"
        if word != told and not quiet:
            out(f"  {word}")
        told = word
        if now.applied and now.health is HealthStatus.HEALTHY:
            # The record's mark, which `--to-last-healthy` looks for, is written right after: don't leave before.
            healthy_at = healthy_at or time.monotonic()
            if operation is None or _noted(now.record, operation) or time.monotonic() > healthy_at + _MARKED_WITHIN:
                return True
        if time.monotonic() > end:
            if not quiet:
                out(f"not healthy within {seconds:.0f} s")
            return False
        work.news(0.5)


def _noted(record: AppRecord, operation: SyncOperation) -> bool:
    """Whether a record has all that will be noted of an operation after which the application is Healthy."""
    entry = next((each for each in reversed(record.history) if each.started == operation.started), None)
    if entry is None:
        return any(each.startswith(NOT_RECORDED) for each in operation.warnings)
    return entry.healthy or entry.partial or entry.phase is not OperationPhase.SUCCEEDED


def audit(options: argparse.Namespace, settings: Settings) -> int:
    """Every recorded operation, newest first."""
    since = parse_since(options.since)
    with session(options, settings) as work:
        work.ready()
        lines = [
            each
            for each in work.wait(work.engine.audit())
            if (since is None or each.entry.started >= since) and (not options.app or each.application == options.app)
        ]
    if options.output == "json":
        json_out({"operations": [shapes.audit(each) for each in lines]})
        return 0
    for each in lines:
        for line in audit_text(each):
            out(line)
    if not lines:
        out("nothing is recorded" + (" since then" if since else ""))
    return 0


def audit_text(line: AuditLine) -> list[str]:
    """One operation: a head line, then what it changed."""
    entry = line.entry
    took = f" in {(entry.finished - entry.started).total_seconds():.1f} s" if entry.finished else ""
    who = entry.who + (f" as {entry.user}" if entry.user else "")
    counts = ", ".join(f"{count} {name}" for name, count in entry.counts)
    commit = f' "{entry.subject}" by {entry.author}' if entry.subject else ""
    options = f" ({', '.join(entry.options)})" if entry.options else ""
    said = [
        f"{entry.started:%Y-%m-%d %H:%M:%S}  {line.application}  {entry.initiator.value}{options}  "
        f"{entry.phase.value}{took}  {entry.revision[:7]}{commit}  {who}"
    ]
    said += [f"    {counts}"] if counts else []
    said += [f"    {entry.message}"] if entry.message else []
    for each in entry.results:
        fields = f"  {', '.join(each.fields)}" if each.fields else ""
        note = f"  {each.message}" if each.message and each.status == "failed" else ""
        said.append(f"    {each.status:7} {each.action:7} {each.key}{fields}{note}")
    if entry.more:
        said.append(f"    and {entry.more} more")
    return said
