"""A diff made ready to be drawn: rows, colours by line, folding, wrapping; and the drawing of one row. Pure; `build` is
slow for large objects and runs off the screen's thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from textual.strip import Strip

from gitops_tui.model.diff import DiffCell, DiffRow, DiffRows, RowKind
from gitops_tui.model.drift import DriftKind, FieldDifference
from gitops_tui.model.owners import who
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass
from gitops_tui.tui.highlight import Span, highlight_yaml
from gitops_tui.tui.paint import Palette, Pieces, chunk, chunk_count, cut_start, strip_of, width_of
from gitops_tui.tui.spread import Spread
from gitops_tui.tui.words import age, plural

# Tuples: these are asked of each row, and an enum takes its time to be hashed.
_QUIET = (RowKind.EXTRA, RowKind.IGNORED)
_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)
Lines = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class DiffView:
    """rows: the whole diff, unfolded. left, right: colours of each side's lines, by number from 1.
    sides: 2 for side by side, 1 where only one side exists or both are the same; hides: whether rules hide some of it."""

    rows: DiffRows
    left: Lines
    right: Lines
    sides: int
    digits: int
    hides: bool = False


def build(state: ResourceState) -> DiffView:
    """The view of one resource."""
    from gitops_tui.compare import diff_rows  # pulls in the schemas: after the first paint

    rows = diff_rows(state.manifest.obj if state.manifest else None, state.live, state.drift, fold=False)
    texts = ["\n".join(cell.text for row in rows.rows if (cell := side(row))) for side in (_left, _right)]
    digits = max(2, len(str(max(text.count("\n") + 1 for text in texts))))
    hides = bool(state.drift.hidden)
    sides = 2 if state.drift.kind is DriftKind.MODIFIED or hides else 1
    return DiffView(rows, highlight_yaml(texts[0]), highlight_yaml(texts[1]), sides, digits, hides)


def is_told_apart(row: DiffRow) -> bool:
    return row.left is not None and row.right is not None and row.left.text != row.right.text


def _left(row: DiffRow) -> DiffCell | None:
    return row.left


def _right(row: DiffRow) -> DiffCell | None:
    return row.right


@dataclass(frozen=True, slots=True)
class Look:
    """How a diff is looked at. context: equal lines kept around a change, -1 for all. left: columns scrolled away. hidden:
    whether what ignore rules hide is kept in sight, dimmed, as a change is."""

    unified: bool = False
    wrap: bool = False
    context: int = 3
    left: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line to draw: a row, which of its sides ("" both, "left", "right"), and which part where it is wrapped; of a
    fold, how many of its rows are in the cluster only."""

    row: DiffRow
    side: str = ""
    part: int = 0


def lines_of(view: DiffView, look: Look, width: int) -> tuple[Sequence[Line | Pieces], list[int]]:
    """The lines to draw, and at which of them each change starts."""
    one_column = look.unified or view.sides == 1
    rows, starts, quiet = folded(view.rows, look.context, hidden=look.hidden)
    order: list[tuple[int, str]] = []
    held: list[tuple[int, str]] = []
    changes: list[int] = []
    for at, row in enumerate(rows):
        changed = row.kind is RowKind.CHANGED or (row.kind is RowKind.IGNORED and is_told_apart(row))
        if held and not (changed and at not in starts):
            order += held
            held = []
        if at in starts:
            changes.append(len(order))
        if changed and one_column and row.left and row.right:
            # Both versions of a run of changed lines stand together, as in `diff -u`.
            order.append((at, "left"))
            held.append((at, "right"))
        else:
            order.append((at, ""))
    order += held
    room = _room(view, one_column, width)

    def line(entry: int, part: int) -> Line | Pieces:
        if entry == len(order):
            return [(f" … {plural(view.rows.truncated, 'more line')} at least", "muted")]
        at, side = order[entry]
        return Line(rows[at], side, quiet.get(at, part))

    heights = [_height(rows[at], side, room) if look.wrap else 1 for at, side in order]
    made = Spread([*heights, 1] if view.rows.truncated else heights, line)
    return made, [made.start(entry) for entry in changes]


def _room(view: DiffView, one_column: bool, width: int) -> int:
    whole = width if one_column else (width - 1) // 2
    return max(8, whole - view.digits - 4)


def _height(row: DiffRow, side: str, room: int) -> int:
    """How many lines a row takes where it is wrapped."""
    return most_chunks((row.left if side != "right" else None, row.right if side != "left" else None), room)


