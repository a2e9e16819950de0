"""What a person asks of the selection: why it is not healthy, its events. The app inherits these."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gitops_tui.model.inspect import UsageSeries
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.tui.host import Host
from gitops_tui.tui.layout import Node
from gitops_tui.tui.pages import find_owned
from gitops_tui.tui.screens.events import EventsScreen
from gitops_tui.tui.screens.links import LinksScreen
from gitops_tui.tui.screens.orphaned import OrphanedScreen
from gitops_tui.tui.screens.why import WhyScreen
from gitops_tui.tui.usage import KINDS

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class Selection(NamedTuple):
    """key: None for a whole application; uid: of an object beneath a resource, "" for the resource itself."""

    engine: EngineApi
    app: AppKey
    key: ResourceKey | None
    uid: str
    name: str


class Inspecting(Host):
    """Opens the screens about what is selected, whatever it is."""

    def selection(self) -> Selection | None:
        """What is selected; a kind stands for its application. Says why where there is nothing."""
        if not (found := self.chosen(writes=False)):
            return None
        engine, app = found
        node = self.tree_pane.node
        state = engine.snapshot.applications.get(app)
        resource = state.resources.get(node.key) if state and node and node.key else None
        if resource is None or node is None:
            return Selection(engine, app, None, "", f"application {app}")
        owned = find_owned(resource.owned, node.uid) if node.uid else None
        if owned is not None and owned.key.name == "?":
            self.say(owned.summary, "warning")
            return None
        key = owned.key if owned is not None else resource.key
        where = f" · {key.namespace}" if key.namespace else ""
        return Selection(engine, app, resource.key, owned.uid if owned else "", f"{key.kind} {key.name}{where}")

    _looked_at: AppKey | None = None

    def look_beneath(self) -> None:
        """What the custom resources of the selected application own is followed from now on."""
        node = self.tree_pane.node
        if self.engine is not None and node is not None and node.app != self._looked_at:
            self._looked_at = node.app
            self.engine.look_beneath(node.app)

    # What the right pane measures now, and what ends that.
    _measured: Node | None = None
    _end_measuring: Callable[[], None] | None = None

    def watch_usage(self) -> None:
        """Follows what the Pods of the selection use; the right pane shows it."""
        node = self.tree_pane.node
        if node == self._measured or self.engine is None:
            return
        if self._end_measuring is not None:
            self._end_measuring()
        self._measured, self._end_measuring = node, None
        if node is None or node.key is None:
            return
        state = self.engine.snapshot.applications.get(node.app)
        resource = state.resources.get(node.key) if state else None
        owned = find_owned(resource.owned, node.uid) if resource is not None and node.uid else None
        kind = owned.key.kind if owned is not None else node.key.kind
        if resource is None or kind not in KINDS or (owned is not None and owned.key.name == "?"):
            return
        chosen = node

        def came(usage: UsageSeries) -> None:
            # On the engine's thread.
            self.post_message(self.Came(lambda: self._take_usage(chosen, usage)))

        self._end_measuring = self.engine.follow_usage(node.app, node.key, node.uid, came)

    def _take_usage(self, node: Node, usage: UsageSeries) -> None:
        # An answer may come when the app is leaving and its screens are gone.
        if self.screen_stack:
            self.detail.set_usage(node, usage)

    def action_why(self) -> None:
        if found := self.selection():
            self.push_screen(WhyScreen(*found))

    def action_events(self) -> None:
        if found := self.selection():
            self.push_screen(EventsScreen(*found))

    def action_links(self) -> None:
        if found := self.selection():
            self.push_screen(LinksScreen(*found))

    def action_orphaned(self) -> None:
        if found := self.chosen(writes=False):
            self.push_screen(OrphanedScreen(*found))
