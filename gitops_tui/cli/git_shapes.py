"""The JSON shapes of what Git knows; the README documents them. Values of Secrets are masked."""

from __future__ import annotations

from typing import Any

from gitops_tui.model.change import CommitDetail, FileChange
from gitops_tui.model.revert import RevertPreview, RevertResult, Undone
from gitops_tui.model.revision import BlameLine, Commit, Signature


def commit(found: Commit) -> dict[str, Any]:
    return {
        "sha": found.sha,
        "author": found.author,
        "email": found.author_email,
        "time": found.author_time.isoformat(),
        "committer": found.committer,
        "committerEmail": found.committer_email,
        "commitTime": found.commit_time.isoformat(),
        "subject": found.subject,
        "body": found.body,
        "parents": list(found.parents),
        "refs": list(found.refs),
        "tags": list(found.tags),
        "pullRequest": found.pull_request,
        "trailers": [{"key": key, "value": value} for key, value in found.trailers],
        "workingTree": found.working_tree,
    }


def signature(found: Signature) -> dict[str, Any]:
    return {
        "status": found.status.value,
        "kind": found.kind,
        "signer": found.signer,
        "key": found.key,
        "detail": found.detail,
    }


def file(found: FileChange) -> dict[str, Any]:
    return {
        "path": found.path,
        "oldPath": found.old_path,
        "status": found.status.value,
        "added": found.added,
        "removed": found.removed,
        "binary": found.binary,
        "mode": found.mode,
        "cut": found.cut,
        "masked": found.secret,
        "hunks": [
            {
                "heading": hunk.heading,
                "lines": [
                    {
                        "sign": line.sign,
                        "old": line.old,
                        "new": line.new,
                        "text": line.text,
                        "words": [list(span) for span in line.words],
                    }
                    for line in hunk.lines
                ],
            }
            for hunk in found.hunks
        ],
    }


def detail(found: CommitDetail) -> dict[str, Any]:
    return {**commit(found.commit), "files": [file(each) for each in found.files], "moreFiles": found.more}


def blame(found: BlameLine | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "sha": found.commit,
        "author": found.author,
        "email": found.author_email,
        "time": found.time.isoformat(),
        "subject": found.subject,
        "pullRequest": found.pull_request,
        "path": found.path,
        "line": found.line,
        "boundary": found.boundary,
    }


def _undone(found: Undone) -> dict[str, Any]:
    short = {key: value for key, value in commit(found.commit).items() if key in ("sha", "author", "time", "subject")}
    return {**short, "paths": list(found.paths), "own": found.own}


def preview(found: RevertPreview) -> dict[str, Any]:
    return {
        "repository": found.url,
        "branch": found.branch,
        "newBranch": found.new_branch,
        "base": found.base.sha,
        "target": found.target.sha,
        "paths": list(found.paths),
        "message": found.message,
        "author": found.author,
        "signed": found.signed,
        "push": found.push,
        "undone": [_undone(each) for each in found.undone],
        "files": [file(each) for each in found.files],
        "warnings": list(found.warnings),
    }


def result(found: RevertResult | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "commit": found.commit,
        "branch": found.branch,
        "pushed": found.pushed,
        "pullRequestUrl": found.pull_request_url,
        "moved": [each.sha for each in found.moved],
        "notes": list(found.notes),
    }
