"""What keys do: each action opens a dialog or asks the engine. The app inherits these; nothing here draws."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.app import App

from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import SyncOptions
from gitops_tui.model.text import printable
from gitops_tui.reconcile.api import EngineApi
from gitops_tui.reconcile.applications import parse_duration
from gitops_tui.settings import Settings
from gitops_tui.tui.screens import Ask, HistoryScreen, Reader, SyncScreen
from gitops_tui.tui.tree import Tree


class Acting(App[int]):
    """The actions of the app. engine: None until it is made."""

    engine: EngineApi | None = None
    settings: Settings

    @property
    def tree_pane(self) -> Tree:
        raise NotImplementedError

    def wait(
        self, future: Future[Any], done: Callable[[Any], None], failed: Callable[[BaseException], None] | None = None
    ) -> None:
        """Calls one of the two on the screen's thread once the future is done."""
        raise NotImplementedError

    def action_errors(self) -> None:
        snapshot = self.engine.snapshot if self.engine else Snapshot()
        said = [("", each) for each in snapshot.conditions]
        said += [(f"{key}: ", each) for key, state in snapshot.applications.items() for each in state.conditions]
        lines = [
            f"{each.severity.value}: {where}{each.message}" + (f"\n  → {each.hint}" if each.hint else "")
            for where, each in said
        ]
        self.push_screen(Reader("\n".join(lines) or "no errors and no warnings"))

    def action_leave(self) -> None:
        self.exit(return_code=0)

    def _chosen(self, *, writes: bool) -> tuple[EngineApi, AppKey] | None:
        node = self.tree_pane.node
        if self.engine is None or node is None:
            self.notify("nothing is loaded yet", severity="warning", markup=False)
            return None
        if writes and (self.settings.read_only or self.engine.snapshot.read_only):
            self.notify("read-only: nothing is changed from here", severity="warning", markup=False)
            return None
        return self.engine, node.app

    def action_sync(self) -> None:
        if found := self._chosen(writes=True):
            node = self.tree_pane.node
            only = SyncOptions(only=frozenset({node.key})) if node and node.key else None
            self.push_screen(SyncScreen(*found[:1], self.wait, found[1], SyncOptions(), only))

    def action_history(self) -> None:
        if found := self._chosen(writes=False):
            engine, app = found

            def chosen(sha: str | None) -> None:
                if sha:
                    self.push_screen(SyncScreen(engine, self.wait, app, SyncOptions(revision=sha)))

            self.push_screen(HistoryScreen(engine, self.wait, app), chosen)

    def action_pause(self) -> None:
        if not (found := self._chosen(writes=True)):
            return
        engine, app = found
        state = engine.snapshot.applications.get(app)
        if state and state.record.pause and state.record.pause.active(datetime.now(UTC)):
            self.wait(engine.resume(app), lambda _: self.notify(printable(f"{app} resumed"), markup=False))
            return

        def chosen(text: str | None) -> None:
            if text is None:
                return
            first, _, rest = text.partition(" ")
            until = None
            seconds = None if first.isdigit() else parse_duration(first)
            if seconds is not None:
                try:
                    until, text = datetime.now(UTC) + timedelta(seconds=seconds), rest
                except OverflowError:
                    self.notify(f"{printable(first)} is too long", severity="error", markup=False)
                    return
            self.wait(engine.pause(app, text, until), lambda _: self.notify(printable(f"{app} paused"), markup=False))

        self.push_screen(
            Ask(f"Pause automatic sync of {app} in {app.cluster}\n[30m|2h|1d] reason (no time: until resumed)"), chosen
        )

    def action_unpin(self) -> None:
        if found := self._chosen(writes=True):
            engine, app = found
            self.wait(engine.unpin(app), lambda _: self.notify(printable(f"{app} follows its branch"), markup=False))

    def action_refresh(self, hard: bool = False) -> None:
        if found := self._chosen(writes=False):
            self.notify("refreshing", markup=False)
            self.wait(found[0].refresh(found[1], hard=hard), lambda _: None)

    def action_hard_refresh(self) -> None:
        self.action_refresh(True)
