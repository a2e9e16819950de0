"""Records do what dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from gitops_tui.model.drift import ABSENT, Drift, DriftKind, FieldDifference, Owner, Reason
from gitops_tui.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Place:
    """Where."""

    LIMIT: ClassVar[int] = 3
    path: str
    line: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Pair:
    one: str
    two: tuple[str, ...] = ()


@dataclass(slots=True)
class Open:
    seen: dict[str, int] = field(default_factory=dict)
    count: int = 0


def test_they_compare_hash_and_show_as_dataclasses() -> None:
    assert Pair("a", ("b",)) == Pair("a", two=("b",)) != Pair("a")
    assert len({Pair("a"), Pair("a"), Pair("b")}) == 2
    assert repr(Pair("a")) == "Pair(one='a', two=())"
    assert (Place("a").text, Place.__doc__, Place.LIMIT) == ("a:0", "Where.", 3)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open())


def test_defaults_are_each_ones_own() -> None:
    one, two = Open(), Open()
    one.seen["a"] = 1
    one.count += 1
    assert (two.seen, two.count, Place("a").notes is Place("b").notes) == ({}, 0, False)


def test_frozen_ones_stay_as_they_are() -> None:
    with pytest.raises(AttributeError):
        Pair("a").one = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Open().more = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Pair()  # type: ignore[call-arg]


@pytest.mark.parametrize("change", [replace, dataclasses.replace])
def test_copies_with_changes(change: Any) -> None:
    before = Place("a", 1, ["x"])
    after = change(before, line=2)
    assert (after, before.line, after.notes is before.notes) == (Place("a", 2, ["x"]), 1, True)
    with pytest.raises(TypeError):
        change(before, lines=2)
    assert change(Drift(DriftKind.NONE), ignored=2).ignored == 2


def test_what_works_on_dataclasses_works_on_them() -> None:
    made = [(each.name, each.default, each.default_factory) for each in dataclasses.fields(Place)]
    missing = dataclasses.MISSING
    assert made == [("path", missing, missing), ("line", 0, missing), ("notes", missing, list)]
    assert dataclasses.is_dataclass(Place)
    assert dataclasses.asdict(Place("a", 1, ["x"])) == {"path": "a", "line": 1, "notes": ["x"]}
    assert pickle.loads(pickle.dumps(Pair("a"))) == copy.deepcopy(Pair("a")) == copy.copy(Pair("a")) == Pair("a")
    match Place("a", 7):
        case Place(path, line):
            assert (path, line) == ("a", 7)


def test_a_drift_is_told_as_a_mapping() -> None:
    owner = Owner("kubectl-edit", "Update", None)
    drift = Drift(DriftKind.MODIFIED, (FieldDifference("spec.replicas", 1, ABSENT, Reason.NOT_LIVE, owner),))
    told = dataclasses.asdict(drift)
    assert told["differences"][0]["live_owner"]["manager"] == "kubectl-edit"
    assert told["differences"][0]["path"] == "spec.replicas"
