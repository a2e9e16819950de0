"""`?`: the key table by group, in as many columns as fit, scrolling where it does not."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from gitops_tui.tui.keymap import Key
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.paint import Pieces, width_of

_KEY = 10
_COLUMN = 58


class KeyLines(Lines):
    """The table as lines."""

    foot_rows = 1
    DEFAULT_CSS = "KeyLines { width: 100%; height: 100%; background: $surface; }"

    def __init__(self, groups: list[tuple[str, list[Key]]]) -> None:
        super().__init__()
        self.groups = groups
        self.laid: list[Pieces] = []

    def paint(self) -> None:
        self.laid = self._lay(self.text_width)
        self.count = len(self.laid)
        super().paint()

    def _lay(self, width: int) -> list[Pieces]:
        blocks = [self._block(name, keys) for name, keys in self.groups]
        if width < 2 * _COLUMN:
            return [line for block in blocks for line in block]
        left, right = blocks[0] + blocks[2], blocks[1] + blocks[3]
        made: list[Pieces] = []
        for at in range(max(len(left), len(right))):
            one = left[at] if at < len(left) else []
            used = sum(width_of(text) for text, _ in one)
            other = right[at] if at < len(right) else []
            made.append([*one, (" " * max(1, width // 2 - used), "text"), *other])
        return made

    def _block(self, name: str, keys: list[Key]) -> list[Pieces]:
        made: list[Pieces] = [[(f" {name}", "head bold")]]
        for key in keys:
            made.append([(f"   {key.shown:<{_KEY}} ", "key"), (key.what, "text")])
        return [*made, []]

    def line(self, index: int, width: int) -> Pieces:
        return self.laid[index] if index < len(self.laid) else []

    def foot(self, y: int, width: int) -> Pieces:
        more = " · ↓ more" if self.top + self.body < self.count else ""
        return [(f" esc closes{more} · keys can be changed in the settings file (keys:)", "muted")]


class Help(ModalScreen[None]):
    """Scrolls with the keys that scroll everywhere."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help KeyLines { width: 96%; max-width: 134; height: 92%; max-height: 44; border: round $primary; background: $surface; }
    """
    BINDINGS = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "scroll(-999)", show=False),
        Binding("end,G", "scroll(999)", show=False),
    ]

    def __init__(self, groups: list[tuple[str, list[Key]]]) -> None:
        super().__init__()
        self.groups = groups

    def compose(self) -> ComposeResult:
        yield KeyLines(self.groups)

    def action_scroll(self, by: int) -> None:
        self.query_one(KeyLines).scroll_lines(by)

    def action_page(self, step: int) -> None:
        pane = self.query_one(KeyLines)
        pane.scroll_lines(step * max(1, pane.body - 1))
