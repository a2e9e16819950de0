"""Opens the menu of actions on what is selected. Mixed into the app."""

from __future__ import annotations

from gitops_tui.tui.logactions import LogActions, owned_by_uid

ACTION_COMMANDS = {
    "restart": "restart",
    "scale": "scale",
    "suspend": "suspend",
    "unsuspend": "resume",
    "run-now": "run",
    "retry": "retry",
    "promote": "promote",
    "promote-full": "promote-full",
    "abort": "abort",
    "reconcile": "reconcile",
    "pause-rollout": "pause-rollout",
    "resume-rollout": "resume-rollout",
    "delete-object": "delete",
}
"""Command -> the action's name."""


class ObjectActions(LogActions):
    """`a`, `:restart`, `:scale`, …"""

    def action_actions(self) -> None:
        self.object_action("")

    def object_action(self, name: str, value: str = "") -> None:
        """The menu for the selected object, or the question for one action at once."""
        from gitops_tui.tui.screens.actions import ActionsScreen

        # Read-only shows the menu all the same: greyed out, with the reason.
        if not (found := self.chosen(writes=False)):
            return
        engine, app = found
        node = self.tree_pane.node
        state = engine.snapshot.applications.get(app)
        resource = state.resources.get(node.key) if state and node and node.key else None
        if node is None or node.key is None or resource is None:
            self.say("choose an object first", "warning")
            return
        if node.uid and (beneath := owned_by_uid(resource.owned, node.uid)) is not None and beneath.key.name == "?":
            self.say("that is no object", "warning")
            return
        if value and not (value.isascii() and value.isdigit() and len(value) < 10):
            self.say(f"{value!r} is no number", "error")
            return
        number = int(value) if value else None
        self.push_screen(ActionsScreen(engine, app, node.key, node.uid, wanted=name, number=number))
