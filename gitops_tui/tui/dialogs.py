"""Dialogs: the sync plan and its progress, pause, help, and texts to read."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from gitops_tui.model.sync import OperationPhase, PlanStep, SyncOperation, SyncPlan
from gitops_tui.model.text import printable

CSS = """
ModalScreen { align: center middle; }
.box { width: 90%; max-width: 110; height: auto; max-height: 90%; border: solid $primary; padding: 0 1; background: $surface; }
.box VerticalScroll { height: auto; max-height: 100%; }
.box Static { width: 100%; }
"""


class Reader(ModalScreen[bool]):
    """A text that stays until dismissed. `enter` dismisses with True where `asks`."""

    DEFAULT_CSS = CSS
    BINDINGS = [
        Binding("escape,q", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
    ]

    def __init__(self, text: str, *, asks: bool = False) -> None:
        super().__init__()
        self.text = text
        self.asks = asks

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static(Text(printable(self.text, keep_newlines=True)), id="body")

    def say(self, text: str) -> None:
        self.text = text
        if self.is_mounted:
            self.query_one("#body", Static).update(Text(printable(text, keep_newlines=True)))

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes and self.asks)


class Ask(ModalScreen[str | None]):
    """One line of text, or None when left."""

    DEFAULT_CSS = CSS
    BINDINGS = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self.question = question
        self.value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Text(printable(self.question, keep_newlines=True)))
            box = Input(self.value)
            box.cursor_blink = False
            yield box

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)


def _step(step: PlanStep) -> str:
    key = step.key
    place = f"{key.namespace}/" if key.namespace else ""
    fields = f"  {', '.join(step.fields[:6])}" if step.fields else ""
    why = f"  ({step.blocked or step.note})" if step.blocked or step.note else ""
    return f"  {step.action.value:<7} {key.kind} {place}{key.name}{fields}{why}"


def plan_text(plan: SyncPlan) -> str:
    """The plan in words: what it does, where, to what."""
    counts: dict[str, int] = {}
    for step in plan.steps:
        counts[step.action.value] = counts.get(step.action.value, 0) + 1
    said = ", ".join(f"{number} {name}" for name, number in counts.items()) or "nothing to do"
    spaces = ", ".join(sorted({s.key.namespace for s in plan.steps if s.key.namespace})) or "-"
    head = "DRY RUN of sync" if plan.options.dry_run else "Roll back" if plan.options.revision else "Sync"
    lines = [
        f"{head} {plan.app} to {plan.revision[:7]}",
        f"cluster {plan.app.cluster} · namespaces {spaces}",
        f"{said} · {plan.unchanged} unchanged",
        "",
    ]
    lines += [f"REFUSED: {plan.refused}", f"→ {plan.hint}"] if plan.refused else []
    lines += [f"! {each}" for each in plan.warnings] + [_step(step) for step in plan.steps]
    if plan.kept:
        lines += ["", "kept in the cluster, not in Git:", *(_step(step) for step in plan.kept)]
    if plan.options.revision:
        lines += ["", f"The application is pinned to {plan.revision[:7]}; automatic sync keeps off until unpinned (U)."]
    return "\n".join(lines)


def operation_text(operation: SyncOperation) -> str:
    """Progress or result, failures in full."""
    head = f"{'DRY RUN · ' if operation.dry_run else ''}{operation.phase.value} · {operation.app} → {operation.revision[:7]}"
    lines = [head, operation.message or operation.doing, ""]
    for result in operation.results:
        lines.append(f"  {result.status.value:<8}{_step(result.step)}")
        lines += [f"           {result.message}"] if result.message else []
    lines += [f"! {each}" for each in operation.warnings]
    running = operation.phase is OperationPhase.RUNNING
    return "\n".join([*lines, "", "x stop · esc close (it goes on)" if running else "esc close"])
