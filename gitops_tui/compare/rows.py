"""A diff as aligned rows of YAML: Git on the left, the cluster on the right.

One walk over both sides at once, list items matched by their merge keys, so that a moved or added item does not shift
the rest. What the two sides' YAML says is the same as `clean_live` and the manifest; Secrets are masked first.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

import yaml

from gitops_tui.compare import paths
from gitops_tui.compare.show import Masks, clean_live, displayable
from gitops_tui.compare.values import normalised
from gitops_tui.compare.walk import keyed
from gitops_tui.model.diff import DiffCell, DiffRow, DiffRows, RowKind
from gitops_tui.model.drift import ABSENT, Drift, DriftKind, FieldDifference, Masked, Reason
from gitops_tui.model.keys import GVK
from gitops_tui.model.text import printable
from gitops_tui.schema import Node, SchemaSet, builtin
from gitops_tui.settings import APPLICATION_LABEL, TRACKING_ANNOTATION

_FIRST = ("apiVersion", "kind", "metadata")
_MAX_LINES = 20_000
_MAX_INDENT = 200
_TOO_DEEP = "… (deeper than is shown)"
_PLAIN = re.compile(r"^[A-Za-z/_][A-Za-z0-9 ._/@=+-]*$|^[0-9]+$")
_RESOLVER = yaml.SafeLoader.yaml_implicit_resolvers


def diff_rows(
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    drift: Drift,
    *,
    schema: SchemaSet | None = None,
    context: int = 3,
    fold: bool = True,
) -> DiffRows:
    """Lays out a diff. context: equal lines kept around a change; fold: put one FOLD row for longer equal runs."""
    masks = Masks()
    left = displayable(normalised(desired), masks) if desired is not None else None
    right = displayable(_untracked(clean_live(live)), masks) if live is not None else None
    some = left or right or {}
    gvk = GVK.of(str(some.get("apiVersion") or ""), str(some.get("kind") or ""))
    layout = _Layout(drift)
    if left is None or right is None:
        kind = RowKind.RIGHT if left is None else RowKind.LEFT
        layout.mapping(left or ABSENT, right or ABSENT, (schema or builtin()).node(gvk), "", 0, kind)
    else:
        layout.mapping(left, right, (schema or builtin()).node(gvk), "", 0, RowKind.EQUAL)
    rows = layout.rows
    changes = _changes(rows)
    if fold and drift.kind in (DriftKind.MODIFIED, DriftKind.NONE):
        rows, changes = _folded(rows, context)
    return DiffRows(tuple(rows), tuple(changes))


def _untracked(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping):
        return obj
    made = dict(metadata)
    for field, ours in (("annotations", TRACKING_ANNOTATION), ("labels", APPLICATION_LABEL)):
        values = made.get(field)
        if isinstance(values, Mapping) and ours in values:
            rest = {key: value for key, value in values.items() if key != ours}
            if rest:
                made[field] = rest
            else:
                del made[field]
    return {**obj, "metadata": made}


def scalar_text(value: Any) -> str:
    """One scalar as YAML on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Masked):
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    text = printable(str(value))
    if _PLAIN.match(text) and not text.endswith(" ") and text == value and _stays_text(text):
        return text
    if text and text == value and ": " not in text and " #" not in text and text[0] not in "-?:,[]{}#&*!|>'\"%@` ":
        return text if _stays_text(text) and not text.endswith((" ", ":")) else f"'{text}'"
    return "'" + text.replace("'", "''") + "'"


def _stays_text(text: str) -> bool:
    return all(not pattern.match(text) for _, pattern in _RESOLVER.get(text[:1], [])) and text not in ("~", "null")


