"""The walk over what Git sets, along its schema: each field that differs in the cluster becomes a difference.

Lists of the type "map" are matched by their keys and sets by their values, in any order. One list's order is kept to:
that of init containers, which is the order in which they run. All else is replaced as a whole when it is applied, and
so has to be equal as a whole, but for defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_tui.compare.defaults import comes_back, is_default, is_nothing
from gitops_tui.compare.fields import is_apart
from gitops_tui.compare.ownership import Entry, Step, entries, key_of, owner_of, set_by_alone
from gitops_tui.compare.values import same, same_scalar
from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT, FieldDifference, Reason
from gitops_tui.model.text import spelt
from gitops_tui.schema import Node
from gitops_tui.settings import FIELD_MANAGER

MAX_DEPTH = 100
_SCALARS = frozenset({str, int, bool})
# What holds values. (A union of types is made anew each time, and Mapping is asked far slower than dict.)
_FULL = (dict, list)
# Past this many members a set of objects is not searched one by one.
_MAX_SEARCH = 500
_ORDERED = "initContainers"
# In Git these stand for "somebody fills this in" (cert-manager's injector, and those who follow it).
_NO_BUNDLE = ("", "Cg==", "Cgo=")


class Walk:
    """One comparison under way. desired, live: as `normalised` gives them; field_manager: whose applied fields are ours."""

    def __init__(
        self,
        desired: Mapping[str, Any],
        live: Mapping[str, Any],
        node: Node | None,
        field_manager: str = FIELD_MANAGER,
    ) -> None:
        self._field_manager = field_manager
        self.desired = desired
        self.live = live
        self.node = node
        self.found: list[tuple[FieldDifference, tuple[Step, ...]]] = []
        self._entries: list[Entry] | None = None
        self._probing = False

    @classmethod
    def probe(cls) -> Walk:
        """A walk that only finds out whether anything differs."""
        made = cls({}, {}, None)
        made._probing = True
        return made

    @property
    def entries(self) -> list[Entry]:
        if self._entries is None:
            self._entries = entries(self.live, self._field_manager)
        return self._entries

    def differ(self, path: str, steps: tuple[Step, ...], desired: Any, live: Any, reason: Reason | None = None) -> None:
        if reason is None:
            reason = Reason.NOT_LIVE if live is ABSENT else Reason.DIFFERS
        owner = owner_of(self.entries, steps) if live is not ABSENT and not self._probing else None
        self.found.append((FieldDifference(path, desired, live, reason, owner), steps))

    def run(self) -> None:
        """Collects what Git sets and the cluster has otherwise."""
        self.fields(self.desired, self.live, self.node, "", (), 0)

    def fields(
        self,
        desired: Mapping[str, Any],
        live: Mapping[str, Any],
        node: Node | None,
        path: str,
        steps: tuple[Step, ...],
        depth: int,
    ) -> None:
        for name, value in desired.items():
            if not isinstance(name, str) or (depth < 2 and is_apart(path, name)):
                continue
            if self._probing and self.found:
                return
            there = live.get(name, ABSENT)
            if value is there or (type(value) is type(there) and type(value) in _SCALARS and value == there):
                continue
            below = node.child(name) if node is not None else None
            # The keys of a free mapping are no fields: an empty value is kept there.
            field = "" if node is not None and node.is_map else name
            self.value(
                value, there, below, fieldpath.child(path, name), (*steps, ("f", name)), depth + 1, field, desired
            )

    def value(
        self,
        desired: Any,
        live: Any,
        node: Node | None,
        path: str,
        steps: tuple[Step, ...],
        depth: int,
        name: str = "",
        around: Any = ABSENT,
    ) -> None:
        """One field. name: the field's, "" for an item or a mapping's value; around: what Git sets beside it."""
        both_full = bool(desired) and bool(live) and isinstance(desired, _FULL) and type(desired) is type(live)
        nothing = not both_full and is_nothing(desired, node, name)
        if desired is None and live is ABSENT and node is not None:
            # A null among labels, a ConfigMap's keys or resources is stored as an empty text or a nought.
            if node.nullable or (not name and (node.type == "string" or node.format == "quantity")):
                self.differ(path, steps, desired, live)
                return
        if nothing and (is_nothing(live, node, name) or (desired is not None and comes_back(live, node, name, around))):
            return
        if live is ABSENT and is_default(desired, node, name, around):
            return
        if desired is None:
            # null clears a value or a list that is replaced as a whole, unless a default comes back.
            if keeps_null(live, node):
                return
            cleared = live is None or (live in ("", [], {}) and node is not None and not node.custom)
            if not name and node is not None and node.format == "quantity":
                cleared = _is_null(live, node)
            if (
                live is not ABSENT
                and not cleared
                and ((node is not None and node.nullable) or not comes_back(live, node, name, around))
            ):
                self.differ(path, steps, desired, live)
            return
        if depth > MAX_DEPTH:
            if not same(desired, live):
                self.differ(path, steps, desired, live)
            return
        if isinstance(desired, dict) and isinstance(live, dict):
            if node is not None and node.atomic_map:
                probe = Walk.probe()
                probe.fields(desired, live, node, "", (), max(depth, 2))
                if probe.found or any(live_only(desired, live, node, False, depth)):
                    self.differ(path, steps, desired, live)
                return
            self.fields(desired, live, node, path, steps, max(depth, 2) if path != "metadata" else 1)
        elif isinstance(desired, list) and isinstance(live, list):
            self.items(desired, live, node, path, steps, depth, name)
        elif isinstance(desired, _FULL) or isinstance(live, _FULL) or live is ABSENT:
            if not (nothing and live in ([], {})):
                self.differ(path, steps, desired, live)
        elif not same_scalar(desired, live, node):
            if name == "caBundle" and desired in _NO_BUNDLE and not self._probing and not self._ours_alone(steps):
                return
            self.differ(path, steps, desired, live)

    def _ours_alone(self, steps: tuple[Step, ...]) -> bool:
        return set_by_alone(self.entries, steps, self._field_manager)

    def items(
        self,
        desired: list[Any],
        live: list[Any],
        node: Node | None,
        path: str,
        steps: tuple[Step, ...],
        depth: int,
        name: str = "",
    ) -> None:
        """A list."""
        below = node.items if node is not None else None
        if node is not None and node.list_type == "map":
            keys = node.list_keys
            twice: set[tuple[Any, ...]] = set()
            wanted, there = keyed(desired, keys, below), keyed(live, keys, below, twice)
            if wanted is not None and there is not None:
                for identity, value in wanted.items():
                    place = fieldpath.item(path, keys, dict(zip(keys, identity, strict=True)))
                    step: Step = ("k", {k: v for k, v in zip(keys, identity, strict=True) if v is not None})
                    if identity in twice:
                        # A client may write an item twice; an apply makes one of both.
                        self.differ(place, (*steps, step), value, there[identity])
                        continue
                    self.value(value, there.get(identity, ABSENT), below, place, (*steps, step), depth + 1)
                if name == _ORDERED:
                    self._order(wanted, there, path, steps)
                return
        if node is not None and node.list_type == "set":
            members = {_member(each) for each in live}
            for value in desired:
                if _member(value) in members:
                    continue
                if (
                    isinstance(value, _FULL)
                    and len(live) <= _MAX_SEARCH
                    and any(equal(value, each, below, exact=True, depth=depth + 1) for each in live)
                ):
                    continue
                self.differ(fieldpath.member(path, value), (*steps, ("v", value)), value, ABSENT)
            return
        if len(desired) == len(live):
            # Replaced as a whole, but shown by what differs inside.
            for at, (value, other) in enumerate(zip(desired, live, strict=True)):
                if not equal(value, other, below, exact=False, depth=depth + 1):
                    if self._probing:
                        self.differ(path, steps, value, other)
                        return
                    before, place, here = len(self.found), fieldpath.index(path, at), (*steps, ("i", at))
                    self.value(value, other, below, place, here, depth + 1)
                    for inside, there in live_only(value, other, below, False, depth + 1, place):
                        reason = Reason.REMOVED if self._ours_alone(steps) else Reason.BEYOND
                        self.differ(inside, here, ABSENT, there, reason)
                    if len(self.found) == before:
                        self.differ(place, here, value, other)
        else:
            self.differ(path, steps, desired, live)

    def _order(
        self,
        wanted: Mapping[tuple[Any, ...], Any],
        there: Mapping[tuple[Any, ...], Any],
        path: str,
        steps: tuple[Step, ...],
    ) -> None:
        ours, theirs = [each for each in wanted if each in there], [each for each in there if each in wanted]
        if ours != theirs:
            self.differ(path, steps, [each[0] for each in ours], [each[0] for each in theirs], Reason.ORDER)


def _is_null(value: Any, node: Node | None) -> bool:
    """Whether a mapping's value is what is stored of a null."""
    if node is not None and node.format == "quantity":
        return same_scalar("0", value, node)
    return bool(value == "")


