"""What a dialog is made of that plans, asks, and runs: the plan to read and to change, then how it goes.

Nothing is sent before `enter`; what deletes asks once more. The dialog may be closed while it runs: it goes on, and
opening the dialog again shows it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding

from gitops_tui.model.many import ManyOperation, ManyPlan
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan
from gitops_tui.records import replace
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.confirm import ConfirmDelete
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint, Hints, tick
from gitops_tui.tui.screens.rows import Row, row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

Plan = TypeVar("Plan", bound=SyncPlan | ManyPlan)
Operation = TypeVar("Operation", bound=SyncOperation | ManyOperation)
Key = TypeVar("Key")


class Planned(Dialog[bool], Generic[Plan, Operation, Key]):
    """Key: what stands for a row that opens. Answers whether anything was run."""

    DEFAULT_CSS = "Planned #switches { margin: 0; }"
    BINDINGS = [
        Binding("enter", "run", show=False),
        Binding("p", "switch('prune')", show=False),
        Binding("d,D", "switch('dry_run')", show=False),
        Binding("a", "switch('adopt')", show=False),
        Binding("c", "switch('confirm_prune')", show=False),
        Binding("r", "replan", show=False),
        Binding("x", "stop", show=False),
        Binding("space", "expand", show=False),
        Binding("v", "expand_all", show=False),
    ]
    _switch_lines = 1

    def __init__(self, engine: EngineApi, options: SyncOptions) -> None:
        super().__init__()
        self.engine, self.options = engine, options
        self.plan: Plan | None = None
        self.operation: Operation | None = None
        self.error: BaseException | None = None
        self.sent = False
        self.opened: set[Key] = set()
        self._before: Operation | None = None

    # --- what it is about -------------------------------------------------------------------------------------------

    @abstractmethod
    def newest(self, snapshot: Snapshot) -> Operation | None:
        """The newest run that the engine knows of, this dialog's or another's."""

    @abstractmethod
    def goes_on(self, operation: Operation) -> bool:
        """Whether it is not over yet."""

    @abstractmethod
    def question(self) -> Future[Any]:
        """Asks for the plan; `planned` takes the answer."""

    @abstractmethod
    def send(self, plan: Plan) -> Future[Operation]:
        """Runs the plan."""

    @abstractmethod
    def confirmation(self, plan: Plan) -> ConfirmDelete | None:
        """What names the objects that the plan deletes; None where nothing has to be asked."""

    @abstractmethod
    def outcome(self, operation: Operation) -> tuple[str, bool]:
        """What is said of a run whose dialog was closed, and whether all went well."""

    @abstractmethod
    def failure(self, error: BaseException) -> str:
        """The same of one that failed as a whole."""

    @property
    @abstractmethod
    def can_run(self) -> bool:
        """Whether there is a plan to run."""

    # --- what it looks like -----------------------------------------------------------------------------------------

    @abstractmethod
    def subject(self) -> list[Row]:
        """What is done, and where."""

    @abstractmethod
    def summary(self, operation: Operation) -> list[Piece]:
        """How a run goes, in a line."""

    @abstractmethod
    def plan_head(self, plan: Plan) -> list[Row]:
        """The plan in short, and what to know before one agrees."""

    @abstractmethod
    def plan_body(self, plan: Plan) -> list[Row]: ...

    @abstractmethod
    def run_body(self, operation: Operation) -> list[Row]: ...

    def doing(self, operation: Operation) -> list[Row]:
        """More of a run, beneath its summary."""
        return []

    def after(self) -> list[Row]:
        """How it goes on once a run is over."""
        return []

    def goal(self) -> Key | None:
        """Where the cursor goes by itself."""
        return None

    @abstractmethod
    def plans(self) -> Sequence[SyncPlan]:
        """What is planned for each application."""

    def deletions(self) -> int:
        """How many objects the plan deletes."""
        return 0

    def switches(self) -> list[Hint]:
        """What can be changed about the plan."""
        waiting = sum(step.blocked == "prune is off" for plan in self.plans() for step in plan.kept)
        going = self.deletions()
        number = f" {waiting or going}" if waiting or going else ""
        return [
            Hint("p", f"{tick(self.options.prune)} prune{number}", "screen.switch('prune')"),
            Hint("d", f"{tick(self.options.dry_run)} dry run", "screen.switch('dry_run')"),
            *self.approval("Prune=confirm"),
            Hint("a", f"{tick(self.options.adopt)} adopt", "screen.switch('adopt')"),
        ]

    def approval(self, option: str) -> list[Hint]:
        """Where objects ask for a person's word: how many do, and whether it is given."""
        asking = sum(step.confirm for plan in self.plans() for step in (*plan.kept, *plan.steps))
        if not asking and not self.options.confirm_prune:
            return []
        said = f"{tick(self.options.confirm_prune)} approve {option} {asking or ''}".rstrip()
        return [Hint("c", said, "screen.switch('confirm_prune')")]

    def run_hints(self) -> list[Hint]:
        """Keys for the rows of a run."""
        return []

    def plan_hints(self) -> list[Hint]:
        """Keys for the rows of a plan."""
        return []

    @abstractmethod
    def verb(self) -> str:
        """What `enter` does."""

    def hints(self) -> list[Hint]:
        leave = Hint("esc", "leave", "screen.back")
        if self.mode == "run":
            if self.under_way:
                close = Hint("esc", "close (it goes on)", "screen.back")
                return [Hint("x", "stop", "screen.stop"), *self.run_hints(), close]
            return [Hint("r", "plan again", "screen.replan"), *self.run_hints(), leave]
        if self.error:
            return [Hint("r", "try again", "screen.replan"), leave]
        enter = [Hint("enter", self.verb(), "screen.run")] if self.can_run else []
        return [*enter, *self.plan_hints(), leave]

    def between(self) -> ComposeResult:
        yield Hints("switches")

    def extra(self) -> int:
        return self._switch_lines

    @property
    def mode(self) -> str:
        """run, error, or plan (also while that is made)."""
        return "run" if self.operation is not None or self.sent else "error" if self.error else "plan"

    @property
    def under_way(self) -> bool:
        return self.sent or (self.operation is not None and self.goes_on(self.operation))

    def build(self) -> None:
        if not self.is_mounted:
            return
        self.box.set_class(self.options.dry_run and self.mode == "plan", "dry")
        head = self.subject()
        body: list[Row] = []
        if self.mode == "run":
            head.append(row(*self.summary(self.operation)) if self.operation else row(("starting…", "muted")))
            head += self.doing(self.operation) if self.operation else []
            head += self.error_rows(self.error) if self.error else []
            head += self.after()
            body = self.run_body(self.operation) if self.operation else []
        elif self.error:
            body = self.error_rows(self.error)
        elif self.plan is None:
            body = [row(("planning…", "muted"))]
        else:
            head += self.plan_head(self.plan)
            body = self.plan_body(self.plan)
        switches = self.query_one("#switches", Hints)
        offered = self.switches() if self.mode == "plan" else []
        self._switch_lines = switches.lay(offered, self.text_width) if offered else 0
        switches.styles.height = self._switch_lines
        switches.display = self._switch_lines > 0
        head.append(row(("─" * self.text_width, "muted")))
        self.show(head, body, self.hints(), goal=self.goal(), tall=self.mode == "run" or self.plan is None)
        switches.paint()

    # --- planning ---------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        super().ready()
        running = self.newest(self.engine.snapshot)
        if running is not None and self.goes_on(running):
            self.operation = running
            self.build()
        else:
            self.action_replan()

    def action_replan(self) -> None:
        if self.under_way:
            return
        self.plan, self.error, self.operation = None, None, None
        self.build()
        self.ask(self.question(), self.planned, self._failed, latest=True)

    @abstractmethod
    def planned(self, found: Any) -> None:
        """Takes the answer to the question."""

    def _failed(self, error: BaseException) -> None:
        self.sent, self.error = False, error
        self.build()

    def action_switch(self, name: str) -> None:
        if self.mode == "plan":
            self.options = switched(self.options, name)
            self.action_replan()

    @abstractmethod
    def action_expand(self) -> None:
        """Opens or closes the row of the cursor."""

    def on_rows_chosen(self) -> None:
        self.action_expand()

    # --- running ----------------------------------------------------------------------------------------------------

    def action_run(self) -> None:
        plan = self.plan
        if self.mode == "run" and not self.under_way:
            self.dismiss(True)
        if self.mode != "plan" or plan is None or not self.can_run:
            return
        asks = None if plan.options.dry_run else self.confirmation(plan)
        if asks is None:
            self.start(plan)
        else:
            self.app.push_screen(asks, partial(self._agreed, plan))

    def _agreed(self, plan: Plan, yes: bool | None) -> None:
        if yes and self.plan is plan and not self.under_way:
            self.start(plan)

    def start(self, plan: Plan) -> None:
        """Runs the plan, once."""
        self.sent, self.plan = True, None
        self._before = self.newest(self.engine.snapshot)
        self.build()
        self.ask(self.send(plan), self._finished, self._failed, orphan=self._ended_unseen)

    def _finished(self, operation: Operation) -> None:
        self.sent, self.operation = False, operation
        self.build()

    def _ended_unseen(self, operation: Operation | None, error: BaseException | None) -> None:
        if error is not None:
            self.host.say(self.failure(error), "error")
        elif operation is not None:
            said, fine = self.outcome(operation)
            self.host.say(said, "information" if fine else "error")

    def action_back(self) -> None:
        self.dismiss(self.operation is not None)


def switched(options: SyncOptions, name: str) -> SyncOptions:
    """The options with one of them the other way."""
    if name == "confirm_prune":
        # Approving means to prune.
        return replace(options, confirm_prune=not options.confirm_prune, prune=True)
    turned: dict[str, Any] = {name: not getattr(options, name)}
    return replace(options, **turned)
