"""How long the comparison takes: beside a bare recursive comparison of the same dicts, and beside DeepDiff, in one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import pytest
from deepdiff import DeepDiff

from gitops_tui.compare import compare
from gitops_tui.schema import SchemaSet, builtin
from tests.compare import mixed, zoo

pytestmark = pytest.mark.benchmark


def bare(desired: Any, live: Any) -> bool:
    """Whether all of one value stands in another: the least that any comparison does."""
    if isinstance(desired, dict):
        return isinstance(live, dict) and all(key in live and bare(value, live[key]) for key, value in desired.items())
    if isinstance(desired, list):
        return (
            isinstance(live, list)
            and len(desired) == len(live)
            and all(bare(one, other) for one, other in zip(desired, live, strict=True))
        )
    return bool(desired == live)


def best(work: Callable[[], Any], runs: int) -> float:
    """Seconds of the quickest of some runs: what the machine does besides only ever adds."""
    found = []
    for _ in range(runs):
        gc.collect()
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    made = builtin()
    for crd in zoo.CRDS:
        made = made.with_crd(crd)
    return made


def test_objects_in_sync_beside_a_bare_comparison_and_deepdiff(schemas: SchemaSet) -> None:
    pairs = mixed.pairs(2000)
    assert not any(compare(desired, live, schema=schemas).is_drifted for desired, live in pairs)
    ours = best(lambda: [compare(desired, live, schema=schemas) for desired, live in pairs], 7)
    least = best(lambda: [bare(desired, desired) for desired, _ in pairs], 7)
    some = pairs[:200]
    deep = best(lambda: [DeepDiff(desired, live) for desired, live in some], 2) * len(pairs) / len(some)
    print(
        f"\n2,000 mixed objects in sync: {ours * 1e3:.1f} ms, {ours / least:.1f} times a bare recursive comparison "
        f"({least * 1e3:.1f} ms), {deep / ours:.0f} times faster than DeepDiff ({deep * 1e3:.0f} ms)"
    )
    assert ours <= 0.06
    assert ours / least <= 8
    assert deep / ours >= 15


def test_twenty_thousand_objects(schemas: SchemaSet) -> None:
    pairs = mixed.pairs(20_000)
    ours = best(lambda: [compare(desired, live, schema=schemas) for desired, live in pairs], 3)
    print(f"\n20,000 mixed objects in sync: {ours * 1e3:.0f} ms")
    assert ours <= 0.7


def test_one_changed_object(schemas: SchemaSet) -> None:
    worst = 0.0
    for desired, live in mixed.pairs(45):
        changed = {
            **desired,
            "metadata": {**desired["metadata"], "labels": {**desired["metadata"]["labels"], "new": "x"}},
        }
        if isinstance(live.get("spec"), dict) and "template" in live["spec"] and live["kind"] == "Deployment":
            live["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
        assert compare(changed, live, schema=schemas).is_drifted
        worst = max(worst, best(lambda pair=(changed, live): compare(*pair, schema=schemas), 5))  # type: ignore[misc]
    print(f"\none changed object: {worst * 1e3:.2f} ms for the slowest kind")
    assert worst <= 0.001
