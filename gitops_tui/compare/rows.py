"""A diff as aligned rows of YAML: Git on the left, the cluster on the right.

One walk over both sides at once, list items matched by their merge keys, so that a moved or added item does not shift
the rest. Texts of several lines, and documents of JSON inside a string, are compared line by line. What the two sides'
YAML says is the same as `clean_live` and the manifest; Secrets are masked first. Bounded: past a number of rows equal
ones are left out, and past twice that all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from glob import escape
from typing import Any

from gitops_tui.compare import items
from gitops_tui.compare.apart import apart, indicator, lines, scalars
from gitops_tui.compare.fold import changes, folded, loud, unified
from gitops_tui.compare.linediff import line_blocks, marks
from gitops_tui.compare.show import Masks, clean_live, concealed, displayable, untracked, value_text
from gitops_tui.compare.values import normalised, same
from gitops_tui.compare.walk import keyed
from gitops_tui.compare.yamltext import clipped, inner_documents, scalar_text
from gitops_tui.model import fieldpath
from gitops_tui.model.diff import DiffCell, DiffRow, DiffRows, RowKind
from gitops_tui.model.drift import ABSENT, Drift, DriftKind, FieldDifference, Reason
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.schema import Node, SchemaSet, builtin

__all__ = ["diff_rows", "scalar_text", "unified"]

_FIRST = ("apiVersion", "kind", "metadata")
_MAX_ROWS = 20_000
_MAX_INDENT = 200
_TOO_DEEP = "… (deeper than is shown)"


def diff_rows(
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    drift: Drift,
    *,
    schema: SchemaSet | None = None,
    context: int = 3,
    fold: bool = True,
    quiet: bool = True,
    masks: Masks | None = None,
    lined: Mapping[str, bool] | None = None,
) -> DiffRows:
    """Lays out a diff. schema: where the verdict doesn't bring its own types. context: equal lines kept around a change;
    fold: put one FOLD row for longer equal runs. quiet: with what is no drift (set in the cluster only, or hidden by a
    rule). masks: the marks of another diff of the same values."""
    left = right = None
    shown = normalised(desired) if desired is not None and desired.get("kind") == "Secret" else desired
    if masks is None:
        masks = Masks()
        masks.learn_from((*drift.differences, *drift.hidden), shown, live)
    if shown is not None:
        left = displayable(shown, masks, mask_keys=_exactly(drift.masked))
    if live is not None:
        right = displayable(untracked(clean_live(live)), masks, mask_keys=_exactly(drift.masked))
    some = left or right or {}
    node = drift.types if schema is None and isinstance(drift.types, Node) else None
    if node is None:
        node = (schema or builtin()).node_of(some.get("apiVersion"), some.get("kind"))
    layout = _Layout(drift, lined or {}, masks)
    kind = RowKind.EQUAL
    if left is None or right is None:
        kind = RowKind.RIGHT if left is None else RowKind.LEFT
    try:
        layout.mapping(left or ABSENT, right or ABSENT, node, "", 0, kind)
        layout.untold(drift.differences)
    except _Full:
        pass
    rows = layout.rows
    if not quiet:
        rows = loud(rows)
    begun = changes(rows)
    if fold and drift.kind in (DriftKind.MODIFIED, DriftKind.NONE):
        rows, begun = folded(rows, context)
    return DiffRows(tuple(rows), tuple(begun), layout.left_out)


def _exactly(keys: Sequence[str]) -> list[str]:
    return [escape(key) for key in keys]


class _Full(Exception):
    """No more rows are taken."""


class _Layout:
    def __init__(self, drift: Drift, lined: Mapping[str, bool], masks: Masks) -> None:
        self._lined, self._masks = lined, masks
        self.rows: list[DiffRow] = []
        self.left_out = 0
        self._differences = {each.path: each for each in (*drift.hidden, *drift.differences)}
        self._inside = {
            each.path[:at]: each
            for each in reversed((*drift.hidden, *drift.differences))
            for at, letter in enumerate(each.path)
            if letter in ".["
        }
        self._told: set[str] = set()
        self._numbers = [0, 0]

    def _cell(self, side: int, text: str, changed: tuple[tuple[int, int], ...] = ()) -> DiffCell:
        self._numbers[side] += 1
        return DiffCell(self._numbers[side], text, changed)

    def emit(
        self,
        left: str | None,
        right: str | None,
        kind: RowKind,
        path: str,
        difference: FieldDifference | None = None,
        start: int = 0,
    ) -> None:
        if len(self.rows) >= _MAX_ROWS:
            self.left_out += 1
            if len(self.rows) >= 2 * _MAX_ROWS:
                raise _Full
            if difference is None and kind in (RowKind.EQUAL, RowKind.EXTRA):
                self._numbers[0] += left is not None
                self._numbers[1] += right is not None
                return
            self.left_out -= 1
        left_marks: tuple[tuple[int, int], ...] = ()
        right_marks: tuple[tuple[int, int], ...] = ()
        if kind is RowKind.CHANGED and left is not None and right is not None:
            left_marks, right_marks = marks(left, right, start)
        if difference is not None:
            self._told.add(difference.path)
        self.rows.append(
            DiffRow(
                kind,
                self._cell(0, left, left_marks) if left is not None else None,
                self._cell(1, right, right_marks) if right is not None else None,
                path,
                difference=difference,
            )
        )

    def untold(self, differences: Iterable[FieldDifference]) -> None:
        """Differences in fields that neither side has (what a webhook would add) as comments at the end."""
        for each in differences:
            if each.path not in self._told and not each.ignored_by:
                said = f"# {printable(each.path)}: {each.reason.value}"
                if each.desired is not ABSENT:
                    said += f": {value_text(concealed(each, self._masks).desired)}"
                self.emit(said, None, RowKind.LEFT, each.path, each)

    def _kind(self, path: str, left: Any, right: Any, inherited: RowKind) -> tuple[RowKind, FieldDifference | None]:
        found = self._differences.get(path)
        if found is not None:
            if found.ignored_by:
                return RowKind.IGNORED, found
            if found.reason is Reason.ORDER:
                return RowKind.EQUAL, found
            if left is ABSENT:
                return RowKind.RIGHT, found
            return (RowKind.LEFT if right is ABSENT else RowKind.CHANGED), found
        if inherited is not RowKind.EQUAL:
            return inherited, None
        return (RowKind.EXTRA if left is ABSENT else RowKind.EQUAL), None

    def mapping(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        left = left if isinstance(left, Mapping) else {}
        right = right if isinstance(right, Mapping) else {}
        names = list({**left, **right})
        if not indent:
            names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        for name in names:
            below = node.child(str(name)) if node is not None else None
            place = fieldpath.child(path, str(name))
            one, other = left.get(name, ABSENT), right.get(name, ABSENT)
            self.field(name, one, other, below, place, indent, _inner(kind, one, other), "")

    def field(
        self, name: Any, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind, dash: str
    ) -> None:
        kind, difference = self._kind(path, left, right, kind)
        if indent > _MAX_INDENT:
            left, right = (side if side is ABSENT else _TOO_DEEP for side in (left, right))
        head = " " * indent + dash + f"{scalar_text(name)}:"
        inner = indent + len(dash)
        sides = [head if side is not ABSENT else None for side in (left, right)]
        nested = [isinstance(side, Mapping | list) and bool(side) for side in (left, right)]
        if any(nested):
            for at, side in enumerate((left, right)):
                if side is not ABSENT and not nested[at]:
                    sides[at] = f"{head} {scalar_text(side)}"
            if difference is not None and difference.reason is Reason.ORDER:
                told = concealed(difference, self._masks)
                sides = [f"{head}  # {value_text(each)}" for each in (told.desired, told.live)]
                self.emit(sides[0], sides[1], RowKind.CHANGED, path, difference, len(head))
            else:
                # Where both go on below, what differs is told there.
                row_kind = RowKind.EQUAL if kind is RowKind.CHANGED and all(nested) else kind
                self.emit(sides[0], sides[1], row_kind, path, difference if row_kind is kind else None, len(head))
            if isinstance(left, list) or isinstance(right, list):
                self.sequence(left, right, node, path, inner, kind)
            if isinstance(left, Mapping) or isinstance(right, Mapping):
                self.mapping(left, right, node, path, inner + 2, kind)
            self._note_first(difference, path)
            return
        as_json = self._lined.get(path, False)
        inside = inner_documents(left, right, always=as_json) if as_json or kind is RowKind.CHANGED else None
        if inside is not None:
            self.block(head, *inside[:2], path, inner + 2, kind, difference, f"  # {inside[2]}")
            return
        if path in self._lined or any(isinstance(side, str) and "\n" in side for side in (left, right)):
            self.block(head, left, right, path, inner + 2, kind, difference)
            return
        said = scalars(left, right)
        texts = [
            f"{head} {text}" if side is not ABSENT else None for side, text in zip((left, right), said, strict=True)
        ]
        if difference is not None and difference.reason is Reason.ADMISSION and kind is RowKind.RIGHT:
            # Git has no such field: what would be there after a sync.
            made = concealed(difference, self._masks).desired
            kind = RowKind.RIGHT if made is ABSENT else RowKind.CHANGED
            texts[0] = None if made is ABSENT else f"{head} {scalar_text(made)}  # by the cluster's admission"
        self.emit(texts[0], texts[1], kind, path, difference, len(head) + 1)

    def _note_first(self, difference: FieldDifference | None, path: str) -> None:
        """Puts a difference of a whole on the first of its rows that tells it."""
        if difference is None or path in self._told:
            return
        for at in range(len(self.rows) - 1, -1, -1):
            if not self.rows[at].path.startswith(path):
                break
            first = at
        else:
            first = 0
        if self.rows and first < len(self.rows):
            changed = (at for at in range(first, len(self.rows)) if self.rows[at].kind is not RowKind.EQUAL)
            at = next(changed, first)
            if self.rows[at].difference is None:
                self.rows[at] = replace(self.rows[at], difference=difference)
                self._told.add(path)

    def sequence(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        lefts = left if isinstance(left, list) else []
        rights = right if isinstance(right, list) else []
        below = node.items if node is not None else None
        keys = node.list_keys if node is not None and node.list_type == "map" else ()
        there = (keyed(lefts, keys, below), keyed(rights, keys, below)) if keys else (None, None)
        if there[0] is not None and there[1] is not None:
            moved = items.moved(list(there[0]), list(there[1]))
            for identity in {**there[0], **there[1]}:
                place = fieldpath.item(path, keys, dict(zip(keys, identity, strict=True)))
                first = len(self.rows)
                self.item(there[0].get(identity, ABSENT), there[1].get(identity, ABSENT), below, place, indent, kind)
                if identity in moved and first < len(self.rows):
                    self.rows[first] = replace(self.rows[first], moved=True)
            return
        # Items that no key tells apart are told by what they say, but where differences name them by their places.
        by_place = len(lefts) == len(rights) and kind is not RowKind.CHANGED
        if lefts and rights and (node is None or node.list_type != "map") and not by_place:
            self._by_value(lefts, rights, node, path, indent, kind)
            return
        for at in range(max(len(lefts), len(rights))):
            one = lefts[at] if at < len(lefts) else ABSENT
            other = rights[at] if at < len(rights) else ABSENT
            self.item(one, other, below, fieldpath.index(path, at), indent, _inner(kind, one, other))

    def _by_value(
        self, lefts: list[Any], rights: list[Any], node: Node | None, path: str, indent: int, kind: RowKind
    ) -> None:
        """A list without keys: items are matched by what they say."""
        below = node.items if node is not None else None
        is_set = node is not None and node.list_type == "set"
        texts = [[items.said(each) for each in side] for side in (lefts, rights)]
        if is_set:
            known = [set(side) for side in texts]
            both = [(each, each if text in known[1] else ABSENT) for text, each in zip(texts[0], lefts, strict=True)]
            both += [(ABSENT, each) for text, each in zip(texts[1], rights, strict=True) if text not in known[0]]
            for one, other in both:
                place = f"{path}[={printable(str(one if one is not ABSENT else other)[:60])}]"
                self.item(one, other, below, place, indent, RowKind.EQUAL)
            return
        for _, a, b, c, d in line_blocks(texts[0], texts[1]):
            for at in range(max(b - a, d - c)):
                one = lefts[a + at] if a + at < b else ABSENT
                other = rights[c + at] if c + at < d else ABSENT
                place = fieldpath.index(path, a + at if one is not ABSENT else c + at)
                self.item(one, other, below, place, indent, _inner(kind, one, other))

    def item(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        kind, difference = self._kind(path, left, right, kind)
        sides: list[Any] = [side if isinstance(side, Mapping) and side else ABSENT for side in (left, right)]
        if indent > _MAX_INDENT or all(side is ABSENT for side in sides):
            if kind is RowKind.EQUAL and path in self._inside:
                # A list in a list stands on one line, with what differs in it.
                difference = self._inside[path]
                kind = RowKind.IGNORED if difference.ignored_by else RowKind.CHANGED
            self.one_line(left, right, path, indent, kind, difference)
            return
        if left is not ABSENT and right is not ABSENT and ABSENT in sides:
            # Fields on one side and one value on the other: that value first, then the fields.
            only = [ABSENT if fields is not ABSENT else side for side, fields in zip((left, right), sides, strict=True)]
            one = RowKind.LEFT if only[1] is ABSENT else RowKind.RIGHT
            self.one_line(only[0], only[1], path, indent, one if kind is RowKind.CHANGED else kind, difference)
            difference = None
        first = True
        left_side, right_side = (side if side is not ABSENT else {} for side in sides)
        names = list({**left_side, **right_side})
        if left_side and right_side:
            # The dash stands before a field that both sides have.
            names.sort(key=lambda name: 0 if name in left_side and name in right_side else 1)
        before = len(self.rows)
        for name in names:
            one, other = left_side.get(name, ABSENT), right_side.get(name, ABSENT)
            self.field(
                name,
                one,
                other,
                node.child(str(name)) if node is not None else None,
                fieldpath.child(path, str(name)),
                indent if first else indent + 2,
                _inner(kind, one, other),
                "- " if first else "",
            )
            first = False
        if difference is not None and len(self.rows) > before and self.rows[before].difference is None:
            self.rows[before] = replace(self.rows[before], difference=difference)
            self._told.add(difference.path)

    def one_line(
        self, left: Any, right: Any, path: str, indent: int, kind: RowKind, difference: FieldDifference | None
    ) -> None:
        """An item that stands on a line of its own."""
        if indent > _MAX_INDENT:
            left, right = (side if side is ABSENT else _TOO_DEEP for side in (left, right))
        if any(isinstance(side, list) and side for side in (left, right)):
            said = clipped(*(items.flow(side) for side in (left, right)))
        else:
            said = scalars(left, right)
        head = " " * indent + "- "
        texts = [None if side is ABSENT else head + text for side, text in zip((left, right), said, strict=True)]
        self.emit(texts[0], texts[1], kind, path, difference, len(head))

    def block(
        self,
        head: str,
        left: Any,
        right: Any,
        path: str,
        indent: int,
        kind: RowKind,
        difference: FieldDifference | None,
        note: str = "",
    ) -> None:
        blank = " " * indent
        texts = [
            [] if side is ABSENT else lines(side) if isinstance(side, str) else [scalar_text(side)]
            for side in (left, right)
        ]
        heads = [
            None if side is ABSENT else f"{head} {indicator(side) if isinstance(side, str) else '|-'}{note}"
            for side in (left, right)
        ]
        same_texts = texts[0] == texts[1]
        changed = kind in (RowKind.CHANGED, RowKind.IGNORED)
        head_kind = RowKind.EQUAL if changed and heads[0] == heads[1] else kind
        told_on_head = head_kind is not RowKind.EQUAL or same_texts
        self.emit(heads[0], heads[1], head_kind, path, difference if told_on_head else None)
        if told_on_head:
            difference = None
        for tag, a, b, c, d in line_blocks(texts[0], texts[1]):
            for at in range(max(b - a, d - c)):
                one = texts[0][a + at] if a + at < b else None
                other = texts[1][c + at] if c + at < d else None
                row_kind = kind
                if kind in (RowKind.CHANGED, RowKind.IGNORED) and tag == "equal":
                    row_kind = RowKind.EQUAL
                elif kind is RowKind.CHANGED:
                    row_kind = RowKind.LEFT if other is None else RowKind.RIGHT if one is None else kind
                said = apart(*clipped(one or "", other or ""))
                self.emit(
                    None if one is None else blank + said[0],
                    None if other is None else blank + said[1],
                    row_kind,
                    path,
                    difference if row_kind is not RowKind.EQUAL else None,
                    indent,
                )
                if row_kind is not RowKind.EQUAL:
                    difference = None


def _inner(kind: RowKind, one: Any, other: Any) -> RowKind:
    if kind is not RowKind.CHANGED:
        return kind
    if one is ABSENT or other is ABSENT:
        return RowKind.RIGHT if one is ABSENT else RowKind.LEFT
    return RowKind.EQUAL if same(one, other) else RowKind.CHANGED
