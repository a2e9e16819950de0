"""The commands that ask Git: the history of an application and one commit of it, who set a field, a revert."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from gitops_tui.cli import git_shapes, shapes
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import Session, session
from gitops_tui.errors import GitOpsError, RevertRefused
from gitops_tui.model.change import DiffLine, FileChange
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.owners import who
from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult
from gitops_tui.model.revision import BlameLine
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.model.text import printable, redact
from gitops_tui.settings import Settings

_PAGE = 100


def history(options: argparse.Namespace, settings: Settings) -> int:
    """Commits that touch the application, newest first, printed as they are found; or one commit in full."""
    if options.limit < 1 or options.skip < 0:
        raise GitOpsError("--limit must be above 0 and --skip not below 0")
    with session(options, settings) as work:
        state = work.application(options.app)
        if options.commit:
            return _one_commit(work, state, options)
        return _commits(work, state, options)


def _commits(work: Session, state: ApplicationState, options: argparse.Namespace) -> int:
    listed: list[dict[str, Any]] = []
    skip, left = options.skip, options.limit
    while left > 0:
        page = work.wait(
            work.engine.history(state.key, limit=min(left, _PAGE), skip=skip, first_parent=not options.all)
        )
        for each in page:
            made = {**git_shapes.commit(each.commit), "marks": list(each.marks)}
            signed = ""
            if options.signatures:
                found = work.wait(work.engine.signature(state.key, each.commit.sha))
                made["signature"] = git_shapes.signature(found)
                signed = f"  {found.status.value}{f' by {found.signer}' if found.signer else ''}"
            listed.append(made)
            if options.output == "text":
                commit = each.commit
                notes = [*each.marks, *(ref for ref in commit.refs if ref not in each.marks)]
                marks = f"  [{', '.join(notes)}]" if notes else ""
                request = _request(commit.subject, commit.pull_request)
                when = f"{commit.author_time:%Y-%m-%d}"
                out(f"{commit.short}  {when}  {commit.author:18}  {commit.subject}{request}{signed}{marks}")
        if len(page) < min(left, _PAGE):
            break
        skip, left = skip + len(page), left - len(page)
    if options.output == "json":
        json_out({"application": str(state.key), "skip": options.skip, "commits": listed})
    return 0


def _request(subject: str, number: str) -> str:
    """The pull request, where the subject does not say it by itself."""
    return f"  #{number}" if number and f"#{number}" not in subject and f"!{number}" not in subject else ""


def _one_commit(work: Session, state: ApplicationState, options: argparse.Namespace) -> int:
    sha = work.wait(work.engine.resolve(state.key, options.commit)).sha
    found = work.wait(work.engine.commit_detail(state.key, sha))
    signed = work.wait(work.engine.signature(state.key, sha))
    if options.output == "json":
        made = {**git_shapes.detail(found), "signature": git_shapes.signature(signed)}
        json_out({"application": str(state.key), "commit": made})
        return 0
    commit = found.commit
    out(f"commit {commit.sha}" + (f"  ({', '.join(commit.refs)})" if commit.refs else ""))
    out(f"Author:    {commit.author} <{commit.author_email}>  {commit.author_time:%Y-%m-%d %H:%M} UTC")
    if (commit.committer, commit.committer_email) != (commit.author, commit.author_email):
        out(f"Committer: {commit.committer} <{commit.committer_email}>  {commit.commit_time:%Y-%m-%d %H:%M} UTC")
    out(f"Signature: {signed}")
    if commit.pull_request:
        out(f"Request:   #{commit.pull_request}")
    out("")
    for line in (commit.subject, *(("", *commit.body.splitlines()) if commit.body else ())):
        out(f"    {line}")
    say_files(found.files)
    if found.more:
        out(f"and {found.more} more files")
    return 0


def say_files(files: Iterable[FileChange]) -> None:
    """Changed files with their lines; words that differ stand in [- -] and {+ +}, as `git diff --word-diff` has it."""
    for each in files:
        # On one line, whatever is in a name.
        was = f" (was {printable(each.old_path)})" if each.old_path else ""
        mode = f"  {each.mode}" if each.mode else ""
        out(f"\n{each.status.value}: {printable(each.path)}{was}  +{each.added} -{each.removed}{mode}")
        if each.binary:
            out("  binary")
        for number, hunk in enumerate(each.hunks):
            if number:
                out("  …")
            for line in hunk.lines:
                out(f"  {line.sign} {_words(line)}")
        if each.cut:
            out("  … cut here …")


def _words(line: DiffLine) -> str:
    if line.sign == " " or not line.words:
        return line.text
    left, right = ("[-", "-]") if line.sign == "-" else ("{+", "+}")
    made, at = "", 0
    for start, end in line.words:
        made += f"{line.text[at:start]}{left}{line.text[start:end]}{right}"
        at = end
    return made + line.text[at:]


def blame(options: argparse.Namespace, settings: Settings) -> int:
    """Which commit set a field; exit code 1 where no line of Git sets it."""
    with session(options, settings) as work:
        state = work.application(options.app)
        resource = find_resource(state, options.resource)
        fields = [options.field] if options.field else [each.path for each in resource.drift.differences]
        if not fields:
            said = {DriftKind.MISSING: "is not in the cluster as a whole", DriftKind.EXTRA: "is not in Git as a whole"}
            why = said.get(resource.drift.kind, "has no drift")
            raise GitOpsError(f"{resource.key} {why}", hint="name a field, for example spec.replicas")
        answers = [
            (field, work.wait(work.engine.blame_field(state.key, resource.key, field, options.at))) for field in fields
        ]
    owners = {each.path: each.live_owner for each in resource.drift.differences}
    if options.output == "json":
        made = [
            {"field": field, "git": git_shapes.blame(found), "cluster": shapes.owner(owners.get(field))}
            for field, found in answers
        ]
        json_out({"application": str(state.key), "resource": str(resource.key), "fields": made})
    else:
        for field, found in answers:
            out(f"{field}: {_blamed(found)}")
            owner = owners.get(field)
            if owner is not None:
                when = f" at {owner.time:%Y-%m-%d %H:%M} UTC" if owner.time else ""
                out(f"    in the cluster set by {who(owner)}{when}")
    return 0 if all(found is not None for _, found in answers) else 1


def _blamed(found: BlameLine | None) -> str:
    if found is None:
        return "no line in Git sets it (a default, what a chart works out, or what the Application itself sets)"
    request = _request(found.subject, found.pull_request)
    early = "; the history ends there, it may be older" if found.boundary else ""
    return (
        f"{found.short} {found.author} <{found.author_email}>, {found.time:%Y-%m-%d %H:%M} UTC: {found.subject}{request}\n"
        f"    {printable(found.path)}:{found.line}{early}"
    )


def find_resource(state: ApplicationState, text: str) -> ResourceState:
    """KIND/NAME, or KIND/NAMESPACE/NAME where several have that name. Raises GitOpsError."""
    parts = text.split("/")
    if len(parts) not in (2, 3):
        raise GitOpsError(f"{printable(text)!r} is no object", hint="give KIND/NAME, for example Deployment/web")

    def fits(key: ResourceKey) -> bool:
        kinds = (key.kind.lower(), f"{key.kind.lower()}.{key.group}")
        return parts[0].lower() in kinds and parts[-1] == key.name and (len(parts) == 2 or parts[1] == key.namespace)

    found = [each for key, each in state.resources.items() if fits(key)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(each.key) for each in found)
        raise GitOpsError(f"{printable(text)} names {len(found)} objects: {names}", hint="give KIND/NAMESPACE/NAME")
    near = ", ".join(f"{key.kind}/{key.name}" for key in list(state.resources)[:10])
    raise GitOpsError(f"{state.key} has no object {printable(text)}", hint=f"it has: {near}" if near else "")


def revert(options: argparse.Namespace, settings: Settings) -> int:
    """One commit that restores the application's files; exit code 1 where there is nothing to restore."""
    request = RevertRequest(
        revision=options.to,
        branch=options.onto,
        new_branch=options.branch,
        message=options.message,
        push=options.push,
    )
    with session(options, settings) as work:
        state = work.application(options.app)
        preview = work.wait(work.engine.preview_revert(state.key, request), settings.git_timeout)
        text = options.output == "text"
        if text:
            _say_preview(preview)
        result = None
        if not preview.is_empty and not options.dry_run:
            if not _agreed(preview, options):
                out("nothing was changed")
                return 1
            result = work.wait(work.engine.revert(state.key, preview), settings.git_timeout * 2)
    if not text:
        json_out(
            {"application": str(state.key), "preview": git_shapes.preview(preview), "result": git_shapes.result(result)}
        )
    elif result is not None:
        _say_result(result)
    return 1 if preview.is_empty else 0


