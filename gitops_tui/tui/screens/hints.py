"""The line of keys at the foot of a screen: what can be pressed here, and clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from gitops_tui.tui.lines import Lines
from gitops_tui.tui.paint import Pieces, width_of

_GAP = "  "


class Hint(NamedTuple):
    """keys: as a person reads them. action: the screen's action that a click runs. off: why it can't be used now ("" where it can)."""

    keys: str
    what: str
    action: str = ""
    off: str = ""


class Hints(Lines):
    """Draws hints in as many lines as they take."""

    DEFAULT_CSS = "Hints { height: 1; width: 1fr; }"

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.hints: tuple[Hint, ...] = ()
        self._lines: list[list[tuple[int, Hint]]] = []

    def lay(self, hints: Sequence[Hint], width: int) -> int:
        """Sets the hints; how many lines they take at that width."""
        self.hints = tuple(hints)
        self._lines = [[]]
        at = 0
        for hint in self.hints:
            size = width_of(hint.keys) + 1 + width_of(hint.what)
            if at and at + size > width:
                self._lines.append([])
                at = 0
            self._lines[-1].append((at, hint))
            at += size + len(_GAP)
        self.count = len(self._lines)
        return self.count

    def line(self, index: int, width: int) -> Pieces:
        pieces: Pieces = []
        for number, (_, hint) in enumerate(self._lines[index]):
            pieces.append((_GAP if number else "", "text"))
            pieces.append((hint.keys, "muted" if hint.off else "head"))
            pieces.append((f" {hint.what}", "muted"))
        return pieces

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        line = self.top + event.y
        if line >= len(self._lines):
            return
        for start, hint in self._lines[line]:
            if start <= event.x < start + width_of(hint.keys) + 1 + width_of(hint.what):
                if hint.action and not hint.off:
                    await self.screen.run_action(hint.action)
                return


def tick(on: bool) -> str:
    """The box before what can be switched."""
    return "[x]" if on else "[ ]"
