"""The commits of an application."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.reconcile.api import EngineApi, HistoryCommit
from gitops_tui.tui.screens.reader import CSS, Reader
from gitops_tui.tui.words import age

Wait = Callable[["Future[Any]", Callable[[Any], None], Callable[[BaseException], None]], None]


class HistoryScreen(ModalScreen[str | None]):
    """Commits that touch the application; `enter` shows one, `R` leaves with its SHA for a rollback."""

    DEFAULT_CSS = CSS + "HistoryScreen OptionList { height: 1fr; } HistoryScreen .box { height: 90%; }"
    BINDINGS = [
        Binding("escape,q,h", "dismiss(None)", show=False),
        Binding("R", "back", show=False),
    ]

    def __init__(self, engine: EngineApi, wait: Wait, app_key: AppKey) -> None:
        super().__init__()
        self.engine, self.wait, self.app_key = engine, wait, app_key
        self.commits: list[HistoryCommit] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield OptionList(Option(Text("loading…"), disabled=True))

    def on_mount(self) -> None:
        self.query_one(OptionList).border_title = Text("enter shows · R rolls back · esc leaves").plain
        self.wait(self.engine.history(self.app_key), self.loaded, lambda error: self.said(str(error)))

    def said(self, text: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_option(Option(Text(printable(text)), disabled=True))

    def loaded(self, commits: tuple[HistoryCommit, ...]) -> None:
        self.commits = list(commits)
        if not commits:
            self.said("no commit touches this application's folder")
            return
        options = self.query_one(OptionList)
        options.clear_options()
        for each in commits:
            c = each.commit
            marks = f" [{', '.join(each.marks)}]" if each.marks else ""
            said = f"{c.short} {age(c.commit_time):>4} {c.author[:16]:<16} {c.subject}{marks}"
            options.add_option(Option(Text(printable(said), no_wrap=True, overflow="ellipsis")))
        options.highlighted = 0
        options.focus()

    @property
    def chosen(self) -> HistoryCommit | None:
        at = self.query_one(OptionList).highlighted
        return self.commits[at] if at is not None and at < len(self.commits) else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        each = self.chosen
        if each is None:
            return
        c = each.commit
        head = f"{c.sha}\n{c.author} {age(c.commit_time)} ago\n\n{c.subject}\n{c.body}\n"
        reader = Reader(head + "\nloading…")
        self.app.push_screen(reader)
        self.wait(
            self.engine.commit_diff(self.app_key, c.sha),
            lambda patch: reader.say(f"{head}\n{patch or 'no change in this folder'}"),
            lambda error: reader.say(f"{head}\n{error}"),
        )

    def action_back(self) -> None:
        if self.chosen and self.engine.snapshot.read_only is False and not self.engine.settings.read_only:
            self.dismiss(self.chosen.commit.sha)
        elif self.chosen:
            self.app.notify("read-only: rollback is off", severity="warning", markup=False)
