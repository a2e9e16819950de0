"""Whose session syncs by itself: one Lease for each cluster says so, where an application asks for automatic sync.

The holder renews it, the others look at it, and one of them takes over when it goes silent. Without automatic
applications nothing is asked and nothing is written.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.snapshot import Severity
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.state.lease import Lease

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_NAME = "gitops-tui-automatic-sync"
_RENEW, _LOOK = 4.0, 2.0


class Leadership:
    """The Leases of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._identity = f"{engine.operations.who}/{secrets.token_hex(4)}"
        self._leases: dict[str, Lease] = {}
        self._holders: dict[str, str] = {}

    def leads(self, cluster: str) -> bool:
        """Whether this session syncs by itself on that cluster."""
        lease = self._leases.get(cluster)
        return lease is not None and lease.is_mine

    def holder(self, cluster: str) -> str:
        """Who else does, in words, "" where nobody is known to."""
        return self._holders.get(cluster, "").partition("/")[0]

    @property
    def worker(self) -> str:
        """Who syncs by itself, for the screen."""
        if not self._engine.may_act:
            return "looks only"
        others = sorted({self.holder(name) for name in self._holders if not self.leads(name)} - {""})
        return "this session" if not others else ", ".join(others)

    async def follow(self, session: ClusterSession) -> None:
        """Takes part for one cluster, until it is cancelled."""
        name = session.cluster.name
        told = ""
        while True:
            if not self._engine.may_act or not self._is_wanted(name):
                await asyncio.sleep(_LOOK)
                continue
            lease = self._leases.setdefault(
                name, Lease(session.cluster, self._engine.settings, _NAME, self._identity, self._engine.loop.time)
            )
            before = (lease.is_mine, self._holders.get(name))
            try:
                found = await lease.hold()
                self._holders[name] = "" if found.mine else found.identity
                told = ""
            except GitOpsError as error:
                said = f"who syncs automatically can't be settled, so this session does not: {error.message}"
                if said != told:
                    told = said
                    hint = f"get the right to write Leases in the namespace {self._engine.settings.state_namespace}"
                    self._engine.say(Severity.WARNING, "state", said, hint)
            if (lease.is_mine, self._holders.get(name)) != before:
                self._engine.touch_all(name)
            await asyncio.sleep(_RENEW if lease.is_mine else _LOOK)

    def _is_wanted(self, cluster: str) -> bool:
        return any(
            each.app.key.cluster == cluster and each.app.sync_policy.automated is not None
            for each in self._engine.runtimes.values()
        )

    async def release(self) -> None:
        """Gives back what is ours, at the end of the session."""
        await asyncio.gather(*(lease.release() for lease in self._leases.values()))
