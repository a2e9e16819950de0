"""Why it is not healthy: the causes, the weightiest first, then the last lines of the log that tells most.

Asks when it opens, and again on `r`; what it says is what the API said then."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.inspect import Cause, Diagnosis, LogTail, all_is_well
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.answer import AnswerDialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import HEALTH_ROLES, age, health_words, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class WhyScreen(AnswerDialog[Diagnosis]):
    """About an application (key None), one of its resources, or the object of that uid beneath it."""

    BINDINGS = [Binding("W", "back", show=False)]

    def __init__(self, engine: EngineApi, app: AppKey, key: ResourceKey | None, uid: str = "", name: str = "") -> None:
        """name: what is asked about, as a person reads it."""
        super().__init__()
        self.engine, self.app_key, self.key, self.uid, self.asked_about = engine, app, key, uid, name

    def question(self) -> Future[Diagnosis]:
        return self.engine.why(self.app_key, self.key, self.uid)

    def build(self) -> None:
        found = self.found
        head = [self.headline("Why", self.asked_about)]
        if found is not None:
            head.append(row((health_words(found.health), f"{HEALTH_ROLES[found.health]} bold")))
        rows: list[Row] = []
        if self.failure is not None:
            rows += self.error_rows(self.failure)
        if found is None and self.failure is None:
            rows.append(row(("asking the cluster…", "muted")))
        if found is not None:
            for problem in found.problems:
                rows += self.note(problem, "warn", first="! ", indent="  ")
            for number, cause in enumerate(found.causes):
                rows += self._cause(cause, "bad bold" if number == 0 else "text")
            if not found.causes:
                well = all_is_well(found)
                rows += self.note(well or "the cluster does not say why", "ok" if well else "warn")
            if found.log is not None:
                rows += self._log(found.log)
        again = "asking…" if self.asking else "ask again"
        self.show(head, rows, [Hint("r", again, "screen.again"), Hint("esc", "close", "screen.back")], tall=True)

    def _cause(self, cause: Cause, role: str) -> list[Row]:
        rows = self.note(cause.what, role)
        about = f"{cause.about.kind} {cause.about.name}"
        where = [about, cause.about.namespace]
        if cause.count > 1:
            where.append(f"and {plural(cause.count - 1, 'other')}")
        if when := _since(cause.since):
            where.append(when)
        rows += self.note(" · ".join(each for each in where if each), "muted", first="  ", indent="  ")
        if cause.message:
            rows += self.note(cause.message, first="  ", indent="  ")
        return rows

    def _log(self, log: LogTail) -> list[Row]:
        run = "the run before" if log.previous else "this run"
        rows = [row(("", "text"))]
        rows += self.note(f"Last lines of {log.pod.name} {log.container} ({run})", "head")
        rows += [row(("  ", "text"), (printable(line), "text")) for line in log.lines]
        if log.problem:
            rows += self.note(log.problem, "warn", first="  ", indent="  ")
        return rows


def _since(text: str) -> str:
    """The API's timestamp as "since 14:03:10, 4m", "" where it gives none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    local = moment.astimezone()
    day = "" if local.date() == datetime.now().astimezone().date() else f"{local:%F} "
    return f"{day}{local:%H:%M:%S}, {age(moment)} ago"
