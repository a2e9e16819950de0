"""A program that is killed at any write of a sync leaves nothing lost and no hook that runs twice.

Thirty objects in three waves, hooks before and after, three objects to prune. At the given write the "program" dies: that
write is sent or not, and nothing after it is. Then another goes on with the operation, as the engine does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gitops_tui.model.sync import OperationPhase
from tests.sync.place import CONFIGMAP, JOB, Place, config_map, job

WRITES = 36
OLD = [config_map(f"old-{number}", wave=number) for number in range(3)]
NEW = [
    job("before", hook="PreSync"),
    *(config_map(f"new-{number}", {"k": "2"}, wave=number % 3) for number in range(30)),
    job("after-", generate=True, hook="PostSync"),
]


class Killed(BaseException):
    """kill -9, as far as a test can have it."""


def dies_at(place: Place, monkeypatch: pytest.MonkeyPatch, write: int, *, sent: bool) -> None:
    """From the `write`-th real write on nothing gets through; that one itself does where `sent`."""
    request, count = place.cluster.transport.request, 0

    async def dying(method: str, path: str, **options: Any) -> Any:
        nonlocal count
        if method != "GET" and not (options.get("params") or {}).get("dryRun"):
            count += 1
            if count == write and sent:
                await request(method, path, **options)
        if count >= write:
            raise Killed
        return await request(method, path, **options)

    monkeypatch.setattr(place.cluster.transport, "request", dying)


async def uids(place: Place) -> dict[str, str]:
    jobs = await place.cluster.list(place.cluster.discovery.find(JOB), place.namespace)
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in jobs}


async def killed_and_gone_on(place: Place, write: int, *, sent: bool) -> None:
    place.started = datetime(2026, 1, 31, tzinfo=UTC)
    await place.sync(OLD, operation="op-0")
    with pytest.MonkeyPatch.context() as patch:
        dies_at(place, patch, write, sent=sent)
        with pytest.raises(Killed):
            await place.sync(NEW, operation="op-1", prune=True)
    begun = await uids(place)
    run = await place.sync(NEW, operation="op-1", prune=True, resumes=True)
    assert run.phase is OperationPhase.SUCCEEDED, run.message
    found = await place.cluster.list(place.cluster.discovery.find(CONFIGMAP), place.namespace)
    names = {each["metadata"]["name"] for each in found} - {"kube-root-ca.crt"}
    assert names == {f"new-{number}" for number in range(30)}
    after = await uids(place)
    assert len(after) == 2
    assert begun.items() <= after.items()


@pytest.mark.parametrize(("write", "sent"), [(1, True), (12, False), (33, True), (35, True)])
async def test_a_sync_that_is_killed_is_gone_on_with(place: Place, write: int, sent: bool) -> None:
    await killed_and_gone_on(place, write, sent=sent)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("write", range(1, WRITES))
async def test_at_every_write(place: Place, write: int, sent: bool) -> None:
    await killed_and_gone_on(place, write, sent=sent)
