"""How many requests a second go to one API server: a token bucket, as client-go's QPS and burst.

Reads and writes wait in a line each, and are let through by turns: however many writes a sync has waiting, a list, a watch
that begins anew or a person's look goes next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Literal

Line = Literal["read", "write"]


class Bucket:
    """Tokens that come back with time. qps: how many a second; burst: how many at most, at least one."""

    def __init__(self, qps: float, burst: int, now: float) -> None:
        self._qps = qps
        self._most = float(max(1, burst))
        self._tokens = self._most
        self._at = now

    def take(self, now: float) -> float:
        """Takes a token and gives 0; where there is none, takes nothing and gives the seconds until there is one."""
        self._tokens = min(self._most, self._tokens + max(0.0, now - self._at) * self._qps)
        self._at = max(self._at, now)
        # A hair less than one is one: waiting for the rest would take another round for nothing.
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._qps


class Pace:
    """Lets requests through. qps 0: all of them at once. Belongs to one loop."""

    def __init__(self, qps: float, burst: int) -> None:
        self._qps, self._burst = qps, burst
        self._bucket: Bucket | None = None
        self._waiting: dict[Line, deque[asyncio.Future[None]]] = {"read": deque(), "write": deque()}
        self._next: Line = "read"
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, line: Line) -> None:
        """Waits until the next request of that line may go."""
        if not self._qps:
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[line].append(mine)
        if self._timer is None:
            self._go()
        await mine

    def _go(self) -> None:
        """Lets through what there are tokens for, and comes back when there is the next."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._bucket is None:
            self._bucket = Bucket(self._qps, self._burst, now)
        while (line := self._whose()) is not None:
            wait = self._bucket.take(now)
            if wait:
                self._timer = loop.call_later(wait, self._go)
                return
            self._waiting[line].popleft().set_result(None)
            self._next = "write" if line == "read" else "read"

    def _whose(self) -> Line | None:
        """The line whose turn it is, of those in which somebody still waits."""
        for line in self._waiting.values():
            while line and line[0].done():
                line.popleft()  # it was given up
        other: Line = "write" if self._next == "read" else "read"
        return next((line for line in (self._next, other) if self._waiting[line]), None)
