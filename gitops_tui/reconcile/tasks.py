"""What runs on the engine's loop beside each other: nothing ends unseen, and nothing is left on a loop that closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gitops_tui.errors import GitOpsError

# A step of an operation that is under way may end by itself: how long that is waited for, in seconds.
_PATIENCE = 4
# For the rest: how long in all, and without any of them ending.
_LAST, _TURN = 5.0, 1.0
_LEFT: list[asyncio.Task[Any]] = []
OPERATION = "operation"
"""The name of a task that writes."""


class Tasks:
    """Those of one loop. failed: called with what a task raised."""

    def __init__(self, loop: asyncio.AbstractEventLoop, failed: Callable[[Exception], None]) -> None:
        self._loop = loop
        self._failed = failed
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs work on the loop."""
        task = self._loop.create_task(self._guarded(work), name=name or None)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # One that was cancelled before it began has not begun the work either.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the boundary of a task: nothing may end unseen
            self._failed(error)

    async def end(self) -> None:
        """Ends them: operations may end the step that is under way, since they were asked to stop."""
        running = [task for task in self._running if task.get_name() == OPERATION]
        if running:
            await asyncio.wait(running, timeout=_PATIENCE)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def end_all(self) -> None:
        """Questions that were asked meanwhile, and what ending tasks and threads began. Each is told once, so that it can
        tidy up, and again where nothing ends for a while; what doesn't hear it is left without a word."""
        told: set[asyncio.Task[Any]] = set()
        end = self._loop.time() + _LAST
        while left := asyncio.all_tasks(self._loop) - {asyncio.current_task()}:
            if self._loop.time() > end:
                # A task that is let go of before its end says so on the terminal.
                _LEFT.extend(left)
                return
            for task in left - told:
                task.cancel()
            told |= left
            done, _ = await asyncio.wait(left, timeout=_TURN, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                told.clear()


def said(error: Exception) -> str:
    """What people are told of an error that nobody expected there."""
    if isinstance(error, GitOpsError):
        return str(error)
    return f"an error of this program: {type(error).__name__}: {error}"
