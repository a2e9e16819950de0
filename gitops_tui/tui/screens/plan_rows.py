"""A SyncPlan as rows: what is done to what, in which order, what stays and why. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from gitops_tui.model.drift import ABSENT, FieldDifference, Masked, Reason
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.owners import who
from gitops_tui.model.sync import Action, Phase, PlanStep, SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.tui.paint import Piece, width_of
from gitops_tui.tui.screens.rows import Row, row, wrapped
from gitops_tui.tui.words import age

# Sign and role of each action: what goes away is told apart from what comes by more than its colour.
SIGNS: Mapping[Action, Piece] = {
    Action.CREATE: ("+", "ok"),
    Action.CHANGE: ("≠", "warn"),
    Action.ADOPT: ("=", "info"),
    Action.HOOK: ("»", "info"),
    Action.PRUNE: ("−", "bad"),
}
WORDS = {Action.PRUNE: "delete"}
# Kinds that take more with them than themselves.
HEAVY = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
FEW = 3
_NAMESPACES_WAVE = -(10**6)
_FIELDS = 4

Differences = Mapping[ResourceKey, tuple[FieldDifference, ...]]


class StepKey(NamedTuple):
    """What a row of a step stands for. A hook may come in several phases."""

    key: ResourceKey
    phase: Phase
    kept: bool = False


def step_key(step: PlanStep) -> StepKey:
    return StepKey(step.key, step.phase)


def place(key: ResourceKey) -> str:
    """ "Deployment shop/checkout"; the group only where the kind isn't one of Kubernetes' own."""
    kind = key.group_kind if "." in key.group and not key.group.endswith(".k8s.io") else key.kind
    where = f"{key.namespace}/" if key.namespace else ""
    return printable(f"{kind} {where}{key.name}")


def namespaces(plan: SyncPlan) -> str:
    """The namespaces that the plan touches, in words."""
    found = sorted({step.key.namespace for step in plan.steps if step.key.namespace})
    cluster = any(not step.key.namespace for step in plan.steps)
    said = ", ".join(printable(each) for each in found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
    label = "namespaces" if len(found) > 1 else "namespace"
    parts = [f"{label} {said}"] if found else []
    return " + ".join([*parts, "cluster-wide objects"] if cluster else parts)


def deleted(plan: SyncPlan) -> list[PlanStep]:
    """What the plan takes away."""
    return [step for step in plan.steps if step.action is Action.PRUNE]


def asks_name(steps: Collection[PlanStep]) -> bool:
    """Whether deleting these asks for a name to be typed."""
    return (
        len(steps) > FEW
        or any(step.confirm for step in steps)
        or any((step.key.group, step.key.kind) in HEAVY for step in steps)
    )


def counts(plan: SyncPlan) -> list[Piece]:
    """ "+1 create  ≠2 change …", the parts that are not zero."""
    pieces: list[Piece] = []
    for action, (sign, role) in SIGNS.items():
        if number := plan.count(action):
            pieces.append((f"{sign}{number} {WORDS.get(action, action.value)}  ", role))
    if not pieces:
        pieces.append(("no object is deleted  " if plan.options.cascade else "nothing to do  ", "ok"))
    rest = [f"{plan.unchanged} in sync"] if plan.unchanged else []
    rest += [f"{len(plan.kept)} {'stay' if plan.options.cascade else 'kept'}"] if plan.kept else []
    return [*pieces, ("· " + " · ".join(rest) if rest else "", "muted")]


def count_words(plan: SyncPlan) -> str:
    return "".join(text for text, _ in counts(plan)).strip()


_VALUE = 60


def value_text(value: Any, limit: int = _VALUE) -> str:
    """A field's value on one line."""
    if value is ABSENT:
        return "(none)"
    if isinstance(value, Masked):
        return str(value)
    said = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    said = printable(said)
    return said if len(said) <= limit else said[: limit - 1] + "…"


