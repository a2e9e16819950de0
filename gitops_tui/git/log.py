"""Reads `git log` into Commits: streamed, paged, through renames of folders.

`git log` is asked for the paths; where the history of a path ends because the folder was moved there, the log goes on
under its former name. What was read is kept for each (commit, paths), so that a next page costs only itself.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from gitops_tui.model.revision import Commit
from gitops_tui.model.text import redact

# Fields end with NUL, the one byte that git never prints out of a commit's own text: with any other separator a commit
# message could forge a whole record. git puts a line feed between records.
LOG_FORMAT = (
    "%H%x00%P%x00%at%x00%ct%x00%aN%x00%aE%x00%cN%x00%cE%x00%D%x00%s%x00%b%x00%(trailers:only,unfold,separator=%x1f)%x00"
)
_FIELDS = 12
_MAX_REFS = 200

_PULL_REQUESTS = (
    re.compile(r"^Merge pull request #(\d+)"),  # GitHub, Bitbucket Data Center
    re.compile(r"^Merge pull request '.*' \(#(\d+)\) from "),  # Gitea, Forgejo
    re.compile(r"^Merged in \S+ \(pull request #(\d+)\)"),  # Bitbucket Cloud
    re.compile(r"^Pull request #(\d+):"),  # Bitbucket Data Center
    re.compile(r"^Merged PR (\d+)"),  # Azure
    re.compile(r"\(pull request #(\d+)\)$"),  # Bitbucket, squashed
    re.compile(r"\(#(\d+)\)$"),  # GitHub and Gitea, squashed
    re.compile(r"\(!(\d+)\)$"),  # GitLab, squashed by its usual template
)
_BODY_REQUESTS = (
    re.compile(r"^See merge request \S*!(\d+)\s*$", re.MULTILINE),  # GitLab
    re.compile(r"^Related work items:.*\n*Merged PR (\d+)", re.MULTILINE),
    re.compile(r"^(?:Reviewed-on|Pull-Request): \S+/pulls?/(\d+)\s*$", re.MULTILINE | re.IGNORECASE),  # Gitea, Gerrit
)


def pull_request(subject: str, body: str) -> str:
    """The number of the pull or merge request that a commit came by, "" for none."""
    for pattern in _PULL_REQUESTS:
        if found := pattern.search(subject.rstrip()):
            return found[1]
    for pattern in _BODY_REQUESTS:
        if found := pattern.search(body):
            return found[1]
    return ""


def _known(text: str) -> str:
    """git gives back what it was asked for (`%aN`) where a commit's author line makes no sense."""
    return "" if text in ("%aN", "%aE", "%cN", "%cE") else text


def time_of(text: str) -> datetime:
    """git's seconds; 1970 for what makes no sense."""
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _trailers(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for line in text.split("\x1f"):
        key, colon, value = line.partition(":")
        if colon and key.strip():
            found.append((key.strip(), redact(value.strip())))
    return tuple(found)


def parse_log(out: bytes) -> list[Commit]:
    """Commits out of `git log --format=LOG_FORMAT`, their messages without credentials."""
    commits = []
    fields = out.decode("utf-8", "replace").split("\0")
    for start in range(0, len(fields) - _FIELDS, _FIELDS):
        sha, parents, at, ct, name, mail, committer, committer_mail, refs, subject, body, trailers = fields[
            start : start + _FIELDS
        ]
        body = body.strip("\n")
        names = [ref.strip() for ref in refs.split(", ")[:_MAX_REFS] if ref.strip() and ref.strip() != "HEAD"]
        commits.append(
            Commit(
                sha=sha.lstrip("\n"),
                author=_known(name),
                author_email=_known(mail),
                author_time=time_of(at),
                commit_time=time_of(ct),
                subject=redact(subject),
                body=redact(body),
                parents=tuple(parents.split()),
                refs=tuple(ref.removeprefix("HEAD -> ").removeprefix("tag: ") for ref in names),
                tags=tuple(ref.removeprefix("tag: ") for ref in names if ref.startswith("tag: ")),
                pull_request=pull_request(subject, body),
                committer=_known(committer),
                committer_email=_known(committer_mail),
                trailers=_trailers(trailers) if trailers else (),
            )
        )
    return commits


def parse_stream(chunks: Iterator[bytes]) -> Iterator[Commit]:
    """Commits as their records arrive whole."""
    kept = b""
    try:
        for chunk in chunks:
            kept += chunk
            fields = kept.split(b"\0")
            whole = (len(fields) - 1) // _FIELDS * _FIELDS
            if whole:
                head = b"\0".join(fields[:whole]) + b"\0"
                kept = kept[len(head) :]
                yield from parse_log(head)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def former_paths(renames: Sequence[tuple[str, str]], paths: Sequence[str]) -> list[str]:
    """Where folders (or files) were before a commit that brought them, by its (old, new) file renames: the folder that
    most of a path's files came from, with the same names below it; nothing for a path that came from nowhere."""
    found: list[str] = []
    for path in paths:
        votes: Counter[str] = Counter()
        for old, new in renames:
            if new == path:
                votes[old] += 1
            elif path and new.startswith(f"{path}/") and old.endswith(new[len(path) :]):
                votes[old.removesuffix(new[len(path) :])] += 1
        if votes:
            best = votes.most_common(1)[0][0]
            if best and best != path:
                found.append(best)
    return found


class Pages:
    """The logs that were read, each as far as somebody asked; the latest few are kept."""

    def __init__(self, begin: Callable[[str, tuple[str, ...], bool, bool], Iterator[Commit]], keep: int = 16) -> None:
        self._begin = begin
        self._keep = keep
        self._lock = threading.Lock()
        self._read: OrderedDict[tuple[object, ...], _Page] = OrderedDict()

    def page(
        self, commit: str, paths: tuple[str, ...], first_parent: bool, follow: bool, skip: int, limit: int, refs: object
    ) -> list[Commit]:
        """`refs` changes where branches or tags moved: they are on the lines."""
        key = (commit, paths, first_parent, follow, refs)
        with self._lock:
            found = self._read.get(key)
            if found is None:
                found = self._read[key] = _Page(self._begin(commit, paths, first_parent, follow))
            self._read.move_to_end(key)
            while len(self._read) > self._keep:
                self._read.popitem(last=False)[1].close()
        return found.get(skip, limit)

    def close(self) -> None:
        with self._lock:
            for page in self._read.values():
                page.close()
            self._read.clear()


class _Page:
    def __init__(self, commits: Iterator[Commit]) -> None:
        self._commits: Iterator[Commit] | None = commits
        self._seen: list[Commit] = []
        self._lock = threading.Lock()

    def get(self, skip: int, limit: int) -> list[Commit]:
        with self._lock:
            while self._commits is not None and len(self._seen) < skip + limit:
                found = next(self._commits, None)
                if found is None:
                    self._commits = None
                else:
                    self._seen.append(found)
            return self._seen[skip : skip + limit]

    def close(self) -> None:
        commits = self._commits
        close = getattr(commits, "close", None)
        if close is not None and self._lock.acquire(blocking=False):
            try:
                close()
                self._commits = None
            finally:
                self._lock.release()
