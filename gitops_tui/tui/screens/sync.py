"""Sync: the plan, then its run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from textual.binding import Binding

from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.reconcile.api import EngineApi
from gitops_tui.tui.screens.plan_rows import operation_text, plan_text
from gitops_tui.tui.screens.reader import Reader

Wait = Callable[["Future[Any]", Callable[[Any], None], Callable[[BaseException], None]], None]


class SyncScreen(Reader):
    """Plans at once, applies on `enter`, then shows the run. Used for a rollback too (options.revision)."""

    BINDINGS = [
        Binding("p,space", "prune", show=False),
        Binding("D", "dry_run", show=False),
        Binding("o", "only", show=False),
        Binding("x", "stop", show=False),
    ]

    def __init__(
        self, engine: EngineApi, wait: Wait, app_key: AppKey, options: SyncOptions, only: SyncOptions | None = None
    ) -> None:
        super().__init__("planning…")
        self.engine, self.wait, self.app_key, self.options, self.only = engine, wait, app_key, options, only
        self.plan: SyncPlan | None = None
        self.before: SyncOperation | None = None
        self.running = False
        self.asked = 0

    def on_mount(self) -> None:
        self.replan()

    def replan(self) -> None:
        self.plan = None
        self.asked += 1
        asked = self.asked
        self.say("planning…")
        self.wait(
            self.engine.plan(self.app_key, self.options),
            lambda plan: self.planned(plan) if asked == self.asked else None,
            self.failed,
        )

    def planned(self, plan: SyncPlan) -> None:
        self.plan = plan
        prune = "on" if self.options.prune else "off"
        keys = f"enter apply · p prune ({prune}) · D dry run ({'on' if self.options.dry_run else 'off'})"
        keys += " · o only this resource / whole application" if self.only else ""
        self.say(f"{plan_text(plan)}\n\n{keys} · esc leave")

    def failed(self, error: BaseException) -> None:
        self.running = False
        self.say(f"{error}\n\nesc close")

    def action_prune(self) -> None:
        if not self.running:
            self.options = replace(self.options, prune=not self.options.prune)
            self.replan()

    def action_dry_run(self) -> None:
        if not self.running:
            self.options = replace(self.options, dry_run=not self.options.dry_run)
            self.replan()

    def action_only(self) -> None:
        if self.only and not self.running:
            self.options, self.only = replace(self.only, prune=self.options.prune), self.options
            self.replan()

    def action_stop(self) -> None:
        if self.running:
            self.engine.stop_sync(self.app_key)

    def action_answer(self, yes: bool) -> None:
        if not yes:
            self.dismiss(False)
        elif (self.plan and not self.running and not self.plan.refused and not self.plan.is_empty) or (
            self.plan and not self.running and not self.plan.refused and self.options.revision
        ):
            self.start("")

    def start(self, message: str) -> None:
        plan = self.plan
        if plan is None:
            return
        self.running = True
        state = self.engine.snapshot.applications.get(self.app_key)
        self.before = state.operation if state else None
        self.plan = None  # one press, one run
        self.say("starting…\n\nx stop")
        back = plan.options.revision and not plan.options.dry_run
        run = self.engine.rollback(plan, message) if back else self.engine.sync(plan)
        self.wait(run, self.finished, self.failed)

    def follow(self, snapshot: Snapshot) -> None:
        state = snapshot.applications.get(self.app_key)
        if self.running and state and state.operation and state.operation is not self.before:
            self.say(operation_text(state.operation))

    def finished(self, operation: SyncOperation) -> None:
        self.running = operation.phase is OperationPhase.RUNNING
        self.say(operation_text(operation))
