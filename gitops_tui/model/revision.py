"""Commits, as the history shows them, their signatures, and who last set a line."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A resolved revision.

    sha: the full SHA (40 or 64 hex digits). author_time, commit_time: aware, UTC. subject: the first line of the
    message; body: the rest. parents: full SHAs. refs: branches and tags on it; tags: only the tags. pull_request: the
    number of the pull or merge request that it came by, as its message tells it ("" if none). trailers: (key, value)
    in the order of the message ("Co-authored-by", "Signed-off-by", …). working_tree: this stands for the uncommitted
    changes of a local folder; it is never synced automatically.
    """

    sha: str
    author: str
    author_email: str
    author_time: datetime
    commit_time: datetime
    subject: str
    body: str = ""
    parents: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    pull_request: str = ""
    committer: str = ""
    committer_email: str = ""
    tags: tuple[str, ...] = ()
    trailers: tuple[tuple[str, str], ...] = ()
    working_tree: bool = False

    @property
    def short(self) -> str:
        """The first seven digits; "working tree" for uncommitted changes."""
        return "working tree" if self.working_tree else self.sha[:7]

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1

    @property
    def co_authors(self) -> tuple[str, ...]:
        """The people of its `Co-authored-by` trailers, as "Name <mail>"."""
        return tuple(value for key, value in self.trailers if key.lower() == "co-authored-by")


class SignatureStatus(StrEnum):
    VERIFIED = "verified"
    UNKNOWN_KEY = "unknown key"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Signature:
    """What is known of a commit's signature.

    kind: "gpg", "ssh", "x509" or "" (none). signer: by whom ("Dana <dana@example.com>"; for SSH the principal of
    gpg.ssh.allowedSignersFile); as the key says it, "" where the key is not known. key: the (primary) key's fingerprint or id;
    subkey: of the key that signed, where that is another. detail: one line of why, where the status alone doesn't say it ("expired key", …).
    """

    status: SignatureStatus
    kind: str = ""
    signer: str = ""
    key: str = ""
    detail: str = ""
    subkey: str = ""

    def __str__(self) -> str:
        """ "verified by Dana <dana@example.com>", "bad (expired key)"."""
        by = f" by {self.signer}" if self.signer else ""
        return f"{self.status.value}{by}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class BlameLine:
    """The commit that last set one line of a file.

    commit: full SHA. time: the author's, aware, UTC. path, line: where that line stood in that commit (another path
    where the file was renamed since). boundary: the history ends there (a shallow clone): it may be older.
    """

    commit: str
    author: str
    author_email: str
    time: datetime
    subject: str
    path: str
    line: int
    text: str = ""
    pull_request: str = ""
    boundary: bool = False

    @property
    def short(self) -> str:
        """The first seven digits of the commit."""
        return self.commit[:7]


@dataclass(frozen=True, slots=True)
class RefMove:
    """A branch or tag that points elsewhere than it did.

    name: "main", "v1.2". kind: "branch" or "tag". old, new: full SHAs ("" where it is new or gone). forced: a branch
    whose old commit is no ancestor of the new one (force-pushed), or a tag that moved.
    """

    name: str
    kind: str
    old: str
    new: str
    forced: bool = False
