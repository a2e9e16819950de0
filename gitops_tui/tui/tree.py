"""The tree of applications, kinds, resources and owned objects. The cursor sticks to a node, not to a line."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.text import printable
from gitops_tui.tui.layout import Layout, Node, Row, Rows
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.paint import Pieces, cut, strip_of, width_of
from gitops_tui.tui.rowtext import Columns, row_pieces


class Tree(Lines):
    """Fed with Snapshots by `show`."""

    @dataclass
    class Moved(Message):
        """The cursor is on another node, or what it stands on has changed."""

    @dataclass
    class Opened(Message):
        """Somebody opened a row that has nothing beneath it."""

    @dataclass
    class Clicked(Message):
        """The mouse chose this pane."""

    head_rows = 1

    def __init__(self, *, drifted_first: bool) -> None:
        super().__init__(id="tree")
        self.layout_rows = Layout(drifted_first=drifted_first)
        self.snapshot = Snapshot()
        self.rows = Rows()
        self.cursor = 0
        # Resources marked for a sync of just those.
        self.marked: set[tuple[AppKey, ResourceKey]] = set()
        # Applications marked for a sync of many.
        self.marked_apps: set[AppKey] = set()
        self.active = True
        # Where the cursor should go once that node is there (remembered from the last run).
        self.wanted: Node | None = None
        self._columns = Columns(0)

    @property
    def row(self) -> Row | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def node(self) -> Node | None:
        return row.node if (row := self.row) else None

    @property
    def waiting(self) -> bool:
        """Whether some application has no verdict yet."""
        return any(each.loading for each in self.snapshot.applications.values())

    def show(self, snapshot: Snapshot) -> None:
        """Shows a Snapshot; sends the cells that differ."""
        self.snapshot = snapshot
        self.relayout()

    def relayout(self, goal: Node | None = None) -> None:
        """Rows again; the cursor stays on its node, or goes to `goal`."""
        before, here = self.cursor, self.node
        self.rows = self.layout_rows.rows(self.snapshot)
        self.count = len(self.rows)
        if self.wanted is not None and goal is None:
            goal = self._remembered()
        self.cursor = self._place(goal or here, asked=goal is not None)
        if goal is not None:
            self.bring(self.cursor, 3)
        else:
            # The eye stays on the line: what is above may have grown.
            self.top += self.cursor - before
        self.paint()
        self.post_message(self.Moved())

    def _remembered(self) -> Node | None:
        wanted = self.wanted
        if wanted is None or wanted.app not in self.snapshot.applications:
            return None
        state = self.snapshot.applications[wanted.app]
        if state.loading and wanted.kind:
            return Node(wanted.app)
        self.wanted = None
        return wanted

    def _place(self, goal: Node | None, *, asked: bool) -> int:
        """The index of a node, or of the nearest one that is there. asked: somebody wants to go there; otherwise the
        cursor stays on its line where its node went away."""
        if goal is None or not len(self.rows):
            return 0
        parents = [goal, goal._replace(uid="")]
        if asked or goal.key is None:
            parents += [goal._replace(uid="", key=None), Node(goal.app)]
        for wanted in parents:
            at = self.rows.find(wanted)
            if at is not None:
                return at
        return min(self.cursor, len(self.rows) - 1)

    # --- drawing ----------------------------------------------------------------------------------------------

    def head(self, y: int, width: int) -> Pieces | Strip:
        rows = self.layout_rows
        role = "head bold on bar" if self.active else "bold text on bar"
        pieces: Pieces = [(" Applications", role)]
        if rows.filter:
            said = f"{rows.matched:,} of {rows.total:,}"
            room = width - 13 - len(said) - 6
            pieces += [
                (f"  / {cut(printable(rows.filter.text), max(4, room))}  ", "warn on bar"),
                (said, "text on bar"),
            ]
        return strip_of(pieces, width, self.palette, "text on bar")

    def line(self, index: int, width: int) -> Pieces:
        if not len(self.rows):
            return [(f" {self._nothing()}", "muted")]
        row = self.rows[index]
        if self._columns.width != width:
            self._columns = Columns(width)
        pieces = row_pieces(row, self._columns)
        if (self.marked or self.marked_apps) and self._is_marked(row.node):
            pieces[0] = ("•" + pieces[0][0][1:], pieces[0][1])
        if index == self.cursor:
            role = "selected" if self.active else "blurred"
            text = "".join(piece for piece, _ in pieces)
            return [(text + " " * max(0, width - width_of(text)), role)]
        state = self.snapshot.applications.get(row.node.app)
        if state is not None and state.stale_since is not None:
            return [("".join(piece for piece, _ in pieces), "muted")]
        return pieces

    def _is_marked(self, node: Node) -> bool:
        if node.key is None:
            return not node.kind and node.app in self.marked_apps
        return not node.uid and (node.app, node.key) in self.marked

    def _nothing(self) -> str:
        if self.snapshot.starting or self.waiting:
            return "… loading"
        if self.layout_rows.filter:
            return f"nothing matches {printable(self.layout_rows.filter.text)!r} · esc shows all"
        return "no applications"

    def paint(self) -> None:
        if not len(self.rows):
            self.count = 1
        super().paint()

    # --- moving -----------------------------------------------------------------------------------------------

    def select(self, node: Node) -> bool:
        """Puts the cursor on a node, opening what it is in; False where it is not there."""
        parents = [Node(node.app)]
        if node.key is not None:
            parents.append(Node(node.app, node.kind))
        if node.uid and node.key is not None:
            parents.append(node._replace(uid=""))
        for parent in parents:
            if parent != node:
                self.layout_rows.set(parent, True)
        self.relayout(node)
        return self.node == node

    def set_filter(self, text: str) -> None:
        """What is shown; the cursor keeps its node where that matches."""
        here = self.node
        self.layout_rows.set_filter(text)
        self.top = 0
        self.relayout(here)

    def move_to(self, index: int) -> None:
        if not len(self.rows):
            return
        old, self.cursor = self.cursor, max(0, min(index, len(self.rows) - 1))
        self.bring(self.cursor)
        if old != self.cursor:
            self.wanted = None
            self.paint()
            self.post_message(self.Moved())

    def move(self, by: int) -> None:
        self.move_to(self.cursor + by)

    def page(self, step: int) -> None:
        """One screen on or back; the view goes with the cursor."""
        by = max(1, self.body - 1) * step
        self.top = max(0, min(self.top + by, self.count - self.body))
        self.move_to(self.cursor + by)

    def open(self) -> None:
        """Opens or closes; a row with nothing beneath it says so to the app."""
        row = self.row
        if row is None:
            return
        if row.is_open is None:
            self.post_message(self.Opened())
            return
        self.layout_rows.set(row.node, not row.is_open)
        self.relayout()

    def close(self) -> None:
        """Closes, or goes to the parent."""
        row = self.row
        if row is None:
            return
        if row.is_open:
            self.layout_rows.set(row.node, False)
            self.relayout()
            return
        for index in range(self.cursor - 1, -1, -1):
            if self.rows[index].depth < row.depth:
                self.move_to(index)
                return

    def jump(self, step: int) -> tuple[int, int] | None:
        """To the next (1) or previous (-1) drifted resource, opening what it is in: (its number, how many)."""
        found = self.layout_rows.jump(self.node, step)
        if found is None:
            return None
        self.select(found[0])
        return found[1], found[2]

    def set_active(self, active: bool) -> None:
        if active != self.active:
            self.active = active
            self.paint()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if self.bar_clicked(event):
            return
        self.post_message(self.Clicked())
        index = event.y - self.head_rows + self.top
        if event.y < self.head_rows or index >= len(self.rows):
            return
        row = self.rows[index]
        arrow = 1 + 2 * row.depth
        again = index == self.cursor and event.chain > 1
        self.move_to(index)
        if row.is_open is not None and (again or arrow <= event.x < arrow + 2):
            self.open()
