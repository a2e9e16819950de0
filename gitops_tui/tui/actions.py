"""The dialogs that change something: sync with its plan and progress, and the history with its rollback."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.reconcile.api import EngineApi, HistoryCommit
from gitops_tui.tui.detail import age
from gitops_tui.tui.dialogs import CSS, Ask, Reader, operation_text, plan_text

Wait = Callable[["Future[Any]", Callable[[Any], None], Callable[[BaseException], None]], None]


class SyncScreen(Reader):
    """Plans at once, applies on `enter`, then shows the run. Used for a rollback too (options.revision)."""

    BINDINGS = [
        Binding("p,space", "prune", show=False),
        Binding("D", "dry_run", show=False),
        Binding("o", "only", show=False),
        Binding("x", "stop", show=False),
    ]

    def __init__(
        self, engine: EngineApi, wait: Wait, app_key: AppKey, options: SyncOptions, only: SyncOptions | None = None
    ) -> None:
        super().__init__("planning…")
        self.engine, self.wait, self.app_key, self.options, self.only = engine, wait, app_key, options, only
        self.plan: SyncPlan | None = None
        self.before: SyncOperation | None = None
        self.running = False
        self.asked = 0

    def on_mount(self) -> None:
        self.replan()

    def replan(self) -> None:
        self.plan = None
        self.asked += 1
        asked = self.asked
        self.say("planning…")
        self.wait(
            self.engine.plan(self.app_key, self.options),
            lambda plan: self.planned(plan) if asked == self.asked else None,
            self.failed,
        )

    def planned(self, plan: SyncPlan) -> None:
        self.plan = plan
        prune = "on" if self.options.prune else "off"
        keys = f"enter apply · p prune ({prune}) · D dry run ({'on' if self.options.dry_run else 'off'})"
        keys += " · o only this resource / whole application" if self.only else ""
        self.say(f"{plan_text(plan)}\n\n{keys} · esc leave")

    def failed(self, error: BaseException) -> None:
        self.running = False
        self.say(f"{error}\n\nesc close")

    def action_prune(self) -> None:
        if not self.running:
            self.options = replace(self.options, prune=not self.options.prune)
            self.replan()

    def action_dry_run(self) -> None:
        if not self.running:
            self.options = replace(self.options, dry_run=not self.options.dry_run)
            self.replan()

    def action_only(self) -> None:
        if self.only and not self.running:
            self.options, self.only = replace(self.only, prune=self.options.prune), self.options
            self.replan()

    def action_stop(self) -> None:
        if self.running:
            self.engine.stop_sync(self.app_key)

    def action_answer(self, yes: bool) -> None:
        if not yes:
            self.dismiss(False)
        elif (self.plan and not self.running and not self.plan.refused and not self.plan.is_empty) or (
            self.plan and not self.running and not self.plan.refused and self.options.revision
        ):
            self.start("")

    def start(self, message: str) -> None:
        plan = self.plan
        if plan is None:
            return
        self.running = True
        state = self.engine.snapshot.applications.get(self.app_key)
        self.before = state.operation if state else None
        self.plan = None  # one press, one run
        self.say("starting…\n\nx stop")
        back = plan.options.revision and not plan.options.dry_run
        run = self.engine.rollback(plan, message) if back else self.engine.sync(plan)
        self.wait(run, self.finished, self.failed)

    def progress(self) -> None:
        state = self.engine.snapshot.applications.get(self.app_key)
        if self.running and state and state.operation and state.operation is not self.before:
            self.say(operation_text(state.operation))

    def finished(self, operation: SyncOperation) -> None:
        self.running = operation.phase is OperationPhase.RUNNING
        self.say(operation_text(operation))


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


__all__ = ["Ask", "HistoryScreen", "SyncScreen"]
