"""Keys and commands that hold an application or take it back: undo, the last healthy commit, pause by labels, audit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import PauseKind
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import OperationPhase
from gitops_tui.tui.host import Host
from gitops_tui.tui.screens import (
    AuditScreen,
    DeleteScreen,
    PauseScreen,
    RollbackScreen,
    UndoScreen,
    WindowsScreen,
)
from gitops_tui.tui.when import parse_when

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

HALVES = {"heal-off": PauseKind.HEAL_OFF, "hold-commits": PauseKind.HOLD_COMMITS}


class Steering(Host):
    """A part of the app's actions."""

    def action_audit(self) -> None:
        if found := self.chosen(writes=False):
            self.push_screen(AuditScreen(found[0], str(found[1])))

    def action_delete(self) -> None:
        if found := self.chosen(writes=True):
            self.delete_dialog(*found)

    def delete_dialog(self, engine: EngineApi, app: AppKey) -> None:
        """What deleting an application would do."""
        self.push_screen(DeleteScreen(engine, app))

    def action_windows(self) -> None:
        self.windows_dialog("")

    def windows_dialog(self, name: str) -> None:
        """The sync windows about the application that is named, or about what is selected."""
        from gitops_tui.tui.running import labels

        if self.engine is None:
            self.say("nothing is loaded yet", "warning")
            return
        known = labels(self.engine)
        if name and name not in known:
            self.say(f"there is no application {name!r}: there are {', '.join(sorted(known)[:6])}", "error")
            return
        found = self.chosen(writes=False) if not name else (self.engine, known[name])
        self.push_screen(WindowsScreen(self.engine, found[1] if found else None))

    def action_undo(self) -> None:
        if found := self.chosen(writes=True):
            self.undo_dialog(*found)

    def undo_dialog(self, engine: EngineApi, app: AppKey) -> None:
        """What an undo of the last sync would do."""
        state = engine.snapshot.applications.get(app)
        if state is None:
            return
        if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
            self.say(f"a sync of {app} is under way: s shows it", "warning")
        elif not state.record.history:
            self.say(f"there is nothing to undo: no sync of {app} is recorded")
        elif not state.record.before_last:
            self.say(f"the last sync of {app} changed no revision: h goes back to any commit", "warning")
        else:

            def resolved(commit: Commit) -> None:
                self.push_screen(UndoScreen(engine, app, commit))

            self.wait(engine.resolve(app, state.record.before_last), resolved)

    def last_healthy_dialog(self, engine: EngineApi, app: AppKey) -> None:
        """A roll back to the newest earlier sync at which the application was Healthy."""
        state = engine.snapshot.applications.get(app)
        found = state.record.last_healthy if state else None
        if found is None:
            self.say(f"no earlier sync of {app} is recorded at which it was Healthy", "warning")
            return

        def resolved(commit: Commit) -> None:
            self.push_screen(RollbackScreen(engine, app, commit))

        self.wait(engine.resolve(app, found.revision), resolved)

    def pause_labelled(self, engine: EngineApi, cluster: str, selector: str) -> None:
        """The pause dialog for all applications of a cluster with some labels ("" for all)."""
        from gitops_tui.sync.selector import check, fits

        try:
            check(selector)
        except GitOpsError as error:
            self.say(str(error), "error")
            return

        def is_meant(state: ApplicationState) -> bool:
            return state.key.cluster == cluster and (not selector or fits(state.app.labels, selector))

        apps = tuple(key for key, state in engine.snapshot.applications.items() if is_meant(state))
        if apps:
            self.push_screen(PauseScreen(engine, apps))
        else:
            self.say(f"no application of {cluster} has the labels {selector}", "warning")

    def pause_now(self, engine: EngineApi, app: AppKey, words: tuple[str, ...]) -> None:
        """`:pause APP [heal-off|hold-commits] [TIME] [WHY]`."""
        rest = " ".join(words).split()
        kind = HALVES.get(rest[0], PauseKind.ALL) if rest else PauseKind.ALL
        rest = rest[1:] if kind is not PauseKind.ALL else rest
        try:
            until = parse_when(rest[0], datetime.now().astimezone()) if rest else None
        except ValueError as error:
            self.say(str(error), "error")
            return
        said = f" until {until.astimezone():%a %H:%M}" if until else ""
        half = f" ({kind.value})" if kind is not PauseKind.ALL else ""
        future = engine.pause(app, " ".join(rest[1:]), until, kind)
        self.wait(future, lambda _: self.say(f"{app} paused{half}{said}"))
