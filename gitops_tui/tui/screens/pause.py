"""Pause: for how long, and why; who paused already; resume. For one application or for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord, PauseKind
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, Rows, row
from gitops_tui.tui.when import EXAMPLES, lasts, parse_when
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

CHOICES = ("until resumed", "30m", "1h", "2h", "4h", "until 18:00", "tomorrow 9:00", "monday 9:00")


KINDS = {
    PauseKind.ALL: "automatic sync as a whole",
    PauseKind.HEAL_OFF: "only healing: drift is reported, not corrected; new commits are taken",
    PauseKind.HOLD_COMMITS: "only new commits: drift is still corrected, Git may move on",
}


class PauseScreen(Dialog[bool]):
    """apps: what is paused. The list chooses a time, the first box takes any other, the second one takes why."""

    BINDINGS = [
        Binding("enter", "next", show=False),
        Binding("tab", "other(1)", show=False, priority=True),
        Binding("shift+tab", "other(-1)", show=False, priority=True),
        Binding("down", "to_list(1)", show=False),
        Binding("up", "to_list(-1)", show=False),
        Binding("r", "resume", show=False),
        Binding("v", "half", show=False),
    ]

    def __init__(self, engine: EngineApi, apps: Sequence[AppKey]) -> None:
        super().__init__()
        self.engine, self.apps = engine, tuple(apps)
        self.problem = ""
        self.kind = PauseKind.ALL
        self.failures: list[tuple[AppKey, BaseException]] = []
        self.waiting = 0

    def below(self) -> ComposeResult:
        yield TextBox(placeholder=f"How long: {EXAMPLES}", id="until")
        yield TextBox(placeholder="Why (everybody sees it)", id="why")

    def extra(self) -> int:
        return 2

    @property
    def until_box(self) -> TextBox:
        return self.query_one("#until", TextBox)

    @property
    def why_box(self) -> TextBox:
        return self.query_one("#why", TextBox)

    def _states(self) -> list[ApplicationState]:
        known = self.engine.snapshot.applications
        return [known[key] for key in self.apps if key in known]

    def _paused(self) -> list[ApplicationState]:
        now = datetime.now(UTC)
        return [state for state in self._states() if state.record.pause and state.record.pause.active(now)]

    def build(self) -> None:
        cluster = ", ".join(sorted({printable(key.cluster) for key in self.apps}))
        one = self.apps[0] if len(self.apps) == 1 else None
        what = printable(one.name) if one else plural(len(self.apps), "application")
        head = [self.headline(f"Pause automatic sync of {what}", f"cluster {cluster}")]
        paused = self._paused()
        for state in paused[:4]:
            pause = state.record.pause
            assert pause is not None
            until = f" until {pause.until.astimezone():%a %H:%M}" if pause.until else ""
            half = "" if pause.kind is PauseKind.ALL else f" ({KINDS[pause.kind]})"
            said = f"paused by {pause.who} {age(pause.since)} ago{until}{half}" + (
                f' "{pause.reason}"' if pause.reason else ""
            )
            head += self.note(f"{'' if one else state.app.name + ': '}{said}", "warn", first="⏸ ", indent="  ")
        if len(paused) > 4:
            head.append(row((f"⏸ and {len(paused) - 4} more are paused", "warn")))
        if one and not paused:
            head += [row((_auto(state), "muted")) for state in self._states()]
        head.append(row(("what: ", "muted"), (KINDS[self.kind], "text")))
        head.append(row((self._preview(), "bad" if self.problem else "info")))
        for key, error in self.failures:
            head += self.error_rows(error, printable(key.name))
        body: list[Row] = [row((f"  {choice}", "text"), key=choice) for choice in CHOICES]
        which = Hint("v", "what is paused", "screen.half")
        hints = [Hint("enter", "next" if not self.why_box.has_focus else "pause", "screen.next")]
        if paused:
            hints.append(Hint("r", "Resume" if one else f"Resume {len(paused)}", "screen.resume"))
        self.show(
            head,
            body,
            [*hints, which, Hint("tab", "other field", "screen.other(1)"), Hint("esc", "leave", "screen.back")],
        )

    def _preview(self) -> str:
        self.problem = ""
        now = datetime.now().astimezone()
        try:
            moment = parse_when(self.until_box.value, now)
        except ValueError as error:
            self.problem = str(error)
            return f"✗ {printable(self.problem)}"
        if moment is None:
            return "→ until somebody resumes it"
        return f"→ until {moment.astimezone(now.tzinfo):%a %d %b %H:%M} (in {lasts(moment, now)})"

    def on_rows_moved(self, event: Rows.Moved) -> None:
        if event.rows is self.body and isinstance(event.key, str):
            self.until_box.value = "" if event.key == CHOICES[0] else event.key

    def on_rows_chosen(self) -> None:
        self.action_next()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.build()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next()

    def action_next(self) -> None:
        self._preview()
        if self.problem:
            self.until_box.focus()
        elif not self.why_box.has_focus:
            self.why_box.focus()
            self.build()
        elif not self.waiting:
            self._pause()

    def action_other(self, step: int) -> None:
        order = [self.body, self.until_box, self.why_box]
        here = next((at for at, each in enumerate(order) if each.has_focus), 0)
        order[(here + step) % len(order)].focus()
        self.call_after_refresh(self.build)

    def action_half(self) -> None:
        """The next of: all of automatic sync, only the healing, only new commits."""
        order = list(KINDS)
        self.kind = order[(order.index(self.kind) + 1) % len(order)]
        self.build()

    def action_to_list(self, by: int) -> None:
        """Up and down choose a time in whichever box one is."""
        self.body.action_move(by)

    def _pause(self) -> None:
        until = parse_when(self.until_box.value, datetime.now().astimezone())
        reason = self.why_box.value.strip()
        self._send([(key, self.engine.pause(key, reason, until, self.kind)) for key in self.apps], "paused")

    def action_resume(self) -> None:
        paused = [state.key for state in self._paused()]
        if paused and not self.waiting:
            self._send([(key, self.engine.resume(key)) for key in paused], "resumed")

    def _send(self, asked: Sequence[tuple[AppKey, object]], word: str) -> None:
        from concurrent.futures import Future

        self.failures, self.waiting = [], len(asked)
        total = len(asked)

        def over() -> None:
            self.waiting -= 1
            if self.waiting:
                return
            if self.failures:
                self.build()
                return
            what = asked[0][0].name if total == 1 else plural(total, "application")
            self.host.say(f"{what} {word}")
            self.dismiss(True)

        def done(_record: AppRecord) -> None:
            over()

        for key, future in asked:
            assert isinstance(future, Future)

            def failed(error: BaseException, key: AppKey = key) -> None:
                self.failures.append((key, error))
                over()

            def orphan(_found: object, error: BaseException | None, key: AppKey = key) -> None:
                if error is not None:
                    self.host.say(f"{key.name} was not {word}: {error}", "error")

            self.ask(future, done, failed, orphan=orphan)


def _auto(state: ApplicationState) -> str:
    policy = state.app.sync_policy.automated
    if policy is None:
        return "automatic sync is off for it anyway; a pause says so to everybody"
    parts = [name for name, on in (("prune", policy.prune), ("self-heal", policy.self_heal)) if on]
    return f"automatic sync is on{' with ' + ', '.join(parts) if parts else ''}; drift stays visible while it is paused"