def most_chunks(cells: Iterable[DiffCell | None], room: int) -> int:
    """How many lines of `room` cells these take side by side."""
    most, before = 1, ""
    for cell in cells:
        # Beside each other most are alike.
        if cell is not None and cell.text != before:
            before = cell.text
            most = max(most, chunk_count(before, room))
    return most


def folded(
    diff: DiffRows, context: int, *, hidden: bool = True
) -> tuple[tuple[DiffRow, ...], frozenset[int], dict[int, int]]:
    """The rows with long equal runs as one FOLD row each, where changes start, and how many rows of each fold (by its
    index) are in the cluster only."""
    from gitops_tui.compare.fold import fold_of, runs  # pulls in the schemas: after the first paint

    rows = diff.rows
    told = hidden and any(row.kind is RowKind.IGNORED for row in rows)
    if context < 0 or not (diff.changes or told):
        return rows, frozenset(diff.changes), {}
    made: list[DiffRow] = []
    starts: set[int] = set()
    quiet: dict[int, int] = {}
    marks = set(diff.changes)
    for start, end, away in runs([_tells(row, hidden) for row in rows], context):
        if away:
            quiet[len(made)] = sum(row.kind in _QUIET for row in rows[start:end])
            made.append(fold_of(rows, start, end))
        else:
            starts.update(len(made) + at - start for at in range(start, end) if at in marks)
            made += rows[start:end]
    return tuple(made), frozenset(starts), quiet


def _tells(row: DiffRow, hidden: bool) -> bool:
    if row.kind in _COUNTED:
        return True
    ignored = row.difference is not None and bool(row.difference.ignored_by)
    return (row.difference is not None and not ignored) or (hidden and (ignored or row.kind is RowKind.IGNORED))


def owner_words(difference: FieldDifference | None) -> str:
    """ "kubectl-edit by dana 2m": who set the live value, and when."""
    owner = difference.live_owner if difference else None
    return f"{printable(who(owner))} {age(owner.time)}".strip() if owner else ""


def draw(view: DiffView, line: Line, look: Look, width: int, palette: Palette) -> Strip:
    """One line of the diff, `width` cells wide."""
    row = line.row
    if row.kind is RowKind.FOLD:
        equal = row.folded - line.part
        words = [plural(equal, "equal line")] if equal else []
        hidden = " or hidden by rules" if view.hides else ""
        words += [f"{line.part:,} set in the cluster only{hidden}"] if line.part else []
        said = f" {'⋯':>{view.digits}} {', '.join(words)}"
        place = cut_start(printable(row.path), width - width_of(said) - 7)
        return strip_of([(f"{said} · in {place}" if len(place) > 1 else said, "muted")], width, palette)
    differs = row.kind in _COUNTED
    note = (owner_words(row.difference) or ("moved" if row.moved else "")) if not line.part else ""
    cells = (row.left, row.right) if row.kind is RowKind.CHANGED else ()
    shift = shift_of(cells, look, _room(view, look.unified or view.sides == 1, width))
    if look.unified or view.sides == 1:
        # Numbers are the cluster's but for Git's own lines, so that they go up.
        right = line.side == "right" or row.left is None or (not line.side and not differs and row.right is not None)
        cell = (row.right if right else row.left) or row.left
        sign = ("+" if right else "-") if differs or line.side else "~" if row.kind in _QUIET else " "
        note = note if right or line.side == "" else ""
        return _cell(view, cell, sign, row.kind, right, line.part, look, width, palette, note, shift)
    half = (width - 1) // 2
    signs = ("-", "+") if differs else ("~", "~") if row.kind is RowKind.IGNORED else (" ", " ")
    left = _cell(view, row.left, signs[0], row.kind, False, line.part, look, half, palette, "", shift)
    right_cell = _cell(
        view, row.right, signs[1], row.kind, True, line.part, look, width - half - 1, palette, note, shift
    )
    return Strip.join([left, strip_of([("│", "muted")], 1, palette), right_cell])


# A change is in sight where this many of its cells are; before it as many characters are kept where the line is cut.
_ENOUGH, _BEFORE = 8, 12


