"""Roll back: to which commit, what Git changed since, what the cluster would change, what happens to automatic sync."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.change import FileChange
from gitops_tui.model.keys import AppKey
from gitops_tui.model.revision import Commit
from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.change_rows import change_rows, file_rows, totals
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.sync import SyncScreen
from gitops_tui.tui.words import age

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class RollbackScreen(SyncScreen):
    """Pins the application to `commit` and syncs it there. `tab` shows what Git changed since."""

    BINDINGS = [
        Binding("tab", "git", show=False, priority=True),
        Binding("m", "message", show=False),
        Binding("V", "revert", show=False),
    ]
    DEFAULT_CSS = "RollbackScreen #message { height: 1; }"

    def __init__(self, engine: EngineApi, app_key: AppKey, commit: Commit) -> None:
        super().__init__(engine, app_key, SyncOptions(revision=commit.sha))
        self.commit = commit
        self.shows_git = False
        self.files: tuple[FileChange, ...] | None = None
        self.git_rows: list[Row] = [row(("reading what Git changed…", "muted"))]

    def below(self) -> ComposeResult:
        yield TextBox(placeholder="why (m writes here; kept with the pin)", id="message")

    def extra(self) -> int:
        return super().extra() + (1 if self.mode == "plan" else 0)

    def ready(self) -> None:
        super().ready()
        state = self.state
        here = state.revision.sha if state and state.revision else ""
        if here and here != self.commit.sha:
            self.ask(self.engine.changes(self.app_key, here, self.commit.sha), self._changed, self._no_changes)
        else:
            self.files, self.git_rows = (), [row(("Git: the application stands at this commit already", "muted"))]

    def _changed(self, files: tuple[FileChange, ...]) -> None:
        self.files = files
        self.build()
        self.later(partial(self._make, files))

    async def _make(self, files: Sequence[FileChange]) -> None:
        made = await asyncio.to_thread(change_rows, files)
        self.git_rows = [row(("− as Git has it now, + as it was then", "muted")), *file_rows(files), *made]
        self.build()

    def _no_changes(self, error: BaseException) -> None:
        self.git_rows = self.error_rows(error, "what Git changed since can't be read")
        self.build()

    def heading(self) -> str:
        return f"{'DRY RUN of roll back' if self.options.dry_run else 'Roll back'} {printable(self.app_key.name)}"

    def target(self) -> list[Row]:
        commit, state = self.commit, self.state
        said = f'{commit.short} "{commit.subject}" {commit.author} {age(commit.commit_time)} ago'
        rows = [row(("to   ", "muted"), (printable(said), "text")), super().target()[1]]
        now = state.revision if state else None
        if now and now.sha != commit.sha:
            rows.insert(1, row(("from ", "muted"), (printable(f'{now.short} "{now.subject}"'), "muted")))
        return rows

    def facts(self) -> list[Row]:
        state = self.state
        rows: list[Row] = []
        if self.files:
            rows.append(row(("Git since: ", "muted"), *totals(self.files), ("  tab shows it", "muted")))
        if state is None:
            return rows
        automated = state.app.sync_policy.automated
        on = automated is not None and getattr(automated, "enabled", True)
        auto = "automatic sync stops until it is unpinned (U)" if on else "automatic sync is off for it anyway"
        pin = state.record.pin
        before = f" (now {pin.revision[:7]})" if pin and pin.revision != self.commit.sha else ""
        return [*rows, *self.note(f"{self.app_key.name} is pinned to {self.commit.short} then{before}: {auto}", "info")]

    def build(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#message").display = self.mode == "plan"
        super().build()

    def show(self, head: Sequence[Row], body: Sequence[Row], hints: Sequence[Hint], **more: object) -> None:
        if self.shows_git and self.mode == "plan":
            body = self.git_rows
        super().show(head, body, hints, **more)  # type: ignore[arg-type]

    def hints(self) -> list[Hint]:
        made = super().hints()
        if self.mode == "plan":
            made[1:1] = [
                Hint("tab", "the plan" if self.shows_git else "what Git changed", "screen.git"),
                Hint("m", "why", "screen.message"),
                Hint("V", "in Git instead", "screen.revert"),
            ]
        return made

    @property
    def can_run(self) -> bool:
        # A plan without steps still pins.
        return self.plan is not None and not self.plan.refused and not (self.plan.is_empty and self.options.dry_run)

    def verb(self) -> str:
        return "dry run" if self.options.dry_run else "pin and roll back"

    def send(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self.engine.rollback(plan, self.why)

    @property
    def why(self) -> str:
        """What the person wrote."""
        return self.query_one("#message", TextBox).value.strip()

    def action_git(self) -> None:
        if self.mode == "plan":
            self.shows_git = not self.shows_git
            self.body.scroll_top(0)
            self.build()

    def action_revert(self) -> None:
        """The other way: a commit that restores the files."""
        if self.mode == "plan":
            from gitops_tui.tui.screens.revert import RevertScreen

            self.app.switch_screen(RevertScreen(self.engine, self.app_key, self.commit))

    def action_message(self) -> None:
        if self.mode == "plan":
            self.query_one("#message", TextBox).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.body.focus()

    def action_back(self) -> None:
        if self.query_one("#message", TextBox).has_focus:
            self.body.focus()
        else:
            super().action_back()


class UnpinScreen(SyncScreen):
    """Follows the branch again: what is different there is shown first. Nothing is applied by unpinning itself."""

    def __init__(self, engine: EngineApi, app_key: AppKey, target: Commit) -> None:
        super().__init__(engine, app_key, SyncOptions(revision=target.sha))
        self.commit = target

    def heading(self) -> str:
        return f"Unpin {printable(self.app_key.name)}"

    def target(self) -> list[Row]:
        commit, state = self.commit, self.state
        pin = state.record.pin if state else None
        said = f'{commit.short} "{commit.subject}" {commit.author} {age(commit.commit_time)} ago'
        rows = [row(("follow ", "muted"), (printable(said), "text")), super().target()[1]]
        if pin:
            why = f' "{pin.message}"' if pin.message else ""
            rows.insert(
                1,
                row(
                    ("pinned ", "muted"),
                    (printable(f"{pin.revision[:7]} by {pin.who} {age(pin.since)} ago{why}"), "text"),
                ),
            )
        return rows

    def facts(self) -> list[Row]:
        state = self.state
        automated = state.app.sync_policy.automated if state else None
        on = automated is not None and getattr(automated, "enabled", True)
        paused = state is not None and state.record.pause is not None
        if on and not paused:
            said = "unpinning changes nothing in the cluster itself; then automatic sync does what stands below"
        else:
            said = "unpinning changes nothing in the cluster; a sync would then do what stands below"
        return self.note(said, "info")

    def switches(self) -> list[Hint]:
        return []

    @property
    def can_run(self) -> bool:
        return self.plan is not None

    def verb(self) -> str:
        return "unpin"

    def action_run(self) -> None:
        if self.mode == "plan" and self.can_run:
            self.plan = None
            self.ask(
                self.engine.unpin(self.app_key), lambda _: self._unpinned(), self._failed, orphan=self._ended_unseen
            )

    def _unpinned(self) -> None:
        self.host.say(f"{self.app_key.name} follows its branch again")
        self.dismiss(True)

    def action_switch(self, name: str) -> None:
        """There is nothing to choose here."""
