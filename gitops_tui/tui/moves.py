"""Moving about on the main screen: cursor, panes, diff, filter, theme, help. Mixed into the app."""

from __future__ import annotations

from gitops_tui.tui.host import Host
from gitops_tui.tui.screens import Ask, Reader
from gitops_tui.tui.themes import DEFAULT


class Moves(Host):
    """Every action that changes nothing but what is looked at."""

    def action_down(self) -> None:
        self.tree_pane.move(1)

    def action_up(self) -> None:
        self.tree_pane.move(-1)

    def action_go_open(self) -> None:
        self.tree_pane.open()

    def action_close(self) -> None:
        self.tree_pane.close()

    def action_top(self) -> None:
        self.tree_pane.move_to(0)

    def action_bottom(self) -> None:
        self.tree_pane.move_to(len(self.tree_pane.rows))

    def action_page_down(self) -> None:
        self.tree_pane.move(max(1, self.tree_pane.size.height - 1))

    def action_page_up(self) -> None:
        self.tree_pane.move(-max(1, self.tree_pane.size.height - 1))

    def action_next_drift(self) -> None:
        self.tree_pane.jump(1)

    def action_previous_drift(self) -> None:
        self.tree_pane.jump(-1)

    def action_next_change(self) -> None:
        self.detail.jump(1)

    def action_previous_change(self) -> None:
        self.detail.jump(-1)

    def action_detail_down(self) -> None:
        self.detail.scroll_to(y=self.detail.scroll_offset.y + self.detail.size.height // 2, animate=False)

    def action_detail_up(self) -> None:
        self.detail.scroll_to(y=self.detail.scroll_offset.y - self.detail.size.height // 2, animate=False)

    def action_unified(self) -> None:
        self.detail.unified = not self.detail.unified
        self.detail.show(self.tree_pane.snapshot, self.tree_pane.node, again=True)

    def action_filter(self) -> None:
        def chosen(text: str | None) -> None:
            if text is not None:
                self.set_filter(text)

        self.push_screen(Ask("filter: text kind: ns: status: health: (empty shows all)"), chosen)

    def action_theme(self) -> None:
        names = [name for name in self.available_themes if name.startswith("gitops-")]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else DEFAULT

    def action_help(self) -> None:
        self.push_screen(Reader("\n".join(f"{key.shown:<10} {key.what}" for key in self.table)))
