"""All errors and warnings, with what to do; `enter` goes to the application that one is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import Condition, Link, Severity, Snapshot
from gitops_tui.model.sync import OperationPhase
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class Said(NamedTuple):
    """One thing to read. app: None where it is about the whole session."""

    at: int
    app: AppKey | None
    message: str


class ErrorsScreen(Dialog[AppKey | None]):
    """Follows the Snapshots while it is open."""

    BINDINGS = [Binding("enter", "go", show=False), Binding("c", "copy", show=False), Binding("E", "back", show=False)]

    def __init__(self, engine: EngineApi | None) -> None:
        super().__init__()
        self.engine = engine

    @property
    def snapshot(self) -> Snapshot:
        return self.engine.snapshot if self.engine else Snapshot()

    def build(self) -> None:
        rows: list[Row] = []
        errors = warnings = 0
        for number, (app, condition) in enumerate(self._listed(self.snapshot)):
            bad = condition.severity is Severity.ERROR
            errors, warnings = errors + bad, warnings + (not bad)
            where = f"{printable(app.name)} · {condition.where}" if app else condition.where
            rows.append(
                row(
                    ("✗ error   " if bad else "! warning ", "bad bold" if bad else "warn bold"),
                    (where, "head"),
                    (f"  {age(condition.since)} ago", "muted"),
                    key=Said(number, app, condition.message),
                )
            )
            rows += self.note(condition.message, first="  ", indent="  ")
            rows += self.note(condition.hint, "info", first="  → ", indent="    ") if condition.hint else []
        if not rows:
            rows = [row(("no errors and no warnings", "ok"))]
        said = " · ".join([plural(errors, "error")] * bool(errors) + [plural(warnings, "warning")] * bool(warnings))
        hints = [Hint("enter", "go there", "screen.go"), Hint("c", "copy", "screen.copy")]
        self.show([self.headline("To read", said)], rows, [*hints, Hint("esc", "close", "screen.back")])

    def _listed(self, snapshot: Snapshot) -> list[tuple[AppKey | None, Condition]]:
        found: list[tuple[AppKey | None, Condition]] = []
        for cluster in snapshot.clusters:
            if cluster.link is not Link.LIVE and cluster.message:
                severity = Severity.ERROR if cluster.link is Link.FAILED else Severity.WARNING
                message = f"{cluster.name} is {cluster.link.value}: {cluster.message}"
                found.append((None, Condition(severity, "cluster", message, cluster.since)))
        found += [(None, each) for each in snapshot.conditions]
        for key, state in snapshot.applications.items():
            found += [(key, each) for each in state.conditions]
            operation = state.operation
            if operation and operation.phase in (OperationPhase.FAILED, OperationPhase.UNKNOWN):
                kind = "dry run" if operation.dry_run else "sync"
                message = f"the last {kind} {operation.phase.value.lower()}: {operation.message}"
                since = operation.finished or operation.started
                found.append((key, Condition(Severity.ERROR, "sync", message, since, "s, then L shows it in full")))
        return sorted(found, key=lambda each: each[1].severity is not Severity.ERROR)

    def follow(self, snapshot: Snapshot) -> None:
        """Shows what is new."""
        self.build()

    def on_rows_chosen(self) -> None:
        self.action_go()

    def action_go(self) -> None:
        said = self.body.key
        if isinstance(said, Said) and said.app:
            self.dismiss(said.app)

    def action_copy(self) -> None:
        said = self.body.key
        if isinstance(said, Said):
            self.host.copy(said.message, "the message")
