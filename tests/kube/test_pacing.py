"""Requests to an API server by QPS and burst; nobody starves."""

from __future__ import annotations

import asyncio

import pytest

from gitops_tui.errors import ConfigError
from gitops_tui.kube.pacing import Bucket, Line, Pace
from gitops_tui.settings import settings_from


def test_a_bucket_gives_its_burst_then_so_many_a_second() -> None:
    bucket = Bucket(10, 3, 100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(100.0) == pytest.approx(0.1)
    assert bucket.take(100.05) == pytest.approx(0.05)
    assert bucket.take(100.1) == 0
    # However long nobody asks, no more than the burst is kept.
    assert [bucket.take(500.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(500.0) > 0
    # A clock that goes back gives nothing away.
    assert bucket.take(400.0) > 0


def test_a_hundred_writes_in_line_starve_no_read() -> None:
    let: list[Line] = []

    async def one(pace: Pace, line: Line) -> None:
        await pace.turn(line)
        let.append(line)

    async def work() -> None:
        pace = Pace(500, 1)
        writes = [asyncio.ensure_future(one(pace, "write")) for _ in range(100)]
        await asyncio.sleep(0)
        reads = [asyncio.ensure_future(one(pace, "read")) for _ in range(5)]
        given_up = asyncio.ensure_future(one(pace, "read"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(*writes, *reads)

    asyncio.run(work())
    assert let.count("read") == 5
    assert max(at for at, line in enumerate(let) if line == "read") <= 12


def test_without_a_limit_nothing_waits() -> None:
    async def work() -> None:
        pace = Pace(0, 1)
        await asyncio.gather(*(pace.turn("write") for _ in range(1000)))

    asyncio.run(work())


def test_the_settings_take_none_for_no_limit_and_refuse_what_is_no_number() -> None:
    assert settings_from({"qps": 0}, "x").qps == 0
    assert settings_from({"qps": 12.5, "burst": 30}, "x").burst == 30
    for wrong in ({"qps": -1}, {"qps": "many"}, {"burst": 0}, {"qps": True}):
        with pytest.raises(ConfigError):
            settings_from(wrong, "x")
