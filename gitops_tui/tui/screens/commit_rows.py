"""A commit of the history as rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_tui.model.record import HistoryEntry
from gitops_tui.model.revision import Signature, SignatureStatus
from gitops_tui.model.sync import OperationPhase
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Piece, Pieces, cut, width_of
from gitops_tui.tui.screens.rows import Row, row, wrapped
from gitops_tui.tui.words import age

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import HistoryCommit

# In the order of their weight: the first that applies is the commit's sign.
MARKS: tuple[tuple[str, str, str], ...] = (
    ("failed", "✗", "bad"),
    ("deployed", "●", "ok"),
    ("pinned", "⚲", "info"),
    ("rolled back from", "↩", "warn"),
    ("target", "◆", "head"),
    ("waiting", "○", "warn"),
)


def marks(each: HistoryCommit, *, waiting: bool = False) -> list[Piece]:
    """The commit's marks as words ("waiting" only where asked: its group says it already)."""
    said = set(each.marks)
    return [(name, role) for name, _, role in MARKS if name in said and (waiting or name != "waiting")]


def sign(each: HistoryCommit) -> Piece:
    said = set(each.marks)
    return next(((shown, role) for name, shown, role in MARKS if name in said), (" ", "text"))


def commit_line(each: HistoryCommit, width: int, *, chosen: bool = False) -> Pieces:
    """One line of the list: sign, SHA, age, author, marks, subject. chosen: one end of a comparison."""
    commit = each.commit
    names = 16 if width >= 90 else 12 if width >= 60 else 8
    author = cut(printable(commit.author), names)
    pieces: Pieces = [
        ("»" if chosen else " ", "info"),
        sign(each),
        (f" {commit.short[:7]} ", "key" if not each.waiting else "warn"),
        (f"{age(commit.commit_time):>4} ", "muted"),
        (author + " " * (names - width_of(author)) + " ", "muted"),
    ]
    for name, role in marks(each):
        pieces += [(name, f"{role} bold"), (" ", "text")]
    number = f"#{printable(commit.pull_request)}"
    subject = printable(commit.subject)
    if commit.pull_request and number not in subject:
        pieces.append((f"{number} ", "info"))
    pieces.append((subject, "text"))
    return pieces


SIGNATURE = "signature"
_SIGNED_ROLES = {SignatureStatus.VERIFIED: "ok", SignatureStatus.BAD: "bad", SignatureStatus.UNKNOWN_KEY: "warn"}


def with_signature(rows: Sequence[Row], found: Signature | str, width: int) -> list[Row]:
    """`rows` of a commit, with what is known of its signature now in its place; a text stands for not known."""
    at = [number for number, each in enumerate(rows) if each.key == SIGNATURE]
    if not at:
        return list(rows)
    role = "muted" if isinstance(found, str) else _SIGNED_ROLES.get(found.status, "text")
    said = wrapped(printable(str(found)), width, role, first=f"{'signature':<10}", indent=" " * 10)
    return [*rows[: at[0]], *(Row(each.pieces, SIGNATURE) for each in said), *rows[at[-1] + 1 :]]


def commit_rows(each: HistoryCommit, width: int) -> list[Row]:
    """All that is known of a commit, its message in full. One row waits for `with_signature`."""
    commit = each.commit
    facts: list[tuple[str, str]] = [
        ("commit", commit.sha),
        ("author", f"{commit.author} <{commit.author_email}>  {_when(commit.author_time)}"),
    ]
    if commit.committer and (commit.committer, commit.committer_email) != (commit.author, commit.author_email):
        facts.append(("committer", f"{commit.committer} <{commit.committer_email}>  {_when(commit.commit_time)}"))
    facts += [("with", who) for who in commit.co_authors]
    facts += [(SIGNATURE, "")]
    facts += [("pull req.", f"#{commit.pull_request}")] if commit.pull_request else []
    facts += [("refs", ", ".join(commit.refs))] if commit.refs else []
    facts += [("merge of", " ".join(parent[:7] for parent in commit.parents))] if commit.is_merge else []
    rows: list[Row] = []
    if said := marks(each, waiting=True):
        rows.append(row(*(piece for name, role in said for piece in ((name, f"{role} bold"), ("  ", "text")))))
    for label, value in facts:
        if label == SIGNATURE:
            rows.append(row(("", "text"), key=SIGNATURE))
            continue
        rows += wrapped(printable(value), width, first=f"{label:<10}", indent=" " * 10)
    for entry in each.syncs[:5]:
        rows += _sync(entry, width)
    rows.append(row(("", "text")))
    rows += wrapped(printable(commit.subject), width, "text bold")
    if commit.body:
        rows += wrapped(printable(commit.body, keep_newlines=True), width)
    return rows


def _when(moment: object) -> str:
    from datetime import datetime

    assert isinstance(moment, datetime)
    return f"{moment:%Y-%m-%d %H:%M}Z ({age(moment)} ago)"


def _sync(entry: HistoryEntry, width: int) -> list[Row]:
    fine = entry.phase is OperationPhase.SUCCEEDED
    counts = ", ".join(f"{number} {name}" for name, number in entry.counts)
    said = f"{entry.phase.value} {age(entry.started)} ago by {entry.who} ({entry.initiator.value}) {counts} {entry.message}"
    rows = wrapped(printable(said.strip()), width, "ok" if fine else "bad", first=f"{'synced':<10}", indent=" " * 10)
    for failure in entry.failures:
        rows += wrapped(printable(failure), width, "bad", first=" " * 10, indent=" " * 10)
    return rows
