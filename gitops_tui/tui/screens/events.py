"""The events of a selection and what it owns, live while the screen is open: warnings first, each kind of news once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.inspect import EventLine, Events
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import cut, width_of
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class EventsScreen(Dialog[None]):
    """About an application (key None), one of its resources, or the object of that uid beneath it. ages: as "4m", or
    clock times; `t` changes that."""

    BINDINGS = [
        Binding("e", "back", show=False),
        Binding("t", "times", show=False),
        Binding("w", "warnings", show=False),
    ]

    def __init__(self, engine: EngineApi, app: AppKey, key: ResourceKey | None, uid: str = "", name: str = "") -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.uid, self.asked_about = engine, app, key, uid, name
        self.found = Events(loading=True)
        self.clock = self.only_warnings = False
        self._end: Callable[[], None] | None = None

    def ready(self) -> None:
        super().ready()
        host = self.host

        def came(found: Events) -> None:
            # On the engine's thread.
            host.post_message(host.Came(lambda: self._take(found)))

        self._end = self.engine.follow_events(self.app_key, self.key, self.uid, came)

    def on_unmount(self) -> None:
        if self._end is not None:
            self._end()

    def _take(self, found: Events) -> None:
        self.found = found
        if self.is_mounted:
            self.build()

    def action_times(self) -> None:
        self.clock = not self.clock
        self.build()

    def action_warnings(self) -> None:
        self.only_warnings = not self.only_warnings
        self.build()

    def build(self) -> None:
        lines = [each for each in self.found.lines if each.warning or not self.only_warnings]
        warnings = sum(each.warning for each in self.found.lines)
        head = [self.headline("Events", self.asked_about)]
        said = f"{plural(warnings, 'warning')}, {len(self.found.lines) - warnings:,} others · live"
        head.append(row((said, "warn" if warnings else "muted")))
        for problem in self.found.problems:
            head += self.note(problem, "warn", first="! ", indent="  ")
        rows: list[Row] = []
        for each in lines:
            rows += self._event(each)
        if not lines:
            said = "… loading" if self.found.loading else "no warnings" if self.only_warnings else "no events"
            rows.append(row((said, "muted")))
        hints = [
            Hint("t", "ages" if self.clock else "clock times", "screen.times"),
            Hint("w", "all" if self.only_warnings else "warnings only", "screen.warnings"),
            Hint("esc", "close", "screen.back"),
        ]
        self.show(head, rows, hints, tall=True)

    def _event(self, each: EventLine) -> list[Row]:
        """One row where there is room, the message below it where there is none."""
        if self.clock:
            when = f"{each.last.astimezone():%m-%d %H:%M:%S}" if each.last is not None else "-"
        else:
            when = age(each.last) or "-"
        stamp = f"{when:>{14 if self.clock else 4}}  "
        count = f"x{each.count}" if each.count > 1 else ""
        if count and each.first is not None and each.first != each.last:
            count += f" in {age(each.first, each.last)}"
        about = printable(f"{each.about.kind} {each.about.name}")
        role = "warn" if each.warning else "text"
        reason = printable(each.reason)
        key = (each.about, each.reason, each.message)
        sign = "! " if each.warning else "  "
        room = max(8, self.text_width - width_of(stamp) - width_of(reason) - width_of(count) - 8)
        head = row((sign, role), (stamp, "muted"), (reason, role), ("  ", "text"), (cut(about, room), "text"),
                   (f"  {count}", "muted"), key=key)  # fmt: skip
        indent = " " * (2 + width_of(stamp))
        return [head, *self.note(each.message, "muted", first=indent, indent=indent)]
