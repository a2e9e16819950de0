"""Reads `git log` output into Commits."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gitops_tui.model.revision import Commit

# Fields end with NUL, the one byte that git never prints out of a commit's own text: with any other separator a commit
# message could forge a whole record. git puts a line feed between records.
LOG_FORMAT = "%H%x00%P%x00%at%x00%ct%x00%an%x00%ae%x00%D%x00%s%x00%b%x00"
_FIELDS = 9

_PULL_REQUESTS = (
    re.compile(r"^Merge pull request #(\d+)"),  # GitHub, Bitbucket
    re.compile(r"\(#(\d+)\)$"),  # GitHub squash
    re.compile(r"^Merged PR (\d+)"),  # Azure
    re.compile(r"\(pull request #(\d+)\)$"),  # Bitbucket
)
_MERGE_REQUEST = re.compile(r"See merge request \S*!(\d+)")  # GitLab


def pull_request(subject: str, body: str) -> str:
    """The number of the pull or merge request that a commit came by, "" for none."""
    for pattern in _PULL_REQUESTS:
        if found := pattern.search(subject):
            return found[1]
    found = _MERGE_REQUEST.search(body)
    return found[1] if found else ""


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def parse_log(out: bytes) -> list[Commit]:
    """Commits out of `git log --format=LOG_FORMAT`."""
    commits = []
    fields = out.decode("utf-8", "replace").split("\0")
    for start in range(0, len(fields) - _FIELDS, _FIELDS):
        sha, parents, at, ct, name, email, refs, subject, body = fields[start : start + _FIELDS]
        sha = sha.lstrip("\n")
        body = body.strip("\n")
        commits.append(
            Commit(
                sha=sha,
                author=name,
                author_email=email,
                author_time=_time(at),
                commit_time=_time(ct),
                subject=subject,
                body=body,
                parents=tuple(parents.split()),
                refs=tuple(
                    ref.strip().removeprefix("HEAD -> ").removeprefix("tag: ")
                    for ref in refs.split(",")
                    if ref.strip() and ref.strip() != "HEAD"
                ),
                pull_request=pull_request(subject, body),
            )
        )
    return commits
