"""What a person asks of the selection: why it is not healthy, its events. The app inherits these."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.tui.host import Host
from gitops_tui.tui.pages import find_owned
from gitops_tui.tui.screens.events import EventsScreen
from gitops_tui.tui.screens.links import LinksScreen
from gitops_tui.tui.screens.orphaned import OrphanedScreen
from gitops_tui.tui.screens.why import WhyScreen

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
