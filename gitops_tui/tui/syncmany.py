"""Marked applications, or all that drifted, synced by one action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import SyncStatus
from gitops_tui.tui.host import Host
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class SyncingMany(Host):
    """A part of the app's actions."""

    def action_sync_many(self) -> None:
        if found := self.chosen(writes=True):
            self.sync_many_dialog(found[0])

    def sync_many_dialog(self, engine: EngineApi, selector: str | None = None) -> None:
        """The marked applications; those with these labels (`selector`); else all that are OutOfSync."""
        from gitops_tui.sync.selector import check, fits
        from gitops_tui.tui.screens.many import SyncManyScreen

        known = engine.snapshot.applications
        running = engine.snapshot.many
        marked = [key for key in known if key in self.tree_pane.marked_apps]
        if running is not None and running.finished is None:
            apps = [each.app for each in running.results]
        elif selector:
            try:
                check(selector)
            except GitOpsError as error:
                self.say(str(error), "error")
                return
            apps = [key for key, state in known.items() if fits(state.app.labels, selector)]
            if not apps:
                self.say(f"no application has the labels {selector}", "warning")
                return
        else:
            apps = marked or [key for key, state in known.items() if state.sync is SyncStatus.OUT_OF_SYNC]
        if not apps:
            self.say("nothing is marked, and no application is OutOfSync")
            return
        self.push_screen(SyncManyScreen(engine, apps, self._unmark))

    def _unmark(self) -> None:
        self.tree_pane.marked_apps.clear()
        self.tree_pane.paint()

    def mark_app(self, app: AppKey) -> None:
        """Marks an application, or takes the mark away."""
        self.tree_pane.marked_apps ^= {app}
        number = len(self.tree_pane.marked_apps)
        self.tree_pane.paint()
        self.tree_pane.move(1)
        self.say(f"{plural(number, 'application')} marked" + (": M syncs them" if number else ""))
