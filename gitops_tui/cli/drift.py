"""The lines that `diff` and `status` say about a drifted object."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_tui.compare import diff_rows, unified
from gitops_tui.compare.threeway import folded, sides_of
from gitops_tui.model.diff import RowKind
from gitops_tui.model.drift import FieldDifference
from gitops_tui.model.explain import Explained, FieldBlame
from gitops_tui.model.owners import who
from gitops_tui.model.since import ago, since_words
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.threeway import ThreeWay
from gitops_tui.records import replace
from gitops_tui.schema import SchemaSet


def blame_line(difference: FieldDifference, blame: FieldBlame | None) -> str:
    """Who set one field, on both sides."""
    parts = git_parts(blame)
    owner = difference.live_owner
    if owner is not None:
        parts.append(f"cluster: {who(owner)}" + (f" {ago(owner.time)}" if owner.time is not None else ""))
    parts += [difference.note] if difference.note else []
    return f"{difference.path}: {difference.reason.value}" + "".join(f" · {part}" for part in parts)


def git_parts(blame: FieldBlame | None) -> list[str]:
    """Who set it in Git, or took it out."""
    parts = []
    line = blame.desired if blame is not None else None
    if line is not None:
        parts.append(
            f"Git: {line.short} {line.author} {ago(line.time)}, {line.path}:{line.line} {line.subject}".rstrip()
        )
    gone = blame.removed if blame is not None else None
    if gone is not None:
        said = f"{gone.short} {gone.author} {ago(gone.time)} took it out, was {gone.path}:{gone.line} {gone.subject}"
        parts.append(f"Git: {said}".rstrip())
    return parts


def three_way_lines(found: ThreeWay) -> Iterator[str]:
    """The three sides in one column: before each line whose it is, where they don't all say the same."""
    yield f"# last: the last sync ({found.revision[:7]}) · Git: now · live: the cluster"
    # What others set in the cluster and nobody moved takes no room as context.
    told = tuple(row for row in found.rows.rows if row.moved or row.kind not in (RowKind.EXTRA, RowKind.IGNORED))
    for row in folded(replace(found.rows, rows=told), 3).rows:
        if row.kind is RowKind.FOLD:
            yield f"{'…':10} {row.folded} lines that nobody moved{f', in {row.path}' if row.path else ''}"
            continue
        for name, cell in sides_of(row):
            yield f"{name:10} {cell.text}"
    if found.rows.truncated:
        yield f"… {found.rows.truncated} more lines at least"


def diff_lines(
    state: ResourceState, explained: Explained | None, schemas: SchemaSet | None = None, three: ThreeWay | None = None
) -> Iterator[str]:
    """One object's diff with what is known about it. three: its three sides, shown in place of two."""
    manifest = state.manifest
    where = "  (not in Git)"
    if manifest is not None:
        where = f"  {manifest.origin.path}" + (f":{manifest.origin.line}" if manifest.origin.line else "")
    yield f"--- cluster {state.key}"
    yield f"+++ git {state.key}{where}"
    if said := since_words(state, explained):
        yield f"# {said}"
    for part in git_parts(explained.whole) if explained is not None else ():
        yield f"# {part}"
    if state.drift.ignored_by:
        yield f"# not counted, {state.drift.ignored_by}"
    for each in state.drift.differences:
        yield f"# {blame_line(each, explained.blame.get(each.path) if explained is not None else None)}"
    for each in state.drift.hidden:
        yield f"# {each.path}: not counted, {each.ignored_by}" + (f": {each.note}" if each.note else "")
    for warning in state.warnings:
        yield f"# {warning}"
    if three is not None and three.problem:
        yield f"# three-way: {three.problem}"
    elif three is not None:
        yield from three_way_lines(three)
        return
    rows = diff_rows(
        manifest.obj if manifest is not None else None,
        dict(state.live) if state.live is not None else None,
        state.drift,
        schema=schemas,
        quiet=False,
    )
    for sign, text in unified(rows):
        yield f"{sign} {text}"
    if rows.truncated:
        yield f"… {rows.truncated} more lines at least"
