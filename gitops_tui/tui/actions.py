"""What keys do: each action opens a dialog or asks the engine. The app inherits these; nothing here draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import SyncOptions
from gitops_tui.tui.host import Host
from gitops_tui.tui.screens import Ask, HistoryScreen, Reader, SyncScreen


class Acting(Host):
    """Every action that opens a dialog or asks the engine."""

    def may_leave(self) -> bool:
        """Whether `q` may end the program now."""
        return True

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
        if self.may_leave():
            self.exit(return_code=0)

    def action_sync(self) -> None:
        if found := self.chosen(writes=True):
            node = self.tree_pane.node
            only = SyncOptions(only=frozenset({node.key})) if node and node.key else None
            self.push_screen(SyncScreen(*found[:1], self.wait, found[1], SyncOptions(), only))

    def action_history(self) -> None:
        if found := self.chosen(writes=False):
            engine, app = found

            def chosen(sha: str | None) -> None:
                if sha:
                    self.push_screen(SyncScreen(engine, self.wait, app, SyncOptions(revision=sha)))

            self.push_screen(HistoryScreen(engine, self.wait, app), chosen)

    def action_pause(self) -> None:
        if not (found := self.chosen(writes=True)):
            return
        engine, app = found
        state = engine.snapshot.applications.get(app)
        if state and state.record.pause and state.record.pause.active(datetime.now(UTC)):
            self.wait(engine.resume(app), lambda _: self.say(f"{app} resumed"))
            return

        def chosen(text: str | None) -> None:
            if text is None:
                return
            from gitops_tui.reconcile.applications import parse_duration

            first, _, rest = text.partition(" ")
            until = None
            seconds = None if first.isdigit() else parse_duration(first)
            if seconds is not None:
                try:
                    until, text = datetime.now(UTC) + timedelta(seconds=seconds), rest
                except OverflowError:
                    self.say(f"{first} is too long", "error")
                    return
            self.wait(engine.pause(app, text, until), lambda _: self.say(f"{app} paused"))

        self.push_screen(
            Ask(f"Pause automatic sync of {app} in {app.cluster}\n[30m|2h|1d] reason (no time: until resumed)"), chosen
        )

    def action_unpin(self) -> None:
        if found := self.chosen(writes=True):
            engine, app = found
            self.wait(engine.unpin(app), lambda _: self.say(f"{app} follows its branch"))

    def action_refresh(self, hard: bool = False) -> None:
        if found := self.chosen(writes=False):
            self.say("refreshing")
            self.wait(found[0].refresh(found[1], hard=hard), lambda _: None)

    def action_hard_refresh(self) -> None:
        self.action_refresh(True)
