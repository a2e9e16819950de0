"""The embedded cluster's own speed: what issue 4 asks of it, against bare HTTP requests to the same server in the same run."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from typing import Any

import aiohttp
import pytest

from gitops_tui.demo import DemoCluster

pytestmark = pytest.mark.benchmark
COUNT = 2000
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


def config(number: int) -> dict[str, Any]:
    labels = {"app": f"a{number % 7}", "tier": "web"}
    metadata = {"name": f"c{number:04}", "labels": labels, "annotations": {"note": "x" * 40}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": str(number), "b": "y" * 60}}


def session(cluster: DemoCluster) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cluster.url, headers={"Authorization": f"Bearer {cluster.token}"})


async def apply(client: aiohttp.ClientSession, obj: dict[str, Any]) -> None:
    path = f"{CONFIGMAPS}/{obj['metadata']['name']}?fieldManager=bench&force=true"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    async with client.patch(path, data=json.dumps(obj), headers=headers) as answer:
        assert answer.status in (200, 201), await answer.text()


def test_two_thousand_objects(capsys: pytest.CaptureFixture[str]) -> None:
    async def run(cluster: DemoCluster) -> tuple[float, float, float]:
        async with session(cluster) as client:
            start = time.perf_counter()
            for _ in range(500):
                async with client.get("/version") as answer:
                    await answer.read()
            bare = 500 / (time.perf_counter() - start)
            start = time.perf_counter()
            for number in range(COUNT):
                await apply(client, config(number))
            rate = COUNT / (time.perf_counter() - start)
            times = []
            for _ in range(5):
                start = time.perf_counter()
                async with client.get(CONFIGMAPS) as answer:
                    found = await answer.json()
                times.append(time.perf_counter() - start)
            assert len(found["items"]) >= COUNT
            return bare, rate, min(times)

    with DemoCluster(delay=0) as cluster:
        bare, rate, listed = asyncio.run(run(cluster))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with capsys.disabled():
        print(
            f"\n  applies/s {rate:.0f} ({rate / bare:.2f} of the {bare:.0f} bare requests/s, client and server on one core),"
            f" list of {COUNT}: {listed * 1000:.0f} ms with its parsing, process at most {memory:.0f} MB"
        )
    assert rate >= 300
    assert listed <= 0.15


def test_fifty_watchers_keep_up(capsys: pytest.CaptureFixture[str]) -> None:
    watchers, events = 50, 600

    async def watch(client: aiohttp.ClientSession, heard: list[int], number: int, ready: list[int]) -> None:
        async with client.get(f"{CONFIGMAPS}?watch=1&resourceVersion=1") as answer:
            ready.append(number)
            async for _ in answer.content:
                heard[number] += 1
                if heard[number] >= events:
                    return

    async def run(cluster: DemoCluster) -> tuple[float, float]:
        heard, ready = [0] * watchers, list[int]()
        limit = aiohttp.TCPConnector(limit=0)
        token = {"Authorization": f"Bearer {cluster.token}"}
        async with aiohttp.ClientSession(cluster.url, headers=token, connector=limit) as client:
            tasks = [asyncio.create_task(watch(client, heard, number, ready)) for number in range(watchers)]
            while len(ready) < watchers:
                await asyncio.sleep(0.01)
            start = time.perf_counter()
            for number in range(events):
                due = start + number / 200
                if (left := due - time.perf_counter()) > 0:
                    await asyncio.sleep(left)
                await apply(client, config(number))
            sent = time.perf_counter() - start
            await asyncio.wait_for(asyncio.gather(*tasks), 120)
            return events / sent, time.perf_counter() - start - sent

    with DemoCluster(delay=0) as cluster:
        rate, behind = asyncio.run(run(cluster))
    with capsys.disabled():
        print(
            f"\n  {watchers} watchers, {rate:.0f} events/s: all heard everything {behind * 1000:.0f} ms after the last write"
        )
    assert behind < 2


def test_start(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import time; s = time.perf_counter(); from gitops_tui.demo.cluster import DemoCluster; i = time.perf_counter();"
        "c = DemoCluster(); c.start(); print(i - s, time.perf_counter() - i); c.stop()"
    )
    found = [
        [float(each) for each in subprocess.check_output([sys.executable, "-c", code], text=True).split()]
        for _ in range(5)
    ]
    imported, started = min(each[0] for each in found), min(each[1] for each in found)
    with capsys.disabled():
        print(f"\n  start {started:.3f} s, imports before it {imported:.3f} s")
    assert started <= 0.3
