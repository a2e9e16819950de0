"""What the keys of the diff pane ask beyond moving in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_tui.model.snapshot import ResourceState
from gitops_tui.tui.host import Host
from gitops_tui.tui.threepane import ThreePane
from gitops_tui.tui.words import plural

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

    def action_ignore(self) -> None:
        detail, node = self.detail, self.tree_pane.node
        difference, state = detail.difference, detail.subject
        if self.engine is None or node is None or not isinstance(state, ResourceState):
            self.say("choose a difference first: n goes to the next", "warning")
            return
        if difference is None:
            found = state.drift.differences
            if not found:
                hidden = " that isn't hidden already (I shows those)" if state.drift.hidden else ""
                self.say(f"nothing differs here{hidden}", "warning")
                return
            if len(found) > 1:
                self.say("choose a difference first: n goes to the next", "warning")
                return
            difference = found[0]

        def done(said: str | None) -> None:
            if said:
                self.say(said)

        from gitops_tui.tui.screens.ignore import IgnoreScreen

        self.push_screen(IgnoreScreen(self.engine, node.app, state.key, difference), done)

    def action_hidden(self) -> None:
        shown = not self.detail.look.hidden
        self.detail.set_look(hidden=shown)
        state = self.detail.subject
        number = len(state.drift.hidden) if isinstance(state, ResourceState) else 0
        if shown and number:
            # They are listed above the diff.
            self.detail.scroll_top(0)
        said = f"{plural(number, 'difference')} that {'does' if number == 1 else 'do'} not count"
        if not number:
            self.say("what rules hide is shown dimmed" if shown else "what rules hide is left out")
        else:
            self.say(f"{said}: shown dimmed" if shown else f"{said}: left out")

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