def _member(value: Any) -> Any:
    """What tells a set's members apart: 1 is 1.0, true is not."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    return ("json", key_of(("v", value)) or spelt(value)[:200])


def keeps_null(live: Any, node: Node | None) -> bool:
    """Whether a null in Git is no more than leaving the field out: so it is with what merges item by item."""
    if not live and (node is None or node.custom):
        # Custom resources keep both as they are written.
        return False
    if isinstance(live, dict):
        return node is None or not node.atomic_map
    return isinstance(live, list) and node is not None and node.list_type in ("map", "set")


def key_value(item: Mapping[str, Any], key: str, node: Node | None) -> Any:
    """What an item has for one of its list's keys, which may have a default. node: the key's type."""
    value = item.get(key)
    if node is not None and (value is None or (value == "" and not node.custom)) and node.default is not None:
        return node.default
    return value


def keyed(
    items: list[Any], keys: tuple[str, ...], node: Node | None, twice: set[tuple[Any, ...]] | None = None
) -> dict[tuple[Any, ...], Any] | None:
    """Items by their merge keys, with the keys' defaults; None where they can't be told apart. twice: takes the keys of
    those that are there more than once, the first of which is given."""
    found: dict[tuple[Any, ...], Any] = {}
    defaults = [(node.child(key) if node is not None else None) for key in keys]
    for each in items:
        if not isinstance(each, dict):
            return None
        identity = []
        for key, below in zip(keys, defaults, strict=True):
            value = key_value(each, key, below)
            if isinstance(value, _FULL):
                return None
            identity.append(value)
        if tuple(identity) in found:
            if twice is None:
                return None
            twice.add(tuple(identity))
            continue
        found[tuple(identity)] = each
    return found


def equal(desired: Any, live: Any, node: Node | None, *, exact: bool, depth: int = 0) -> bool:
    """Whether two values that are replaced as a whole are equal. What only the live side has counts, but for defaults
    (all of it, where `exact`)."""
    if desired is None and isinstance(live, dict) and node is not None and not node.nullable:
        # A struct without anything in it, or the default of a custom kind's items.
        desired = node.default if node.custom else {}
    if desired is None and isinstance(live, _FULL):
        # Inside what is replaced as a whole nothing of the old is kept.
        return not live
    probe = Walk.probe()
    probe.value(desired, live, node, "x", (), max(depth, 3))
    return not probe.found and not any(live_only(desired, live, node, exact, depth))


def agree(desired: Any, live: Any, node: Node | None, name: str, depth: int, around: Any) -> bool:
    """Whether one field that Git sets is as Git wants it. around: what Git sets beside it."""
    probe = Walk.probe()
    probe.value(desired, live, node, "x", (), max(depth, 3), name, around)
    return not probe.found


def live_only(
    desired: Any, live: Any, node: Node | None, exact: bool, depth: int, path: str = "x"
) -> Iterator[tuple[str, Any]]:
    """What the live side has that Git doesn't set and that wouldn't come back by itself: (path, value)."""
    if depth > MAX_DEPTH:
        if not same(desired, live):
            yield path, live
    elif isinstance(desired, dict) and isinstance(live, dict):
        for name, value in live.items():
            below = node.child(name) if node is not None else None
            field = "" if node is not None and node.is_map else name
            if name not in desired or desired[name] is None:
                if value is None and name not in desired:
                    gone = below is None or below.custom
                elif name in desired and not field and _is_null(value, below):
                    gone = False
                else:
                    # A default fills in a mapping's key where Git writes null, and adds none.
                    gone = not is_nothing(value, below, field) and (
                        exact or not (field or name in desired) or not comes_back(value, below, field, desired)
                    )
                if gone:
                    yield fieldpath.child(path, str(name)), value
            else:
                yield from live_only(desired[name], value, below, exact, depth + 1, fieldpath.child(path, str(name)))
    elif isinstance(desired, list) and isinstance(live, list):
        below = node.items if node is not None else None
        if node is not None and node.list_type == "map":
            keys = node.list_keys
            wanted, there = keyed(desired, keys, below), keyed(live, keys, below)
            if wanted is not None and there is not None:
                for identity, value in there.items():
                    place = fieldpath.item(path, keys, dict(zip(keys, identity, strict=True)))
                    if identity not in wanted:
                        yield place, value
                    else:
                        yield from live_only(wanted[identity], value, below, exact, depth + 1, place)
                return
        if node is not None and node.list_type == "set":
            members = {_member(each) for each in desired}
            for value in live:
                if _member(value) not in members:
                    yield fieldpath.member(path, value), value
            return
        if len(desired) == len(live):
            for at, (one, other) in enumerate(zip(desired, live, strict=True)):
                yield from live_only(one, other, below, exact, depth + 1, fieldpath.index(path, at))
