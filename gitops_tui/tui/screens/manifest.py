"""One object as YAML: as Git has it, or as the cluster does; searched with `/`."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ResourceState, Snapshot
from gitops_tui.model.text import printable
from gitops_tui.tui.highlight import highlight_yaml
from gitops_tui.tui.objects import yaml_of
from gitops_tui.tui.outside import show
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.change_rows import coloured
from gitops_tui.tui.screens.dialog import Asking
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.plan_rows import place
from gitops_tui.tui.screens.rows import Row, Rows, row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class ManifestScreen(Asking[None]):
    """side: "git" or "live"; `tab` shows the other one. Values of Secrets are masked on both."""

    DEFAULT_CSS = """
    ManifestScreen { layout: vertical; background: $background; }
    ManifestScreen #head { height: 1; background: $panel; }
    ManifestScreen #search { display: none; }
    """
    BINDINGS = [
        Binding("escape", "back", show=False),
        Binding("q,y", "leave", show=False),
        Binding("tab", "side", show=False, priority=True),
        Binding("f", "managed", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "match(1)", show=False),
        Binding("N", "match(-1)", show=False),
        Binding("c", "copy", show=False),
        Binding("o", "outside('pager')", show=False),
        Binding("e", "outside('editor')", show=False),
    ]

    def __init__(self, engine: EngineApi, app_key: AppKey, key: ResourceKey, side: str = "") -> None:
        super().__init__()
        self.engine, self.app_key, self.key = engine, app_key, key
        state = self.state
        self.side = side or ("live" if state and state.live is not None else "git")
        self.managed = False
        self.lines: list[str] = []
        self.words = ""
        self.matches: list[int] = []
        self.at = -1
        self._made: tuple[object, str, bool] | None = None
        self._spans: tuple[tuple[tuple[int, int, str], ...], ...] = ()

    def compose(self) -> ComposeResult:
        yield Rows("head", reads=True)
        yield Rows("body", reads=True)
        yield TextBox(placeholder="search", id="search")
        yield Hints("keys")

    @property
    def state(self) -> ResourceState | None:
        app = self.engine.snapshot.applications.get(self.app_key)
        return app.resources.get(self.key) if app else None

    @property
    def body(self) -> Rows:
        return self.query_one("#body", Rows)

    @property
    def text(self) -> str:
        """All that the screen says, as plain text."""
        rows = (*self.query_one("#head", Rows).rows, *self.body.rows)
        return "\n".join("".join(text for text, _ in each.pieces) for each in rows)

    def on_mount(self) -> None:
        head = self.query_one("#head", Rows)
        head.can_focus, head.ground = False, "bar"
        self.body.focus()
        self.body.empty = "…"
        self.read()

    def on_resize(self) -> None:
        self._header()

    def _header(self) -> None:
        sides = {"git": "as Git has it", "live": "as the cluster has it"}
        number = f" · match {self.at + 1} of {len(self.matches)}" if self.matches else ""
        number = f" · nothing matches {printable(self.words)!r}" if self.words and not self.matches else number
        fields = " · with managedFields" if self.managed else ""
        self.query_one("#head", Rows).fill(
            [row((f" {place(self.key)}", "head bold"), (f" · {sides[self.side]}{fields}{number}", "text"))]
        )
        other = "cluster" if self.side == "git" else "Git"
        hints = [
            Hint("tab", other, "screen.side"),
            Hint("f", "managedFields", "screen.managed"),
            Hint("/", "search", "screen.search"),
            Hint("n N", "next, previous", "screen.match(1)"),
            Hint("c", "copy", "screen.copy"),
            Hint("o", "pager", "screen.outside('pager')"),
            Hint("e", "editor", "screen.outside('editor')"),
            Hint("esc", "leave", "screen.back"),
        ]
        keys = self.query_one("#keys", Hints)
        keys.styles.height = keys.lay(hints, max(20, self.app.size.width - 1))
        keys.paint()

    # --- the text ---------------------------------------------------------------------------------------------------

    def follow(self, snapshot: Snapshot) -> None:
        """The object may have changed."""
        self.read()

    def read(self) -> None:
        """Makes the text anew, off the screen's thread, where what it is made of has changed."""
        state = self.state
        of = (state.manifest if self.side == "git" else state.live) if state else None
        wanted = (of, self.side, self.managed)
        if self._made is not None and self._made[0] is of and self._made[1:] == wanted[1:]:
            return
        self._made = wanted
        self._header()
        self.later(partial(self._read, state, self.side, self.managed))

    async def _read(self, state: ResourceState | None, side: str, managed: bool) -> None:
        masks = self.engine.settings.mask_keys

        def make() -> tuple[list[str], tuple[tuple[tuple[int, int, str], ...], ...]]:
            text = (
                printable(yaml_of(state, side, managed=managed, mask_keys=masks), keep_newlines=True) if state else ""
            )
            return text.rstrip("\n").split("\n") if text else [], highlight_yaml(text)

        self.lines, self._spans = await asyncio.to_thread(make)
        self._find()
        self._fill()

    def _fill(self) -> None:
        missing = "Git has no such object" if self.side == "git" else "the cluster has no such object"
        if not self.lines:
            self.body.fill([row((f" {missing}", "muted"))])
            return
        digits = len(str(len(self.lines)))
        found = set(self.matches)
        word = self.words.lower()
        rows: list[Row] = []
        for number, line in enumerate(self.lines):
            spans = self._spans[number] if number < len(self._spans) else ()
            marks: list[tuple[int, int]] = []
            if number in found:
                low, at = line.lower(), 0
                while (at := low.find(word, at)) >= 0:
                    marks.append((at, at + len(word)))
                    at += len(word)
            here = "›" if self.matches and number == self.matches[self.at] else " "
            rows.append(
                row((here, "info bold"), (f"{number + 1:>{digits}}  ", "muted"), *coloured(line, "text", spans, marks))
            )
        self.body.fill(rows)

    def _find(self) -> None:
        word = self.words.lower()
        self.matches = [at for at, line in enumerate(self.lines) if word in line.lower()] if word else []
        self.at = next((n for n, at in enumerate(self.matches) if at >= self.body.top), 0) if self.matches else -1
        self._header()

    # --- keys -------------------------------------------------------------------------------------------------------

    def action_side(self) -> None:
        self.side = "live" if self.side == "git" else "git"
        self.read()

    def action_managed(self) -> None:
        self.managed = not self.managed
        self.read()

    def action_search(self) -> None:
        box = self.query_one("#search", TextBox)
        box.display = True
        box.value = self.words
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#search").display = False
        self.body.focus()
        self.words = event.value
        self._find()
        self._fill()
        self._show_match()

    def action_match(self, step: int) -> None:
        if self.matches:
            self.at = (self.at + step) % len(self.matches)
            self._header()
            self._fill()
            self._show_match()

    def _show_match(self) -> None:
        if self.matches:
            line = self.matches[self.at]
            if not self.body.top <= line < self.body.top + self.body.body:
                self.body.scroll_top(line - self.body.body // 3)

    def action_copy(self) -> None:
        self.host.copy("\n".join(self.lines) + "\n", f"YAML of {place(self.key)}")

    def action_outside(self, kind: str) -> None:
        try:
            with self.app.suspend():
                show("\n".join(self.lines) + "\n", f"{self.key.kind}-{self.key.name}.yaml", kind, os.environ)
        except GitOpsError as error:
            self.host.say(str(error), "error")

    def action_back(self) -> None:
        box = self.query_one("#search", TextBox)
        if box.has_focus:
            box.display = False
            self.body.focus()
        elif self.words:
            self.words = ""
            self._find()
            self._fill()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)
