"""Every field of objects of fifty kinds in every odd form, and what a real API server says of each.

An object is applied as we apply it; then each of its fields is left out, emptied, set to null, changed, written in another
form, and each field that it doesn't set is set to its zero value or its default: some nine thousand forms of `data/kinds.yaml`.
The server's answer is what a dry-run apply would change. The answers are recorded in data/sweep.json.gz (`python -m
tests.compare.sweep KUBECONFIG`), so that they are checked without a server.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gitops_tui.compare.values import quantity
from gitops_tui.compare.walk import keyed
from gitops_tui.model import fieldpath
from gitops_tui.schema import Node, builtin, from_structural
from tests.compare.differential import bare

DATA = Path(__file__).parent / "data"
RECORD = DATA / "sweep.json.gz"
Place = tuple[Any, ...]
_HEAD = ("labels", "annotations", "finalizers")


@dataclass(frozen=True)
class Form:
    """One form of an object. place: what was changed in it, as "spec/replicas"; answer: the paths that the server would
    change, None where it refuses."""

    name: str
    place: str
    obj: dict[str, Any]
    answer: list[str] | None = None

    def __str__(self) -> str:
        return f"[{self.name}] {self.place}"


@cache
def objects() -> list[dict[str, Any]]:
    return list(yaml.load_all((DATA / "kinds.yaml").read_bytes(), yaml.CSafeLoader))


def crds() -> list[dict[str, Any]]:
    return [each for each in objects() if each["metadata"]["name"].endswith(".cr.example")]


def bases() -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects() if each not in crds()}


def schema_of(obj: dict[str, Any]) -> dict[str, Any] | None:
    for crd in crds():
        if obj["apiVersion"] == "cr.example/v1" and crd["spec"]["names"]["kind"] == obj["kind"]:
            return dict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    return None


def node_of(obj: dict[str, Any]) -> Node | None:
    schema = schema_of(obj)
    return from_structural(schema) if schema else builtin().node_of(obj["apiVersion"], obj["kind"])


def _places(value: Any, node: Node | None, place: Place = ()) -> Iterator[tuple[Place, Node | None]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inside in pairs:
        below = (node.child(name) if isinstance(value, dict) else node.items) if node is not None else None
        here = (*place, name)
        if not (name in ("apiVersion", "kind") and not place) and not (place == ("metadata",) and name not in _HEAD):
            if here != ("metadata",):
                yield here, below
            yield from _places(inside, below, here)


def _at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _with(obj: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(obj)
    _at(made, place[:-1])[place[-1]] = copy.deepcopy(value)
    return made


def _without(obj: dict[str, Any], place: Place) -> dict[str, Any]:
    made = copy.deepcopy(obj)
    del _at(made, place[:-1])[place[-1]]
    return made


def _zeros(node: Node | None) -> list[Any]:
    if node is None:
        return [None]
    if node.format in ("quantity", "int-or-string"):
        return [None, "", 0]
    kinds = {"object": {}, "array": [], "boolean": False, "integer": 0, "number": 0, "string": ""}
    return [None, kinds[node.type]] if node.type in kinds else [None]


def _others(value: Any, node: Node | None) -> Iterator[tuple[str, Any]]:
    """Other forms of one value."""
    yield "null", None
    if isinstance(value, bool):
        yield "flip", not value
    elif isinstance(value, int | float):
        yield from (("plus", value + 1), ("zero", 0))
    elif isinstance(value, str):
        yield from (("more text", value + "x"), ("no text", ""))
        yield from ((f"enum {each}", each) for each in (node.enum if node is not None and node.enum else ()))
        amount = quantity(value) if node is not None and node.format == "quantity" else None
        if amount is not None:
            number = float(amount)
            for form in (
                f"{number * 1000:.0f}m",
                str(number),
                f"{number * 1e6:.0f}u",
                f"{number / 1024}Ki",
                f"{number:e}",
            ):
                yield f"form {form}", form
    elif isinstance(value, list):
        yield from (("empty", []), ("twice", [*value, *value[-1:]]), ("reversed", value[::-1]), ("less", value[1:]))
        yield "null item", [*value, None]
    elif value:
        yield "empty", {}


def forms(obj: dict[str, Any], live: dict[str, Any], node: Node | None) -> Iterator[Form]:
    """All forms, in one order. live: the object as the server has it, which tells the defaults."""
    yield Form("same", "", obj)
    for place, below in _places(obj, node):
        text, value = "/".join(map(str, place)), _at(obj, place)
        yield Form("left out", text, _without(obj, place))
        for name, other in _others(value, below):
            yield Form(name, text, _with(obj, place, other))
        if not isinstance(value, dict):
            continue
        for name in below.declared if below is not None and place[-1] != "metadata" else ():
            if name not in value:
                for zero in _zeros(below.child(name) if below is not None else None):
                    yield Form(f"{name}: {zero!r}", text, _with(obj, (*place, name), zero))
        if below is None or below.preserve or below.is_map:
            for more in (None, "", 0, False, {}, [], {"x": None}, [None]):
                yield Form(f"new: {more!r}", text, _with(obj, (*place, "new"), more))
    for name in node.declared if node is not None else ():
        if name not in obj and name != "status":
            for zero in _zeros(node.child(name) if node is not None else None):
                yield Form(f"{name}: {zero!r}", "", {**copy.deepcopy(obj), name: zero})
    yield from _defaults(obj, live, node)


def _defaults(obj: dict[str, Any], live: dict[str, Any], node: Node | None) -> Iterator[Form]:
    """Each default written out, and other values in its place."""
    for place, below in _places(live, node):
        try:
            around = _at(obj, place[:-1])
        except (KeyError, IndexError, TypeError):
            continue
        if not isinstance(around, dict) or place[-1] in around or place[0] == "status":
            continue
        text, value = "/".join(map(str, place)), _at(live, place)
        yield Form("default", text, _with(obj, place, value))
        for each in below.enum if below is not None and below.enum else ():
            yield Form(f"instead {each}", text, _with(obj, place, each))
        if isinstance(value, int):
            yield Form("instead", text, _with(obj, place, not value if isinstance(value, bool) else value + 1))


def changed(before: Any, after: Any, node: Node | None, path: str = "") -> Iterator[str]:
    """The paths of what differs between two canonical values, as `FieldDifference.path` has them."""
    below = node.items if node is not None else None
    kind = node.list_type if node is not None else ""
    if isinstance(before, dict) and isinstance(after, dict) and not (node and node.atomic_map):
        for key in {**before, **after}:
            if key not in before or key not in after:
                yield fieldpath.child(path, key)
            elif before[key] != after[key]:
                yield from changed(
                    before[key], after[key], node.child(key) if node else None, fieldpath.child(path, key)
                )
        return
    if isinstance(before, list) and isinstance(after, list):
        if kind == "map" and node is not None:
            old, new = keyed(before, node.list_keys, below), keyed(after, node.list_keys, below)
            if old is not None and new is not None:
                if path.endswith("initContainers") and list(old) != list(new) and old.keys() == new.keys():
                    yield path
                for identity in {**old, **new}:
                    place = fieldpath.item(path, node.list_keys, dict(zip(node.list_keys, identity, strict=True)))
                    if identity not in old or identity not in new:
                        yield place
                    elif old[identity] != new[identity]:
                        yield from changed(old[identity], new[identity], below, place)
                return
        if kind == "set":
            yield from (f"{path}[={each}]" for each in before + after if (each in before) != (each in after))
            return
        if len(before) == len(after):
            for at, (one, other) in enumerate(zip(before, after, strict=True)):
                if one != other:
                    yield from changed(one, other, below, fieldpath.index(path, at))
            return
    yield path


def answer(live: dict[str, Any], dry: dict[str, Any], node: Node | None) -> list[str]:
    """The paths of what a dry run changes."""
    before, after = bare(live, node), bare(dry, node)
    return sorted(set(changed(before, after, node))) if before != after else []


def near(one: str, other: str) -> bool:
    """Whether one path is the other, or lies in it."""
    short, long = sorted((one, other), key=len)
    return long == short or (long.startswith(short) and long[len(short)] in ".[")


@cache
def recorded() -> dict[str, Any]:
    return dict(json.loads(gzip.decompress(RECORD.read_bytes())))


def ask(server: Any, obj: dict[str, Any], wait: float = 0.3) -> Iterator[tuple[dict[str, Any], Form]]:
    """(the live object, a form with the server's answer), for each form of an object."""
    from tests.compare.server import Refused

    live, node = _fresh(server, obj, wait), node_of(obj)
    try:
        for form in forms(obj, live, node):
            try:
                yield live, replace(form, answer=answer(live, server.apply(form.obj, dry_run=True), node))
            except Refused:
                yield live, form
    finally:
        server.delete(obj)


def by_others(server: Any, obj: dict[str, Any], many: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """(what happened, what Git says, the live object, the dry run's), where others change the object: by `kubectl edit`,
    or by server-side apply, of the whole object or of a part; at times Git changes as well, there or elsewhere."""
    from tests.compare.server import Refused

    node = node_of(obj)
    live = _fresh(server, obj)
    stored = {key: value for key, value in live.items() if key != "status"}
    edits, gits = list(forms(stored, live, node)), list(forms(obj, live, node))
    try:
        for _ in range(many):
            how = chance.choice(("edit", "apply", "apply a part"))
            form = chance.choice(edits if how == "edit" else gits)
            git = chance.choice(chance.choice(([gits[0]], [gits[0]], gits, _around(gits, form))))
            try:
                if how == "edit":
                    server.edit(_edited(form.obj, server.get(obj)))
                else:
                    server.apply(_part(form.obj, chance) if how == "apply a part" else form.obj, "other-applier")
                there = server.get(obj)
                dry = server.apply(git.obj, dry_run=True)
            except Refused:
                continue
            yield f"{obj['metadata']['name']} {how} {form}, Git {git}", git.obj, there, dry
            _fresh(server, obj)
    finally:
        server.delete(obj)


def _around(gits: list[Form], form: Form) -> list[Form]:
    """What Git may say that changes what lies around the place of another's change."""
    return [each for each in gits if each.place and (form.place + "/").startswith(each.place + "/")] or gits[:1]


def _fresh(server: Any, obj: dict[str, Any], wait: float = 0.0) -> dict[str, Any]:
    server.delete(obj)
    server.until_gone(obj)
    server.apply(obj)
    # What controllers write by themselves, once.
    time.sleep(wait)
    return dict(server.get(obj))


def _edited(obj: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    # A finalizer that nobody knows would keep the object for ever.
    changed = ("labels", "annotations")
    dropped = ("resourceVersion", "managedFields", *changed)
    metadata = {key: value for key, value in current["metadata"].items() if key not in dropped}
    metadata |= {key: value for key, value in obj.get("metadata", {}).items() if key in changed}
    return {**obj, "metadata": metadata}


def _part(obj: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    fields = [key for key in obj if key not in ("apiVersion", "kind", "metadata")]
    kept = ("apiVersion", "kind", chance.choice(fields)) if fields else ("apiVersion", "kind")
    return {"metadata": {"name": obj["metadata"]["name"]}, **{key: obj[key] for key in kept}}


def served(server: Any) -> None:
    """Makes the custom kinds, and waits until they are served."""
    for crd in crds():
        server.apply(crd)
    for obj in bases().values():
        if schema_of(obj) is not None:
            server.until_served(obj)


def record(kubeconfig: str) -> None:
    from tests.compare.server import Server

    server = Server(Path(kubeconfig))
    served(server)
    made = {}
    for name, obj in bases().items():
        asked = list(ask(server, obj))
        made[name] = {"live": asked[0][0], "answers": [form.answer for _, form in asked]}
        print(name, len(asked))
    RECORD.write_bytes(gzip.compress(json.dumps(made, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    record(sys.argv[1])
