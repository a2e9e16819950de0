"""Opens the logs of what is selected. Mixed into the app."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_tui.model.snapshot import OwnedObject
from gitops_tui.tui.host import Host


def owned_by_uid(objects: Sequence[OwnedObject], uid: str) -> OwnedObject | None:
    """The object with that uid in a tree."""
    for each in objects:
        found = each if each.uid == uid else owned_by_uid(each.children, uid)
        if found is not None:
            return found
    return None


class LogActions(Host):
    """`L` and `:logs`."""

    def action_logs(self) -> None:
        self.logs()

    def logs(self, container: str = "") -> None:
        """The logs of the selection: of an object, of what is beneath it, or of a whole application."""
        from gitops_tui.tui.screens.logs import LogScreen

        if not (found := self.chosen(writes=False)):
            return
        engine, app = found
        node = self.tree_pane.node
        state = engine.snapshot.applications.get(app)
        resource = state.resources.get(node.key) if state and node and node.key else None
        name = ""
        if node is not None and node.uid and resource is not None:
            beneath = owned_by_uid(resource.owned, node.uid)
            if beneath is not None and beneath.key.name != "?":
                name = f"{beneath.key.kind} {beneath.key.name}"
        key = node.key if node is not None else None
        uid = node.uid if node is not None and name else ""
        self.push_screen(LogScreen(engine, app, key, uid, name=name, container=container))
