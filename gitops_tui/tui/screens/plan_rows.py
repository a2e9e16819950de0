"""Plans and operations in words."""

from __future__ import annotations

from gitops_tui.model.sync import OperationPhase, PlanStep, SyncOperation, SyncPlan


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
