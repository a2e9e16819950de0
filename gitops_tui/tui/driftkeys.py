"""What the keys of the diff pane ask beyond moving in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_tui.model.snapshot import ResourceState
from gitops_tui.tui.host import Host
from gitops_tui.tui.threepane import ThreePane

if TYPE_CHECKING:
    from gitops_tui.model.threeway import ThreeWay


class DriftKeys(Host):
    """Mixed into the app."""

    def action_three_way(self) -> None:
        detail = self.detail
        if not detail.wants_three and not isinstance(detail.subject, ResourceState):
            self.say("choose a resource first: it is shown as at the last sync, in Git now, and live", "warning")
            return
        detail.set_three_way(not detail.wants_three)
        self.say("last sync, Git now, live · 3 back" if detail.wants_three else "Git and the cluster")

    def on_three_pane_wanted(self, message: ThreePane.Wanted) -> None:
        engine, detail = self.engine, self.detail
        if engine is None:
            return

        def told(found: ThreeWay) -> None:
            detail.set_three(found, message.ticket)

        def failed(error: BaseException) -> None:
            from gitops_tui.model.threeway import ThreeWay

            detail.set_three(ThreeWay(message.key, problem=str(error)), message.ticket)

        self.wait(engine.three_way(message.app, message.key), told, failed)
