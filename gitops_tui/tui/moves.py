"""Moving about on the main screen: cursor, panes, diff, filter, theme, help. Mixed into the app."""

from __future__ import annotations

from collections.abc import Callable

from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.tui.filterline import FilterLine
from gitops_tui.tui.host import Host
from gitops_tui.tui.keymap import help_lines
from gitops_tui.tui.layout import Node
from gitops_tui.tui.themes import DEFAULT, ours
from gitops_tui.tui.tree import Tree

_SIDEWAYS = 8


class Moves(Host):
    """Every action that changes nothing but what is looked at."""

    # --- in the pane that has the focus -----------------------------------------------------------------------

    def action_down(self) -> None:
        self.detail.scroll_lines(1) if self.on_detail else self.tree_pane.move(1)

    def action_up(self) -> None:
        self.detail.scroll_lines(-1) if self.on_detail else self.tree_pane.move(-1)

    def action_top(self) -> None:
        self.detail.scroll_top(0) if self.on_detail else self.tree_pane.move_to(0)

    def action_bottom(self) -> None:
        pane = self.detail if self.on_detail else self.tree_pane
        self.detail.scroll_top(pane.count) if self.on_detail else self.tree_pane.move_to(pane.count)

    def action_page_down(self) -> None:
        self._page(1)

    def action_page_up(self) -> None:
        self._page(-1)

    def _page(self, step: int) -> None:
        if self.on_detail:
            self.detail.scroll_lines(step * max(1, self.detail.body - 1))
        else:
            self.tree_pane.page(step)

    def action_go_open(self) -> None:
        if not self.on_detail:
            self.tree_pane.open()

    def action_right(self) -> None:
        if self.on_detail:
            self.detail.scroll_sideways(_SIDEWAYS)
        elif (row := self.tree_pane.row) and row.is_open:
            self.tree_pane.move(1)
        else:
            self.tree_pane.open()

    def action_close(self) -> None:
        if self.on_detail:
            self.detail.scroll_sideways(-_SIDEWAYS)
        else:
            self.tree_pane.close()

    def action_step_back(self) -> None:
        if self.on_detail:
            self.focus_pane(detail=False)
        elif self.tree_pane.layout_rows.filter:
            self.set_filter("")
            self.say("the filter is off")

    def action_next_pane(self) -> None:
        self.focus_pane(detail=not self.on_detail)

    def on_tree_opened(self) -> None:
        self.focus_pane(detail=True)

    def on_tree_clicked(self) -> None:
        self.focus_pane(detail=False)

    def on_detail_clicked(self) -> None:
        self.focus_pane(detail=True)

    def focus_pane(self, *, detail: bool) -> None:
        """Which pane the arrows move in; one that is hidden comes back."""
        self.on_detail = detail
        if (self.share == 0 and not detail) or (self.share == 100 and detail):
            self.set_share(45)
        self.tree_pane.set_active(not detail)
        self.detail.set_active(detail)

    def action_larger(self) -> None:
        self._resize_pane(1)

    def action_smaller(self) -> None:
        self._resize_pane(-1)

    def _resize_pane(self, step: int) -> None:
        sizes = (0, 20, 30, 45, 60, 80, 100)
        at = min(range(len(sizes)), key=lambda each: abs(sizes[each] - self.share))
        by = -step if self.on_detail else step
        # The pane that has the focus never goes away.
        low, high = (0, len(sizes) - 2) if self.on_detail else (1, len(sizes) - 1)
        self.set_share(sizes[max(low, min(at + by, high))])

    # --- the tree ---------------------------------------------------------------------------------------------

    def action_next_drift(self) -> None:
        self._jump(1)

    def action_previous_drift(self) -> None:
        self._jump(-1)

    def _jump(self, step: int) -> None:
        found = self.tree_pane.jump(step)
        if found is None:
            waiting = self.tree_pane.snapshot.starting or self.tree_pane.waiting
            matching = " that matches the filter" if self.tree_pane.layout_rows.filter else ""
            self.say("still loading" if waiting else f"nothing{matching} has drifted")
        else:
            self.say(f"drift {found[0]:,} of {found[1]:,}")

    def action_next_application(self) -> None:
        self._next_application(lambda _: True, "application")

    def action_next_where(self, what: str) -> None:
        """To the next application of that sync status or health, or with an error."""

        def fits(state: ApplicationState) -> bool:
            if what == "error":
                return bool(state.errors)
            return what in (state.sync.value.lower(), state.health.value.lower()) and not state.loading

        self._next_application(fits, f"application that is {what}")

    def _next_application(self, fits: Callable[[ApplicationState], bool], name: str) -> None:
        pane = self.tree_pane
        rows = pane.layout_rows.applications()
        apps = [row.node for row in rows if isinstance(row.what, ApplicationState) and fits(row.what)]
        if not apps:
            self.say(f"no {name}")
            return
        order = {row.node.app: at for at, row in enumerate(rows)}
        here = order.get(pane.node.app, -1) if pane.node else -1
        goal = next((node for node in apps if order[node.app] > here), apps[0])
        self.focus_pane(detail=False)
        pane.select(Node(goal.app))

    def action_filter(self) -> None:
        self.focus_pane(detail=False)
        self.screen_stack[0].query_one(FilterLine).begin(self.tree_pane.layout_rows.filter.text)

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        self.set_filter(message.text)

    def on_filter_line_moved(self, message: FilterLine.Moved) -> None:
        self.tree_pane.move(message.by)

    def on_filter_line_closed(self, message: FilterLine.Closed) -> None:
        self.set_filter(message.text)
        pane: Tree = self.tree_pane
        if message.text:
            rows = pane.layout_rows
            self.say(f"{rows.matched:,} of {rows.total:,} resources match {rows.filter.text!r} · esc shows all")

    # --- the right pane ---------------------------------------------------------------------------------------

    def action_next_change(self) -> None:
        self._say_if(self.detail.jump(1))

    def action_previous_change(self) -> None:
        self._say_if(self.detail.jump(-1))

    def _say_if(self, text: str) -> None:
        if text:
            self.say(text)

    def action_detail_down(self) -> None:
        self.detail.scroll_lines(max(1, self.detail.body // 2))

    def action_detail_up(self) -> None:
        self.detail.scroll_lines(-max(1, self.detail.body // 2))

    def action_unified(self) -> None:
        look = self.detail.look
        self.detail.set_look(unified=not look.unified)
        self.say("unified: - Git, + cluster" if not look.unified else "side by side")

    def action_wrap(self) -> None:
        self.detail.set_look(wrap=not self.detail.look.wrap, left=0)
        self.say("long lines are wrapped" if self.detail.look.wrap else "long lines are cut: ← → scroll in this pane")

    def action_more_context(self) -> None:
        self.say(self.detail.widen(1))

    def action_less_context(self) -> None:
        self.say(self.detail.widen(-1))

    # --- the rest ---------------------------------------------------------------------------------------------

    def action_theme(self) -> None:
        names = ours(self.available_themes)
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else DEFAULT
        self.say(f"theme: {self.theme.removeprefix('gitops-')}")

    def action_help(self) -> None:
        from gitops_tui.tui.help import Help

        self.push_screen(Help(help_lines(self.table)))
