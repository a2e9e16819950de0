"""What is shown beside a history of one of its commits: what it changed, what a roll back to it would, a comparison.

It is asked for once the cursor rests, made off the screen's thread, kept, and dropped where the cursor has gone on by the
time it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from gitops_tui.model.change import CommitDetail, FileChange
from gitops_tui.model.keys import AppKey
from gitops_tui.model.revision import Signature
from gitops_tui.model.sync import SyncOptions
from gitops_tui.tui.screens.change_rows import FileKey, change_rows, file_rows, object_rows, totals
from gitops_tui.tui.screens.commit_rows import commit_rows, with_signature
from gitops_tui.tui.screens.dialog import Asking, error_rows
from gitops_tui.tui.screens.plan_rows import counts, plan_rows
from gitops_tui.tui.screens.rows import Row, Rows, row, wrapped

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, HistoryCommit, RevisionPreview

VIEWS = ("commit", "cluster", "compare")
_MOST_KEPT = 200
_MARK = "m marks this commit as one end; then go to the other one: the difference shows here"

# (which view, of which commit or pair)
_Key = tuple[str, str]


class CommitPane(Rows):
    """Text to scroll. made: what was made already."""

    def __init__(self, engine: EngineApi, app_key: AppKey) -> None:
        super().__init__("pane", reads=True)
        self.engine, self.app_key = engine, app_key
        self.made: dict[_Key, list[Row]] = {}
        self._shown: _Key = ("", "")
        self._asked: set[_Key] = set()
        self._signed: dict[str, Signature | str] = {}

    @property
    def text_width(self) -> int:
        """Cells of one line. Told from the app's size: the pane's own is not known before its first layout."""
        width = self.app.size.width
        return max(20, width - 3 if width < 100 else width - width // 2 - 4)

    @property
    def _asking(self) -> Asking[Any]:
        return cast("Asking[Any]", self.screen)

    def present(self, each: HistoryCommit, view: str, ends: tuple[str, str] | None) -> None:
        """Shows a commit. ends: the older and the newer one for `compare`, None where nothing is marked."""
        sha, width = each.commit.sha, self.text_width
        key = (view, "..".join(ends or ("", sha)) if view == "compare" else sha)
        fresh = key != self._shown
        self._shown = key
        if view == "commit" and sha not in self._signed:
            self._ask_signature(sha)
        if key in self.made:
            self._put(key, self.made[key], top=fresh)
        elif key in self._asked and not fresh:
            return  # it is on its way
        elif view == "commit":
            reading = [row(("", "text")), row(("reading its files…", "muted"))]
            self._put(key, [*commit_rows(each, width), *reading], top=fresh)
            self._ask(key, self.engine.commit_detail(self.app_key, sha), lambda found: self._commit(each, found))
        elif view == "cluster":
            said = f"what would change in the cluster at {each.commit.short}: comparing…"
            self._put(key, [row((said, "muted"))], top=True)
            asked = SyncOptions(revision=sha, dry_run=True)
            self._ask(key, self.engine.preview(self.app_key, asked), lambda found: self._cluster(each, found))
        elif ends is None:
            self._put(key, wrapped(_MARK, width, "muted"), top=True)
        else:
            old, new = ends
            self._put(key, [row((f"{old[:7]}..{new[:7]}: comparing…", "muted"))], top=True)
            self._ask(key, self.engine.changes(self.app_key, old, new), lambda found: self._compare(old, new, found))

    def say(self, rows: list[Row]) -> None:
        """Shows something else."""
        self._shown = ("", "")
        self.fill(rows)

    def forget(self, view: str = "") -> None:
        """What was made of a view (of all: "") is made anew when it is shown."""
        self.made = {key: rows for key, rows in self.made.items() if view and key[0] != view}

    def forget_all(self) -> None:
        """The same of all, also of signatures."""
        self.forget()
        self._signed.clear()
        self._shown = ("", "")

    def to_file(self, step: int) -> None:
        """To the next or previous file (or object)."""
        starts = [at for at, each in enumerate(self.rows) if isinstance(each.key, FileKey)]
        later = [at for at in starts if at > self.top] if step > 0 else [at for at in starts if at < self.top][::-1]
        if later:
            self.scroll_top(later[0])

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask(self, key: _Key, future: Future[Any], make: Callable[[Any], list[Row]]) -> None:
        self._asked.add(key)

        def done(found: Any) -> None:
            self._asking.later(partial(self._make, key, partial(make, found)), f"{key}")

        def failed(error: BaseException) -> None:
            self._asked.discard(key)
            if key == self._shown:
                self._put(key, error_rows(error, self.text_width), top=True)

        self._asking.ask(future, done, failed)

    async def _make(self, key: _Key, make: Callable[[], list[Row]]) -> None:
        rows = await asyncio.to_thread(make)
        self._asked.discard(key)
        if len(self.made) > _MOST_KEPT:
            self.made.clear()
        self.made[key] = rows
        if key == self._shown:
            self._put(key, rows, top=False)

    def _ask_signature(self, sha: str) -> None:
        """Checking may start gpg or ssh-keygen: it comes when it comes, the files don't wait for it."""

        def told(found: Signature | str) -> None:
            self._signed[sha] = found
            if self._shown == ("commit", sha):
                self.fill(with_signature(self.rows, found, self.text_width))

        def failed(error: BaseException) -> None:
            told(f"not checked: {str(error).partition(chr(10))[0]}")

        self._signed[sha] = "checking…"
        self._asking.ask(self.engine.signature(self.app_key, sha), told, failed)

    def _put(self, key: _Key, rows: list[Row], *, top: bool) -> None:
        if key[0] == "commit":
            rows = with_signature(rows, self._signed.get(key[1], ""), self.text_width)
        self.fill(rows)
        if top:
            self.shifted = 0
            self.scroll_top(0)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _commit(self, each: HistoryCommit, found: CommitDetail) -> list[Row]:
        rows = commit_rows(each, self.text_width)
        rows += [row(("", "text")), row(*totals(found.files))]
        if not found.files:
            rows.append(row(("nothing in this application's folder against its first parent", "muted")))
        listed = file_rows(found.files) if len(found.files) > 1 else []
        return [*rows, *listed, *change_rows(found.files, found.more)]

    def _cluster(self, each: HistoryCommit, found: RevisionPreview) -> list[Row]:
        head = row((f"if rolled back to {each.commit.short}: ", "text"), *counts(found.plan))
        return [head, *plan_rows(found.plan, self.text_width), *object_rows(found.plan, found.resources)]

    def _compare(self, old: str, new: str, found: tuple[FileChange, ...]) -> list[Row]:
        head = row((f"{old[:7]}..{new[:7]}  ", "key"), *totals(found))
        listed = file_rows(found) if len(found) > 1 else []
        nothing = [] if found else [row(("the application's folder is the same in both", "muted"))]
        return [head, *nothing, *listed, *change_rows(found)]
