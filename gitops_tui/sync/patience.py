"""Holding out while the API server can't be reached: what may be sent again is, until it is back or the time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gitops_tui.errors import ApiError, ClusterError, TooManyRequests, Unreachable

T = TypeVar("T")
_FIRST, _LONGEST = 0.5, 5.0


class Patience:
    """limit: seconds without a single answer, all requests together, after which it is given up. check: raises what ends
    the wait sooner (a person's stop); say: told what is waited for, "" when it is over."""

    def __init__(self, limit: float, check: Callable[[], None], say: Callable[[str], None]) -> None:
        self._limit = limit
        self._check = check
        self._say = say
        self._silent_since: float | None = None

    async def send(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives. It is called again after a lost connection or an answer that says "not now": it must do no
        harm the second time. Raises ClusterError."""
        loop = asyncio.get_running_loop()
        pause = _FIRST
        while True:
            try:
                found = await work()
            except ClusterError as error:
                if not _passes(error):
                    self._back()
                    raise
                now = loop.time()
                if self._silent_since is None:
                    self._silent_since = now
                if now - self._silent_since >= self._limit:
                    raise
                self._say(f"the API server does not answer, trying again: {error.message}")
                self._check()
                await asyncio.sleep(pause)
                self._check()
                pause = min(pause * 2, _LONGEST)
            else:
                self._back()
                return found

    def _back(self) -> None:
        if self._silent_since is not None:
            self._silent_since = None
            self._say("")


def _passes(error: ClusterError) -> bool:
    """Whether trying again may help."""
    if isinstance(error, Unreachable | TooManyRequests):
        return "certificate" not in error.message
    return isinstance(error, ApiError) and error.status in (502, 503, 504)


async def together(*work: Awaitable[T]) -> list[T]:
    """All of it side by side; the first error is raised once all are through, so that nothing goes on unseen."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]
