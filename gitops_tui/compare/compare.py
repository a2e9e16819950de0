"""The verdict on one object: would applying Git now change it?

A walk over the desired side along its schema: what Git sets and differs, or is not there, is a difference. Then the
fields that our manager owns and Git no longer sets. The rules are those of the README's chapter on drift; where the
schema doesn't tell, the API server's dry run settles it (`confirm`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.compare import paths
from gitops_tui.compare.ignore import jq_paths, pointer_steps, rules_for
from gitops_tui.compare.ownership import Entry, Step, covered, entries, holds, owned, owner_of
from gitops_tui.compare.show import Masks
from gitops_tui.compare.values import comes_back, is_nothing, normalised, same, same_scalar
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import ABSENT, NO_DRIFT, Drift, DriftKind, FieldDifference, Reason
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.schema import Node, SchemaSet, builtin, from_structural
from gitops_tui.settings import APPLICATION_LABEL, FIELD_MANAGER, TRACKING_ANNOTATION

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MAX_DEPTH = 200
# Mappings that many write to: told key by key.
_SHARED: tuple[Step, ...] = (("f", "annotations"), ("f", "labels"))
# What controllers note on what they manage, also where a client-side apply made it its own.
_CONTROLLERS = frozenset({"deprecated.daemonset.template.generation", "deployment.kubernetes.io/revision"})
_SCALARS = frozenset({str, int, bool})
_OUR_MARKS = frozenset({TRACKING_ANNOTATION, LAST_APPLIED, APPLICATION_LABEL})
CLIENT_MANAGERS = ("kubectl-client-side-apply", "helm", "argocd-controller", "kustomize-controller")

_TOP = frozenset({"apiVersion", "kind", "status"})
_METADATA = frozenset(
    {
        "name",
        "namespace",
        "generateName",
        "generation",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)


def compare(
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    *,
    schema: SchemaSet | Node | Mapping[str, Any] | None = None,
    field_manager: str = FIELD_MANAGER,
    ignore: Sequence[IgnoreRule] = (),
    client_managers: Sequence[str] = CLIENT_MANAGERS,
) -> Drift:
    """Compares what Git renders with what the API server has. Pure; takes any JSON and never raises on it.

    desired: None where Git has the object no longer (Extra); live: None where it is not there (Missing).
    schema: a SchemaSet, a kind's Node, or a custom kind's structural schema as its CRD holds it (`openAPIV3Schema`);
    default: the built-in kinds. field_manager: whose server-side applied fields are ours. ignore: rules as in
    `spec.ignoreDifferences`. client_managers: whose fields count as ours while our manager has none yet.
    """
    if desired is None or live is None:
        if desired is None and live is None:
            return NO_DRIFT
        return Drift(DriftKind.EXTRA if desired is None else DriftKind.MISSING)
    walk = _Walk(normalised(desired), normalised(live), _node(schema, desired))
    walk.fields(walk.desired, walk.live, walk.node, "", (), 0)
    walk.removed(field_manager, client_managers)
    differences, ignored, warnings = _without_ignored(walk, ignore, _key(desired))
    if desired.get("kind") == "Secret":
        differences = Masks().differences(differences)
    kind = DriftKind.MODIFIED if differences else DriftKind.NONE
    if kind is DriftKind.NONE and not ignored and not warnings:
        return NO_DRIFT
    return Drift(kind, tuple(differences), ignored, warnings=tuple(warnings))


def _key(obj: Mapping[str, Any]) -> ResourceKey:
    metadata = obj.get("metadata")
    return ResourceKey.of({**obj, "metadata": metadata if isinstance(metadata, dict) else {}})


def _node(schema: SchemaSet | Node | Mapping[str, Any] | None, desired: Mapping[str, Any]) -> Node | None:
    if isinstance(schema, Node):
        return schema
    if isinstance(schema, Mapping):
        return from_structural(schema)
    gvk = GVK.of(str(desired.get("apiVersion") or ""), str(desired.get("kind") or ""))
    return (schema or builtin()).node(gvk)


class _Walk:
    """One comparison under way."""

    def __init__(self, desired: Mapping[str, Any], live: Mapping[str, Any], node: Node | None) -> None:
        self.desired = desired
        self.live = live
        self.node = node
        self.found: list[tuple[FieldDifference, tuple[Any, ...]]] = []
        self._entries: list[Entry] | None = None

    @property
    def entries(self) -> list[Entry]:
        if self._entries is None:
            self._entries = entries(self.live)
        return self._entries

    def differ(self, path: str, steps: tuple[Step, ...], desired: Any, live: Any, reason: Reason | None = None) -> None:
        if reason is None:
            reason = Reason.NOT_LIVE if live is ABSENT else Reason.DIFFERS
        owner = owner_of(self.entries, steps) if live is not ABSENT else None
        self.found.append((FieldDifference(path, desired, live, reason, owner), steps))

    # --- set in Git -----------------------------------------------------------------------------------------------

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
            if not isinstance(name, str) or (depth < 2 and _is_ours_or_the_servers(path, name)):
                continue
            below = node.child(name) if node is not None else None
            there = live.get(name, ABSENT)
            if value is there or (type(value) is type(there) and type(value) in _SCALARS and value == there):
                continue
            # The keys of a free mapping are no fields: an empty value is kept there.
            field = "" if node is not None and node.is_map else name
            self.value(value, there, below, paths.child(path, name), (*steps, ("f", name)), depth + 1, field)

    def value(
        self, desired: Any, live: Any, node: Node | None, path: str, steps: tuple[Step, ...], depth: int, name: str = ""
    ) -> None:
        both_full = bool(desired) and bool(live) and isinstance(desired, dict | list) and type(desired) is type(live)
        nothing = not both_full and is_nothing(desired, node, name)
        if nothing and (is_nothing(live, node, name) or (desired is not None and comes_back(live, node, name))):
            return
        if desired is None:
            # null clears what is there (seen on a real API server), and what defaults come back.
            if live is not ABSENT and live not in ("", [], {}) and not comes_back(live, node, name):
                self.differ(path, steps, desired, live)
            return
        if depth > MAX_DEPTH:
            if not same(desired, live):
                self.differ(path, steps, desired, live)
            return
        if isinstance(desired, Mapping) and isinstance(live, Mapping):
            if node is not None and node.atomic_map:
                probe = _Walk({}, {}, None)
                probe.fields(desired, live, node, "", (), 2)
                if probe.found or _live_only(desired, live, node, False, 0):
                    self.differ(path, steps, desired, live)
                return
            self.fields(desired, live, node, path, steps, max(depth, 2) if path != "metadata" else 1)
        elif isinstance(desired, list) and isinstance(live, list):
            self.items(desired, live, node, path, steps, depth)
        elif isinstance(desired, Mapping | list) or isinstance(live, Mapping | list) or live is ABSENT:
            if not (nothing and live in ([], {})):
                self.differ(path, steps, desired, live)
        elif not same_scalar(desired, live, node):
            self.differ(path, steps, desired, live)

    def items(
        self, desired: list[Any], live: list[Any], node: Node | None, path: str, steps: tuple[Step, ...], depth: int
    ) -> None:
        below = node.items if node is not None else None
        if node is not None and node.list_type == "map":
            keys = node.list_keys
            wanted, there = keyed(desired, keys, below), keyed(live, keys, below)
            if wanted is not None and there is not None:
                for identity, value in wanted.items():
                    place = paths.item(path, keys, dict(zip(keys, identity, strict=True)))
                    step: Step = ("k", {k: v for k, v in zip(keys, identity, strict=True) if v is not None})
                    self.value(value, there.get(identity, ABSENT), below, place, (*steps, step), depth + 1)
                return
        if node is not None and node.list_type == "set":
            for value in desired:
                if not any(_same(value, each, below, exact=True) for each in live):
                    self.differ(f"{path}[={printable(str(value))[:60]}]", (*steps, ("v", value)), value, ABSENT)
            return
        if len(desired) == len(live):
            # Replaced as a whole, but shown by what differs inside.
            for at, (value, other) in enumerate(zip(desired, live, strict=True)):
                if not _same(value, other, below, exact=False):
                    before = len(self.found)
                    self.value(value, other, below, paths.index(path, at), steps, depth + 1)
                    if len(self.found) == before:
                        self.differ(paths.index(path, at), steps, value, other)
        else:
            self.differ(path, steps, desired, live)

    # --- removed from Git -----------------------------------------------------------------------------------------

    def removed(self, field_manager: str, client_managers: Sequence[str]) -> None:
        """Fields that are ours by their owner and that Git no longer sets."""
        ours = [e for e in self.entries if e.owner.manager == field_manager and e.owner.operation == "Apply"]
        others = [e for e in self.entries if e not in ours]
        seen: set[tuple[str, ...]] = set()
        if ours:
            for entry in ours:
                if not entry.owner.subresource and not covered(entry.fields, self.desired, _OUR_MARKS):
                    for steps, _ in owned(entry.fields):
                        self._removed_path(steps, others, seen)
            return
        for entry in others:
            if entry.owner.manager in client_managers and not entry.owner.subresource:
                rest = [each for each in others if each is not entry]
                for steps, _ in owned(entry.fields):
                    self._removed_path(steps, rest, seen)
        if not any(entry.owner.manager in client_managers for entry in others):
            self._removed_last_applied(seen)

    def _removed_last_applied(self, seen: set[tuple[str, ...]]) -> None:
        metadata = self.live.get("metadata")
        notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        text = notes.get(LAST_APPLIED) if isinstance(notes, Mapping) else None
        try:
            last = json.loads(text) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            last = None
        if isinstance(last, Mapping):
            for steps in _leaves(normalised(last)):
                self._removed_path(steps, [], seen)

    def _removed_path(self, steps: tuple[Step, ...], others: Sequence[Entry], seen: set[tuple[str, ...]]) -> None:
        if len(steps) >= 1 and steps[0] == ("f", "status"):
            return
        if len(steps) >= 2 and steps[0] == ("f", "metadata"):
            name = steps[1][1]
            if name in _METADATA or (len(steps) >= 3 and _is_tracking(str(name), steps[2][1])):
                return
        desired: Any = self.desired
        live: Any = self.live
        node = self.node
        path = ""
        name = ""
        for at, (kind, value) in enumerate(steps):
            keep_desired, keep_live = desired, live
            path, name = _extend(path, kind, value, node)
            if node is not None and node.is_map:
                name = ""
            desired, live, node = _descend(desired, live, node, kind, value)
            if live is ABSENT:
                return
            if desired is ABSENT and keep_desired is not ABSENT and not isinstance(keep_desired, Mapping | list):
                return
            if desired is ABSENT:
                # The highest part that is gone from Git tells it once.
                place = tuple(map(str, steps[: at + 1]))
                if place in seen:
                    return
                if any(_owns(entry, steps) for entry in others):
                    return
                if at < len(steps) - 1 and (steps[at] in _SHARED or _others_below(others, steps[: at + 1])):
                    continue
                if name == "targetPort" and isinstance(keep_live, Mapping) and keep_live.get("port") == live:
                    return
                seen.add(place)
                if not comes_back(live, node, name):
                    self.differ(path, steps[: at + 1], ABSENT, live, Reason.REMOVED)
                return


def _is_ours_or_the_servers(path: str, name: str) -> bool:
    if not path:
        return name in _TOP
    if path == "metadata":
        return name in _METADATA
    return path in ("metadata.annotations", "metadata.labels") and _is_tracking(path.rpartition(".")[2], name)


def _is_tracking(field: str, name: object) -> bool:
    return (field == "annotations" and (name in (TRACKING_ANNOTATION, LAST_APPLIED) or name in _CONTROLLERS)) or (
        field == "labels" and name == APPLICATION_LABEL
    )


def keyed(items: list[Any], keys: tuple[str, ...], node: Node | None) -> dict[tuple[Any, ...], Any] | None:
    """Items by their merge keys, with the keys' defaults; None where they can't be told apart."""
    found: dict[tuple[Any, ...], Any] = {}
    for each in items:
        if not isinstance(each, Mapping):
            return None
        identity = []
        for key in keys:
            value = each.get(key)
            if value is None and node is not None and (below := node.child(key)) is not None:
                value = below.default
            if isinstance(value, Mapping | list):
                return None
            identity.append(value)
        if tuple(identity) in found:
            return None
        found[tuple(identity)] = each
    return found


def _same(desired: Any, live: Any, node: Node | None, *, exact: bool) -> bool:
    """Whether two values that are replaced as a whole are equal. What only the live side has counts, but for defaults
    (all of it, where `exact`)."""
    probe = _Walk({}, {}, None)
    probe.value(desired, live, node, "x", (), 3)
    return not probe.found and not _live_only(desired, live, node, exact, 0)


def _live_only(desired: Any, live: Any, node: Node | None, exact: bool, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return not same(desired, live)
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        for name, value in live.items():
            below = node.child(name) if node is not None else None
            field = "" if node is not None and node.is_map else name
            if name not in desired or desired[name] is None:
                if not is_nothing(value, below, field) and (exact or not comes_back(value, below, field)):
                    return True
            elif _live_only(desired[name], value, below, exact, depth + 1):
                return True
    elif isinstance(desired, list) and isinstance(live, list) and len(desired) == len(live):
        below = node.items if node is not None else None
        return any(_live_only(a, b, below, exact, depth + 1) for a, b in zip(desired, live, strict=True))
    return False


def _extend(path: str, kind: str, value: Any, node: Node | None) -> tuple[str, str]:
    if kind == "f":
        return paths.child(path, str(value)), str(value)
    if kind == "k" and isinstance(value, Mapping):
        keys = node.list_keys if node is not None and node.list_keys else tuple(value)
        return paths.item(path, keys, value), ""
    return f"{path}[={printable(str(value))[:60]}]", ""


def _descend(desired: Any, live: Any, node: Node | None, kind: str, value: Any) -> tuple[Any, Any, Node | None]:
    if kind == "f":
        below = node.child(str(value)) if node is not None else None
        return (
            desired.get(value, ABSENT) if isinstance(desired, Mapping) else ABSENT,
            live.get(value, ABSENT) if isinstance(live, Mapping) else ABSENT,
            below,
        )
    below = node.items if node is not None else None

    def find(items: Any) -> Any:
        for each in items if isinstance(items, list) else ():
            if kind == "v":
                if each == value:
                    return each
            elif (
                isinstance(each, Mapping)
                and isinstance(value, Mapping)
                and all(_key_of(each, name, below) == wanted for name, wanted in value.items())
            ):
                return each
        return ABSENT

    return find(desired), find(live), below


def _key_of(item: Mapping[str, Any], name: str, node: Node | None) -> Any:
    found = item.get(name)
    if found is None and node is not None and (below := node.child(name)) is not None:
        return below.default
    return found


def _owns(entry: Entry, steps: tuple[Step, ...]) -> bool:
    return holds(entry.fields, steps)


def _others_below(others: Sequence[Entry], steps: tuple[Step, ...]) -> bool:
    return any(holds(entry.fields, steps) for entry in others)


def _leaves(value: Any, depth: int = 0) -> list[tuple[Step, ...]]:
    """The field paths that an object sets, lists as a whole."""
    if not isinstance(value, Mapping) or not value or depth > 100:
        return [()]
    return [
        (("f", str(name)), *rest)
        for name, below in value.items()
        if depth or name not in _TOP
        for rest in _leaves(below, depth + 1)
    ]


def _without_ignored(
    walk: _Walk, rules: Sequence[IgnoreRule], key: ResourceKey
) -> tuple[list[FieldDifference], int, list[str]]:
    chosen = rules_for(rules, key) if rules else []
    if not chosen or not walk.found:
        return [difference for difference, _ in walk.found], 0, []
    warnings: list[str] = []
    hidden: list[tuple[str, ...]] = []
    managers: set[str] = set()
    for rule in chosen:
        managers |= set(rule.managed_fields_managers)
        for pointer in rule.json_pointers:
            pointed = pointer_steps(pointer)
            if pointed is None:
                warnings.append(f"ignoreDifferences: {printable(pointer)!r} is not a JSON pointer; the rule is off")
            else:
                hidden.append(pointed)
        for expression in rule.jq_path_expressions:
            found: list[tuple[Any, ...]] = []
            for side in (walk.desired, walk.live):
                answer = jq_paths(expression, side)
                if isinstance(answer, str):
                    warnings.append(f"ignoreDifferences: {printable(expression)}: {printable(answer)}; the rule is off")
                    break
                found += answer
            hidden += [tuple(str(step) for step in place) for place in found]
    kept = []
    for difference, steps in walk.found:
        places = _pointers(walk, steps)
        if any(place[: len(rule)] == rule for rule in hidden for place in places) or (
            difference.live_owner is not None and difference.live_owner.manager in managers
        ):
            continue
        kept.append(difference)
    return kept, len(walk.found) - len(kept), list(dict.fromkeys(warnings))


def _pointers(walk: _Walk, steps: tuple[Step, ...]) -> list[tuple[str, ...]]:
    """The field's JSON pointers on both sides (list items by their index there)."""
    found = []
    for side in (walk.desired, walk.live):
        value: Any = side
        node = walk.node
        place: list[str] = []
        for kind, name in steps:
            if kind == "f":
                place.append(str(name))
                value = value.get(name) if isinstance(value, Mapping) else None
                node = node.child(str(name)) if node is not None else None
                continue
            inside, _, below = _descend(value, value, node, kind, name)
            place.append(str(next((at for at, each in enumerate(value or []) if each is inside), "-")))
            value, node = inside, below
        found.append(tuple(place))
    return found