def _agreed(preview: RevertPreview, options: argparse.Namespace) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty() or options.output == "json":
        raise RevertRefused(
            "nobody is there to agree to the commit", hint="give --yes to agree, or --dry-run to only look"
        )
    where = preview.new_branch or preview.branch
    answer = input(f"commit this to {where}{' and push it' if preview.push else ''}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _say_preview(preview: RevertPreview) -> None:
    if preview.is_empty:
        out(f"nothing to restore: the files are as they were at {preview.target.short} already")
        return
    where = preview.new_branch or preview.branch
    on_top = f" (new, on top of {preview.branch})" if preview.new_branch else ""
    out(f"revert to {preview.target.short} {preview.target.subject}, on {where}{on_top} of {preview.url}")
    out(f"as {preview.author}{', signed' if preview.signed else ''}{', pushed' if preview.push else ', not pushed'}")
    if preview.undone:
        out("undoes:")
    for each in preview.undone:
        theirs = "" if each.own else f"  by {each.commit.author}"
        out(f"  {each.commit.short} {each.commit.subject}{theirs}  {printable(', '.join(each.paths[:4]))}")
    say_files(preview.files)
    for warning in preview.warnings:
        print(printable(redact(f"warning: {warning}")), file=sys.stderr)


def _say_result(result: RevertResult) -> None:
    out(f"\n{result.commit[:7]} is on {result.branch}{', pushed' if result.pushed else ''}")
    if result.moved:
        out(f"{len(result.moved)} commits came in between and lie below it:")
        for each in result.moved[:10]:
            out(f"  {each.short} {each.subject}  by {each.author}")
    if result.pull_request_url:
        out(f"open a pull request: {result.pull_request_url}")
    for note in result.notes:
        print(printable(redact(f"note: {note}")), file=sys.stderr)
