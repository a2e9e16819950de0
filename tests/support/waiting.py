"""Waiting until something is so: the one way in which tests do it, and the one patience that they have.

The patience is long, since a busy machine is no failure: what a test says about time it measures itself.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Found = TypeVar("Found")
Told = Callable[[], object]

PATIENCE = 120.0
"""How many seconds a test waits."""


def until(condition: Callable[[], Found], seconds: float = PATIENCE, *, told: Told | None = None) -> Found:
    """What the condition says once that is something true.

    told() is asked what there is instead. Raises AssertionError with the condition and what was told where it never
    comes true.
    """
    __tracebackhide__ = True
    for _ in _tries(condition, seconds, told):
        if found := condition():
            break
        time.sleep(0.02)
    return found


async def until_async(condition: Callable[[], Any], seconds: float = PATIENCE, *, told: Told | None = None) -> Any:
    """The same in an event loop, which goes on; the condition may be one to await."""
    __tracebackhide__ = True
    for _ in _tries(condition, seconds, told):
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            break
        await asyncio.sleep(0.005)
    return found


async def until_screen(pilot: Any, condition: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """The same on a Textual app, which works off what it was sent; a failure has what the screen says."""
    __tracebackhide__ = True
    for _ in _tries(condition, seconds, lambda: getattr(pilot.app.screen, "text", pilot.app.screen)):
        if found := condition():
            break
        await pilot.pause(0.02)
    return found


def _tries(condition: Callable[[], Any], seconds: float, told: Told | None) -> Iterator[None]:
    """Goes on until time is up; then it raises AssertionError."""
    __tracebackhide__ = True
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
    there = f"\nthere is: {told()}" if told is not None else ""
    raise AssertionError(f"not true after {seconds:g} s: {_source(condition)}{there}")


def _source(condition: Callable[[], Any]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
