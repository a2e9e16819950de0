"""The right pane's three-way view: asked for when a resource is shown, drawn in place of the two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.threeway import ThreeWay, ThreeWayRow
from gitops_tui.tui.diffview import Look
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.threeview import ThreeLines

if TYPE_CHECKING:
    from gitops_tui.tui.layout import Node


class ThreePane(Lines):
    """What `Detail` has of it. wants_three: whether the three sides are to be shown where there are three."""

    class Wanted(Message):
        """The three sides of a resource are to be had."""

        def __init__(self, app: AppKey, key: ResourceKey, ticket: int) -> None:
            super().__init__()
            self.app, self.key, self.ticket = app, key, ticket

    look: Look
    _node: Node | None

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.wants_three = False
        self.three: ThreeWay | None = None
        self.three_lines: ThreeLines | None = None
        self._three_ticket = 0

    def _lay(self, *, to_top: bool = False) -> None:
        raise NotImplementedError

    def _ask_three(self, subject: object) -> None:
        """Asks for the three sides of what is shown now; late answers are dropped."""
        self._three_ticket += 1
        if not self.wants_three or not isinstance(subject, ResourceState) or self._node is None:
            self.three = None
            return
        if self.three is not None and self.three.key != subject.key:
            self.three = None
        self.post_message(self.Wanted(self._node.app, subject.key, self._three_ticket))

    def set_three(self, found: ThreeWay, ticket: int) -> None:
        """The answer."""
        if ticket == self._three_ticket and self.wants_three:
            first = self.three is None
            self.three = found
            self._lay(to_top=first)

    def three_problem(self) -> str:
        """Why the three sides that were asked for are not there, "" where nothing was asked or they are."""
        if not self.wants_three:
            return ""
        return "asking what Git said at the last sync…" if self.three is None else self.three.problem

    def _lay_three(self, width: int) -> ThreeLines | None:
        """The lines; None for the two sides."""
        self.three_lines = None
        if self.wants_three and self.three is not None and not self.three.problem:
            self.three_lines = ThreeLines(self.three, self.look, width)
        return self.three_lines

    def _three_row(self, change: int | None) -> ThreeWayRow | None:
        """The row at which a change starts."""
        lines = self.three_lines
        return lines.rows[change] if lines is not None and change is not None else None
