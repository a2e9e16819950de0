"""One operation at a time on an application, whoever starts it: a Lease for as long as it runs.

A holder that still renews is somebody's running sync, and another is refused. One that is silent belongs to a program
that was killed; after a while its place is taken. A Lease that is stolen in the middle stops the operation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gitops_tui.errors import Forbidden, GitOpsError, OperationRunning
from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.state import configmap_name
from gitops_tui.state.lease import SILENCE, Lease

_RENEW, _LOOK = 2.0, 1.0


class Holding:
    """The right to run an operation. identity: unlike any other operation's; on_stolen: called when it is lost. progress: what the
    Lease tells others of how it goes, asked for at each renewal.
    problem: why there is no Lease to speak of, "" where there is one."""

    def __init__(
        self,
        app: AppKey,
        session: ClusterSession,
        identity: str,
        on_stolen: Callable[[], None],
        progress: Callable[[], str] = str,
    ) -> None:
        self._app = app
        self._identity = identity
        self._on_stolen = on_stolen
        self._progress = progress
        self._lease = Lease(
            session.cluster, session.settings, configmap_name(app), identity, asyncio.get_running_loop().time
        )
        self._renewing: asyncio.Task[None] | None = None
        self.problem = ""

    async def take(self) -> None:
        """Raises OperationRunning where another operation is under way, ClusterError where that can't be asked."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            found = await self._lease.hold()
            first = self._lease.seen
            while not found.mine:
                if (found.identity and self._lease.seen != first) or loop.time() - begun > SILENCE + 5:
                    raise OperationRunning(
                        f"an operation on {self._app} is under way, started by {found.identity.partition('/')[0]}",
                        hint="wait for it, or have it stopped there",
                    )
                await asyncio.sleep(_LOOK)
                found = await self._lease.hold()
        except Forbidden as error:
            self.problem = f"others can't be kept from syncing at the same time: {error.message}"
            return
        self._renewing = loop.create_task(self._renew())

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW)
            with suppress(GitOpsError):  # a lost connection: the operation itself sees to that
                self._lease.progress = self._progress()
                found = await self._lease.hold()
                if not found.mine and found.identity:
                    self._on_stolen()
                    return

    async def release(self) -> None:
        """The operation is over."""
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing
        await self._lease.release()
