"""Reads `git log` output into Commits."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gitops_tui.model.revision import Commit

# Fields apart by unit separators, commits by record separators: neither stands in a commit's own text by accident, and
# what stands there on purpose only breaks its own line.
LOG_FORMAT = "%x1e%H%x1f%P%x1f%at%x1f%ct%x1f%an%x1f%ae%x1f%D%x1f%s%x1f%b"

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
    for record in out.decode("utf-8", "replace").split("\x1e")[1:]:
        parts = record.rstrip("\n").split("\x1f", 8)
        if len(parts) != 9:
            continue
        sha, parents, at, ct, name, email, refs, subject, body = parts
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
