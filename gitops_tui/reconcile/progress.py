"""How an operation goes, as its Lease tells the other sessions: counts, what is being done, some of the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.record import RunningOperation
from gitops_tui.model.sync import Action, OperationPhase, Phase, PlanStep, ResultStatus, StepResult, SyncOperation
from gitops_tui.model.text import printable

# An object's annotations may hold 256 KiB together.
_MAX_STEPS, _MAX_MESSAGE = 300, 120


def told(operation: SyncOperation) -> str:
    """The operation as text for the Lease."""
    steps = [
        [
            each.step.action.value,
            *each.step.key,
            each.step.phase.value,
            each.step.wave,
            each.status.value,
            each.message[:_MAX_MESSAGE],
        ]
        for each in operation.results[:_MAX_STEPS]
    ]
    said = {"doing": operation.doing, "steps": steps}
    try:
        return orjson.dumps(said).decode()
    except TypeError:  # lone surrogates in a message
        return orjson.dumps({"doing": "", "steps": []}).decode()


def heard(text: str, app: AppKey, running: RunningOperation) -> SyncOperation:
    """Another session's operation, as far as its Lease tells it; what can't be read is left out."""
    doing, results = "", []
    try:
        found = orjson.loads(text) if text else {}
        doing = printable(str(found.get("doing") or ""))[:200] if isinstance(found, Mapping) else ""
        results = [_result(each) for each in found["steps"]] if isinstance(found, Mapping) and "steps" in found else []
    except (ValueError, TypeError, KeyError):
        results = []
    return SyncOperation(
        app,
        running.revision,
        OperationPhase.RUNNING,
        running.started,
        tuple(results),
        who=running.who,
        initiator=running.initiator,
        doing=doing or f"in the session of {running.who}",
        elsewhere=True,
    )


def _result(value: Any) -> StepResult:
    action, group, kind, namespace, name, phase, wave, status, message = value
    key = ResourceKey(*(printable(str(each)) for each in (group, kind, namespace, name)))
    step = PlanStep(key, "", Action(action), Phase(phase), int(wave))
    return StepResult(step, ResultStatus(status), printable(str(message)))
