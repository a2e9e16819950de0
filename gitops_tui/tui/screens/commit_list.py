"""The commits of a history as a list, under headings of what is deployed and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_tui.tui.paint import Pieces, width_of
from gitops_tui.tui.screens.commit_rows import commit_line
from gitops_tui.tui.screens.rows import Row, Rows, row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import HistoryCommit


class CommitList(Rows):
    """Commits by their index; drawn only where they are in sight. marked: the SHA of one end of a comparison."""

    def __init__(self) -> None:
        super().__init__("commits")
        self.commits: list[HistoryCommit] = []
        self.marked = ""

    @property
    def chosen(self) -> HistoryCommit | None:
        """The commit that the cursor stands on."""
        return self.commits[self.key] if isinstance(self.key, int) and self.key < len(self.commits) else None

    def ends(self, sha: str) -> tuple[str, str] | None:
        """The older and the newer one of the marked commit and this one; None where no other one is marked."""
        if self.marked in ("", sha):
            return None
        order = {each.commit.sha: at for at, each in enumerate(self.commits)}
        old, new = sorted((self.marked, sha), key=lambda each: -order.get(each, 10**9))
        return old, new

    def take(self, found: Sequence[HistoryCommit], skip: int, *, complete: bool, searched: bool) -> None:
        """Puts a page in its place. complete: it is the last one. searched: they are hits, which stand under no heading."""
        before = self.chosen.commit.sha if self.chosen and skip == 0 else ""
        self.commits[skip:] = found
        rows = list(self.rows[:-1]) if skip else []
        group = _group(self.commits[skip - 1]) if skip else None
        for at in range(skip, len(self.commits)):
            here = _group(self.commits[at])
            if here != group and not searched:
                if here or group:
                    rows.append(row((f" {here or 'before that'} ", "warn" if here.startswith("waiting") else "muted")))
                group = here
            rows.append(Row((), at))
        rows.append(row(("" if complete else " … more below", "muted")))
        if not self.commits:
            self.empty = "no commit says that" if searched else "no commit touches this application's folder"
            rows = []
        goal = next((at for at, each in enumerate(self.commits) if each.commit.sha == before), None) if before else None
        self.fill(rows, goal=goal)

    def line(self, index: int, width: int) -> Pieces:
        key = self.rows[index].key if index < len(self.rows) else None
        if not isinstance(key, int):
            pieces = super().line(index, width)
            heading = 0 <= index < len(self.rows) - 1
            return (
                [*pieces, ("─" * (width - sum(width_of(text) for text, _ in pieces)), "muted")] if heading else pieces
            )
        each = self.commits[key]
        pieces = commit_line(each, width, chosen=each.commit.sha == self.marked)
        return self.under_cursor(pieces, width) if index == self.cursor else pieces


def _group(each: HistoryCommit) -> str:
    if each.waiting:
        return "waiting to be deployed"
    return "deployed" if each.deployed else ""
