"""Time for the embedded cluster: the wall's, or one that a test drives."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Handle(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What the server and its controllers know of time. All of it is called on the cluster's loop."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def now(self) -> str:
        """The time as Kubernetes writes it: RFC 3339, UTC, whole seconds."""

    def later(self, seconds: float, callback: Callable[[], object]) -> Handle:
        """Calls back after that many seconds (0: as soon as the loop is free)."""

    async def sleep(self, seconds: float) -> None:
        """Waits that many seconds."""


def stamp(seconds: float) -> str:
    """RFC 3339, UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RealClock:
    """The wall's time."""

    def time(self) -> float:
        return time.time()

    def now(self) -> str:
        return stamp(time.time())

    def later(self, seconds: float, callback: Callable[[], object]) -> Handle:
        loop = asyncio.get_running_loop()
        return loop.call_later(seconds, callback) if seconds > 0 else loop.call_soon(callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Due:
    __slots__ = ("callback", "cancelled")

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class DrivenClock:
    """Time that stands still until `advance`. Calls due at once (0 seconds) still come by themselves."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start
        self._due: list[tuple[float, int, _Due]] = []
        self._count = itertools.count()

    def time(self) -> float:
        return self._now

    def now(self) -> str:
        return stamp(self._now)

    def later(self, seconds: float, callback: Callable[[], object]) -> Handle:
        if seconds <= 0:
            return asyncio.get_running_loop().call_soon(callback)
        due = _Due(callback)
        heapq.heappush(self._due, (self._now + seconds, next(self._count), due))
        return due

    async def sleep(self, seconds: float) -> None:
        done = asyncio.Event()
        self.later(seconds, done.set)
        await done.wait()

    async def advance(self, seconds: float) -> None:
        """Moves on by that many seconds; what falls due on the way happens in its order, at its time."""
        end = self._now + seconds
        while True:
            # What is due at once may ask for more: let it, until the loop has nothing left to do.
            for _ in range(20):
                await asyncio.sleep(0)
            if not self._due or self._due[0][0] > end:
                break
            when, _, due = heapq.heappop(self._due)
            self._now = max(self._now, when)
            if not due.cancelled:
                due.callback()
        self._now = end
