"""Marked applications, or all that drifted, synced by one action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import ApplicationState, without_deleted
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
            apps = self._not_deleted(each for each in known.values() if fits(each.app.labels, selector))
            if not apps:
                self.say(f"no application has the labels {selector}", "warning")
                return
        else:
            drifted = (each for each in known.values() if each.sync is SyncStatus.OUT_OF_SYNC)
            apps = marked or self._not_deleted(drifted)
        if not apps:
            self.say("nothing is marked, and no application is OutOfSync but those that were deleted")
            return
        self.push_screen(SyncManyScreen(engine, apps, self._unmark))

    def _not_deleted(self, states: Iterable[ApplicationState]) -> list[AppKey]:
        """What somebody deleted comes back where it is marked, never along with others."""
        return [each.key for each in without_deleted(states)[0]]

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
