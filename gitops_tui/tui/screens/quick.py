"""`S`: what a sync with the last options would do, in one line, and one key that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.operation_rows import summary
from gitops_tui.tui.screens.plan_rows import counts, deleted, namespaces
from gitops_tui.tui.screens.rows import row

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi, RevisionPreview


class QuickSync(Dialog[SyncOptions | None]):
    """`y` syncs and closes: the header and the tree show how it goes. Answers with the options where the person wants
    the whole dialog, or where something would be deleted and has to be named first."""

    DEFAULT_CSS = "QuickSync { align: center bottom; }"
    BINDINGS = [Binding("y", "yes", show=False), Binding("n", "back", show=False), Binding("s", "whole", show=False)]

    def __init__(self, engine: EngineApi, app_key: AppKey, options: SyncOptions) -> None:
        super().__init__()
        self.engine, self.app_key, self.options = engine, app_key, options
        self.plan: SyncPlan | None = None
        self.error: BaseException | None = None

    def ready(self) -> None:
        super().ready()
        self.ask(self.engine.preview(self.app_key, self.options), self._planned, self._failed)

    def build(self) -> None:
        plan = self.plan
        name = f"Sync {printable(self.app_key.name)} on {printable(self.app_key.cluster)}"
        leave = Hint("esc", "leave it", "screen.back")
        if self.error:
            self.show([self.headline(name), *self.error_rows(self.error)], [], [leave])
        elif plan is None:
            self.show([self.headline(name), row(("planning…", "muted"))], [], [leave])
        else:
            where = f"to {plan.revision[:7]} · {namespaces(plan)}" if plan.steps else f"at {plan.revision[:7]}"
            prune = "on" if self.options.prune else "off"
            head = [self.headline(name, where), row(*counts(plan), (f"  · prune is {prune}", "muted"))]
            hints = [Hint("s", "the whole plan", "screen.whole"), leave]
            if plan.refused:
                head += self.note(plan.refused, "bad", first="✗ ", indent="  ")
                head += self.note(plan.hint, first="→ ", indent="  ") if plan.hint else []
            elif not plan.is_empty:
                hints.insert(0, Hint("y", "sync", "screen.yes"))
            self.show(head, [], hints)

    def _planned(self, found: RevisionPreview) -> None:
        self.plan = found.plan
        if deleted(found.plan) and not found.plan.refused:
            # What goes away has to be named first, object by object.
            self.dismiss(self.options)
            return
        self.build()

    def _failed(self, error: BaseException) -> None:
        self.error = error
        self.build()

    def action_yes(self) -> None:
        plan = self.plan
        if plan is None or plan.refused or plan.is_empty:
            return
        host, name = self.host, self.app_key.name

        def ended(operation: SyncOperation) -> None:
            fine = operation.phase is OperationPhase.SUCCEEDED
            host.say(f"{name}: {''.join(text for text, _ in summary(operation))}", "information" if fine else "error")

        failed: Callable[[BaseException], None] = lambda error: host.say(f"{name}: {error}", "error")  # noqa: E731
        host.wait(self.engine.sync(plan), ended, failed)
        host.say(f"{name}: syncing; s shows it")
        self.dismiss(None)

    def action_whole(self) -> None:
        self.dismiss(self.options)
