"""The right pane: an application's page, a kind's, an owned object's, or a resource with its diff.

`show` says what to show; diffs are laid out in a thread of their own, what is asked for meanwhile wins, and late answers
are dropped. A title above, a line on the change in sight below.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from textual import events
from textual.message import Message
from textual.strip import Strip

from gitops_tui.model.diff import DiffRow
from gitops_tui.model.drift import FieldDifference
from gitops_tui.model.inspect import UsageSeries
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState, Snapshot
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.detailhead import Subject, about, sides, title
from gitops_tui.tui.difffoot import diff_foot
from gitops_tui.tui.diffview import DiffView, Line, Look, build, draw, lines_of
from gitops_tui.tui.layout import Node
from gitops_tui.tui.pages import application_page, find_owned, kind_page, owned_page
from gitops_tui.tui.paint import Pieces, cut, strip_of, width_of
from gitops_tui.tui.threepane import ThreePane
from gitops_tui.tui.threeview import ThreeLine
from gitops_tui.tui.usage import usage_lines
from gitops_tui.tui.words import plural

_KEPT = 24
_CONTEXTS = (0, 1, 3, 10, 30, -1)


class Detail(ThreePane):
    """`show(snapshot, node)` chooses what is drawn."""

    head_rows = 2
    foot_rows = 1

    class Made(Message):
        """A diff is laid out."""

        def __init__(self, token: int, state: ResourceState, future: Future[DiffView]) -> None:
            super().__init__()
            self.token, self.state, self.future = token, state, future

    class Clicked(Message):
        """The mouse chose this pane."""

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.look = Look()
        self.active = False
        self.changes: list[int] = []
        self.view: DiffView | None = None
        self.computing = False
        self.said = ""
        self.usage: UsageSeries | None = None
        # What stands above, and the rows of the diff.
        self._lines: list[Pieces] = [[(" … starting", "muted")]]
        self._rows: Sequence[Pieces | Line | ThreeLine] = ()
        self._notes = 0
        self._node: Node | None = None
        self._subject: Subject = None
        self._app: ApplicationState | None = None
        self._snapshot = Snapshot()
        self._token = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="diff")
        self._asked: Future[DiffView] | None = None
        self._views: OrderedDict[int, tuple[ResourceState, DiffView]] = OrderedDict()
        self._laid_for = 0
        self._opens_at_change = False
        self._at, self._at_top = 0, 0
        self.count = 1

    # --- what is shown ----------------------------------------------------------------------------------------

    def show(self, snapshot: Snapshot, node: Node | None, *, again: bool = False) -> None:
        """Shows what a node stands for. again: also where it is the same as before."""
        app = snapshot.applications.get(node.app) if node else None
        subject: Subject = app
        if app and node and node.key:
            resource = app.resources.get(node.key)
            subject = resource
            if resource and node.uid:
                subject = find_owned(resource.owned, node.uid) or resource
        if subject is self._subject and node == self._node and not again:
            return
        moved = node != self._node
        self._snapshot, self._node, self._subject, self._app = snapshot, node, subject, app
        self._token += 1
        if moved:
            self._opens_at_change = True
            self.look = replace(self.look, left=0)
            self.usage = None
            self.said = ""
        self._ask_three(subject)
        if isinstance(subject, ResourceState) and (subject.live is not None or subject.manifest is not None):
            self._ask(subject, moved)
            return
        self.view = None
        self._lay(to_top=moved)

    def set_usage(self, node: Node, usage: UsageSeries) -> None:
        """What the Pods of a node use; dropped where another node is shown by now."""
        if node != self._node:
            return
        before = self.count
        self.usage = usage
        self._lay()
        if self.top:
            # The eye stays on its line.
            self.top += self.count - before
            self.paint()

    def shows(self, node: Node | None) -> bool:
        """Whether what stands here is that node's, and whole."""
        return node == self._node and not self.computing

    def _ask(self, state: ResourceState, moved: bool) -> None:
        kept = self._views.get(id(state))
        if kept is not None and kept[0] is state:
            self._views.move_to_end(id(state))
            self.view, self.computing = kept[1], False
            self._lay(to_top=moved)
            return
        if self._asked is not None:
            self._asked.cancel()
        self.computing = True
        token = self._token
        self._asked = self._pool.submit(build, state)
        self._asked.add_done_callback(lambda future: self._answer(token, state, future))
        if moved:
            self.set_timer(0.15, lambda: self._still(token))

    def _answer(self, token: int, state: ResourceState, future: Future[DiffView]) -> None:
        if not future.cancelled():
            self.post_message(self.Made(token, state, future))

    def _still(self, token: int) -> None:
        """The diff takes its time: better its name and a word than another object's diff."""
        if token == self._token and self.computing:
            self.view = None
            self._lay(to_top=True)

    def on_detail_made(self, message: Made) -> None:
        if message.token != self._token:
            return
        self.computing = False
        error = message.future.exception()
        if error is not None:
            self.view = None
            self.said = f"the diff could not be made: {type(error).__name__}: {error}"
            self._lay(to_top=True)
            return
        self.view = message.future.result()
        self._views[id(message.state)] = (message.state, self.view)
        while len(self._views) > _KEPT:
            self._views.popitem(last=False)
        self._lay(to_top=self._opens_at_change)

    def _lay(self, *, to_top: bool = False) -> None:
        """The lines for the width that there is now."""
        width = self.text_width
        self._laid_for = self.size.width
        self.changes = []
        subject, app, node = self._subject, self._app, self._node
        lines: list[Pieces] = []
        self._rows = ()
        if isinstance(subject, ResourceState):
            problem = self.three_problem(), "muted" if self.three is None else "warn"
            lines += about(subject, width, said=self.said, three=problem, hidden=self.look.hidden)
            lines += usage_lines(self.usage)
            self._notes = len(lines)
            three = self._lay_three(width)
            if three is not None:
                self._rows, changes = three.lines, three.changes
            elif self.view is not None:
                self._rows, changes = lines_of(self.view, self.look, width)
            else:
                changes = []
            self.changes = [at + len(lines) for at in changes]
            if three is None and self.view is None and self.computing:
                lines.append([(" … comparing", "muted")])
        elif isinstance(subject, OwnedObject) and app and node and node.key:
            lines += owned_page(app.resources[node.key], subject, width)
            lines += usage_lines(self.usage)
        elif app is not None and node is not None and node.kind:
            lines += kind_page(app, node.kind, width)
        elif app is not None:
            lines += application_page(self._snapshot, app, width)
        else:
            lines.append([(" … loading" if self._snapshot.starting else " nothing is selected", "muted")])
        # Only a resource has sides to name and changes to count.
        about_sides = isinstance(subject, ResourceState)
        self.head_rows, self.foot_rows = (2, 1) if about_sides else (1, 0)
        self._lines = lines
        self.count = len(lines) + len(self._rows)
        if to_top:
            first = self.changes[0] if self.changes else 0
            if isinstance(subject, ResourceState) and subject.drift.refused:
                first = 0  # why it is refused comes first
            self.top = max(0, first - 3) if first >= self.body else 0
            self._opens_at_change = False
            self._at, self._at_top = 0, self.top
        self.paint()

    def on_resize(self) -> None:
        if self.size.width != self._laid_for:
            self._lay()
        else:
            self.paint()

    # --- drawing ----------------------------------------------------------------------------------------------

    def _item(self, index: int) -> Pieces | Line | ThreeLine:
        above = len(self._lines)
        return self._lines[index] if index < above else self._rows[index - above]

    def line(self, index: int, width: int) -> Pieces | Strip:
        item = self._item(index)
        if isinstance(item, list):
            return item
        if isinstance(item, ThreeLine):
            return self.three_lines.draw(item) if self.three_lines is not None else []
        assert self.view is not None
        return draw(self.view, item, self.look, width, self.palette)

    def head(self, y: int, width: int) -> Pieces | Strip:
        if y:
            return self._sides(width)
        name, said = title(self._subject, self._app, self._node)
        role = "head bold on bar" if self.active else "bold text on bar"
        room = width - sum(width_of(text) + 3 for text, _ in said)
        pieces: Pieces = [(f" {cut(name, max(8, room - 2))} ", role)]
        used = width_of(pieces[0][0])
        right: Pieces = []
        for at, (text, colour) in enumerate(each for each in said if each[0]):
            right += [(" · ", "muted on bar")] if at else []
            right.append((text, f"{colour} on bar"))
        gap = width - used - sum(width_of(text) for text, _ in right) - 1
        return strip_of([*pieces, (" " * max(0, gap), "text on bar"), *right], width, self.palette, "text on bar")

    def _sides(self, width: int) -> Pieces:
        state = self._subject
        if not isinstance(state, ResourceState) or (state.manifest is None and state.live is None):
            return []
        cluster = printable(self._node.app.cluster) if self._node else ""
        if self.three_lines is not None and self.three is not None:
            now = state.manifest.origin.commit if state.manifest is not None else ""
            return self.three_lines.head(cluster, self.three.revision, now)
        columns = self.view is not None and self.view.sides == 2 and not self.look.unified
        return sides(state, cluster, width, columns=columns)

    def foot(self, y: int, width: int) -> Pieces | Strip:
        state = self._subject
        if not isinstance(state, ResourceState) or self.view is None:
            return []
        return diff_foot(
            len(self.changes),
            self.change_in_sight,
            self.difference,
            self.look,
            width,
            said=self.said,
            two_sides=self.view.sides == 2,
            three=self.wants_three,
        )

    # --- what dialogs ask -------------------------------------------------------------------------------------

    @property
    def change_in_sight(self) -> int | None:
        """The number (from 0) of the first change in sight, or the last one above."""
        if not self.changes:
            return None
        if self._stands:
            return self._at
        below = [at for at, line in enumerate(self.changes) if line >= self.top]
        if below and self.changes[below[0]] < self.top + max(1, self.body):
            return below[0]
        return below[0] - 1 if below and below[0] else len(self.changes) - 1 if not below else 0

    @property
    def selected_line(self) -> DiffRow | None:
        """The row at which the change in sight starts."""
        at = self.change_in_sight
        item = self._item(self.changes[at]) if at is not None else None
        return item.row if isinstance(item, Line) else None

    @property
    def difference(self) -> FieldDifference | None:
        state = self._subject
        row = self._three_row(self.change_in_sight) if self.three_lines is not None else self.selected_line
        if row is None or not isinstance(state, ResourceState):
            return None
        return row.difference or state.drift.at(row.path)

    # --- moving -----------------------------------------------------------------------------------------------

    def jump(self, step: int) -> str:
        """To the next or previous change, around the end; says where that led ("" for a plain step)."""
        total = len(self.changes)
        if not total:
            return "no change here"
        if self._stands:
            goal = self._at + step
        elif step > 0:
            goal = next((at for at, line in enumerate(self.changes) if line >= self.top), total)
        else:
            goal = next((at for at in range(total - 1, -1, -1) if self.changes[at] < self.top), -1)
        self._at = goal % total
        line = self.changes[self._at]
        if not self.top <= line < self.top + self.body - 1 or total > 1:
            self.top = max(0, min(line - 3, self.count - self.body))
        self._at_top = self.top
        self.paint()
        if total == 1:
            return "the only change"
        if not 0 <= goal < total:
            return "around to the first change" if step > 0 else "around to the last change"
        return ""

    @property
    def _stands(self) -> bool:
        """Whether the view still stands where the last jump (or the opening) left it."""
        return 0 <= self._at < len(self.changes) and self.top == self._at_top

    def set_look(self, **changes: object) -> None:
        """Another way to look at the same; the change in sight stays in sight."""
        at = self.change_in_sight
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self._lay()
        if at is not None and at < len(self.changes):
            self.top = max(0, self.changes[at] - 3) if self.changes[at] >= self.body else 0
            self.paint()

    @property
    def subject(self) -> Subject:
        """What is shown."""
        return self._subject

    def set_three_way(self, on: bool) -> None:
        """Shows the last sync, Git now and the cluster, or just the two of now."""
        self.wants_three = on
        self._ask_three(self._subject)
        self._lay(to_top=True)

    def widen(self, step: int) -> str:
        """More (1) or less (-1) context around changes."""
        at = _CONTEXTS.index(self.look.context)
        context = _CONTEXTS[max(0, min(at + step, len(_CONTEXTS) - 1))]
        self.set_look(context=context)
        return "the whole object" if context < 0 else f"{plural(context, 'line')} around each change"

    def scroll_sideways(self, by: int) -> None:
        if self.look.wrap or self.view is None:
            return
        widest = max(
            (len(cell.text) for row in self.view.rows.rows for cell in (row.left, row.right) if cell), default=0
        )
        left = max(0, min(self.look.left + by, widest - 8))
        if left != self.look.left:
            self.look = replace(self.look, left=left)
            self.paint()

    def set_active(self, active: bool) -> None:
        if active != self.active:
            self.active = active
            self.paint()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked())
        self.bar_clicked(event)

    def on_unmount(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
