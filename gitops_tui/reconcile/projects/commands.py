"""What is asked of sync windows: the engine's part of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, cast

from gitops_tui.model.windows import WindowLine

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


class WindowsApi(Protocol):
    """A part of `EngineApi`."""

    def windows(self) -> Future[tuple[WindowLine, ...]]:
        """The sync windows of the settings and of the projects of the session's applications, as they are now."""


class WindowCommands:
    """A part of `Engine`; see `WindowsApi`."""

    _ask: Callable[[Coroutine[Any, Any, Any]], Future[Any]]

    def windows(self) -> Future[tuple[WindowLine, ...]]:
        async def lines() -> tuple[WindowLine, ...]:
            return cast("Engine", self).gate.lines()

        return self._ask(lines())
