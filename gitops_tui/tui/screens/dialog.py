"""What every dialog is made of: a box with a head, a body that scrolls, and the keys that work in it.

A dialog asks the engine by `ask`: the answer comes on the screen's thread, and is dropped where the dialog is gone by
then or has asked anew (`ticket`). Nothing waits.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from gitops_tui.errors import GitOpsError
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.rows import Row, Rows, row, wrapped

if TYPE_CHECKING:
    from gitops_tui.tui.host import Host

T = TypeVar("T")
_WIDE = 116


class Asking(ModalScreen[T]):
    """A screen that asks the engine."""

    ticket = 0

    @property
    def host(self) -> Host:
        """The app, as its parts know it."""
        return cast("Host", self.app)

    def later(self, work: Callable[[], Coroutine[Any, Any, None]], group: str = "making") -> None:
        """Runs work beside the screen; new work of the same group takes the place of what still runs."""

        async def run() -> None:
            await work()

        self.run_worker(run, exclusive=True, group=group)  # type: ignore[arg-type]  # any coroutine will do

    # --- answers --------------------------------------------------------------------------------------------------

    def ask(
        self,
        future: Future[Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        *,
        latest: bool = False,
        orphan: Callable[[Any, BaseException | None], None] | None = None,
    ) -> None:
        """Calls one of the two here once the future is done. latest: a later question of this kind makes the answer
        late, and it is dropped. orphan: called with result and error instead where this dialog is gone by then."""
        if latest:
            self.ticket += 1
        ticket, host = self.ticket, self.host

        def answer() -> None:
            if latest and ticket != self.ticket:
                return
            try:
                error = future.exception()
            except CancelledError:
                return  # the engine has ended
            if not self.is_attached:
                if orphan:
                    orphan(None if error else future.result(), error)
            elif error is None:
                done(future.result())
            else:
                failed(error)

        future.add_done_callback(lambda _: host.call_later(answer))


def error_rows(error: BaseException, width: int, what: str = "") -> list[Row]:
    """An error: what failed, why, what to do."""
    message = error.message if isinstance(error, GitOpsError) else f"{type(error).__name__}: {error}"
    said = printable(f"{what}: {message}" if what else message, keep_newlines=True)
    rows = wrapped(said, width, "bad", first="✗ ", indent="  ")
    for problem in getattr(error, "problems", ()):
        rows += wrapped(printable(str(problem), keep_newlines=True), width, first="  ", indent="  ")
    hint = printable(getattr(error, "hint", ""), keep_newlines=True)
    return rows + (wrapped(hint, width, first="→ ", indent="  ") if hint else [])


class Dialog(Asking[T]):
    """A box in the middle. Subclasses give rows to `show` and hints to `keys`."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: transparent; }
    Dialog > #box { border: round $primary; padding: 0 1; background: $background; }
    Dialog > #box.danger { border: round $error; }
    Dialog > #box.dry { border: round $warning; }
    Dialog Rows, Dialog Hints { background: $background; }
    """
    BINDINGS = [Binding("escape,q", "back", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._head: list[Row] = []
        self._body: Sequence[Row] = ()
        self._hints: tuple[Hint, ...] = ()
        self._tallest = 0

    # --- layout ---------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Rows("head", reads=True)
            yield from self.between()
            yield Rows("body")
            yield from self.below()
            yield Hints("keys")

    def between(self) -> ComposeResult:
        """Widgets between head and body (each of `extra` lines)."""
        yield from ()

    def below(self) -> ComposeResult:
        """Widgets between body and keys."""
        yield from ()

    def extra(self) -> int:
        """How many lines `between` and `below` take."""
        return 0

    @property
    def body(self) -> Rows:
        return self.query_one("#body", Rows)

    @property
    def box(self) -> Widget:
        return self.query_one("#box")

    @property
    def box_width(self) -> int:
        width = self.app.size.width
        return width if width < 100 else min(_WIDE, width * 9 // 10)

    @property
    def text_width(self) -> int:
        """Cells of one line of text."""
        return max(10, self.box_width - 5)

    def on_mount(self) -> None:
        # Textual calls the handlers of every class: what subclasses add goes into `ready`.
        self.ready()

    def ready(self) -> None:
        """Once the widgets are there."""
        head = self.query_one("#head", Rows)
        head.can_focus = False
        self.build()
        self.body.focus()

    def on_resize(self) -> None:
        self._tallest = 0
        self.build()

    def build(self) -> None:
        """Makes head, body and keys anew: subclasses call `show` here."""

    def show(
        self, head: Sequence[Row], body: Sequence[Row], hints: Sequence[Hint], *, goal: Any = None, tall: bool = False
    ) -> None:
        """Shows all three. tall: keeps the box as large as it has been, so that it doesn't jump while it is watched."""
        if not self.is_mounted:
            return
        self._head, self._body, self._hints = list(head), body, tuple(hints)
        rows = self.query_one("#head", Rows)
        keys = self.query_one("#keys", Hints)
        lines = keys.lay(hints, self.text_width)
        room = max(1, self.app.size.height - 2 - len(self._head) - lines - self.extra())
        if self.app.size.width >= 100:
            room = max(1, room - 2)
        wanted = min(room, len(body))
        if tall:
            wanted = min(room, max(wanted, self._tallest))
        self._tallest = max(self._tallest, wanted)
        for widget, height in ((rows, len(self._head)), (self.body, wanted), (keys, lines)):
            widget.styles.height = height
            widget.display = height > 0 or widget is self.body
        self.box.styles.width = self.box_width
        self.box.styles.height = len(self._head) + wanted + lines + self.extra() + 2
        rows.fill(self._head)
        keys.paint()
        self.body.fill(body, goal=goal)

    # --- words ----------------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All that the dialog says, as plain text."""
        lines = ["".join(text for text, _ in each.pieces) for each in (*self._head, *self._body)]
        return "\n".join([*lines, "  ".join(f"{hint.keys} {hint.what}" for hint in self._hints)])

    def headline(self, *parts: str, role: str = "head bold") -> Row:
        return row((printable(" · ".join(part for part in parts if part)), role))

    def note(self, text: str, role: str = "text", *, first: str = "", indent: str = "") -> list[Row]:
        """Text of any length as rows."""
        return wrapped(printable(text, keep_newlines=True), self.text_width, role, first=first, indent=indent)

    def error_rows(self, error: BaseException, what: str = "") -> list[Row]:
        """An error: what failed, why, what to do."""
        return error_rows(error, self.text_width, what)

    def action_back(self) -> None:
        self.dismiss(None)