def difference_rows(difference: FieldDifference, indent: str, width: int) -> list[Row]:
    """ "spec.replicas  5 → 3  by kubectl-scale 2m": from what the cluster has to what Git says; the values stand below
    their path where both don't fit on one line."""
    path = printable(difference.path)
    from gitops_tui.compare.apart import brief
    from gitops_tui.compare.show import concealed

    difference = concealed(difference)
    before, after = value_text(difference.live), value_text(difference.desired)
    sides = (difference.live, difference.desired)
    if all(isinstance(each, str) for each in sides):
        before, after = (said or '""' for said in brief(*sides, _VALUE))
    elif not any(each is ABSENT or isinstance(each, Masked) for each in sides):
        # 5 and "5", and what differs in two whole objects.
        one, other = (json.dumps(each, ensure_ascii=False, default=str) for each in sides)
        before, after = brief(one, other, _VALUE)
    if difference.reason in (Reason.REMOVED, Reason.BEYOND):
        after = "(removed)"
    owner = difference.live_owner
    by = f"  by {printable(who(owner))} {age(owner.time)}".rstrip() if owner else ""
    values: list[Piece] = [(before, "cluster"), (" → ", "muted"), (after, "git"), (by, "muted")]
    if width_of(f"{indent}{path}  {before} → {after}{by}") <= width:
        return [row((indent, "text"), (path, "key"), ("  ", "text"), *values)]
    return [row((indent, "text"), (path, "key"), (by, "muted")), row((f"{indent}  ", "text"), *values[:-1])]


def plan_rows(
    plan: SyncPlan, width: int, differences: Differences | None = None, opened: Collection[StepKey] = ()
) -> list[Row]:
    """The whole plan. differences: for rows that are opened, what differs field by field."""
    known = differences or {}
    rows: list[Row] = []
    if plan.refused:
        rows += wrapped(f"refused: {printable(plan.refused)}", width, "bad", first="✗ ", indent="  ")
        rows += wrapped(printable(plan.hint), width, first="→ ", indent="  ") if plan.hint else []
    for each in plan.warnings[:2]:
        rows += wrapped(printable(each), width, "warn", first="! ", indent="  ")
    groups = [(label, list(found)) for label, found in groupby(plan.steps, key=_group)]
    for label, found in groups:
        if len(groups) > 1:
            said = label.replace("deleted last", "deleted, the last wave first") if plan.options.cascade else label
            rows.append(row((f"{said} ({len(found)})", "head")))
        for step in found:
            rows += _step(step, known.get(step.key, ()), step_key(step) in opened, width)
    if not plan.steps and not plan.refused and not plan.options.cascade:
        rows.append(row(("  everything that Git holds is in the cluster as it should be", "muted")))
    if plan.kept:
        what = "stays in the cluster" if plan.options.cascade else "kept: in the cluster, not in Git"
        rows.append(row((f"{what} ({len(plan.kept)})", "head")))
        for step in plan.kept:
            rows.append(
                row(
                    ("  · keep    ", "muted"),
                    (place(step.key), "text"),
                    (f"  {printable(step.blocked)}", "muted"),
                    key=StepKey(step.key, step.phase, kept=True),
                )
            )
    for each in plan.warnings[2:]:
        rows += wrapped(printable(each), width, "warn", first="! ", indent="  ")
    return rows


def _group(step: PlanStep) -> str:
    if step.action is Action.PRUNE:
        return "deleted last"
    if step.wave <= _NAMESPACES_WAVE:
        return f"{step.phase.value} · namespaces"
    return f"{step.phase.value} · wave {step.wave}"


def _step(step: PlanStep, differences: tuple[FieldDifference, ...], is_open: bool, width: int) -> list[Row]:
    sign, role = SIGNS[step.action]
    word = WORDS.get(step.action, step.action.value)
    shown = step.fields[:_FIELDS]
    fields = ", ".join(printable(each) for each in shown)
    fields += f" and {len(step.fields) - _FIELDS} more" if len(step.fields) > _FIELDS else ""
    why = printable(step.blocked or step.note)
    line = row(
        (f"  {sign} {word:<7} ", role),
        (place(step.key), "text"),
        (f"  {fields}" if fields and not is_open else "", "muted"),
        (f"  {why}" if why else "", "bad" if step.blocked else "muted"),
        key=step_key(step),
    )
    if not is_open:
        return [line]
    rows = [line]
    if differences:
        for each in differences:
            rows += difference_rows(each, "      ", width)
    else:
        rows += [row(("      ", "text"), (printable(path), "key")) for path in step.fields]
    if step.blocked:
        rows += wrapped(why, width, "bad", first="      ", indent="      ")
    return rows