def shift_of(cells: Sequence[DiffCell | None], look: Look, room: int) -> tuple[int, int]:
    """(kept, from): how much of the beginning of a row's lines is shown, and from which character on they go on, where
    their first change would be out of sight; (0, 0) where it isn't, or the person has scrolled."""
    changed = [cell for cell in cells if cell is not None and cell.changed]
    if look.wrap or look.left or not changed:
        return 0, 0
    first = min(cell.changed[0][0] for cell in changed)
    text = changed[0].text[:first]
    if len(text) <= room and width_of(text) + _ENOUGH <= room:
        return 0, 0
    indent = len(text) - len(text.lstrip())
    # What matters is whether it fits, and lines may be long.
    whole = max(width_of(cell.text[: indent + room + 1]) for cell in changed)
    if whole <= room:
        return 0, 0
    needed = 1 + min(width_of(text[: indent + room + 1]) + _ENOUGH, whole) - indent
    if indent and needed <= room:
        # With less of what it is indented by, all that tells is in sight.
        return min(indent - 1, room - needed), indent
    field = text.find(": ", 0, room // 2) + 2
    kept = field if field > 1 else min(indent, room // 3)
    return kept, max(kept, first - max(0, min(_BEFORE, room - kept - 1 - _ENOUGH)))


def _cell(
    view: DiffView,
    cell: DiffCell | None,
    sign: str,
    kind: RowKind,
    right: bool,
    part: int,
    look: Look,
    width: int,
    palette: Palette,
    note: str = "",
    shift: tuple[int, int] = (0, 0),
) -> Strip:
    if cell is None:
        return strip_of([(f" {note}", "muted")] if note else [], width, palette)
    name = "cluster" if right else "git"
    loud = sign in "-+" and kind not in _QUIET
    ground = f"{name}-ground" if loud else "base"
    room = max(1, width - view.digits - 4)
    # Two cells a character at most, so what is beyond is out of sight; a line may be of megabytes.
    start = max(look.left, shift[1])
    text = cell.text[: start + 2 * room]
    if look.wrap:
        start, shown = chunk(cell.text, room, part)
        if part and not shown:
            return strip_of([("", "text")], width, palette, f"text on {ground}")
        text = cell.text[: start + len(shown)]
    number = f" {cell.number:>{view.digits}}" if not part else " " * (view.digits + 1)
    pieces: Pieces = [
        (number, f"muted on {ground}"),
        # Without colours as well what is hidden is no change.
        (f"{'~' if sign in '-+' and not loud else ' '}{sign} ", f"bold {name} on {ground}" if loud else "muted"),
    ]
    spans: tuple[Span, ...] = ()
    colours = view.right if right else view.left
    if kind not in _QUIET and cell.number <= len(colours):
        spans = colours[cell.number - 1]
    base = "muted" if kind in _QUIET else "text"
    if shift[1]:
        pieces += _coloured(cell.text[: shift[0]], 0, spans, cell.changed, base, ground, f"{name}-mark")
        pieces.append(("…", f"muted on {ground}"))
    pieces += _coloured(text, start, spans, cell.changed, base, ground, f"{name}-mark")
    if note:
        used = sum(width_of(piece) for piece, _ in pieces)
        # The owner stands at the line's end where there is room beside the text; the pane's foot says it anyway.
        if width - used >= width_of(note) + 2:
            pieces.append((" " * (width - used - width_of(note) - 1), f"text on {ground}"))
            pieces.append((note, f"muted on {ground}"))
    return strip_of(pieces, width, palette, f"text on {ground}")


def _coloured(
    text: str,
    start: int,
    spans: tuple[Span, ...],
    marks: tuple[tuple[int, int], ...],
    base: str,
    ground: str,
    mark: str,
) -> Pieces:
    """text[start:] in pieces: the roles of its spans, on the mark's ground inside the marks."""
    if start >= len(text):
        return []
    edges = {start, len(text)}
    for begin, end, _ in spans:
        edges |= {begin, end}
    for begin, end in marks:
        edges |= {begin, end}
    points = sorted(edge for edge in edges if start <= edge <= len(text))
    made: Pieces = []
    for begin, end in pairwise(points):
        if any(one <= begin < other for one, other in marks):
            made.append((text[begin:end], f"bold text on {mark}"))
            continue
        role = next((role for one, other, role in spans if one <= begin < other), base)
        if text[begin:end].isspace():
            # Space has no colour: it goes with what stands before it, one run less to send.
            role = made[-1][1].partition(" ")[0] if made and not made[-1][1].startswith("bold") else "muted"
        made.append((text[begin:end], f"{role} on {ground}"))
    return made
