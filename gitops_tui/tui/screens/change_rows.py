"""Changes in Git, and changes of objects, as coloured rows. Pure; slow for large ones, so made off the screen's thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from gitops_tui.model.change import DiffLine, FileChange, FileStatus
from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import SyncPlan
from gitops_tui.model.text import printable
from gitops_tui.tui.highlight import Span, highlight_yaml
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.screens.plan_rows import SIGNS, WORDS, place
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import plural

_SIGNS = {
    FileStatus.ADDED: ("A", "ok"),
    FileStatus.MODIFIED: ("M", "warn"),
    FileStatus.DELETED: ("D", "bad"),
    FileStatus.RENAMED: ("R", "info"),
    FileStatus.COPIED: ("C", "info"),
    FileStatus.TYPE: ("T", "warn"),
}
_YAML = (".yaml", ".yml")
_ROLES = {"-": "bad", "+": "ok"}


class FileKey(NamedTuple):
    """A row at which a file (or an object) begins: `n` and `N` go from one to the next."""

    path: str


def coloured(text: str, role: str, spans: Sequence[Span], words: Sequence[tuple[int, int]] = ()) -> list[Piece]:
    """A line in pieces: `spans` give colours, `words` are set off beside them."""
    edges = sorted({0, len(text), *(e for s in spans for e in s[:2]), *(e for w in words for e in w)})
    pieces: list[Piece] = []
    for start, end in pairwise(edges):
        if start >= len(text):
            break
        found = next((span[2] for span in spans if span[0] <= start < span[1]), "") or role
        if any(begin <= start < stop for begin, stop in words):
            found += " bold underline"
        pieces.append((text[start:end], found))
    return pieces


def totals(files: Sequence[FileChange]) -> list[Piece]:
    """ "3 files  +12 −4"."""
    return [
        (plural(len(files), "file"), "text"),
        (f"  +{sum(each.added for each in files)}", "ok"),
        (f" −{sum(each.removed for each in files)}", "bad"),
    ]


def file_rows(files: Sequence[FileChange]) -> list[Row]:
    """One row a file, as a table of contents."""
    made = []
    for each in files:
        sign, role = _SIGNS[each.status]
        name = f"{printable(each.old_path)} → {printable(each.path)}" if each.old_path else printable(each.path)
        made.append(row((f"  {sign} ", role), (name, "text"), (f"  +{each.added}", "ok"), (f" −{each.removed}", "bad")))
    return made


def change_rows(files: Sequence[FileChange], more: int = 0) -> list[Row]:
    """Every file with its lines, the words that differ set off."""
    rows: list[Row] = []
    for each in files:
        rows += [row(("", "text")), *_file(each)]
    if more:
        rows.append(row((f"… and {plural(more, 'file')} more, not shown", "warn")))
    return rows


def _file(change: FileChange) -> list[Row]:
    sign, role = _SIGNS[change.status]
    name = f"{printable(change.old_path)} → {printable(change.path)}" if change.old_path else printable(change.path)
    notes = [change.mode and f"mode {printable(change.mode)}", change.secret and "values of the Secret are masked"]
    said = " · ".join(each for each in notes if each)
    rows = [
        row(
            (f"{sign} ", f"{role} bold"),
            (name, "head bold"),
            (f"  {said}" if said else "", "muted"),
            key=FileKey(change.path),
        )
    ]
    if change.binary:
        rows.append(row(("  a binary file: nothing to show", "muted")))
    for number, hunk in enumerate(change.hunks):
        if number:
            rows.append(row(("     ⋯", "muted"), (f" {printable(hunk.heading)}", "muted")))
        rows += _lines(hunk.lines, change.path.endswith(_YAML))
    if change.cut:
        rows.append(row(("  … cut here: the rest is too large to show", "warn")))
    return rows


def _lines(lines: Sequence[DiffLine], is_yaml: bool) -> Iterable[Row]:
    spans = highlight_yaml("\n".join(line.text for line in lines if line.sign == " ")) if is_yaml else ()
    quiet = iter(spans)
    for line in lines:
        role = _ROLES.get(line.sign, "text")
        number = line.new if line.sign != "-" else line.old
        own = next(quiet, ()) if line.sign == " " else ()
        yield row((f"{number:>4} ", "muted"), (f"{line.sign} ", role), *coloured(line.text, role, own, line.words))


def object_rows(plan: SyncPlan, resources: Sequence[ResourceState]) -> list[Row]:
    """What the plan would change in each object: − as the cluster has it, + as it would be."""
    from gitops_tui.compare import diff_rows  # pulls in the schemas: after the first paint

    known = {each.key: each for each in resources}
    rows: list[Row] = []
    for step in plan.steps:
        sign, role = SIGNS[step.action]
        word = WORDS.get(step.action, step.action.value)
        name = place(step.key)
        rows += [row(("", "text")), row((f"{sign} {word} ", f"{role} bold"), (name, "head bold"), key=FileKey(name))]
        state = known.get(step.key)
        if state is None or (state.manifest is None and state.live is None):
            continue
        made = diff_rows(state.manifest.obj if state.manifest else None, state.live, state.drift)
        rows += _diff(made.rows)
    return rows


def _diff(rows: Iterable[object]) -> Iterable[Row]:
    from gitops_tui.model.diff import DiffRow

    listed = [each for each in rows if isinstance(each, DiffRow)]
    for kind, group in groupby(listed, key=lambda each: each.kind):
        found = list(group)
        if kind is RowKind.FOLD:
            for each in found:
                yield row((f"     ⋯ {plural(each.folded, 'equal line')}", "muted"))
        elif kind in (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT):
            for each in found:
                if each.right:
                    yield _cell(each.right, "-")
            for each in found:
                if each.left:
                    yield _cell(each.left, "+")
        else:
            for each in found:
                if cell := each.left or each.right:
                    yield _cell(cell, " ", "muted" if kind is not RowKind.EQUAL else "text")


def _cell(cell: DiffCell, sign: str, role: str = "") -> Row:
    role = _ROLES.get(sign, role)
    words = cell.changed if sign != " " else ()
    return row((f"{cell.number:>4} ", "muted"), (f"{sign} ", role), *coloured(cell.text, role, (), words))
