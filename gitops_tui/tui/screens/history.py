"""The commit browser: what touched an application, beside what is deployed.

The list loads pages as one goes down; the right pane shows the commit on which the cursor rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.commit_list import CommitList
from gitops_tui.tui.screens.commit_pane import VIEWS, CommitPane
from gitops_tui.tui.screens.commit_rows import commit_line
from gitops_tui.tui.screens.dialog import Asking, error_rows
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.revert import RevertScreen
from gitops_tui.tui.screens.rollback import RollbackScreen
from gitops_tui.tui.screens.rows import Rows, row, wrapped
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, HistoryCommit

_PAGE = 100
_MOST = 4000
_REST = 0.12


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
        self.told: tuple[AppRecord | None, str] = (None, "")
        self._page = _PAGE
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Rows("head", reads=True)
        with Container(id="panes"):
            yield CommitList()
            yield CommitPane(self.engine, self.app_key)
        yield TextBox(placeholder="words in messages and authors", id="search")
        yield Hints("keys")

    # --- the parts --------------------------------------------------------------------------------------------------

    @property
    def listed(self) -> CommitList:
        return self.query_one(CommitList)

    @property
    def pane(self) -> CommitPane:
        return self.query_one(CommitPane)

    @property
    def commits(self) -> Sequence[HistoryCommit]:
        return self.listed.commits

    @property
    def chosen(self) -> HistoryCommit | None:
        return self.listed.chosen

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
        self.pane.forget()
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
        self.listed.take(found, skip, complete=self.complete, searched=bool(self.searched))
        self._header()
        self._rest()

    def _failed(self, error: BaseException) -> None:
        self.loading, self.error, self.complete = False, error, True
        self.pane.fill(error_rows(error, self.pane.text_width, "the history can't be read"))
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
            self.pane.forget("cluster")
            self.load(again=True)

    # --- the right pane ---------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Shows the commit once the cursor stays on it for a moment."""
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(_REST, self._show_pane)

    def _show_pane(self) -> None:
        each = self.chosen
        if each is not None and self.is_mounted and not self.error:
            self.pane.present(each, self.view, self.listed.ends(each.commit.sha))

    # --- keys -------------------------------------------------------------------------------------------------------

    def action_view(self, name: str = "") -> None:
        self.view = name or VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
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
        self.pane.to_file(step)

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
            self.complete, self._page = False, _PAGE
            self.pane.say([])
            self.load(again=True)

    def action_reload(self) -> None:
        self.pane.forget_all()
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
            said = "read-only: rolling back and reverting are off. Start without --read-only."
            self.pane.say(wrapped(said, self.pane.text_width, "warn"))
            return None
        return self.chosen

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