class _Layout:
    def __init__(self, drift: Drift) -> None:
        self.rows: list[DiffRow] = []
        self._differences = {difference.path: difference for difference in drift.differences}
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
        if len(self.rows) > _MAX_LINES:
            return
        left_marks: tuple[tuple[int, int], ...] = ()
        right_marks: tuple[tuple[int, int], ...] = ()
        if kind is RowKind.CHANGED and left is not None and right is not None:
            left_marks, right_marks = marks(left, right, start)
        self.rows.append(
            DiffRow(
                kind,
                self._cell(0, left, left_marks) if left is not None else None,
                self._cell(1, right, right_marks) if right is not None else None,
                path,
                difference=difference,
            )
        )

    def _kind(self, path: str, left: Any, right: Any, inherited: RowKind) -> tuple[RowKind, FieldDifference | None]:
        found = self._differences.get(path)
        if found is not None:
            if found.reason is Reason.REMOVED:
                return RowKind.RIGHT, found
            return (RowKind.LEFT if right is ABSENT else RowKind.CHANGED), found
        if inherited is not RowKind.EQUAL:
            return inherited, None
        if left is ABSENT:
            return RowKind.EXTRA, None
        return RowKind.EQUAL, None

    def mapping(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        left = left if isinstance(left, Mapping) else {}
        right = right if isinstance(right, Mapping) else {}
        names = list(left)
        for name in right:
            if name not in left:
                names.append(name)
        if not indent:
            names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        for name in names:
            self.field(
                name,
                left.get(name, ABSENT),
                right.get(name, ABSENT),
                node.child(str(name)) if node is not None else None,
                paths.child(path, str(name)),
                indent,
                kind,
                "",
            )

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
            row_kind = kind if difference is None or not all(nested) else RowKind.EQUAL
            self.emit(sides[0], sides[1], row_kind, path, difference if row_kind is kind else None, len(head))
            if isinstance(left, list) or isinstance(right, list):
                self.sequence(left, right, node, path, inner, kind)
            else:
                self.mapping(left, right, node, path, inner + 2, kind)
            return
        if any(isinstance(side, str) and "\n" in side for side in (left, right)):
            self.block(head, left, right, path, inner + 2, kind, difference)
            return
        texts = [f"{head} {scalar_text(side)}" if side is not ABSENT else None for side in (left, right)]
        self.emit(texts[0], texts[1], kind, path, difference, len(head) + 1)

    def sequence(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        lefts = left if isinstance(left, list) else []
        rights = right if isinstance(right, list) else []
        below = node.items if node is not None else None
        keys = node.list_keys if node is not None and node.list_type == "map" else ()
        there = (keyed(lefts, keys, below), keyed(rights, keys, below)) if keys else (None, None)
        if there[0] is not None and there[1] is not None:
            for identity in [*there[0], *(each for each in there[1] if each not in there[0])]:
                place = paths.item(path, keys, dict(zip(keys, identity, strict=True)))
                self.item(there[0].get(identity, ABSENT), there[1].get(identity, ABSENT), below, place, indent, kind)
            return
        for at in range(max(len(lefts), len(rights))):
            one = lefts[at] if at < len(lefts) else ABSENT
            other = rights[at] if at < len(rights) else ABSENT
            inner = kind
            if kind is RowKind.CHANGED:
                inner = RowKind.LEFT if other is ABSENT else RowKind.RIGHT if one is ABSENT else RowKind.EQUAL
                inner = RowKind.CHANGED if inner is RowKind.EQUAL and one != other else inner
            self.item(one, other, below, paths.index(path, at), indent, inner)

    def item(self, left: Any, right: Any, node: Node | None, path: str, indent: int, kind: RowKind) -> None:
        kind, difference = self._kind(path, left, right, kind)
        sides: list[Any] = [side if isinstance(side, Mapping) and side else ABSENT for side in (left, right)]
        if all(side is ABSENT for side in sides):
            texts = [" " * indent + f"- {scalar_text(side)}" if side is not ABSENT else None for side in (left, right)]
            self.emit(texts[0], texts[1], kind, path, difference, indent + 2)
            return
        first = True
        names = list(sides[0]) if sides[0] is not ABSENT else []
        names += [name for name in (sides[1] if sides[1] is not ABSENT else ()) if name not in names]
        if sides[0] is not ABSENT and sides[1] is not ABSENT:
            # The dash stands before a field that both sides have.
            names.sort(key=lambda name: 0 if name in sides[0] and name in sides[1] else 1)
        before = len(self.rows)
        for name in names:
            self.field(
                name,
                sides[0].get(name, ABSENT) if sides[0] is not ABSENT else ABSENT,
                sides[1].get(name, ABSENT) if sides[1] is not ABSENT else ABSENT,
                node.child(str(name)) if node is not None else None,
                paths.child(path, str(name)),
                indent if first else indent + 2,
                kind,
                "- " if first else "",
            )
            first = False
        if difference is not None and len(self.rows) > before and self.rows[before].difference is None:
            row = self.rows[before]
            self.rows[before] = DiffRow(row.kind, row.left, row.right, row.path, row.folded, difference)

    def block(
        self,
        head: str,
        left: Any,
        right: Any,
        path: str,
        indent: int,
        kind: RowKind,
        difference: FieldDifference | None,
    ) -> None:
        def lines(side: Any) -> list[str]:
            if side is ABSENT:
                return []
            return [" " * indent + printable(line) for line in str(side).rstrip("\n").split("\n")]

        def mark(side: Any) -> str | None:
            return None if side is ABSENT else f"{head} |" + ("" if str(side).endswith("\n") else "-")

        one, other = lines(left), lines(right)
        head_kind = kind if kind is not RowKind.CHANGED or mark(left) != mark(right) else RowKind.EQUAL
        self.emit(mark(left), mark(right), head_kind, path, difference)
        if left is ABSENT or right is ABSENT or left == right or len(one) + len(other) > 4000:
            for at in range(max(len(one), len(other))):
                self.emit(
                    one[at] if at < len(one) else None,
                    other[at] if at < len(other) else None,
                    kind if kind is not RowKind.CHANGED or one[at : at + 1] != other[at : at + 1] else RowKind.EQUAL,
                    path,
                )
            return
        for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            for at in range(max(b - a, d - c)):
                text = one[a + at] if a + at < b else None
                other_text = other[c + at] if c + at < d else None
                row_kind = RowKind.EQUAL
                if tag != "equal":
                    row_kind = (
                        RowKind.LEFT if other_text is None else RowKind.RIGHT if text is None else RowKind.CHANGED
                    )
                self.emit(text, other_text, row_kind, path, None, indent)


_WORDS = re.compile(r"\w+|\W")


def marks(left: str, right: str, start: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """The character ranges in which two lines differ, from `start` on, by words."""
    if left == right:
        return (), ()
    one, other = _WORDS.findall(left[start:]), _WORDS.findall(right[start:])
    if len(one) + len(other) > 600:
        return ((start, len(left)),), ((start, len(right)),)
    found: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for words, begin, end, into in ((one, a, b, found[0]), (other, c, d, found[1])):
            if end > begin:
                at = start + sum(map(len, words[:begin]))
                into.append((at, at + sum(map(len, words[begin:end]))))
    return tuple(found[0]), tuple(found[1])


_COUNTED = (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT)


def _changes(rows: list[DiffRow]) -> list[int]:
    found = []
    before = False
    for at, row in enumerate(rows):
        counted = row.kind in _COUNTED or row.difference is not None
        if counted and (not before or row.difference is not None):
            found.append(at)
        before = counted
    return found


def _folded(rows: list[DiffRow], context: int) -> tuple[list[DiffRow], list[int]]:
    keep = [False] * len(rows)
    for at, row in enumerate(rows):
        if row.kind in _COUNTED or row.difference is not None:
            for near in range(max(0, at - context), min(len(rows), at + context + 1)):
                keep[near] = True
    if not any(keep):
        return rows, []
    made: list[DiffRow] = []
    at = 0
    while at < len(rows):
        if keep[at]:
            made.append(rows[at])
            at += 1
            continue
        end = at
        while end < len(rows) and not keep[end]:
            end += 1
        if end - at <= 2:
            made += rows[at:end]
        else:
            made.append(DiffRow(RowKind.FOLD, None, None, folded=end - at))
        at = end
    return made, _changes(made)


def unified(diff: DiffRows) -> list[tuple[str, str]]:
    """The rows as (sign, text): "-" what the cluster has, "+" what Git has, " " both, "~" only in the cluster and no
    drift, "…" a fold. As `kubectl diff`: applying turns "-" into "+"."""
    made: list[tuple[str, str]] = []
    plus: list[tuple[str, str]] = []

    def flush() -> None:
        made.extend(plus)
        plus.clear()

    for row in diff.rows:
        if row.kind in _COUNTED:
            if row.right is not None:
                made.append(("-", row.right.text))
            if row.left is not None:
                plus.append(("+", row.left.text))
            continue
        flush()
        if row.kind is RowKind.FOLD:
            made.append(("…", f"{row.folded} lines"))
        elif row.kind in (RowKind.EXTRA, RowKind.IGNORED):
            made.append(("~", (row.right or row.left or DiffCell(0, "")).text))
        elif row.left is not None or row.right is not None:
            made.append((" ", (row.left or row.right or DiffCell(0, "")).text))
    flush()
    return made
