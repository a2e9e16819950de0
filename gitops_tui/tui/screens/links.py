"""Where a selection can be reached: hosts, load balancers and links of annotations, to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.inspect import Link
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import cut, width_of
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class LinksScreen(Dialog[None]):
    """About an application (key None), one of its resources, or the object of that uid beneath it."""

    BINDINGS = [Binding("K", "back", show=False), Binding("c,enter", "take", show=False)]

    def __init__(self, engine: EngineApi, app: AppKey, key: ResourceKey | None, uid: str = "", name: str = "") -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.uid, self.asked_about = engine, app, key, uid, name
        self.found: tuple[Link, ...] | None = None
        self.failure: BaseException | None = None

    def ready(self) -> None:
        super().ready()
        self.ask(self.engine.links(self.app_key, self.key, self.uid), self._told, self._not_told)

    def _told(self, found: tuple[Link, ...]) -> None:
        self.found = found
        self.build()

    def _not_told(self, error: BaseException) -> None:
        self.failure = error
        self.build()

    def build(self) -> None:
        rows: list[Row] = []
        if self.failure is not None:
            rows += self.error_rows(self.failure)
        elif self.found is None:
            rows.append(row(("…", "muted")))
        elif not self.found:
            rows.append(
                row(("no addresses: no Ingress, Gateway or external Service, and no link annotations", "muted"))
            )
        found = self.found or ()
        wide = min(max((width_of(each.url) for each in found), default=0), max(20, self.text_width * 2 // 3))
        for each in found:
            address = cut(printable(each.url), wide)
            about = printable(" · ".join(part for part in (each.title, f"{each.about.kind} {each.about.name}") if part))
            pad = " " * (wide - width_of(address) + 2)
            room = max(4, self.text_width - wide - 3)
            rows.append(row((f" {address}{pad}", "info"), (cut(about, room), "muted"), key=each))
        hints = [Hint("c", "copy", "screen.take", "" if found else "nothing"), Hint("esc", "close", "screen.back")]
        self.show([self.headline("Links", self.asked_about)], rows, hints)

    def action_take(self) -> None:
        if isinstance(link := self.body.key, Link):
            self.host.copy(link.url, link.url)
            self.dismiss(None)

    def on_rows_chosen(self) -> None:
        self.action_take()
