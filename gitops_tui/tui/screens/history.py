"""The commit browser: what touched an application, beside what is deployed.

The list loads pages as one goes down. What the right pane shows is asked for once the cursor rests, made off the screen's
thread, kept, and dropped where the cursor has gone on by the time it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from gitops_tui.model.change import CommitDetail, FileChange
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.model.revision import Signature
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import SyncOptions
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Pieces, width_of
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.change_rows import FileKey, change_rows, file_rows, object_rows, totals
from gitops_tui.tui.screens.commit_rows import commit_line, commit_rows, with_signature
from gitops_tui.tui.screens.dialog import Asking, error_rows
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.plan_rows import counts, plan_rows
from gitops_tui.tui.screens.revert import RevertScreen
from gitops_tui.tui.screens.rollback import RollbackScreen
from gitops_tui.tui.screens.rows import Row, Rows, row, wrapped
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, HistoryCommit, RevisionPreview

_PAGE = 100
_MOST = 4000
_REST = 0.12
_VIEWS = ("commit", "cluster", "compare")


class CommitList(Rows):
    """Commits by their index; drawn only where they are in sight."""

    def __init__(self) -> None:
        super().__init__("commits")
        self.commits: list[HistoryCommit] = []
        self.marked = ""

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


class HistoryScreen(Asking[None]):
    """`R` rolls back, `m` marks one end of a comparison, `/` searches."""

    DEFAULT_CSS = """
    HistoryScreen { layout: vertical; background: $background; }
    HistoryScreen #head { height: 2; background: $panel; }
    HistoryScreen #panes { layout: horizontal; height: 1fr; }
    HistoryScreen #commits { width: 50%; height: 100%; }
    HistoryScreen #pane { width: 1fr; height: 100%; border-left: solid $panel; }
    HistoryScreen #pane:focus { border-left: solid $primary; }
    HistoryScreen.narrow #panes { layout: vertical; }
    HistoryScreen.narrow #commits { width: 100%; height: 45%; }
    HistoryScreen.narrow #pane { width: 100%; height: 1fr; border-left: none; border-top: solid $panel; }
    HistoryScreen.narrow #pane:focus { border-top: solid $primary; }
    HistoryScreen #search { display: none; }
    """
    BINDINGS = [
        Binding("escape", "back", show=False),
        Binding("q,h", "leave", show=False),
        Binding("R", "roll_back", show=False),
        Binding("V", "revert", show=False),
        Binding("m", "mark", show=False),
        Binding("slash", "search", show=False),
        Binding("v", "view", show=False),
        Binding("1", "view('commit')", show=False),
        Binding("2", "view('cluster')", show=False),
        Binding("3", "view('compare')", show=False),
        Binding("tab,enter", "other_pane", show=False, priority=True),
        Binding("n", "file(1)", show=False),
        Binding("N", "file(-1)", show=False),
        Binding("r", "reload", show=False),
        Binding("c", "copy", show=False),
    ]

    def __init__(self, engine: EngineApi, app_key: AppKey) -> None:
        super().__init__()
        self.engine, self.app_key = engine, app_key
        self.view = "commit"
        self.searched = ""
        self.complete = False
        self.loading = False
        self.error: BaseException | None = None
        self.made: dict[tuple[str, str], list[Row]] = {}
        self.told: tuple[AppRecord | None, str] = (None, "")
        self._page = _PAGE
        self._resting: Timer | None = None
        self._shown: tuple[str, str] = ("", "")
        self._asked: set[tuple[str, str]] = set()
        self._signed: dict[str, Signature | str] = {}

    def compose(self) -> ComposeResult:
        yield Rows("head", reads=True)
        with Container(id="panes"):
            yield CommitList()
            yield Rows("pane", reads=True)
        yield TextBox(placeholder="words in messages and authors", id="search")
        yield Hints("keys")

    # --- the parts --------------------------------------------------------------------------------------------------

    @property
    def listed(self) -> CommitList:
        return self.query_one(CommitList)

    @property
    def pane(self) -> Rows:
        return self.query_one("#pane", Rows)

    @property
    def commits(self) -> Sequence[HistoryCommit]:
        return self.listed.commits

    @property
    def chosen(self) -> HistoryCommit | None:
        at = self.listed.key
        return self.commits[at] if isinstance(at, int) and at < len(self.commits) else None

    @property
    def text(self) -> str:
        """All that the screen says, as plain text."""
        lines = ["".join(text for text, _ in commit_line(each, 120)) for each in self.commits]
        return "\n".join([*lines, *("".join(text for text, _ in each.pieces) for each in self.pane.rows)])

    def on_mount(self) -> None:
        head = self.query_one("#head", Rows)
        head.can_focus, head.ground = False, "bar"
        self.listed.focus()
        self.on_resize()
        self.load()

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < 100, "narrow")
        self.made.clear()
        self._header()
        self.call_after_refresh(self._show_pane)

    def _header(self) -> None:
        state = self.engine.snapshot.applications.get(self.app_key)
        name, cluster = printable(self.app_key.name), printable(self.app_key.cluster)
        source = state.app.source if state else None
        where = f" · {printable(source.path)} @ {printable(source.target_revision or 'HEAD')}" if source else ""
        deployed = next((each.commit.short for each in self.commits if each.deployed), "")
        waiting = sum(each.waiting for each in self.commits)
        facts = [f"deployed {deployed}" if deployed else "nothing deployed from here yet"]
        facts += [f"{plural(waiting, 'commit')} waiting"] if waiting else []
        if state and state.record.pin:
            facts.append(f"pinned to {state.record.pin.revision[:7]}")
        facts += [f"search: {printable(self.searched)}"] if self.searched else []
        facts.append(plural(len(self.commits), "commit") if self.complete else f"{len(self.commits):,}+ commits")
        if self.listed.marked:
            facts.append(f"marked {self.listed.marked[:7]}: 3 compares")
        head = self.query_one("#head", Rows)
        head.fill(
            [
                row((" History of ", "muted"), (f"{name}", "head bold"), (f" · cluster {cluster}{where}", "text")),
                row((f" {' · '.join(facts)}", "text")),
            ]
        )  # fmt: skip
        keys = self.query_one("#keys", Hints)
        keys.styles.height = keys.lay(self._hints(), max(20, self.app.size.width - 1))
        keys.paint()

    def _hints(self) -> list[Hint]:
        views = {"commit": "commit", "cluster": "if rolled back", "compare": "compare"}
        made = [
            Hint(str(number), f"[{words}]" if self.view == name else words, f"screen.view('{name}')")
            for number, (name, words) in enumerate(views.items(), 1)
        ]
        off = "read-only" if self.read_only else ""
        return [
            *made,
            Hint("R", f"roll back{' (read-only)' if off else ''}", "screen.roll_back", off),
            Hint("V", "revert in Git", "screen.revert", off),
            Hint("m", "mark", "screen.mark"),
            Hint("/", "search", "screen.search"),
            Hint("tab", "pane", "screen.other_pane"),
            Hint("n", "next file", "screen.file(1)"),
            Hint("c", "copy SHA", "screen.copy"),
            Hint("esc", "leave", "screen.back"),
        ]

    @property
    def read_only(self) -> bool:
        return self.engine.settings.read_only or self.engine.snapshot.read_only

    # --- the list ---------------------------------------------------------------------------------------------------

    def load(self, *, again: bool = False) -> None:
        """The next page, or all that was loaded once more."""
        if self.loading and not again:
            return
        self.loading = True
        skip = 0 if again else len(self.commits)
        limit = max(_PAGE, len(self.commits)) if again else self._page
        state = self.engine.snapshot.applications.get(self.app_key)
        self.told = (state.record, state.target.sha if state.target else "") if state else (None, "")
        self.ask(
            self.engine.history(self.app_key, limit=limit, skip=skip, search=self.searched),
            lambda found: self._loaded(found, skip, limit),
            self._failed,
            latest=True,
        )
        if not self.commits:
            self.listed.empty = "searching…" if self.searched else "loading…"
            self.listed.fill([])

    def _loaded(self, found: Sequence[HistoryCommit], skip: int, limit: int) -> None:
        self.loading, self.error = False, None
        self.complete = len(found) < limit
        self._page = min(_MOST, self._page * 2)
        before = self.chosen.commit.sha if self.chosen and skip == 0 else ""
        self.listed.commits[skip:] = found
        rows = list(self.listed.rows[:-1]) if skip else []
        group = _group(self.commits[skip - 1]) if skip else None
        for at in range(skip, len(self.commits)):
            here = _group(self.commits[at])
            if here != group and not self.searched:
                if here or group:
                    rows.append(row((f" {here or 'before that'} ", "warn" if here.startswith("waiting") else "muted")))
                group = here
            rows.append(Row((), at))
        rows.append(row(("" if self.complete else " … more below", "muted")))
        if not self.commits:
            self.listed.empty = (
                "no commit says that" if self.searched else "no commit touches this application's folder"
            )
            rows = []
        goal = next((at for at, each in enumerate(self.commits) if each.commit.sha == before), None) if before else None
        self.listed.fill(rows, goal=goal)
        self._header()
        self._rest()

    def _failed(self, error: BaseException) -> None:
        self.loading, self.error, self.complete = False, error, True
        self.pane.fill(error_rows(error, self._width(), "the history can't be read"))
        self.listed.empty = "no commits: the right pane says why"
        self.listed.fill(self.listed.rows)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        if event.rows is not self.listed:
            return
        if not self.complete and isinstance(event.key, int) and event.key >= len(self.commits) - 30:
            self.load()
        self._rest()

    def on_rows_chosen(self) -> None:
        self.action_other_pane()

    def follow(self, snapshot: Snapshot) -> None:
        """Marks move where something was synced, pinned or pushed."""
        state = snapshot.applications.get(self.app_key)
        if state and self.commits and (state.record, state.target.sha if state.target else "") != self.told:
            self.made = {key: rows for key, rows in self.made.items() if key[0] != "cluster"}
            self.load(again=True)

    # --- the right pane ---------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Shows the commit once the cursor stays on it for a moment."""
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(_REST, self._show_pane)

    def _width(self) -> int:
        # Told from the app's size: the pane's own is not known before its first layout.
        width = self.app.size.width
        return max(20, width - 3 if width < 100 else width - width // 2 - 4)

    def _show_pane(self) -> None:
        each = self.chosen
        if each is None or not self.is_mounted or self.error:
            return
        sha = each.commit.sha
        key = (self.view, f"{self.listed.marked}..{sha}" if self.view == "compare" else sha)
        fresh = key != self._shown
        self._shown = key
        if self.view == "commit" and sha not in self._signed:
            self._ask_signature(sha)
        if key in self.made:
            self._fill(key, self.made[key], top=fresh)
            return
        if key in self._asked and not fresh:
            return  # it is on its way
        if self.view == "commit":
            self._fill(
                key,
                [*commit_rows(each, self._width()), row(("", "text")), row(("reading its files…", "muted"))],
                top=fresh,
            )
            self._ask_pane(key, self.engine.commit_detail(self.app_key, sha), lambda found: self._commit(each, found))
        elif self.view == "cluster":
            self._fill(
                key, [row((f"what would change in the cluster at {each.commit.short}: comparing…", "muted"))], top=True
            )
            asked = SyncOptions(revision=sha, dry_run=True)
            self._ask_pane(key, self.engine.preview(self.app_key, asked), lambda found: self._cluster(each, found))
        elif not self.listed.marked or self.listed.marked == sha:
            self._fill(
                key,
                wrapped(
                    "m marks this commit as one end; then go to the other one: the difference shows here",
                    self._width(),
                    "muted",
                ),
                top=True,
            )
        else:
            old, new = self._ends(sha)
            self._fill(key, [row((f"{old[:7]}..{new[:7]}: comparing…", "muted"))], top=True)
            self._ask_pane(
                key, self.engine.changes(self.app_key, old, new), lambda found: self._compare(old, new, found)
            )

    def _ends(self, sha: str) -> tuple[str, str]:
        """The older and the newer one of the two."""
        order = {each.commit.sha: at for at, each in enumerate(self.commits)}
        pair = sorted((self.listed.marked, sha), key=lambda each: -order.get(each, 10**9))
        return pair[0], pair[1]

    def _ask_pane(self, key: tuple[str, str], future: Future[Any], make: Callable[[Any], list[Row]]) -> None:
        self._asked.add(key)

        def done(found: Any) -> None:
            self.later(partial(self._make, key, partial(make, found)), f"{key}")

        def failed(error: BaseException) -> None:
            self._asked.discard(key)
            if key == self._shown:
                self._fill(key, error_rows(error, self._width()), top=True)

        self.ask(future, done, failed)

    async def _make(self, key: tuple[str, str], make: Callable[[], list[Row]]) -> None:
        rows = await asyncio.to_thread(make)
        self._asked.discard(key)
        if len(self.made) > 200:
            self.made.clear()
        self.made[key] = rows
        if key == self._shown:
            self._fill(key, rows, top=False)

    def _ask_signature(self, sha: str) -> None:
        """Checking may start gpg or ssh-keygen: it comes when it comes, the files don't wait for it."""

        def told(found: Signature | str) -> None:
            self._signed[sha] = found
            if self._shown == ("commit", sha):
                self.pane.fill(with_signature(self.pane.rows, found, self._width()))

        self._signed[sha] = "checking…"
        self.ask(
            self.engine.signature(self.app_key, sha), told, lambda error: told(f"not checked: {_first_line(error)}")
        )

    def _fill(self, key: tuple[str, str], rows: list[Row], *, top: bool) -> None:
        if key[0] == "commit":
            rows = with_signature(rows, self._signed.get(key[1], ""), self._width())
        self.pane.fill(rows)
        if top:
            self.pane.shifted = 0
            self.pane.scroll_top(0)

    def _commit(self, each: HistoryCommit, found: CommitDetail) -> list[Row]:
        rows = commit_rows(each, self._width())
        rows += [row(("", "text")), row(*totals(found.files))]
        if not found.files:
            rows.append(row(("nothing in this application's folder against its first parent", "muted")))
        listed = file_rows(found.files) if len(found.files) > 1 else []
        return [*rows, *listed, *change_rows(found.files, found.more)]

    def _cluster(self, each: HistoryCommit, found: RevisionPreview) -> list[Row]:
        head = row((f"if rolled back to {each.commit.short}: ", "text"), *counts(found.plan))
        return [head, *plan_rows(found.plan, self._width()), *object_rows(found.plan, found.resources)]

    def _compare(self, old: str, new: str, found: tuple[FileChange, ...]) -> list[Row]:
        head = row((f"{old[:7]}..{new[:7]}  ", "key"), *totals(found))
        listed = file_rows(found) if len(found) > 1 else []
        nothing = [] if found else [row(("the application's folder is the same in both", "muted"))]
        return [head, *nothing, *listed, *change_rows(found)]

    # --- keys -------------------------------------------------------------------------------------------------------

    def action_view(self, name: str = "") -> None:
        self.view = name or _VIEWS[(_VIEWS.index(self.view) + 1) % len(_VIEWS)]
        self._header()
        self._show_pane()

    def action_other_pane(self) -> None:
        search = self.query_one("#search", TextBox)
        if search.has_focus:
            self._search(search.value)
        elif self.listed.has_focus:
            self.pane.focus()
        else:
            self.listed.focus()

    def action_file(self, step: int) -> None:
        """To the next or previous file (or object) in the right pane."""
        starts = [at for at, each in enumerate(self.pane.rows) if isinstance(each.key, FileKey)]
        top = self.pane.top
        later = [at for at in starts if at > top] if step > 0 else [at for at in starts if at < top][::-1]
        if later:
            self.pane.scroll_top(later[0])

    def action_mark(self) -> None:
        if each := self.chosen:
            sha = each.commit.sha
            self.listed.marked = "" if self.listed.marked == sha else sha
            self.listed.paint()
            self._header()
            self._show_pane()

    def action_search(self) -> None:
        box = self.query_one("#search", TextBox)
        box.display = True
        box.value = self.searched
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._search(event.value)

    def _search(self, text: str) -> None:
        self.query_one("#search").display = False
        self.listed.focus()
        if text.strip() != self.searched:
            self.searched = text.strip()
            self.listed.commits.clear()
            self.listed.fill([])
            self.complete, self._page, self._shown = False, _PAGE, ("", "")
            self.pane.fill([])
            self.load(again=True)

    def action_reload(self) -> None:
        self.made.clear()
        self._signed.clear()
        self._shown = ("", "")
        self.load(again=True)

    def action_copy(self) -> None:
        if each := self.chosen:
            self.host.copy(each.commit.sha, f"SHA {each.commit.short}")

    def action_roll_back(self) -> None:
        if each := self._to_change():
            self.app.push_screen(RollbackScreen(self.engine, self.app_key, each.commit))

    def action_revert(self) -> None:
        if each := self._to_change():
            self.app.push_screen(RevertScreen(self.engine, self.app_key, each.commit))

    def _to_change(self) -> HistoryCommit | None:
        """The chosen commit, where something may be changed."""
        if self.read_only:
            self.pane.fill(self.note_read_only())
            return None
        return self.chosen

    def note_read_only(self) -> list[Row]:
        self._shown = ("", "")
        return wrapped(
            "read-only: rolling back and reverting are off. Start without --read-only.", self._width(), "warn"
        )

    def action_back(self) -> None:
        box = self.query_one("#search", TextBox)
        if box.has_focus:
            box.display = False
            self.listed.focus()
        elif self.pane.has_focus:
            self.listed.focus()
        elif self.searched:
            self._search("")
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _group(each: HistoryCommit) -> str:
    if each.waiting:
        return "waiting to be deployed"
    return "deployed" if each.deployed else ""
