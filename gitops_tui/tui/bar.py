"""One line of things that can be clicked: the header and the footer. What matters least is dropped first."""

from __future__ import annotations

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from gitops_tui.records import dataclass, replace
from gitops_tui.tui.paint import Palette, Piece, changed_span, cut, strip_of, width_of


@dataclass(frozen=True, slots=True)
class Item:
    """text, role: as in `paint`. action: what a click runs ("" for nothing). drop: the higher, the sooner it goes
    where room is short; 0 stays. short: a shorter text, tried before it goes. keep: in its short form it stays. right: stands at the line's end. joined:
    belongs to the item before it, with a space between."""

    text: str
    role: str = "text"
    action: str = ""
    drop: int = 0
    short: str = ""
    right: bool = False
    keep: bool = False
    joined: bool = False


def fitted(items: list[Item], width: int, gap: int) -> list[Item]:
    """The items that fit into `width`, in order, with `gap` columns between two."""

    def size(some: list[Item]) -> int:
        return sum(width_of(each.text) + (1 if each.joined else 2 if each.right else gap) for each in some) + 2

    kept = list(items)
    for each in sorted((each for each in items if each.drop), key=lambda each: -each.drop):
        if size(kept) <= width:
            break
        at = next(at for at, other in enumerate(kept) if other is each)
        if each.short and width_of(each.short) < width_of(each.text):
            shorter = replace(each, text=each.short, short="")
            kept[at] = shorter
            if size(kept) <= width:
                break
        if not (each.short and each.keep):
            del kept[at]
    return kept


class Bar(Widget, can_focus=False):
    """Shows items; repaints what differs; a click runs the item's action."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Bar { height: 1; width: 100%; }"

    def __init__(self, id: str, *, separator: str = " · ") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.items: list[Item] = []
        self.separator = separator
        self._spans: list[tuple[int, int, str]] = []
        self._strip: Strip | None = None

    def set(self, items: list[Item]) -> None:
        self.items = items
        self.paint()

    @property
    def text(self) -> str:
        return self._made().text

    def paint(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        before, self._strip = self._strip, self._made()
        if before is None or before.cell_length != self._strip.cell_length:
            self.refresh()
        elif span := changed_span(before, self._strip):
            from textual.geometry import Region

            self.refresh(Region(span[0], 0, span[1] - span[0], 1))

    def repaint_all(self) -> None:
        self._strip = None
        self.refresh()

    def on_resize(self) -> None:
        self.paint()

    def render_line(self, y: int) -> Strip:
        if self._strip is None or self._strip.cell_length != self.size.width:
            self._strip = self._made()
        return self._strip

    def _made(self) -> Strip:
        width = self.size.width
        palette = Palette.of(self.app)
        items = fitted(self.items, width, len(self.separator))
        pieces: list[Piece] = [(" ", "text on bar")]
        spans = []
        x = 1
        left = [each for each in items if not each.right]
        right = [each for each in items if each.right]
        for at, each in enumerate(left):
            if at:
                between = " " if each.joined else self.separator
                pieces.append((between, "muted on bar"))
                x += len(between)
            pieces.append((each.text, f"{each.role} on bar"))
            spans.append((x, x + width_of(each.text), each.action))
            x += width_of(each.text)
        size = sum(width_of(each.text) for each in right) + 2 * max(0, len(right) - 1) + 1 if right else 0
        if right:
            # The counts stay whole: what stands left of them gives way.
            room = max(0, width - size)
            if x > room:
                pieces = _cut_pieces(pieces, max(0, room - 1))
                x = sum(width_of(text) for text, _ in pieces)
            pieces.append((" " * max(0, room - x), "text on bar"))
            x = max(room, x)
            for at, each in enumerate(right):
                if at:
                    pieces.append(("  ", "text on bar"))
                    x += 2
                pieces.append((each.text, f"{each.role} on bar"))
                spans.append((x, x + width_of(each.text), each.action))
                x += width_of(each.text)
        self._spans = spans
        return strip_of(pieces, width, palette, "text on bar")

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        for start, end, action in self._spans:
            if start <= event.x < end and action:
                await self.app.run_action(action)
                return


def _cut_pieces(pieces: list[Piece], width: int) -> list[Piece]:
    made: list[Piece] = []
    left = width
    for text, role in pieces:
        if left <= 0:
            break
        shorter = cut(text, left)
        made.append((shorter, role))
        left -= width_of(shorter)
    return made
