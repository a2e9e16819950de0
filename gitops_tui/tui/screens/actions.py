"""`a`: what can be done with an object beside syncing it, and the question before it is done.

The menu says at once what may not be done and why; the question says what it does, where, what Git says to it, and what goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input
from textual.widgets.input import Selection

from gitops_tui.model.actions import ActionRequest, Asks, ObjectAction, ObjectActions, Propagation
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import cut
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.plan_rows import place
from gitops_tui.tui.screens.rows import Row, row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

_PROPAGATIONS = {
    Propagation.BACKGROUND: "what it owns is deleted after it",
    Propagation.FOREGROUND: "what it owns is deleted before it",
    Propagation.ORPHAN: "what it owns stays, without an owner",
}


class ActionsScreen(Dialog[None]):
    """The menu. wanted: an action that is asked for at once, with a number where it takes one."""

    BINDINGS = [Binding("enter", "take", show=False)]

    def __init__(
        self,
        engine: EngineApi,
        app: AppKey,
        key: ResourceKey,
        uid: str = "",
        *,
        wanted: str = "",
        number: int | None = None,
    ) -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.uid = engine, app, key, uid
        self.wanted, self.number = wanted, number
        self.found: ObjectActions | None = None
        self.failure: BaseException | None = None

    def ready(self) -> None:
        super().ready()
        self.ask(self.engine.actions(self.app_key, self.key, self.uid), self._told, self._not_told)

    def _told(self, found: ObjectActions) -> None:
        self.found = found
        self.build()
        if self.wanted:
            if found.find(self.wanted) is None:
                names = ", ".join(each.name for each in found.actions)
                self.failure = ValueError(
                    f"{self.wanted} can't be done with {found.key.kind} {found.key.name}: {names}"
                )
                self.build()
            else:
                self._choose(self.wanted)

    def _not_told(self, error: BaseException) -> None:
        self.failure = error
        self.build()

    def build(self) -> None:
        found = self.found
        shown = found.key if found is not None else self.key
        head = [self.headline("Actions", place(shown), f"cluster {self.app_key.cluster}")]
        rows: list[Row] = []
        if isinstance(self.failure, ValueError):
            rows += self.note(str(self.failure), "warn")
        elif self.failure is not None:
            rows += self.error_rows(self.failure)
        elif found is None:
            rows.append(row(("asking what you may do…", "muted")))
        wide = max((len(each.title) for each in found.actions), default=0) if found else 0
        for each in found.actions if found else ():
            said = f"✗ {each.refused}" if each.refused else each.what
            room = max(10, self.text_width - wide - 8)
            role = "muted" if each.refused else "bad" if each.destructive else "text"
            rows.append(
                row(
                    (f" {each.letter} ", "muted" if each.refused else "head bold"),
                    (f" {printable(each.title):<{wide}}  ", role),
                    (cut(printable(said), room), "muted"),
                    key=each.name,
                )
            )
        self.show(head, rows, [Hint("enter", "ask", "screen.take"), Hint("esc", "leave", "screen.back")])

    def on_key(self, event: events.Key) -> None:
        for each in self.found.actions if self.found else ():
            if each.letter == event.character:
                event.stop()
                event.prevent_default()
                self._choose(each.name)

    def on_rows_chosen(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        if isinstance(self.body.key, str):
            self._choose(self.body.key)

    def _choose(self, name: str) -> None:
        action = self.found.find(name) if self.found else None
        if self.found is None or action is None:
            return
        dialog = ActScreen(self.engine, self.app_key, self.key, self.uid, self.found, action, self.number)
        self.number = None

        def done(said: str | None) -> None:
            if said:
                self.dismiss(None)
                self.host.say(said)

        self.app.push_screen(dialog, done)


class ActScreen(Dialog[str | None]):
    """The question before an action. Answers with what was done, None where nothing was."""

    BINDINGS = [
        Binding("y", "act", show=False),
        Binding("escape", "back", show=False, priority=True),
        Binding("tab", "propagation", show=False, priority=True),
        Binding("up", "scroll(-1)", show=False, priority=True),
        Binding("down", "scroll(1)", show=False, priority=True),
    ]

    def __init__(
        self,
        engine: EngineApi,
        app: AppKey,
        key: ResourceKey,
        uid: str,
        found: ObjectActions,
        action: ObjectAction,
        number: int | None = None,
    ) -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.uid = engine, app, key, uid
        self.found, self.action = found, action
        self.number = number if number is not None else action.number
        self.propagation = Propagation.BACKGROUND
        self.problem = ""
        self.failure: BaseException | None = None
        self.running = False

    @property
    def types(self) -> bool:
        return self.action.asks is not Asks.KEY and not self.action.refused

    def below(self) -> ComposeResult:
        if not self.types:
            return
        if self.action.asks is Asks.NAME:
            yield TextBox(placeholder=f"type {printable(self.found.key.name)} and press enter")
        else:
            yield TextBox(str(self.number if self.number is not None else ""))

    def extra(self) -> int:
        return 1 if self.types else 0

    def ready(self) -> None:
        super().ready()
        if self.types:
            box = self.query_one(Input)
            # What is typed takes the place of the number that is there now.
            box.selection = Selection(0, len(box.value))
            box.focus()

    def build(self) -> None:
        self.body.reads = True
        action, key = self.action, self.found.key
        self.box.set_class(action.destructive, "danger")
        role = "bad bold" if action.destructive else "head bold"
        head = [
            row((f"{action.title[:1].upper()}{action.title[1:]}: {place(key)}?", role)),
            *self.note(
                f"cluster {self.found.cluster} · {'namespace ' + key.namespace if key.namespace else 'cluster-wide'}"
            ),
            row(("", "text")),
        ]
        body = self.note(f"It {action.what}." if action.what else "")
        if action.drift:
            body += self.note(action.drift, "text" if action.drift.startswith("Git does not set") else "warn")
        for each in action.notes:
            body += self.note(each, "bad" if action.destructive else "text", first="· ", indent="  ")
        if action.name == "delete":
            body += self.note(f"{self.propagation.value}: {_PROPAGATIONS[self.propagation]}")
        if action.refused:
            body += self.note(action.refused, "bad", first="✗ ", indent="  ")
        if self.problem:
            body += self.note(self.problem, "warn")
        if self.failure is not None:
            body += self.error_rows(self.failure)
        if self.running:
            body += self.note("doing it…", "muted")
        self.show(head, body, self._offered())

    def _offered(self) -> list[Hint]:
        action = self.action
        leave = Hint("esc", "close" if action.refused or self.failure else "change nothing", "screen.back")
        if action.refused or self.running:
            return [leave]
        hints = [Hint("tab", "another propagation", "screen.propagation")] if action.name == "delete" else []
        if action.asks is Asks.NAME:
            return [Hint("enter", f"{action.title} once {printable(self.found.key.name)} is typed"), *hints, leave]
        if action.asks is Asks.NUMBER:
            return [Hint("enter", f"{action.title} to that number"), *hints, leave]
        return [Hint("y", action.title, "screen.act"), *hints, leave]

    def action_scroll(self, by: int) -> None:
        self.body.scroll_lines(by)

    def action_propagation(self) -> None:
        if self.action.name == "delete":
            order = list(_PROPAGATIONS)
            self.propagation = order[(order.index(self.propagation) + 1) % len(order)]
            self.build()

    def action_act(self) -> None:
        if self.action.asks is Asks.KEY:
            self._act(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        said = event.value.strip()
        if self.action.asks is Asks.NAME:
            if said != self.found.key.name:
                self._problem("that is not its name: nothing was done")
            else:
                self._act(None)
        elif not (said.isascii() and said.isdigit() and len(said) < 10):
            self._problem(f"{said!r} is no number of replicas")
        else:
            self._act(int(said))

    def _problem(self, text: str) -> None:
        self.problem = text
        self.build()
        self.body.scroll_top(self.body.count)

    def _act(self, number: int | None) -> None:
        if self.running or self.action.refused:
            return
        self.running, self.problem, self.failure = True, "", None
        self.build()
        request = ActionRequest(self.action.name, self.found.uid, number, self.propagation)
        host = self.host

        def orphan(result: str, error: BaseException | None) -> None:
            if error is not None:
                host.show_error(error)
            else:
                host.say(result)

        self.ask(self.engine.act(self.app_key, self.key, request, self.uid), self._done, self._failed, orphan=orphan)

    def _done(self, said: str) -> None:
        self.dismiss(said)

    def _failed(self, error: BaseException) -> None:
        self.running, self.failure = False, error
        self.build()
        self.body.scroll_top(self.body.count)
