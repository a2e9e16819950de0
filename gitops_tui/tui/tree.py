"""The tree of applications, kinds, resources and owned objects. The cursor sticks to a node, not to a line."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.message import Message

from gitops_tui.model.snapshot import Snapshot
from gitops_tui.tui.layout import Layout, Node, Row
from gitops_tui.tui.lines import Lines


class Tree(Lines):
    """Fed with Snapshots by `show`."""

    class Moved(Message):
        """The cursor is on another node."""

    def __init__(self, *, drifted_first: bool) -> None:
        super().__init__(id="tree")
        self.layout_rows = Layout(drifted_first=drifted_first)
        self.snapshot = Snapshot()
        self.rows: list[Row] = []
        self.cursor = 0

    @property
    def node(self) -> Node | None:
        return self.rows[self.cursor].node if self.rows else None

    def show(self, snapshot: Snapshot) -> None:
        """Shows a Snapshot; repaints the rows that differ."""
        self.snapshot = snapshot
        self.relayout()

    def relayout(self, goal: Node | None = None) -> None:
        old, goal, before = self.rows, goal or self.node, self.cursor
        self.rows = self.layout_rows.rows(self.snapshot)
        self.cursor = self._place(goal)
        if len(old) != len(self.rows):
            self.set_count(max(1, len(self.rows)))
        else:
            top = int(self.scroll_offset.y)
            for index in range(top, min(top + self.size.height, len(old))):
                if old[index] is not self.rows[index]:
                    self.refresh_row(index)
        if self.cursor != before:
            # The node under the cursor moved: the eye stays on it.
            self.refresh_row(before)
            self.refresh_row(self.cursor)
            self.call_after_refresh(self.show_row, self.cursor)
        self.post_message(self.Moved())

    def _place(self, goal: Node | None) -> int:
        if goal is None or not self.rows:
            return 0
        here = min(self.cursor, len(self.rows) - 1)
        if self.rows[here].node == goal:
            return here
        parents = (goal, goal._replace(uid=""), goal._replace(uid="", key=None), Node(goal.app))
        for wanted in parents:
            for index, row in enumerate(self.rows):
                if row.node == wanted:
                    return index
        return here

    def line(self, y: int, width: int) -> Text:
        if not self.rows:
            starting = self.snapshot.starting or any(a.loading for a in self.snapshot.applications.values())
            return Text("loading…" if starting else "no application matches", style=self.role("muted"))
        row = self.rows[y]
        arrow = "  " if row.is_open is None else "▾ " if row.is_open else "▸ "
        text = Text(" " + "  " * row.depth + arrow)
        room = max(8, width - text.cell_len - 1 - min(len(row.status), width // 2))
        name = Text(row.name, style=self.role(row.role if row.depth and not row.status else ""))
        name.truncate(room, overflow="ellipsis")
        text.append_text(name)
        text.append(" ")
        text.append(row.status, self.role(row.role))
        if row.stale:
            text.stylize(Style(dim=True))
        if y == self.cursor:
            text.truncate(width, overflow="ellipsis", pad=True)
            text.stylize(Style(reverse=True))
        return text

    def select(self, node: Node) -> bool:
        """Puts the cursor on a node, opening what it is in; False where it is not there."""
        for parent in (Node(node.app), Node(node.app, node.kind)):
            if parent != node:
                self.layout_rows.set(parent, True)
        self.relayout(node)
        self.call_after_refresh(self.show_row, self.cursor)
        self.refresh()
        return self.node == node

    def set_filter(self, text: str) -> None:
        self.layout_rows.set_filter(text)
        self.relayout()

    def move_to(self, index: int) -> None:
        if not self.rows:
            return
        old, self.cursor = self.cursor, max(0, min(index, len(self.rows) - 1))
        if old != self.cursor:
            self.refresh_row(old)
            self.refresh_row(self.cursor)
            self.show_row(self.cursor)
            self.post_message(self.Moved())

    def move(self, by: int) -> None:
        self.move_to(self.cursor + by)

    def open(self) -> None:
        if self.rows and self.rows[self.cursor].is_open is not None:
            row = self.rows[self.cursor]
            self.layout_rows.set(row.node, not row.is_open)
            self.relayout()

    def close(self) -> None:
        if not self.rows:
            return
        row = self.rows[self.cursor]
        if row.is_open:
            self.layout_rows.set(row.node, False)
            self.relayout()
            return
        for index in range(self.cursor - 1, -1, -1):
            if self.rows[index].depth < row.depth:
                self.move_to(index)
                return

    def jump(self, step: int) -> None:
        """To the next (1) or previous (-1) drifted resource, opening what it is in."""
        found = self.layout_rows.drifted(self.snapshot)
        if not found:
            return
        order = {node: place for place, node in enumerate(found)}
        here = self.node._replace(uid="") if self.node else None
        if here in order:
            goal = found[(order[here] + step) % len(found)]
        else:
            lines = {row.node: i for i, row in enumerate(self.rows)}
            after = [n for n in found if (lines.get(n, 0) > self.cursor) == (step > 0)] or found
            goal = after[0 if step > 0 else -1]
        for node in (Node(goal.app), Node(goal.app, goal.kind)):
            self.layout_rows.set(node, True)
        self.relayout(goal)
        self.call_after_refresh(self.show_row, self.cursor)
        self.refresh()

    def on_click(self, event: object) -> None:
        y = getattr(event, "y", 0)
        self.move_to(y + int(self.scroll_offset.y))
