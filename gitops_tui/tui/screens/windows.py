"""The sync windows: which are open, until when, whom they are about, and what can be done."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.model.windows import WindowLine
from gitops_tui.model.windowwords import about, allowed, standing, until
from gitops_tui.tui.screens.answer import AnswerDialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

_INDENT = " " * 4


class WindowsScreen(AnswerDialog[tuple[WindowLine, ...]]):
    """Asks when it opens, and again on `r`. app: only those about this one; None for all."""

    BINDINGS = [Binding("a", "all", show=False)]

    def __init__(self, engine: EngineApi, app: AppKey | None = None) -> None:
        super().__init__()
        self.engine, self.app_key, self.only = engine, app, app is not None

    def question(self) -> Future[tuple[WindowLine, ...]]:
        return self.engine.windows()

    def action_all(self) -> None:
        if self.app_key is not None:
            self.only = not self.only
            self.build()

    def build(self) -> None:
        name = str(self.app_key) if self.app_key is not None else ""
        lines = [each for each in self.found or () if not self.only or name in each.applications]
        of = f"about {printable(name)}" if self.only else "of all applications"
        head = [self.headline("Sync windows", of, plural(len(lines), "window") if self.found is not None else "")]
        state = self.engine.snapshot.applications.get(self.app_key) if self.app_key is not None else None
        if state is not None and self.only and state.gate.windows:
            head += self.note(f"{name}: {allowed(state.gate)}", "ok" if state.gate.automatic else "warn")
        rows: list[Row] = []
        if self.failure is not None:
            rows += self.error_rows(self.failure)
        elif self.found is None:
            rows.append(row(("reading…", "muted")))
        elif not lines:
            rows += self.note(
                "no sync window is about it: syncs may begin at any time" if self.only else "no sync windows"
            )
        for each in lines:
            rows += self._rows(each)
        if lines:
            said = "windows are set in the AppProject (spec.syncWindows), or in your settings (sync_windows)"
            rows += [row(("", "text")), *self.note(said, "muted")]
        hints = [Hint("r", "again", "screen.again")]
        if self.app_key is not None:
            hints.append(Hint("a", "all windows" if self.only else f"only {printable(name)}", "screen.all"))
        self.show(head, rows, [*hints, Hint("esc", "close", "screen.back")], tall=True)

    def _rows(self, line: WindowLine) -> list[Row]:
        window, now = line.state.window, datetime.now(UTC)
        holds = line.state.active is None or line.state.active is (window.kind == "deny")
        made = [
            row(
                (f"{standing(line.state)} ", "warn" if holds else "ok"),
                (window.words, "head"),
                key=line,
            )
        ]
        said = [
            f"{window.source}, window {window.number}; {about(line)}",
            "manual syncs are allowed" if window.manual_sync else "no manual syncs either",
            "syncs under way go on (syncOverrun)" if window.sync_overrun else "",
            window.description,
        ]
        if ends := until(line.state, now):
            made += self.note(ends, first=_INDENT, indent=_INDENT)
        for text in filter(None, said):
            made += self.note(text, "muted", first=_INDENT, indent=_INDENT)
        if window.problem:
            text = f"can't be read, so it holds all syncs that it may be about: {window.problem}"
            made += self.note(text, "bad", first=_INDENT, indent=_INDENT)
        return made
