"""The audit: everything that was done on the clusters of this session, by whom, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.audit import AuditLine
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.operation_rows import PHASES, seconds
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class AuditScreen(Dialog[None]):
    """`enter` opens one operation: what it did to each object, which fields it changed. app: only that one's, "" for
    all ("name" or "namespace/name")."""

    BINDINGS = [
        Binding("enter", "expand", show=False),
        Binding("r", "again", show=False),
        Binding("a", "all", show=False),
        Binding("c", "copy", show=False),
    ]

    def __init__(self, engine: EngineApi, app: str = "") -> None:
        super().__init__()
        self.engine, self.app_name, self.only = engine, app, bool(app)
        self.lines: tuple[AuditLine, ...] | None = None
        self.error: BaseException | None = None
        self.opened: set[AuditLine] = set()

    def ready(self) -> None:
        super().ready()
        self.action_again()

    def action_again(self) -> None:
        self.ask(self.engine.audit(), self._came, self._failed, latest=True)

    def _came(self, lines: tuple[AuditLine, ...]) -> None:
        self.lines, self.error = lines, None
        self.build()

    def _failed(self, error: BaseException) -> None:
        self.error = error
        self.build()

    @property
    def shown(self) -> list[AuditLine]:
        lines = self.lines or ()
        return [each for each in lines if not self.only or each.application == self.app_name]

    def build(self) -> None:
        lines = self.shown
        of = f"of {printable(self.app_name)}" if self.only else "of all applications"
        head = [self.headline("Audit", of, plural(len(lines), "operation") if self.lines is not None else "")]
        hints = [Hint("enter", "what it did", "screen.expand"), Hint("r", "again", "screen.again")]
        if self.app_name:
            hints.append(
                Hint("a", "all applications" if self.only else f"only {printable(self.app_name)}", "screen.all")
            )
        hints += [Hint("c", "copy", "screen.copy"), Hint("esc", "close", "screen.back")]
        body: list[Row] = []
        if self.error:
            body = self.error_rows(self.error, "what was done can't be read")
        elif self.lines is None:
            body = [row(("reading…", "muted"))]
        elif not lines:
            body = [row(("nothing is recorded yet", "muted"))]
        for each in lines:
            body += self._rows(each)
        self.show(head, body, hints, tall=True)

    def _rows(self, line: AuditLine) -> list[Row]:
        entry = line.entry
        sign, role = PHASES[entry.phase]
        counts = ", ".join(f"{count} {name}" for name, count in entry.counts)
        rows = [
            row(
                (f"{sign} ", role),
                (f"{entry.started.astimezone():%F %H:%M} ", "muted"),
                (f"{printable(line.application)} ", "head"),
                (f"{entry.initiator.value} ", "text"),
                (f"{entry.revision[:7]} ", "key"),
                (printable(entry.who), "text"),
                (f"  {counts}" if counts else "", "muted"),
                key=line,
            )
        ]
        if line not in self.opened:
            return rows
        said = [
            ("commit", f'{entry.revision} "{entry.subject}" {entry.author}' if entry.subject else entry.revision),
            ("user", f"{entry.user} (as the API server knows them)" if entry.user else ""),
            ("took", f"{seconds(entry.started, entry.finished)}, {age(entry.started)} ago" if entry.finished else ""),
            ("options", ", ".join(entry.options)),
            ("cluster", line.cluster),
            ("healthy", "seen Healthy at this commit" if entry.healthy else ""),
            ("said", entry.message),
        ]
        for name, text in said:
            rows += self.note(text, first=f"    {name:8}", indent=" " * 12) if text else []
        for each in entry.results:
            bad = each.status == "failed"
            fields = f"  {', '.join(each.fields)}" if each.fields else ""
            why = f"  {each.message}" if bad else ""
            text = f"    {each.status:7} {each.action:7} {each.key}{fields}{why}"
            rows.append(row((printable(text), "bad" if bad else "text")))
        if entry.more:
            rows.append(row((f"    and {entry.more} more", "muted")))
        return rows

    def on_rows_chosen(self) -> None:
        self.action_expand()

    def action_expand(self) -> None:
        line = self.body.key
        if isinstance(line, AuditLine):
            self.opened ^= {line}
            self.build()

    def action_all(self) -> None:
        if self.app_name:
            self.only = not self.only
            self.build()

    def action_copy(self) -> None:
        line = self.body.key
        if isinstance(line, AuditLine):
            entry = line.entry
            said = f"{entry.started.isoformat()} {line.application} {entry.initiator.value} {entry.phase.value} {entry.revision} {entry.who}"
            self.host.copy(printable(said), "the operation")
