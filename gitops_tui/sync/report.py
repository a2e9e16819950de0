"""What an operation tells while it runs: each step's result, and a line on what is being done."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from gitops_tui.model.sync import OperationPhase, PlanStep, ResultStatus, StepResult, SyncPlan
from gitops_tui.records import replace

Progress = Callable[[tuple[StepResult, ...], str], None]
Ended = tuple[OperationPhase, str, tuple[StepResult, ...]]
# The progress of thousands of steps is told in few pictures.
_EVERY = 0.05


class Report:
    """The results of a plan's steps so far; `progress` is told of them."""

    def __init__(
        self, plan: SyncPlan, progress: Progress, *, scrub: Callable[[PlanStep, str], str] = lambda _, message: message
    ) -> None:
        """scrub: takes what is to be masked out of a step's message."""
        self._plan = plan
        self._scrub = scrub
        self._progress = progress
        self.results = [StepResult(step, ResultStatus.PENDING) for step in plan.steps]
        self._doing = ""
        self._told = 0.0

    def begin(self) -> None:
        """The dry run is over: what it said of each step makes room for what is done."""
        self.results = [StepResult(step, ResultStatus.PENDING) for step in self._plan.steps]

    def tell(self, at: int, status: ResultStatus, message: str = "") -> None:
        """A step's result changed."""
        before = self.results[at]
        message = self._scrub(before.step, message) if message else message
        now = datetime.now(UTC)
        begun = before.started or (now if status is ResultStatus.RUNNING else None)
        over = status in (ResultStatus.DONE, ResultStatus.FAILED)
        self.results[at] = StepResult(self._plan.steps[at], status, message, begun, now if over else None)
        clock = time.monotonic()
        if clock - self._told >= _EVERY:
            self._show(self._doing)

    def say(self, doing: str) -> None:
        """What is being done now."""
        self._doing = doing
        self._show(doing)

    def lost(self, problem: str) -> None:
        """A problem that may pass; "" when it has."""
        self._show(problem or self._doing)

    def _show(self, line: str) -> None:
        self._told = time.monotonic()
        self._progress(tuple(self.results), line)

    def ended(self, phase: OperationPhase, message: str) -> Ended:
        """How it ended: what was not come to is skipped, what was waited for stays applied."""
        unsent = self._plan.options.dry_run and phase is OperationPhase.SUCCEEDED
        for at, result in enumerate(self.results):
            if result.status is ResultStatus.WAITING:
                said = f"applied; {result.message}" if result.message else "applied"
                self.results[at] = replace(result, status=ResultStatus.DONE, message=said)
            elif result.status in (ResultStatus.PENDING, ResultStatus.RUNNING):
                self.results[at] = replace(result, status=ResultStatus.DONE if unsent else ResultStatus.SKIPPED)
        self._doing = ""
        return phase, message, tuple(self.results)
