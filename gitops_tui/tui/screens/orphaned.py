"""What stands in an application's namespaces and belongs to no application; to look at, nothing is deleted here."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from gitops_tui.model.inspect import Orphans
from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import cut
from gitops_tui.tui.screens.answer import AnswerDialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class OrphanedScreen(AnswerDialog[Orphans]):
    """Asks when it opens, and again on `r`."""

    def __init__(self, engine: EngineApi, app: AppKey) -> None:
        super().__init__()
        self.engine, self.app_key = engine, app

    def question(self) -> Future[Orphans]:
        return self.engine.orphaned(self.app_key)

    def build(self) -> None:
        found = self.found
        head = [self.headline("Orphaned", f"application {self.app_key}")]
        if found is not None:
            spaces = ", ".join(found.namespaces)
            said = f"in {spaces} no application holds: {plural(len(found.orphans), 'object')}"
            if not found.orphans:
                blind = " as far as can be seen" if found.problems else ""
                said = f"everything in {spaces} belongs to an application{blind}"
            head += self.note(said, "warn" if found.orphans else "ok")
        rows: list[Row] = []
        if self.failure is not None:
            rows += self.error_rows(self.failure)
        elif found is None:
            rows.append(row(("looking through all kinds of the namespaces…", "muted")))
        for problem in found.problems if found is not None else ():
            rows += self.note(problem, "warn", first="! ", indent="  ")
        for each in found.orphans if found is not None else ():
            name = printable(f"{each.key.group_kind} {each.key.name}")
            room = max(10, min(60, self.text_width * 2 // 3))
            rows.append(
                row(
                    (f" {cut(name, room):<{room}} ", "text"),
                    (f"{age(each.created):>4}  ", "muted"),
                    (printable(each.managed_by), "muted"),
                    key=each.key,
                )
            )
        again = "looking…" if self.asking else "look again"
        self.show(head, rows, [Hint("r", again, "screen.again"), Hint("esc", "close", "screen.back")], tall=True)
