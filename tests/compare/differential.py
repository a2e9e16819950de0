"""Our verdict against a real API server's dry run, mutation after mutation.

What the server says is what `kubectl diff --server-side --force-conflicts --field-manager=gitops-tui` shows: the
result of a dry-run apply beside the live object. Three things are set right first, since we mean them otherwise: the order
of items in lists that merge by key and in sets (but for init containers), quantities of one amount, and what
controllers write by themselves.
"""

from __future__ import annotations

import copy
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gitops_tui.compare import clean_live, compare, confirm
from gitops_tui.compare.values import quantity
from gitops_tui.schema import Node, builtin, from_structural
from tests.compare import zoo
from tests.compare.server import Refused, Server


@dataclass
class Tally:
    """What came out. wrong: each disagreement as text."""

    asked: int = 0
    refused: int = 0
    agreed: int = 0
    confirmed: int = 0
    drifted: int = 0
    both: int = 0
    paths: int = 0
    wrong: list[str] = field(default_factory=list)
    cases: list[tuple[Any, Any, Any]] = field(default_factory=list)
    wrong_confirmed: list[str] = field(default_factory=list)
    wrong_paths: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    actors: Counter[str] = field(default_factory=Counter)


def node_of(obj: dict[str, Any]) -> Node | None:
    schema = zoo.SCHEMAS.get(obj["kind"])
    return from_structural(schema) if schema else builtin().node_of(obj["apiVersion"], obj["kind"])


def canonical(value: Any, node: Node | None, name: str = "") -> Any:
    """A value with keyed lists and sets in one order."""
    if isinstance(value, dict):
        return {key: canonical(each, node.child(key) if node else None, key) for key, each in value.items()}
    if isinstance(value, list):
        below = node.items if node else None
        made = [canonical(each, below) for each in value]
        if node is not None and node.list_type in ("map", "set") and name != "initContainers":
            made.sort(key=lambda each: repr([each.get(k) for k in node.list_keys] if isinstance(each, dict) else each))
        return made
    if node is not None and node.format == "quantity":
        # 2Gi and 2147483648 are stored as they were written, and are one amount all the same.
        return str(quantity(str(value)))
    return value


def bare(obj: dict[str, Any], node: Node | None) -> dict[str, Any]:
    made = clean_live(obj)
    metadata = dict(made["metadata"])
    notes = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if not key.startswith(("deprecated.daemonset", "deployment.kubernetes.io/revision"))
    }
    metadata["annotations"] = notes
    return dict(canonical({**made, "metadata": metadata}, node))


def leaves(one: Any, other: Any, node: Node | None, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where two canonical values differ, by field names and item keys."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            place
            for key in {**one, **other}
            if one.get(key, ...) != other.get(key, ...)
            for place in leaves(one.get(key), other.get(key), node.child(key) if node else None, (*path, key))
        ]
    return [path]


def top_paths(differences: Any) -> set[str]:
    return {each.path for each in differences}


def run(server: Server, seed: int, rounds: int, kinds: list[dict[str, Any]] | None = None) -> Tally:
    """`rounds` mutations of each object, by several actors."""
    chance = random.Random(seed)
    tally = Tally()
    for base in kinds or zoo.ALL:
        obj = _fresh(server, base)
        node = node_of(obj)
        schema = zoo.SCHEMAS.get(obj["kind"])
        try:
            for _ in range(rounds):
                actor, wanted, live = _step(server, obj, chance)
                if live is None:
                    # What others left there can't be mended by us: a new one.
                    server.delete(obj)
                    obj = wanted = _fresh(server, base)
                try:
                    dry = server.apply(wanted, dry_run=True)
                except Refused:
                    tally.refused += 1
                    continue
                live = server.get(obj) if live is None else live
                _judge(tally, actor, wanted, live, dry, node, schema)
        finally:
            server.delete(obj)
    return tally


def _fresh(server: Server, base: dict[str, Any]) -> dict[str, Any]:
    obj = zoo.named(base, f"zoo-{base['kind'].lower()}-{uuid.uuid4().hex[:6]}")
    server.apply(obj)
    return obj


def _step(
    server: Server, obj: dict[str, Any], chance: random.Random
) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
    """Somebody changes something: (who, what Git says now, the live object)."""
    actor = chance.choice(("git", "git", "git", "edit", "other", "scale", "both"))
    wanted = copy.deepcopy(obj)
    live: dict[str, Any] | None = None
    try:
        live = server.apply(obj)
        if actor in ("git", "both"):
            how, wanted = zoo.mutated(wanted, chance)
            actor += " " + how
        if actor.startswith(("edit", "both")):
            fresh = server.get(obj)
            kept = {key: fresh[key] for key in fresh if key != "status"}
            how, edited = zoo.mutated(kept, chance)
            edited["metadata"] = {
                **fresh["metadata"],
                **{k: edited["metadata"].get(k) for k in ("labels", "annotations")},
            }
            live = server.edit(edited)
            actor += f" +edit {how}"
        elif actor == "other":
            how, others = zoo.mutated(obj, chance)
            live = server.apply(others, "other-applier")
            actor += " " + how
            if chance.random() < 0.5:
                _, wanted = zoo.mutated(wanted, chance)
        elif actor == "scale" and obj["kind"] in ("Deployment", "StatefulSet"):
            # No pods: the replicas stay at nothing while a test runs.
            server.scale(obj, 0)
            live = server.get(obj)
            if chance.random() < 0.5:
                wanted["spec"].pop("replicas", None)
    except Refused:
        live = None
    return actor, wanted, live


def _judge(
    tally: Tally,
    actor: str,
    wanted: dict[str, Any],
    live: dict[str, Any],
    dry: dict[str, Any],
    node: Node | None,
    schema: dict[str, Any] | None,
) -> None:
    tally.asked += 1
    tally.kinds[wanted["kind"]] += 1
    tally.actors[actor] += 1
    before, after = bare(live, node), bare(dry, node)
    servers = before != after
    drift = compare(wanted, live, schema=schema)
    ours = drift.is_drifted
    tally.drifted += servers
    what = (
        f"{wanted['kind']} ({actor}): ours {ours}, the server's {servers}; ours {sorted(top_paths(drift.differences))}"
    )
    what += f"; the server's {leaves(before, after, node)[:6]}"
    if ours == servers:
        tally.agreed += 1
    else:
        tally.wrong.append(what)
        tally.cases.append((wanted, live, dry))
    settled = confirm(drift, live, dry, desired=wanted, schema=schema) if ours else drift
    if settled.is_drifted == servers:
        tally.confirmed += 1
    else:
        tally.wrong_confirmed.append(what)
    if ours and servers:
        tally.both += 1
        if top_paths(drift.differences) == top_paths(settled.differences):
            tally.paths += 1
        else:
            tally.wrong_paths.append(
                f"{wanted['kind']} ({actor}): {sorted(top_paths(drift.differences))} / {sorted(top_paths(settled.differences))}"
            )
